//! `usher alert`: what a named person must look at.

use super::Context;
use super::client::{ActArgs, Client, ConnectArgs, words_or_stdin};
use super::enquiry::{self, alert_id};
use super::failure::{Exit, Failure};
use super::json;
use super::moment::{civil, exact};
use super::output::{Output, Tone, cell, clean, phones, table, toned};
use super::pages::{self, PageArgs};
use super::words::{self, word, words};
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use usher_proto::v1;
use usher_proto::v1::watch_alerts_response::Payload;

#[derive(Debug, Subcommand)]
pub(super) enum AlertCommand {
    /// List alerts, nearest deadline first
    #[command(
        before_help = "Examples:\n  usher alert list\n  usher alert list --state open --audience operator --format json"
    )]
    List(ListArgs),
    /// Count alerts that have not ended: a line for each responder and cause, however many checks it holds up
    #[command(
        before_help = "Examples:\n  usher alert count\n  usher alert count --audience operator --format json"
    )]
    Count(CountArgs),
    /// Show the alerts that have not ended, then every change, until Ctrl-C
    #[command(
        before_help = "Examples:\n  usher alert watch\n  usher alert watch --court B01IX --resume CURSOR --format json"
    )]
    Watch(WatchArgs),
    /// Take an alert on; it opens again unless the check moves on
    #[command(
        before_help = "Examples:\n  usher alert acknowledge 7K3M-9QXA-A/3 --note \"Ringing the duty desk\""
    )]
    Acknowledge(AcknowledgeArgs),
}

/// Which alerts.
#[derive(Debug, Args)]
struct FilterArgs {
    /// Only for this audience; may be given again
    #[arg(long, value_parser = words::parser::<v1::Audience>())]
    audience: Vec<v1::Audience>,
    /// Only of this court, by OU code; may be given again
    #[arg(long, value_name = "CODE")]
    court: Vec<String>,
    /// Only about checks of this responder; may be given again
    #[arg(long, value_name = "ID")]
    responder: Vec<String>,
}

impl FilterArgs {
    fn audiences(&self) -> Vec<i32> {
        self.audience
            .iter()
            .map(|audience| (*audience).into())
            .collect()
    }
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only in this state; may be given again [default: open and acknowledged]
    #[arg(long, value_parser = words::parser::<v1::AlertState>())]
    state: Vec<v1::AlertState>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct CountArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Go on after this cursor instead of starting with what has not ended
    #[arg(
        long,
        value_name = "CURSOR",
        default_value = "",
        hide_default_value = true
    )]
    resume: String,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct AcknowledgeArgs {
    /// The alert: the enquiry's id or reference, a slash, the alert's number
    #[arg(value_name = "ALERT")]
    alert: String,
    /// What will be done; `-` reads it from the standard input
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) async fn run(command: AlertCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        AlertCommand::List(args) => list(&args, context).await,
        AlertCommand::Count(args) => count(&args, context).await,
        AlertCommand::Watch(args) => watch(&args, context).await,
        AlertCommand::Acknowledge(args) => acknowledge(&args, context).await,
    }
}

async fn list(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let client = &client;
    let (found, next_page_token) = pages::collect(&args.page, async |page_size, page_token| {
        let request = v1::ListAlertsRequest {
            page_size,
            page_token,
            states: args.state.iter().map(|state| (*state).into()).collect(),
            audiences: args.filter.audiences(),
            court_codes: args.filter.court.clone(),
            responder_ids: args.filter.responder.clone(),
        };
        let page = client.take(
            client
                .operations()
                .list_alerts(client.request(request))
                .await,
        )?;
        Ok((page.alerts, page.next_page_token))
    })
    .await?;
    let response = v1::ListAlertsResponse {
        alerts: found,
        next_page_token,
    };
    let (found, next) = (&response.alerts, &response.next_page_token);
    context
        .output
        .list(&response, found, next, |found| alerts(found))?;
    Ok(Exit::Ok)
}

async fn count(args: &CountArgs, context: &Context) -> Result<Exit, Failure> {
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
    context.output.message(&response, counts)?;
    Ok(Exit::Ok)
}

/// Counts as a table.
fn counts(response: &v1::CountAlertsResponse) -> String {
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
    ]);
    for count in &response.counts {
        let tone = if count.open_count > 0 {
            Tone::Bad
        } else {
            Tone::Doubtful
        };
        rows.add_row([
            cell(&count.responder_name),
            toned(count.cause.replace(['_', '-'], " "), tone),
            cell(count.open_count.to_string()),
            cell(count.acknowledged_count.to_string()),
            cell(count.waiting_count.to_string()),
            cell(civil(count.nearest_deadline_time.as_ref())),
            cell(phones(&count.duty_phone, &count.emergency_phone)),
        ]);
    }
    let more = if response.is_cut {
        "\nThere are more alerts than could be counted; these are of the nearest deadlines."
    } else {
        ""
    };
    format!("{rows}{more}")
}

/// Alerts as a table.
pub(super) fn alerts<'a>(found: impl IntoIterator<Item = &'a v1::Alert>) -> String {
    let mut rows = table(&[
        "alert",
        "cause",
        "stands",
        "before",
        "responder",
        "duty phone",
        "due",
        "court",
        "for",
    ]);
    let mut notes = String::new();
    for alert in found {
        let spoken = spoken(alert);
        if !alert.acknowledgement_note.is_empty() {
            let note = clean(&alert.acknowledgement_note);
            let _ = write!(notes, "\n{spoken}: {note}");
        }
        rows.add_row([
            cell(spoken),
            toned(alert.cause.replace(['_', '-'], " "), tone(alert)),
            cell(standing(alert)),
            cell(civil(alert.deadline_time.as_ref())),
            cell(&alert.responder_name),
            cell(phones(&alert.duty_phone, &alert.emergency_phone)),
            cell(civil(alert.due_time.as_ref())),
            cell(&alert.court_code),
            cell(words::<v1::Audience>(&alert.audiences)),
        ]);
    }
    rows.to_string() + &notes
}

/// The alert as people say it: the reference of the enquiry, a slash, its number.
fn spoken(alert: &v1::Alert) -> String {
    let number = alert.id.rsplit_once('/').map_or("-", |(_, number)| number);
    format!("{}/{}", clean(&alert.reference), clean(number))
}

fn tone(alert: &v1::Alert) -> Tone {
    match v1::AlertState::try_from(alert.state) {
        Ok(v1::AlertState::Open) => Tone::Bad,
        Ok(v1::AlertState::Acknowledged) => Tone::Doubtful,
        Ok(v1::AlertState::Resolved | v1::AlertState::Unspecified) | Err(_) => Tone::Plain,
    }
}

fn standing(alert: &v1::Alert) -> String {
    let state = word::<v1::AlertState>(alert.state);
    let by = alert
        .acknowledged_by
        .as_ref()
        .and_then(|by| by.person.as_ref());
    match by {
        Some(person) => format!(
            "{state} by {} until {}",
            enquiry::person(Some(person)),
            civil(alert.acknowledgement_expire_time.as_ref())
        ),
        None => state,
    }
}

async fn watch(args: &WatchArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let request = v1::WatchAlertsRequest {
        resume_cursor: args.resume.clone(),
        audiences: args.filter.audiences(),
        court_codes: args.filter.court.clone(),
        responder_ids: args.filter.responder.clone(),
    };
    let mut stream = client.take(client.operations().watch_alerts(request).await)?;
    let mut cursor = args.resume.clone();
    loop {
        let message = match stream.message().await {
            Ok(Some(message)) => message,
            Ok(None) => return Err(enquiry::ended(&cursor)),
            Err(status) => {
                return Err(Failure::from(status).detail(enquiry::resume_hint(&cursor)));
            }
        };
        watched(context.output, &message)?;
        match message.payload {
            Some(Payload::SnapshotEnd(end)) => cursor = end.cursor,
            Some(Payload::Change(change)) => cursor = change.cursor,
            Some(Payload::Heartbeat(heartbeat)) => cursor = heartbeat.cursor,
            Some(Payload::Snapshot(_)) | None => {}
        }
    }
}

fn watched(output: Output, message: &v1::WatchAlertsResponse) -> Result<(), Failure> {
    if output.is_json() {
        return output.line(&json::to_value(message)?);
    }
    match &message.payload {
        Some(Payload::Snapshot(alert)) => output.print(&one_line(alert)),
        Some(Payload::SnapshotEnd(_)) => {
            output.note("that is how things stand; now what happens");
            Ok(())
        }
        Some(Payload::Change(change)) => {
            output.print(&one_line(&change.alert.clone().unwrap_or_default()))
        }
        Some(Payload::Heartbeat(_)) | None => Ok(()),
    }
}

fn one_line(alert: &v1::Alert) -> String {
    let responder = match alert.responder_name.as_str() {
        "" if alert.check_id.is_empty() => "a person must look at this record".into(),
        "" => "nobody is asked yet".into(),
        name => {
            let phones = phones(&alert.duty_phone, &alert.emergency_phone);
            format!("{} {}", clean(name), clean(&phones))
        }
    };
    format!(
        "{}  {}  {}: {}  before {}  {responder}",
        exact(alert.state_time.as_ref()),
        spoken(alert),
        clean(&alert.cause).replace(['_', '-'], " "),
        standing(alert),
        civil(alert.deadline_time.as_ref()),
    )
}

async fn acknowledge(args: &AcknowledgeArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::AcknowledgeRequest {
        request_id: client.request_id(),
        person: client.person(),
        alert_id: alert_id(&client, &args.alert).await?,
        note: words_or_stdin(&args.note)?,
    };
    let response = client.take(
        client
            .operations()
            .acknowledge(client.request(request))
            .await,
    )?;
    context
        .output
        .message(&response.alert.unwrap_or_default(), |alert| alerts([alert]))?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::moment::parse_instant;

    #[test]
    fn an_alert_says_who_looks_after_it_and_until_when() {
        let person = v1::Person {
            name: "A Person".into(),
            ..Default::default()
        };
        let alert = v1::Alert {
            id: "018f/3".into(),
            reference: "7K3M-9QXA-A".into(),
            cause: "no_adapter".into(),
            state: v1::AlertState::Acknowledged.into(),
            acknowledged_by: Some(v1::By {
                person: Some(person),
                ..Default::default()
            }),
            acknowledgement_expire_time: Some(parse_instant("2026-11-23T11:00").unwrap()),
            audiences: vec![v1::Audience::Operator.into()],
            acknowledgement_note: "Ringing the desk".into(),
            responder_name: "Hackney".into(),
            duty_phone: "020 7946 0012".into(),
            emergency_phone: "020 7946 0112".into(),
            ..Default::default()
        };
        let line = one_line(&alert);
        let wanted =
            "7K3M-9QXA-A/3  no adapter: acknowledged by A Person until Mon 23 Nov 2026 11:00";
        assert!(line.contains(wanted), "{line}");
        let ring = "Hackney 020 7946 0012, emergency duty team 020 7946 0112";
        assert!(line.ends_with(ring), "{line}");
        let rows = anstream::adapter::strip_str(&alerts([&alert])).to_string();
        assert!(
            rows.contains("operator")
                && rows.contains("no adapter")
                && rows.contains("7K3M-9QXA-A/3: Ringing the desk"),
            "{rows}"
        );
    }
}
