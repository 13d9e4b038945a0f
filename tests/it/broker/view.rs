//! Who was shown what is in the feed before it is shown; it stands in histories, changes nothing, and is nobody's news.

use crate::support::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use usher::broker::{Broker, BrokerError, Viewed};
use usher::store::{Cursor, Record, Store as _, StoreError};
use usher_domain::actor::{Actor, Courts, Person, Role};
use usher_domain::code::{ClientId, CourtCode, ResponderId};
use usher_domain::id::{CaseId, CheckId, EnquiryId, RecordId};
use usher_domain::limits;
use usher_domain::rejection::Rejection;
use usher_proto::v1;

fn actor(role: Role, courts: Courts, responder: Option<&str>) -> Actor {
    let person = Person {
        name: "Vic Viewer".into(),
        ..Person::default()
    };
    Actor {
        role,
        client: ClientId::parse("spiffe://usher.example/console").unwrap(),
        courts,
        responders: responder
            .iter()
            .map(|id| ResponderId::parse(id).unwrap())
            .collect(),
        person: Some(person),
    }
}

fn only(court: &str) -> Courts {
    Courts::Only(vec![CourtCode::parse(court).unwrap()])
}

fn officer() -> Actor {
    actor(Role::Officer, only(COURT), None)
}

fn stranger() -> Actor {
    actor(Role::Officer, only(OTHER_COURT), None)
}

fn desk(responder: &str) -> Actor {
    actor(Role::Adapter, Courts::Only(Vec::new()), Some(responder))
}

async fn submitted(kit: &Kit) -> EnquiryId {
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    receipt.enquiry_id.parse().unwrap()
}

/// Registers so many cases; their ids.
async fn cases(kit: &Kit, count: u32) -> Vec<CaseId> {
    let v1::deadline::Kind::Hearing(heard) = hearing(COURT, "2026-11-24T10:00")
        .and_then(|deadline| deadline.kind)
        .unwrap()
    else {
        panic!("it is a hearing");
    };
    let row = |line: u32| v1::CaseRow {
        line,
        case_name: format!("01AB{line:07}/1"),
        hearing: Some(heard.clone()),
        stage: v1::Purpose::CourtReport.into(),
        report: v1::ReportType::Fast.into(),
        personal: enquiry(&[IN_HACKNEY]).personal,
        ..v1::CaseRow::default()
    };
    let mut ids = Vec::new();
    let lines: Vec<u32> = (2..count + 2).collect();
    for lines in lines.chunks(limits::BATCH_CHANGES_MAX) {
        let list = v1::RegisterCasesRequest {
            person: person("Olive Officer"),
            rows: lines.iter().map(|line| row(*line)).collect(),
            complete_days: Vec::new(),
        };
        let sent = futures_util::stream::iter([list]);
        let answers = kit.court(OFFICER).register_cases(sent).await.unwrap();
        let told = answers.into_inner().message().await.unwrap().unwrap();
        ids.extend(told.outcomes.iter().map(|outcome| {
            assert_eq!(outcome.faults, []);
            outcome.case_id.parse::<CaseId>().unwrap()
        }));
    }
    ids
}

fn hidden<T>(outcome: Result<T, BrokerError>) -> &'static str {
    match outcome {
        Err(BrokerError::Rejected(Rejection::NotFound { what })) => what,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was shown"),
    }
}

fn is_unavailable<T>(outcome: &Result<T, BrokerError>) -> bool {
    matches!(
        outcome,
        Err(BrokerError::Store(StoreError::Unavailable { .. }))
    )
}

/// The last thing in the history, and who did it.
async fn last(kit: &Kit, id: EnquiryId) -> (v1::EventType, String, v1::Event) {
    let event = kit.history(&id.to_string()).await.pop().unwrap();
    let by = event.by.clone().unwrap().person.unwrap_or_default().name;
    (event.r#type(), by, event)
}

#[tokio::test]
async fn it_is_on_record_before_it_is_shown_and_nothing_else_changes() {
    let (kit, gate) = super::gated().await;
    let id = submitted(&kit).await;
    let before = kit.store().load(id.into()).await.unwrap().unwrap();
    gate.set_open(false);
    let broker: Arc<Broker> = kit.broker();
    let showing = tokio::spawn(async move { broker.view(id, &officer()).await });
    until("the commit is held", || gate.held() == 1).await;
    assert!(!showing.is_finished(), "it was shown before it was kept");
    assert_eq!(last(&kit, id).await.0, v1::EventType::Opened);
    gate.set_open(true);
    let shown = showing.await.unwrap().unwrap();
    assert!(shown.personal.is_some());
    let (kind, by, event) = last(&kit, id).await;
    assert_eq!((kind, by), (v1::EventType::Viewed, "Vic Viewer".to_owned()));
    assert_eq!(event.check_id, "");
    let after = kit.store().load(id.into()).await.unwrap().unwrap();
    assert_eq!(after.record, before.record);
    assert!(after.revision > before.revision && after.revision == shown.revision);
    assert_eq!(after.record, Record::Enquiry(shown.enquiry));
}

#[tokio::test]
async fn what_cannot_be_put_on_record_is_not_shown() {
    let (kit, gate) = super::gated().await;
    let id = submitted(&kit).await;
    let case = cases(&kit, 1).await[0];
    gate.fail();
    let broker = kit.broker();
    assert!(is_unavailable(&broker.view(id, &officer()).await));
    assert!(is_unavailable(&broker.view_case(case, &officer()).await));
    let check = CheckId {
        enquiry: id,
        number: 1,
    };
    let desk = desk("hackney");
    assert!(is_unavailable(&broker.view_check(check, &desk).await));
    let all = [Viewed::Record(id.into()), Viewed::Record(case.into())];
    assert!(is_unavailable(&broker.view_all(&all, &officer()).await));
    assert_eq!(last(&kit, id).await.0, v1::EventType::Opened);
}

#[tokio::test]
async fn a_borough_is_shown_its_check_and_the_history_says_which() {
    let kit = Kit::start().await;
    let id = submitted(&kit).await;
    let check = CheckId {
        enquiry: id,
        number: 1,
    };
    let broker = kit.broker();
    let shown = broker.view_check(check, &desk("hackney")).await.unwrap();
    assert_eq!(shown.enquiry.id, id);
    let (kind, _, event) = last(&kit, id).await;
    assert_eq!(
        (kind, event.check_id),
        (v1::EventType::Viewed, check.to_string())
    );
    assert_eq!(event.by.unwrap().role(), v1::Role::Adapter);
    assert_eq!(hidden(broker.view(id, &desk("hackney")).await), "enquiry");
    let camden = desk("camden");
    assert_eq!(hidden(broker.view_check(check, &camden).await), "check");
    let all = [Viewed::Check(check)];
    assert_eq!(hidden(broker.view_all(&all, &camden).await), "enquiry");
    broker.view_all(&all, &desk("hackney")).await.unwrap();
    // An officer who is shown one check is shown the enquiry.
    broker.view_check(check, &officer()).await.unwrap();
    assert_eq!(last(&kit, id).await.2.check_id, "");
    let nobody = Actor {
        person: None,
        ..officer()
    };
    let nameless = broker.view(id, &nobody).await;
    assert!(matches!(
        nameless,
        Err(BrokerError::Rejected(Rejection::PersonRequired))
    ));
    assert_eq!(kit.history(&id.to_string()).await.len(), 5);
}

#[tokio::test]
async fn candidates_are_opened_for_the_borough_alone() {
    let kit = Kit::start().await;
    let enquiry = submitted(&kit).await;
    let check = CheckId { enquiry, number: 1 };
    let release = v1::ReleaseRequest {
        request_id: fresh(),
        check_id: check.to_string(),
        lease_id: kit.lease(HACKNEY).await.lease_id,
        for_people: v1::PeopleReason::PossibleMatch.into(),
        candidates: vec![perhaps("P-4711")],
        ..v1::ReleaseRequest::default()
    };
    kit.adapter(HACKNEY).release(release).await.unwrap();
    let broker = kit.broker();
    let hackney = desk("hackney");
    for (who, count) in [(&hackney, 1), (&officer(), 0)] {
        let got = broker.get_check(check, who).await.unwrap();
        let shown = broker.view_check(check, who).await.unwrap();
        assert_eq!(
            (got.candidates.len(), shown.candidates.len()),
            (count, count)
        );
    }
    assert!(
        broker
            .view(enquiry, &officer())
            .await
            .unwrap()
            .candidates
            .is_empty()
    );
}

#[tokio::test]
async fn no_watch_tells_of_it_and_nobody_is_woken() {
    let (kit, _gate) = super::gated().await;
    let mut watch = super::watch(&kit).await;
    let id = submitted(&kit).await;
    let broker = kit.broker();
    let feed = broker.announcer().feed();
    let told = *feed.borrow();
    broker.view(id, &officer()).await.unwrap();
    assert_eq!(*feed.borrow(), told);
    let withdraw = v1::WithdrawRequest {
        request_id: fresh(),
        enquiry_id: id.to_string(),
        person: person("Olive Officer"),
        note: "Sent twice".into(),
    };
    kit.court(OFFICER).withdraw(withdraw).await.unwrap();
    let mut kinds = Vec::new();
    while kinds.last() != Some(&v1::EventType::Withdrawn) {
        let next = timeout(PATIENCE, watch.next()).await.expect("it is told");
        if let v1::watch_response::Payload::Event(event) = next.unwrap().unwrap().payload.unwrap() {
            kinds.push(event.r#type());
        }
    }
    assert!(!kinds.contains(&v1::EventType::Viewed), "{kinds:?}");
    let history = kit.history(&id.to_string()).await;
    let viewed = |event: &v1::Event| event.r#type() == v1::EventType::Viewed;
    assert_eq!(history.iter().filter(|event| viewed(event)).count(), 1);
}

#[tokio::test]
async fn a_page_is_one_entry_of_the_feed_and_all_of_it_or_none() {
    let kit = Kit::start().await;
    let mut page = vec![
        Viewed::Record(submitted(&kit).await.into()),
        Viewed::Record(submitted(&kit).await.into()),
    ];
    let some = cases(&kit, 2).await;
    page.extend(some.iter().map(|id| Viewed::Record((*id).into())));
    // A page that lists alerts shows a record twice.
    page.push(page[0]);
    let broker = kit.broker();
    let before = kit.store_end().await;
    assert_eq!(hidden(broker.view_all(&page, &stranger()).await), "enquiry");
    let nothing = Viewed::Record(RecordId::from_uuid(uuid::Uuid::nil()));
    let with_nothing = [page.as_slice(), &[nothing]].concat();
    assert_eq!(
        hidden(broker.view_all(&with_nothing, &officer()).await),
        "record"
    );
    broker.view_all(&[], &officer()).await.unwrap();
    assert_eq!(kit.store_end().await, before);
    broker.view_all(&page, &officer()).await.unwrap();
    assert_eq!(kit.store_end().await, before + 1);
    for one in &page {
        let Viewed::Record(id) = one else { continue };
        let history = kit.store().history(*id, Cursor::default(), 99).await;
        let history = history.unwrap();
        let viewed = |name: &&str| *name == "viewed";
        let names = history.iter().map(|recorded| recorded.event.kind.name());
        assert_eq!(names.filter(viewed).count(), 1);
    }
}

#[tokio::test]
async fn a_long_page_is_on_record_to_its_end() {
    let kit = Kit::start().await;
    let count = u32::try_from(limits::BATCH_CHANGES_MAX).unwrap() + 2;
    let all = cases(&kit, count).await;
    let page: Vec<Viewed> = all.iter().map(|id| Viewed::Record((*id).into())).collect();
    let before = kit.store_end().await;
    let broker = kit.broker();
    // Somebody whose name and post leave room for few in one entry.
    let mut long = officer();
    long.person = long.person.map(|person| Person {
        post: "å".repeat(limits::LINE_CHARS_MAX),
        contact: "å".repeat(limits::LINE_CHARS_MAX),
        ..person
    });
    broker.view_all(&page, &officer()).await.unwrap();
    assert_eq!(kit.store_end().await, before + 2);
    broker.view_all(&page, &long).await.unwrap();
    for id in &all {
        let shown = broker.get_case(*id, &officer()).await.unwrap();
        assert_eq!(shown.revision.get(), 3);
    }
    let too_long = vec![page[0]; limits::PAGE_SIZE_MAX + 1];
    assert!(matches!(
        broker.view_all(&too_long, &officer()).await,
        Err(BrokerError::Rejected(Rejection::TooMany { .. }))
    ));
}

#[tokio::test]
async fn a_page_whose_records_change_meanwhile_is_recorded_all_the_same() {
    let (kit, gate) = super::gated().await;
    let (one, other) = (submitted(&kit).await, submitted(&kit).await);
    gate.set_open(false);
    let pages = [(); 2].map(|()| {
        let broker = kit.broker();
        let page = [Viewed::Record(one.into()), Viewed::Record(other.into())];
        tokio::spawn(async move { broker.view_all(&page, &officer()).await })
    });
    until("both commits are held", || gate.held() == 2).await;
    gate.set_open(true);
    for page in pages {
        page.await.unwrap().unwrap();
    }
    for id in [one, other] {
        let history = kit.history(&id.to_string()).await;
        let viewed = history
            .iter()
            .filter(|event| event.r#type() == v1::EventType::Viewed);
        assert_eq!(viewed.count(), 2);
    }
}

#[tokio::test]
async fn a_case_says_who_was_shown_it() {
    let kit = Kit::start().await;
    let case = cases(&kit, 1).await[0];
    let before = kit.store().load(case.into()).await.unwrap().unwrap();
    let broker = kit.broker();
    let shown = broker.view_case(case, &officer()).await.unwrap();
    assert!(shown.personal.is_some());
    let after = kit.store().load(case.into()).await.unwrap().unwrap();
    assert_eq!(after.record, before.record);
    let request = v1::CaseHistoryRequest {
        case_id: case.to_string(),
        ..v1::CaseHistoryRequest::default()
    };
    let told = kit.court(OFFICER).case_history(request).await.unwrap();
    let event = told.into_inner().events.pop().unwrap();
    assert_eq!(event.kind, "viewed");
    assert_eq!(event.by.unwrap().person.unwrap().name, "Vic Viewer");
    assert_eq!(hidden(broker.view_case(case, &stranger()).await), "case");
    let check = Viewed::Check(CheckId {
        enquiry: EnquiryId::from_uuid(case.uuid()),
        number: 1,
    });
    assert_eq!(hidden(broker.view_all(&[check], &officer()).await), "check");
}

#[tokio::test]
async fn a_list_that_is_loaded_again_is_the_same_viewing() {
    let kit = Kit::start().await;
    let id = submitted(&kit).await;
    let page = [Viewed::Record(id.into())];
    let broker = kit.broker();
    let views = async || {
        let history = kit.history(&id.to_string()).await;
        let viewed = |event: &&v1::Event| event.r#type() == v1::EventType::Viewed;
        history.iter().filter(viewed).count()
    };
    broker.view_all(&page, &officer()).await.unwrap();
    broker.view_all(&page, &officer()).await.unwrap();
    assert_eq!(views().await, 1);
    // Who opens it is on record each time.
    broker.view(id, &officer()).await.unwrap();
    assert_eq!(views().await, 2);
    let somebody_else = Actor {
        person: Some(Person {
            name: "Otto Officer".into(),
            ..Person::default()
        }),
        ..officer()
    };
    broker.view_all(&page, &somebody_else).await.unwrap();
    assert_eq!(views().await, 3);
    let lasts = limits::VIEWING_SECONDS.unsigned_abs();
    kit.clock.forward(Duration::from_secs(lasts));
    broker.view_all(&page, &officer()).await.unwrap();
    assert_eq!(views().await, 4);
}
