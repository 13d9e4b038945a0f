//! Watches on the wire: a snapshot, its end with a cursor, then events; or, resumed by a cursor, events only. Where the feed cannot be read
//! the snapshot comes again. A sign of life when nothing happens. Each batch looks at the caller's rights anew; a caller that reads slowly is served at its own pace.

use super::call::{Calls, WatchPlace};
use super::convert::Unreadable;
use super::{convert, status};
use crate::broker::Watch;
use crate::broker::input::{
    AlertFilter, ListAlertsInput, ListInput, Position, Resume, WatchAlertsInput, WatchInput,
};
use crate::clock::Stopwatch;
use crate::store::{Filter, Recorded};
use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::timeout;
use tonic::Status;
use usher_domain::actor::Actor;
use usher_domain::limits;
use usher_domain::permit::Read;
use usher_proto::v1;
use usher_proto::v1::{watch_alerts_response, watch_response};

/// What a watch answers with.
pub type Stream<T> = BoxStream<'static, Result<T, Status>>;

/// After so long without an event a sign of life is sent.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(20);

/// A watch of enquiries.
///
/// # Errors
/// When there is no place, or the enquiry that alone is wanted is not there.
pub async fn enquiries(
    calls: Calls,
    actor: Actor,
    input: WatchInput,
) -> Result<Stream<v1::WatchResponse>, Status> {
    if let Some(id) = input.enquiry {
        calls.broker.get(id, &actor).await.map_err(status::broker)?;
    }
    let resumed = input.resume.is_some();
    let watch = watch(&calls, input.resume).await?;
    Ok(run(Watching::new(
        calls,
        actor,
        watch,
        resumed,
        Enquiries(input),
    )?))
}

/// A watch of alerts.
///
/// # Errors
/// When there is no place.
pub async fn alerts(
    calls: Calls,
    actor: Actor,
    input: WatchAlertsInput,
) -> Result<Stream<v1::WatchAlertsResponse>, Status> {
    let resumed = input.resume.is_some();
    let watch = watch(&calls, input.resume).await?;
    Ok(run(Watching::new(
        calls,
        actor,
        watch,
        resumed,
        Alerts(input.filter),
    )?))
}

/// A watch from its start or from `resume` on. A place ahead of the feed, or where something else stands, is of another store, or of this
/// one before it was restored: what comes next would be taken for seen.
async fn watch(calls: &Calls, resume: Option<Resume>) -> Result<Watch, Status> {
    if let Some(resume) = resume {
        let end = calls.broker.feed_end().await.map_err(status::broker)?;
        if resume.after.entry > end.entry || calls.place(resume.after).await? != resume {
            return Err(status::unreadable(Unreadable::Cursor));
        }
    }
    let after = resume.map(|resume| resume.after);
    Ok(Watch::new(&calls.broker, after))
}

/// What differs between the two.
#[async_trait]
trait Subject: Send + Sync + 'static {
    type Message: Send + 'static;

    /// What the caller's role must allow, at every moment.
    const READ: Read;

    /// One page of the snapshot, and where the next one starts.
    async fn page(
        &self,
        calls: &Calls,
        actor: &Actor,
        from: Position,
    ) -> Result<(Vec<Self::Message>, Option<Position>), Status>;
    /// The next changes.
    async fn changes(
        &self,
        calls: &Calls,
        actor: &Actor,
        watch: &mut Watch,
    ) -> Result<Vec<Self::Message>, Status>;
    fn snapshot_end(place: Resume) -> Self::Message;
    fn heartbeat(place: Resume) -> Self::Message;
}

struct Watching<S: Subject> {
    calls: Calls,
    actor: Actor,
    subject: S,
    watch: Watch,
    /// Where the snapshot goes on; `None` after its end.
    snapshot: Option<Position>,
    ready: VecDeque<S::Message>,
    ended: bool,
    /// Since the last message.
    quiet: Stopwatch,
    _place: WatchPlace,
}

impl<S: Subject> Watching<S> {
    fn new(
        calls: Calls,
        actor: Actor,
        watch: Watch,
        resumed: bool,
        subject: S,
    ) -> Result<Self, Status> {
        let place = calls.watch_place(&actor.client)?;
        let snapshot = (!resumed).then(Position::default);
        Ok(Self {
            calls,
            actor,
            subject,
            watch,
            snapshot,
            ready: VecDeque::new(),
            ended: false,
            quiet: Stopwatch::start(),
            _place: place,
        })
    }

    /// Fills `ready` with what comes next.
    async fn fill(&mut self) -> Result<(), Status> {
        self.actor = Actor {
            person: None,
            ..self.calls.reader(&self.actor.client, S::READ)?
        };
        if let Some(from) = self.snapshot {
            let (page, next) = self.subject.page(&self.calls, &self.actor, from).await?;
            self.ready.extend(page);
            self.snapshot = next;
            if next.is_none() {
                let place = self.calls.place(self.watch.cursor()).await?;
                self.ready.push_back(S::snapshot_end(place));
            }
            return Ok(());
        }
        let (calls, watch) = (&self.calls, &mut self.watch);
        let left = HEARTBEAT_EVERY.saturating_sub(self.quiet.elapsed());
        let changes = self.subject.changes(calls, &self.actor, watch);
        let changes = calls.until_stop(timeout_or(left, changes)).await?;
        self.ready.extend(changes);
        if self.watch.take_gap() {
            self.snapshot = Some(Position::default());
        }
        // What is not for the caller passes without a word, but not for ever.
        if self.ready.is_empty() && self.quiet.elapsed() >= HEARTBEAT_EVERY {
            let place = self.calls.place(self.watch.cursor()).await?;
            self.ready.push_back(S::heartbeat(place));
        }
        Ok(())
    }
}

/// The outcome of `changes`, or nothing when it takes longer than `limit`. What the feed holds is read again by the next call.
async fn timeout_or<T>(
    limit: Duration,
    changes: impl Future<Output = Result<Vec<T>, Status>>,
) -> Result<Vec<T>, Status> {
    timeout(limit, changes).await.unwrap_or(Ok(Vec::new()))
}

fn run<S: Subject>(watching: Watching<S>) -> Stream<S::Message> {
    stream::unfold(watching, |mut watching| async move {
        if watching.ended {
            return None;
        }
        loop {
            if let Some(message) = watching.ready.pop_front() {
                watching.quiet = Stopwatch::start();
                return Some((Ok(message), watching));
            }
            if let Err(status) = watching.fill().await {
                watching.ended = true;
                return Some((Err(status), watching));
            }
        }
    })
    .boxed()
}

struct Enquiries(WatchInput);

impl Enquiries {
    fn wants(&self, recorded: &Recorded) -> bool {
        self.0
            .enquiry
            .is_none_or(|id| recorded.enquiry() == Some(id))
            && self
                .0
                .courts
                .as_ref()
                .is_none_or(|courts| courts.contains(&recorded.court))
    }
}

#[async_trait]
impl Subject for Enquiries {
    type Message = v1::WatchResponse;

    const READ: Read = Read::Enquiries;

    async fn page(
        &self,
        calls: &Calls,
        actor: &Actor,
        from: Position,
    ) -> Result<(Vec<Self::Message>, Option<Position>), Status> {
        if let Some(id) = self.0.enquiry {
            let open = calls.broker.get(id, actor).await.map_err(status::broker)?;
            return Ok((vec![snapshot(&open)], None));
        }
        let filter = Filter {
            courts: self.0.courts.clone(),
            open: Some(true),
            ..Filter::default()
        };
        let input = ListInput {
            filter,
            reference: None,
            position: from,
            size: limits::PAGE_SIZE_DEFAULT,
        };
        calls
            .broker
            .list(&input, actor, |open| convert::sized(snapshot(open)))
            .await
            .map_err(status::broker)
    }

    async fn changes(
        &self,
        calls: &Calls,
        actor: &Actor,
        watch: &mut Watch,
    ) -> Result<Vec<Self::Message>, Status> {
        let events = watch
            .next(&calls.broker, actor)
            .await
            .map_err(status::broker)?;
        let wanted = events.iter().filter(|recorded| self.wants(recorded));
        let views = wanted.filter_map(convert::event_view);
        Ok(views
            .map(|event| response(watch_response::Payload::Event(event)))
            .collect())
    }

    fn snapshot_end(place: Resume) -> Self::Message {
        response(watch_response::Payload::SnapshotEnd(convert::snapshot_end(
            place,
        )))
    }

    fn heartbeat(place: Resume) -> Self::Message {
        response(watch_response::Payload::Heartbeat(convert::heartbeat(
            place,
        )))
    }
}

fn snapshot(open: &crate::broker::opened::OpenEnquiry) -> v1::WatchResponse {
    response(watch_response::Payload::Snapshot(convert::enquiry_view(
        open,
    )))
}

fn response(payload: watch_response::Payload) -> v1::WatchResponse {
    v1::WatchResponse {
        payload: Some(payload),
    }
}

struct Alerts(AlertFilter);

#[async_trait]
impl Subject for Alerts {
    type Message = v1::WatchAlertsResponse;

    const READ: Read = Read::Alerts;

    async fn page(
        &self,
        calls: &Calls,
        actor: &Actor,
        from: Position,
    ) -> Result<(Vec<Self::Message>, Option<Position>), Status> {
        let input = ListAlertsInput {
            filter: self.0.clone(),
            position: from,
            size: limits::PAGE_SIZE_DEFAULT,
        };
        let cards = calls.broker.cards();
        let show = |entry: &crate::broker::AlertEntry| {
            let alert = convert::alert_entry_view(entry, &cards);
            convert::sized(alert_response(watch_alerts_response::Payload::Snapshot(
                alert,
            )))
        };
        calls
            .broker
            .list_alerts(&input, actor, show)
            .await
            .map_err(status::broker)
    }

    async fn changes(
        &self,
        calls: &Calls,
        actor: &Actor,
        watch: &mut Watch,
    ) -> Result<Vec<Self::Message>, Status> {
        let changes = watch
            .next_alerts(&calls.broker, &self.0, actor)
            .await
            .map_err(status::broker)?;
        let cards = calls.broker.cards();
        let view = |(place, entry): (Resume, crate::broker::AlertEntry)| {
            let alert = convert::alert_entry_view(&entry, &cards);
            let change = v1::AlertChange {
                cursor: super::token::cursor(place),
                alert: Some(alert),
            };
            alert_response(watch_alerts_response::Payload::Change(change))
        };
        Ok(changes.into_iter().map(view).collect())
    }

    fn snapshot_end(place: Resume) -> Self::Message {
        alert_response(watch_alerts_response::Payload::SnapshotEnd(
            convert::snapshot_end(place),
        ))
    }

    fn heartbeat(place: Resume) -> Self::Message {
        alert_response(watch_alerts_response::Payload::Heartbeat(
            convert::heartbeat(place),
        ))
    }
}

fn alert_response(payload: watch_alerts_response::Payload) -> v1::WatchAlertsResponse {
    v1::WatchAlertsResponse {
        payload: Some(payload),
    }
}
