//! Taking off: the list has the case no more, and what it needs stays needed.

use super::cases::*;
use super::*;

#[tokio::test]
async fn a_case_is_taken_off_once_and_stays_open() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let request = v1::TakeOffRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        case_id: case_id.clone(),
    };
    let other = v1::TakeOffRequest {
        person: person("Another Officer"),
        ..request.clone()
    };
    let taken = check_replay(request, other, async |request| {
        kit.court(OFFICER).take_off(request).await
    })
    .await;
    let taken = taken.case.unwrap();
    assert!(taken.open && taken.off_list_time.is_some());
}

#[tokio::test]
async fn taking_off_is_for_the_court_and_operators() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let call = async |who: &'static str, case_id, person| {
        let request = v1::TakeOffRequest {
            request_id: fresh(),
            person,
            case_id,
        };
        kit.court(who).take_off(request).await.map(drop)
    };
    check_case_verb(&kit, &case_id, &[HACKNEY, MANAGER, INSPECTOR], call).await;
    call(OPERATOR, case_id, person("Oscar Operator"))
        .await
        .unwrap();
}
