//! Wire to domain and back: nothing is lost, everything wrong is named, nothing personal is printed.

mod closing;
mod mutations;
mod opened;
mod outcomes;
mod submissions;
mod views;

use proptest::prelude::*;
use usher_domain::actor::{Actor, Courts, Role};
use usher_domain::code::ClientId;
use usher_domain::id::CaseId;
use usher_domain::personal::Validator;
use usher_proto::v1;

use super::*;

/// Stands where personal data would.
pub(super) const CANARY: &str = "Quillfeather";
const ENQUIRY: &str = "0198c0de-0000-7000-8000-000000000001";
const REQUEST: &str = "0198c0de-0000-4000-8000-0000000000aa";
const LEASE: &str = "0198c0de-0000-7000-8000-0000000000bb";
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 23);

fn actor() -> Actor {
    Actor {
        role: Role::Officer,
        client: ClientId::parse("spiffe://usher.example/court/B01IX/gateway").unwrap(),
        courts: Courts::All,
        responders: Vec::new(),
        person: None,
    }
}

pub(super) fn person() -> v1::Person {
    v1::Person {
        name: CANARY.into(),
        post: "Probation officer".into(),
        contact: "020 7946 0000".into(),
    }
}

fn name(family: &str, given: &str) -> v1::PersonName {
    v1::PersonName {
        family: family.into(),
        given: given.into(),
    }
}

fn born(date: &str, accuracy: v1::BirthAccuracy) -> v1::Birth {
    v1::Birth {
        date: date.into(),
        accuracy: accuracy.into(),
    }
}

/// Every field is filled.
pub(super) fn full_personal() -> v1::Personal {
    v1::Personal {
        subject: Some(v1::Subject {
            name: Some(name(CANARY, "Ada")),
            aliases: vec![name("Alias", CANARY)],
            born: Some(born("1990-02-28", v1::BirthAccuracy::Estimated)),
            sex: v1::Sex::Female.into(),
            crn: "X320741".into(),
            pnc: "2000/0002697F".into(),
            limited_access: true,
        }),
        urn: "01AB1234526".into(),
        hearing_ref: "hearing 7".into(),
        court_room: "2".into(),
        list_number: "14".into(),
        addresses: vec![v1::Address {
            role: v1::AddressRole::Child.into(),
            kind: v1::AddressKind::Withheld.into(),
            lines: format!("1 {CANARY} Road"),
            postcode: "E8 1EA".into(),
            uprn: "100012345678".into(),
            from: "2020-01-01".into(),
            to: "2024-12-31".into(),
        }],
        children: vec![v1::Child {
            name: Some(name(CANARY, "Bee")),
            born: Some(born("2027-01-05", v1::BirthAccuracy::Expected)),
            relationship: "daughter".into(),
            lives_with_subject: true,
            address: Some(0),
            school: format!("{CANARY} Primary"),
        }],
        others: vec![v1::Other {
            name: Some(name(CANARY, "Cy")),
            born: Some(born("1988-07-01", v1::BirthAccuracy::Known)),
            relationship: "partner".into(),
        }],
        offence_code: "CJ88116".into(),
        basis: Some(v1::Basis {
            gateways: vec!["OMA2007-s14".into()],
            agreement_id: "London sharing agreement".into(),
            agreement_version: "3.1".into(),
            agreement_effective: "2026-04-01".into(),
            regime: v1::Regime::LawEnforcement.into(),
        }),
        information: vec![
            v1::Information::Plans.into(),
            v1::Information::Worker.into(),
        ],
        note: format!("ring {CANARY}"),
        court_session: v1::CourtSession::Afternoon.into(),
        next_hearing: "2026-12-07".into(),
        report_requested: "2026-11-23".into(),
        report_due: "2026-11-23".into(),
        asked_besides: vec![v1::OtherResponder::PoliceDomesticAbuse.into()],
        prior_answer: Some(v1::PriorAnswer {
            reference: "7K3M-9QXA-A".into(),
            answered: "2025-06-01".into(),
            reason: format!("before {CANARY} moved"),
        }),
        marking: v1::Marking::Official.into(),
    }
}

/// No more than must be there, in the form that the domain gives back.
fn minimal_personal() -> v1::Personal {
    v1::Personal {
        subject: Some(v1::Subject {
            name: Some(name(CANARY, "")),
            ..v1::Subject::default()
        }),
        marking: v1::Marking::OfficialSensitive.into(),
        ..v1::Personal::default()
    }
}

pub(super) fn full_content() -> v1::AnswerContent {
    v1::AnswerContent {
        matches: vec![v1::Match {
            who: "child 1".into(),
            confidence: v1::Confidence::Possible.into(),
            basis: format!("name {CANARY} and date of birth"),
        }],
        episodes: vec![v1::Episode {
            kind: v1::EpisodeKind::CpPlan.into(),
            who: "child 1".into(),
            open: true,
            start: "2026-01-02".into(),
            end: "2026-03-04".into(),
            category: v1::AbuseCategory::Neglect.into(),
            legal_status: "C2".into(),
            other_authority: true,
            handling: vec![v1::Handling::RingFirst.into()],
        }],
        worker: Some(v1::Worker {
            name: CANARY.into(),
            team: "Team East".into(),
            phone: "020 7946 0001".into(),
            email: "team@hackney.example".into(),
        }),
        recent_contacts: Some(0),
        last_contact: "2026-10-01".into(),
        remarks: vec![v1::Remark {
            topic: v1::Topic::CurfewAdvice.into(),
            text: format!("{CANARY} is not safe there"),
            handling: vec![v1::Handling::NotToDefendant.into()],
        }],
        valid_until: "2026-12-01".into(),
        source: v1::DataSource::Batch.into(),
        disclosure: Some(v1::Disclosure {
            decision: v1::DisclosureDecision::Review.into(),
            policy_version: "2026-04".into(),
            refusal: v1::RefusalReason::CourtRestriction.into(),
        }),
    }
}

fn hearing(local_time: &str) -> v1::Deadline {
    v1::Deadline {
        kind: Some(v1::deadline::Kind::Hearing(v1::Hearing {
            court_code: "B01IX".into(),
            local_time: local_time.into(),
            ..v1::Hearing::default()
        })),
    }
}

pub(super) fn unit() -> v1::Unit {
    v1::Unit {
        region: "London".into(),
        office: "Thames office".into(),
        team: "Court duty".into(),
        mailbox: "thames@probation.example".into(),
    }
}

pub(super) fn full_submit() -> v1::SubmitRequest {
    v1::SubmitRequest {
        request_id: REQUEST.into(),
        validate_only: true,
        person: Some(person()),
        unit: Some(unit()),
        purpose: v1::Purpose::CourtReport.into(),
        report: v1::ReportType::Oral.into(),
        in_custody: true,
        curfew_proposed: true,
        imminent_harm: true,
        concerns: vec![v1::Concern::DomesticAbuse.into()],
        deadline: Some(hearing("2026-11-23T14:00")),
        personal: Some(full_personal()),
        authority_codes: vec!["E09000012".into()],
        on_behalf_of: Some(person()),
        case_id: CaseId::derive("01AB1234526/1").to_string(),
        responder_kinds: vec![v1::ResponderKind::PoliceDomesticAbuse.into()],
    }
}

fn read_personal(message: v1::Personal) -> Result<usher_domain::personal::Personal, Vec<String>> {
    let mut v = Validator::default();
    let read = personal::personal(&mut v, Some(message), TODAY);
    match v.finish() {
        Ok(()) => Ok(read.unwrap()),
        Err(found) => Err(found.into_iter().map(|violation| violation.field).collect()),
    }
}

fn read_content(message: v1::AnswerContent) -> usher_domain::personal::AnswerContent {
    let mut v = Validator::default();
    let read = answer::content(&mut v, None, Some(message));
    v.finish().unwrap();
    read
}

#[test]
fn people_and_answers_come_back_as_they_went_in() {
    for given in [full_personal(), minimal_personal()] {
        let read = read_personal(given.clone()).unwrap();
        assert!(personal::personal_view(&read) == given);
    }
    for given in [full_content(), v1::AnswerContent::default()] {
        let read = read_content(given.clone());
        assert!(answer::content_view(&read) == given);
    }
}

proptest! {
    #[test]
    fn any_names_and_lines_come_back(
        family in "[^\\p{Cc}]{1,40}",
        lines in "[^\\p{Cc}]{0,80}",
        postcode in "[ -~]{0,16}",
        days in proptest::collection::vec(-20_000_i32..20_000, 2),
        address in 0_u32..3,
    ) {
        prop_assume!(!family.trim().is_empty());
        let date = |days: i32| {
            let day = jiff::civil::date(2000, 1, 1) + jiff::Span::new().days(days);
            day.to_string()
        };
        let mut given = full_personal();
        given.addresses.extend([given.addresses[0].clone(), given.addresses[0].clone()]);
        given.addresses[1].lines = lines;
        given.addresses[2].postcode = postcode;
        given.children[0].name = Some(name(&family, &family));
        given.children[0].address = Some(address);
        given.children[0].born = Some(born(&date(days[0]), v1::BirthAccuracy::Known));
        given.addresses[1].from = date(days[0].min(days[1]));
        given.addresses[1].to = date(days[0].max(days[1]));
        let read = read_personal(given.clone());
        prop_assert!(read.is_ok_and(|read| personal::personal_view(&read) == given));
    }
}

/// The fields that `refused` names, in order.
fn fields<T>(refused: Result<T, Unreadable>) -> Vec<String> {
    match refused {
        Ok(_) => Vec::new(),
        Err(Unreadable::Fields(found)) => {
            for violation in &found {
                let text = format!("{}: {}", violation.field, violation.why);
                assert!(!text.contains(CANARY), "{text}");
            }
            found.into_iter().map(|violation| violation.field).collect()
        }
        Err(other) => vec![format!("{other:?}")],
    }
}
