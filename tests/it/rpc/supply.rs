//! Supplying: the officer replies, and the check goes back to the borough's queue.

use super::*;

async fn asked() -> Lent {
    let lent = Lent::start().await;
    let question = ask::ask(&lent.check, &lent.lease);
    lent.kit.adapter(HACKNEY).ask(question).await.unwrap();
    lent
}

fn supply(check_id: &str, person: Option<v1::Person>) -> v1::SupplyRequest {
    v1::SupplyRequest {
        request_id: fresh(),
        person,
        check_id: check_id.into(),
        reply: "Gayhurst.".into(),
    }
}

#[tokio::test]
async fn a_reply_puts_the_check_back_into_the_queue_and_ends_the_alert() {
    let lent = asked().await;
    let request = supply(&lent.check, person("Olive Officer"));
    let other = v1::SupplyRequest {
        reply: "Another.".into(),
        ..request.clone()
    };
    let supplied = check_replay(request, other, async |request| {
        lent.kit.court(OFFICER).supply(request).await
    })
    .await;
    assert_eq!(
        supplied.enquiry.unwrap().checks[0].state(),
        v1::CheckState::Waiting
    );
    assert_eq!(lent.kit.alerts().await[0].state(), v1::AlertState::Resolved);
    let again = lent.kit.lease(HACKNEY).await.check.unwrap();
    let [exchange] = &again.exchanges[..] else {
        panic!("one question");
    };
    assert_eq!(
        (exchange.question.as_str(), exchange.reply.as_str()),
        ("Which school?", "Gayhurst.")
    );
}

#[tokio::test]
async fn only_a_question_is_replied_to() {
    let lent = Lent::start().await;
    let refused = lent
        .kit
        .court(OFFICER)
        .supply(supply(&lent.check, person("Olive")))
        .await;
    check_refused(refused, Code::FailedPrecondition, "WRONG_STATE");
    let empty = v1::SupplyRequest {
        reply: String::new(),
        ..supply(&lent.check, person("Olive"))
    };
    check_fields(lent.kit.court(OFFICER).supply(empty).await, &["reply"]);
}

#[tokio::test]
async fn supplying_is_for_the_court() {
    let lent = asked().await;
    check_court_verb(
        &lent,
        &[HACKNEY, OPERATOR, INSPECTOR],
        async |who, enquiry, person| {
            let request = supply(&format!("{enquiry}/1"), person);
            lent.kit.court(who).supply(request).await.map(drop)
        },
    )
    .await;
    lent.kit
        .court(MANAGER)
        .supply(supply(&lent.check, person("Mia")))
        .await
        .unwrap();
}
