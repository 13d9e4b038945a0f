//! Alerts by responder and cause: a line each, with counts.

use super::{ListArgs, WatchArgs, in_words, spoken};
use crate::cli::Context;
use crate::cli::client::Client;
use crate::cli::failure::{Exit, Failure};
use crate::cli::json;
use crate::cli::moment::civil;
use crate::cli::output::{Output, Tone, cell, clean, phones, table, toned};
use crate::clock::{Clock as _, SystemClock};
use std::fmt::Write as _;
use usher_domain::time::to_london;
use usher_proto::v1;
use usher_proto::v1::watch_alert_counts_response::Payload;

/// What is said where not all alerts could be counted.
const CUT: &str = "there are more alerts than could be counted: these are of the nearest deadlines";

pub(super) async fn list(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let request = v1::CountAlertsRequest {
        audiences: args.filter.audiences(),
        court_codes: args.filter.court.clone(),
        responder_ids: args.filter.responder.clone(),
    };
    let counted = client
        .operations()
        .count_alerts(client.request(request))
        .await;
    let response = client.take(counted)?;
    context.output.message(&response, groups)?;
    Ok(Exit::Ok)
}

/// Counts as a table.
fn groups(response: &v1::CountAlertsResponse) -> String {
    if response.counts.is_empty() {
        return "no alerts: nothing waits for anybody".into();
    }
    let mut rows = table(&[
        "responder",
        "cause",
        "open",
        "looked after",
        "in the queue",
        "before",
        "duty phone",
        "first alert",
        "name",
    ]);
    for count in &response.counts {
        let tone = if count.open_count > 0 {
            Tone::Bad
        } else {
            Tone::Doubtful
        };
        rows.add_row([
            cell(&count.responder_id),
            toned(in_words(&count.cause), tone),
            cell(count.open_count.to_string()),
            cell(count.acknowledged_count.to_string()),
            cell(count.waiting_count.to_string()),
            cell(civil(count.nearest_deadline_time.as_ref())),
            cell(phones(&count.duty_phone, &count.emergency_phone)),
            cell(spoken(&count.first_alert_id, &count.first_reference)),
            cell(&count.responder_name),
        ]);
    }
    let mut text = rows.to_string();
    if response.is_cut {
        let _ = write!(text, "\n{CUT}");
    }
    text
}

pub(super) async fn watch(args: &WatchArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let request = v1::WatchAlertCountsRequest {
        audiences: args.filter.audiences(),
        court_codes: args.filter.court.clone(),
        responder_ids: args.filter.responder.clone(),
    };
    let watched = client.operations().watch_alert_counts(request).await;
    let mut stream = client.take(watched)?;
    let mut is_cut = false;
    while let Some(message) = stream.message().await? {
        if message.is_cut && !is_cut {
            context.output.note(CUT);
        }
        is_cut = message.is_cut;
        show(context.output, &message)?;
    }
    let what = "the broker ended the watch";
    Err(Failure::new(Exit::Unreachable, what, "start it again"))
}

fn show(output: Output, message: &v1::WatchAlertCountsResponse) -> Result<(), Failure> {
    if output.is_json() {
        return output.line(&json::to_value(message)?);
    }
    match &message.payload {
        Some(Payload::Count(count)) => {
            let now = to_london(SystemClock.now()).strftime("%a %-d %b %Y %H:%M:%S");
            output.print(&format!("{now}  {}", one_line(count)))
        }
        Some(Payload::SnapshotEnd(_)) => {
            output.note("that is how things stand; now what changes");
            Ok(())
        }
        Some(Payload::Heartbeat(_)) | None => Ok(()),
    }
}

fn one_line(count: &v1::AlertCount) -> String {
    let about = format!("{}  {}", clean(&count.responder_id), in_words(&count.cause));
    if count.open_count + count.acknowledged_count == 0 {
        return format!("{about}: has ended");
    }
    format!(
        "{about}: {} open, {} looked after, {} in the queue  before {}  first {}  {}",
        count.open_count,
        count.acknowledged_count,
        count.waiting_count,
        civil(count.nearest_deadline_time.as_ref()),
        spoken(&count.first_alert_id, &count.first_reference),
        clean(&phones(&count.duty_phone, &count.emergency_phone)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_counts_whom_to_ring_and_what_to_take_on() {
        let count = v1::AlertCount {
            responder_id: "hackney".into(),
            responder_name: "Hackney".into(),
            duty_phone: "020 7946 0012".into(),
            cause: "no_adapter".into(),
            open_count: 49,
            acknowledged_count: 1,
            waiting_count: 2_000,
            first_alert_id: "018f/3".into(),
            first_reference: "7K3M-9QXA-A".into(),
            ..Default::default()
        };
        let line = one_line(&count);
        let wanted = "hackney  no adapter: 49 open, 1 looked after, 2000 in the queue  before -  first 7K3M-9QXA-A/3  020 7946 0012";
        assert_eq!(line, wanted);
        let response = v1::CountAlertsResponse {
            counts: vec![count.clone()],
            is_cut: true,
        };
        let text = groups(&response);
        for wanted in ["hackney", "no adapter", "2000", "7K3M-9QXA-A/3", CUT] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        let ended = v1::AlertCount {
            open_count: 0,
            acknowledged_count: 0,
            ..count
        };
        assert_eq!(one_line(&ended), "hackney  no adapter: has ended");
    }
}
