//! Checks as a responder's people read them.

use crate::cli::enquiry::{
    answered_by, by, context_lines, deadline, deadline_parts, disposition, people_lines,
    requester_lines, told_lines,
};
use crate::cli::moment::{civil, exact};
use crate::cli::output::{Tone, cell, clean, table, toned};
use crate::cli::words::{word, words};
use std::fmt::Write as _;
use usher_proto::v1;

/// A list of checks.
pub(super) fn checks(found: &[v1::AssignedCheck]) -> String {
    let mut rows = table(&[
        "check",
        "before",
        "stands",
        "responder",
        "for",
        "court",
        "since",
        "id",
    ]);
    for check in found {
        let (before, court) = deadline_parts(check.deadline.as_ref());
        let late = check.sentenced_outstanding_time.is_some();
        rows.add_row([
            cell(spoken(check)),
            toned(before, if late { Tone::Bad } else { Tone::Plain }),
            cell(word::<v1::CheckState>(check.state)),
            cell(&check.responder_id),
            cell(word::<v1::Purpose>(check.purpose)),
            cell(court),
            cell(civil(check.state_time.as_ref())),
            cell(&check.id),
        ]);
    }
    rows.to_string()
}

/// The check as people say it: the reference of the enquiry, a slash, its number.
fn spoken(check: &v1::AssignedCheck) -> String {
    let number = check.id.rsplit_once('/').map_or("-", |(_, number)| number);
    format!("{}/{}", clean(&check.reference), clean(number))
}

/// What was leased: each check, and the lease to show with every act on it on a line of its own, to be copied.
pub(super) fn leased(found: &[v1::LeasedCheck]) -> String {
    let mut page = String::new();
    for one in found {
        let check = one.check.clone().unwrap_or_default();
        let _ = writeln!(
            page,
            "{}   before {}\n  yours until {}, with\n  --lease {}",
            spoken(&check),
            deadline(check.deadline.as_ref()),
            exact(one.expire_time.as_ref()),
            clean(&one.lease_id)
        );
    }
    page
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
    let report = match check.report {
        0 => String::new(),
        some => format!(", {} report", word::<v1::ReportType>(some)),
    };
    let purpose = word::<v1::Purpose>(check.purpose);
    let _ = writeln!(page, "For         {purpose}{report}");
    requester_lines(&mut page, &check.requester.clone().unwrap_or_default());
    let _ = writeln!(
        page,
        "Concerns    {}",
        words::<v1::Concern>(&check.concerns)
    );
    if check.curfew == i32::from(v1::CurfewState::Proposed) {
        let _ = writeln!(page, "Curfew      proposed: is the address safe?");
    }
    if check.in_custody {
        let _ = writeln!(page, "Custody     REMANDED");
    }
    if check.imminent_harm {
        let _ = writeln!(page, "Harm        IMMINENT");
    }
    if check.for_people != 0 {
        let reason = word::<v1::PeopleReason>(check.for_people);
        let _ = writeln!(page, "For people  {reason}: accept it, then answer");
    }
    hands(&mut page, check);
    sharing(&mut page, check);
    if let Some(personal) = &check.personal {
        people_lines(&mut page, personal);
        context_lines(&mut page, personal);
    }
    candidates(&mut page, check);
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
    answers(&mut page, check);
    page
}

/// Who in the responder's own system may be one of the people, likeliest first.
fn candidates(page: &mut String, check: &v1::AssignedCheck) {
    let all = |texts: &[String]| {
        texts
            .iter()
            .map(|text| clean(text))
            .collect::<Vec<_>>()
            .join(", ")
    };
    for one in &check.candidates {
        let _ = writeln!(
            page,
            "May be      {}: {}, born {}, {}",
            clean(&one.who),
            all(&one.names),
            clean(&one.born),
            clean(&one.system_reference)
        );
        let _ = writeln!(page, "  lives     {}", all(&one.addresses));
        let _ = writeln!(
            page,
            "  agrees    {}",
            words::<v1::MatchFeature>(&one.agrees)
        );
        let _ = writeln!(
            page,
            "  differs   {}",
            words::<v1::MatchFeature>(&one.differs)
        );
    }
}

/// Who has taken it on, what was promised, and whose lease runs.
fn hands(page: &mut String, check: &v1::AssignedCheck) {
    if check.accepted_by.is_some() {
        let _ = writeln!(page, "Accepted    by {}", by(check.accepted_by.as_ref()));
    }
    if check.expected_by_time.is_some() {
        let _ = writeln!(
            page,
            "Promised    for {}",
            civil(check.expected_by_time.as_ref())
        );
    }
    if let Some(lease) = &check.lease {
        let _ = writeln!(
            page,
            "Lease       until {}",
            exact(lease.expire_time.as_ref())
        );
    }
}

/// What the agreement says: who may answer, and why nothing is shown where it denies.
fn sharing(page: &mut String, check: &v1::AssignedCheck) {
    let Some(sharing) = &check.sharing else {
        return;
    };
    let agreement = if sharing.agreement_id.is_empty() {
        "none".into()
    } else {
        let (id, version) = (&sharing.agreement_id, &sharing.agreement_version);
        format!("{} {}", clean(id), clean(version))
    };
    let who = match (sharing.overruled, sharing.automatic_answers) {
        (true, _) => "an operator asks, people answer",
        (false, true) => "programs may answer",
        (false, false) => "people answer",
    };
    let _ = writeln!(page, "Agreement   {agreement}: {who}");
}

fn answers(page: &mut String, check: &v1::AssignedCheck) {
    for answer in &check.answers {
        let _ = writeln!(
            page,
            "Answer {}    {}",
            answer.version,
            disposition(answer.disposition)
        );
        if answer.by_phone.is_some() {
            let _ = writeln!(page, "  from {}", answered_by(answer));
        }
        told_lines(page, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::moment::parse_instant;

    #[test]
    fn a_desk_sees_whom_to_look_up_and_by_when() {
        let check = v1::AssignedCheck {
            id: "018f/1".into(),
            reference: "7K3M-9QXA-A".into(),
            state: v1::CheckState::Leased.into(),
            imminent_harm: true,
            report: v1::ReportType::Fast.into(),
            purpose: v1::Purpose::CourtReport.into(),
            accepted_by: Some(v1::By {
                person: Some(v1::Person {
                    name: "A Desk".into(),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            expected_by_time: Some(parse_instant("2026-11-23T12:00").unwrap()),
            answers: vec![v1::Answer {
                data_as_of_time: Some(parse_instant("2026-11-20T06:00").unwrap()),
                by_phone: Some(v1::ByPhone {
                    given_by: Some(v1::Person {
                        name: "Dana Desk".into(),
                        ..Default::default()
                    }),
                    number: "020 7946 0123".into(),
                }),
                ..Default::default()
            }],
            sentenced_outstanding_time: Some(prost_types::Timestamp::default()),
            candidates: vec![v1::Candidate {
                who: "subject".into(),
                system_reference: "P-4711".into(),
                names: vec!["Sam Exemple".into(), "Sam Former".into()],
                born: "1990-02-01".into(),
                addresses: vec!["E8 1EA".into()],
                agrees: vec![v1::MatchFeature::SimilarName.into()],
                differs: Vec::new(),
            }],
            personal: Some(v1::Personal {
                subject: Some(v1::Subject {
                    name: Some(v1::PersonName {
                        family: "Example".into(),
                        given: "Sam".into(),
                    }),
                    crn: "X320741".into(),
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
            "Sam Example, CRN X320741",
            "court report, fast report",
            "Accepted    by A Desk",
            "Promised    for Mon 23 Nov 2026 12:00",
            "data as of Fri 20 Nov 2026 06:00",
            "home, no fixed abode",
            "IMMINENT",
            "from Dana Desk by telephone (020 7946 0123), recorded by -",
            "still wanted",
            "May be      subject: Sam Exemple, Sam Former, born 1990-02-01, P-4711",
            "agrees    similar name",
        ] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
    }
}
