//! Releasing: the check is in the queue again, at once.

use super::*;

fn release(check_id: &str, lease_id: &str) -> v1::ReleaseRequest {
    v1::ReleaseRequest {
        request_id: fresh(),
        person: None,
        check_id: check_id.into(),
        lease_id: lease_id.into(),
        for_people: v1::PeopleReason::Unspecified.into(),
        candidates: Vec::new(),
    }
}

#[tokio::test]
async fn a_released_check_waits_for_the_next_adapter() {
    let lent = Lent::start().await;
    let request = release(&lent.check, &lent.lease);
    let other = v1::ReleaseRequest {
        person: person("Dan Desk"),
        ..request.clone()
    };
    let released = check_replay(request, other, async |request| {
        lent.kit.adapter(HACKNEY).release(request).await
    })
    .await;
    assert_eq!(released.check.unwrap().state(), v1::CheckState::Waiting);
    let again = lent.kit.lease(HACKNEY_DESK).await;
    assert_eq!(again.check.unwrap().id, lent.check);
    assert_ne!(again.lease_id, lent.lease);
    // It was given back, not lost.
    assert_eq!(lent.seen().await.leases_lost, 0);
}

#[tokio::test]
async fn what_is_left_to_people_is_lent_to_nobody_and_answered_by_them() {
    let lent = Lent::start().await;
    let request = v1::ReleaseRequest {
        for_people: v1::PeopleReason::PossibleMatch.into(),
        ..release(&lent.check, &lent.lease)
    };
    let left = lent.kit.adapter(HACKNEY).release(request).await.unwrap();
    let left = left.into_inner().check.unwrap();
    assert_eq!(
        (left.state(), left.for_people()),
        (v1::CheckState::Waiting, v1::PeopleReason::PossibleMatch)
    );
    let call = v1::LeaseChecksRequest {
        request_id: fresh(),
        wait: Some(prost_types::Duration::default()),
        ..v1::LeaseChecksRequest::default()
    };
    let lent_again = lent.kit.adapter(HACKNEY_DESK).lease_checks(call).await;
    assert_eq!(lent_again.unwrap().into_inner().checks, []);
    let seen = lent.seen().await;
    assert_eq!(seen.for_people(), v1::PeopleReason::PossibleMatch);
    let request = v1::AcceptRequest {
        request_id: fresh(),
        person: person("Dan Desk"),
        check_id: lent.check.clone(),
        ..v1::AcceptRequest::default()
    };
    let accepted = lent.kit.adapter(HACKNEY_DESK).accept(request).await;
    let accepted = accepted.unwrap().into_inner().check.unwrap();
    assert_eq!(accepted.state(), v1::CheckState::Accepted);
    assert_eq!(accepted.for_people(), v1::PeopleReason::Unspecified);
}

#[tokio::test]
async fn releasing_is_for_whoever_holds_the_lease() {
    check_adapter_verb(async |kit, who, check, lease| {
        kit.adapter(who)
            .release(release(&check, &lease))
            .await
            .map(drop)
    })
    .await;
}

/// Left to people of Hackney, with candidates.
fn perhaps_left(lent: &Lent, candidates: Vec<v1::Candidate>) -> v1::ReleaseRequest {
    v1::ReleaseRequest {
        for_people: v1::PeopleReason::PossibleMatch.into(),
        candidates,
        ..release(&lent.check, &lent.lease)
    }
}

async fn got(lent: &Lent, who: &'static str) -> v1::AssignedCheck {
    let request = v1::GetCheckRequest {
        check_id: lent.check.clone(),
    };
    let got = lent.kit.adapter(who).get_check(request).await.unwrap();
    got.into_inner().check.unwrap()
}

#[tokio::test]
async fn candidates_are_for_the_responder_alone_until_it_answers() {
    use prost::Message as _;
    let lent = Lent::start().await;
    let sent = vec![perhaps("P-4711"), perhaps("P-4712")];
    let left = lent
        .kit
        .adapter(HACKNEY)
        .release(perhaps_left(&lent, sent.clone()))
        .await;
    assert_eq!(left.unwrap().into_inner().check.unwrap().candidates, sent);
    let request = v1::AcceptRequest {
        request_id: fresh(),
        person: person("Dan Desk"),
        check_id: lent.check.clone(),
        ..v1::AcceptRequest::default()
    };
    lent.kit
        .adapter(HACKNEY_DESK)
        .accept(request)
        .await
        .unwrap();
    assert_eq!(got(&lent, HACKNEY_DESK).await.candidates, sent);
    let listed = v1::ListChecksRequest::default();
    let listed = lent.kit.adapter(HACKNEY_DESK).list_checks(listed).await;
    assert_eq!(listed.unwrap().into_inner().checks[0].candidates, sent);
    let request = v1::GetCheckRequest {
        check_id: lent.check.clone(),
    };
    let camden = lent.kit.adapter(CAMDEN).get_check(request).await;
    check_refused(camden, Code::NotFound, "NOT_FOUND");
    let of_enquiry = || v1::GetRequest {
        enquiry_id: lent.enquiry.clone(),
    };
    for who in [OFFICER, MANAGER, OPERATOR, INSPECTOR] {
        let seen = lent.kit.court(who).get(of_enquiry()).await;
        let seen = seen.unwrap().into_inner().encode_to_vec();
        let history = lent.kit.history(&lent.enquiry).await;
        let told = format!("{}{history:?}", String::from_utf8_lossy(&seen));
        for hidden in ["P-4711", "Ida", "Mare Street", "1990-02-01"] {
            assert!(!told.contains(hidden), "{who}: {hidden}");
        }
    }
    let request = answer(&lent.check, "");
    let answered = lent.kit.adapter(HACKNEY_DESK).answer(request).await;
    assert_eq!(answered.unwrap().into_inner().check.unwrap().candidates, []);
    assert_eq!(got(&lent, HACKNEY_DESK).await.candidates, []);
}

#[tokio::test]
async fn candidates_are_few_and_go_with_a_possible_match() {
    let lent = Lent::start().await;
    let adapter = || lent.kit.adapter(HACKNEY);
    let many = perhaps_left(&lent, vec![perhaps("P-4711"); 11]);
    check_fields(adapter().release(many).await, &["candidates"]);
    let nobody = v1::Candidate {
        who: "neighbour".into(),
        agrees: vec![99],
        ..perhaps("")
    };
    let fields = [
        "candidates[0].agrees[0]",
        "candidates[0].who",
        "candidates[0].system_reference",
    ];
    let nobody = perhaps_left(&lent, vec![nobody]);
    check_fields(adapter().release(nobody).await, &fields);
    let other = v1::ReleaseRequest {
        for_people: v1::PeopleReason::TooLittle.into(),
        ..perhaps_left(&lent, vec![perhaps("P-4711")])
    };
    check_fields(adapter().release(other).await, &["candidates"]);
    assert_eq!(lent.seen().await.state(), v1::CheckState::Leased);
}
