//! Checks as a responder's people read them.

use crate::cli::enquiry::{content_lines, context_lines, deadline, disposition, requester_lines};
use crate::cli::moment::{civil, exact};
use crate::cli::output::{Tone, cell, clean, table, toned};
use crate::cli::words::{word, words};
use std::fmt::Write as _;
use usher_proto::v1;

/// A list of checks.
pub(super) fn checks(found: &[v1::AssignedCheck]) -> String {
    let mut rows = table(&[
        "reference",
        "before",
        "responder",
        "stands",
        "since",
        "for",
        "check",
    ]);
    for check in found {
        let before = deadline(check.deadline.as_ref());
        let late = check.sentenced_outstanding_time.is_some();
        rows.add_row([
            cell(&check.reference),
            toned(before, if late { Tone::Bad } else { Tone::Plain }),
            cell(&check.responder_id),
            cell(word::<v1::CheckState>(check.state)),
            cell(civil(check.state_time.as_ref())),
            cell(word::<v1::Purpose>(check.purpose)),
            cell(&check.id),
        ]);
    }
    rows.to_string()
}

/// What was leased: each check and the lease to show with every act on it.
pub(super) fn leased(found: &[v1::LeasedCheck]) -> String {
    let mut rows = table(&["reference", "before", "check", "lease", "yours until"]);
    for one in found {
        let check = one.check.clone().unwrap_or_default();
        rows.add_row([
            cell(&check.reference),
            cell(deadline(check.deadline.as_ref())),
            cell(&check.id),
            cell(&one.lease_id),
            cell(exact(one.expire_time.as_ref())),
        ]);
    }
    rows.to_string()
}

/// One check, all that its responder may see.
pub(super) fn check_page(check: &v1::AssignedCheck) -> String {
    let mut page = format!(
        "{}   {}   (check {})\n",
        clean(&check.reference),
        word::<v1::CheckState>(check.state),
        clean(&check.id)
    );
    let _ = writeln!(page, "Before      {}", deadline(check.deadline.as_ref()));
    if check.sentenced_outstanding_time.is_some() {
        let _ = writeln!(
            page,
            "            SENTENCED WITHOUT YOUR ANSWER: it is still wanted"
        );
    }
    let _ = writeln!(page, "For         {}", word::<v1::Purpose>(check.purpose));
    requester_lines(&mut page, &check.requester.clone().unwrap_or_default());
    let _ = writeln!(
        page,
        "Concerns    {}",
        words::<v1::Concern>(&check.concerns)
    );
    if check.curfew == i32::from(v1::CurfewState::Proposed) {
        let _ = writeln!(page, "Curfew      proposed: is the address safe?");
    }
    if check.imminent_harm {
        let _ = writeln!(page, "Harm        IMMINENT");
    }
    if let Some(lease) = &check.lease {
        let _ = writeln!(
            page,
            "Lease       until {}",
            exact(lease.expire_time.as_ref())
        );
    }
    if let Some(personal) = &check.personal {
        people(&mut page, personal);
        context_lines(&mut page, personal);
    }
    for exchange in &check.exchanges {
        let reply = if exchange.reply_time.is_some() {
            clean(&exchange.reply)
        } else {
            "no reply yet".into()
        };
        let _ = writeln!(
            page,
            "Question    {}\n  reply     {reply}",
            clean(&exchange.question)
        );
    }
    for answer in &check.answers {
        let _ = writeln!(
            page,
            "Answer {}    {}",
            answer.version,
            disposition(answer.disposition)
        );
        if let Some(content) = &answer.content {
            content_lines(&mut page, content);
        }
    }
    page
}

fn people(page: &mut String, personal: &v1::Personal) {
    if let Some(subject) = &personal.subject {
        let birth = subject
            .born
            .as_ref()
            .map_or("-", |birth| birth.date.as_str());
        let _ = writeln!(
            page,
            "Defendant   {}, born {}",
            name(subject.name.as_ref()),
            clean(birth)
        );
        for alias in &subject.aliases {
            let _ = writeln!(page, "  also      {}", name(Some(alias)));
        }
    }
    for child in &personal.children {
        let birth = child.born.as_ref().map_or("-", |birth| birth.date.as_str());
        let _ = writeln!(
            page,
            "Child       {}, born {}, {}",
            name(child.name.as_ref()),
            clean(birth),
            clean(&child.relationship)
        );
    }
    for other in &personal.others {
        let _ = writeln!(
            page,
            "Adult       {}, {}",
            name(other.name.as_ref()),
            clean(&other.relationship)
        );
    }
    for address in &personal.addresses {
        let kind = if address.kind > v1::AddressKind::Given.into() {
            format!(" ({})", word::<v1::AddressKind>(address.kind))
        } else {
            String::new()
        };
        let place = format!("{} {}", address.lines, address.postcode);
        let _ = writeln!(
            page,
            "Address     {}: {}{kind}",
            word::<v1::AddressRole>(address.role),
            clean(place.trim())
        );
    }
    if !personal.note.is_empty() {
        let _ = writeln!(page, "Note        {}", clean(&personal.note));
    }
}

fn name(name: Option<&v1::PersonName>) -> String {
    let joined = name
        .map(|name| format!("{} {}", name.given, name.family))
        .unwrap_or_default();
    clean(joined.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_sees_whom_to_look_up_and_by_when() {
        let check = v1::AssignedCheck {
            id: "018f/1".into(),
            reference: "7K3M-9QXA-B".into(),
            state: v1::CheckState::Leased.into(),
            imminent_harm: true,
            sentenced_outstanding_time: Some(prost_types::Timestamp::default()),
            personal: Some(v1::Personal {
                subject: Some(v1::Subject {
                    name: Some(v1::PersonName {
                        family: "Example".into(),
                        given: "Sam".into(),
                    }),
                    ..Default::default()
                }),
                addresses: vec![v1::Address {
                    role: v1::AddressRole::Home.into(),
                    kind: v1::AddressKind::NoFixedAbode.into(),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            ..Default::default()
        };
        let page = check_page(&check);
        for wanted in [
            "Sam Example",
            "home: - (no fixed abode)",
            "IMMINENT",
            "still wanted",
        ] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
    }
}
