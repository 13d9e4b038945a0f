//! Whom to ring: the emergency duty team, where harm is imminent and the borough is closed, and nowhere else.

use super::ask::ask;
use super::*;

fn is_question(alert: &v1::Alert) -> bool {
    alert.trouble() == v1::Trouble::Question
}

/// What an officer and an operator read of the emergency duty team now: on the receipt, the check, the alerts and their counts.
async fn told(kit: &Kit, imminent_harm: bool) -> [String; 4] {
    let mut request = enquiry_at("2026-11-24T14:00", &[IN_HACKNEY]);
    request.imminent_harm = imminent_harm;
    let submitted = kit.submit(request).await;
    let receipt = &submitted.checks[0];
    assert_eq!(
        receipt.advice_text.contains("ring the emergency duty team"),
        !receipt.emergency_phone.is_empty()
    );
    let leased = kit.lease(HACKNEY).await;
    let ask = ask(&receipt.check_id, &leased.lease_id);
    kit.adapter(HACKNEY).ask(ask).await.unwrap();
    let check = kit.get(&submitted.enquiry_id).await.checks.remove(0);
    assert_eq!(check.duty_phone, "020 7946 0012");
    let alerts = kit.alerts().await;
    let mut alerts = alerts.into_iter().filter(is_question);
    let alert = alerts.find(|alert| alert.check_id == receipt.check_id);
    let alert = alert.expect("a question is an alert");
    let count = v1::CountAlertsRequest::default();
    let counted = kit.operations(OPERATOR).count_alerts(count).await.unwrap();
    let counts = counted.into_inner().counts;
    let count = counts.iter().find(|count| count.cause == alert.cause);
    [
        receipt.emergency_phone.clone(),
        check.emergency_phone,
        alert.emergency_phone,
        count.unwrap().emergency_phone.clone(),
    ]
}

#[tokio::test]
async fn the_emergency_team_is_told_of_outside_hours_where_harm_is_imminent() {
    let none = [const { String::new() }; 4];
    let kit = Kit::start().await;
    assert_eq!(told(&kit, true).await, none, "the desk is open");
    let kit = Kit::shaped(Shape {
        now: "2026-11-23T17:00",
        ..Shape::default()
    })
    .await;
    assert_eq!(told(&kit, false).await, none, "no harm is imminent");
    let team = [const { "020 7946 0112" }; 4];
    assert_eq!(told(&kit, true).await, team);
    let watch = v1::WatchAlertsRequest::default();
    let watched = kit.operations(OPERATOR).watch_alerts(watch).await;
    let mut watched = watched.unwrap().into_inner();
    let mut shown = Vec::new();
    while let Some(v1::watch_alerts_response::Payload::Snapshot(alert)) =
        watched.message().await.unwrap().unwrap().payload
    {
        shown.extend(is_question(&alert).then_some(alert.emergency_phone));
    }
    shown.sort_unstable();
    assert_eq!(shown, ["", "020 7946 0112"]);
}
