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

type Asked = Vec<(&'static str, Result<(), Status>)>;

/// Everything about enquiries that the court's people can ask for, by the id of one.
async fn ask(kit: &Kit, who: &str, enquiry_id: &str) -> Asked {
    let get = v1::GetRequest {
        enquiry_id: enquiry_id.into(),
    };
    let history = v1::HistoryRequest {
        enquiry_id: enquiry_id.into(),
        ..v1::HistoryRequest::default()
    };
    let watch = v1::WatchRequest {
        enquiry_id: enquiry_id.into(),
        ..v1::WatchRequest::default()
    };
    vec![
        ("get", kit.court(who).get(get).await.map(drop)),
        ("history", kit.court(who).history(history).await.map(drop)),
        ("watch", kit.court(who).watch(watch).await.map(drop)),
    ]
}

/// Everything that an adapter can ask for, by the id of an enquiry.
async fn ask_of_check(kit: &Kit, who: &str, enquiry_id: &str) -> Asked {
    let check = v1::GetCheckRequest {
        check_id: format!("{enquiry_id}/1"),
    };
    let got = kit.adapter(who).get_check(check).await.map(drop);
    vec![("get_check", got)]
}

#[tokio::test]
async fn the_id_of_what_is_not_yours_says_nothing() {
    let (kit, receipt) = scene().await;
    let mut theirs = ask(&kit, STRANGER, &receipt.enquiry_id).await;
    let mut nothing = ask(&kit, STRANGER, NO_ENQUIRY).await;
    theirs.extend(ask_of_check(&kit, CAMDEN, &receipt.enquiry_id).await);
    nothing.extend(ask_of_check(&kit, CAMDEN, NO_ENQUIRY).await);
    for ((method, theirs), (_, nothing)) in theirs.into_iter().zip(nothing) {
        assert!(theirs.is_err(), "{method} shows it");
        same_as_nothing(theirs, nothing);
    }
    let mut own = ask(&kit, OFFICER, &receipt.enquiry_id).await;
    own.extend(ask_of_check(&kit, HACKNEY, &receipt.enquiry_id).await);
    for (method, own) in own {
        own.unwrap_or_else(|status| panic!("{method}: {status}"));
    }
}

#[tokio::test]
async fn what_a_role_does_not_read_is_refused_by_name_whoever_it_is_about() {
    let (kit, receipt) = scene().await;
    let check = async |denied: &[&'static str], adapter: bool, name: &str| {
        for who in denied {
            for id in [receipt.enquiry_id.as_str(), NO_ENQUIRY] {
                let asked = if adapter {
                    ask_of_check(&kit, who, id).await
                } else {
                    ask(&kit, who, id).await
                };
                for (_, asked) in asked {
                    let refused = check_refused(asked, Code::PermissionDenied, "NOT_PERMITTED");
                    assert!(refused.message().ends_with(name), "{who}: {refused}");
                }
            }
        }
    };
    check(&[HACKNEY, CAMDEN], false, "read_enquiries").await;
    check(
        &[OFFICER, MANAGER, OPERATOR, INSPECTOR],
        true,
        "read_checks",
    )
    .await;
    let list = async |who| kit.court(who).list(v1::ListRequest::default()).await;
    check_roles(&[HACKNEY], list).await;
    let watch = async |who| kit.court(who).watch(v1::WatchRequest::default()).await;
    check_roles(&[HACKNEY], watch).await;
    let checks = async |who| {
        let request = v1::ListChecksRequest::default();
        kit.adapter(who).list_checks(request).await
    };
    check_roles(&[OFFICER, OPERATOR], checks).await;
    for who in [OFFICER, MANAGER, OPERATOR, INSPECTOR] {
        list(who).await.unwrap();
    }
}

#[tokio::test]
async fn a_watch_ends_when_its_client_becomes_what_may_not_watch() {
    use usher::auth::IdentityTable;
    let (kit, _) = scene().await;
    let watch = kit.court(OFFICER).watch(v1::WatchRequest::default()).await;
    let mut watch = watch.unwrap().into_inner();
    watch.next().await.unwrap().unwrap();
    let mut changed = identity(OFFICER);
    changed.role = "adapter".into();
    changed.courts.clear();
    changed.responders = vec!["hackney".into()];
    let table = IdentityTable::new(&[changed, identity(COLLEAGUE)]).unwrap();
    kit.identities.replace(table);
    kit.court(COLLEAGUE)
        .submit(enquiry(&[IN_HACKNEY]))
        .await
        .unwrap();
    let refused = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Err(refused) = watch.next().await.expect("a refusal before the end") {
                break refused;
            }
        }
    });
    let refused = refused.await.expect("the watch ends");
    check_refused(
        Err::<(), _>(refused),
        Code::PermissionDenied,
        "NOT_PERMITTED",
    );
}

fn by_reference(receipt: &v1::SubmitResponse) -> v1::ListRequest {
    v1::ListRequest {
        reference: receipt.reference.clone(),
        ..v1::ListRequest::default()
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
    let by_reference = || by_reference(&receipt);
    let by_responder = || v1::ListChecksRequest {
        responder_ids: vec!["hackney".into(), "lambeth".into()],
        ..v1::ListChecksRequest::default()
    };
    let alerts_by = || v1::ListAlertsRequest {
        court_codes: vec![COURT.into()],
        responder_ids: vec!["hackney".into()],
        ..v1::ListAlertsRequest::default()
    };
    for request in [v1::ListRequest::default(), by_court(), by_reference()] {
        assert_eq!(list(STRANGER, request).await, 0);
    }
    for request in [by_responder(), v1::ListChecksRequest::default()] {
        assert!(checks(CAMDEN, request).await.is_empty());
    }
    for who in [STRANGER, CAMDEN] {
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
async fn a_reference_finds_a_responders_own_checks_and_no_other() {
    let (kit, receipt) = scene().await;
    let other = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let ids = async |who: &str, reference: &str| {
        let request = v1::ListChecksRequest {
            reference: reference.into(),
            ..v1::ListChecksRequest::default()
        };
        let listed = kit.adapter(who).list_checks(request).await.unwrap();
        let checks = listed.into_inner().checks.into_iter();
        checks.map(|check| check.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(HACKNEY, "").await.len(), 2);
    let other_check = &other.checks[0].check_id;
    assert_eq!(
        &ids(HACKNEY, &other.reference).await[..],
        std::slice::from_ref(other_check)
    );
    let found = ids(HACKNEY, &receipt.reference).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with(&receipt.enquiry_id), "{found:?}");
    assert!(ids(LAMBETH, &other.reference).await.is_empty());
    assert!(ids(CAMDEN, &receipt.reference).await.is_empty());
}

#[tokio::test]
async fn a_watch_tells_of_what_is_yours_and_nothing_else() {
    let (kit, _) = scene().await;
    let enquiries = kit.court(STRANGER).watch(v1::WatchRequest::default()).await;
    let mut enquiries = enquiries.unwrap().into_inner();
    let end = enquiries.next().await.unwrap().unwrap().payload.unwrap();
    assert!(matches!(end, v1::watch_response::Payload::SnapshotEnd(_)));
    let mut alerts = Vec::new();
    for who in [STRANGER, CAMDEN] {
        let request = v1::WatchAlertsRequest::default();
        let watch = kit.operations(who).watch_alerts(request).await;
        let mut watch = watch.unwrap().into_inner();
        let end = watch.next().await.unwrap().unwrap().payload.unwrap();
        let ended = matches!(end, v1::watch_alerts_response::Payload::SnapshotEnd(_));
        assert!(ended, "{who}");
        alerts.push((who, watch));
    }
    let more = kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.clock.forward(Duration::from_secs(16 * 60));
    kit.settle().await;
    assert!(kit.get(&more.enquiry_id).await.alerts.len() == 1);
    let silence = Duration::from_millis(300);
    let heard = tokio::time::timeout(silence, enquiries.next()).await;
    assert!(heard.is_err(), "a stranger heard of it");
    for (who, mut watch) in alerts {
        let heard = tokio::time::timeout(silence, watch.next()).await;
        assert!(heard.is_err(), "{who} heard of it");
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
    assert_eq!(waiting(CAMDEN).await, (None, false));
    assert_eq!(waiting(HACKNEY).await, (Some(1), true));
    assert_eq!(waiting(OPERATOR).await, (Some(1), true));
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
}

#[tokio::test]
async fn who_had_a_check_before_does_not_learn_which_one_goes_on() {
    let lent = Lent::start().await;
    let to = v1::redirect_request::To::ResponderId("camden".into());
    let request = v1::RedirectRequest {
        request_id: fresh(),
        check_id: lent.check.clone(),
        lease_id: lent.lease.clone(),
        to: Some(to),
        ..v1::RedirectRequest::default()
    };
    let replied = lent.kit.adapter(HACKNEY).redirect(request).await.unwrap();
    let successor = format!("{}/2", lent.enquiry);
    let events = lent.kit.history(&lent.enquiry).await;
    let told = |event: &v1::Event| event.successor_check_id == successor;
    assert!(events.iter().any(told), "the court is told");
    let get = v1::GetCheckRequest {
        check_id: lent.check.clone(),
    };
    let got = lent.kit.adapter(HACKNEY).get_check(get).await.unwrap();
    let list = v1::ListChecksRequest::default();
    let listed = lent.kit.adapter(HACKNEY).list_checks(list).await.unwrap();
    let bytes = [
        prost::Message::encode_to_vec(&replied.into_inner()),
        prost::Message::encode_to_vec(&got.into_inner()),
        prost::Message::encode_to_vec(&listed.into_inner()),
    ];
    let holds = |bytes: &Vec<u8>, text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    for bytes in &bytes {
        assert!(holds(bytes, &lent.check) && !holds(bytes, &successor));
    }
    let history = v1::HistoryRequest {
        enquiry_id: lent.enquiry.clone(),
        ..v1::HistoryRequest::default()
    };
    let refused = lent.kit.court(HACKNEY).history(history).await;
    check_refused(refused, Code::PermissionDenied, "NOT_PERMITTED");
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
