//! Checks: the part of an enquiry that one responder must answer, and the states it can be in.

use crate::actor::{By, Person};
use crate::agreement::{Sharing, SharingDecision};
use crate::code::{AuthorityCode, ClientId, ResponderId, ResponderKind};
use crate::codes::codes;
use crate::id::{CheckNumber, LeaseId};
use crate::ladder::Ladder;
use crate::sealed::Sealed;
use crate::time::Timestamp;
use core::fmt;

/// The part of an enquiry that one responder must answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its number within the enquiry, from 1.
    pub number: CheckNumber,
    /// What kind of service it asks; it never changes, whoever the check goes to.
    pub kind: ResponderKind,
    /// Who must answer; `None` until somebody routes it.
    pub responder: Option<ResponderId>,
    /// The authorities that the responder is asked for.
    pub authorities: Vec<AuthorityCode>,
    /// Why this responder, or what leads to none.
    pub reasons: Vec<RouteReason>,
    /// What the agreement in force says of it, as last decided; `None` where no responder was found, and in records of older brokers.
    pub sharing: Option<Sharing>,
    /// When the check was opened; its ladder starts here.
    pub opened_at: Timestamp,
    /// Where it stands.
    pub state: CheckState,
    /// Its escalations.
    pub ladder: Ladder,
    /// Leases that ran out with no result.
    pub leases_lost: u32,
    /// Questions asked back, oldest first.
    pub exchanges: Vec<Exchange>,
    /// Since when the case stands sentenced with this check unanswered: nothing had been decided when the hearing began, or its sentence
    /// was recorded.
    pub sentenced_outstanding_at: Option<Timestamp>,
    /// Who proposed to close it, where the reason takes two persons: it stands until another confirms it or the check moves on, and stays
    /// with a check that was closed so.
    pub closing: Option<Closing>,
    /// Who in the responder's system may be one of the people, as the program that left it to people said; empty for none, and as soon as
    /// no desk needs them.
    pub candidates: Sealed,
}

/// A named person's proposal to close a check, for a reason that takes two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Who proposed it.
    pub by: By,
    /// Coded reason.
    pub reason: CloseReason,
    /// In words; may hold personal data.
    pub note: Sealed,
    /// When.
    pub at: Timestamp,
}

/// Why a check goes to its responder; for an unroutable check, one of the addresses or names that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteReason {
    /// An address of the enquiry, by its place in the list, and what is special about its postcode.
    Address {
        /// The place of the address in the enquiry's list, from 0.
        index: u8,
        /// What part the address plays.
        role: AddressRole,
        /// Whether its postcode is terminated: routed, and flagged.
        terminated: bool,
        /// Why it leads to no responder, where it does not.
        why: Option<UnroutableWhy>,
    },
    /// The officer named the authority.
    Named,
    /// The officer named the authority, and nobody answers for it.
    Unserved {
        /// Which.
        authority: AuthorityCode,
    },
    /// Another responder said that this one is right.
    Redirected {
        /// The check that was redirected.
        from: CheckNumber,
    },
    /// An operator routed it.
    Operator,
}

codes! {
    /// What part an address plays.
    AddressRole {
        /// The defendant's home.
        Home = "home",
        /// Where a curfew or residence is proposed.
        ProposedCurfew = "proposed_curfew",
        /// A partner's home.
        Partner = "partner",
        /// A child's home.
        Child = "child",
        /// An earlier home.
        Previous = "previous",
        /// Where the defendant is to live when released.
        Release = "release",
    }
}

codes! {
    /// Why no responder was found. Several addresses that lead nowhere make one check.
    UnroutableWhy {
        /// No address was given and no authority named.
        NoAddress = "no_address",
        /// No fixed abode.
        NoFixedAbode = "no_fixed_abode",
        /// The address is withheld.
        Withheld = "withheld",
        /// Not a postcode.
        Malformed = "malformed",
        /// No such postcode in the directory.
        Unknown = "unknown",
        /// A postcode without an authority, in use or not.
        NoAuthority = "no_authority",
        /// In Scotland or Northern Ireland.
        OutsideEnglandAndWales = "outside_england_and_wales",
        /// The authority has no responder in the configuration.
        NoResponder = "no_responder",
        /// Responders send it to each other.
        Disputed = "disputed",
        /// A responder says that it is not theirs and does not know whose.
        NotOurs = "not_ours",
        /// The responder has no information-sharing agreement.
        NoAgreement = "no_agreement",
        /// Its agreement has ended.
        AgreementEnded = "agreement_ended",
        /// Its agreement does not cover the purpose.
        PurposeNotAgreed = "purpose_not_agreed",
        /// No power or duty that its agreement rests on is in force.
        NoLawfulBasis = "no_lawful_basis",
    }
}

codes! {
    /// Why people of the responder must look at a check that a program could not settle.
    PeopleReason {
        /// Somebody in the system may be one of the people asked about.
        PossibleMatch = "possible_match",
        /// The enquiry says too little to search by.
        TooLittle = "too_little",
        /// The agreement lets no program answer.
        Agreement = "agreement",
        /// The system uses a code that the configuration does not know, or a record that cannot be read.
        Unreadable = "unreadable",
        /// The system cannot be asked.
        SystemAway = "system_away",
        /// Another reason.
        Other = "other",
        /// Nobody was found, and that does not make it certain that nobody is there.
        UncertainAbsence = "uncertain_absence",
    }
}

/// Where a check stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// In the responder's queue.
    Waiting {
        /// Since when.
        since: Timestamp,
        /// Why people must look: then no program is lent it.
        for_people: Option<PeopleReason>,
    },
    /// An adapter has it until `lease.expires`.
    Leased {
        /// The loan.
        lease: Lease,
    },
    /// People at the borough have it.
    Accepted {
        /// Since when.
        at: Timestamp,
        /// Who.
        by: By,
        /// When they promise an answer.
        expected_by: Option<Timestamp>,
    },
    /// The borough needs more from the officer: the last exchange has no reply yet.
    Asked {
        /// Since when.
        at: Timestamp,
        /// Who asks.
        by: By,
    },
    /// No responder was found: the operators' queue.
    Unroutable {
        /// Why, each cause once.
        why: Vec<UnroutableWhy>,
        /// Since when.
        since: Timestamp,
    },
    /// Answered; an exit once received.
    Answered {
        /// Every version, oldest first, never empty.
        answers: Vec<Answer>,
        /// The receipt of the newest version.
        received: Option<Receipt>,
    },
    /// Exit: another check carries the same deadline.
    Redirected {
        /// That check.
        to: CheckNumber,
        /// When.
        at: Timestamp,
        /// By whom.
        by: By,
    },
    /// Exit: a named person closed it with a reason.
    Closed {
        /// Who.
        by: By,
        /// Coded reason.
        reason: CloseReason,
        /// In words; may hold personal data.
        note: Sealed,
        /// When.
        at: Timestamp,
    },
}

codes! {
    /// Why a named person closed a check.
    CloseReason {
        /// The enquiry was withdrawn.
        Withdrawn = "withdrawn",
        /// The case ended without sentence.
        CaseEnded = "case_ended",
        /// Submitted twice.
        Duplicate = "duplicate",
        /// The information came by another road.
        AnsweredElsewhere = "answered_elsewhere",
        /// Made by mistake.
        Mistake = "mistake",
        /// Another reason, in words.
        Other = "other",
    }
}

impl CloseReason {
    /// Whether nothing is left to ask after it: a named person says that the information came by another road, or that no sentence comes for
    /// which it was wanted. What else closes a check leaves the question where it was: a twin may answer it, or it must be asked anew.
    pub const fn leaves_nothing_to_ask(self) -> bool {
        match self {
            Self::CaseEnded | Self::AnsweredElsewhere => true,
            Self::Withdrawn | Self::Duplicate | Self::Mistake | Self::Other => false,
        }
    }
}

/// One loan of a check to an adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its id: the adapter shows it with every act.
    pub id: LeaseId,
    /// Who holds it.
    pub client: ClientId,
    /// Since when.
    pub since: Timestamp,
    /// From this moment on it is lost.
    pub expires: Timestamp,
}

/// A question asked back, and what the officer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The question; may hold personal data.
    pub question: Sealed,
    /// Who asked.
    pub asked_by: By,
    /// When.
    pub asked_at: Timestamp,
    /// The officer's reply, once given.
    pub reply: Option<Reply>,
}

/// What the officer replied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The words; may hold personal data.
    pub text: Sealed,
    /// Who.
    pub by: By,
    /// When.
    pub at: Timestamp,
}

codes! {
    /// What the responder says. Silence is none of them, and "no record" never reads as "no risk".
    Disposition {
        /// No record of these people.
        NotKnown = "not_known",
        /// Known, nothing relevant.
        KnownNothingRelevant = "known_nothing_relevant",
        /// Known, relevant information given.
        KnownRelevant = "known_relevant",
        /// Information is held that cannot be given.
        HeldCannotDisclose = "held_cannot_disclose",
    }
}

codes! {
    /// What comes of a referral.
    ReferralOutcome {
        /// Nothing further is done.
        NoFurtherAction = "no_further_action",
        /// Early help is offered.
        EarlyHelp = "early_help",
        /// An assessment begins.
        Assessment = "assessment",
        /// A strategy discussion is held.
        StrategyDiscussion = "strategy_discussion",
        /// The case is open already: its worker has been told.
        AlreadyOpen = "already_open",
        /// A safeguarding adults enquiry begins (Care Act 2014, section 42).
        SafeguardingEnquiry = "safeguarding_enquiry",
    }
}

codes! {
    /// Whether an answer came before the deadline.
    Timeliness {
        /// Before it.
        InTime = "in_time",
        /// At it or after.
        AfterHearing = "after_hearing",
    }
}

/// One version of a responder's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it comes to.
    pub disposition: Disposition,
    /// What comes of it, where it answers a referral; `None` otherwise.
    pub outcome: Option<ReferralOutcome>,
    /// Who answered; where it came by telephone, who recorded it.
    pub by: By,
    /// When the broker took it.
    pub at: Timestamp,
    /// Before or after the deadline as it then stood.
    pub timeliness: Timeliness,
    /// The age of the data it rests on, where the adapter says so.
    pub data_as_of: Option<Timestamp>,
    /// Matches, episodes, narrative and handling codes.
    pub content: Sealed,
    /// Who gave it by telephone; `None` where the responder answered here.
    pub by_phone: Option<ByPhone>,
}

/// How an answer came by telephone. Staff data, yet no `Debug` that prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct ByPhone {
    /// The responder's worker who gave it.
    pub given_by: Person,
    /// The telephone number that was used, or called back: 1 to [`crate::limits::LINE_CHARS_MAX`] characters.
    pub number: String,
}

impl fmt::Debug for ByPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByPhone(..)")
    }
}

/// The officer has read the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Who read it.
    pub by: By,
    /// When.
    pub at: Timestamp,
    /// What the answer would have changed, where it came late, each once; none where it came in time, or nobody was asked yet.
    pub effects: Vec<LateEffect>,
}

impl Receipt {
    /// Whether the answer came late and would have changed something.
    pub fn would_have_changed_something(&self) -> bool {
        self.effects
            .iter()
            .any(|effect| *effect != LateEffect::Nothing)
    }
}

codes! {
    /// What a late answer would have changed, had it come in time. Several may be true at once, but for nothing.
    LateEffect {
        /// The sentence.
        Sentence = "sentence",
        /// To whom the case was allocated.
        Allocation = "allocation",
        /// The plan for it.
        Plan = "plan",
        /// None of them.
        Nothing = "nothing",
    }
}

impl CheckState {
    /// Every version of the answer, oldest first; none where there is no answer.
    pub fn answers(&self) -> &[Answer] {
        match self {
            Self::Answered { answers, .. } => answers,
            _ => &[],
        }
    }

    /// Whether nothing more is wanted: answered and received, redirected, or closed.
    pub fn is_exit(&self) -> bool {
        match self {
            Self::Answered { received, .. } => received.is_some(),
            Self::Redirected { .. } | Self::Closed { .. } => true,
            Self::Waiting { .. }
            | Self::Leased { .. }
            | Self::Accepted { .. }
            | Self::Asked { .. }
            | Self::Unroutable { .. } => false,
        }
    }

    /// Whether the question itself is still open.
    pub fn is_outstanding(&self) -> bool {
        !matches!(
            self,
            Self::Answered { .. } | Self::Redirected { .. } | Self::Closed { .. }
        )
    }

    /// The state's name in refusals, tables and filters.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Leased { .. } => "leased",
            Self::Accepted { .. } => "accepted",
            Self::Asked { .. } => "asked",
            Self::Unroutable { .. } => "unroutable",
            Self::Answered { .. } => "answered",
            Self::Redirected { .. } => "redirected",
            Self::Closed { .. } => "closed",
        }
    }
}

impl Check {
    /// Whom it concerns: its responder, or the one that it could not go to for want of an agreement.
    pub fn concerned(&self) -> Option<&ResponderId> {
        let denied = || self.sharing.as_ref().map(|sharing| &sharing.with);
        self.responder.as_ref().or_else(denied)
    }

    /// Its state in the responder's queue: for people where one of them must look, or where the agreement lets no program.
    pub(crate) fn waiting(&self, since: Timestamp, for_people: Option<PeopleReason>) -> CheckState {
        let reviewed = |sharing: &Sharing| sharing.decision == SharingDecision::Review;
        let by_agreement = self.sharing.as_ref().is_some_and(reviewed);
        CheckState::Waiting {
            since,
            for_people: for_people.or(by_agreement.then_some(PeopleReason::Agreement)),
        }
    }

    /// The proposal to close it that nobody has confirmed yet.
    pub fn proposed_closing(&self) -> Option<&Closing> {
        self.closing
            .as_ref()
            .filter(|_| self.state.is_outstanding())
    }

    /// Whether the responder's people may still have to look who is meant: only then candidates are kept.
    pub(crate) const fn needs_candidates(&self) -> bool {
        matches!(
            self.state,
            CheckState::Waiting { .. } | CheckState::Accepted { .. } | CheckState::Asked { .. }
        )
    }

    /// The newest answer.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.state {
            CheckState::Answered { answers, .. } => answers.last(),
            _ => None,
        }
    }
}
