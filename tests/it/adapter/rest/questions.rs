//! A system that compares by itself: what a program may make of its answers.

use super::*;
use usher::adapter::Outcome;
use usher_proto::v1;

fn check_about(personal: v1::Personal) -> v1::AssignedCheck {
    v1::AssignedCheck {
        id: "check".into(),
        personal: Some(personal),
        ..v1::AssignedCheck::default()
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

/// A defendant with an alias, and a child.
fn family() -> v1::Personal {
    v1::Personal {
        subject: Some(v1::Subject {
            name: Some(name(CANARY, "Ada May")),
            aliases: vec![name("Former", "Ada")],
            born: Some(born("1987-12-31", v1::BirthAccuracy::Known)),
            crn: format!("X{CANARY}"),
            ..v1::Subject::default()
        }),
        children: vec![v1::Child {
            name: Some(name(CANARY, "Bo")),
            born: Some(born("2015-02-03", v1::BirthAccuracy::Unspecified)),
            ..v1::Child::default()
        }],
        addresses: vec![v1::Address {
            postcode: "E8 1EA".into(),
            ..v1::Address::default()
        }],
        ..v1::Personal::default()
    }
}

fn says(known: bool) -> Answer {
    json(&given!({ "resourceType": "Parameters", "parameter": [
        { "name": "match", "valueBoolean": known },
        { "name": "contact", "resource": { "resourceType": "Organization", "name": "Test Children's Services" } },
    ] }))
}

fn patient(family: &str, given: &[&str], born: &str) -> serde_json::Value {
    given!({ "resourceType": "Parameters", "parameter": [
        { "name": "resource", "resource": {
            "resourceType": "Patient", "name": [{ "family": family, "given": given }], "birthDate": born } },
        { "name": "reason", "valueUri": "https://www.legislation.gov.uk/ukpga/2007/21/section/14" },
    ] })
}

#[tokio::test(flavor = "multi_thread")]
async fn only_that_the_system_knows_nobody_by_any_name_is_certain_where_the_borough_says_so() {
    let care = Care::start().await;
    let text = guide("mais");
    let joined = join(&care, &text).ok().unwrap();
    care.answers([says(false), says(false), says(false)]);
    let outcome = joined.connector().look_up(&check_about(family())).await;
    let uncertain = Outcome::Unsettled(v1::PeopleReason::UncertainAbsence);
    assert!(outcome.ok().unwrap() == uncertain);
    let care = Care::start().await;
    let text = text.replace("# absent_is_certain", "absent_is_certain");
    let joined = join(&care, &text).ok().unwrap();
    care.answers([says(false), says(false), says(false)]);
    let outcome = joined
        .connector()
        .look_up(&check_about(family()))
        .await
        .ok()
        .unwrap();
    let Outcome::Answer(reply) = outcome else {
        panic!("no answer");
    };
    assert_eq!(reply.disposition, v1::Disposition::NotKnown);
    let matches: Vec<(&str, v1::Confidence)> = reply
        .content
        .matches
        .iter()
        .map(|one| (one.who.as_str(), one.confidence()))
        .collect();
    assert_eq!(
        matches,
        [
            ("subject", v1::Confidence::None),
            ("child 1", v1::Confidence::None)
        ]
    );
    let received = care.received();
    let bodies: Vec<serde_json::Value> = received
        .iter()
        .map(|one| serde_json::from_str(&one.body).unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            patient(CANARY, &["Ada", "May"], "1987-12-31"),
            patient("Former", &["Ada"], "1987-12-31"),
            patient(CANARY, &["Bo"], "2015-02-03"),
        ]
    );
    for one in &received {
        assert_eq!(
            (one.method.as_str(), one.uri.path()),
            ("POST", "/fhir/Patient/$person-info-query")
        );
        assert_eq!(one.headers["content-type"], "application/fhir+json");
        assert_eq!(one.headers["accept"], "application/fhir+json");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn that_somebody_is_known_goes_to_people_and_nobody_else_is_asked_for() {
    let care = Care::start().await;
    let joined = join(&care, &guide("mais")).ok().unwrap();
    care.answers([says(false), says(true)]);
    let outcome = joined
        .connector()
        .look_up(&check_about(family()))
        .await
        .ok()
        .unwrap();
    assert!(outcome == Outcome::Unsettled(v1::PeopleReason::PossibleMatch));
    assert_eq!(care.received().len(), 2, "nobody else is asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_neither_yes_nor_no_goes_to_people() {
    let care = Care::start().await;
    let joined = join(&care, &guide("mais")).ok().unwrap();
    for answer in [
        given!({ "resourceType": "Parameters", "parameter": [] }),
        given!({ "resourceType": "Parameters", "parameter": [{ "name": "match" }] }),
        given!({ "resourceType": "Parameters", "parameter": [{ "name": "match", "valueBoolean": CANARY }] }),
        given!({ "resourceType": "OperationOutcome", "parameter": [{ "name": "match", "valueBoolean": false }] }),
        given!({ "resourceType": "Parameters", "parameter": [
            { "name": "match", "valueBoolean": false }, { "name": "match", "valueBoolean": true }] }),
        given!([CANARY]),
    ] {
        care.answers([json(&answer)]);
        let trouble = joined
            .connector()
            .look_up(&check_about(family()))
            .await
            .err()
            .unwrap();
        assert_clean(&trouble);
        assert_eq!(trouble.reason(), v1::PeopleReason::Unreadable, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_be_asked_for_surely_keeps_all_from_being_asked_for() {
    let care = Care::start().await;
    let joined = join(&care, &guide("mais")).ok().unwrap();
    let check = async |change: fn(&mut v1::Personal), why: &str| {
        let mut personal = family();
        change(&mut personal);
        let outcome = joined
            .connector()
            .look_up(&check_about(personal))
            .await
            .ok()
            .unwrap();
        assert!(
            outcome == Outcome::Unsettled(v1::PeopleReason::TooLittle),
            "{why}"
        );
        assert!(care.received().is_empty(), "{why}");
    };
    check(|personal| personal.children[0].born = None, "no date").await;
    check(
        |personal| {
            personal.children[0].born = Some(born("2026-12-24", v1::BirthAccuracy::Expected));
        },
        "unborn",
    )
    .await;
    check(
        |personal| {
            personal.children[0].born = Some(born("2015-01-01", v1::BirthAccuracy::Estimated));
        },
        "estimate",
    )
    .await;
    check(|personal| personal.children[0].name = None, "no name").await;
    check(
        |personal| personal.children[0].name = Some(name(CANARY, " ")),
        "no given name",
    )
    .await;
    check(
        |personal| personal.subject.as_mut().unwrap().aliases[0].given.clear(),
        "half an alias",
    )
    .await;
    check(|personal| *personal = v1::Personal::default(), "nobody").await;
    let outcome = joined
        .connector()
        .look_up(&v1::AssignedCheck::default())
        .await
        .ok()
        .unwrap();
    assert!(outcome == Outcome::Unsettled(v1::PeopleReason::TooLittle));
}
