//! Acts on an enquiry that exists: seals what people wrote, resolves whose a check is to be, and executes the command.

use super::input::{Act, Input, SaidInput, Target};
use super::opened::{Beside, OpenEnquiry, Part};
use super::{Broker, BrokerError, route};
use crate::store::record::seal_text as text;
use crate::store::{Stored, record};
use jiff::SignedDuration;
use usher_domain::actor::{Actor, Role};
use usher_domain::code::{ClientId, ResponderKind};
use usher_domain::command::{Command, Destination, Said, Verb};
use usher_domain::enquiry::{ByPhone, Enquiry, LateEffect, PeopleReason, UnroutableWhy};
use usher_domain::id::{CheckNumber, EnquiryId, LeaseId};
use usher_domain::permit::permits;
use usher_domain::personal::Candidate;
use usher_domain::rejection::Rejection;
use usher_domain::time::{Timestamp, to_london};

impl Broker {
    /// Does what `input` says, and answers with the enquiry as it then is, opened as far as the actor may read it.
    ///
    /// # Errors
    /// `Rejected` by a rule; store errors. On an error nothing has changed, unless the store says that it cannot serve.
    pub async fn act(&self, input: Input, actor: &Actor) -> Result<OpenEnquiry, BrokerError> {
        let verb = input.act.verb();
        if !permits(actor.role, verb) {
            return Err(Rejection::NotPermitted { verb }.into());
        }
        let person = input.person.or_else(|| actor.person.clone());
        let actor = Actor {
            person,
            ..actor.clone()
        };
        let now = self.clock.now();
        // People at a desk are no program that looks for work.
        if actor.role == Role::Adapter && actor.client != ClientId::console() {
            self.presence
                .sign_of_life(&actor.responders, &actor.client, now);
        }
        let check = input.act.check();
        let kind = self.kind(input.enquiry, &input.act).await?;
        let verb = self.verb(input.act, kind, now)?;
        let command = Command {
            request: Some(input.request),
            verb,
        };
        let executed = self.execute(input.enquiry, &command, &actor).await?;
        let part = match (actor.role, check) {
            (_, Some(check)) => Part::of_check(&actor, check),
            (Role::Adapter, None) => Part::Closed,
            _ => Part::Whole,
        };
        self.open(
            Stored {
                record: executed.enquiry,
                revision: executed.revision,
            },
            part,
        )
    }

    /// Opens `part` of an enquiry for somebody who may read it.
    ///
    /// # Errors
    /// `Unreadable` when a sealed part cannot be read.
    pub fn open(&self, stored: Stored<Enquiry>, part: Part) -> Result<OpenEnquiry, BrokerError> {
        let id = stored.record.id;
        let beside = Beside {
            responders: &self.cards(),
            agreements: &self.policy.load().agreements,
            day: to_london(self.clock.now()).date(),
        };
        OpenEnquiry::open(stored, part, beside, &super::UNSEAL)
            .map_err(|source| self.unreadable(id.into(), source))
    }

    /// What kind of service must be found for `act`: that of the check which goes elsewhere. A check that is not there, the rules refuse.
    async fn kind(&self, enquiry: EnquiryId, act: &Act) -> Result<ResponderKind, BrokerError> {
        let (Act::Redirect { check, .. } | Act::Reroute { check, .. }) = act else {
            return Ok(ResponderKind::ChildrenSocialCare);
        };
        let stored = self.load(enquiry).await?;
        let kind = stored.and_then(|stored| Some(stored.record.check(*check)?.kind));
        Ok(kind.unwrap_or(ResponderKind::ChildrenSocialCare))
    }

    fn verb(&self, act: Act, kind: ResponderKind, now: Timestamp) -> Result<Verb, BrokerError> {
        Ok(match act {
            Act::Renew { check, lease, span } => self.renew(check, lease, span, now),
            Act::Accept {
                check,
                lease,
                expected_by,
            } => accept(check, lease, expected_by),
            Act::Answer { check, lease, said } => Verb::Answer {
                check,
                lease,
                said: sealed(&said),
            },
            Act::AnswerByPhone {
                check,
                said,
                by_phone,
            } => answer_by_phone(check, &said, by_phone),
            Act::Release {
                check,
                lease,
                for_people,
                candidates,
            } => release(check, lease, for_people, &candidates),
            Act::Ask {
                check,
                lease,
                question,
            } => Verb::Ask {
                check,
                lease,
                question: text(&question),
            },
            Act::Redirect { check, lease, to } => self.redirect((check, kind), lease, to, now)?,
            Act::Supply { check, reply } => Verb::Supply {
                check,
                reply: text(&reply),
            },
            Act::Withdraw { note } => Verb::Withdraw { note: text(&note) },
            Act::MoveHearing { deadline, reason } => Verb::MoveHearing {
                deadline,
                reason: text(&reason),
            },
            Act::DecideWithout { decision, note } => Verb::DecideWithout {
                decision,
                note: text(&note),
            },
            Act::Receive {
                check,
                version,
                effects,
            } => receive(check, version, effects),
            Act::RecordSentence { outcome, date } => Verb::RecordSentence { outcome, date },
            Act::Acknowledge { alert, note } => Verb::Acknowledge {
                alert,
                note: text(&note),
            },
            Act::Reassign { holder } => Verb::Reassign { holder },
            Act::Reroute { check, to } => self.reroute((check, kind), &to, now)?,
            Act::Close {
                check,
                reason,
                note,
            } => Verb::Close {
                check,
                reason,
                note: text(&note),
            },
        })
    }

    fn renew(
        &self,
        check: CheckNumber,
        lease: LeaseId,
        span: Option<SignedDuration>,
        now: Timestamp,
    ) -> Verb {
        let span = span.unwrap_or(self.policy().lease.default);
        let until = now.saturating_add(span).unwrap_or(Timestamp::MAX);
        Verb::Renew {
            check,
            lease,
            until,
        }
    }

    /// What a borough says is taken as it comes: a name that leads nowhere goes to the operators.
    fn redirect(
        &self,
        (check, kind): (CheckNumber, ResponderKind),
        lease: Option<LeaseId>,
        to: Option<Target>,
        now: Timestamp,
    ) -> Result<Verb, Rejection> {
        let nowhere = |why| Destination::Nowhere { why: vec![why] };
        let to = match to {
            None => nowhere(UnroutableWhy::NotOurs),
            Some(to) => self
                .resolve(&to, kind, "authority_code", now)?
                .unwrap_or_else(nowhere),
        };
        Ok(Verb::Redirect { check, lease, to })
    }

    /// An operator is there to correct a wrong name.
    fn reroute(
        &self,
        (check, kind): (CheckNumber, ResponderKind),
        to: &[Target],
        now: Timestamp,
    ) -> Result<Verb, Rejection> {
        let resolved = |to| {
            self.resolve(to, kind, "authority_codes", now)?
                .map_err(|_| match to {
                    Target::Authority(_) => Rejection::Invalid {
                        field: "authority_codes",
                        why: "nobody answers here for one of these authorities: add a responder file for it, or name another",
                    },
                    Target::Responder(id) if self.directory().responders().get(id).is_some() => {
                        Rejection::Invalid {
                            field: "responder_ids",
                            why: "one of them answers about something else than this check asks: `usher responder list` shows the kind of each",
                        }
                    }
                    Target::Responder(_) => Rejection::NotFound { what: "responder" },
                })
        };
        let to = to.iter().map(resolved).collect::<Result<_, _>>()?;
        Ok(Verb::Reroute { check, to })
    }

    /// Whose the directory says it is, or why it says nothing. A code that is no authority is refused, as a fault of `field`.
    fn resolve(
        &self,
        target: &Target,
        kind: ResponderKind,
        field: &'static str,
        now: Timestamp,
    ) -> Result<Result<Destination, UnroutableWhy>, Rejection> {
        let (day, directory) = (to_london(now).date(), self.directory());
        let (id, authorities) = match target {
            Target::Authority(code) => {
                let authority = route::authority(&directory, *code, day, field)?;
                let responder = route::responder(&directory, kind, authority, day);
                (responder.map(|found| &found.id), vec![authority])
            }
            Target::Responder(id) => {
                let known = directory.responders().get(id);
                let known = known.filter(|found| found.kind == kind);
                let known = known.ok_or(UnroutableWhy::NoResponder);
                (known.map(|found| &found.id), Vec::new())
            }
        };
        Ok(id.map(|id| Destination::Responder {
            id: id.clone(),
            authorities,
        }))
    }
}

const fn accept(
    check: CheckNumber,
    lease: Option<LeaseId>,
    expected_by: Option<Timestamp>,
) -> Verb {
    Verb::Accept {
        check,
        lease,
        expected_by,
    }
}

fn answer_by_phone(check: CheckNumber, said: &SaidInput, by_phone: ByPhone) -> Verb {
    Verb::AnswerByPhone {
        check,
        said: sealed(said),
        by_phone,
    }
}

const fn receive(check: CheckNumber, version: u8, effects: Vec<LateEffect>) -> Verb {
    Verb::Receive {
        check,
        version,
        effects,
    }
}

fn sealed(said: &SaidInput) -> Said {
    Said {
        disposition: said.disposition,
        outcome: said.outcome,
        data_as_of: said.data_as_of,
        content: record::seal_answer(&said.content),
    }
}

fn release(
    check: CheckNumber,
    lease: Option<LeaseId>,
    for_people: Option<PeopleReason>,
    candidates: &[Candidate],
) -> Verb {
    Verb::Release {
        check,
        lease,
        for_people,
        candidates: record::seal_candidates(candidates),
    }
}

impl Act {
    /// The check that it is about, where it is about one.
    pub const fn check(&self) -> Option<CheckNumber> {
        match self {
            Self::Renew { check, .. }
            | Self::Accept { check, .. }
            | Self::Answer { check, .. }
            | Self::AnswerByPhone { check, .. }
            | Self::Release { check, .. }
            | Self::Ask { check, .. }
            | Self::Redirect { check, .. }
            | Self::Supply { check, .. }
            | Self::Receive { check, .. }
            | Self::Reroute { check, .. }
            | Self::Close { check, .. } => Some(*check),
            Self::Withdraw { .. }
            | Self::MoveHearing { .. }
            | Self::DecideWithout { .. }
            | Self::RecordSentence { .. }
            | Self::Reassign { .. }
            | Self::Acknowledge { .. } => None,
        }
    }
}
