//! What the adapter under test did, call by call, as the door saw it: the evidence for every clause. No word of an enquiry or an answer is
//! kept: bodies are compared by what they encode to, in memory.

use crate::clock::Stopwatch;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::Code;

/// Calls that are kept; what comes then is refused as too much. A thousand times what a good adapter makes.
pub(super) const CALLS_MAX: usize = 200_000;

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// When it came, from the beginning of the run.
    pub(super) at: Duration,
    /// The serial number of the certificate that was shown.
    pub(super) serial: Arc<str>,
    pub(super) what: What,
    pub(super) said: Said,
    /// When that was said.
    pub(super) said_at: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// A call for work, by an adapter that says it takes so many (0: it does not say), and what it was lent.
    Lease {
        most_in_hand: u32,
        lent: Vec<Lent>,
    },
    /// A renewal, and until when it made the lease last.
    Renew {
        check: String,
        lease: String,
        until: Duration,
    },
    Act(Act),
    Read,
}

/// A check lent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lent {
    pub(super) check: String,
    pub(super) lease: String,
    /// When the lease ends.
    pub(super) until: Duration,
}

/// An act on a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) verb: Verb,
    pub(super) check: String,
    pub(super) lease: String,
    pub(super) request_id: String,
    /// Whether it names a person.
    pub(super) named: bool,
    /// Whether it says `NOT_KNOWN`.
    pub(super) not_known: bool,
    /// The body without request id and lease.
    pub(super) body: Vec<u8>,
    /// The body without the age of the data either: what was decided.
    pub(super) decision: Vec<u8>,
}

impl Act {
    /// Whether the adapter has then done its part.
    pub(super) fn ends(&self) -> bool {
        self.verb != Verb::GiveBack
    }

    /// Whether it says what `other` says.
    pub(super) fn says(&self, other: &Self) -> bool {
        (self.verb, &self.decision) == (other.verb, &other.decision)
    }

    /// Whether it is about the same check under the same lease.
    pub(super) fn shares_lease(&self, other: &Self) -> bool {
        (&self.check, &self.lease) == (&other.check, &other.lease)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Accept,
    Answer,
    /// A release to any program.
    GiveBack,
    /// A release to people.
    LeaveToPeople,
    Ask,
    Redirect,
}

impl Verb {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::Answer => "Answer",
            Self::GiveBack | Self::LeaveToPeople => "Release",
            Self::Ask => "Ask",
            Self::Redirect => "Redirect",
        }
    }
}

/// What the adapter heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing yet, or it went before.
    Nothing,
    Yes,
    No {
        code: Code,
        reason: String,
    },
    /// The door lost the call, or the reply after the broker had `done` it.
    Lost {
        done: bool,
    },
}

impl Said {
    /// Whether the broker did it.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Yes | Self::Lost { done: true })
    }

    /// Whether it was refused so that the same call never does.
    pub(super) fn is_final_no(&self) -> bool {
        matches!(self, Self::No { code, .. } if matches!(
            code,
            Code::InvalidArgument | Code::NotFound | Code::AlreadyExists | Code::PermissionDenied
                | Code::FailedPrecondition | Code::OutOfRange | Code::Unimplemented
        ))
    }
}

/// Everything seen.
#[derive(Default)]
pub(super) struct Evidence {
    pub(super) calls: Vec<Call>,
    /// When something was done to the adapter or the broker that a lease does not outlive: a kill, a broker away.
    pub(super) breaks: Vec<Duration>,
}

impl Evidence {
    /// Whether nothing was broken between two moments.
    pub(super) fn is_whole(&self, from: Duration, to: Duration) -> bool {
        !self.breaks.iter().any(|at| (from..=to).contains(at))
    }

    /// The acts, with their calls.
    pub(super) fn acts(&self) -> impl DoubleEndedIterator<Item = (&Call, &Act)> + Clone {
        self.calls.iter().filter_map(|call| match &call.what {
            What::Act(act) => Some((call, act)),
            _ => None,
        })
    }

    /// Everything lent, with the calls for it.
    pub(super) fn lent(&self) -> impl Iterator<Item = (usize, &Call, &Lent)> + Clone {
        self.calls.iter().enumerate().flat_map(|(number, call)| {
            let lent = match &call.what {
                What::Lease { lent, .. } => lent.as_slice(),
                _ => &[],
            };
            lent.iter().map(move |lent| (number, call, lent))
        })
    }
}

/// The evidence as it grows.
pub(super) struct Tape {
    since: Stopwatch,
    seen: Mutex<Evidence>,
    news: watch::Sender<()>,
}

impl Tape {
    pub(super) fn new() -> Self {
        Self {
            since: Stopwatch::start(),
            seen: Mutex::default(),
            news: watch::Sender::new(()),
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.since.elapsed()
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Evidence> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls so far.
    pub(super) fn length(&self) -> usize {
        self.seen().calls.len()
    }

    /// A call has come; `None` where there are too many.
    pub(super) fn begin(&self, serial: Arc<str>, what: What) -> Option<usize> {
        let mut seen = self.seen();
        if seen.calls.len() >= CALLS_MAX {
            return None;
        }
        seen.calls.push(Call {
            at: self.now(),
            serial,
            what,
            said: Said::Nothing,
            said_at: None,
        });
        let number = seen.calls.len() - 1;
        drop(seen);
        self.news.send_replace(());
        Some(number)
    }

    /// What came of it.
    pub(super) fn end(&self, number: usize, said: Said, note: impl FnOnce(&mut What)) {
        let now = self.now();
        if let Some(call) = self.seen().calls.get_mut(number) {
            (call.said, call.said_at) = (said, Some(now));
            note(&mut call.what);
        }
        self.news.send_replace(());
    }

    pub(super) fn broke(&self) {
        let now = self.now();
        self.seen().breaks.push(now);
    }

    /// Waits until `find` finds something; `None` when the time is over.
    pub(super) async fn until<T>(
        &self,
        limit: Duration,
        mut find: impl FnMut(&Evidence) -> Option<T>,
    ) -> Option<T> {
        let mut news = self.news.subscribe();
        let found = async {
            loop {
                if let Some(found) = find(&self.seen()) {
                    return Some(found);
                }
                news.changed().await.ok()?;
            }
        };
        timeout(limit, found).await.ok().flatten()
    }
}
