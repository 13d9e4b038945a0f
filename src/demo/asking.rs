//! The court's list in the demo, and what officers do about a check that nobody has asked for: the list comes in case by case, some officers
//! forget to ask, and the broker's alerts about it reach them, then their managers, then everybody.

use super::agenda::Planned;
use super::client::{before_reconnecting, call, person};
use super::list::Case;
use super::officer::{Act, Office, after};
use super::script::Script;
use super::seed::{full_name, happens};
use super::submission::{hearing, personal, report};
use crate::clock::Clock as _;
use futures_util::stream;
use std::sync::PoisonError;
use tokio::sync::mpsc;
use tonic::Status;
use usher_domain::id::CaseId;
use usher_proto::v1;
use usher_proto::v1::watch_alerts_response::Payload;

/// Of a hundred reminders, so many are followed at once; the others wait for the next one, but for the last.
const FOLLOWED_PERCENT: u32 = 70;
/// Of a hundred cases that the manager hears of, so many need no check after all: the manager sets it aside.
const SET_ASIDE_PERCENT: u32 = 15;
/// The last step about a check that nobody has asked for, by its name in the policy.
const LAST_STEP: &str = "never_asked";
/// The step at which the manager hears of it.
const MANAGERS_STEP: &str = "manager";

/// The court's own name for `case`.
fn name(case: &Case) -> String {
    format!("demo/{}", case.line)
}

impl Office {
    /// Puts the case on the court's list, or says that its hearing moved; its id. A row that the broker refuses is asked about without.
    pub(super) async fn list(&self, script: &Script, reason: &str) -> Option<String> {
        let case = &script.case;
        let at = self.heard_at(script);
        let children = if case.child_postcodes.is_empty() {
            v1::Indicator::ContactWithChildren
        } else {
            v1::Indicator::LivesWithChildren
        };
        let row = v1::CaseRow {
            line: u32::try_from(case.line).unwrap_or(u32::MAX),
            case_name: name(case),
            hearing: Some(hearing(case, at)),
            move_reason: reason.into(),
            stage: v1::Purpose::CourtReport.into(),
            report: report(case.report).into(),
            indicators: vec![children.into()],
            personal: Some(personal(case, self.common.seed)),
            ..v1::CaseRow::default()
        };
        let message = v1::RegisterCasesRequest {
            person: Some(person("Lee Lister", "List office")),
            rows: vec![row],
            complete_days: Vec::new(),
        };
        let sent = async {
            let mut client = self.client.court();
            let answers = client.register_cases(stream::iter([message])).await?;
            answers.into_inner().message().await
        };
        // A stream is not repeated by itself; a list that came in twice changes nothing.
        let outcomes = match sent.await {
            Ok(answer) => answer.unwrap_or_default().outcomes,
            Err(status) => {
                self.records.refused("register", &status);
                Vec::new()
            }
        };
        let kept = |outcome: &v1::CaseOutcome| outcome.outcome() != v1::RegisterOutcome::Refused;
        let kept = outcomes.into_iter().find(kept)?;
        Some(kept.case_id)
    }

    /// Follows the alerts about cases that nobody has asked about.
    pub(super) async fn watch_cases(&self, tell: &mpsc::Sender<Planned<Act>>) {
        let mut cursor = String::new();
        loop {
            let request = v1::WatchAlertsRequest {
                resume_cursor: cursor.clone(),
                ..v1::WatchAlertsRequest::default()
            };
            if let Ok(stream) = self.client.operations().watch_alerts(request).await {
                let mut stream = stream.into_inner();
                while let Ok(Some(message)) = stream.message().await {
                    match message.payload {
                        Some(Payload::Snapshot(alert)) => self.reminded(&alert, tell).await,
                        Some(Payload::Change(change)) => {
                            cursor = change.cursor;
                            self.reminded(&change.alert.unwrap_or_default(), tell).await;
                        }
                        Some(Payload::SnapshotEnd(end)) => cursor = end.cursor,
                        Some(Payload::Heartbeat(beat)) => cursor = beat.cursor,
                        None => {}
                    }
                }
            }
            before_reconnecting().await;
        }
    }

    /// What follows from an alert about a case of this office.
    async fn reminded(&self, alert: &v1::Alert, tell: &mpsc::Sender<Planned<Act>>) {
        let is_about = |script: &Script| {
            let id = CaseId::derive(&name(&script.case));
            alert.case_id == id.to_string()
        };
        // Whoever has taken it on does not ask in the officer's place.
        if alert.case_id.is_empty() || alert.state() == v1::AlertState::Resolved {
            return;
        }
        let Some(place) = self.scripts.iter().position(is_about) else {
            return;
        };
        let mut dice = self.dice(&["reminded", &alert.case_id, &alert.cause]);
        let follows = happens(&mut dice, FOLLOWED_PERCENT) || alert.cause == LAST_STEP;
        if !follows {
            return;
        }
        let not_needed = happens(&mut dice, SET_ASIDE_PERCENT) && alert.cause != LAST_STEP;
        let act = if alert.cause == MANAGERS_STEP && not_needed {
            Act::SetAside {
                place,
                reason: v1::SetAsideReason::NotIndicated,
            }
        } else {
            Act::Ask(place)
        };
        let at = after(self.common.clock.now(), dice.i64(2..=15));
        // An error means that the run is over.
        let _ = tell.send(Planned { at, act }).await;
    }

    /// Asks after all; for a case that has ended, says so instead.
    pub(super) async fn ask_after_all(&self, place: usize) -> Result<(), Status> {
        let Some(script) = self.scripts.get(place) else {
            return Ok(());
        };
        let now = self.common.clock.now();
        if script.withdrawn_at.is_some_and(|at| at <= now) {
            return self.set_aside(place, v1::SetAsideReason::CaseEnded).await;
        }
        if self.receipt(place).is_none() && !script.forgets_to_ask {
            // It is on its way.
            return Ok(());
        }
        if self.receipt(place).is_none() {
            self.prompted
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(place);
            self.submit(place, true).await;
            return Ok(());
        }
        self.set_aside(place, v1::SetAsideReason::AskedElsewhere)
            .await
    }

    /// A named person says of every check that the case still needs that it need not be asked.
    pub(super) async fn set_aside(
        &self,
        place: usize,
        reason: v1::SetAsideReason,
    ) -> Result<(), Status> {
        let Some(script) = self.scripts.get(place) else {
            return Ok(());
        };
        let request = v1::GetCaseRequest {
            case_id: String::new(),
            case_name: name(&script.case),
        };
        let case = call!(self.client.court(), get_case, request)?.case;
        let case = case.unwrap_or_default();
        let needed = |one: &&v1::Requirement| one.state() == v1::RequirementState::Needed;
        for requirement in case.requirements.iter().filter(needed) {
            let number = requirement.number.to_string();
            let mut dice = self.dice(&["set aside", &case.id, &number]);
            let request = v1::SetAsideRequest {
                request_id: self.request_id(&[
                    "set aside",
                    &case.id,
                    &number,
                    reason.as_str_name(),
                ]),
                person: Some(person(full_name(&mut dice), "Senior probation officer")),
                case_id: case.id.clone(),
                requirement_number: requirement.number,
                reason: reason.into(),
                answer_check_id: String::new(),
                note: "Told by the officer in court.".into(),
            };
            call!(self.client.court(), set_aside, request)?;
            self.records.set_aside(script.case.line);
        }
        Ok(())
    }

    /// When the case is heard, as the list has it now.
    pub(super) fn heard_at(&self, script: &Script) -> jiff::civil::DateTime {
        let now = self.common.clock.now();
        let moved = script.moved.filter(|(at, _)| *at <= now);
        moved.map_or(script.case.hearing_at, |(_, to)| to)
    }
}
