//! What breaks in the script: the adapter is killed, the broker goes and comes back.

use super::clause::{Clause, Verdict};
use super::front::{Gate, Trap};
use super::people::{enquiry_here, large_family};
use super::script::{LOOK_EVERY, Play};
use super::stage::Shut;
use super::tape::{Act, Evidence, What};
use std::collections::HashSet;
use tokio::time::sleep;

/// Connections that a patient adapter tries in a second, at most.
const TRIES_PER_SECOND: u32 = 20;

impl Play<'_> {
    pub(super) async fn killed(&mut self) -> anyhow::Result<()> {
        self.scene("killing it after it has acted").await?;
        let mut verdict = self.killed_under(true).await?;
        self.scene("killing it before its act has arrived").await?;
        let other = self.killed_under(false).await?;
        if verdict == Verdict::Passed {
            verdict = other;
        }
        self.find(Clause::Killed, verdict);
        Ok(())
    }

    /// Kills it while an act waits for its reply. Whether the broker has it then is `heard`.
    async fn killed_under(&mut self, heard: bool) -> anyhow::Result<Verdict> {
        let gate = Gate::default();
        let trap = if heard {
            Trap::Mute(gate.clone())
        } else {
            Trap::Swallow(gate.clone())
        };
        let check = self.submit(Some(trap)).await?;
        if !gate.came(self.pace.patience).await {
            self.traps.free(&check);
            return Ok(Verdict::failed("it took no check"));
        }
        let said = self.last_act(&check);
        let from = self.tape.length();
        self.restart().await?;
        self.traps.free(&check);
        let again = if heard {
            let back = |seen: &Evidence| seen.calls.get(from).map(drop);
            if self.tape.until(self.pace.start, back).await.is_none() {
                return Ok(Verdict::failed(
                    "it did not call again when it was started again",
                ));
            }
            self.ended(&check, from, self.pace.settle).await
        } else {
            let limit = self.pace.start + self.pace.lease + self.pace.patience;
            let again = self.ended(&check, from, limit).await;
            if again.is_none() {
                return Ok(Verdict::failed(
                    "it did not take the check again that it had when it was killed",
                ));
            }
            again
        };
        Ok(match (said, again) {
            (Some(said), Some(again)) if !again.named && !again.says(&said) => {
                Verdict::failed(format!(
                    "it said another thing about the same check after it was killed ({} and then {})",
                    said.verb.word(),
                    again.verb.word()
                ))
            }
            _ => Verdict::Passed,
        })
    }

    fn last_act(&self, check: &str) -> Option<Act> {
        let seen = self.tape.seen();
        let mut acts = seen.acts().rev();
        acts.find(|(_, act)| act.check == check)
            .map(|(_, act)| act.clone())
    }

    pub(super) async fn broker_away(&mut self) -> anyhow::Result<()> {
        self.scene("taking the broker away, and restarting it")
            .await?;
        self.tape.broke();
        if let Some(door) = self.door.take() {
            door.close().await;
        }
        let shut = Shut::at(self.address).await?;
        let watch = self.tape.now();
        if let Some(broker) = self.broker.take() {
            broker.stop().await?;
        }
        self.broker = Some(self.stage.start().await?);
        let mut large = Vec::new();
        for number in 0..self.pace.huge {
            let (request, check) = self.next();
            let enquiry = self.ask(enquiry_here(request, large_family(number)));
            large.push((enquiry.await?, check));
        }
        if let Some((_, check)) = large.first() {
            self.grow(&check.clone()).await?;
        }
        sleep(
            self.pace
                .away
                .saturating_sub(self.tape.now().saturating_sub(watch)),
        )
        .await;
        let away = self.tape.now().saturating_sub(watch);
        let tries = shut.end().await;
        let door = self
            .stage
            .open_door(self.address, self.broker()?, &self.tape, &self.traps)
            .await?;
        self.door = Some(door);
        self.tape.broke();
        let most = TRIES_PER_SECOND * (u32::try_from(away.as_secs()).unwrap_or(u32::MAX) + 1);
        let patient = Verdict::of(tries <= usize::try_from(most).unwrap_or(usize::MAX), || {
            format!("it tried to connect {tries} times in {} s", away.as_secs())
        });
        self.find(Clause::Patient, patient);
        self.back(large).await
    }

    async fn back(&mut self, large: Vec<(String, String)>) -> anyhow::Result<()> {
        (self.say)("the broker is back, with large checks waiting");
        let from = self.tape.length();
        let lends = |seen: &Evidence| {
            let mut lent = seen.lent();
            lent.any(|(number, ..)| number >= from).then_some(())
        };
        let back = self.tape.until(self.pace.reconnect, lends).await;
        let limit = self.pace.reconnect.as_secs();
        let verdict = Verdict::of(back.is_some(), || {
            format!("it took no work within {limit} s of the broker's return")
        });
        if verdict != Verdict::Passed {
            self.restart().await?;
        }
        self.find(Clause::Reconnects, verdict);
        let checks = large.iter().map(|(_, check)| check.clone()).collect();
        let verdict = self.all_end(checks, from).await;
        if verdict != Verdict::Passed {
            // They would be in the way of all that follows.
            for (enquiry, _) in large {
                self.withdraw(enquiry).await?;
            }
        }
        self.find(Clause::Huge, verdict);
        Ok(())
    }

    /// Whether all `checks` end, each in good time after the one before.
    async fn all_end(&mut self, checks: Vec<String>, from: usize) -> Verdict {
        let all = checks.len();
        let mut open: HashSet<String> = checks.into_iter().collect();
        let mut until = self.tape.now() + self.pace.patience + self.pace.lease;
        while !open.is_empty() {
            let before = open.len();
            let progress = self.tape.until(LOOK_EVERY, |seen| {
                let later = seen.calls.iter().skip(from);
                for call in later.filter(|call| call.said.is_done()) {
                    if let What::Act(act) = &call.what
                        && act.ends()
                    {
                        open.remove(&act.check);
                    }
                }
                (open.len() < before).then_some(())
            });
            if progress.await.is_some() {
                until = self.tape.now() + self.pace.patience + self.pace.lease;
            } else if self.is_over() {
                self.tape.broke();
                let ended = all - open.len();
                return Verdict::failed(format!("it ended by itself after {ended} of {all}"));
            } else if self.tape.now() > until {
                let ended = all - open.len();
                return Verdict::failed(format!("it ended {ended} of {all} large checks"));
            }
        }
        Verdict::Passed
    }
}
