//! The operators of the service, as one client program: they watch alerts, take them on by name, and route what leads nowhere where the file
//! says whose it is. They work office hours; what they leave stays an open alert.

use super::agenda::{self, Planned, TOLD_MAX};
use super::client::{Client, Common, before_reconnecting, call, person};
use super::officer::after;
use super::records::Records;
use super::seed::{dice, full_name, happens, request_id};
use crate::clock::Clock as _;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tonic::Status;
use usher_domain::time::{Calendar, WorkingHours};
use usher_proto::v1;
use usher_proto::v1::watch_alerts_response::Payload;

/// Of a hundred alerts, so many are taken on.
const ACKNOWLEDGED_PERCENT: u32 = 70;
/// Of a hundred checks that lead nowhere, so many are in the file under another address.
const REROUTED_PERCENT: u32 = 50;
/// How often one alert is taken on at most; after that it stays open.
const TAKEN_ON_MAX: u8 = 2;
/// Alerts that the operators remember; with more, they start anew.
const REMEMBERED_MAX: usize = 200_000;

/// What an operator does.
#[derive(Debug)]
pub(super) enum Act {
    Acknowledge { alert: String, turn: u8 },
    Reroute { check: String },
}

/// The operators.
pub(super) struct Operators {
    pub(super) common: Common,
    pub(super) client: Client,
    pub(super) records: Arc<Records>,
    /// The boroughs' authorities.
    pub(super) authorities: Arc<[String]>,
}

impl Operators {
    /// Plays them until the run stops.
    pub(super) async fn play(self) {
        let operators = Arc::new(self);
        let (tell, told) = mpsc::channel(TOLD_MAX);
        let performer = Arc::clone(&operators);
        let perform = move |act| {
            let operators = Arc::clone(&performer);
            async move { operators.perform(act).await }
        };
        tokio::select! {
            () = agenda::play(operators.common.clone(), Vec::new(), told, perform) => {}
            () = operators.watch(&tell) => {}
        }
    }

    async fn watch(&self, tell: &mpsc::Sender<Planned<Act>>) {
        let mut cursor = String::new();
        let mut taken_on: HashMap<String, u8> = HashMap::new();
        loop {
            let request = v1::WatchAlertsRequest {
                resume_cursor: cursor.clone(),
                ..v1::WatchAlertsRequest::default()
            };
            if let Ok(stream) = self.client.operations().watch_alerts(request).await {
                let mut stream = stream.into_inner();
                while let Ok(Some(message)) = stream.message().await {
                    let alert = match message.payload {
                        Some(Payload::Snapshot(alert)) => Some(alert),
                        Some(Payload::Change(change)) => {
                            cursor = change.cursor;
                            change.alert
                        }
                        Some(Payload::SnapshotEnd(end)) => {
                            cursor = end.cursor;
                            None
                        }
                        Some(Payload::Heartbeat(beat)) => {
                            cursor = beat.cursor;
                            None
                        }
                        None => None,
                    };
                    let Some(alert) = alert.filter(|alert| alert.state() == v1::AlertState::Open)
                    else {
                        continue;
                    };
                    if taken_on.len() >= REMEMBERED_MAX {
                        taken_on.clear();
                    }
                    let turn = taken_on.entry(alert.id.clone()).or_default();
                    if *turn < TAKEN_ON_MAX {
                        *turn += 1;
                        // An error means that the run is over.
                        let _ = tell.send(self.plan(alert, *turn)).await;
                    }
                }
            }
            before_reconnecting().await;
        }
    }

    /// What to do about an alert, and when: at their desks, a few minutes after it comes.
    fn plan(&self, alert: v1::Alert, turn: u8) -> Planned<Act> {
        let mut dice = self.dice(&["alert", &alert.id, &turn.to_string()]);
        let now = self.common.clock.now();
        let unroutable = alert.trouble() == v1::Trouble::Unroutable;
        let act = if unroutable && turn == 1 && happens(&mut dice, REROUTED_PERCENT) {
            Act::Reroute {
                check: alert.check_id,
            }
        } else {
            Act::Acknowledge {
                alert: alert.id,
                turn,
            }
        };
        let calendar = Calendar::new([], jiff::civil::Date::MAX);
        let hours = WorkingHours::office();
        let at = after(now, dice.i64(2..=25));
        let at = if hours.is_open(at, &calendar) {
            at
        } else {
            hours.after(
                at,
                jiff::SignedDuration::from_mins(dice.i64(1..=40)),
                &calendar,
            )
        };
        Planned { at, act }
    }

    async fn perform(&self, act: Act) -> Vec<Planned<Act>> {
        let (verb, outcome) = match act {
            Act::Acknowledge { alert, turn } => {
                ("acknowledge", self.acknowledge(alert, turn).await)
            }
            Act::Reroute { check } => ("reroute", self.reroute(check).await),
        };
        if let Err(status) = outcome {
            self.records.refused(verb, &status);
        }
        Vec::new()
    }

    async fn acknowledge(&self, alert: String, turn: u8) -> Result<(), Status> {
        let mut dice = self.dice(&["acknowledge", &alert, &turn.to_string()]);
        if !happens(&mut dice, ACKNOWLEDGED_PERCENT) {
            return Ok(());
        }
        let request = v1::AcknowledgeRequest {
            request_id: self.request_id(&["acknowledge", &alert, &turn.to_string()]),
            person: Some(person(full_name(&mut dice), "Service desk")),
            alert_id: alert,
            note: "Chasing by telephone.".into(),
        };
        call!(self.client.operations(), acknowledge, request).map(drop)
    }

    async fn reroute(&self, check: String) -> Result<(), Status> {
        let mut dice = self.dice(&["reroute", &check]);
        let Some(authority) = dice.choice(self.authorities.iter()).cloned() else {
            return Ok(());
        };
        let request = v1::RerouteRequest {
            request_id: self.request_id(&["reroute", &check]),
            person: Some(person(full_name(&mut dice), "Service desk")),
            check_id: check,
            authority_codes: vec![authority],
            responder_ids: Vec::new(),
        };
        self.common.lag.hands_over();
        call!(self.client.operations(), reroute, request).map(drop)
    }

    fn dice(&self, labels: &[&str]) -> fastrand::Rng {
        dice(self.common.seed, &[&["operator"], labels].concat())
    }

    fn request_id(&self, labels: &[&str]) -> String {
        request_id(self.common.seed, &[&["operator"], labels].concat())
    }
}
