//! What happened to a record, newest first; who has seen it stands apart.

use crate::broker::input::{Cursor, Recorded};
use crate::console::problem::Problem;
use crate::console::when;
use crate::console::words::{event, record as words};
use usher_domain::event::EventKind;
use usher_domain::limits;

/// Pages of a history that one look goes through.
const PAGES_MAX: usize = 16;
/// Lines that are shown, the newest.
const SHOWN_MAX: usize = 200;

/// One thing that happened.
pub(super) struct Moment {
    pub(super) title: String,
    pub(super) by: String,
    pub(super) at: String,
}

/// What happened, and who has seen it.
#[derive(Default)]
pub(super) struct Timeline {
    pub(super) moments: Vec<Moment>,
    /// How often it was seen.
    pub(super) seen: usize,
    /// By whom and when, newest first.
    pub(super) views: Vec<Moment>,
    /// Whether there is more than is shown.
    pub(super) is_cut: bool,
}

impl Timeline {
    /// Of `events`, oldest first; `whose` names the responder of an event.
    pub(super) fn of(events: &[Recorded], whose: impl Fn(&Recorded) -> String) -> Self {
        let moment = |recorded: &Recorded| Moment {
            title: event::title(&recorded.event.kind, &whose(recorded)),
            by: words::by(&recorded.event.by),
            at: when::moment(recorded.event.at),
        };
        let is_view = |recorded: &&Recorded| !recorded.event.kind.is_news();
        let newest = || events.iter().rev();
        let views = newest().filter(is_view);
        // What the ladder no longer needs is told by what took its place.
        let told = |recorded: &&Recorded| {
            !is_view(recorded) && !matches!(recorded.event.kind, EventKind::StepMoot { .. })
        };
        let happened = newest().filter(told);
        Self {
            seen: views.clone().count(),
            views: views.take(SHOWN_MAX).map(moment).collect(),
            is_cut: happened.clone().count() > SHOWN_MAX,
            moments: happened.take(SHOWN_MAX).map(moment).collect(),
        }
    }
}

/// Every event that `page` gives, place after place, within bounds.
pub(super) async fn every<F>(page: impl Fn(Cursor) -> F) -> Result<Vec<Recorded>, Problem>
where
    F: Future<Output = Result<(Vec<Recorded>, Option<Cursor>), crate::broker::BrokerError>>,
{
    let (mut found, mut after) = (Vec::new(), Cursor::default());
    for _ in 0..PAGES_MAX {
        let (events, next) = page(after).await?;
        found.extend(events);
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    Ok(found)
}

/// Events of one look at a history.
pub(super) const PAGE: usize = limits::PAGE_SIZE_MAX;
