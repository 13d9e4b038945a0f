//! Reads of cases. Whoever may not see a case gets the same answer as when there is none.

use super::input::{CaseHistoryInput, ListCasesInput};
use crate::broker::query::{Paged, Shown};
use crate::broker::{Broker, BrokerError};
use crate::store::record::RecordError;
use crate::store::{Cursor, Recorded, Revision, Stored, record};
use core::fmt;
use usher_domain::actor::{Actor, Role};
use usher_domain::alert::AlertState;
use usher_domain::case::{Case, RequirementState};
use usher_domain::id::CaseId;
use usher_domain::personal::Personal;
use usher_domain::sealed::Sealed;

/// A case whose sealed parts are open. It is never stored and never printed.
#[derive(Clone)]
pub struct OpenCase {
    /// The case.
    pub case: Case,
    /// The revision that it was read at.
    pub revision: Revision,
    /// The court's own name for it.
    pub name: String,
    /// The defendant as far as known, and the addresses.
    pub personal: Option<Personal>,
    /// Why the hearing moved, in the order of the moves.
    pub reasons: Vec<String>,
    /// What was said when a requirement was set aside, in the order of the requirements; empty where it was not.
    pub set_aside: Vec<String>,
    /// What was said when an alert was acknowledged, in the order of the alerts.
    pub acknowledged: Vec<String>,
}

impl fmt::Debug for OpenCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenCase({})", self.case.id)
    }
}

impl OpenCase {
    fn open(stored: Stored<Case>) -> Result<Self, RecordError> {
        let Stored {
            record: case,
            revision,
        } = stored;
        let personal = people(&case)?;
        let reasons = case.moves.iter().map(|moved| text(&moved.reason));
        let set_aside = case.requirements.iter().map(|one| match &one.state {
            RequirementState::SetAside { note, .. } => text(note),
            RequirementState::Needed | RequirementState::Met { .. } => Ok(String::new()),
        });
        let acknowledged = case.alerts.iter().map(|alert| match &alert.state {
            AlertState::Acknowledged { note, .. } => text(note),
            AlertState::Open { .. } | AlertState::Resolved { .. } => Ok(String::new()),
        });
        Ok(Self {
            revision,
            name: text(&case.name)?,
            personal,
            reasons: reasons.collect::<Result<_, _>>()?,
            set_aside: set_aside.collect::<Result<_, _>>()?,
            acknowledged: acknowledged.collect::<Result<_, _>>()?,
            case,
        })
    }
}

/// The people of a case; none where nothing is known.
pub(super) fn people(case: &Case) -> Result<Option<Personal>, RecordError> {
    let known = (!case.personal.is_empty()).then(|| record::open_personal(&case.personal));
    known.transpose()
}

fn text(sealed: &Sealed) -> Result<String, RecordError> {
    if sealed.is_empty() {
        Ok(String::new())
    } else {
        record::open_text(sealed)
    }
}

impl Broker {
    /// One case.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the actor's; store errors.
    pub async fn get_case(&self, id: CaseId, actor: &Actor) -> Result<OpenCase, BrokerError> {
        self.open_case(self.visible_case(id, actor).await?)
    }

    /// Opens a case for somebody who may read it.
    ///
    /// # Errors
    /// `Unreadable` when a sealed part cannot be read.
    pub fn open_case(&self, stored: Stored<Case>) -> Result<OpenCase, BrokerError> {
        let id = stored.record.id;
        OpenCase::open(stored).map_err(|source| self.unreadable(id.into(), source))
    }

    /// One page of the cases that the actor may see and `input` wants, none for adapters; each as `show` shows it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn list_cases<T: Send>(
        &self,
        input: &ListCasesInput,
        actor: &Actor,
        show: impl Fn(&OpenCase) -> Shown<T> + Send + Sync,
    ) -> Result<Paged<T>, BrokerError> {
        if actor.role == Role::Adapter {
            return Ok((Vec::new(), None));
        }
        let whole = |stored: Stored| stored.case().into_iter().collect();
        let show = |stored| Ok(show(&self.open_case(stored)?));
        if let Some(reference) = input.reference {
            let found = self.named(reference, &input.filter, actor, whole, show);
            return found.await;
        }
        let page = (input.position, input.size);
        self.paged(&input.filter, page, actor, whole, show).await
    }

    /// One page of the events of one case, and where the next one starts.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the actor's; store errors.
    pub async fn case_history(
        &self,
        input: &CaseHistoryInput,
        actor: &Actor,
    ) -> Result<(Vec<Recorded>, Option<Cursor>), BrokerError> {
        self.visible_case(input.case, actor).await?;
        self.events_of(input.case.into(), input.after, input.size, actor)
            .await
    }

    pub(in crate::broker) fn unreadable(
        &self,
        record: usher_domain::id::RecordId,
        source: RecordError,
    ) -> BrokerError {
        self.note_part(record);
        BrokerError::Unreadable { id: record, source }
    }
}
