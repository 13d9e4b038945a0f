//! What can be done with a case: one command per verb.

use super::{Holder, Indicator, SetAsideReason};
use crate::code::ResponderKind;
use crate::command::{Request, VerbName};
use crate::enquiry::{Purpose, ReportType};
use crate::hearing::Hearing;
use crate::id::{AlertNumber, CaseId, CheckId, EnquiryId, RequirementNumber};
use crate::sealed::Sealed;
use crate::time::Timestamp;

/// A verb with its arguments, and the caller's id of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseCommand {
    /// The caller's id and a digest of what was asked; a list that comes again, and the clock, are idempotent by nature.
    pub request: Option<Request>,
    /// What to do.
    pub verb: CaseVerb,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseVerb {
    /// The court's list has the case: new, changed or as before.
    Register(Box<Register>),
    /// The list has it no more.
    TakeOff,
    /// The case has come to another stage.
    EnterStage {
        /// Which.
        purpose: Purpose,
        /// By when its checks must be asked; the policy's time counts where nothing is said, and the hearing before sentence.
        due: Option<Timestamp>,
    },
    /// An enquiry covers what it covers.
    Cover(Cover),
    /// An enquiry was taken back, as far as it asks these: it covers nothing of them any more.
    Uncover {
        /// Which.
        enquiry: EnquiryId,
        /// The kinds of responders that it asks no more.
        kinds: Vec<ResponderKind>,
    },
    /// A named person says that a check need not be asked.
    SetAside {
        /// The requirement.
        requirement: RequirementNumber,
        /// Why.
        reason: SetAsideReason,
        /// Which earlier answer is enough, where that is the reason.
        answer: Option<CheckId>,
        /// In words; may be empty.
        note: Sealed,
    },
    /// Another practitioner holds the case.
    Reassign {
        /// Who.
        holder: Holder,
    },
    /// A named person looks after an alert.
    Acknowledge {
        /// The alert.
        alert: AlertNumber,
        /// In words; may be empty.
        note: Sealed,
    },
    /// A person is shown it: kept in the history, and nothing else.
    View,
    /// Time has passed: raise what is due, reopen expired acknowledgements.
    Advance,
}

/// One row of a court's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// The id, derived from the court's own name for the case.
    pub id: CaseId,
    /// That name.
    pub name: Sealed,
    /// Where and when it is heard.
    pub hearing: Hearing,
    /// Why the hearing is another than before, in words, such as the list's date; needed where it is.
    pub reason: Sealed,
    /// The stage, before sentence or after.
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
    pub personal: Sealed,
}

/// What an enquiry covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The enquiry.
    pub enquiry: EnquiryId,
    /// What its answer is for.
    pub purpose: Purpose,
    /// The kinds of responders that it asks.
    pub kinds: Vec<ResponderKind>,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// Whether it is about the defendant of the case, as far as identifiers say.
    pub same_person: bool,
}

impl CaseVerb {
    /// Which verb it is.
    pub const fn name(&self) -> VerbName {
        match self {
            Self::Register(_) => VerbName::Register,
            Self::TakeOff => VerbName::TakeOff,
            Self::EnterStage { .. } => VerbName::EnterStage,
            Self::Cover(_) => VerbName::Cover,
            Self::Uncover { .. } => VerbName::Uncover,
            Self::SetAside { .. } => VerbName::SetAside,
            Self::Reassign { .. } => VerbName::Reassign,
            Self::Acknowledge { .. } => VerbName::Acknowledge,
            Self::View => VerbName::View,
            Self::Advance => VerbName::Advance,
        }
    }
}
