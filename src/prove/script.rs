//! The script: what happens to the adapter under test, scene by scene. Each waits for what a good adapter does, and no longer than told.

use super::clause::{Clause, Finding, Verdict};
use super::front::{Gate, Trap, Traps};
use super::judge::judge;
use super::people::{enquiry_here, family, uncertain};
use super::program::{Place, UnderTest};
use super::report::Report;
use super::stage::{Broker, Door, OFFICER, Stage};
use super::tape::{Act, Evidence, Said, Tape, What};
use super::{Pace, Say};
use crate::config::adapter::Known;
use crate::ids::{Ids as _, RandomIds};
use anyhow::Context as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use tonic::Code;
use usher_domain::code::ClientId;
use usher_domain::id::EnquiryId;
use usher_proto::v1;

/// What the broker takes to notice that a lease has ended.
const NOTICE: Duration = Duration::from_millis(500);
/// How often it is looked whether a program that was started still runs.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The run.
pub(super) struct Play<'a> {
    pub(super) stage: &'a Stage,
    pub(super) tape: Arc<Tape>,
    pub(super) traps: Arc<Traps>,
    pub(super) pace: Pace,
    pub(super) findings: Vec<Finding>,
    pub(super) broker: Option<Broker>,
    pub(super) door: Option<Door>,
    pub(super) address: SocketAddr,
    place: Place,
    adapter: &'a mut dyn UnderTest,
    pub(super) say: &'a Say<'a>,
    fallen: usize,
    officer: ClientId,
    known: Option<Known>,
}

impl<'a> Play<'a> {
    /// Everything but the adapter has started.
    pub(super) async fn prepare(
        stage: &'a Stage,
        adapter: &'a mut dyn UnderTest,
        pace: Pace,
        known: Option<Known>,
        say: &'a Say<'a>,
    ) -> anyhow::Result<Self> {
        let broker = stage.start().await?;
        let (tape, traps) = (Arc::new(Tape::new()), Arc::new(Traps::default()));
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let door = stage.open_door(anywhere, &broker, &tape, &traps).await?;
        let (address, folder) = (door.address, stage.files());
        let place = Place {
            server: format!("https://{address}"),
            ca: folder.join("ca.pem"),
            certificate: folder.join("adapter.pem"),
            key: folder.join("adapter.key"),
            responder: super::stage::RESPONDER.into(),
            folder,
        };
        Ok(Self {
            stage,
            tape,
            traps,
            pace,
            findings: Vec::new(),
            broker: Some(broker),
            door: Some(door),
            address,
            place,
            adapter,
            say,
            fallen: 0,
            officer: ClientId::parse(OFFICER).context("the officer's URI")?,
            known,
        })
    }

    /// Plays it to the end; the adapter has then ended.
    pub(super) async fn play(&mut self) -> anyhow::Result<()> {
        self.takes().await?;
        if !matches!(self.findings.first(), Some(finding) if finding.verdict == Verdict::Passed) {
            return self.adapter.kill().await;
        }
        self.lost_reply().await?;
        self.lost_call().await?;
        self.slow().await?;
        self.expired().await?;
        self.question().await?;
        self.redirected().await?;
        self.certain().await?;
        self.killed().await?;
        self.broker_away().await?;
        self.certificate().await?;
        self.idle().await?;
        self.stops().await?;
        let fallen = self.fallen;
        let stays = Verdict::of(fallen == 0, || format!("it ended by itself {fallen} times"));
        self.find(Clause::StaysUp, stays);
        Ok(())
    }

    /// Ends the test broker, and says what came of it all.
    pub(super) async fn report(mut self) -> anyhow::Result<Report> {
        if let Some(door) = self.door.take() {
            door.close().await;
        }
        if let Some(broker) = self.broker.take() {
            broker.stop().await?;
        }
        let now = self.tape.now();
        let seen = self.tape.seen();
        let mut found = judge(&seen, now);
        found.append(&mut self.findings);
        Ok(Report::new(&found, now, seen.calls.len()))
    }

    pub(super) fn broker(&self) -> anyhow::Result<&Broker> {
        self.broker.as_ref().context("the test broker is away")
    }

    pub(super) fn find(&mut self, clause: Clause, verdict: Verdict) {
        self.findings.push(Finding { clause, verdict });
    }

    /// Says what comes, and starts an adapter again that has fallen over.
    pub(super) async fn scene(&mut self, what: &str) -> anyhow::Result<()> {
        (self.say)(what);
        if self.is_over() {
            self.fallen += 1;
            self.restart().await?;
        }
        Ok(())
    }

    /// Whether the adapter has ended by itself.
    pub(super) fn is_over(&mut self) -> bool {
        self.adapter.is_over()
    }

    /// Kills it and starts it again.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        self.tape.broke();
        self.adapter.kill().await?;
        self.tape.broke();
        self.adapter.start(&self.place).await
    }

    /// A fresh enquiry's request id, and the id that its first check will have.
    pub(super) fn next(&self) -> (String, String) {
        let request = RandomIds.request();
        let enquiry = EnquiryId::derive(&self.officer, request);
        (request.to_string(), format!("{enquiry}/1"))
    }

    /// Submits an enquiry about an ordinary family under a trap; its check.
    pub(super) async fn submit(&mut self, trap: Option<Trap>) -> anyhow::Result<String> {
        let (request, check) = self.next();
        if let Some(trap) = trap {
            self.traps.set(&check, trap);
        }
        let number = self.tape.length();
        self.ask(enquiry_here(request, family(number))).await?;
        Ok(check)
    }

    pub(super) async fn ask(&mut self, enquiry: v1::SubmitRequest) -> anyhow::Result<String> {
        let submitted = self.broker()?.officer.clone().submit(enquiry).await;
        let submitted = submitted.context("the test broker takes no enquiry")?;
        Ok(submitted.into_inner().enquiry_id)
    }

    /// Waits until an act that came after the call `from` has ended `check`.
    pub(super) async fn ended(&self, check: &str, from: usize, limit: Duration) -> Option<Act> {
        self.tape
            .until(limit, |seen| {
                let later = seen.calls.iter().skip(from);
                later
                    .filter(|call| call.said.is_done())
                    .find_map(|call| match &call.what {
                        What::Act(act) if act.check == check && act.ends() => Some(act.clone()),
                        _ => None,
                    })
            })
            .await
    }

    /// The verdict on a check that should have ended.
    pub(super) async fn ends(&self, check: &str, from: usize, limit: Duration) -> Verdict {
        let ended = self.ended(check, from, limit).await;
        Verdict::of(ended.is_some(), || self.missed(check, from, limit))
    }

    /// What the adapter did not do with `check` in the time that it had.
    fn missed(&self, check: &str, from: usize, waited: Duration) -> String {
        let lent = self
            .tape
            .seen()
            .lent()
            .any(|(number, _, lent)| number >= from && lent.check == check);
        let what = if lent {
            "took the check and did not end it"
        } else {
            "did not take the check"
        };
        format!("it {what} within {} s", waited.as_secs())
    }

    async fn takes(&mut self) -> anyhow::Result<()> {
        (self.say)("starting the adapter while checks wait");
        let mut checks = Vec::new();
        for _ in 0..3 {
            checks.push(self.submit(None).await?);
        }
        self.adapter.start(&self.place).await?;
        let mut verdict = Verdict::Passed;
        let limit = self.pace.start + self.pace.patience;
        let until = self.tape.now() + limit;
        for check in checks {
            while verdict == Verdict::Passed && self.ended(&check, 0, LOOK_EVERY).await.is_none() {
                if self.adapter.is_over() {
                    verdict = Verdict::failed(format!(
                        "it ended by itself when it was started; {}",
                        self.adapter.words()
                    ));
                } else if self.tape.now() > until {
                    let missed = self.missed(&check, 0, limit);
                    verdict = Verdict::failed(format!("{missed}; {}", self.adapter.words()));
                }
            }
        }
        self.find(Clause::Takes, verdict);
        Ok(())
    }

    async fn lost_reply(&mut self) -> anyhow::Result<()> {
        self.scene("losing the reply to an act").await?;
        let from = self.tape.length();
        let check = self.submit(Some(Trap::LoseReply)).await?;
        // What comes of it is judged from the tape.
        self.ended(&check, from, self.pace.patience).await;
        let lost = self.tape.length();
        let again = |seen: &Evidence| {
            let later = seen.calls.iter().skip(lost.saturating_sub(1));
            let mut acts = later.filter(|call| matches!(&call.what, What::Act(act) if act.check == check && call.said == Said::Yes));
            acts.next().map(drop)
        };
        self.tape.until(self.pace.repeat, again).await;
        Ok(())
    }

    async fn lost_call(&mut self) -> anyhow::Result<()> {
        self.scene("losing the reply to a call for work").await?;
        let from = self.tape.length();
        self.traps.lose_lending(true);
        let check = self.submit(None).await?;
        let limit = self.pace.lease + NOTICE + self.pace.patience;
        let verdict = self.ends(&check, from, limit).await;
        self.traps.lose_lending(false);
        self.find(Clause::LostCall, verdict);
        Ok(())
    }

    async fn slow(&mut self) -> anyhow::Result<()> {
        self.scene("answering slowly").await?;
        let from = self.tape.length();
        let slow = self.pace.slow;
        let first = self.submit(Some(Trap::Slow(slow))).await?;
        let mut verdict = self.ends(&first, from, self.pace.patience + slow).await;
        let next = self.submit(None).await?;
        if verdict == Verdict::Passed {
            verdict = self.ends(&next, from, self.pace.patience).await;
        }
        self.find(Clause::Slow, verdict);
        Ok(())
    }

    async fn expired(&mut self) -> anyhow::Result<()> {
        self.scene("holding an act up until its lease has ended")
            .await?;
        let (gate, from) = (Gate::default(), self.tape.length());
        let check = self.submit(Some(Trap::Hold(gate.clone()))).await?;
        let came = gate.came(self.pace.patience).await;
        // What comes under its next lease waits a little longer: were the check over, a repeat of the first act would do no harm.
        let apart = Trap::HoldApart(self.lease_of(&check), gate.clone(), Gate::default());
        self.traps.set(&check, apart);
        sleep(self.pace.lease + NOTICE).await;
        gate.open();
        sleep(self.pace.settle).await;
        self.traps.free(&check);
        let verdict = if came {
            self.ends(&check, from, self.pace.lease + self.pace.patience)
                .await
        } else {
            Verdict::failed("it took no check to be held up")
        };
        self.find(Clause::Expired, verdict);
        Ok(())
    }

    async fn question(&mut self) -> anyhow::Result<()> {
        self.scene("asking the officer about a check in its hands")
            .await?;
        let (gate, from) = (Gate::default(), self.tape.length());
        let check = self.submit(Some(Trap::Hold(gate.clone()))).await?;
        if !gate.came(self.pace.patience).await {
            self.traps.free(&check);
            self.find(Clause::Question, Verdict::failed("it took no check"));
            return Ok(());
        }
        let lease = self.lease_of(&check);
        let asked = self.people_ask(&check, lease).await;
        // What the adapter was about to say comes after the reply, when its lease is long gone: before it, it would be a good answer.
        if asked.is_ok() {
            self.officer_replies(&check).await?;
        }
        self.traps.free(&check);
        let verdict = match asked {
            Ok(()) => self.ends(&check, from, self.pace.patience).await,
            Err(Code::FailedPrecondition) => {
                Verdict::untried("it lost the check before anybody could ask")
            }
            Err(code) => anyhow::bail!("the test broker takes no question: {code:?}"),
        };
        self.find(Clause::Question, verdict);
        Ok(())
    }

    /// The newest lease of `check`.
    fn lease_of(&self, check: &str) -> String {
        let seen = self.tape.seen();
        let leases = seen.lent().filter(|(_, _, lent)| lent.check == check);
        leases
            .last()
            .map(|(_, _, lent)| lent.lease.clone())
            .unwrap_or_default()
    }

    async fn certain(&mut self) -> anyhow::Result<()> {
        self.scene("asking about people of whom nobody can be certain")
            .await?;
        let from = self.tape.length();
        let mut asked = Vec::new();
        for (what, personal) in uncertain(self.known.as_ref()) {
            let (request, check) = self.next();
            self.ask(enquiry_here(request, personal)).await?;
            asked.push((what, check));
        }
        let mut verdict = Verdict::Passed;
        for (what, check) in asked {
            match self.ended(&check, from, self.pace.patience).await {
                Some(act) if act.not_known && !act.named => {
                    verdict = Verdict::failed(format!("it answered NOT_KNOWN {what}"));
                    break;
                }
                Some(_) => {}
                None => verdict = Verdict::untried(format!("it did not end the check {what}")),
            }
        }
        self.find(Clause::Certain, verdict);
        Ok(())
    }

    async fn certificate(&mut self) -> anyhow::Result<()> {
        self.scene("replacing its certificate").await?;
        let from = self.tape.length();
        let old = self
            .tape
            .seen()
            .calls
            .last()
            .map(|call| Arc::clone(&call.serial));
        self.stage.renew_certificate()?;
        if self
            .shows_another(old.as_deref(), from, self.pace.certificate)
            .await?
        {
            self.find(Clause::Certificate, Verdict::Passed);
            return Ok(());
        }
        self.restart().await?;
        let restarted = self
            .shows_another(old.as_deref(), from, self.pace.start)
            .await?;
        let limit = self.pace.certificate.as_secs();
        self.find(
            Clause::Certificate,
            Verdict::failed(if restarted {
                format!("it showed the new certificate only after a restart, not within {limit} s")
            } else {
                "it never showed the new certificate, not even after a restart".into()
            }),
        );
        Ok(())
    }

    /// Gives it work until it shows another certificate than `old`.
    async fn shows_another(
        &mut self,
        old: Option<&str>,
        from: usize,
        limit: Duration,
    ) -> anyhow::Result<bool> {
        let until = self.tape.now() + limit;
        while self.tape.now() < until {
            let before = self.tape.length();
            let check = self.submit(None).await?;
            let shown = |seen: &Evidence| {
                let mut later = seen.calls.iter().skip(from);
                later.any(|call| Some(&*call.serial) != old).then_some(())
            };
            if self.tape.until(self.pace.settle, shown).await.is_some() {
                return Ok(true);
            }
            self.ended(&check, before, self.pace.patience).await;
        }
        Ok(false)
    }

    async fn idle(&mut self) -> anyhow::Result<()> {
        self.scene("giving it nothing to do").await?;
        sleep(self.pace.settle).await;
        let from = self.tape.length();
        sleep(self.pace.idle).await;
        let calls = self.tape.length() - from;
        let most = usize::try_from(self.pace.idle.as_secs()).unwrap_or(usize::MAX) + 1;
        let seconds = self.pace.idle.as_secs();
        let verdict = Verdict::of(calls <= most, || {
            format!("it called {calls} times in {seconds} s without work")
        });
        self.find(Clause::Idle, verdict);
        Ok(())
    }

    async fn stops(&mut self) -> anyhow::Result<()> {
        self.scene("telling it to stop").await?;
        let gate = Gate::default();
        let check = self.submit(Some(Trap::Hold(gate.clone()))).await?;
        let came = gate.came(self.pace.patience).await;
        let traps = Arc::clone(&self.traps);
        let hold = async {
            sleep(self.pace.settle).await;
            traps.free(&check);
        };
        let limit = self.pace.stop;
        let (stopped, ()) = tokio::join!(self.adapter.stop(limit), hold);
        let verdict = if !stopped? {
            Verdict::failed(format!("it did not stop within {} s", limit.as_secs()))
        } else if !came || self.is_over_with(&check) {
            Verdict::Passed
        } else {
            Verdict::failed("it left a check to its lease: it neither ended it nor gave it back")
        };
        self.find(Clause::Stops, verdict);
        Ok(())
    }

    /// Whether its last word on `check` was heard.
    fn is_over_with(&self, check: &str) -> bool {
        let seen = self.tape.seen();
        seen.acts()
            .any(|(call, act)| act.check == check && call.said.is_done())
    }
}
