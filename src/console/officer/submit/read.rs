//! Reads the form: everything that is wrong is told at once, at its field.

use super::{rows, told};
use crate::broker::input::{DeadlineInput, SubmitInput};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::officer::act::local;
use crate::console::typed::{has_date, needed_date};
use crate::console::visitor::Visitor;
use jiff::civil::Date;
use usher_domain::actor::{Person, Unit};
use usher_domain::code::{CourtCode, Crn, Pnc, ResponderKind, Urn};
use usher_domain::command::VerbName;
use usher_domain::enquiry::{AddressRole, Concern, Purpose, ReportType};
use usher_domain::hearing::Hearing;
use usher_domain::limits;
use usher_domain::personal::{
    Address, AddressKind, Birth, BirthAccuracy, Child, Name, Other, Personal, Sex, Subject,
    Validator,
};
use usher_domain::time::{from_london, to_london};

/// What the form asks for; nothing where something is wrong with it.
pub(super) fn input(
    form: &mut Form,
    visitor: &Visitor,
    console: &Console,
    validate_only: bool,
) -> Option<SubmitInput> {
    let read = read(form, visitor, console, validate_only);
    read.filter(|_| form.is_sound())
}

/// Who would be asked and by when; else what the form has yet to say for that. What else is wrong with it does not matter.
pub(super) fn outline(
    form: &Form,
    visitor: &Visitor,
    console: &Console,
) -> Result<SubmitInput, String> {
    const NEEDED: [(&str, &str); 5] = [
        ("kind", "whom to ask"),
        ("purpose", "what the answer is for"),
        ("court", "the court"),
        ("hearing-day", "the day of the hearing"),
        ("hearing-time", "its time"),
    ];
    let mut tried = form.clone();
    // Nobody is named yet who could be the case's.
    tried.set("case", "");
    if tried.value("purpose").is_empty() {
        tried.set("purpose", Purpose::CourtReport.name());
    }
    read(&mut tried, visitor, console, true).ok_or_else(|| {
        let needed = NEEDED
            .iter()
            .filter(|(field, _)| tried.fault(field).is_some());
        let needed: Vec<&str> = needed.map(|(_, words)| *words).collect();
        format!("For a forecast, enter {}.", told::listed(&needed))
    })
}

/// What the form says, where it says whom to ask and by when; notes everything that is wrong.
fn read(
    form: &mut Form,
    visitor: &Visitor,
    console: &Console,
    validate_only: bool,
) -> Option<SubmitInput> {
    let today = to_london(console.broker.clock().now()).date();
    let personal = personal(form, today);
    let purpose = form.choice(
        "purpose",
        Purpose::ALL,
        Purpose::name,
        "Choose what the answer is for",
    );
    let report = ReportType::parse(form.value("report"));
    let kinds: Vec<ResponderKind> = ResponderKind::ALL
        .iter()
        .copied()
        .filter(|kind| form.has("kind", kind.name()))
        .collect();
    if kinds.is_empty() {
        form.fail("kind", "Choose at least one service to ask");
    }
    let deadline = deadline(form, purpose);
    let behalf = form.text("behalf", limits::LINE_CHARS_MAX, None);
    let ticked = |form: &Form, what| form.has("circumstances", what);
    if kinds.is_empty() {
        return None;
    }
    Some(SubmitInput {
        request: form.request(VerbName::Submit, ""),
        validate_only,
        person: visitor.person(),
        unit: Unit {
            team: form.value("team").into(),
            ..Unit::default()
        },
        on_behalf_of: (!behalf.is_empty()).then(|| Person {
            name: behalf,
            ..Person::default()
        }),
        case: form.value("case").parse().ok(),
        purpose: purpose?,
        report,
        in_custody: ticked(form, "custody"),
        curfew_proposed: ticked(form, "curfew"),
        imminent_harm: ticked(form, "harm"),
        concerns: form.values("concern").filter_map(Concern::parse).collect(),
        deadline: deadline?,
        personal,
        authorities: Vec::new(),
        kinds,
    })
}

fn deadline(form: &mut Form, purpose: Option<Purpose>) -> Option<DeadlineInput> {
    let court = CourtCode::parse(form.value("court")).ok();
    if court.is_none() {
        form.fail("court", "Choose the court");
    }
    let is_given = has_date(form, "hearing") || !form.value("hearing-time").is_empty();
    let needs_hearing = purpose.is_none_or(Purpose::before_sentence);
    if !needs_hearing && !is_given {
        return Some(DeadlineInput::ReplyBy {
            court: court?,
            at: None,
        });
    }
    let local = local(form, "hearing");
    let (court, local) = (court?, local?);
    let read = if needs_hearing {
        Hearing::new(court, local).map(DeadlineInput::Hearing)
    } else {
        from_london(local).map(|at| DeadlineInput::ReplyBy {
            court,
            at: Some(at),
        })
    };
    if read.is_err() {
        let skipped = "The clocks go forward over this time: it does not exist on that day";
        form.fail("hearing-time", skipped);
    }
    read.ok()
}

fn personal(form: &mut Form, today: Date) -> Personal {
    let line = limits::LINE_CHARS_MAX;
    form.text("team", line, None);
    let missing = "Enter the defendant’s family name";
    let name = Name {
        family: form.text("family", line, Some(missing)),
        given: form.text("given", line, None),
    };
    let crn = code(
        form,
        "crn",
        |text| Crn::parse(text).ok(),
        "Enter a CRN such as X320741",
    );
    let year = today.year();
    let pnc = code(
        form,
        "pnc",
        |text| Pnc::parse(text, year).ok(),
        "Enter a PNC number such as 2000/0002697F",
    );
    let urn = code(
        form,
        "urn",
        |text| Urn::parse(text).ok(),
        "Enter a URN such as 01AB1234526",
    );
    let personal = Personal {
        urn,
        subject: Subject {
            name,
            aliases: aliases(form),
            born: born(form, "born", today),
            sex: Sex::parse(form.value("sex")),
            crn,
            pnc,
            limited_access: form.has("circumstances", "limited"),
        },
        addresses: addresses(form),
        children: children(form, today),
        others: others(form, today),
        note: form.text("note", limits::NOTE_CHARS_MAX, None),
        ..Personal::default()
    };
    let mut found = Validator::default();
    personal.validate("personal", &mut found);
    // Each field has been looked at; what the core finds besides is of no one field.
    if let (Err(violations), true) = (found.finish(), form.is_sound()) {
        form.fail_each(&violations, |_| String::new());
    }
    personal
}

fn code<T>(
    form: &mut Form,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
    wrong: &str,
) -> Option<T> {
    let text = form.value(name).to_owned();
    if text.is_empty() {
        return None;
    }
    let read = parse(&text);
    if read.is_none() {
        form.fail(name, wrong);
    }
    read
}

/// One a line; the last word is the family name.
fn aliases(form: &mut Form) -> Vec<Name> {
    let text = form.text("aliases", limits::NOTE_CHARS_MAX, None);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let names: Vec<Name> = lines
        .map(|line| {
            let (given, family) = line.rsplit_once(' ').unwrap_or(("", line));
            Name {
                family: family.into(),
                given: given.into(),
            }
        })
        .collect();
    if names.len() > limits::ALIASES_PER_PERSON_MAX {
        form.fail(
            "aliases",
            format!("Enter {} names or fewer", limits::ALIASES_PER_PERSON_MAX),
        );
    }
    names
}

fn born(form: &mut Form, name: &str, today: Date) -> Option<Birth> {
    if !has_date(form, name) {
        return None;
    }
    let date = needed_date(
        form,
        name,
        "Enter the day, month and year of birth, for example 31 3 1990",
    )?;
    let accuracy = if date > today {
        BirthAccuracy::Expected
    } else {
        BirthAccuracy::Known
    };
    Some(Birth { date, accuracy })
}

fn addresses(form: &mut Form) -> Vec<Address> {
    let mut found = Vec::new();
    for number in rows(form, "addresses", limits::ADDRESSES_PER_ENQUIRY_MAX) {
        let field = |part: &str| format!("address-{number}-{part}");
        let lines = form.text(&field("lines"), 4 * limits::LINE_CHARS_MAX, None);
        let postcode = form.text(&field("postcode"), limits::LINE_CHARS_MAX, None);
        let uprn = form.text(&field("uprn"), limits::UPRN_CHARS_MAX, None);
        let kind = AddressKind::parse(form.value(&field("kind"))).unwrap_or(AddressKind::Given);
        let is_blank = [&lines, &postcode, &uprn].into_iter().all(String::is_empty);
        if is_blank && kind == AddressKind::Given {
            continue;
        }
        let missing = "Choose whose address it is";
        let role = form.choice(&field("role"), AddressRole::ALL, AddressRole::name, missing);
        found.push(Address {
            role: role.unwrap_or(AddressRole::Home),
            kind,
            lines,
            postcode,
            uprn,
            from: None,
            to: None,
        });
    }
    found
}

fn children(form: &mut Form, today: Date) -> Vec<Child> {
    let mut found = Vec::new();
    for number in rows(form, "children", limits::CHILDREN_PER_ENQUIRY_MAX) {
        let field = |part: &str| format!("child-{number}-{part}");
        let line = limits::LINE_CHARS_MAX;
        let child = Child {
            name: name(form, &field("")),
            born: born(form, &field("born"), today),
            relationship: form.text(&field("relationship"), line, None),
            lives_with_subject: form.has(&field("lives"), "yes"),
            address: None,
            school: form.text(&field("school"), line, None),
        };
        let texts = [
            &child.name.family,
            &child.name.given,
            &child.relationship,
            &child.school,
        ];
        if child.born.is_some() || texts.iter().any(|text| !text.is_empty()) {
            found.push(child);
        }
    }
    found
}

fn others(form: &mut Form, today: Date) -> Vec<Other> {
    let mut found = Vec::new();
    for number in rows(form, "others", limits::OTHERS_PER_ENQUIRY_MAX) {
        let field = |part: &str| format!("other-{number}-{part}");
        let other = Other {
            name: name(form, &field("")),
            born: born(form, &field("born"), today),
            relationship: form.text(&field("relationship"), limits::LINE_CHARS_MAX, None),
        };
        let texts = [&other.name.family, &other.name.given, &other.relationship];
        if other.born.is_some() || texts.iter().any(|text| !text.is_empty()) {
            found.push(other);
        }
    }
    found
}

/// The name in the fields that begin with `of`.
fn name(form: &mut Form, of: &str) -> Name {
    Name {
        family: form.text(&format!("{of}family"), limits::LINE_CHARS_MAX, None),
        given: form.text(&format!("{of}given"), limits::LINE_CHARS_MAX, None),
    }
}
