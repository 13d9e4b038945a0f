//! What must be true of the feed at the end.

use super::super::kill::check_receipts;
use super::watcher::Watched;
use super::*;
use jiff::SignedDuration;
use usher::rpc::convert::event_view;
use usher::store::Recorded;
use usher_domain::event::EventKind;
use usher_domain::id::EnquiryId;
use usher_domain::time::Timestamp;

/// The moments at which the database committed each entry.
const COMMITTED: &str =
    "SELECT entry, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::bigint FROM feed";
/// A broker's clock goes by the database's, and is off by half of an exchange of words with it at most.
const CLOCK_OFF_MAX: SignedDuration = SignedDuration::from_millis(250);
/// The step that falls due a minute after its deadline.
const AFTER: SignedDuration = SignedDuration::from_mins(1);

/// The feed, from its start to its end.
pub(super) struct Proofs {
    events: Vec<Recorded>,
    /// When an entry was committed.
    committed: BTreeMap<u64, Timestamp>,
}

/// A step that was raised.
struct Raised {
    due: Timestamp,
    committed: Timestamp,
}

/// What the feed tells of one enquiry, which has one check.
struct Life {
    submitted: Timestamp,
    /// When, and when it was committed.
    answered: Option<(Timestamp, Timestamp)>,
    steps: BTreeMap<String, Raised>,
}

impl Proofs {
    pub(super) async fn read(server: &Postgres) -> Self {
        let events = whole_feed(&server.store().await, 1_000).await;
        let rows = server.client().await.query(COMMITTED, &[]).await.unwrap();
        let committed = rows.iter().map(|row| {
            let moment = Timestamp::from_millisecond(row.get(1)).unwrap();
            (u64::try_from(row.get::<_, i64>(0)).unwrap(), moment)
        });
        Self {
            committed: committed.collect(),
            events,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.events.len()
    }

    /// Where a watcher is that has seen everything.
    pub(super) fn last_cursor(&self) -> String {
        event_view(self.events.last().unwrap()).unwrap().cursor
    }

    /// Every watcher saw every event once, in the feed's order, as it is.
    pub(super) fn watchers_saw_all(&self, watched: &[Watched]) {
        let all: Vec<v1::Event> = self.events.iter().filter_map(event_view).collect();
        for (place, one) in watched.iter().enumerate() {
            let differs = all
                .iter()
                .zip(&one.events)
                .position(|(is, seen)| is != seen);
            assert_eq!(
                differs,
                None,
                "watcher {place}: {:?}",
                differs.map(|at| &one.events[at])
            );
            assert_eq!(one.events.len(), all.len(), "watcher {place}");
        }
    }

    /// Every receipt is for an enquiry that holds what was submitted, nothing else was taken, and everything is answered.
    pub(super) async fn receipts_are_there(&self, scene: &Scene, serving: &Serving) {
        let receipts = scene.told.receipts.lock().unwrap().clone();
        let lives = self.lives();
        let taken: BTreeSet<String> = lives.keys().map(ToString::to_string).collect();
        assert!(
            taken.iter().eq(receipts.keys()),
            "receipts and enquiries differ"
        );
        let unanswered: Vec<_> = lives
            .iter()
            .filter(|(_, life)| life.answered.is_none())
            .collect();
        assert!(unanswered.is_empty(), "dropped: {}", unanswered.len());
        assert_eq!(scene.told.answered.lock().unwrap().len(), receipts.len());
        check_receipts(&scene.home, serving, &receipts).await;
    }

    /// Each step that fell due while its check had no answer was raised once, at its moment or at most [`LATE_MAX`] later, as the
    /// database committed it.
    pub(super) fn steps_are_raised_once_and_in_time(&self, scene: &Scene) -> String {
        let receipts = scene.told.receipts.lock().unwrap();
        let (mut count, mut worst) = (0, (SignedDuration::ZERO, Timestamp::MIN));
        for (id, life) in &self.lives() {
            let deadline = receipts[&id.to_string()].deadline.clone().unwrap();
            let Some(v1::deadline::Kind::ReplyBy(reply_by)) = deadline.kind else {
                panic!("{id} has no moment");
            };
            let reply_by = instant(reply_by.reply_by_time);
            let (answered, committed) = life.answered.unwrap();
            // What no broker took until then is overdue when it is taken.
            let overdue = reply_by.max(life.submitted);
            let head_of_service = (reply_by + AFTER).max(life.submitted);
            let expected = [
                ("reminder", life.submitted, committed),
                ("overdue", overdue, committed),
                ("head_of_service", head_of_service, committed),
                ("unread", answered, Timestamp::MAX),
            ];
            for (step, due, over) in expected {
                let Some(raised) = life.steps.get(step) else {
                    assert!(due + LATE_MAX >= over, "{id}: {step} was not raised");
                    continue;
                };
                let late = raised.committed.duration_since(raised.due);
                assert_eq!(raised.due, due, "{id}: {step}");
                assert!(late >= -CLOCK_OFF_MAX, "{id}: {step} {late:#} late");
                assert!(late <= LATE_MAX, "{id}: {step} due {due} {late:#} late");
                (count, worst) = (count + 1, worst.max((late, due)));
            }
            let known = |step: &String| expected.iter().any(|(name, _, _)| name == step);
            assert!(life.steps.keys().all(known), "{id}");
        }
        let (worst, due) = worst;
        format!("{count} steps raised, each once, at most {worst:#} late: what was due at {due}")
    }

    /// Each lease ends in an answer, or its check is back in the queue at most [`LATE_MAX`] after its end.
    pub(super) fn leases_return(&self) -> String {
        let mut open: BTreeMap<EnquiryId, Timestamp> = BTreeMap::new();
        let (mut leases, mut lost, mut worst) = (0, 0, SignedDuration::ZERO);
        for recorded in &self.events {
            let (enquiry, event) = (recorded.enquiry().unwrap(), &recorded.event);
            match event.kind {
                EventKind::Leased { expires } => {
                    let held = open.insert(enquiry, expires);
                    assert_eq!(held, None, "{enquiry} was leased twice");
                    leases += 1;
                }
                EventKind::Answered { .. } => {
                    let expires = open.remove(&enquiry).unwrap();
                    assert!(event.at < expires, "{enquiry} was answered without a lease");
                }
                EventKind::LeaseLost => {
                    let expires = open.remove(&enquiry).unwrap();
                    let late = self.committed(recorded).duration_since(expires);
                    assert!(late >= -CLOCK_OFF_MAX, "{enquiry}: {late:#}");
                    assert!(
                        late <= LATE_MAX,
                        "{enquiry}: its lease returned {late:#} late"
                    );
                    (lost, worst) = (lost + 1, worst.max(late));
                }
                _ => {}
            }
        }
        assert!(open.is_empty(), "{} leases did not return", open.len());
        assert!(lost > 0);
        format!("{leases} leases, {lost} of them returned, at most {worst:#} late")
    }

    fn committed(&self, recorded: &Recorded) -> Timestamp {
        self.committed[&recorded.cursor.entry]
    }

    fn lives(&self) -> BTreeMap<EnquiryId, Life> {
        let mut lives = BTreeMap::new();
        for recorded in &self.events {
            let (enquiry, event) = (recorded.enquiry().unwrap(), &recorded.event);
            assert!(event.check.is_none_or(|check| check == 1));
            let life = lives.entry(enquiry).or_insert_with(|| Life {
                submitted: event.at,
                answered: None,
                steps: BTreeMap::new(),
            });
            match &event.kind {
                EventKind::Answered { version, .. } => {
                    assert_eq!(*version, 1, "{enquiry} was answered twice");
                    life.answered = Some((event.at, self.committed(recorded)));
                }
                EventKind::StepRaised { step, due, .. } => {
                    let raised = Raised {
                        due: *due,
                        committed: self.committed(recorded),
                    };
                    let earlier = life.steps.insert(step.to_string(), raised);
                    assert!(earlier.is_none(), "{enquiry}: {step} was raised twice");
                }
                _ => {}
            }
        }
        lives
    }
}
