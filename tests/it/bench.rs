//! That the bench measures what it says: every figure is there, the ratios are those of the figures, and nothing that was due is missing.
//! How fast is not asked: that is what the bench is for.

use crate::support::postgres::Postgres;
use std::time::Duration;
use usher::bench::{self, Kind, Options, Percentiles, Report, Stores};
use usher::config::settings::PostgresSettings;

const OPEN: usize = 200;
const DUE: usize = 40;

fn tiny() -> Options {
    Options {
        round: Duration::from_millis(200),
        rounds: 2,
        concurrency: vec![1, 8],
        open: OPEN,
        due: DUE,
        due_within: Duration::from_secs(1),
        program: Some(env!("CARGO_BIN_EXE_usher").into()),
        ..Options::default()
    }
}

fn check_times(times: &Percentiles) {
    let Percentiles {
        count,
        p50_ms,
        p90_ms,
        p99_ms,
        p999_ms,
        max_ms,
    } = *times;
    assert!(count > 0, "{times:?}");
    let rising = [0.0, p50_ms, p90_ms, p99_ms, p999_ms, max_ms];
    assert!(rising.is_sorted(), "{times:?}");
}

fn check_first_part(report: &Report) {
    assert_eq!(report.loads.len(), 6);
    for load in &report.loads {
        check_times(&load.latency);
        assert!(load.per_second > 0.0, "{load:?}");
    }
    for ratio in &report.ratios {
        let all = [
            ratio.submit_rate,
            ratio.submit_p50,
            ratio.round_trip_rate,
            ratio.round_trip_p50,
        ];
        assert!(all.iter().all(|one| one.is_finite() && *one > 0.0));
        // A round trip holds a durable submit, and that holds what an echo does.
        assert!(ratio.submit_rate < 1.0 && ratio.round_trip_rate < ratio.submit_rate);
        assert!(ratio.round_trip_p50 > ratio.submit_p50);
    }
    let kinds: Vec<Kind> = report.loads.iter().map(|load| load.kind).collect();
    assert_eq!(kinds[..3], [Kind::Echo, Kind::Submit, Kind::RoundTrip]);
}

fn check_second_part(report: &Report) {
    let open = report.open.as_ref().unwrap();
    assert_eq!(open.enquiries, OPEN);
    let ratio = open.cost_open.time_us / open.cost_empty.time_us;
    assert!((open.cost_ratio / ratio - 1.0).abs() < 1e-9);
    assert!(open.processor_ratio.is_finite());
    for restart in [&open.restart_empty, &open.restart_open] {
        assert!(restart.count > 1 && restart.p50_ms > 0.0 && restart.p50_ms <= restart.max_ms);
    }
    assert!(open.memory_empty_mib > 1.0 && open.memory_end_mib > 1.0);
    let late = open.lateness.as_ref().unwrap();
    assert_eq!((late.deadlines, late.alerts), (DUE, DUE));
    check_times(&late.raised);
    check_times(&late.seen);
}

#[test]
fn every_figure_of_a_bench_is_there() {
    let said = std::sync::Mutex::new(Vec::new());
    let say = |line: &str| said.lock().unwrap().push(line.to_owned());
    let report = bench::run(&tiny(), &say).unwrap();
    check_first_part(&report);
    check_second_part(&report);
    assert!(!said.lock().unwrap().is_empty());
    let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    for part in ["machine", "loads", "ratios", "open", "targets"] {
        assert!(!json[part].is_null(), "{part}");
    }
    let table = report.table();
    for words in ["bare echo", "round trip", "200 open", "restart"] {
        assert!(table.contains(words), "{words:?} is not in\n{table}");
    }
}

#[test]
fn over_postgres_a_bare_client_and_a_second_broker_are_measured_too() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(server.migrated());
    let options = Options {
        stores: Stores::Databases(PostgresSettings {
            url: Some(server.settings().url),
            ..PostgresSettings::default()
        }),
        ..tiny()
    };
    let report = bench::run(&options, &|_| ()).unwrap();
    check_first_part(&report);
    check_second_part(&report);
    let shared = report.shared.as_ref().unwrap();
    assert_eq!(shared.concurrency, 8);
    // Callers that wait for one another's commit share the next one.
    assert!(shared.batch >= 1.0 && shared.batch <= 8.0, "{shared:?}");
    // A broker does all that the bare client does, and more.
    assert!(
        shared.of_ceiling > 0.0 && shared.of_ceiling < 1.0,
        "{shared:?}"
    );
    assert!(
        shared.two_by_one > 0.0 && shared.two_per_second > 0.0,
        "{shared:?}"
    );
    assert!(report.table().contains("bare client"));
    let left = runtime.block_on(async {
        let databases = "SELECT count(*) FROM pg_database WHERE datname LIKE 'usher_bench%'";
        let row = server.client().await.query_one(databases, &[]).await;
        row.unwrap().get::<_, i64>(0)
    });
    assert_eq!(left, 0, "databases are left");
}
