use super::*;

fn page(set: impl Fn(&Metrics)) -> String {
    let metrics = Metrics::new(["usher.v1.CourtService/SubmitEnquiry".to_string()]);
    set(&metrics);
    metrics.encode().unwrap()
}

fn check(set: impl Fn(&Metrics), line: &str) {
    let page = page(set);
    assert!(
        page.lines().any(|found| found == line),
        "no line {line:?} in\n{page}"
    );
}

fn hackney() -> ResponderId {
    ResponderId::parse("hackney").unwrap()
}

#[test]
fn what_is_set_is_told_under_its_name() {
    let time: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let later = time + jiff::SignedDuration::from_millis(400);
    check(|_| {}, "usher_build_info{version=\"0.1.0\"} 1");
    let track = TrackLabel { track: "oral" };
    check(
        |metrics| {
            metrics.enquiries.get_or_create(&track).inc();
        },
        "usher_enquiries_total{track=\"oral\"} 1",
    );
    check(
        |metrics| metrics.set_queue(&hackney(), 3, Some(time)),
        "usher_checks_waiting{responder=\"hackney\"} 3",
    );
    check(
        |metrics| metrics.set_queue(&hackney(), 3, Some(time)),
        "usher_next_deadline_timestamp_seconds{responder=\"hackney\"} 1795428000.0",
    );
    check(
        |metrics| metrics.escalated(time, later),
        "usher_escalation_lateness_seconds_sum 0.4",
    );
    check(
        |metrics| metrics.escalated(later, time),
        "usher_escalation_lateness_seconds_sum 0.0",
    );
    check(
        |metrics| metrics.committed(7, Duration::from_millis(2)),
        "usher_store_commit_duration_seconds_bucket{le=\"0.0025\"} 1",
    );
    check(
        |metrics| metrics.committed(7, Duration::from_millis(2)),
        "usher_store_commit_members_sum 7.0",
    );
    check(
        |metrics| metrics.set_adapter_up(&hackney(), true),
        "usher_adapter_up{responder=\"hackney\"} 1",
    );
    check(
        |metrics| metrics.set_certificate_end(time),
        "usher_tls_certificate_not_after_timestamp_seconds 1795428000.0",
    );
    check(
        |metrics| metrics.set_oldest_overdue(Duration::from_millis(1_500)),
        "usher_oldest_unescalated_overdue_seconds 1.5",
    );
    check(
        |metrics| metrics.set_clock_ahead(-2.5),
        "usher_broker_clock_ahead_seconds -2.5",
    );
}

#[test]
fn an_empty_queue_has_no_next_deadline() {
    let page = page(|metrics| {
        metrics.set_queue(&hackney(), 1, Some(Timestamp::UNIX_EPOCH));
        metrics.set_queue(&hackney(), 0, None);
    });
    assert!(
        page.contains("usher_checks_waiting{responder=\"hackney\"} 0"),
        "{page}"
    );
    assert!(
        !page.contains("usher_next_deadline_timestamp_seconds{"),
        "{page}"
    );
}

#[test]
fn methods_that_the_contract_does_not_have_count_as_one() {
    let page = page(|metrics| {
        metrics.called(
            "/usher.v1.CourtService/SubmitEnquiry",
            tonic::Code::Ok,
            Duration::ZERO,
        );
        for index in 0..100 {
            let method = format!("/usher.v1.CourtService/Guess{index}");
            metrics.called(&method, tonic::Code::Unimplemented, Duration::ZERO);
        }
    });
    let counts: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("rpc_server_call_duration_seconds_count"))
        .collect();
    assert_eq!(counts.len(), 2, "{counts:#?}");
    let other = "rpc_method=\"_OTHER\",rpc_status_code=\"UNIMPLEMENTED\"} 100";
    assert!(
        counts.iter().any(|line| line.ends_with(other)),
        "{counts:#?}"
    );
    let known = "rpc_method=\"usher.v1.CourtService/SubmitEnquiry\",rpc_status_code=\"OK\"} 1";
    assert!(
        counts.iter().any(|line| line.ends_with(known)),
        "{counts:#?}"
    );
}

#[test]
fn names_have_the_prefix_and_base_units() {
    let page = page(|_| {});
    let names: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(names.len() >= 14, "{names:?}");
    for name in names {
        assert!(
            name.starts_with("usher_") || name.starts_with("rpc_server_"),
            "{name}"
        );
        assert!(!name.contains("_ms") && !name.contains("milli"), "{name}");
    }
}
