//! Reports: who may have them, of which courts, and that the figures are those of the store.

use super::*;
use crate::support::sample::{case, registered};
use usher::store::Store as _;
use usher_domain::case::{Case, RequirementState};
use usher_domain::code::{CourtCode, ResponderKind};
use v1::report_figure::Value;

fn request(kind: v1::ReportKind) -> v1::ReportRequest {
    v1::ReportRequest {
        kind: kind.into(),
        from_day: "2026-11-23".into(),
        to_day: "2026-11-23".into(),
        by: v1::ReportGrouping::Court.into(),
        ..v1::ReportRequest::default()
    }
}

async fn report(kit: &Kit, who: &str, request: v1::ReportRequest) -> v1::ReportResponse {
    let reported = kit.operations(who).report(request).await;
    reported.unwrap().into_inner()
}

/// The counts of a row, by measure; without those that are nothing.
fn counts(report: &v1::ReportResponse, row: &v1::ReportRow) -> Vec<(String, u64)> {
    let named = report.measures.iter().zip(&row.figures);
    let count = |(measure, figure): (&v1::ReportMeasure, &v1::ReportFigure)| match figure.value {
        Some(Value::Count(count)) => Some((measure.name.clone(), count)),
        _ => None,
    };
    named
        .filter_map(count)
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn owned(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
    counts
        .iter()
        .map(|(name, count)| ((*name).into(), *count))
        .collect()
}

fn elsewhere(mut case: Case) -> Case {
    case.hearing.court = CourtCode::parse(OTHER_COURT).unwrap();
    case
}

/// Three cases, one at another court, of which each needs one check, has made one before its hearing at 11:00, and set one aside; an
/// enquiry that Hackney answered and Camden did not.
async fn scene() -> Kit {
    let kit = Kit::start().await;
    for one in [case(1), case(2), elsewhere(case(3))] {
        kit.store().commit(&[registered(one)]).await.unwrap();
    }
    let asked = enquiry_at("2026-11-23T16:00", &[IN_HACKNEY, IN_CAMDEN]);
    kit.submit(asked).await;
    kit.move_to("2026-11-23T10:45").await;
    let leased = kit.lease(HACKNEY).await;
    let request = answer(&leased.check.unwrap().id, &leased.lease_id);
    kit.adapter(HACKNEY).answer(request).await.unwrap();
    kit
}

#[tokio::test]
async fn figures_are_those_of_the_store_and_of_the_courts_in_scope() {
    let kit = scene().await;
    let coverage = report(&kit, INSPECTOR, request(v1::ReportKind::Coverage)).await;
    let needs = [
        ("needed", 6),
        ("made", 2),
        ("made_before_hearing", 2),
        ("set_aside", 2),
        ("not_yet_due", 2),
    ];
    let asked = [
        ("asked", 2),
        ("answered_before_sentence", 1),
        ("not_answered_yet", 1),
    ];
    let [other, own] = &coverage.rows[..] else {
        panic!("two courts were expected: {:?}", coverage.rows);
    };
    assert_eq!((other.key.as_str(), own.key.as_str()), (OTHER_COURT, COURT));
    assert_eq!(own.label, "Westminster Magistrates' Court");
    assert_eq!(
        counts(&coverage, own),
        owned(&[&needs[..], &asked[..]].concat())
    );
    let third = [
        ("needed", 3),
        ("made", 1),
        ("made_before_hearing", 1),
        ("set_aside", 1),
        ("not_yet_due", 1),
    ];
    assert_eq!(counts(&coverage, other), owned(&third));
    let total = coverage.total.as_ref().unwrap();
    assert_eq!(counts(&coverage, total)[0], ("needed".into(), 9));
    assert_eq!(coverage.measures[2].part_of, "needed");
    assert_eq!(coverage.left_out_count, 0);

    // A manager has the courts of the certificate, whatever is asked for.
    let manager = report(&kit, MANAGER, request(v1::ReportKind::Coverage)).await;
    assert_eq!(manager.rows, coverage.rows[1..]);
    let of_others = v1::ReportRequest {
        court_codes: vec![OTHER_COURT.into()],
        ..request(v1::ReportKind::Coverage)
    };
    assert_eq!(report(&kit, MANAGER, of_others.clone()).await.rows, []);
    assert_eq!(
        report(&kit, OPERATOR, of_others).await.rows,
        coverage.rows[..1]
    );
}

#[tokio::test]
async fn times_are_working_hours_and_what_is_late_is_told_as_late() {
    let kit = scene().await;
    let timeliness = v1::ReportRequest {
        by: v1::ReportGrouping::Borough.into(),
        ..request(v1::ReportKind::Timeliness)
    };
    let timeliness = report(&kit, INSPECTOR, timeliness).await;
    let [camden, hackney] = &timeliness.rows[..] else {
        panic!("two boroughs were expected: {:?}", timeliness.rows);
    };
    assert_eq!(
        camden.label,
        "London Borough of Camden Children's Social Care"
    );
    let median = hackney.figures[6].value;
    assert_eq!(
        median,
        Some(Value::WorkingMinutes(45)),
        "asked at 10:00, answered at 10:45"
    );
    assert_eq!(camden.figures[6].value, None);

    kit.move_to("2026-11-23T16:01").await;
    let coverage = report(&kit, MANAGER, request(v1::ReportKind::Coverage)).await;
    let after = counts(&coverage, &coverage.rows[0]);
    assert!(after.contains(&("overdue".into(), 2)), "{after:?}");
    assert!(
        after.contains(&("sentenced_outstanding".into(), 1)),
        "{after:?}"
    );
    let outstanding = report(&kit, MANAGER, request(v1::ReportKind::Outstanding)).await;
    let standing = counts(&outstanding, &outstanding.rows[0]);
    let wanted = [
        ("outstanding", 1),
        ("sentenced_outstanding", 1),
        ("overdue", 2),
    ];
    assert_eq!(standing, owned(&wanted));
    let leased = kit.lease(CAMDEN).await;
    let late = answer(&leased.check.unwrap().id, &leased.lease_id);
    kit.adapter(CAMDEN).answer(late).await.unwrap();
    let late = report(&kit, MANAGER, request(v1::ReportKind::LateAnswers)).await;
    assert_eq!(
        counts(&late, &late.rows[0]),
        owned(&[("delivered", 1), ("not_read", 1)])
    );
}

#[tokio::test]
async fn what_a_case_needs_counts_with_the_borough_that_was_asked() {
    let kit = Kit::start().await;
    let asked = kit
        .submit(enquiry_at("2026-11-23T16:00", &[IN_HACKNEY]))
        .await;
    let mut needing = case(1);
    for need in &mut needing.requirements {
        need.kind = ResponderKind::ChildrenSocialCare;
        if let RequirementState::Met { enquiries, .. } = &mut need.state {
            enquiries.truncate(1);
            enquiries[0].enquiry = asked.enquiry_id.parse().unwrap();
        }
    }
    kit.store().commit(&[registered(needing)]).await.unwrap();
    let by_borough = v1::ReportRequest {
        by: v1::ReportGrouping::Borough.into(),
        ..request(v1::ReportKind::Coverage)
    };
    let coverage = report(&kit, INSPECTOR, by_borough).await;
    let row = |row: &v1::ReportRow| {
        let counts = counts(&coverage, row).into_iter();
        let named = counts.map(|(name, count)| format!("{name} {count}"));
        let counts: Vec<String> = named.collect();
        format!("{} ({}): {}", row.key, row.label, counts.join(", "))
    };
    let rows: Vec<String> = coverage.rows.iter().map(row).collect();
    let wanted = [
        "*not_asked (nobody asked yet): needed 1, not_yet_due 1",
        "*set_aside (set aside, nobody asked): needed 1, set_aside 1",
        "hackney (London Borough of Hackney Children's Social Care): needed 1, made 1, made_before_hearing 1, asked 1, not_answered_yet 1",
    ];
    assert_eq!(rows, wanted);
}

#[tokio::test]
async fn a_referral_asks_nothing_and_counts_nowhere() {
    let kit = scene().await;
    let reports = async || {
        let kinds = [
            v1::ReportKind::Coverage,
            v1::ReportKind::Timeliness,
            v1::ReportKind::Outstanding,
            v1::ReportKind::LateAnswers,
        ];
        let mut totals = Vec::new();
        for kind in kinds {
            let two_days = v1::ReportRequest {
                to_day: "2026-11-24".into(),
                ..request(kind)
            };
            let report = report(&kit, INSPECTOR, two_days).await;
            totals.push(counts(&report, report.total.as_ref().unwrap()));
        }
        totals
    };
    let before = reports().await;
    kit.submit(referral::referral(&[])).await;
    assert_eq!(reports().await, before);
}

#[tokio::test]
async fn small_numbers_are_not_published() {
    let kit = scene().await;
    let published = v1::ReportRequest {
        for_publication: true,
        ..request(v1::ReportKind::Coverage)
    };
    let published = report(&kit, INSPECTOR, published).await;
    assert!(published.for_publication);
    let rows = published.rows.iter().chain(&published.total);
    let shown: Vec<u64> = rows
        .flat_map(|row| counts(&published, row))
        .map(|(_, count)| count)
        .collect();
    assert!(shown.iter().all(|count| *count > 4), "{shown:?}");
    let hidden = &published.rows[0].figures[0].value;
    assert_eq!(*hidden, Some(Value::IsHidden(true)));
}

#[tokio::test]
async fn reports_are_for_managers_and_overseers() {
    let kit = Kit::start().await;
    let call = async |who: &'static str| {
        let request = request(v1::ReportKind::Coverage);
        kit.operations(who).report(request).await
    };
    check_roles(&[OFFICER, STRANGER, HACKNEY], call).await;
    for who in [MANAGER, OPERATOR, INSPECTOR] {
        assert!(call(who).await.unwrap().into_inner().rows.is_empty());
    }
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_with_every_field() {
    let kit = Kit::start().await;
    let nothing = kit
        .operations(INSPECTOR)
        .report(v1::ReportRequest::default())
        .await;
    check_fields(nothing, &["kind", "from_day", "to_day", "by"]);
    let backwards = v1::ReportRequest {
        to_day: "2026-11-22".into(),
        court_codes: vec!["nowhere".into()],
        ..request(v1::ReportKind::Coverage)
    };
    let backwards = kit.operations(INSPECTOR).report(backwards).await;
    check_fields(backwards, &["to_day", "court_codes[0]"]);
    let unread = v1::ReportRequest {
        from_day: "23/11/2026".into(),
        ..request(v1::ReportKind::Coverage)
    };
    check_fields(
        kit.operations(INSPECTOR).report(unread).await,
        &["from_day"],
    );
}
