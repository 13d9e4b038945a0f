//! What callers ask of the broker, in the words of the domain: read, bounded and validated, not yet sealed, routed or
//! decided. `rpc/convert.rs` and the console make these; the broker turns them into commands. None of these types has a
//! `Debug` that prints what people wrote.

mod alerts;
mod said;

pub use alerts::{AcknowledgeInput, AlertFilter, AlertStanding, ListAlertsInput, WatchAlertsInput};
pub use said::SaidInput;

use core::fmt;
use jiff::{SignedDuration, civil::Date};
use std::time::Duration;
use usher_domain::actor::{Person, Unit};
use usher_domain::case::Holder;
use usher_domain::code::{AuthorityCode, CourtCode, ResponderId, ResponderKind};
use usher_domain::command::{Request, VerbName, WithoutAnswer};
use usher_domain::enquiry::{
    ByPhone, CloseReason, Concern, LateEffect, PeopleReason, Purpose, ReportType, SentenceOutcome,
};
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::id::{AlertNumber, CaseId, CheckNumber, EnquiryId, LeaseId, RecordId, Reference};
use usher_domain::personal::{Candidate, Personal};
use usher_domain::time::Timestamp;

pub use crate::store::{Cursor, Filter, Place, Recorded};

/// An enquiry as an officer submits it.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent ticks of one form"
)]
pub struct SubmitInput {
    /// The caller's id and the digest of what was asked; the enquiry's id is derived from the former.
    pub request: Request,
    /// Only say what would happen; store nothing.
    pub validate_only: bool,
    /// The officer.
    pub person: Person,
    /// The officer's part of the service.
    pub unit: Unit,
    /// The practitioner for whom the officer asks, where that is somebody else.
    pub on_behalf_of: Option<Person>,
    /// The case that it is about, where the officer named one.
    pub case: Option<CaseId>,
    /// What the answer is for.
    pub purpose: Purpose,
    /// The kind of report, where there is one.
    pub report: Option<ReportType>,
    /// Whether the defendant is in custody.
    pub in_custody: bool,
    /// Whether a curfew is proposed.
    pub curfew_proposed: bool,
    /// The imminent-harm flag.
    pub imminent_harm: bool,
    /// Coded concerns.
    pub concerns: Vec<Concern>,
    /// By when.
    pub deadline: DeadlineInput,
    /// The people and addresses.
    pub personal: Personal,
    /// Authorities to ask besides those of the addresses.
    pub authorities: Vec<AuthorityCode>,
    /// Whom to ask: at least one, each once.
    pub kinds: Vec<ResponderKind>,
}

impl fmt::Debug for SubmitInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubmitInput(..)")
    }
}

/// A deadline as submitted: the policy may have to complete it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadlineInput {
    /// Before this hearing.
    Hearing(Hearing),
    /// By this instant, or by what the policy allows for the purpose.
    ReplyBy {
        /// The court whose officers own the enquiry.
        court: CourtCode,
        /// The instant, where the officer gave one.
        at: Option<Timestamp>,
    },
}

impl DeadlineInput {
    /// The court whose officers own the enquiry.
    pub fn court(&self) -> CourtCode {
        match self {
            Self::Hearing(hearing) => hearing.court,
            Self::ReplyBy { court, .. } => *court,
        }
    }
}

/// One mutation of an enquiry that exists.
#[derive(Clone, PartialEq, Eq)]
pub struct Input {
    /// Which enquiry.
    pub enquiry: EnquiryId,
    /// The caller's id and the digest of what was asked.
    pub request: Request,
    /// The person behind the program, where one was named.
    pub person: Option<Person>,
    /// What to do.
    pub act: Act,
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Input({} {})", self.act.verb().name(), self.enquiry)
    }
}

/// What to do: as [`usher_domain::command::Verb`], with its words open and its destinations not yet resolved.
#[derive(Clone, PartialEq, Eq)]
pub enum Act {
    /// Keep a leased check longer.
    Renew {
        /// The check.
        check: CheckNumber,
        /// Its lease.
        lease: LeaseId,
        /// How long from now; `None` means the policy's usual time.
        span: Option<SignedDuration>,
    },
    /// People take the check on.
    Accept {
        /// The check.
        check: CheckNumber,
        /// Its lease, where it is leased.
        lease: Option<LeaseId>,
        /// When they promise an answer.
        expected_by: Option<Timestamp>,
    },
    /// Answer.
    Answer {
        /// The check.
        check: CheckNumber,
        /// Its lease, where it is leased.
        lease: Option<LeaseId>,
        /// What is said.
        said: Box<SaidInput>,
    },
    /// Record what was answered by telephone.
    AnswerByPhone {
        /// The check.
        check: CheckNumber,
        /// What is said.
        said: Box<SaidInput>,
        /// Who gave it, and over which number.
        by_phone: ByPhone,
    },
    /// Give the check back.
    Release {
        /// The check.
        check: CheckNumber,
        /// Its lease, where it is leased.
        lease: Option<LeaseId>,
        /// Why people must look, where no program can settle it.
        for_people: Option<PeopleReason>,
        /// Who in the responder's system may be one of the people; may be empty.
        candidates: Vec<Candidate>,
    },
    /// Ask the officer for more.
    Ask {
        /// The check.
        check: CheckNumber,
        /// Its lease, where it is leased.
        lease: Option<LeaseId>,
        /// The question.
        question: String,
    },
    /// Say whose the check is.
    Redirect {
        /// The check.
        check: CheckNumber,
        /// Its lease, where it is leased.
        lease: Option<LeaseId>,
        /// Whose; `None` when nobody at the responder knows.
        to: Option<Target>,
    },
    /// Reply to a question.
    Supply {
        /// The check.
        check: CheckNumber,
        /// The reply.
        reply: String,
    },
    /// Take the enquiry back.
    Withdraw {
        /// Why.
        note: String,
    },
    /// Move the deadline.
    MoveHearing {
        /// The new one.
        deadline: Deadline,
        /// Why.
        reason: String,
    },
    /// Record what was decided at court.
    DecideWithout {
        /// What.
        decision: WithoutAnswer,
        /// Why; may be empty.
        note: String,
    },
    /// Record that an answer was read.
    Receive {
        /// The check.
        check: CheckNumber,
        /// The version that was read, from 1.
        version: u8,
        /// What it would have changed, where it came late.
        effects: Vec<LateEffect>,
    },
    /// Record what the court did.
    RecordSentence {
        /// What the court did.
        outcome: SentenceOutcome,
        /// On which day, in London.
        date: Date,
    },
    /// Look after an alert.
    Acknowledge {
        /// The alert.
        alert: AlertNumber,
        /// In words; may be empty.
        note: String,
    },
    /// Give it to another practitioner.
    Reassign {
        /// Who.
        holder: Holder,
    },
    /// Route a check.
    Reroute {
        /// The check.
        check: CheckNumber,
        /// Whose: at least one, at most [`usher_domain::limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX`].
        to: Vec<Target>,
    },
    /// End a check, or propose that, or confirm it, as policy wants for the reason.
    Close {
        /// The check.
        check: CheckNumber,
        /// Coded reason.
        reason: CloseReason,
        /// In words; may be empty but for a first [`CloseReason::Other`].
        note: String,
    },
}

impl Act {
    /// Which verb it becomes.
    pub const fn verb(&self) -> VerbName {
        match self {
            Self::Renew { .. } => VerbName::Renew,
            Self::Accept { .. } => VerbName::Accept,
            Self::Answer { .. } => VerbName::Answer,
            Self::AnswerByPhone { .. } => VerbName::AnswerByPhone,
            Self::Release { .. } => VerbName::Release,
            Self::Ask { .. } => VerbName::Ask,
            Self::Redirect { .. } => VerbName::Redirect,
            Self::Supply { .. } => VerbName::Supply,
            Self::Withdraw { .. } => VerbName::Withdraw,
            Self::MoveHearing { .. } => VerbName::MoveHearing,
            Self::DecideWithout { .. } => VerbName::DecideWithout,
            Self::Receive { .. } => VerbName::Receive,
            Self::RecordSentence { .. } => VerbName::RecordSentence,
            Self::Acknowledge { .. } => VerbName::Acknowledge,
            Self::Reassign { .. } => VerbName::Reassign,
            Self::Reroute { .. } => VerbName::Reroute,
            Self::Close { .. } => VerbName::Close,
        }
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Act({})", self.verb().name())
    }
}

/// Whose a check is to be, for the directory to resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Of whoever answers for this authority.
    Authority(AuthorityCode),
    /// This responder's.
    Responder(ResponderId),
}

/// A call for work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseInput {
    /// The caller's id and the digest of what was asked.
    pub request: Request,
    /// For these responders; empty means all that the actor answers for.
    pub responders: Vec<ResponderId>,
    /// At most so many checks, 1 to [`usher_domain::limits::LEASE_BATCH_MAX`].
    pub max: usize,
    /// How long to wait for work, at most [`usher_domain::limits::LEASE_WAIT_SECONDS_MAX`].
    pub wait: Duration,
    /// How long to keep each check; `None` means the policy's usual time.
    pub span: Option<SignedDuration>,
    /// How the adapter says it does.
    pub report: Option<AdapterReport>,
}

/// How an adapter says it does. No personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdapterReport {
    /// The program and its version; may be empty.
    pub version: String,
    /// Its ways into the responder's systems, at most [`usher_domain::limits::CONNECTORS_MAX`].
    pub connectors: Vec<ConnectorReport>,
    /// Checks in its hands.
    pub in_hand: u32,
    /// The most that it takes in hand; 0 where it does not say.
    pub most_in_hand: u32,
}

/// How one way into a responder's system does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorReport {
    /// Its name.
    pub name: String,
    /// What is wrong; empty when the system can be asked.
    pub trouble: String,
    /// Files that lie aside for the responder's people.
    pub set_aside: u32,
}

/// Which enquiries to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListInput {
    /// As the store filters; the broker narrows it to what the actor may see.
    pub filter: Filter,
    /// Only with this reference.
    pub reference: Option<Reference>,
    /// Where to go on.
    pub position: Position,
    /// At most so many.
    pub size: usize,
}

/// A place in a listing of enquiries, or of the alerts or checks that enquiries have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The last damaged record that was shown, while those are being shown: they come first, in a listing of alerts only.
    pub fault: Option<RecordId>,
    /// The last enquiry that was shown whole; `None` before the first.
    pub after: Option<Place>,
    /// How many parts (alerts, checks) of the next one were shown already; 0 in a listing of enquiries.
    pub parts: u16,
    /// Among the cases, which come after the enquiries, in a listing of alerts only.
    pub among_cases: bool,
}

/// Whose history to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryInput {
    /// The enquiry.
    pub enquiry: EnquiryId,
    /// Events after this place.
    pub after: Cursor,
    /// At most so many.
    pub size: usize,
}

/// Where a watch goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// After this place.
    pub after: Cursor,
    /// The mark of the event that was there.
    pub mark: u32,
}

impl From<&Recorded> for Resume {
    fn from(recorded: &Recorded) -> Self {
        Self {
            after: recorded.cursor,
            mark: recorded.mark(),
        }
    }
}

/// What to watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchInput {
    /// Go on after this place, without a snapshot.
    pub resume: Option<Resume>,
    /// Only this enquiry.
    pub enquiry: Option<EnquiryId>,
    /// Only of these courts.
    pub courts: Option<Vec<CourtCode>>,
}

/// Which checks an adapter lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChecksInput {
    /// Of these responders; `None` means all that the actor answers for.
    pub responders: Option<Vec<ResponderId>>,
    /// Names of states as [`usher_domain::enquiry::CheckState::name`] gives them; empty means any.
    pub states: Vec<&'static str>,
    /// Only of enquiries with this reference.
    pub reference: Option<Reference>,
    /// Where to go on.
    pub position: Position,
    /// At most so many.
    pub size: usize,
}

/// Which responders to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRespondersInput {
    /// Only those that answer for this authority.
    pub authority: Option<AuthorityCode>,
    /// How many were shown already.
    pub skip: u32,
    /// At most so many.
    pub size: usize,
}
