//! Withdrawing: the officer takes an enquiry back in a name and with a reason; nothing is answered away.

use super::*;

fn withdraw(enquiry_id: &str, person: Option<v1::Person>) -> v1::WithdrawRequest {
    v1::WithdrawRequest {
        request_id: fresh(),
        person,
        enquiry_id: enquiry_id.into(),
        note: "The case was discontinued.".into(),
    }
}

#[tokio::test]
async fn a_withdrawn_enquiry_closes_its_open_checks_in_the_officers_name() {
    let lent = Lent::start().await;
    let request = withdraw(&lent.enquiry, person("Olive Officer"));
    let other = v1::WithdrawRequest {
        note: "Another reason.".into(),
        ..request.clone()
    };
    let withdrawn = check_replay(request, other, async |request| {
        lent.kit.court(OFFICER).withdraw(request).await
    })
    .await;
    let enquiry = withdrawn.enquiry.unwrap();
    assert!(!enquiry.open);
    let check = &enquiry.checks[0];
    assert_eq!(
        (check.state(), check.close_reason()),
        (v1::CheckState::Closed, v1::CloseReason::Withdrawn)
    );
    assert_eq!(check.close_note, "The case was discontinued.");
    assert_eq!(
        check.state_by.as_ref().unwrap().person,
        person("Olive Officer")
    );
    let again = withdraw(&lent.enquiry, person("Olive Officer"));
    let refused = lent.kit.court(OFFICER).withdraw(again).await;
    check_refused(refused, Code::FailedPrecondition, "NOTHING_OUTSTANDING");
}

#[tokio::test]
async fn what_a_borough_still_answers_is_taken_and_must_be_read() {
    let kit = Kit::start().await;
    let enquiry = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    kit.court(OFFICER)
        .withdraw(withdraw(&enquiry, person("Olive")))
        .await
        .unwrap();
    let late = answer(&format!("{enquiry}/1"), "");
    kit.adapter(HACKNEY).answer(late).await.unwrap();
    let seen = kit.get(&enquiry).await;
    assert!(seen.open && seen.checks[0].answers.len() == 1);
}

#[tokio::test]
async fn withdrawing_is_for_the_court_and_needs_a_reason() {
    let lent = Lent::start().await;
    check_court_verb(
        &lent,
        &[HACKNEY, OPERATOR, INSPECTOR],
        async |who, enquiry, person| {
            lent.kit
                .court(who)
                .withdraw(withdraw(&enquiry, person))
                .await
                .map(drop)
        },
    )
    .await;
    let silent = v1::WithdrawRequest {
        note: String::new(),
        ..withdraw(&lent.enquiry, person("Olive"))
    };
    check_fields(lent.kit.court(OFFICER).withdraw(silent).await, &["note"]);
}
