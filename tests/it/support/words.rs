//! Who takes part, and what they send. Everybody is invented; postcodes are real and lead where their names say.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::timeout;
use usher::auth::IdentityEntry;
use usher_domain::time::{Timestamp, from_london};
use usher_proto::v1;
use uuid::Uuid;

/// Longer than anything here takes, so that a hang is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const OFFICER: &str = "spiffe://usher.example/court/B01IX/gateway";
pub(crate) const COLLEAGUE: &str = "spiffe://usher.example/court/B01IX/colleague";
pub(crate) const MANAGER: &str = "spiffe://usher.example/court/B01IX/manager";
pub(crate) const STRANGER: &str = "spiffe://usher.example/court/B01DU/gateway";
pub(crate) const HACKNEY: &str = "spiffe://usher.example/borough/hackney/adapter";
pub(crate) const HACKNEY_DESK: &str = "spiffe://usher.example/borough/hackney/desk";
pub(crate) const CAMDEN: &str = "spiffe://usher.example/borough/camden/adapter";
pub(crate) const LAMBETH: &str = "spiffe://usher.example/borough/lambeth/adapter";
pub(crate) const OPERATOR: &str = "spiffe://usher.example/operations/room";
pub(crate) const INSPECTOR: &str = "spiffe://usher.example/inspection/team";

pub(crate) const EVERYBODY: [&str; 10] = [
    OFFICER,
    COLLEAGUE,
    MANAGER,
    STRANGER,
    HACKNEY,
    HACKNEY_DESK,
    CAMDEN,
    LAMBETH,
    OPERATOR,
    INSPECTOR,
];

pub(crate) const COURT: &str = "B01IX";
pub(crate) const OTHER_COURT: &str = "B01DU";

pub(crate) const IN_HACKNEY: &str = "E8 1EA";
pub(crate) const IN_CAMDEN: &str = "NW1 7RW";
pub(crate) const IN_LAMBETH: &str = "SW2 1RW";

pub(crate) fn identity(uri: &str) -> IdentityEntry {
    let (role, courts, responders): (_, &[&str], &[&str]) = match uri {
        OFFICER | COLLEAGUE => ("officer", &[COURT], &[]),
        MANAGER => ("manager", &[COURT], &[]),
        STRANGER => ("officer", &[OTHER_COURT], &[]),
        HACKNEY | HACKNEY_DESK => ("adapter", &[], &["hackney"]),
        CAMDEN => ("adapter", &[], &["camden"]),
        LAMBETH => ("adapter", &[], &["lambeth"]),
        OPERATOR => ("operator", &["*"], &[]),
        INSPECTOR => ("inspector", &["*"], &[]),
        other => panic!("nobody is {other}"),
    };
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    IdentityEntry {
        uri: uri.into(),
        role: role.into(),
        courts: texts(courts),
        responders: texts(responders),
        person: None,
    }
}

/// A moment in London, such as `2026-11-23T10:00` or `2026-11-23T10:00:00.001`.
pub(crate) fn at(local: &str) -> Timestamp {
    from_london(local.parse().unwrap()).unwrap()
}

/// The instant of the wire.
pub(crate) fn instant(message: Option<prost_types::Timestamp>) -> Timestamp {
    let prost_types::Timestamp { seconds, nanos } = message.expect("an instant");
    Timestamp::new(seconds, nanos).unwrap()
}

pub(crate) fn wire(moment: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: moment.as_second(),
        nanos: moment.subsec_nanosecond(),
    }
}

pub(crate) fn seconds(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}

/// An id that no other call of this process has.
pub(crate) fn fresh() -> String {
    static USED: AtomicU64 = AtomicU64::new(1);
    let number = USED.fetch_add(1, Ordering::Relaxed);
    Uuid::from_u128(0xC0DE_0000_0000_4000_8000_0000_0000_0000 | u128::from(number)).to_string()
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages are options")]
pub(crate) fn person(name: &str) -> Option<v1::Person> {
    Some(v1::Person {
        name: name.into(),
        post: "Court duty".into(),
        contact: "020 7946 0900".into(),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages are options")]
pub(crate) fn hearing(court: &str, local: &str) -> Option<v1::Deadline> {
    Some(v1::Deadline {
        kind: Some(v1::deadline::Kind::Hearing(v1::Hearing {
            court_code: court.into(),
            local_time: local.into(),
            ..v1::Hearing::default()
        })),
    })
}

pub(crate) fn address(postcode: &str) -> v1::Address {
    v1::Address {
        role: v1::AddressRole::Home.into(),
        kind: v1::AddressKind::Given.into(),
        postcode: postcode.into(),
        ..v1::Address::default()
    }
}

/// An enquiry for an oral report at two in the afternoon, about somebody with these postcodes.
pub(crate) fn enquiry(postcodes: &[&str]) -> v1::SubmitRequest {
    enquiry_at("2026-11-23T14:00", postcodes)
}

pub(crate) fn enquiry_at(local: &str, postcodes: &[&str]) -> v1::SubmitRequest {
    v1::SubmitRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        purpose: v1::Purpose::CourtReport.into(),
        report: v1::ReportType::Oral.into(),
        deadline: hearing(COURT, local),
        personal: Some(v1::Personal {
            subject: Some(v1::Subject {
                name: Some(v1::PersonName {
                    family: "Example".into(),
                    given: "Ada".into(),
                }),
                ..v1::Subject::default()
            }),
            addresses: postcodes.iter().map(|postcode| address(postcode)).collect(),
            ..v1::Personal::default()
        }),
        ..v1::SubmitRequest::default()
    }
}

/// A call for one check that does not wait.
pub(crate) fn lease() -> v1::LeaseChecksRequest {
    v1::LeaseChecksRequest {
        request_id: fresh(),
        max_checks: 1,
        wait: Some(seconds(0)),
        ..v1::LeaseChecksRequest::default()
    }
}

/// An answer under this lease.
pub(crate) fn answer(check_id: &str, lease_id: &str) -> v1::AnswerRequest {
    v1::AnswerRequest {
        request_id: fresh(),
        check_id: check_id.into(),
        lease_id: lease_id.into(),
        disposition: v1::Disposition::NotKnown.into(),
        ..v1::AnswerRequest::default()
    }
}

/// Somebody in a system who may be whom [`enquiry`] is about.
pub(crate) fn perhaps(system_reference: &str) -> v1::Candidate {
    v1::Candidate {
        who: "subject".into(),
        system_reference: system_reference.into(),
        names: vec!["Ida Example".into(), "Ida Former".into()],
        born: "1990-02-01".into(),
        addresses: vec!["12 Mare Street, E8 1EA".into()],
        agrees: vec![
            v1::MatchFeature::FamilyName.into(),
            v1::MatchFeature::BirthDate.into(),
        ],
        differs: vec![v1::MatchFeature::GivenName.into()],
    }
}

/// An enquiry that nobody has submitted.
pub(crate) const NO_ENQUIRY: &str = "00000000-0000-5000-8000-000000000000";
/// A check of it.
pub(crate) const NO_CHECK: &str = "00000000-0000-5000-8000-000000000000/1";

/// Waits until `holds`.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}
