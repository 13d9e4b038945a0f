//! What is not yours reads as not there, through every method: another court's officer and another borough's adapter neither see, list,
//! watch nor lease an enquiry, nor learn that it exists.

use super::*;
use std::time::Duration;
use tokio_stream::StreamExt as _;

/// An enquiry for Hackney with everything that could show: a lease, a question, an alert, a second check in Lambeth.
async fn scene() -> (Kit, v1::SubmitResponse) {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY, IN_LAMBETH])).await;
    kit.move_to("2026-11-23T10:20").await;
    assert_eq!(kit.alerts().await.len(), 2);
    (kit, receipt)
}

/// Everything about enquiries that a client can ask for, by the id of one.
async fn ask(kit: &Kit, who: &str, enquiry_id: &str) -> Vec<(&'static str, Result<(), Status>)> {
    let get = v1::GetRequest {
        enquiry_id: enquiry_id.into(),
    };
    let history = v1::HistoryRequest {
        enquiry_id: enquiry_id.into(),
        ..v1::HistoryRequest::default()
    };
    let check = v1::GetCheckRequest {
        check_id: format!("{enquiry_id}/1"),
    };
    let watch = v1::WatchRequest {
        enquiry_id: enquiry_id.into(),
        ..v1::WatchRequest::default()
    };
    vec![
        ("get", kit.court(who).get(get).await.map(drop)),
        ("history", kit.court(who).history(history).await.map(drop)),
        (
            "get_check",
            kit.adapter(who).get_check(check).await.map(drop),
        ),
        ("watch", kit.court(who).watch(watch).await.map(drop)),
    ]
}

#[tokio::test]
async fn the_id_of_what_is_not_yours_says_nothing() {
    let (kit, receipt) = scene().await;
    for who in [STRANGER, CAMDEN] {
        let theirs = ask(&kit, who, &receipt.enquiry_id).await;
        let nothing = ask(&kit, who, NO_ENQUIRY).await;
        for ((method, theirs), (_, nothing)) in theirs.into_iter().zip(nothing) {
            assert!(theirs.is_err(), "{who} may {method}");
            same_as_nothing(theirs, nothing);
        }
    }
    for (method, own) in ask(&kit, OFFICER, &receipt.enquiry_id).await {
        own.unwrap_or_else(|status| panic!("{method}: {status}"));
    }
}

#[tokio::test]
async fn lists_show_what_is_yours_whatever_the_filter() {
    let (kit, receipt) = scene().await;
    let list = async |who: &str, request: v1::ListRequest| {
        kit.court(who)
            .list(request)
            .await
            .unwrap()
            .into_inner()
            .enquiries
            .len()
    };
    let checks = async |who: &str, request: v1::ListChecksRequest| {
        let listed = kit
            .adapter(who)
            .list_checks(request)
            .await
            .unwrap()
            .into_inner()
            .checks;
        listed
            .into_iter()
            .map(|check| check.responder_id)
            .collect::<Vec<_>>()
    };
    let alerts = async |who: &str, request: v1::ListAlertsRequest| {
        kit.operations(who)
            .list_alerts(request)
            .await
            .unwrap()
            .into_inner()
            .alerts
            .len()
    };
    let by_court = || v1::ListRequest {
        court_codes: vec![COURT.into()],
        ..v1::ListRequest::default()
    };
    let by_reference = || v1::ListRequest {
        reference: receipt.reference.clone(),
        ..v1::ListRequest::default()
    };
    let by_responder = || v1::ListChecksRequest {
        responder_ids: vec!["hackney".into(), "lambeth".into()],
        ..v1::ListChecksRequest::default()
    };
    let alerts_by = || v1::ListAlertsRequest {
        court_codes: vec![COURT.into()],
        responder_ids: vec!["hackney".into()],
        ..v1::ListAlertsRequest::default()
    };
    for who in [STRANGER, CAMDEN] {
        for request in [v1::ListRequest::default(), by_court(), by_reference()] {
            assert_eq!(list(who, request).await, 0, "{who}");
        }
        assert!(checks(who, by_responder()).await.is_empty(), "{who}");
        assert!(
            checks(who, v1::ListChecksRequest::default())
                .await
                .is_empty(),
            "{who}"
        );
        for request in [v1::ListAlertsRequest::default(), alerts_by()] {
            assert_eq!(alerts(who, request).await, 0, "{who}");
        }
    }
    assert_eq!(list(OFFICER, by_reference()).await, 1);
    assert_eq!(list(INSPECTOR, by_court()).await, 1);
    // Each borough its own check and its own alert, and not the other's.
    assert_eq!(checks(HACKNEY, by_responder()).await, ["hackney"]);
    assert_eq!(
        checks(LAMBETH, v1::ListChecksRequest::default()).await,
        ["lambeth"]
    );
    assert_eq!(alerts(HACKNEY, v1::ListAlertsRequest::default()).await, 1);
    assert_eq!(alerts(LAMBETH, alerts_by()).await, 0);
}

#[tokio::test]
async fn a_watch_tells_of_what_is_yours_and_nothing_else() {
    let (kit, _) = scene().await;
    for who in [STRANGER, CAMDEN] {
        let enquiries = kit
            .court(who)
            .watch(v1::WatchRequest::default())
            .await
            .unwrap();
        let alerts = kit
            .operations(who)
            .watch_alerts(v1::WatchAlertsRequest::default())
            .await
            .unwrap();
        let (mut enquiries, mut alerts) = (enquiries.into_inner(), alerts.into_inner());
        let end = enquiries.next().await.unwrap().unwrap().payload.unwrap();
        assert!(
            matches!(end, v1::watch_response::Payload::SnapshotEnd(_)),
            "{who}"
        );
        let end = alerts.next().await.unwrap().unwrap().payload.unwrap();
        assert!(
            matches!(end, v1::watch_alerts_response::Payload::SnapshotEnd(_)),
            "{who}"
        );
        let more = kit.submit(enquiry(&[IN_HACKNEY])).await;
        kit.clock.forward(Duration::from_secs(16 * 60));
        kit.settle().await;
        assert!(kit.get(&more.enquiry_id).await.alerts.len() == 1);
        let silence = Duration::from_millis(300);
        assert!(
            tokio::time::timeout(silence, enquiries.next())
                .await
                .is_err(),
            "{who} heard of it"
        );
        assert!(
            tokio::time::timeout(silence, alerts.next()).await.is_err(),
            "{who} heard of it"
        );
    }
}

#[tokio::test]
async fn a_cursor_or_a_page_token_of_somebody_else_opens_nothing() {
    let (kit, receipt) = scene().await;
    let history = kit.history(&receipt.enquiry_id).await;
    let resume = v1::WatchRequest {
        resume_cursor: history[0].cursor.clone(),
        ..v1::WatchRequest::default()
    };
    let mut watch = kit
        .court(STRANGER)
        .watch(resume)
        .await
        .unwrap()
        .into_inner();
    let heard = tokio::time::timeout(Duration::from_millis(300), watch.next()).await;
    assert!(heard.is_err(), "a foreign cursor let a stranger hear of it");
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    let one = || v1::ListRequest {
        page_size: 1,
        ..v1::ListRequest::default()
    };
    let page = kit.court(OFFICER).list(one()).await.unwrap().into_inner();
    let second = v1::ListRequest {
        page_token: page.next_page_token,
        ..one()
    };
    assert!(!second.page_token.is_empty());
    let listed = kit.court(STRANGER).list(second).await.unwrap().into_inner();
    assert!(listed.enquiries.is_empty());
}

#[tokio::test]
async fn how_busy_a_borough_is_concerns_its_own_people_and_overseers() {
    let (kit, _) = scene().await;
    let waiting = async |who: &str| {
        let request = v1::ListRespondersRequest {
            authority_code: "E09000012".into(),
            ..v1::ListRespondersRequest::default()
        };
        let listed = kit.operations(who).list_responders(request).await.unwrap();
        let responder = listed.into_inner().responders.swap_remove(0);
        (
            responder.waiting_count,
            responder.nearest_deadline_time.is_some(),
        )
    };
    assert_eq!(waiting(CAMDEN).await, (0, false));
    assert_eq!(waiting(HACKNEY).await, (1, true));
    assert_eq!(waiting(OPERATOR).await, (1, true));
    let status = async |who: &'static str| {
        kit.operations(who)
            .get_status(v1::GetStatusRequest {})
            .await
    };
    check_roles(&[OFFICER, MANAGER, HACKNEY], status).await;
    assert_eq!(
        status(INSPECTOR).await.unwrap().into_inner().queued_checks,
        2
    );
}

#[tokio::test]
async fn a_responder_sees_its_own_check_and_not_its_siblings() {
    let (kit, receipt) = scene().await;
    let check = |number: u8| v1::GetCheckRequest {
        check_id: format!("{}/{number}", receipt.enquiry_id),
    };
    let own = kit
        .adapter(HACKNEY)
        .get_check(check(1))
        .await
        .unwrap()
        .into_inner()
        .check
        .unwrap();
    assert_eq!(own.responder_id, "hackney");
    same_as_nothing(
        kit.adapter(HACKNEY).get_check(check(2)).await,
        kit.adapter(HACKNEY).get_check(check(3)).await,
    );
    let history = v1::HistoryRequest {
        enquiry_id: receipt.enquiry_id.clone(),
        ..v1::HistoryRequest::default()
    };
    let seen = kit
        .court(HACKNEY)
        .history(history)
        .await
        .unwrap()
        .into_inner()
        .events;
    assert!(!seen.is_empty());
    let own = |event: &v1::Event| event.check_id == check(1).check_id;
    assert!(seen.iter().all(own), "it hears of its sibling");
    // The whole enquiry is for the court and overseers.
    let get = v1::GetRequest {
        enquiry_id: receipt.enquiry_id.clone(),
    };
    check_refused(
        kit.court(HACKNEY).get(get).await,
        Code::NotFound,
        "NOT_FOUND",
    );
}

#[tokio::test]
async fn a_client_that_leaves_the_table_is_nobody() {
    use usher::auth::IdentityTable;
    let (kit, receipt) = scene().await;
    let watch = kit
        .court(OFFICER)
        .watch(v1::WatchRequest::default())
        .await
        .unwrap();
    let left = identity(OPERATOR);
    kit.identities.replace(IdentityTable::new(&[left]).unwrap());
    let get = v1::GetRequest {
        enquiry_id: receipt.enquiry_id,
    };
    // Its connection is ended, and it gets no new one.
    let refused = kit.court(OFFICER).get(get).await.unwrap_err();
    assert!(
        matches!(
            refused.code(),
            Code::Unauthenticated | Code::Unavailable | Code::Unknown
        ),
        "{refused}"
    );
    let mut watch = watch.into_inner();
    let ended = tokio::time::timeout(PATIENCE, async {
        while let Some(Ok(_)) = watch.next().await {}
    });
    ended.await.expect("the watch ends");
}
