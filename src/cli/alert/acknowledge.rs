//! Taking alerts on: one, or all open ones of a responder and cause.

use super::{AcknowledgeArgs, alerts, in_words, spoken};
use crate::cli::Context;
use crate::cli::client::{Client, words_or_stdin};
use crate::cli::enquiry::alert_id;
use crate::cli::failure::{Exit, Failure};
use crate::ids::{Ids as _, RandomIds};
use futures_util::stream::{self, StreamExt as _};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use usher_domain::limits;
use usher_proto::v1;

/// Acknowledgements on their way at a time.
const IN_FLIGHT_MAX: usize = 8;
/// What stands for the responder of checks that have none.
const NO_RESPONDER: &str = "-";

pub(super) async fn run(args: &AcknowledgeArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    if let (Some(responder), Some(cause)) = (&args.responder, &args.cause) {
        let note = words_or_stdin(&args.note)?;
        let group = Group { responder, cause };
        return all(&client, &group, &note, context).await;
    }
    let request = v1::AcknowledgeRequest {
        request_id: client.request_id(),
        person: client.person(),
        alert_id: alert_id(&client, args.alert.as_deref().unwrap_or_default()).await?,
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

/// The alerts of one responder and cause.
struct Group<'a> {
    responder: &'a str,
    cause: &'a str,
}

impl Group<'_> {
    fn has(&self, alert: &v1::Alert) -> bool {
        let theirs = self.responder != NO_RESPONDER || alert.responder_id.is_empty();
        theirs && in_words(&alert.cause) == in_words(self.cause)
    }

    /// One page of its open alerts, nearest deadline first, and the token of the next.
    async fn page(
        &self,
        client: &Client,
        page_token: String,
    ) -> Result<(Vec<v1::Alert>, String), Failure> {
        let responder = Some(self.responder).filter(|id| *id != NO_RESPONDER);
        let request = v1::ListAlertsRequest {
            page_size: i32::try_from(limits::PAGE_SIZE_MAX).unwrap_or(i32::MAX),
            page_token,
            states: vec![v1::AlertState::Open.into()],
            responder_ids: responder.into_iter().map(Into::into).collect(),
            ..v1::ListAlertsRequest::default()
        };
        let listed = client
            .operations()
            .list_alerts(client.request(request))
            .await;
        let mut page = listed?.into_inner();
        page.alerts.retain(|alert| self.has(alert));
        Ok((page.alerts, page.next_page_token))
    }
}

/// What became of the alerts so far.
#[derive(Default)]
struct Tally {
    taken: u32,
    refused: u32,
    /// The first that was refused, and why.
    first: Option<(v1::Alert, Failure)>,
}

/// Takes on every open alert of `group`. Whoever repeats it takes on what is open then: an alert that somebody looks after is none.
async fn all(
    client: &Client,
    group: &Group<'_>,
    note: &str,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut tally = Tally::default();
    let stopped = take_all(client, group, note, &mut tally).await.err();
    if context.output.is_json() {
        context.output.value(&tally.to_json())?;
    } else {
        context.output.print(&tally.to_text())?;
    }
    match stopped {
        Some(failure) => Err(failure.detail("run it again to take on what is open then")),
        None if tally.refused > 0 => Ok(Exit::Conflict),
        None => Ok(Exit::Ok),
    }
}

async fn take_all(
    client: &Client,
    group: &Group<'_>,
    note: &str,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let progress = progress();
    let mut token = String::new();
    loop {
        let (page, next) = group.page(client, token).await?;
        let calls = page.into_iter().map(|alert| take(client, alert, note));
        let mut calls = stream::iter(calls).buffered(IN_FLIGHT_MAX);
        while let Some((alert, outcome)) = calls.next().await {
            match outcome {
                Ok(()) => tally.taken += 1,
                // It has moved on meanwhile; the others have not.
                Err(failure) if matches!(failure.exit(), Exit::Conflict | Exit::NotFound) => {
                    tally.refused += 1;
                    tally.first.get_or_insert((alert, failure));
                }
                Err(failure) => return Err(failure),
            }
            progress.inc(1);
        }
        if next.is_empty() {
            return Ok(());
        }
        token = next;
    }
}

/// Takes one on, under a request id of its own.
async fn take(client: &Client, alert: v1::Alert, note: &str) -> (v1::Alert, Result<(), Failure>) {
    if alert.check_id.is_empty() && alert.case_id.is_empty() {
        let what =
            "nobody can take on a damaged record or a broker's clock: it stands until it is mended";
        return (alert, Err(Failure::new(Exit::Conflict, what, "")));
    }
    let request = v1::AcknowledgeRequest {
        request_id: RandomIds.request().to_string(),
        person: client.person(),
        alert_id: alert.id.clone(),
        note: note.into(),
    };
    let outcome = client
        .operations()
        .acknowledge(client.request(request))
        .await;
    (alert, outcome.map(drop).map_err(Failure::from))
}

/// Counts on terminals only.
fn progress() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} alerts") {
        bar.set_style(style);
    }
    bar
}

impl Tally {
    fn to_json(&self) -> Value {
        let first = self.first.as_ref();
        json!({
            "acknowledgedCount": self.taken,
            "refusedCount": self.refused,
            "firstRefused": first.map(|(alert, why)| json!({ "alertId": alert.id, "why": why.to_json() })),
        })
    }

    fn to_text(&self) -> String {
        let taken = format!("{} alerts taken on", self.taken);
        let Some((alert, why)) = &self.first else {
            return taken;
        };
        let first = spoken(&alert.id, &alert.reference);
        format!(
            "{taken}, {} could not be; the first of those, {first}: {}",
            self.refused,
            why.what()
        )
    }
}
