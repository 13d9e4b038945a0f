//! Commands: one per verb. Whoever gives one is the actor; `now` is the third argument of every rule.

use crate::actor::{Person, Unit};
use crate::case::Holder;
use crate::code::{AuthorityCode, ResponderId, ResponderKind};
use crate::enquiry::{
    ByPhone, CloseReason, Concern, Disposition, LateEffect, PeopleReason, Purpose, ReferralOutcome,
    ReportType, RouteReason, SentenceOutcome, UnroutableWhy,
};
use crate::hearing::Deadline;
use crate::id::{AlertNumber, CaseId, CheckNumber, EnquiryId, LeaseId, RequestId};
use crate::sealed::Sealed;
use crate::time::Timestamp;
use jiff::civil::Date;

/// A verb with its arguments, and the caller's id of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The caller's id and a digest of what was asked; the clock's own commands are idempotent by nature and have none.
    pub request: Option<Request>,
    /// What to do.
    pub verb: Verb,
}

/// The identity of one mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The caller's id.
    pub id: RequestId,
    /// A digest of actor and arguments: the same id with another digest is refused.
    pub digest: u64,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// An officer asks.
    Submit(Box<Submit>),
    /// An adapter takes a check for a short time.
    Lease {
        /// The check.
        check: CheckNumber,
        /// The id of the new lease.
        lease: LeaseId,
        /// When it is to end; the policy bounds it.
        until: Timestamp,
    },
    /// An adapter keeps a check longer.
    Renew {
        /// The check.
        check: CheckNumber,
        /// Its lease.
        lease: LeaseId,
        /// When it is to end; the policy bounds it.
        until: Timestamp,
    },
    /// People at the borough take a check on.
    Accept {
        /// The check.
        check: CheckNumber,
        /// The lease, where it is leased.
        lease: Option<LeaseId>,
        /// When they promise an answer.
        expected_by: Option<Timestamp>,
    },
    /// The responder answers.
    Answer {
        /// The check.
        check: CheckNumber,
        /// The lease, where it is leased.
        lease: Option<LeaseId>,
        /// What is said.
        said: Said,
    },
    /// An operator records what the responder answered by telephone.
    AnswerByPhone {
        /// The check.
        check: CheckNumber,
        /// What is said.
        said: Said,
        /// Who gave it, and over which number.
        by_phone: ByPhone,
    },
    /// The responder gives a check back to its queue.
    Release {
        /// The check.
        check: CheckNumber,
        /// The lease, where it is leased.
        lease: Option<LeaseId>,
        /// Why its people must look; `None` for any program.
        for_people: Option<PeopleReason>,
        /// Who in its system may be one of the people: only with [`PeopleReason::PossibleMatch`]. May be empty.
        candidates: Sealed,
    },
    /// The responder needs more from the officer.
    Ask {
        /// The check.
        check: CheckNumber,
        /// The lease, where it is leased.
        lease: Option<LeaseId>,
        /// The question.
        question: Sealed,
    },
    /// The officer replies to a question.
    Supply {
        /// The check.
        check: CheckNumber,
        /// The reply.
        reply: Sealed,
    },
    /// The responder says that it is somebody else's.
    Redirect {
        /// The check.
        check: CheckNumber,
        /// The lease, where it is leased.
        lease: Option<LeaseId>,
        /// Whose, as the directory resolved it.
        to: Destination,
    },
    /// An operator routes a check.
    Reroute {
        /// The check.
        check: CheckNumber,
        /// Whose: at least one, as the check may stand for several addresses.
        to: Vec<Destination>,
    },
    /// The officer takes the enquiry back.
    Withdraw {
        /// Why, in words.
        note: Sealed,
    },
    /// The hearing moves.
    MoveHearing {
        /// The new deadline.
        deadline: Deadline,
        /// Why, in words.
        reason: Sealed,
    },
    /// A named person looks after an alert.
    Acknowledge {
        /// The alert.
        alert: AlertNumber,
        /// In words; may be empty.
        note: Sealed,
    },
    /// What was decided at court with checks outstanding.
    DecideWithout {
        /// What.
        decision: WithoutAnswer,
        /// Why, in words.
        note: Sealed,
    },
    /// The officer has read the answer.
    Receive {
        /// The check.
        check: CheckNumber,
        /// The number of the answer's version that was read, from 1.
        version: u8,
        /// What it would have changed, where it came late: needed then, and only then.
        effects: Vec<LateEffect>,
    },
    /// The officer records what the court did.
    RecordSentence {
        /// What.
        outcome: SentenceOutcome,
        /// On which day, in London.
        date: Date,
    },
    /// It is about a case that nobody named when it was submitted.
    Cover {
        /// Which.
        case: CaseId,
        /// Who holds that case, where that is known.
        holder: Option<Holder>,
    },
    /// Another practitioner holds the enquiry.
    Reassign {
        /// Who.
        holder: Holder,
    },
    /// A named person ends a check with a reason; where it takes two, proposes that or confirms it.
    Close {
        /// The check.
        check: CheckNumber,
        /// Coded reason.
        reason: CloseReason,
        /// In words.
        note: Sealed,
    },
    /// A person is shown it, or one check of it: kept in the history, and nothing else.
    View {
        /// The check, where no more of it is shown.
        check: Option<CheckNumber>,
    },
    /// Time has passed: raise what is due, return lost leases, reopen expired acknowledgements.
    Advance,
    /// A check waits and no adapter of its responder is connected.
    ReportAbsent {
        /// The check.
        check: CheckNumber,
    },
}

/// What a responder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What it comes to.
    pub disposition: Disposition,
    /// What comes of a referral; `None` for anything else.
    pub outcome: Option<ReferralOutcome>,
    /// The age of the data it rests on, where that is known.
    pub data_as_of: Option<Timestamp>,
    /// Matches, episodes, narrative and handling codes.
    pub content: Sealed,
}

/// What an officer submits, with the routes that the directory found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submit {
    /// The id, derived from client and request.
    pub id: EnquiryId,
    /// The officer's part of the service.
    pub unit: Unit,
    /// The practitioner for whom the officer asks, where that is somebody else.
    pub on_behalf_of: Option<Person>,
    /// The case that it is about, where the officer named one.
    pub case: Option<CaseId>,
    /// Who holds that case, where that is known.
    pub holder: Option<Holder>,
    /// What the answer is for.
    pub purpose: Purpose,
    /// The kind of report.
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
    pub deadline: Deadline,
    /// The people and addresses.
    pub personal: Sealed,
    /// Where the checks go: one per responder, and for each kind at most one that leads nowhere.
    pub routes: Vec<Route>,
}

/// Where one check goes and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// What kind of service is asked.
    pub kind: ResponderKind,
    /// Whose it is.
    pub to: Destination,
    /// Why.
    pub reasons: Vec<RouteReason>,
}

/// Whose a check is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A responder's.
    Responder {
        /// Which.
        id: ResponderId,
        /// For which authorities.
        authorities: Vec<AuthorityCode>,
    },
    /// Nobody knows: the operators' queue.
    Nowhere {
        /// Why, each cause once.
        why: Vec<UnroutableWhy>,
    },
}

/// The three ways on with a check outstanding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WithoutAnswer {
    /// Ask the court to adjourn.
    SeekAdjournment {
        /// The new hearing, where the court gave one: the old one moves there.
        to: Option<Deadline>,
    },
    /// Go on without.
    Proceed {
        /// Who authorised it.
        authorised_by: Person,
    },
    /// Withdraw the curfew proposal.
    WithdrawCurfew,
}

impl Verb {
    /// Which verb it is.
    pub const fn name(&self) -> VerbName {
        match self {
            Self::Submit(_) => VerbName::Submit,
            Self::Lease { .. } => VerbName::Lease,
            Self::Renew { .. } => VerbName::Renew,
            Self::Accept { .. } => VerbName::Accept,
            Self::Answer { .. } => VerbName::Answer,
            Self::AnswerByPhone { .. } => VerbName::AnswerByPhone,
            Self::Release { .. } => VerbName::Release,
            Self::Ask { .. } => VerbName::Ask,
            Self::Supply { .. } => VerbName::Supply,
            Self::Redirect { .. } => VerbName::Redirect,
            Self::Reroute { .. } => VerbName::Reroute,
            Self::Withdraw { .. } => VerbName::Withdraw,
            Self::MoveHearing { .. } => VerbName::MoveHearing,
            Self::Acknowledge { .. } => VerbName::Acknowledge,
            Self::DecideWithout { .. } => VerbName::DecideWithout,
            Self::Receive { .. } => VerbName::Receive,
            Self::RecordSentence { .. } => VerbName::RecordSentence,
            Self::Cover { .. } => VerbName::Cover,
            Self::Reassign { .. } => VerbName::Reassign,
            Self::Close { .. } => VerbName::Close,
            Self::View { .. } => VerbName::View,
            Self::Advance => VerbName::Advance,
            Self::ReportAbsent { .. } => VerbName::ReportAbsent,
        }
    }
}

crate::codes::codes! {
    /// The verbs, by name: one word in every layer.
    VerbName {
        /// See [`Verb::Submit`].
        Submit = "submit",
        /// See [`Verb::Lease`].
        Lease = "lease",
        /// See [`Verb::Renew`].
        Renew = "renew",
        /// See [`Verb::Accept`].
        Accept = "accept",
        /// See [`Verb::Answer`].
        Answer = "answer",
        /// See [`Verb::AnswerByPhone`].
        AnswerByPhone = "answer_by_phone",
        /// See [`Verb::Release`].
        Release = "release",
        /// See [`Verb::Ask`].
        Ask = "ask",
        /// See [`Verb::Supply`].
        Supply = "supply",
        /// See [`Verb::Redirect`].
        Redirect = "redirect",
        /// See [`Verb::Reroute`].
        Reroute = "reroute",
        /// See [`Verb::Withdraw`].
        Withdraw = "withdraw",
        /// See [`Verb::MoveHearing`].
        MoveHearing = "move_hearing",
        /// See [`Verb::Acknowledge`].
        Acknowledge = "acknowledge",
        /// See [`Verb::DecideWithout`].
        DecideWithout = "decide_without",
        /// See [`Verb::Receive`].
        Receive = "receive",
        /// See [`Verb::RecordSentence`].
        RecordSentence = "record_sentence",
        /// See [`Verb::Close`].
        Close = "close",
        /// See [`Verb::Advance`].
        Advance = "advance",
        /// See [`Verb::ReportAbsent`].
        ReportAbsent = "report_absent",
        /// See [`crate::case::command::CaseVerb::Register`].
        Register = "register",
        /// See [`crate::case::command::CaseVerb::TakeOff`].
        TakeOff = "take_off",
        /// See [`crate::case::command::CaseVerb::EnterStage`].
        EnterStage = "enter_stage",
        /// See [`Verb::Cover`] and [`crate::case::command::CaseVerb::Cover`].
        Cover = "cover",
        /// See [`crate::case::command::CaseVerb::Uncover`].
        Uncover = "uncover",
        /// See [`crate::case::command::CaseVerb::SetAside`].
        SetAside = "set_aside",
        /// See [`Verb::Reassign`] and [`crate::case::command::CaseVerb::Reassign`].
        Reassign = "reassign",
        /// See [`Verb::View`] and [`crate::case::command::CaseVerb::View`].
        View = "view",
    }
}
