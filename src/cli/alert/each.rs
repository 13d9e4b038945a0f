//! Each alert of each check: what programs read, and people who look after one.

use super::{ListArgs, WatchArgs, in_words, spoken};
use crate::cli::Context;
use crate::cli::client::Client;
use crate::cli::enquiry;
use crate::cli::failure::{Exit, Failure};
use crate::cli::json;
use crate::cli::moment::{civil, exact};
use crate::cli::output::{Output, Tone, cell, clean, phones, table, toned};
use crate::cli::pages;
use crate::cli::words::{word, words};
use std::fmt::Write as _;
use usher_proto::v1;
use usher_proto::v1::watch_alerts_response::Payload;

pub(super) async fn list(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
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

/// Alerts as a table.
pub(in crate::cli) fn alerts<'a>(found: impl IntoIterator<Item = &'a v1::Alert>) -> String {
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
        let spoken = spoken(&alert.id, &alert.reference);
        if !alert.acknowledgement_note.is_empty() {
            let note = clean(&alert.acknowledgement_note);
            let _ = write!(notes, "\n{spoken}: {note}");
        }
        rows.add_row([
            cell(spoken),
            toned(in_words(&alert.cause), tone(alert)),
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

pub(super) async fn watch(args: &WatchArgs, context: &Context) -> Result<Exit, Failure> {
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
        spoken(&alert.id, &alert.reference),
        in_words(&alert.cause),
        standing(alert),
        civil(alert.deadline_time.as_ref()),
    )
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
