//! Cases on a court's list, over the wire: registered, read, covered by enquiries, and their alerts.

use super::*;

/// The court's own name of the case of most tests.
pub(super) const CASE: &str = "01AB1234526/1";

/// Sam's case: an oral report at 14:00 today, and children.
pub(super) fn row(name: &str) -> v1::CaseRow {
    v1::CaseRow {
        line: 2,
        case_name: name.into(),
        hearing: heard("2026-11-23T14:00"),
        stage: v1::Purpose::CourtReport.into(),
        report: v1::ReportType::Oral.into(),
        indicators: vec![v1::Indicator::LivesWithChildren.into()],
        personal: enquiry(&[IN_HACKNEY]).personal,
        ..v1::CaseRow::default()
    }
}

pub(super) fn heard(local: &str) -> Option<v1::Hearing> {
    match hearing(COURT, local)?.kind? {
        v1::deadline::Kind::Hearing(hearing) => Some(hearing),
        v1::deadline::Kind::ReplyBy(_) => None,
    }
}

/// Sends a list of one message each, and gathers what became of the rows.
pub(super) async fn import(
    kit: &Kit,
    who: &str,
    messages: Vec<v1::RegisterCasesRequest>,
) -> Result<Vec<v1::CaseOutcome>, Status> {
    let sent = futures_util::stream::iter(messages);
    let mut answers = kit.court(who).register_cases(sent).await?.into_inner();
    let mut outcomes = Vec::new();
    while let Some(answer) = answers.message().await? {
        outcomes.extend(answer.outcomes);
    }
    Ok(outcomes)
}

pub(super) fn list(rows: Vec<v1::CaseRow>) -> v1::RegisterCasesRequest {
    v1::RegisterCasesRequest {
        person: person("Olive Officer"),
        rows,
        complete_days: Vec::new(),
    }
}

/// Registers `row` as the court's officer; its id.
pub(super) async fn register(kit: &Kit, row: v1::CaseRow) -> String {
    let mut outcomes = import(kit, OFFICER, vec![list(vec![row])]).await.unwrap();
    let outcome = outcomes.pop().unwrap();
    assert_eq!(outcome.faults, []);
    outcome.case_id
}

pub(super) async fn case(kit: &Kit, case_id: &str) -> v1::Case {
    let request = v1::GetCaseRequest {
        case_id: case_id.into(),
        case_name: String::new(),
    };
    let got = kit.court(OFFICER).get_case(request).await.unwrap();
    got.into_inner().case.unwrap()
}

/// The states of what a case needs, in order.
pub(super) fn states(case: &v1::Case) -> Vec<v1::RequirementState> {
    case.requirements
        .iter()
        .map(v1::Requirement::state)
        .collect()
}

/// What happened to a case, in a word each.
pub(super) async fn history(kit: &Kit, case_id: &str) -> Vec<String> {
    let request = v1::CaseHistoryRequest {
        case_id: case_id.into(),
        ..v1::CaseHistoryRequest::default()
    };
    let page = kit.court(OFFICER).case_history(request).await.unwrap();
    let events = page.into_inner().events.into_iter();
    events.map(|event| event.kind).collect()
}

/// What holds of every act of a court's people on a case.
pub(super) async fn check_case_verb(
    kit: &Kit,
    case_id: &str,
    denied: &[&'static str],
    call: impl AsyncFn(&'static str, String, Option<v1::Person>) -> Result<(), Status>,
) {
    let before = kit.store_end().await;
    let named = || person("Mia Manager");
    let id = || case_id.to_owned();
    check_roles(denied, async |who| call(who, id(), named()).await).await;
    let nothing = call(STRANGER, NO_ENQUIRY.into(), named()).await;
    same_as_nothing(call(STRANGER, id(), named()).await, nothing);
    check_fields(call(OFFICER, id(), None).await, &["person"]);
    check_fields(call(OFFICER, "no id".into(), named()).await, &["case_id"]);
    assert_eq!(kit.store_end().await, before, "a refusal changed something");
}

/// An enquiry about `case_id`, for the same hearing.
fn about(case_id: &str) -> v1::SubmitRequest {
    v1::SubmitRequest {
        case_id: case_id.into(),
        ..enquiry(&[IN_HACKNEY])
    }
}

#[tokio::test]
async fn an_enquiry_about_a_case_covers_what_it_needs_until_it_is_taken_back() {
    use v1::RequirementState::{Met, Needed};
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    assert_eq!(states(&case(&kit, &case_id).await), [Needed]);
    let request = about(&case_id);
    let tried = v1::SubmitRequest {
        validate_only: true,
        ..request.clone()
    };
    assert_eq!(kit.submit(tried).await.warnings, []);
    assert_eq!(states(&case(&kit, &case_id).await), [Needed]);
    let enquiry_id = kit.submit(request.clone()).await.enquiry_id;
    assert_eq!(kit.submit(request).await.enquiry_id, enquiry_id);
    let covered = case(&kit, &case_id).await;
    assert_eq!(states(&covered), [Met]);
    assert_eq!(
        covered.requirements[0].enquiry_ids,
        vec![enquiry_id.clone()]
    );
    assert!(!covered.open);
    assert_eq!(kit.get(&enquiry_id).await.case_id, case_id);
    let second = kit.submit(about(&case_id)).await;
    assert_eq!(
        case(&kit, &case_id).await.requirements[0].enquiry_ids.len(),
        2
    );
    for enquiry_id in [enquiry_id, second.enquiry_id] {
        let withdraw = v1::WithdrawRequest {
            request_id: fresh(),
            person: person("Olive Officer"),
            enquiry_id,
            note: "Submitted twice".into(),
        };
        kit.court(OFFICER).withdraw(withdraw).await.unwrap();
    }
    assert_eq!(states(&case(&kit, &case_id).await), [Needed]);
    let told = history(&kit, &case_id).await;
    let expected = [
        "registered",
        "stage_entered",
        "needed",
        "covered",
        "covered",
        "uncovered",
        "uncovered",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn each_kind_that_is_asked_covers_what_is_needed_of_it() {
    use v1::RequirementState::{Met, Needed};
    use v1::ResponderKind::{ChildrenSocialCare, PoliceDomesticAbuse};
    let kit = Kit::start().await;
    let abuse = v1::CaseRow {
        indicators: vec![v1::Indicator::DomesticAbuse.into()],
        ..row(CASE)
    };
    let case_id = register(&kit, abuse).await;
    let of = async || {
        let case = case(&kit, &case_id).await;
        let of = case.requirements.iter();
        of.map(|one| (one.responder_kind(), one.state()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of().await,
        [(ChildrenSocialCare, Needed), (PoliceDomesticAbuse, Needed)]
    );
    let police = v1::SubmitRequest {
        responder_kinds: vec![PoliceDomesticAbuse.into()],
        ..about(&case_id)
    };
    kit.submit(police).await;
    assert_eq!(
        of().await,
        [(ChildrenSocialCare, Needed), (PoliceDomesticAbuse, Met)]
    );
    kit.submit(about(&case_id)).await;
    assert_eq!(
        of().await,
        [(ChildrenSocialCare, Met), (PoliceDomesticAbuse, Met)]
    );
}

#[tokio::test]
async fn an_enquiry_about_somebody_else_or_nobodys_case_is_refused() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let before = kit.store_end().await;
    let mut other = about(&case_id);
    let subject = other.personal.as_mut().unwrap().subject.as_mut().unwrap();
    subject.name.as_mut().unwrap().family = "Somebody".into();
    check_fields(kit.court(OFFICER).submit(other).await, &["case_id"]);
    let nowhere = kit.court(OFFICER).submit(about(NO_ENQUIRY)).await;
    let nowhere = check_refused(nowhere, Code::NotFound, "NOT_FOUND");
    let strange = v1::SubmitRequest {
        deadline: hearing(OTHER_COURT, "2026-11-23T14:00"),
        ..about(&case_id)
    };
    let strange = kit.court(STRANGER).submit(strange).await.unwrap_err();
    assert_eq!(strange.message(), nowhere.message());
    check_fields(
        kit.court(OFFICER).submit(about("no id")).await,
        &["case_id"],
    );
    assert_eq!(kit.store_end().await, before, "a refusal changed something");
}

#[tokio::test]
async fn an_enquiry_that_covers_nothing_says_so() {
    let kit = Kit::start().await;
    let none_needed = v1::CaseRow {
        indicators: Vec::new(),
        ..row(CASE)
    };
    let case_id = register(&kit, none_needed).await;
    let receipt = kit.submit(about(&case_id)).await;
    let codes: Vec<_> = receipt.warnings.iter().map(v1::Warning::code).collect();
    assert_eq!(codes, [v1::WarningCode::CoversNothing]);
}

#[tokio::test]
async fn a_check_that_nobody_asked_for_is_an_alert_until_it_is() {
    let kit = Kit::start().await;
    let mut alerts = watch_alerts(&kit, OPERATOR).await;
    let case_id = register(&kit, row(CASE)).await;
    kit.move_to("2026-11-23T11:00").await;
    let raised = alerts.next().await;
    let listed = kit.alerts().await;
    let first = listed.first().unwrap();
    assert_eq!((&first.case_id, first.requirement_number), (&case_id, 1));
    assert_eq!(raised.case_id, case_id);
    assert_eq!(first.needed_of(), v1::ResponderKind::ChildrenSocialCare);
    assert_eq!((first.cause.as_str(), first.check_id.as_str()), ("ask", ""));
    let counted = v1::CountAlertsRequest::default();
    let counted = kit.operations(OPERATOR).count_alerts(counted).await;
    let counts = counted.unwrap().into_inner().counts;
    let count = counts.iter().find(|count| count.cause == "ask").unwrap();
    assert_eq!(count.needed_of(), v1::ResponderKind::ChildrenSocialCare);
    assert_eq!(count.first_alert_id, first.id);
    let acknowledge = v1::AcknowledgeRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        alert_id: first.id.clone(),
        note: "I ring the court".into(),
    };
    let taken = kit.operations(OPERATOR).acknowledge(acknowledge).await;
    let taken = taken.unwrap().into_inner().alert.unwrap();
    assert_eq!(taken.state(), v1::AlertState::Acknowledged);
    assert_eq!(taken.acknowledgement_note, "", "lists hold no notes");
    let shown = case(&kit, &case_id).await;
    assert_eq!(shown.alerts[0].acknowledgement_note, "I ring the court");
    kit.submit(about(&case_id)).await;
    let open = v1::ListAlertsRequest::default();
    let open = kit.operations(OPERATOR).list_alerts(open).await.unwrap();
    let left = open.into_inner().alerts;
    assert!(
        left.iter().all(|alert| alert.case_id.is_empty()),
        "{left:?}"
    );
}

#[tokio::test]
async fn alerts_of_checks_and_of_cases_are_paged_without_gap_or_repeat() {
    let kit = Kit::start().await;
    let names = ["a/1", "b/1", "c/1", "d/1", "e/1"];
    for name in names {
        register(&kit, row(name)).await;
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    kit.move_to("2026-11-23T10:45").await;
    let mut by_size = Vec::new();
    for page_size in [1, 2, 3, 100] {
        let (mut ids, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListAlertsRequest {
                page_size,
                page_token,
                ..v1::ListAlertsRequest::default()
            };
            let page = kit.operations(OPERATOR).list_alerts(request).await;
            let page = page.unwrap().into_inner();
            ids.extend(
                page.alerts
                    .into_iter()
                    .map(|alert| (alert.case_id, alert.id)),
            );
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        by_size.push(ids);
    }
    let all = by_size.pop().unwrap();
    let of_cases = all.iter().filter(|(case_id, _)| !case_id.is_empty());
    assert_eq!(of_cases.count(), names.len());
    assert!(all.len() > names.len());
    for ids in by_size {
        assert_eq!(ids, all);
    }
}

#[tokio::test]
async fn cases_are_listed_by_what_they_need_and_only_to_their_court() {
    let kit = Kit::start().await;
    let needing = register(&kit, row(CASE)).await;
    let later = v1::CaseRow {
        hearing: heard("2026-11-24T10:00"),
        ..row("later/1")
    };
    let later = register(&kit, later).await;
    let nothing = v1::CaseRow {
        indicators: Vec::new(),
        ..row("nothing/1")
    };
    let nothing = register(&kit, nothing).await;
    let ids = async |who: &str, open| {
        let request = v1::ListCasesRequest {
            open,
            ..v1::ListCasesRequest::default()
        };
        let page = kit
            .court(who)
            .list_cases(request)
            .await
            .unwrap()
            .into_inner();
        page.cases
            .into_iter()
            .map(|case| case.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(COLLEAGUE, None).await,
        [needing.clone(), later.clone(), nothing.clone()]
    );
    assert_eq!(ids(OPERATOR, Some(true)).await, [needing.clone(), later]);
    assert_eq!(ids(MANAGER, Some(false)).await, [nothing]);
    assert_eq!(ids(STRANGER, None).await, [""; 0]);
    let reference = case(&kit, &needing).await.reference;
    let request = v1::ListCasesRequest {
        reference,
        ..v1::ListCasesRequest::default()
    };
    let found = kit.court(OFFICER).list_cases(request).await.unwrap();
    assert_eq!(found.into_inner().cases[0].id, needing);
    let by_name = v1::GetCaseRequest {
        case_id: String::new(),
        case_name: format!(" {} ", CASE.to_lowercase()),
    };
    let found = kit.court(OFFICER).get_case(by_name.clone()).await.unwrap();
    assert_eq!(found.into_inner().case.unwrap().id, needing);
    let unnamed = v1::GetCaseRequest::default();
    check_fields(kit.court(OFFICER).get_case(unnamed).await, &["case_id"]);
    let strange = kit.court(STRANGER).get_case(by_name).await;
    check_refused(strange, Code::NotFound, "NOT_FOUND");
    let adapter = v1::ListCasesRequest::default();
    let adapter = kit.court(HACKNEY).list_cases(adapter).await;
    check_refused(adapter, Code::PermissionDenied, "NOT_PERMITTED");
}

/// A watch of alerts, past its snapshot.
struct Alerts(tonic::Streaming<v1::WatchAlertsResponse>);

async fn watch_alerts(kit: &Kit, who: &str) -> Alerts {
    use v1::watch_alerts_response::Payload;
    let request = v1::WatchAlertsRequest::default();
    let mut stream = kit
        .operations(who)
        .watch_alerts(request)
        .await
        .unwrap()
        .into_inner();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        if matches!(message.payload, Some(Payload::SnapshotEnd(_))) {
            return Alerts(stream);
        }
    }
}

impl Alerts {
    async fn next(&mut self) -> v1::Alert {
        use v1::watch_alerts_response::Payload;
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.message()).await;
            let message = message.unwrap().unwrap().unwrap();
            if let Some(Payload::Change(change)) = message.payload {
                return change.alert.unwrap();
            }
        }
    }
}
