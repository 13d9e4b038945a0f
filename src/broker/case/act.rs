//! Acts on a case that is there.

use super::input::{CaseAct, CaseInput};
use super::{OpenCase, text_if};
use crate::broker::input::{AcknowledgeInput, Act, Input};
use crate::broker::opened::OpenEnquiry;
use crate::broker::{AlertEntry, Broker, BrokerError};
use crate::store::Stored;
use usher_domain::actor::Actor;
use usher_domain::case::SetAsideReason;
use usher_domain::case::command::{CaseCommand, CaseVerb};
use usher_domain::id::{AlertId, EnquiryId};
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
        let request = Some(input.request);
        let stored = match verb_of(input.act) {
            Ok(verb) => {
                let command = CaseCommand { request, verb };
                self.execute_on_case(input.case, &command, &actor).await?
            }
            Err(enquiry) => self.link(enquiry, input.case, request, &actor).await?,
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
}

/// What it is for the case; or the enquiry that is about it, which changes too.
fn verb_of(act: CaseAct) -> Result<CaseVerb, EnquiryId> {
    Ok(match act {
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
        CaseAct::Cover { enquiry } => return Err(enquiry),
        CaseAct::Acknowledge { alert, note } => CaseVerb::Acknowledge {
            alert,
            note: text_if(&note),
        },
    })
}
