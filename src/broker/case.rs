//! Cases on courts' lists, and the checks that they need: registered, looked after, and covered by enquiries. As for enquiries: load →
//! decide → commit → announce.

mod act;
mod cover;
mod enquiries;
pub mod input;
mod query;
mod register;
mod reuse;

pub(super) use cover::About;
pub use query::OpenCase;
pub use register::RowOutcome;
pub use reuse::{EarlierAnswer, EarlierAnswers};

use super::{Broker, BrokerError};
use crate::store::{Change, Record, StoreError, Stored, record};
use usher_domain::actor::{Actor, Courts};
use usher_domain::case::Case;
use usher_domain::case::command::CaseCommand;
use usher_domain::case::decide::decide;
use usher_domain::id::CaseId;
use usher_domain::rejection::Rejection;
use usher_domain::sealed::Sealed;
use usher_domain::{limits, permit};

/// Records that are looked up at once.
const LOADS_AT_ONCE: usize = 16;

impl Broker {
    /// The case with this id.
    async fn load_case(&self, id: CaseId) -> Result<Option<Stored<Case>>, StoreError> {
        Ok(self.store.load(id.into()).await?.and_then(Stored::case))
    }

    /// The case with this id, where the actor may know of it.
    async fn visible_case(&self, id: CaseId, actor: &Actor) -> Result<Stored<Case>, BrokerError> {
        let stored = self.load_case(id).await?;
        let visible = stored.filter(|stored| permit::sees_case(actor, &stored.record));
        visible.ok_or_else(|| Rejection::NotFound { what: "case" }.into())
    }

    /// As [`Self::execute`], for a case that is there; its enquiries go along.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub(super) async fn execute_on_case(
        &self,
        id: CaseId,
        command: &CaseCommand,
        actor: &Actor,
    ) -> Result<Stored<Case>, BrokerError> {
        for _ in 0..limits::CONFLICT_RETRIES_MAX {
            let (now, policy) = (self.clock.now(), self.policy());
            let (known, revision) = match self.load_case(id).await? {
                Some(Stored { record, revision }) => (Some(record), Some(revision)),
                None => (None, None),
            };
            let decided = decide(known.as_ref(), command, actor, now, &policy)?;
            if let (true, Some(revision)) = (decided.events.is_empty(), revision) {
                let record = decided.case;
                return Ok(Stored { record, revision });
            }
            let along = match &known {
                Some(before) => self.take_along(before, &decided.case, actor).await?,
                None => Vec::new(),
            };
            let mut changes = vec![Change::new(decided.case, revision, decided.events)];
            changes.extend(along);
            match self.commit_first(changes).await {
                Err(StoreError::Conflict { .. }) => {}
                outcome => return Ok(outcome?),
            }
        }
        Err(busy())
    }

    /// Commits `changes`, the first of which is of a case, and answers with that case as it now is.
    async fn commit_first(&self, changes: Vec<Change>) -> Result<Stored<Case>, StoreError> {
        let (committed, changes, ()) = self.commit_and_announce(changes, async || ()).await?;
        let first = changes.into_iter().zip(committed.revisions).next();
        match first {
            Some((change, revision)) => match change.record {
                Record::Case(record) => Ok(Stored { record, revision }),
                Record::Enquiry(_) => Err(super::gone()),
            },
            None => Err(super::gone()),
        }
    }
}

/// Words as a record keeps them; nothing for none.
fn text_if(text: &str) -> Sealed {
    if text.trim().is_empty() {
        Sealed::default()
    } else {
        record::seal_text(text)
    }
}

/// `actor`, for what follows from what they may do, whatever court has the records that it is about.
fn everywhere(actor: &Actor) -> Actor {
    Actor {
        courts: Courts::All,
        ..actor.clone()
    }
}

const fn busy() -> BrokerError {
    BrokerError::Busy {
        what: "writers of this case",
    }
}
