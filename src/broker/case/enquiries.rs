//! What becomes of a case's enquiries when the case changes: those that cover what it needs go along with its hearing and with whoever
//! holds it, in the commit of the case's own change. What becomes of the case when an enquiry changes, `cover` says.

use super::{LOADS_AT_ONCE, everywhere};
use crate::broker::{Broker, BrokerError};
use crate::store::{Change, StoreError};
use futures_util::{StreamExt as _, stream};
use std::collections::BTreeSet;
use usher_domain::actor::Actor;
use usher_domain::case::Case;
use usher_domain::command::{Command, Verb};
use usher_domain::decide::{Transition, decide};
use usher_domain::enquiry::Enquiry;
use usher_domain::hearing::Deadline;
use usher_domain::id::EnquiryId;
use usher_domain::limits;
use usher_domain::rejection::Rejection;

impl Broker {
    /// The changes of the enquiries that cover what `before` needs, now that the case is as `after`. Where hearing and holder are as before
    /// there are none, and none is loaded. A damaged enquiry is in nobody's way: its own alert tells of it.
    ///
    /// # Errors
    /// What a rule refuses of one of them; `TooMany` when they and the case are more than one commit takes; store errors.
    pub(super) async fn take_along(
        &self,
        before: &Case,
        after: &Case,
        actor: &Actor,
    ) -> Result<Vec<Change>, BrokerError> {
        if (&before.hearing, &before.holder) == (&after.hearing, &after.holder) {
            return Ok(Vec::new());
        }
        let actor = &everywhere(actor);
        let (now, policy) = (self.clock.now(), self.policy());
        let loads = enquiries(before).into_iter().map(|id| self.load(id));
        let mut loaded = stream::iter(loads).buffered(LOADS_AT_ONCE);
        let mut changes = Vec::new();
        while let Some(stored) = loaded.next().await {
            let stored = match stored {
                Ok(Some(stored)) => stored,
                Ok(None) | Err(StoreError::Corrupt { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            let (mut enquiry, mut happened) = (stored.record, Vec::new());
            for verb in verbs(before, after, &enquiry) {
                let command = Command {
                    request: None,
                    verb,
                };
                let decided = decide(Some(&enquiry), &command, actor, now, &policy)?;
                let Transition {
                    enquiry: next,
                    events,
                } = decided;
                enquiry = next;
                happened.extend(events);
            }
            if !happened.is_empty() {
                changes.push(Change::new(enquiry, Some(stored.revision), happened));
            }
        }
        if changes.len() >= limits::BATCH_CHANGES_MAX {
            let (what, max) = ("enquiries of one case", limits::BATCH_CHANGES_MAX - 1);
            return Err(Rejection::TooMany { what, max }.into());
        }
        Ok(changes)
    }
}

/// The enquiries that cover what `case` needs, each once.
fn enquiries(case: &Case) -> BTreeSet<EnquiryId> {
    let covering = case.requirements.iter().map(|one| one.state.covering());
    covering.flatten().map(|one| one.enquiry).collect()
}

/// What is asked of `enquiry`, in this order.
fn verbs(before: &Case, after: &Case, enquiry: &Enquiry) -> Vec<Verb> {
    let mut verbs = Vec::new();
    if let Some(moved) = after.moves.last()
        && is_heard_with(before, after, enquiry)
    {
        verbs.push(Verb::MoveHearing {
            deadline: Deadline::Hearing(after.hearing.clone()),
            reason: moved.reason.clone(),
        });
    }
    // What was read may still be corrected.
    if before.holder != after.holder && !enquiry.is_taken_back() {
        let holder = after.holder.clone();
        verbs.push(Verb::Reassign { holder });
    }
    verbs
}

/// Whether `enquiry` goes to the case's new hearing: it asks for the old one, something of it is open, and it asks about the side of sentence
/// that the case was and is on. An enquiry for another hearing stays there; so does one whose sentence a person has recorded, or that was
/// outstanding when another's was: a list takes that back for nobody.
fn is_heard_with(before: &Case, after: &Case, enquiry: &Enquiry) -> bool {
    before.hearing != after.hearing
        && enquiry.deadline == Deadline::Hearing(before.hearing.clone())
        && enquiry.is_open()
        && enquiry.sentence.is_none()
        && [before, after].map(Case::is_before_sentence) == [enquiry.purpose.before_sentence(); 2]
}
