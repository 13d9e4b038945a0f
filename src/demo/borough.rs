//! One borough's adapter, as a client program: it leases checks, nearest deadline first, and answers, lets people answer, asks back, sends on,
//! or dies with checks in its hands. Where a real adapter asks the borough's system, its people: they take what that leaves to them.

use super::agenda::{self, Planned, TOLD_MAX};
use super::cast::{Behaviour, Fate, Matter, treat};
use super::client::{Client, Common, before_reconnecting, call, person};
use super::connectors::Joined;
use super::officer::after;
use super::records::Records;
use super::seed::{self, dice, full_name, request_id};
use crate::clock::{Clock as _, Stopwatch};
use jiff::SignedDuration;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tonic::Status;
use tonic::transport::Channel;
use usher_domain::limits;
use usher_domain::time::Timestamp;
use usher_proto::v1;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;

/// Checks that one call takes.
const LEASED_AT_ONCE: u32 = 16;
/// How long an adapter keeps a check, in simulated seconds: the policy's longest, because a fast clock makes it short.
const LEASE_SECONDS: i64 = 15 * 60;
/// In real time, between calls that brought nothing: where the clock runs fast, waiting is over at once.
const EMPTY_CALL_LEAST: Duration = Duration::from_millis(40);
/// In real time, between two looks of people at their list when nothing was left to them.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
/// Checks that people see in one look at their list.
const LISTED: i32 = 100;
/// Calls that brought checks before a dying adapter dies.
const DIES_AFTER: u32 = 3;
/// How long it stays away, in simulated minutes.
const AWAY_MINUTES: i64 = 75;

/// Whether an adapter is there, for the live display.
#[derive(Debug, Default)]
pub(super) struct Presence(AtomicU8);

impl Presence {
    const STATES: [&'static str; 3] = ["not yet", "connected", "down"];

    fn set(&self, place: u8) {
        self.0.store(place, Ordering::Relaxed);
    }

    /// In a word.
    pub(super) fn word(&self) -> &'static str {
        Self::STATES
            .get(usize::from(self.0.load(Ordering::Relaxed)))
            .copied()
            .unwrap_or_default()
    }
}

/// What an adapter does later.
#[derive(Debug)]
pub(super) enum Act {
    Answer {
        check: String,
        lease: String,
    },
    Accept {
        check: String,
        lease: String,
        promise: Option<Timestamp>,
        answer: Timestamp,
    },
    Ask {
        check: String,
        lease: String,
    },
    Redirect {
        check: String,
        lease: String,
        known: bool,
    },
}

/// One borough.
pub(super) struct Borough {
    pub(super) common: Common,
    /// Makes a new connection, as a restarted program would.
    pub(super) connect: Box<dyn Fn() -> Option<Client> + Send + Sync>,
    pub(super) records: Arc<Records>,
    pub(super) presence: Arc<Presence>,
    pub(super) id: String,
    pub(super) behaviour: Behaviour,
    /// Of a hundred checks, about so many are not answered in time.
    pub(super) not_in_time: u32,
    /// From when on a dying adapter may die.
    pub(super) dies_from: Timestamp,
    /// The authorities of the other boroughs.
    pub(super) others: Arc<[String]>,
    /// Whether somebody at the console plays its desk: then half of what is left to people is left to them.
    pub(super) is_shared: bool,
}

impl Borough {
    /// Plays the borough until the run stops, beside the adapter that asks its system.
    pub(super) async fn play(self, joined: Option<Joined>) {
        let borough = Arc::new(self);
        if let Some(Joined {
            adapter,
            system,
            left,
        }) = joined
        {
            tokio::join!(adapter.run(), system, borough.desk(&left));
            return;
        }
        match borough.behaviour {
            Behaviour::Absent => borough.presence.set(2),
            Behaviour::Dying { restarts } => {
                borough.clone().live(Some(DIES_AFTER)).await;
                borough.presence.set(2);
                if restarts {
                    borough.away().await;
                    borough.live(None).await;
                }
            }
            _ => borough.live(None).await,
        }
    }

    async fn away(&self) {
        let clock = &self.common.clock;
        let back = after(clock.now(), AWAY_MINUTES);
        while clock.now() < back && !self.common.stop.is_cancelled() {
            clock.sleep_until(back).await;
        }
    }

    /// Runs the program: its calls for work and what it does with it, until the run stops or, if it `dies`, so many batches were taken.
    async fn live(self: Arc<Self>, dies: Option<u32>) {
        let Some(client) = (self.connect)() else {
            return;
        };
        let (tell, told) = mpsc::channel(TOLD_MAX);
        tokio::select! {
            () = self.clone().act(&client, told) => {}
            () = self.work(&client, &tell, dies) => {}
        }
    }

    /// The people beside a real adapter: they look at their list when it has `left` them something, and from time to time.
    async fn desk(self: Arc<Self>, left: &Notify) {
        let Some(client) = (self.connect)() else {
            return;
        };
        let (tell, told) = mpsc::channel(TOLD_MAX);
        tokio::select! {
            () = self.clone().act(&client, told) => {}
            () = self.look(&client, &tell, left) => {}
        }
    }

    /// Does what it is told, when it is due.
    async fn act(self: Arc<Self>, client: &Client, told: mpsc::Receiver<Planned<Act>>) {
        self.presence.set(1);
        let (common, adapter) = (self.common.clone(), client.adapter());
        let perform = move |act| {
            let (borough, adapter) = (Arc::clone(&self), adapter.clone());
            async move { borough.perform(act, adapter).await }
        };
        agenda::play(common, Vec::new(), told, perform).await;
    }

    async fn look(&self, client: &Client, tell: &mpsc::Sender<Planned<Act>>, left: &Notify) {
        let mut seen = HashSet::new();
        loop {
            // An error means that the next look tells.
            let mut left_to_us = left_to_people(client, &mut seen).await.unwrap_or_default();
            left_to_us.retain(|left| !self.is_for_the_console(left));
            for taken in left_to_us {
                if let Some(planned) = self.plan(taken) {
                    // An error means that the run is over.
                    let _ = tell.send(planned).await;
                }
            }
            tokio::select! {
                () = left.notified() => tokio::time::sleep(EMPTY_CALL_LEAST).await,
                () = tokio::time::sleep(LOOKED_EVERY) => {}
            }
        }
    }

    fn is_for_the_console(&self, taken: &v1::LeasedCheck) -> bool {
        let id = taken.check.as_ref().map_or("", |check| &check.id);
        self.is_shared && dice(self.common.seed, &["console", id]).bool()
    }

    async fn work(&self, client: &Client, tell: &mpsc::Sender<Planned<Act>>, dies: Option<u32>) {
        let mut batches = 0;
        for call in 0_u64.. {
            let watch = Stopwatch::start();
            let asked = client.lease(self.lease_request(call)).await;
            let Ok(checks) = asked else {
                before_reconnecting().await;
                continue;
            };
            if checks.is_empty() {
                tokio::time::sleep(EMPTY_CALL_LEAST.saturating_sub(watch.elapsed())).await;
                continue;
            }
            batches += u32::from(self.common.clock.now() >= self.dies_from);
            if dies.is_some_and(|after| batches >= after) {
                // The program ends here with checks in its hands: nobody gives them back.
                return;
            }
            self.common.lag.hands_over();
            for leased in checks {
                if let Some(planned) = self.plan(leased) {
                    // An error means that the run is over.
                    let _ = tell.send(planned).await;
                }
            }
        }
    }

    fn lease_request(&self, call: u64) -> v1::LeaseChecksRequest {
        let now = self.common.clock.now().as_millisecond();
        let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
        v1::LeaseChecksRequest {
            request_id: self.request_id(&["lease", &call.to_string(), &now.to_string()]),
            responder_ids: Vec::new(),
            max_checks: LEASED_AT_ONCE,
            wait: seconds(limits::LEASE_WAIT_SECONDS_MAX.cast_signed()),
            lease: seconds(LEASE_SECONDS),
            report: None,
        }
    }

    fn plan(&self, leased: v1::LeasedCheck) -> Option<Planned<Act>> {
        let v1::LeasedCheck {
            check,
            lease_id: lease,
            ..
        } = leased;
        let check = check?;
        let now = self.common.clock.now();
        let sent_on = |reason: &v1::RouteReason| {
            matches!(
                reason.kind(),
                v1::RouteReasonKind::Redirected | v1::RouteReasonKind::Operator
            )
        };
        let matter = Matter {
            now,
            handled: !check.exchanges.is_empty() || check.reasons.iter().any(sent_on),
        };
        let mut dice = self.dice(&[
            "check",
            &check.id,
            if matter.handled { "again" } else { "first" },
        ]);
        let check = check.id;
        let enquiry = check.split('/').next().unwrap_or_default();
        let mut luck = seed::dice(self.common.seed, &["tardy", enquiry]);
        let fate = treat(
            self.behaviour,
            matter,
            self.not_in_time,
            &mut luck,
            &mut dice,
        );
        let act = match fate {
            Fate::Soon(span) => {
                let at = now.saturating_add(span).unwrap_or(Timestamp::MAX);
                return Some(Planned {
                    at,
                    act: Act::Answer { check, lease },
                });
            }
            Fate::People { promise, answer } => Act::Accept {
                check,
                lease,
                promise,
                answer,
            },
            Fate::Ask => Act::Ask { check, lease },
            Fate::Redirect => Act::Redirect {
                check,
                lease,
                known: true,
            },
            Fate::NotOurs => Act::Redirect {
                check,
                lease,
                known: false,
            },
        };
        let at = now
            .saturating_add(SignedDuration::from_secs(dice.i64(10..=60)))
            .unwrap_or(Timestamp::MAX);
        Some(Planned { at, act })
    }

    async fn perform(&self, act: Act, adapter: AdapterServiceClient<Channel>) -> Vec<Planned<Act>> {
        let mut next = Vec::new();
        let (verb, outcome) = match act {
            Act::Answer { check, lease } => ("answer", self.answer(check, lease, adapter).await),
            Act::Ask { check, lease } => ("ask", self.ask(check, lease, adapter).await),
            Act::Redirect {
                check,
                lease,
                known,
            } => (
                "redirect",
                self.redirect(check, lease, known, adapter).await,
            ),
            Act::Accept {
                check,
                lease,
                promise,
                answer,
            } => {
                let accepted = self.accept(check.clone(), lease, promise, adapter).await;
                if accepted.is_ok() {
                    let act = Act::Answer {
                        check,
                        lease: String::new(),
                    };
                    next.push(Planned { at: answer, act });
                }
                ("accept", accepted)
            }
        };
        if let Err(status) = outcome {
            self.records.refused(verb, &status);
        }
        next
    }

    async fn answer(
        &self,
        check: String,
        lease: String,
        adapter: AdapterServiceClient<Channel>,
    ) -> Result<(), Status> {
        let mut dice = self.dice(&["answer", &check]);
        let disposition = match dice.u32(0..100) {
            0..55 => v1::Disposition::NotKnown,
            55..75 => v1::Disposition::KnownNothingRelevant,
            75..97 => v1::Disposition::KnownRelevant,
            _ => v1::Disposition::HeldCannotDisclose,
        };
        let by_people = lease.is_empty();
        let request = v1::AnswerRequest {
            request_id: self.request_id(&["answer", &check, &lease]),
            person: by_people.then(|| person(full_name(&mut dice), "Duty social worker")),
            check_id: check,
            lease_id: lease,
            disposition: disposition.into(),
            data_as_of_time: None,
            content: Some(content(disposition, &mut dice)),
            referral_outcome: v1::ReferralOutcome::Unspecified.into(),
        };
        call!(adapter, answer, request).map(drop)
    }

    async fn accept(
        &self,
        check: String,
        lease: String,
        promise: Option<Timestamp>,
        adapter: AdapterServiceClient<Channel>,
    ) -> Result<(), Status> {
        // A promise for a moment that has come meanwhile is none.
        let promise = promise.filter(|promise| *promise > after(self.common.clock.now(), 10));
        let request = v1::AcceptRequest {
            request_id: self.request_id(&["accept", &check, &lease]),
            person: Some(self.worker(&check)),
            check_id: check,
            lease_id: lease,
            expected_by_time: promise.map(|at| prost_types::Timestamp {
                seconds: at.as_second(),
                nanos: 0,
            }),
        };
        call!(adapter, accept, request).map(drop)
    }

    async fn ask(
        &self,
        check: String,
        lease: String,
        adapter: AdapterServiceClient<Channel>,
    ) -> Result<(), Status> {
        let request = v1::AskRequest {
            request_id: self.request_id(&["ask", &check, &lease]),
            person: Some(self.worker(&check)),
            check_id: check,
            lease_id: lease,
            question: "Do the children live at the address of the curfew, and who else does?"
                .into(),
        };
        call!(adapter, ask, request).map(drop)
    }

    async fn redirect(
        &self,
        check: String,
        lease: String,
        known: bool,
        adapter: AdapterServiceClient<Channel>,
    ) -> Result<(), Status> {
        let mut dice = self.dice(&["redirect", &check]);
        let other = dice.choice(self.others.iter()).filter(|_| known).cloned();
        let to = other.map_or(
            v1::redirect_request::To::UnknownOwner(v1::UnknownOwner {}),
            v1::redirect_request::To::AuthorityCode,
        );
        let request = v1::RedirectRequest {
            request_id: self.request_id(&["redirect", &check, &lease]),
            person: Some(self.worker(&check)),
            check_id: check,
            lease_id: lease,
            to: Some(to),
        };
        self.common.lag.hands_over();
        call!(adapter, redirect, request).map(drop)
    }

    fn worker(&self, check: &str) -> v1::Person {
        person(
            full_name(&mut self.dice(&["worker", check])),
            "Front door, duty desk",
        )
    }

    fn dice(&self, labels: &[&str]) -> fastrand::Rng {
        dice(self.common.seed, &[&[self.id.as_str()], labels].concat())
    }

    fn request_id(&self, labels: &[&str]) -> String {
        request_id(self.common.seed, &[&[self.id.as_str()], labels].concat())
    }
}

/// What waits for people and is not among `seen`: they take it without a lease.
async fn left_to_people(
    client: &Client,
    seen: &mut HashSet<(String, usize)>,
) -> Result<Vec<v1::LeasedCheck>, Status> {
    let request = v1::ListChecksRequest {
        states: vec![v1::CheckState::Waiting.into()],
        page_size: LISTED,
        ..v1::ListChecksRequest::default()
    };
    let listed = call!(client.adapter(), list_checks, request)?;
    let is_new = |check: &v1::AssignedCheck| {
        check.for_people() != v1::PeopleReason::Unspecified
            && seen.insert((check.id.clone(), check.exchanges.len()))
    };
    let left = listed.checks.into_iter().filter(is_new);
    let taken = |check| v1::LeasedCheck {
        check: Some(check),
        ..v1::LeasedCheck::default()
    };
    Ok(left.map(taken).collect())
}

fn content(disposition: v1::Disposition, dice: &mut fastrand::Rng) -> v1::AnswerContent {
    let known = matches!(
        disposition,
        v1::Disposition::KnownNothingRelevant | v1::Disposition::KnownRelevant
    );
    let confidence = if known {
        v1::Confidence::Certain
    } else {
        v1::Confidence::None
    };
    let found = v1::Match {
        who: "subject".into(),
        confidence: confidence.into(),
        basis: "name and date of birth".into(),
    };
    let mut content = v1::AnswerContent {
        matches: vec![found],
        ..v1::AnswerContent::default()
    };
    if disposition == v1::Disposition::KnownRelevant {
        content.worker = Some(v1::Worker {
            name: full_name(dice),
            team: "Assessment team".into(),
            ..v1::Worker::default()
        });
        content.remarks = vec![v1::Remark {
            topic: v1::Topic::Narrative.into(),
            text: "Ring the worker before the report is finished.".into(),
            handling: vec![v1::Handling::RingFirst.into()],
        }];
    }
    content
}
