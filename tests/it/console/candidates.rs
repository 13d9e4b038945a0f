//! Possible matches at a borough's desk: side by side with whoever is asked about, settled with the answer, and shown to nobody else.

use super::*;

const CANDIDATES: [&str; 2] = ["P-4711", "P-4712"];

/// A check that Hackney's program left to people with candidates, taken on by the desk: the broker, the enquiry, the path of the check.
async fn left_with(candidates: Vec<v1::Candidate>) -> (Kit, String, String, Browser) {
    let kit = start().await;
    let mut request = enquiry(&[IN_HACKNEY]);
    let personal = request.personal.as_mut().unwrap();
    personal.addresses[0].lines = "1 Example Street".into();
    personal.children = vec![v1::Child {
        name: Some(v1::PersonName {
            family: "Example".into(),
            given: "Ben".into(),
        }),
        ..v1::Child::default()
    }];
    let enquiry = kit.submit(request).await.enquiry_id;
    let lease_id = kit.lease(HACKNEY).await.lease_id;
    let release = v1::ReleaseRequest {
        request_id: fresh(),
        check_id: format!("{enquiry}/1"),
        lease_id,
        for_people: v1::PeopleReason::PossibleMatch.into(),
        candidates,
        ..v1::ReleaseRequest::default()
    };
    kit.adapter(HACKNEY).release(release).await.unwrap();
    let path = format!("/desk/checks/{enquiry}/1");
    let mut browser = kit.signed_in("desk").await;
    browser.fill(&format!("{path}/accept"), &[]).await;
    (kit, enquiry, path, browser)
}

async fn left() -> (Kit, String, String, Browser) {
    left_with(CANDIDATES.map(perhaps).to_vec()).await
}

#[tokio::test]
async fn candidates_stand_beside_whoever_is_asked_about() {
    let (kit, enquiry, path, mut browser) = left().await;
    for path in [path.clone(), format!("{path}/answer")] {
        let shown = browser.get(&path).await;
        for said in [
            "Possible matches",
            "Defendant: Ada Example Asked about A B",
            "Names Ada Example Ida Example Ida Former Ida Example Ida Former",
            "Date of birth 1 February 1990 1 February 1990",
            "Addresses 1 Example Street, E8 1EA 12 Mare Street, E8 1EA 12 Mare Street, E8 1EA",
            "Reference in your system P-4711 P-4712",
            "Agrees Family name, date of birth Family name, date of birth",
            "Differs Given name Given name",
        ] {
            assert!(shown.says(said), "{path}: {said}: {}", shown.text());
        }
        assert!(shown.html.contains("scope=\"row\""));
        assert!(
            shown
                .html
                .contains("aria-label=\"Possible matches, Defendant: Ada Example\"")
        );
    }
    let answer = browser.get(&format!("{path}/answer")).await;
    assert!(answer.says("Which of these is Ada Example? A: Ida Example, P-4711 B: Ida Example, P-4712 None of these Somebody else in our system"), "{}", answer.text());
    let mut elsewhere = kit.signed_in("desk-elsewhere").await;
    let hidden = elsewhere.get(&path).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    let mut court = kit.signed_in("officer").await;
    let seen = court.get(&format!("/enquiries/{enquiry}")).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(seen.says("Ada Example") && !seen.says("P-4711") && !seen.says("Ida"));
}

#[tokio::test]
async fn what_the_system_holds_is_shown_as_text() {
    let candidate = v1::Candidate {
        names: vec!["<b>Ida</b>".into()],
        born: "about 1990".into(),
        who: "child 1".into(),
        ..perhaps("\"><script>")
    };
    let (_kit, _, path, mut browser) = left_with(vec![candidate]).await;
    let shown = browser.get(&format!("{path}/answer")).await;
    assert!(shown.says("Child 1: Ben Example"), "{}", shown.text());
    assert!(shown.says("Date of birth about 1990"), "{}", shown.text());
    assert!(!shown.html.contains("<b>Ida") && !shown.html.contains("\"><script>"));
}

/// What is chosen, what the answer comes to, and how sure it then is and by what.
#[rustfmt::skip] // a row a line
const SETTLED: [(&str, &str, v1::Confidence, &str); 4] = [
    ("is P-4712", "known_nothing_relevant", v1::Confidence::Certain, "Family name, date of birth"),
    ("else", "known_nothing_relevant", v1::Confidence::Certain, ""),
    ("none", "not_known", v1::Confidence::None, ""),
    ("is P-4711", "held_cannot_disclose", v1::Confidence::Certain, "Family name, date of birth"),
];

#[tokio::test]
async fn a_desk_settles_who_is_meant_with_its_answer() {
    for (chosen, disposition, confidence, basis) in SETTLED {
        let (kit, enquiry, path, mut browser) = left().await;
        let answer = format!("{path}/answer");
        let mut fields = vec![("settled-1", chosen), ("disposition", disposition)];
        if disposition == "held_cannot_disclose" {
            fields.push(("refusal", "harm_to_child"));
        }
        let check = [&fields[..], &[("do", "check")]].concat();
        let check = browser.fill(&answer, &check).await;
        assert!(
            check.says("Check your answer"),
            "{chosen}: {}",
            check.text()
        );
        let sent = browser.send(&answer, &check, &[("do", "send")]).await;
        assert!(sent.says("Your answer has been sent."), "{}", sent.text());
        assert!(!sent.says("Possible matches"), "nobody needs them any more");
        let given = kit
            .get(&enquiry)
            .await
            .checks
            .swap_remove(0)
            .answers
            .swap_remove(0);
        let matches = &given.content.as_ref().unwrap().matches;
        let found = matches
            .iter()
            .map(|one| (one.who.as_str(), one.confidence(), one.basis.as_str()));
        assert_eq!(
            found.collect::<Vec<_>>(),
            [("subject", confidence, basis)],
            "{chosen}"
        );
        assert!(
            !format!("{given:?}").contains("P-47"),
            "the reference stays with the borough"
        );
    }
}

/// What is chosen and typed, and what is said about it.
#[rustfmt::skip] // a row a line
const FAULTS: [(&[(&str, &str)], &str); 6] = [
    (&[("disposition", "not_known")], "Choose which of these it is"),
    (&[("disposition", "not_known"), ("settled-1", "is P-9999")], "Choose which of these it is"),
    (&[("disposition", "not_known"), ("settled-1", "is P-4711")], "that nobody is known"),
    (&[("disposition", "not_known"), ("settled-1", "else")], "that nobody is known"),
    (&[("disposition", "known_relevant"), ("settled-1", "none")], "that they are known"),
    (&[("disposition", "known_relevant"), ("settled-1", "is P-4711"), ("match-1", "none")], "This is not what you say"),
];

#[tokio::test]
async fn a_choice_that_does_not_go_with_the_answer_is_told_and_what_was_typed_is_kept() {
    let (kit, enquiry, path, mut browser) = left().await;
    for (fields, said) in FAULTS {
        for wanted in ["check", "send"] {
            let more = [("worker-name", "Wanda Worker"), ("do", wanted)];
            let fields = [fields, &more].concat();
            let refused = browser.fill(&format!("{path}/answer"), &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
            assert!(refused.says(said), "{said}: {}", refused.text());
            assert!(refused.html.contains("href=\"#settled-1\""), "{said}");
            assert!(refused.html.contains("id=\"settled-1\""));
            assert!(refused.html.contains("value=\"Wanda Worker\""));
        }
    }
    let check = kit.get(&enquiry).await.checks.swap_remove(0);
    assert_eq!(check.state(), v1::CheckState::Accepted);
    // Another row is no answer yet.
    let fields = [("settled-1", "is P-4712"), ("do", "add-episode")];
    let more = browser.fill(&format!("{path}/answer"), &fields).await;
    assert_eq!(more.status, StatusCode::OK);
    assert!(more.html.contains("value=\"is P-4712\" checked"));
    // The other of the people is known for certain.
    let fields = [
        ("disposition", "known_nothing_relevant"),
        ("settled-1", "none"),
        ("match-2", "certain"),
        ("do", "send"),
    ];
    let sent = browser.fill(&format!("{path}/answer"), &fields).await;
    assert!(sent.says("Your answer has been sent."), "{}", sent.text());
}
