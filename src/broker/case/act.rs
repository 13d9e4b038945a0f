//! Acts on a case that is there.

use super::input::{CaseAct, CaseInput};
use super::{OpenCase, busy, text_if};
use crate::broker::input::{AcknowledgeInput, Act, Input};
use crate::broker::opened::OpenEnquiry;
use crate::broker::{AlertEntry, Broker, BrokerError};
use crate::store::{Change, StoreError, Stored};
use std::collections::BTreeSet;
use usher_domain::actor::Actor;
use usher_domain::case::command::{CaseCommand, CaseVerb};
use usher_domain::case::decide::decide as decide_case;
use usher_domain::case::{Case, Holder, RequirementState, SetAsideReason};
use usher_domain::command::{Command, Verb};
use usher_domain::decide::decide;
use usher_domain::id::{AlertId, CaseId, EnquiryId};
use usher_domain::limits;
use usher_domain::permit::permits;
use usher_domain::rejection::Rejection;

impl Broker {
    /// Does what `input` says, and answers with the case as it then is.
    ///
    /// # Errors
    /// `Rejected` by a rule; store errors. On an error nothing has changed, unless the store says that it cannot serve.
    pub async fn act_on_case(
        &self,
        input: CaseInput,
        actor: &Actor,
    ) -> Result<OpenCase, BrokerError> {
        let verb = input.act.verb();
        if !permits(actor.role, verb) {
            return Err(Rejection::NotPermitted { verb }.into());
        }
        let actor = Actor {
            person: input.person.or_else(|| actor.person.clone()),
            ..actor.clone()
        };
        if let CaseAct::SetAside {
            requirement,
            answer: Some(answer),
            reason: SetAsideReason::UpToDateAlready,
            note: _,
        } = &input.act
        {
            self.check_earlier_answer(input.case, *requirement, *answer, &actor)
                .await?;
        }
        let holder = match &input.act {
            CaseAct::Reassign { holder } => Some(holder.clone()),
            _ => None,
        };
        let command = CaseCommand {
            request: Some(input.request),
            verb: verb_of(input.act),
        };
        let stored = match holder {
            Some(holder) => self.reassign(input.case, &command, holder, &actor).await?,
            None => self.execute_on_case(input.case, &command, &actor).await?,
        };
        self.open_case(stored)
    }

    /// A named person looks after an alert, about an enquiry or a case; the alert as it then is.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn acknowledge(
        &self,
        input: AcknowledgeInput,
        actor: &Actor,
    ) -> Result<Option<AlertEntry>, BrokerError> {
        let AcknowledgeInput {
            alert: AlertId { record, number },
            request,
            person,
            note,
        } = input;
        let stored = self.store.load(record).await?;
        if let Some(case) = stored.and_then(Stored::case) {
            let input = CaseInput {
                case: case.record.id,
                request,
                person,
                act: CaseAct::Acknowledge {
                    alert: number,
                    note,
                },
            };
            let OpenCase { case, revision, .. } = self.act_on_case(input, actor).await?;
            let alert = case.alert(number).cloned();
            let stored = Box::new(Stored {
                record: case,
                revision,
            });
            return Ok(alert.map(|alert| AlertEntry::Needed { alert, stored }));
        }
        let input = Input {
            enquiry: record.into(),
            request,
            person,
            act: Act::Acknowledge {
                alert: number,
                note,
            },
        };
        let OpenEnquiry {
            enquiry, revision, ..
        } = self.act(input, actor).await?;
        let alert = enquiry.alert(number).cloned();
        let stored = Box::new(Stored {
            record: enquiry,
            revision,
        });
        Ok(alert.map(|alert| AlertEntry::Raised { alert, stored }))
    }

    /// The case goes to `holder` with its enquiries, but those that were taken back, in one commit.
    async fn reassign(
        &self,
        case: CaseId,
        command: &CaseCommand,
        holder: Holder,
        actor: &Actor,
    ) -> Result<Stored<Case>, BrokerError> {
        for _ in 0..limits::CONFLICT_RETRIES_MAX {
            let Stored { record, revision } = self.visible_case(case, actor).await?;
            let (now, policy) = (self.clock.now(), self.policy());
            let decided = decide_case(Some(&record), command, actor, now, &policy)?;
            if decided.events.is_empty() {
                let record = decided.case;
                return Ok(Stored { record, revision });
            }
            let mut changes = vec![Change::new(decided.case, Some(revision), decided.events)];
            let hand_over = Command {
                request: None,
                verb: Verb::Reassign {
                    holder: holder.clone(),
                },
            };
            for id in enquiries(&record) {
                let Some(stored) = self.load(id).await? else {
                    continue;
                };
                // What was read may still be corrected.
                if !stored.record.is_taken_back() {
                    let moved = decide(Some(&stored.record), &hand_over, actor, now, &policy)?;
                    let revision = Some(stored.revision);
                    changes.push(Change::new(moved.enquiry, revision, moved.events));
                }
            }
            changes.retain(|change| !change.events.is_empty());
            if changes.len() > limits::BATCH_CHANGES_MAX {
                let (what, max) = ("enquiries of one case", limits::BATCH_CHANGES_MAX - 1);
                return Err(Rejection::TooMany { what, max }.into());
            }
            match self.commit_first(changes).await {
                Err(StoreError::Conflict { .. }) => {}
                outcome => return Ok(outcome?),
            }
        }
        Err(busy())
    }
}

/// The enquiries that cover what `case` needs, each once.
fn enquiries(case: &Case) -> BTreeSet<EnquiryId> {
    let covering = case.requirements.iter().map(|one| match &one.state {
        RequirementState::Met { enquiries, .. } => enquiries.as_slice(),
        RequirementState::Needed | RequirementState::SetAside { .. } => &[],
    });
    covering.flatten().copied().collect()
}

fn verb_of(act: CaseAct) -> CaseVerb {
    match act {
        CaseAct::TakeOff => CaseVerb::TakeOff,
        CaseAct::EnterStage { purpose, due } => CaseVerb::EnterStage { purpose, due },
        CaseAct::SetAside {
            requirement,
            reason,
            answer,
            note,
        } => CaseVerb::SetAside {
            requirement,
            reason,
            answer,
            note: text_if(&note),
        },
        CaseAct::Reassign { holder } => CaseVerb::Reassign { holder },
        CaseAct::Acknowledge { alert, note } => CaseVerb::Acknowledge {
            alert,
            note: text_if(&note),
        },
    }
}
