//! What is going on, as an inspector's watch tells it: the live display is a client like any other. It counts; nothing rests on it.

use super::client::{Client, before_reconnecting};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use usher_proto::v1;
use usher_proto::v1::watch_response::Payload;

/// How one borough stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) waiting: u32,
    pub(super) leased: u32,
    pub(super) accepted: u32,
    pub(super) asked: u32,
    pub(super) answered: u32,
    pub(super) late: u32,
    /// Alerts that have not ended.
    pub(super) alerts: u32,
}

impl Row {
    /// Checks that nobody has answered.
    pub(super) fn open(&self) -> u32 {
        self.waiting + self.leased + self.accepted + self.asked
    }

    fn add(&mut self, other: &Self) {
        self.waiting += other.waiting;
        self.leased += other.leased;
        self.accepted += other.accepted;
        self.asked += other.asked;
        self.answered += other.answered;
        self.late += other.late;
        self.alerts += other.alerts;
    }
}

/// Everything at one moment. The rows are by responder; the operators' queue is the row without a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) rows: BTreeMap<String, Row>,
    pub(super) total: Row,
    pub(super) enquiries: u32,
    /// Open checks of which a step has been raised.
    pub(super) due: u32,
    /// Steps and troubles raised so far.
    pub(super) escalated: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Waiting,
    Leased,
    Accepted,
    Asked,
    Answered {
        late: bool,
    },
    Ended,
}

#[derive(Debug, Default)]
struct Seen {
    responder: String,
    state: State,
    raised: bool,
    alerts: u32,
}

/// The counts, kept up to date by [`Board::watch`].
#[derive(Debug, Default)]
pub(super) struct Board(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    checks: HashMap<String, Seen>,
    enquiries: u32,
    escalated: u32,
}

impl Board {
    /// Follows everything that happens until the caller drops it.
    pub(super) async fn watch(self: Arc<Self>, client: Client) {
        let mut cursor = String::new();
        loop {
            let request = v1::WatchRequest {
                resume_cursor: cursor.clone(),
                ..v1::WatchRequest::default()
            };
            if let Ok(stream) = client.court().watch(request).await {
                let mut stream = stream.into_inner();
                while let Ok(Some(message)) = stream.message().await {
                    match message.payload {
                        Some(Payload::Event(event)) => {
                            self.note(&event);
                            cursor = event.cursor;
                        }
                        Some(Payload::SnapshotEnd(end)) => cursor = end.cursor,
                        Some(Payload::Heartbeat(beat)) => cursor = beat.cursor,
                        Some(Payload::Snapshot(_)) | None => {}
                    }
                }
            }
            before_reconnecting().await;
        }
    }

    fn note(&self, event: &v1::Event) {
        use v1::EventType as E;
        let mut inner = self.inner();
        let kind = event.r#type();
        match kind {
            E::Submitted => inner.enquiries += 1,
            E::StepRaised | E::TroubleRaised => inner.escalated += 1,
            _ => {}
        }
        if event.check_id.is_empty() {
            return;
        }
        let seen = inner.checks.entry(event.check_id.clone()).or_default();
        match kind {
            E::Opened => seen.responder.clone_from(&event.responder_id),
            E::Leased => seen.state = State::Leased,
            E::LeaseLost | E::Released | E::Supplied => seen.state = State::Waiting,
            E::Accepted => seen.state = State::Accepted,
            E::Asked => seen.state = State::Asked,
            E::Answered if event.answer_version == 1 => {
                let late = event.timeliness() == v1::Timeliness::AfterHearing;
                seen.state = State::Answered { late };
            }
            E::Redirected | E::Rerouted | E::Closed => seen.state = State::Ended,
            E::StepRaised => {
                seen.raised = true;
                seen.alerts += 1;
            }
            E::TroubleRaised => seen.alerts += 1,
            E::Resolved => seen.alerts = seen.alerts.saturating_sub(1),
            _ => {}
        }
    }

    /// How everything stands now.
    pub(super) fn picture(&self) -> Picture {
        let inner = self.inner();
        let mut picture = Picture {
            enquiries: inner.enquiries,
            escalated: inner.escalated,
            ..Picture::default()
        };
        for seen in inner.checks.values() {
            let row = picture.rows.entry(seen.responder.clone()).or_default();
            row.alerts += seen.alerts;
            match seen.state {
                State::Waiting => row.waiting += 1,
                State::Leased => row.leased += 1,
                State::Accepted => row.accepted += 1,
                State::Asked => row.asked += 1,
                State::Answered { late } => {
                    row.answered += 1;
                    row.late += u32::from(late);
                }
                State::Ended => {}
            }
            let is_open = !matches!(seen.state, State::Answered { .. } | State::Ended);
            picture.due += u32::from(is_open && seen.raised);
        }
        for row in picture.rows.values() {
            picture.total.add(row);
        }
        picture
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v1::EventType as E;

    fn event(check: &str, kind: E) -> v1::Event {
        v1::Event {
            check_id: check.into(),
            responder_id: if kind == E::Opened {
                "hackney".into()
            } else {
                String::new()
            },
            answer_version: u32::from(kind == E::Answered),
            r#type: kind.into(),
            ..v1::Event::default()
        }
    }

    #[test]
    fn events_move_checks_from_column_to_column() {
        let board = Board::default();
        let steps = [
            (event("", E::Submitted), Row::default()),
            (
                event("1/1", E::Opened),
                Row {
                    waiting: 1,
                    ..Row::default()
                },
            ),
            (
                event("1/1", E::Leased),
                Row {
                    leased: 1,
                    ..Row::default()
                },
            ),
            (
                event("1/1", E::LeaseLost),
                Row {
                    waiting: 1,
                    ..Row::default()
                },
            ),
            (
                event("1/1", E::StepRaised),
                Row {
                    waiting: 1,
                    alerts: 1,
                    ..Row::default()
                },
            ),
            (
                event("1/1", E::Accepted),
                Row {
                    accepted: 1,
                    alerts: 1,
                    ..Row::default()
                },
            ),
            (
                event("1/1", E::Resolved),
                Row {
                    accepted: 1,
                    ..Row::default()
                },
            ),
            (
                event("1/1", E::Answered),
                Row {
                    answered: 1,
                    ..Row::default()
                },
            ),
        ];
        for (event, expected) in steps {
            board.note(&event);
            assert_eq!(board.picture().total, expected, "{:?}", event.r#type());
        }
        let picture = board.picture();
        assert_eq!(
            (picture.enquiries, picture.escalated, picture.due),
            (1, 1, 0)
        );
        assert!(picture.rows.contains_key("hackney"));
    }
}
