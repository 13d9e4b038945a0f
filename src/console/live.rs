//! Live parts of pages: written once for all who look at the same, whenever something has happened, and sent to each by server-sent events.

use super::problem::Problem;
use crate::broker::{Broker, Watch};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_stream::wrappers::WatchStream;
use tokio_util::sync::CancellationToken;
use usher_domain::time::Timestamp;

/// After news it waits so long for more: a burst is written once.
const SETTLE: Duration = Duration::from_millis(150);
/// Without news it is written anew so often: what it says of how late things are grows old.
const ANEW: Duration = Duration::from_secs(30);
/// After a failure it waits so long.
const REST: Duration = Duration::from_secs(2);
/// A line ends after so long, and the browser opens another: whoever is no longer signed in gets none.
const LINE_LASTS: Duration = Duration::from_mins(5);
/// How often an open line is tried.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Live parts that differ: of every scope that people may have.
const PARTS_MAX: usize = 1_000;

/// What is shown: a piece of a page, and how many things it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The piece, as HTML.
    pub(super) html: String,
    /// How many there are that nobody looks after, for the title.
    pub(super) count: usize,
    /// Since when the newest of them has been there, where that is known, for the sound: one may come while another goes.
    pub(super) newest: Option<Timestamp>,
}

/// Writes a part as it is now.
type Write =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Part, Problem>> + Send>> + Send + Sync>;

/// What whoever looks at a part is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sent {
    /// It was not written yet.
    Nothing,
    /// It, as it was last written.
    Written(Arc<str>),
    /// It cannot be written: what they see grows old.
    Lost,
}

impl Sent {
    fn event(self) -> Option<Event> {
        match self {
            Self::Nothing => None,
            Self::Written(data) => Some(Event::default().event("html").data(&*data)),
            Self::Lost => Some(Event::default().event("lost").data("")),
        }
    }
}

/// All live parts that somebody looks at.
pub(super) struct Live {
    broker: Arc<Broker>,
    stop: CancellationToken,
    parts: Mutex<HashMap<String, Weak<watch::Sender<Sent>>>>,
}

impl Live {
    /// Nobody looks yet; lines end when `stop` is cancelled.
    pub(super) fn new(broker: Arc<Broker>, stop: CancellationToken) -> Self {
        Self {
            broker,
            stop,
            parts: Mutex::default(),
        }
    }

    /// The line of one browser to the part `key`, which `write` writes. Who has the same key sees the same.
    ///
    /// # Errors
    /// `Busy` when there are too many different ones.
    pub(super) fn line<F>(
        &self,
        key: String,
        write: impl Fn() -> F + Send + Sync + 'static,
    ) -> Result<Response, Problem>
    where
        F: Future<Output = Result<Part, Problem>> + Send + 'static,
    {
        let sender = self.sender(key, Arc::new(move || Box::pin(write())))?;
        let changes = WatchStream::new(sender.subscribe());
        let stop = self.stop.clone();
        let events = changes.filter_map(move |sent| {
            // Holds the writer as long as somebody listens.
            let _writer = &sender;
            std::future::ready(sent.event().map(Ok::<_, Infallible>))
        });
        let over = async move { stop.run_until_cancelled(sleep(LINE_LASTS)).await };
        let events = events.take_until(Box::pin(over));
        let again = Event::default().event("again").data("");
        let events = events.chain(stream::once(std::future::ready(Ok(again))));
        let beat = Event::default().event("beat").data("");
        let kept = KeepAlive::new().interval(KEEP_ALIVE).event(beat);
        Ok(Sse::new(events).keep_alive(kept).into_response())
    }

    fn sender(&self, key: String, write: Write) -> Result<Arc<watch::Sender<Sent>>, Problem> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = parts.get(&key).and_then(Weak::upgrade) {
            return Ok(sender);
        }
        parts.retain(|_, sender| sender.strong_count() > 0);
        if parts.len() >= PARTS_MAX {
            return Err(Problem::Busy);
        }
        let sender = Arc::new(watch::Sender::new(Sent::Nothing));
        parts.insert(key, Arc::downgrade(&sender));
        let watch = Watch::new(&self.broker, None);
        let stop = self.stop.clone();
        let part = Arc::downgrade(&sender);
        tokio::spawn(async move {
            let _ = stop.run_until_cancelled(keep(part, watch, write)).await;
        });
        Ok(sender)
    }
}

/// Writes the part whenever something has happened, until nobody looks.
async fn keep(part: Weak<watch::Sender<Sent>>, mut watch: Watch, write: Write) {
    loop {
        let written = write().await;
        let Some(sender) = part.upgrade() else {
            return;
        };
        let (sent, is_lost) = match written {
            Ok(part) => {
                let newest = part.newest.map(Timestamp::as_millisecond);
                let told = json!({ "html": part.html, "count": part.count, "newest": newest });
                (Sent::Written(told.to_string().into()), false)
            }
            Err(problem) => {
                tracing::warn!(?problem, "a live part of the console cannot be written");
                (Sent::Lost, true)
            }
        };
        sender.send_if_modified(|last| {
            let is_new = *last != sent;
            *last = sent;
            is_new
        });
        drop(sender);
        tokio::select! {
            () = sleep(REST), if is_lost => {}
            () = watch.news() => sleep(SETTLE).await,
            () = sleep(ANEW) => {}
        }
    }
}
