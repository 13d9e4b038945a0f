//! The report as tables for people.

use super::{Cost, Kind, Lateness, Load, Open, Percentiles, Report, Restart, Shared};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};
use std::fmt::Write as _;

/// The whole report.
pub(super) fn render(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "{} processors, {} workers in each of the two processes, store {}, payload {} bytes. The disk keeps 4 KiB in {:.2} ms.\n\n",
        machine.cores,
        machine.workers,
        machine.engine,
        machine.payload_bytes,
        machine.disk_sync_p50_ms
    );
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}\n", loads(&report.loads));
    let _ = writeln!(text, "{}\n", ratios(report));
    if let Some(shared) = &report.shared {
        let _ = writeln!(text, "{}\n", brokers(shared));
    }
    if let Some(open) = &report.open {
        let _ = writeln!(text, "{}\n", opened(open));
    }
    let _ = write!(text, "{}", targets(report));
    text
}

/// A table whose columns but the first are numbers.
fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn loads(loads: &[Load]) -> Table {
    let mut table = table([
        "load", "at once", "a second", "p50 ms", "p90", "p99", "p99.9", "max",
    ]);
    for load in loads {
        let name = match load.kind {
            Kind::Echo => "bare echo",
            Kind::Submit => "durable submit",
            Kind::RoundTrip => "round trip",
        };
        let Percentiles {
            count: _,
            p50_ms,
            p90_ms,
            p99_ms,
            p999_ms,
            max_ms,
        } = load.latency;
        let times = [p50_ms, p90_ms, p99_ms, p999_ms, max_ms];
        let mut row = vec![
            name.to_owned(),
            load.concurrency.to_string(),
            format!("{:.0}", load.per_second),
        ];
        row.extend(times.map(|time| format!("{time:.2}")));
        table.add_row(row);
    }
    table
}

fn ratios(report: &Report) -> Table {
    let mut table = table([
        "against the echo",
        "submit rate",
        "submit p50",
        "round trip rate",
        "round trip p50",
    ]);
    for ratio in &report.ratios {
        table.add_row([
            format!("{} at once", ratio.concurrency),
            format!("{:.3}", ratio.submit_rate),
            format!("{:.1}", ratio.submit_p50),
            format!("{:.3}", ratio.round_trip_rate),
            format!("{:.1}", ratio.round_trip_p50),
        ]);
    }
    table
}

fn brokers(shared: &Shared) -> Table {
    let at_once = format!(
        "{} at once, {:.0} to a transaction",
        shared.concurrency, shared.batch
    );
    let mut table = table([&at_once, "enquiries a second", "ratio"]);
    let rows = [
        (
            "rows inserted by a bare client",
            shared.ceiling_per_second,
            None,
        ),
        (
            "  submits through one broker, by that",
            shared.one_per_second,
            Some(shared.of_ceiling),
        ),
        (
            "    through two brokers, by one's",
            shared.two_per_second,
            Some(shared.two_by_one),
        ),
    ];
    for (name, rate, ratio) in rows {
        let ratio = ratio.map(|ratio| format!("{ratio:.3}"));
        table.add_row([
            name.to_owned(),
            format!("{rate:.0}"),
            ratio.unwrap_or_default(),
        ]);
    }
    table
}

fn opened(open: &Open) -> Table {
    let all = format!("{} open", open.enquiries);
    let mut table = table(["open enquiries", "empty store", &all, "ratio"]);
    let Cost {
        time_us,
        processor_us,
    } = &open.cost_empty;
    table.add_row([
        "submit, us each".to_owned(),
        format!("{time_us:.0}"),
        format!("{:.0}", open.cost_open.time_us),
        format!("{:.2}", open.cost_ratio),
    ]);
    table.add_row([
        "  the broker's processor time".to_owned(),
        format!("{processor_us:.0}"),
        format!("{:.0}", open.cost_open.processor_us),
        format!("{:.2}", open.processor_ratio),
    ]);
    let restart = |restart: &Restart| format!("{:.0} / {:.0}", restart.p50_ms, restart.max_ms);
    table.add_row([
        "restart after kill, ms, median / worst".to_owned(),
        restart(&open.restart_empty),
        restart(&open.restart_open),
        String::new(),
    ]);
    table.add_row([
        "memory, MiB".to_owned(),
        format!("{:.0}", open.memory_empty_mib),
        format!("{:.0}", open.memory_open_mib),
        String::new(),
    ]);
    if let Some(late) = &open.lateness {
        for (name, of) in [
            ("alerts raised late, ms, p99 / worst", &late.raised),
            ("alerts seen late, ms, p99 / worst", &late.seen),
        ] {
            let times = format!("{:.0} / {:.0}", of.p99_ms, of.max_ms);
            table.add_row([name.to_owned(), String::new(), times, String::new()]);
        }
        table.add_row([deadlines(late), String::new(), late.alerts.to_string()]);
    }
    table
}

fn deadlines(late: &Lateness) -> String {
    format!(
        "  alerts of {} deadlines in {:.0} s",
        late.deadlines, late.within_s
    )
}

fn targets(report: &Report) -> Table {
    let mut table = table(["to be reached", "bound", "found", "reached"]);
    for target in &report.targets {
        table.add_row([
            target.name.to_owned(),
            format!("{}", target.bound),
            format!("{:.3}", target.found),
            if target.reached { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    table
}
