//! What the form begins with: nothing, or what a case says.

use crate::broker::case::OpenCase;
use crate::console::officer::act::filled;
use usher_domain::case::RequirementState;
use usher_domain::code::{ResponderKind, Urn};
use usher_domain::personal::{Birth, Personal, Sex};

type Values = Vec<(String, String)>;

/// Of a form that nobody has begun.
pub(super) fn empty() -> Values {
    let rows = [("addresses", "2"), ("children", "3")];
    let kind = ("kind", ResponderKind::ChildrenSocialCare.name());
    rows.into_iter()
        .chain([kind])
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// Of a form about `open`: its people, its hearing, and whom it needs asked.
pub(super) fn of_case(open: &OpenCase) -> Values {
    let case = &open.case;
    let mut values = Values::new();
    let mut put = |name: &str, value: &str| values.push((name.into(), value.into()));
    put("case", &case.id.to_string());
    put("court", case.court().as_str());
    if let Some(stage) = case.stage() {
        put("purpose", stage.purpose.name());
    }
    if let Some(report) = case.report {
        put("report", report.name());
    }
    if case.in_custody {
        put("circumstances", "custody");
    }
    let needed = case.requirements.iter();
    let needed = needed.filter(|one| matches!(one.state, RequirementState::Needed));
    let mut kinds: Vec<_> = needed.map(|one| one.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        kinds.push(ResponderKind::ChildrenSocialCare);
    }
    for kind in kinds {
        put("kind", kind.name());
    }
    values.extend(filled("hearing", case.hearing.at));
    let none = Personal::default();
    people(open.personal.as_ref().unwrap_or(&none), &mut values);
    values
}

fn people(personal: &Personal, values: &mut Values) {
    let subject = &personal.subject;
    let mut put = |name: String, value: &str| values.push((name, value.into()));
    put("family".into(), &subject.name.family);
    put("given".into(), &subject.name.given);
    put(
        "crn".into(),
        subject.crn.as_ref().map_or("", |crn| crn.as_str()),
    );
    put(
        "pnc".into(),
        subject.pnc.as_ref().map_or("", |pnc| pnc.as_str()),
    );
    put("sex".into(), subject.sex.map_or("", Sex::name));
    put("urn".into(), personal.urn.as_ref().map_or("", Urn::as_str));
    put("others".into(), &personal.others.len().to_string());
    put(
        "addresses".into(),
        &personal.addresses.len().max(2).to_string(),
    );
    put(
        "children".into(),
        &personal.children.len().max(3).to_string(),
    );
    for (number, address) in (1..).zip(&personal.addresses) {
        put(format!("address-{number}-role"), address.role.name());
        put(format!("address-{number}-kind"), address.kind.name());
        put(format!("address-{number}-lines"), &address.lines);
        put(format!("address-{number}-postcode"), &address.postcode);
        put(format!("address-{number}-uprn"), &address.uprn);
    }
    for (number, child) in (1..).zip(&personal.children) {
        put(format!("child-{number}-given"), &child.name.given);
        put(format!("child-{number}-family"), &child.name.family);
        put(format!("child-{number}-relationship"), &child.relationship);
        put(format!("child-{number}-school"), &child.school);
        if child.lives_with_subject {
            put(format!("child-{number}-lives"), "yes");
        }
    }
    for (number, other) in (1..).zip(&personal.others) {
        put(format!("other-{number}-given"), &other.name.given);
        put(format!("other-{number}-family"), &other.name.family);
        put(format!("other-{number}-relationship"), &other.relationship);
    }
    born("born", subject.born.as_ref(), values);
    for (number, child) in (1..).zip(&personal.children) {
        born(&format!("child-{number}-born"), child.born.as_ref(), values);
    }
    for (number, other) in (1..).zip(&personal.others) {
        born(&format!("other-{number}-born"), other.born.as_ref(), values);
    }
}

fn born(name: &str, birth: Option<&Birth>, values: &mut Values) {
    let Some(Birth { date, .. }) = birth else {
        return;
    };
    let parts = [
        ("day", i16::from(date.day())),
        ("month", i16::from(date.month())),
        ("year", date.year()),
    ];
    values.extend(parts.map(|(part, value)| (format!("{name}-{part}"), value.to_string())));
}
