//! The court officers of one office, as one client program: they submit when a report is asked for, watch for answers and read them, reply to
//! questions, record decisions at the decision point, move hearings and withdraw. Some forget.

use super::agenda::{self, Planned, TOLD_MAX};
use super::client::{Client, Common, before_reconnecting, call, person};
use super::records::{Receipt, Records};
use super::script::Script;
use super::seed::{dice, full_name, happens, request_id};
use super::submission::{deadline, submission};
use crate::clock::Clock as _;
use jiff::SignedDuration;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tonic::Status;
use usher_domain::time::Timestamp;
use usher_proto::v1;
use usher_proto::v1::watch_response::Payload;

/// Of a hundred answers, so many are never read.
const UNREAD_PERCENT: u32 = 3;
/// Minutes to a reply.
pub(super) const REPLY_MINUTES: RangeInclusive<i64> = 5..=60;
/// Of a hundred questions, so many stay without reply.
pub(super) const UNANSWERED_QUESTIONS_PERCENT: u32 = 8;
/// Where no curfew is proposed, so many officers go on without; the others seek an adjournment.
const PROCEED_PERCENT: u32 = 75;
/// Where one is, so many withdraw it; the others seek an adjournment.
const WITHDRAW_CURFEW_PERCENT: u32 = 65;
/// Of a hundred late answers, so many would have changed something.
const LATE_EFFECT_PERCENT: u32 = 20;
/// Events after which an officer's line breaks once, so that the watch goes on from its cursor.
const BREAKS_AFTER: usize = 40;
/// The step at which a decision is wanted, by its name in the policy.
const DECISION_POINT: &str = "decision_point";

/// What an officer does.
#[derive(Debug)]
pub(super) enum Act {
    Submit(usize),
    Ask(usize),
    SetAside {
        place: usize,
        reason: v1::SetAsideReason,
    },
    Move(usize),
    Withdraw(usize),
    CloseOne(usize),
    Decide {
        enquiry: String,
    },
    Supply {
        check: String,
    },
    Receive(Reading),
}

/// An answer to be read.
#[derive(Debug)]
pub(super) struct Reading {
    check: String,
    version: u32,
    timeliness: v1::Timeliness,
}

/// One office.
pub(super) struct Office {
    pub(super) common: Common,
    pub(super) client: Client,
    pub(super) records: Arc<Records>,
    pub(super) scripts: Vec<Script>,
    /// The receipt of each script that was acknowledged.
    given: Mutex<HashMap<usize, Receipt>>,
    /// The script of each enquiry.
    known: Mutex<HashMap<String, usize>>,
    /// The scripts whose officer asked only when reminded.
    pub(super) prompted: Mutex<HashSet<usize>>,
}

impl Office {
    /// An office that has these cases.
    pub(super) fn new(
        common: Common,
        client: Client,
        records: Arc<Records>,
        scripts: Vec<Script>,
    ) -> Self {
        Self {
            common,
            client,
            records,
            scripts,
            given: Mutex::default(),
            known: Mutex::default(),
            prompted: Mutex::default(),
        }
    }

    /// Plays its cases until the run stops.
    pub(super) async fn play(self) {
        let office = Arc::new(self);
        let (tell, told) = mpsc::channel(TOLD_MAX);
        let planned = office.planned();
        let performer = Arc::clone(&office);
        let perform = move |act| {
            let office = Arc::clone(&performer);
            async move { office.perform(act).await }
        };
        let agenda = agenda::play(office.common.clone(), planned, told, perform);
        tokio::select! {
            () = agenda => {}
            () = office.watch(&tell) => {}
            () = office.watch_cases(&tell) => {}
        }
    }

    fn planned(&self) -> Vec<Planned<Act>> {
        let mut planned = Vec::new();
        for (place, script) in self.scripts.iter().enumerate() {
            let others = [
                (script.moved.map(|(at, _)| at), Act::Move(place)),
                (script.withdrawn_at, Act::Withdraw(place)),
                (script.closed_at, Act::CloseOne(place)),
            ];
            let submit = (Some(script.request_at), Act::Submit(place));
            let acts = std::iter::once(submit).chain(others);
            planned.extend(acts.filter_map(|(at, act)| Some(Planned { at: at?, act })));
        }
        planned
    }

    /// Follows everything that happens to the office's enquiries, from the last cursor seen after a break.
    async fn watch(&self, tell: &mpsc::Sender<Planned<Act>>) {
        let mut cursor = String::new();
        let mut breaks_after = BREAKS_AFTER;
        loop {
            let request = v1::WatchRequest {
                resume_cursor: cursor.clone(),
                ..v1::WatchRequest::default()
            };
            if let Ok(stream) = self.client.court().watch(request).await {
                let mut stream = stream.into_inner();
                while let Ok(Some(message)) = stream.message().await {
                    match message.payload {
                        Some(Payload::Snapshot(enquiry)) => {
                            self.note_snapshot(&enquiry, tell).await;
                        }
                        Some(Payload::SnapshotEnd(end)) => cursor = end.cursor,
                        Some(Payload::Heartbeat(beat)) => cursor = beat.cursor,
                        Some(Payload::Event(event)) => {
                            self.note(&event, tell).await;
                            cursor = event.cursor;
                            breaks_after = breaks_after.saturating_sub(1);
                            if breaks_after == 0 {
                                breaks_after = usize::MAX;
                                break;
                            }
                        }
                        None => {}
                    }
                }
            }
            before_reconnecting().await;
        }
    }

    async fn note_snapshot(&self, enquiry: &v1::Enquiry, tell: &mpsc::Sender<Planned<Act>>) {
        for check in &enquiry.checks {
            match check.state() {
                v1::CheckState::Answered if check.receipt.is_none() => {
                    if let Some(answer) = check.answers.last() {
                        let reading = Reading {
                            check: check.id.clone(),
                            version: answer.version,
                            timeliness: answer.timeliness(),
                        };
                        self.plan_receive(reading, tell).await;
                    }
                }
                v1::CheckState::Asked => self.plan_supply(&check.id, tell).await,
                _ => {}
            }
            let is_wanted = |step: &v1::Step| {
                step.name == DECISION_POINT && step.state() == v1::StepState::Raised
            };
            if check.steps.iter().any(is_wanted) {
                self.plan_decide(&enquiry.id, &check.id, tell).await;
            }
        }
    }

    async fn note(&self, event: &v1::Event, tell: &mpsc::Sender<Planned<Act>>) {
        match event.r#type() {
            v1::EventType::Answered => {
                let reading = Reading {
                    check: event.check_id.clone(),
                    version: event.answer_version,
                    timeliness: event.timeliness(),
                };
                self.plan_receive(reading, tell).await;
            }
            v1::EventType::Asked => self.plan_supply(&event.check_id, tell).await,
            v1::EventType::StepRaised if event.step == DECISION_POINT => {
                self.plan_decide(&event.enquiry_id, &event.check_id, tell)
                    .await;
            }
            _ => {}
        }
    }

    async fn plan_receive(&self, reading: Reading, tell: &mpsc::Sender<Planned<Act>>) {
        let mut dice = self.dice(&["receive", &reading.check, &reading.version.to_string()]);
        if !happens(&mut dice, UNREAD_PERCENT) {
            self.plan(dice.i64(2..=40), Act::Receive(reading), tell)
                .await;
        }
    }

    async fn plan_supply(&self, check: &str, tell: &mpsc::Sender<Planned<Act>>) {
        let mut dice = self.dice(&["supply", check]);
        if !happens(&mut dice, UNANSWERED_QUESTIONS_PERCENT) {
            let check = check.to_owned();
            self.plan(dice.i64(REPLY_MINUTES), Act::Supply { check }, tell)
                .await;
        }
    }

    async fn plan_decide(&self, enquiry: &str, check: &str, tell: &mpsc::Sender<Planned<Act>>) {
        let mut dice = self.dice(&["decide", check]);
        let enquiry = enquiry.to_owned();
        self.plan(dice.i64(2..=22), Act::Decide { enquiry }, tell)
            .await;
    }

    async fn plan(&self, minutes: i64, act: Act, tell: &mpsc::Sender<Planned<Act>>) {
        let at = after(self.common.clock.now(), minutes);
        // An error means that the run is over.
        let _ = tell.send(Planned { at, act }).await;
    }

    /// Does one act; what the broker refuses is counted. Answers with what follows from it.
    async fn perform(&self, act: Act) -> Vec<Planned<Act>> {
        let (verb, outcome) = match act {
            Act::Submit(place) => {
                self.submit(place, false).await;
                return Vec::new();
            }
            Act::Ask(place) => ("submit", self.ask_after_all(place).await),
            Act::SetAside { place, reason } => ("set_aside", self.set_aside(place, reason).await),
            Act::Move(place) => ("move_hearing", self.move_hearing(place).await),
            Act::Withdraw(place) => ("withdraw", self.withdraw(place).await),
            Act::CloseOne(place) => ("close", self.close_one(place).await),
            Act::Decide { enquiry } => ("decide_without", self.decide(&enquiry).await),
            Act::Supply { check } => ("supply", self.supply(check).await),
            Act::Receive(reading) => ("receive", self.receive(reading).await),
        };
        if let Err(status) = outcome {
            self.records.refused(verb, &status);
        }
        Vec::new()
    }

    /// Puts the case on the list, and asks about it: an officer who forgets, only when `reminded`.
    pub(super) async fn submit(&self, place: usize, reminded: bool) {
        let Some(script) = self.scripts.get(place) else {
            return;
        };
        let listed = self.list(script, "As the court listed it.").await;
        if script.forgets_to_ask && !reminded && listed.is_some() {
            return;
        }
        let request = v1::SubmitRequest {
            deadline: Some(deadline(&script.case, self.heard_at(script))),
            case_id: listed.unwrap_or_default(),
            ..submission(&script.case, self.officer(place), self.common.seed)
        };
        for _ in 0..=usize::from(script.repeated) {
            match call!(self.client.court(), submit, request.clone()) {
                Ok(response) => self.acknowledged(place, response),
                Err(status) if self.receipt(place).is_none() => {
                    return self.records.refused_row(script.case.line, &status);
                }
                Err(status) => return self.records.refused("submit", &status),
            }
        }
    }

    fn acknowledged(&self, place: usize, response: v1::SubmitResponse) {
        let line = self.scripts.get(place).map(|script| script.case.line);
        let receipt = Receipt {
            line: line.unwrap_or_default(),
            prompted: locked(&self.prompted).contains(&place),
            enquiry: response.enquiry_id,
            checks: response
                .checks
                .into_iter()
                .map(|check| check.check_id)
                .collect(),
        };
        locked(&self.known).insert(receipt.enquiry.clone(), place);
        locked(&self.given).insert(place, receipt.clone());
        self.records.acknowledged(receipt);
    }

    async fn move_hearing(&self, place: usize) -> Result<(), Status> {
        let Some(script) = self.scripts.get(place) else {
            return Ok(());
        };
        let Some((_, to)) = script.moved else {
            return Ok(());
        };
        self.list(script, "The list was changed by the court.")
            .await;
        let Some(receipt) = self.receipt(place) else {
            return Ok(());
        };
        let request = v1::MoveHearingRequest {
            request_id: self.request_id(&["move", &receipt.enquiry]),
            person: Some(self.officer(place)),
            enquiry_id: receipt.enquiry,
            deadline: Some(deadline(&script.case, to)),
            reason: "The list was changed by the court.".into(),
        };
        call!(self.client.court(), move_hearing, request).map(drop)
    }

    async fn withdraw(&self, place: usize) -> Result<(), Status> {
        let Some(receipt) = self.receipt(place) else {
            return Ok(());
        };
        let request = v1::WithdrawRequest {
            request_id: self.request_id(&["withdraw", &receipt.enquiry]),
            person: Some(self.officer(place)),
            enquiry_id: receipt.enquiry,
            note: "The case will not be sentenced.".into(),
        };
        call!(self.client.court(), withdraw, request)?;
        self.set_aside(place, v1::SetAsideReason::CaseEnded).await
    }

    async fn close_one(&self, place: usize) -> Result<(), Status> {
        let Some(check) = self
            .receipt(place)
            .and_then(|receipt| receipt.checks.into_iter().next())
        else {
            return Ok(());
        };
        let request = v1::CloseRequest {
            request_id: self.request_id(&["close", &check]),
            person: Some(self.officer(place)),
            check_id: check,
            reason: v1::CloseReason::AnsweredElsewhere.into(),
            note: "The duty team said it on the telephone.".into(),
        };
        call!(self.client.operations(), close, request)?;
        self.set_aside(place, v1::SetAsideReason::AskedElsewhere)
            .await
    }

    async fn decide(&self, enquiry: &str) -> Result<(), Status> {
        let place = self.place_of(enquiry);
        let Some((place, script)) = place.and_then(|place| Some((place, self.scripts.get(place)?)))
        else {
            return Ok(());
        };
        if script.forgets {
            return Ok(());
        }
        // One decision is for every check that is outstanding, and each check asks for it: the same request again is no other decision.
        // A hearing that moved wants another one.
        let has_moved = |(at, _)| at <= self.common.clock.now();
        let hearing = if script.moved.is_some_and(has_moved) {
            "moved"
        } else {
            "first"
        };
        let mut dice = self.dice(&["decision", enquiry]);
        let decision = if script.case.curfew_postcode.is_empty() {
            choose(&mut dice, PROCEED_PERCENT, v1::DecisionKind::ProceedWithout)
        } else {
            choose(
                &mut dice,
                WITHDRAW_CURFEW_PERCENT,
                v1::DecisionKind::WithdrawCurfew,
            )
        };
        let authorised = decision == v1::DecisionKind::ProceedWithout;
        let request = v1::DecideWithoutRequest {
            request_id: self.request_id(&["decide", enquiry, hearing]),
            person: Some(self.officer(place)),
            enquiry_id: enquiry.into(),
            decision: decision.into(),
            authorised_by: authorised
                .then(|| person(full_name(&mut dice), "Senior probation officer")),
            note: "Decided at court with checks outstanding.".into(),
            deadline: None,
        };
        call!(self.client.court(), decide_without, request).map(drop)
    }

    async fn supply(&self, check: String) -> Result<(), Status> {
        let Some(place) = self.place_of(&check) else {
            return Ok(());
        };
        let request = v1::SupplyRequest {
            request_id: self.request_id(&["supply", &check, &self.common.clock.now().to_string()]),
            person: Some(self.officer(place)),
            check_id: check,
            reply: "The children live with their mother; the address was checked this morning."
                .into(),
        };
        self.common.lag.hands_over();
        call!(self.client.court(), supply, request).map(drop)
    }

    async fn receive(&self, reading: Reading) -> Result<(), Status> {
        let Reading {
            check,
            version,
            timeliness,
        } = reading;
        let Some(place) = self.place_of(&check) else {
            return Ok(());
        };
        let number = version.to_string();
        let late = timeliness == v1::Timeliness::AfterHearing;
        let effect = late.then(|| late_effect(&mut self.dice(&["late", &check, &number])));
        let request = v1::ReceiveRequest {
            request_id: self.request_id(&["receive", &check, &number]),
            person: Some(self.officer(place)),
            check_id: check,
            answer_version: version,
            would_have_changed: effect.into_iter().map(Into::into).collect(),
        };
        call!(self.client.court(), receive, request).map(drop)
    }

    /// Which case an enquiry, or a check of it, is about; none where somebody else asked.
    fn place_of(&self, id: &str) -> Option<usize> {
        let enquiry = id.split('/').next().unwrap_or_default();
        locked(&self.known).get(enquiry).copied()
    }

    pub(super) fn receipt(&self, place: usize) -> Option<Receipt> {
        locked(&self.given).get(&place).cloned()
    }

    /// The officer who has this case: each court has a few.
    fn officer(&self, place: usize) -> v1::Person {
        let script = self.scripts.get(place);
        let court = script
            .map(|script| script.case.court.to_string())
            .unwrap_or_default();
        let desk = script.map_or(0, |script| script.case.line % 3).to_string();
        let mut dice = self.dice(&["name", &court, &desk]);
        person(full_name(&mut dice), "Probation officer, court duty")
    }

    pub(super) fn dice(&self, labels: &[&str]) -> fastrand::Rng {
        dice(self.common.seed, labels)
    }

    pub(super) fn request_id(&self, labels: &[&str]) -> String {
        request_id(self.common.seed, labels)
    }
}

fn choose(dice: &mut fastrand::Rng, percent: u32, usual: v1::DecisionKind) -> v1::DecisionKind {
    if happens(dice, percent) {
        usual
    } else {
        v1::DecisionKind::SeekAdjournment
    }
}

/// What a late answer would have changed.
fn late_effect(dice: &mut fastrand::Rng) -> v1::LateEffect {
    let some = [
        v1::LateEffect::Sentence,
        v1::LateEffect::Allocation,
        v1::LateEffect::Plan,
    ];
    let is_some = happens(dice, LATE_EFFECT_PERCENT);
    let chosen = is_some.then(|| dice.choice(some)).flatten();
    chosen.unwrap_or(v1::LateEffect::Nothing)
}

fn locked<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So many minutes later.
pub(super) fn after(now: Timestamp, minutes: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_mins(minutes))
        .unwrap_or(Timestamp::MAX)
}
