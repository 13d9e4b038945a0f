//! Who acts: where the table of identities names the person behind a certificate, that person does, and nobody else.

use super::*;
use usher::auth::{IdentityTable, PersonEntry};

#[tokio::test]
async fn a_personal_certificate_acts_as_its_person_and_as_nobody_else() {
    let kit = Kit::start().await;
    let mut alice = identity(OFFICER);
    alice.person = Some(PersonEntry {
        name: "Alice Real".into(),
        post: "Court duty".into(),
        contact: String::new(),
    });
    let desk = identity(HACKNEY);
    kit.identities
        .replace(IdentityTable::new(&[alice, desk]).unwrap());
    let submit = async |named: Option<v1::Person>| {
        let request = v1::SubmitRequest {
            person: named,
            ..enquiry(&[IN_HACKNEY])
        };
        kit.court(OFFICER).submit(request).await
    };
    let forged = submit(person("Bob Forged")).await;
    check_fields(forged, &["person.name", "person.contact"]);
    let submitted = submit(None).await.unwrap().into_inner().enquiry_id;
    let move_to = async |named: Option<v1::Person>| {
        let request = v1::MoveHearingRequest {
            request_id: fresh(),
            person: named,
            enquiry_id: submitted.clone(),
            deadline: hearing(COURT, "2026-11-23T15:00"),
            reason: "put back".into(),
        };
        kit.court(OFFICER).move_hearing(request).await
    };
    check_fields(
        move_to(Some(v1::Person {
            name: "Bob Forged".into(),
            ..v1::Person::default()
        }))
        .await,
        &["person.name"],
    );
    let own = v1::Person {
        name: "Alice Real".into(),
        ..v1::Person::default()
    };
    move_to(Some(own)).await.unwrap();
    let seen = kit.get(&submitted).await;
    assert_eq!(seen.requester.unwrap().person.unwrap().name, "Alice Real");
    let moved = seen.moves[0].by.clone().unwrap().person.unwrap();
    assert_eq!(
        (moved.name.as_str(), moved.post.as_str()),
        ("Alice Real", "Court duty")
    );
}

#[tokio::test]
async fn a_certificate_of_many_names_who_acts() {
    let kit = Kit::start().await;
    let nobody = v1::SubmitRequest {
        person: None,
        ..enquiry(&[IN_HACKNEY])
    };
    check_fields(kit.court(OFFICER).submit(nobody).await, &["person"]);
}
