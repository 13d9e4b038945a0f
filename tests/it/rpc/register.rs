//! Registering: a court's list comes in as a stream, and what it says anew changes cases.

use super::cases::*;
use super::*;
use v1::RegisterOutcome::{Changed, Refused, Registered, TakenOff, Unchanged};
use v1::ResponderKind::{ChildrenSocialCare, PoliceDomesticAbuse};

fn outcomes(outcomes: &[v1::CaseOutcome]) -> Vec<(u32, v1::RegisterOutcome)> {
    let told = outcomes.iter();
    told.map(|outcome| (outcome.line, outcome.outcome()))
        .collect()
}

#[tokio::test]
async fn a_list_that_comes_again_changes_nothing() {
    let kit = Kit::start().await;
    let rows = (1..=300).map(|line| v1::CaseRow {
        line,
        ..row(&format!("case/{line}"))
    });
    let rows: Vec<v1::CaseRow> = rows.collect();
    let messages: Vec<_> = rows.chunks(100).map(|rows| list(rows.to_vec())).collect();
    let first = import(&kit, OFFICER, messages.clone()).await.unwrap();
    assert_eq!(first.len(), 300);
    assert!(first.iter().all(|outcome| outcome.outcome() == Registered));
    let lines: Vec<u32> = first.iter().map(|outcome| outcome.line).collect();
    assert_eq!(lines, (1..=300).collect::<Vec<_>>());
    let end = kit.store_end().await;
    let again = import(&kit, OFFICER, messages).await.unwrap();
    assert!(again.iter().all(|outcome| outcome.outcome() == Unchanged));
    assert_eq!(kit.store_end().await, end, "a repeat changed something");
    let shown = case(&kit, &first[0].case_id).await;
    assert_eq!(shown.name, "case/1");
    assert_eq!(shown.registered_by.unwrap().person, person("Olive Officer"));
    assert_eq!(
        shown.personal,
        row("case/1").personal.map(|personal| v1::Personal {
            marking: shown.personal.as_ref().unwrap().marking,
            basis: shown.personal.as_ref().unwrap().basis.clone(),
            ..personal
        })
    );
}

#[tokio::test]
async fn what_the_list_says_anew_is_a_change_with_its_history() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let moved = v1::CaseRow {
        hearing: heard("2026-11-24T10:00"),
        ..row(CASE)
    };
    let silent = import(&kit, OFFICER, vec![list(vec![moved.clone()])])
        .await
        .unwrap();
    assert_eq!(silent[0].outcome(), Refused);
    assert_eq!(silent[0].faults[0].field, "move_reason");
    let why = v1::CaseRow {
        move_reason: "List of 24 November".into(),
        indicators: vec![
            v1::Indicator::LivesWithChildren.into(),
            v1::Indicator::DomesticAbuse.into(),
        ],
        holder: person("Pat Practitioner"),
        ..moved
    };
    let told = import(&kit, OFFICER, vec![list(vec![why])]).await.unwrap();
    assert_eq!(outcomes(&told), [(2, Changed)]);
    let shown = case(&kit, &case_id).await;
    assert_eq!(shown.hearing.unwrap().local_time, "2026-11-24T10:00");
    assert_eq!(shown.moves[0].reason, "List of 24 November");
    assert_eq!(shown.holder, person("Pat Practitioner"));
    let kinds: Vec<_> = shown
        .requirements
        .iter()
        .map(v1::Requirement::responder_kind)
        .collect();
    assert_eq!(
        kinds,
        [ChildrenSocialCare, ChildrenSocialCare, PoliceDomesticAbuse]
    );
}

/// Submits an enquiry about `case_id`, changed by `shape`; its id.
async fn ask(
    kit: &Kit,
    case_id: &str,
    shape: impl FnOnce(v1::SubmitRequest) -> v1::SubmitRequest,
) -> String {
    let request = v1::SubmitRequest {
        case_id: case_id.into(),
        ..enquiry(&[IN_HACKNEY])
    };
    kit.submit(shape(request)).await.enquiry_id
}

async fn heard_at(kit: &Kit, enquiry_id: &str) -> String {
    match kit.get(enquiry_id).await.deadline.unwrap().kind {
        Some(v1::deadline::Kind::Hearing(hearing)) => hearing.local_time,
        kind => panic!("no hearing: {kind:?}"),
    }
}

fn moved(name: &str, local: &str) -> v1::CaseRow {
    v1::CaseRow {
        hearing: heard(local),
        move_reason: "List of 24 November".into(),
        ..row(name)
    }
}

#[tokio::test]
async fn a_list_moves_a_case_with_its_open_enquiries() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let same = ask(&kit, &case_id, |request| request).await;
    let closed = ask(&kit, &case_id, |request| request).await;
    let other = ask(&kit, &case_id, |request| v1::SubmitRequest {
        deadline: hearing(COURT, "2026-11-25T10:00"),
        ..request
    })
    .await;
    let close = v1::CloseRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        check_id: format!("{closed}/1"),
        reason: v1::CloseReason::AnsweredElsewhere.into(),
        note: String::new(),
    };
    kit.operations(OPERATOR).close(close).await.unwrap();
    let to = v1::CaseRow {
        holder: person("Pat Practitioner"),
        ..moved(CASE, "2026-11-24T10:00")
    };
    register(&kit, to).await;
    assert_eq!(heard_at(&kit, &same).await, "2026-11-24T10:00");
    assert_eq!(heard_at(&kit, &closed).await, "2026-11-23T14:00");
    assert_eq!(heard_at(&kit, &other).await, "2026-11-25T10:00");
    let gone = kit.get(&same).await;
    assert_eq!(gone.moves[0].reason, "List of 24 November");
    let held = async |id: &str| kit.get(id).await.holder.and_then(|holder| holder.person);
    assert_eq!(held(&same).await, person("Pat Practitioner"));
    assert_eq!(held(&other).await, person("Pat Practitioner"));
    let end = kit.store_end().await;
    register(&kit, moved(CASE, "2026-11-24T10:00")).await;
    assert_eq!(kit.store_end().await, end, "a repeat changed something");
}

#[tokio::test]
async fn a_list_takes_back_no_sentence_and_moves_no_report_to_a_review() {
    let kit = Kit::start().await;
    let sentenced = register(&kit, row(CASE)).await;
    let reviewed = register(&kit, row("reviewed/1")).await;
    let (first, second, unsaid) = (
        ask(&kit, &sentenced, |request| request).await,
        ask(&kit, &reviewed, |request| request).await,
        ask(&kit, &sentenced, |request| request).await,
    );
    kit.move_to("2026-11-23T14:30").await;
    let record = async |outcome: v1::SentenceOutcome| {
        let sentence = v1::RecordSentenceRequest {
            request_id: fresh(),
            person: person("Olive Officer"),
            enquiry_id: first.clone(),
            outcome: outcome.into(),
            sentence_date: "2026-11-23".into(),
        };
        kit.court(OFFICER).record_sentence(sentence).await.unwrap();
    };
    record(v1::SentenceOutcome::CommunityOrder).await;
    register(&kit, moved(CASE, "2026-12-07T10:00")).await;
    let review = v1::CaseRow {
        stage: v1::Purpose::Review.into(),
        ..moved("reviewed/1", "2026-12-07T10:00")
    };
    register(&kit, review).await;
    assert!(kit.get(&first).await.sentence.is_some());
    for asked_before in [&first, &second, &unsaid] {
        assert_eq!(heard_at(&kit, asked_before).await, "2026-11-23T14:00");
    }
    // It is before court again: to correct what was recorded does not say that it was sentenced again.
    record(v1::SentenceOutcome::Custody).await;
    let stages = case(&kit, &sentenced).await.stages;
    assert_eq!(stages.last().unwrap().purpose(), v1::Purpose::CourtReport);
}

#[tokio::test]
async fn rows_with_their_enquiries_take_as_many_commits_as_they_need() {
    let kit = Kit::start().await;
    let names: Vec<String> = (0..65).map(|place| format!("many/{place}")).collect();
    let rows = |row: fn(&str) -> v1::CaseRow| {
        let rows = names.iter().map(|name| row(name));
        vec![list(rows.collect())]
    };
    let listed = import(&kit, OFFICER, rows(row)).await.unwrap();
    let mut enquiries = Vec::new();
    for outcome in &listed {
        enquiries.push(ask(&kit, &outcome.case_id, |request| request).await);
    }
    let told = rows(|name| moved(name, "2026-11-24T10:00"));
    let told = import(&kit, OFFICER, told).await.unwrap();
    assert_eq!(told.len(), names.len());
    assert!(told.iter().all(|outcome| outcome.outcome() == Changed));
    for enquiry_id in enquiries {
        assert_eq!(heard_at(&kit, &enquiry_id).await, "2026-11-24T10:00");
    }
}

#[tokio::test]
async fn what_is_too_old_for_the_hearing_is_needed_again() {
    use v1::RequirementState::{Met, Needed};
    let mut kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    ask(&kit, &case_id, |request| request).await;
    register(&kit, moved(CASE, "2027-01-18T10:00")).await;
    let state = async |kit: &Kit| states(&case(kit, &case_id).await);
    // Twenty working days of the policy from a Monday on.
    kit.move_to("2026-12-21T09:00").await;
    register(&kit, moved(CASE, "2027-01-18T10:00")).await;
    assert_eq!(state(&kit).await, [Met]);
    kit.restart().await;
    kit.move_to("2026-12-22T12:00").await;
    register(&kit, moved(CASE, "2027-01-18T10:00")).await;
    assert_eq!(state(&kit).await, [Needed]);
    let told = history(&kit, &case_id).await;
    assert!(told.contains(&"uncovered".to_owned()), "{told:?}");
    ask(&kit, &case_id, |request| v1::SubmitRequest {
        deadline: hearing(COURT, "2027-01-18T10:00"),
        ..request
    })
    .await;
    assert_eq!(state(&kit).await, [Met]);
}

/// Good rows and bad ones, from line 2 on.
fn mixed() -> Vec<v1::CaseRow> {
    let subject = v1::Subject {
        crn: "X320741".into(),
        ..v1::Subject::default()
    };
    let mut rows = [
        "good", " ", "when", "date", "past", "codes", "nobody", "number", "good",
    ]
    .map(row);
    rows[2].hearing = None;
    rows[3].hearing = heard("2026-02-30T10:00");
    rows[4].hearing = heard("2026-11-20T10:00");
    (rows[5].indicators, rows[5].stage) = (vec![99], 0);
    rows[6].personal = None;
    rows[7].personal = Some(v1::Personal {
        subject: Some(subject),
        ..v1::Personal::default()
    });
    let numbered = (2..).zip(rows);
    numbered
        .map(|(line, row)| v1::CaseRow { line, ..row })
        .collect()
}

#[tokio::test]
async fn a_bad_row_is_refused_with_its_reason_and_the_rest_goes_on() {
    let kit = Kit::start().await;
    let rows = mixed();
    let told = import(&kit, OFFICER, vec![list(rows)]).await.unwrap();
    let expected = [
        (2, Registered),
        (3, Refused),
        (4, Refused),
        (5, Refused),
        (6, Refused),
        (7, Refused),
        (8, Registered),
        (9, Registered),
        (10, Unchanged),
    ];
    assert_eq!(outcomes(&told), expected);
    let fields = |place: usize| {
        let faults = told[place].faults.iter();
        faults.map(|fault| fault.field.clone()).collect::<Vec<_>>()
    };
    assert_eq!(fields(1), ["case_name"]);
    assert_eq!(fields(2), ["hearing"]);
    assert_eq!(fields(3), ["hearing.local_time"]);
    assert_eq!(fields(4), ["hearing"]);
    assert_eq!(fields(5), ["stage", "indicators[0]"]);
    assert_eq!(case(&kit, &told[6].case_id).await.personal, None);
}

#[tokio::test]
async fn what_a_complete_list_has_no_more_is_taken_off() {
    let kit = Kit::start().await;
    let kept = register(&kit, row("kept/1")).await;
    let gone = register(&kit, row("gone/1")).await;
    let other_day = v1::CaseRow {
        hearing: heard("2026-11-24T10:00"),
        ..row("tomorrow/1")
    };
    let other_day = register(&kit, other_day).await;
    let day = v1::CourtDay {
        court_code: COURT.into(),
        day: "2026-11-23".into(),
    };
    let complete = v1::RegisterCasesRequest {
        complete_days: vec![day.clone()],
        ..list(vec![row("kept/1")])
    };
    let told = import(&kit, OFFICER, vec![complete.clone()]).await.unwrap();
    assert_eq!(outcomes(&told), [(2, Unchanged), (0, TakenOff)]);
    assert_eq!(told[1].case_id, gone);
    for (id, off) in [(&kept, false), (&gone, true), (&other_day, false)] {
        assert_eq!(case(&kit, id).await.off_list_time.is_some(), off);
    }
    let left = case(&kit, &gone).await;
    assert!(left.open, "what it needs stays needed");
    let again = import(&kit, OFFICER, vec![complete]).await.unwrap();
    assert_eq!(outcomes(&again), [(2, Unchanged)]);
    register(&kit, row("gone/1")).await;
    assert_eq!(case(&kit, &gone).await.off_list_time, None);
    // What cannot be read may be what seems to be missing.
    let unread = v1::CaseRow {
        case_name: String::new(),
        ..row("gone/1")
    };
    let partly = v1::RegisterCasesRequest {
        complete_days: vec![day.clone()],
        ..list(vec![row("kept/1"), unread])
    };
    let told = import(&kit, OFFICER, vec![partly]).await.unwrap();
    assert_eq!(told.len(), 2, "nothing is taken off: {told:?}");
    assert_eq!(case(&kit, &gone).await.off_list_time, None);
    let told = history(&kit, &gone).await;
    assert_eq!(&told[3..], ["taken_off", "put_back"]);
    let strange = v1::RegisterCasesRequest {
        complete_days: vec![v1::CourtDay {
            court_code: OTHER_COURT.into(),
            ..day
        }],
        ..list(Vec::new())
    };
    let strange = import(&kit, OFFICER, vec![strange]).await;
    check_refused(strange, Code::PermissionDenied, "OTHER_COURT");
}

#[tokio::test]
async fn lists_are_brought_by_named_people_of_the_court() {
    let kit = Kit::start().await;
    let end = kit.store_end().await;
    let rows = || vec![list(vec![row(CASE)])];
    check_roles(&[HACKNEY, MANAGER, INSPECTOR], async |who| {
        import(&kit, who, rows()).await
    })
    .await;
    let unnamed = v1::RegisterCasesRequest {
        person: None,
        ..list(vec![row(CASE)])
    };
    check_fields(import(&kit, OFFICER, vec![unnamed]).await, &["person"]);
    let strange = import(&kit, STRANGER, rows()).await.unwrap();
    assert_eq!(strange[0].outcome(), Refused);
    assert_eq!(strange[0].faults[0].field, "hearing.court_code");
    let many = list(vec![row(CASE); 129]);
    check_fields(import(&kit, OFFICER, vec![many]).await, &["rows"]);
    assert_eq!(kit.store_end().await, end, "a refusal changed something");
    let second = v1::RegisterCasesRequest {
        person: None,
        ..list(vec![row("second/1")])
    };
    let first = list(vec![row(CASE)]);
    let told = import(&kit, OPERATOR, vec![first, second]).await.unwrap();
    assert_eq!(outcomes(&told), [(2, Registered), (2, Registered)]);
}

#[tokio::test]
async fn what_was_answered_survives_a_restart() {
    let mut kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let before = case(&kit, &case_id).await;
    kit.restart().await;
    assert_eq!(case(&kit, &case_id).await, before);
    let report = kit.verified().await;
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.cases.all, report.cases.needed), (1, 1));
}
