//! What callers ask about cases, in the words of the domain. None of these types has a `Debug` that prints what people wrote.

use core::fmt;
use usher_domain::actor::Person;
use usher_domain::case::{Holder, Indicator, SetAsideReason};
use usher_domain::command::{Request, VerbName};
use usher_domain::enquiry::{Purpose, ReportType};
use usher_domain::hearing::Hearing;
use usher_domain::id::{AlertNumber, CaseId, CheckId, EnquiryId, Reference, RequirementNumber};
use usher_domain::personal::Personal;
use usher_domain::time::Timestamp;

use crate::broker::input::Position;
use crate::store::{Cursor, Filter};

/// One row of a court's list.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The court's own name for the case.
    pub name: String,
    /// Where and when it is heard.
    pub hearing: Hearing,
    /// Why the hearing is another than before; may be empty where it is not.
    pub reason: String,
    /// The stage.
    pub purpose: Purpose,
    /// The kind of report.
    pub report: Option<ReportType>,
    /// Whether the defendant is in custody.
    pub in_custody: bool,
    /// What makes checks needed.
    pub indicators: Vec<Indicator>,
    /// Who holds the case, where the list says so.
    pub holder: Option<Holder>,
    /// The defendant as far as known, and the addresses.
    pub personal: Option<Personal>,
}

impl fmt::Debug for CaseRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseRow(..)")
    }
}

/// One mutation of a case that exists.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseInput {
    /// Which case.
    pub case: CaseId,
    /// The caller's id and the digest of what was asked.
    pub request: Request,
    /// The person behind the program, where one was named.
    pub person: Option<Person>,
    /// What to do.
    pub act: CaseAct,
}

impl fmt::Debug for CaseInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseInput({} {})", self.act.verb().name(), self.case)
    }
}

/// What to do: as [`usher_domain::case::command::CaseVerb`], with its words open.
#[derive(Clone, PartialEq, Eq)]
pub enum CaseAct {
    /// The list has it no more.
    TakeOff,
    /// It has come to a stage.
    EnterStage {
        /// Which.
        purpose: Purpose,
        /// By when its checks must be asked, where that is said.
        due: Option<Timestamp>,
    },
    /// A check need not be asked.
    SetAside {
        /// The requirement.
        requirement: RequirementNumber,
        /// Why.
        reason: SetAsideReason,
        /// Which earlier answer is enough, where that is the reason.
        answer: Option<CheckId>,
        /// In words; may be empty.
        note: String,
    },
    /// Another practitioner holds it, with every enquiry that covers what it needs.
    Reassign {
        /// Who.
        holder: Holder,
    },
    /// An enquiry that was submitted alone is about it.
    Cover {
        /// Which.
        enquiry: EnquiryId,
    },
    /// A named person looks after an alert.
    Acknowledge {
        /// The alert.
        alert: AlertNumber,
        /// In words; may be empty.
        note: String,
    },
}

impl CaseAct {
    /// Which verb it becomes.
    pub const fn verb(&self) -> VerbName {
        match self {
            Self::TakeOff => VerbName::TakeOff,
            Self::EnterStage { .. } => VerbName::EnterStage,
            Self::SetAside { .. } => VerbName::SetAside,
            Self::Reassign { .. } => VerbName::Reassign,
            Self::Cover { .. } => VerbName::Cover,
            Self::Acknowledge { .. } => VerbName::Acknowledge,
        }
    }
}

/// Which cases to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCasesInput {
    /// As the store filters; the broker narrows it to what the actor may see.
    pub filter: Filter,
    /// Only with this reference.
    pub reference: Option<Reference>,
    /// Where to go on.
    pub position: Position,
    /// At most so many.
    pub size: usize,
}

/// Whose history to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseHistoryInput {
    /// The case.
    pub case: CaseId,
    /// Events after this place.
    pub after: Cursor,
    /// At most so many.
    pub size: usize,
}
