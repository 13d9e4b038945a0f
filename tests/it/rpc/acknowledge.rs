//! Acknowledging: a named person looks after an alert, for a time.

use super::*;

/// An enquiry whose check nobody took for 15 minutes: the desk is chased.
async fn chased() -> (Lent, String) {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.move_to("2026-11-23T10:15").await;
    let alert = kit.alerts().await.swap_remove(0);
    assert_eq!(alert.cause, "chase");
    let lent = Lent {
        kit,
        enquiry: receipt.enquiry_id,
        check: alert.check_id,
        lease: String::new(),
    };
    (lent, alert.id)
}

fn acknowledge(alert_id: &str, person: Option<v1::Person>) -> v1::AcknowledgeRequest {
    v1::AcknowledgeRequest {
        request_id: fresh(),
        person,
        alert_id: alert_id.into(),
        note: "Ringing the borough.".into(),
    }
}

#[tokio::test]
async fn an_acknowledged_alert_names_its_person_and_opens_again() {
    let (lent, alert) = chased().await;
    let request = acknowledge(&alert, person("Oscar Operator"));
    let other = v1::AcknowledgeRequest {
        note: "Something else.".into(),
        ..request.clone()
    };
    let taken = check_replay(request, other, async |request| {
        lent.kit.operations(OPERATOR).acknowledge(request).await
    })
    .await
    .alert
    .unwrap();
    assert_eq!(taken.state(), v1::AlertState::Acknowledged);
    assert_eq!(
        taken.acknowledged_by.unwrap().person,
        person("Oscar Operator")
    );
    assert_eq!(
        instant(taken.acknowledgement_expire_time),
        at("2026-11-23T10:30")
    );
    lent.kit.move_to("2026-11-23T10:29:59.999").await;
    assert_eq!(
        lent.kit.alerts().await[0].state(),
        v1::AlertState::Acknowledged
    );
    lent.kit.move_to("2026-11-23T10:30").await;
    assert_eq!(lent.kit.alerts().await[0].state(), v1::AlertState::Open);
}

#[tokio::test]
async fn an_alert_that_has_ended_is_not_looked_after() {
    let (lent, alert) = chased().await;
    let leased = lent.kit.lease(HACKNEY).await;
    lent.kit
        .adapter(HACKNEY)
        .answer(answer(&lent.check, &leased.lease_id))
        .await
        .unwrap();
    let refused = lent
        .kit
        .operations(OPERATOR)
        .acknowledge(acknowledge(&alert, person("Oscar")))
        .await;
    check_refused(refused, Code::FailedPrecondition, "ALERT_ENDED");
}

#[tokio::test]
async fn an_alert_is_for_those_it_is_addressed_to() {
    let (lent, alert) = chased().await;
    let call = async |who: &str, alert_id: &str| {
        let request = acknowledge(alert_id, person("Anybody"));
        lent.kit.operations(who).acknowledge(request).await
    };
    check_roles(&[INSPECTOR], async |who| call(who, &alert).await).await;
    for who in [OFFICER, MANAGER] {
        check_refused(
            call(who, &alert).await,
            Code::PermissionDenied,
            "NOT_ADDRESSED",
        );
    }
    let nothing = format!("{NO_ENQUIRY}/1");
    for who in [CAMDEN, STRANGER] {
        same_as_nothing(call(who, &alert).await, call(who, &nothing).await);
    }
    let missing = format!("{}/77", lent.enquiry);
    check_refused(call(OPERATOR, &missing).await, Code::NotFound, "NOT_FOUND");
    check_fields(call(OPERATOR, "no id").await, &["alert_id"]);
    let nobody = lent
        .kit
        .operations(OPERATOR)
        .acknowledge(acknowledge(&alert, None))
        .await;
    check_fields(nobody, &["person"]);
    call(HACKNEY_DESK, &alert).await.unwrap();
}
