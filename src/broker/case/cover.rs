//! An enquiry and the case that it is about change together: what the case needs is covered when the enquiry is taken, and needed again when
//! it is taken back; a sentence brings the case to its start. What becomes of enquiries when their case changes, `enquiries` says.

use super::query::people;
use crate::broker::{Broker, BrokerError, Executed};
use crate::store::{Change, Record, StoreError, Stored, record};
use usher_domain::actor::Actor;
use usher_domain::case::command::{CaseCommand, CaseVerb, Cover};
use usher_domain::case::decide::{CaseTransition, decide as decide_case};
use usher_domain::case::{Case, Holder};
use usher_domain::code::ResponderKind;
use usher_domain::command::{Command, Request, Submit, Verb};
use usher_domain::decide::{Transition, decide};
use usher_domain::enquiry::{Enquiry, Purpose};
use usher_domain::event::EventKind;
use usher_domain::id::{CaseId, EnquiryId};
use usher_domain::limits;
use usher_domain::personal::{Personal, Subject, same_person};
use usher_domain::time::to_london;

/// What came of a submission about a case.
#[derive(Debug)]
pub(in crate::broker) struct Covered {
    /// The enquiry as it now is.
    pub enquiry: Enquiry,
    /// Whether it covers anything that the case needs.
    pub covers: bool,
}

/// A submission about a case.
pub(in crate::broker) struct About<'a> {
    /// The case.
    pub case: CaseId,
    /// The defendant of the enquiry.
    pub subject: &'a Subject,
    /// The kinds of responders that it asks.
    pub kinds: &'a [ResponderKind],
    /// Only say what would come of it.
    pub validate_only: bool,
}

impl Broker {
    /// Takes an enquiry about a case, and covers what the case needs, in one commit.
    ///
    /// # Errors
    /// As [`Self::execute`]; `NotFound` for a case that is not the actor's.
    pub(in crate::broker) async fn submit_about(
        &self,
        about: &About<'_>,
        submit: Submit,
        request: Request,
        actor: &Actor,
    ) -> Result<Covered, BrokerError> {
        for _ in 0..limits::CONFLICT_RETRIES_MAX {
            let case = self.visible_case(about.case, actor).await?;
            let known = self.load(submit.id).await?;
            let held = submit_held_by(&submit, &case.record);
            let command = Command {
                request: Some(request),
                verb: Verb::Submit(Box::new(held)),
            };
            let (now, policy) = (self.clock.now(), self.policy());
            let current = known.as_ref().map(|stored| &stored.record);
            let Transition { enquiry, events } = decide(current, &command, actor, now, &policy)?;
            if events.is_empty() {
                let covers = covers(&case.record, &enquiry);
                return Ok(Covered { enquiry, covers });
            }
            let covered = self.cover(about, &enquiry, &case.record, actor)?;
            let covers = !covered.events.is_empty();
            if about.validate_only {
                return Ok(Covered { enquiry, covers });
            }
            let mut changes = vec![Change::new(enquiry, None, events)];
            if covers {
                let revision = Some(case.revision);
                changes.push(Change::new(covered.case, revision, covered.events));
            }
            match self.commit_enquiry(changes).await {
                Err(StoreError::Conflict { .. }) => {}
                outcome => {
                    let enquiry = outcome?.enquiry;
                    return Ok(Covered { enquiry, covers });
                }
            }
        }
        Err(super::busy())
    }

    /// An enquiry that was submitted alone is about `case`, and covers what it would have covered then: in one commit.
    ///
    /// # Errors
    /// As [`Self::execute`]; `NotFound` for an enquiry or a case that is not the actor's; `Unreadable`.
    pub(super) async fn link(
        &self,
        enquiry: EnquiryId,
        case: CaseId,
        request: Option<Request>,
        actor: &Actor,
    ) -> Result<Stored<Case>, BrokerError> {
        for _ in 0..limits::CONFLICT_RETRIES_MAX {
            let alone = self.visible(enquiry, actor).await?;
            let about = self.visible_case(case, actor).await?;
            let holder = known_holder(&about.record);
            let command = Command {
                request,
                verb: Verb::Cover { case, holder },
            };
            let (now, policy) = (self.clock.now(), self.policy());
            let linked = decide(Some(&alone.record), &command, actor, now, &policy)?;
            let people = record::open_personal(&linked.enquiry.personal);
            let people = people.map_err(|source| self.unreadable(enquiry.into(), source))?;
            let asked = ResponderKind::ALL.iter().copied();
            let kinds: Vec<_> = asked.filter(|kind| linked.enquiry.asks(*kind)).collect();
            let asked = About {
                case,
                subject: &people.subject,
                kinds: &kinds,
                validate_only: false,
            };
            let covered = self.cover(&asked, &linked.enquiry, &about.record, actor)?;
            let mut changes = vec![
                Change::new(linked.enquiry, Some(alone.revision), linked.events),
                Change::new(covered.case, Some(about.revision), covered.events),
            ];
            changes.retain(|change| !change.events.is_empty());
            if changes.is_empty() {
                return Ok(about);
            }
            match self.commit_and_announce(changes, async || ()).await {
                Err(StoreError::Conflict { .. }) => {}
                outcome => {
                    outcome?;
                    return self.visible_case(case, actor).await;
                }
            }
        }
        Err(super::busy())
    }

    fn cover(
        &self,
        about: &About<'_>,
        enquiry: &Enquiry,
        case: &Case,
        actor: &Actor,
    ) -> Result<CaseTransition, BrokerError> {
        let defendant = self.people_of(case)?.map(|people| people.subject);
        let same = defendant.is_none_or(|known| same_person(&known, about.subject));
        let cover = CaseCommand {
            request: None,
            verb: CaseVerb::Cover(Cover {
                enquiry: enquiry.id,
                purpose: enquiry.purpose,
                kinds: about.kinds.to_vec(),
                submitted_at: enquiry.submitted_at,
                same_person: same,
            }),
        };
        let (now, policy) = (self.clock.now(), self.policy());
        Ok(decide_case(Some(case), &cover, actor, now, &policy)?)
    }

    /// What becomes of the case that an enquiry is about when `decided` changes the enquiry: what is asked no more is needed again, and a
    /// sentence brings the case to its start. A damaged case is in nobody's way: its own alert tells of it.
    ///
    /// # Errors
    /// Store errors; rejections.
    pub(in crate::broker) async fn change_of_case(
        &self,
        before: Option<&Stored<Enquiry>>,
        decided: &Transition,
        actor: &Actor,
    ) -> Result<Option<Change>, BrokerError> {
        let verb = before.and_then(|stored| follows(&stored.record, decided));
        let (Some(case), Some(verb)) = (decided.enquiry.case, verb) else {
            return Ok(None);
        };
        let Stored { record, revision } = match self.load_case(case).await {
            Ok(Some(stored)) => stored,
            Ok(None) | Err(StoreError::Corrupt { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (now, policy) = (self.clock.now(), self.policy());
        if let CaseVerb::EnterStage { purpose, .. } = verb
            && !(record.is_before_sentence()
                && policy.cases.asks_at(purpose, to_london(now).date()))
        {
            return Ok(None);
        }
        let command = CaseCommand {
            request: None,
            verb,
        };
        let actor = &super::everywhere(actor);
        let CaseTransition { case, events } =
            decide_case(Some(&record), &command, actor, now, &policy)?;
        Ok((!events.is_empty()).then(|| Change::new(case, Some(revision), events)))
    }

    /// The people of a case; none where nothing is known.
    pub(in crate::broker) fn people_of(
        &self,
        case: &Case,
    ) -> Result<Option<Personal>, BrokerError> {
        people(case).map_err(|source| self.unreadable(case.id.into(), source))
    }

    /// Commits `changes`, the first of which is of an enquiry, and answers with that.
    pub(in crate::broker) async fn commit_enquiry(
        &self,
        changes: Vec<Change>,
    ) -> Result<Executed, StoreError> {
        let (committed, changes, ()) = self.commit_and_announce(changes, async || ()).await?;
        let first = changes.into_iter().zip(committed.revisions).next();
        match first {
            Some((
                Change {
                    record: Record::Enquiry(enquiry),
                    events,
                    ..
                },
                revision,
            )) => Ok(Executed {
                enquiry,
                revision,
                events,
            }),
            _ => Err(crate::broker::gone()),
        }
    }
}

/// What follows for its case when an enquiry that was as `before` changes. A sentence that was recorded by mistake takes no case back: what
/// it needs then is set aside. One that is corrected brings no case on: it may have been listed again since.
fn follows(before: &Enquiry, decided: &Transition) -> Option<CaseVerb> {
    let after = &decided.enquiry;
    let given_up = |kind: &ResponderKind| before.asks(*kind) && !after.asks(*kind);
    let kinds: Vec<_> = ResponderKind::ALL
        .iter()
        .copied()
        .filter(given_up)
        .collect();
    if !kinds.is_empty() {
        let enquiry = after.id;
        return Some(CaseVerb::Uncover { enquiry, kinds });
    }
    let is_sentence = |kind: &EventKind| matches!(kind, EventKind::SentenceRecorded { outcome, .. } if outcome.is_supervised());
    let sentence = before.sentence.as_ref();
    let is_correction = sentence.is_some_and(|sentence| sentence.outcome.is_supervised());
    let mut events = decided.events.iter();
    let is_sentenced = !is_correction && events.any(|event| is_sentence(&event.kind));
    is_sentenced.then_some(CaseVerb::EnterStage {
        purpose: Purpose::StartOfSentence,
        due: None,
    })
}

/// The submission, with whoever holds the case.
fn submit_held_by(submit: &Submit, case: &Case) -> Submit {
    Submit {
        case: Some(case.id),
        holder: known_holder(case),
        ..submit.clone()
    }
}

/// Who holds the case, where a person does.
fn known_holder(case: &Case) -> Option<Holder> {
    case.holder.person.is_some().then(|| case.holder.clone())
}

fn covers(case: &Case, enquiry: &Enquiry) -> bool {
    let mut states = case.requirements.iter().map(|one| &one.state);
    states.any(|state| state.is_covered_by(enquiry.id))
}
