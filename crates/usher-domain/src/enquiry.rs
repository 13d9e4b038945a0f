//! The enquiry and its checks. A state carries its own facts; nothing else is representable.

use crate::actor::{By, Person};
use crate::alert::Alert;
use crate::code::{AuthorityCode, ClientId, ResponderId};
use crate::hearing::{Deadline, HearingMove};
use crate::id::{AlertNumber, CheckId, CheckNumber, EnquiryId, LeaseId, RequestId};
use crate::ladder::Ladder;
use crate::sealed::Sealed;
use crate::time::Timestamp;

/// What a court officer submits about one defendant and the children concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enquiry {
    /// Its id, derived from the submitting client and request.
    pub id: EnquiryId,
    /// Who asks.
    pub requester: Requester,
    /// What the answer is for.
    pub purpose: Purpose,
    /// The kind of report, where there is one.
    pub report: Option<ReportType>,
    /// Whether the defendant is remanded in custody, which shortens a standard report.
    pub in_custody: bool,
    /// Whether a curfew is proposed: then a missing answer blocks.
    pub curfew: Curfew,
    /// The imminent-harm flag: the only ground for calling an emergency duty team.
    pub imminent_harm: bool,
    /// Coded concerns.
    pub concerns: Vec<Concern>,
    /// By when, and whose court.
    pub deadline: Deadline,
    /// Earlier deadlines, oldest first, at most [`crate::limits::HEARING_MOVES_KEPT_MAX`].
    pub moves: Vec<HearingMove>,
    /// When the broker took it.
    pub submitted_at: Timestamp,
    /// The people and addresses concerned.
    pub personal: Sealed,
    /// One check per responder, numbered from 1 in this order.
    pub checks: Vec<Check>,
    /// Alerts by number; ended ones beyond [`crate::limits::ALERTS_KEPT_MAX`] stay in the history only.
    pub alerts: Vec<Alert>,
    /// What was decided at court with checks outstanding, oldest first.
    pub decisions: Vec<CourtDecision>,
    /// The latest mutations, for idempotency.
    pub applied: Vec<Applied>,
}

/// Who asks, and through which program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requester {
    /// The program.
    pub client: ClientId,
    /// The officer.
    pub person: Person,
    /// The probation office or delivery unit; may be empty.
    pub office: String,
}

/// A mutation that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The caller's id for it.
    pub request: RequestId,
    /// A digest of who asked for what.
    pub digest: u64,
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value's name in configuration, lists and tables.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Reads a name.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// What the answer is for: the stages at which children's services are asked (`reference` stages of HMPPS
    /// practice: court report, report before plea, curfew, start of sentence, review, release, home detention address).
    Purpose {
        /// A pre-sentence report.
        CourtReport = "court_report",
        /// A pre-sentence report before plea.
        ReportBeforePlea = "report_before_plea",
        /// An electronically monitored curfew is considered.
        Curfew = "curfew",
        /// The start of a sentence or licence.
        StartOfSentence = "start_of_sentence",
        /// A review, or a lowering of risk.
        Review = "review",
        /// Release from custody.
        Release = "release",
        /// An address for home detention curfew or early release.
        HomeDetentionAddress = "home_detention_address",
    }
}

impl Purpose {
    /// Whether the purpose comes before sentence, so that a hearing is its deadline.
    pub const fn before_sentence(self) -> bool {
        matches!(
            self,
            Self::CourtReport | Self::ReportBeforePlea | Self::Curfew
        )
    }
}

codes! {
    /// The three kinds of pre-sentence report (nDelius CJO, CJF, CJS).
    ReportType {
        /// Same day, at court.
        Oral = "oral",
        /// About five working days.
        Fast = "fast",
        /// Fifteen working days; ten in custody.
        Standard = "standard",
    }
}

codes! {
    /// Which ladder an enquiry climbs.
    Track {
        /// Oral reports: minutes.
        Oral = "oral",
        /// Fast reports.
        Fast = "fast",
        /// Standard reports.
        Standard = "standard",
        /// Standard reports in custody.
        StandardCustody = "standard_custody",
        /// Stages after sentence.
        PostSentence = "post_sentence",
    }
}

codes! {
    /// Nature of the concern.
    Concern {
        /// Domestic abuse.
        DomesticAbuse = "domestic_abuse",
        /// A sexual offence or risk.
        Sexual = "sexual",
        /// Violence.
        Violence = "violence",
        /// Substance misuse.
        Substance = "substance",
        /// Neglect.
        Neglect = "neglect",
        /// Mental health.
        MentalHealth = "mental_health",
        /// Exploitation.
        Exploitation = "exploitation",
        /// Anything else.
        Other = "other",
    }
}

/// Whether a curfew is proposed. While it is, a missing answer blocks proceeding without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Curfew {
    /// None is proposed.
    NotProposed,
    /// One is proposed.
    Proposed,
    /// It was proposed, and withdrawn for want of an answer.
    Withdrawn {
        /// By whom.
        by: By,
        /// When.
        at: Timestamp,
    },
}

/// The part of an enquiry that one responder must answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its number within the enquiry, from 1.
    pub number: CheckNumber,
    /// Who must answer; `None` until somebody routes it.
    pub responder: Option<ResponderId>,
    /// The authorities that the responder is asked for.
    pub authorities: Vec<AuthorityCode>,
    /// Why this responder.
    pub reasons: Vec<RouteReason>,
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
    /// Since when the case stands sentenced with this check unanswered: nothing had been decided when the hearing began.
    pub sentenced_outstanding_at: Option<Timestamp>,
}

/// Why a check goes to its responder.
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
    },
    /// The officer named the authority.
    Named,
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
        /// In use, but without an authority.
        NoAuthority = "no_authority",
        /// In Scotland or Northern Ireland.
        OutsideEnglandAndWales = "outside_england_and_wales",
        /// The authority has no responder in the configuration.
        NoResponder = "no_responder",
        /// Responders send it to each other.
        Disputed = "disputed",
        /// A responder says that it is not theirs and does not know whose.
        NotOurs = "not_ours",
    }
}

/// Where a check stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// In the responder's queue.
    Waiting {
        /// Since when.
        since: Timestamp,
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
    /// Who answered.
    pub by: By,
    /// When the broker took it.
    pub at: Timestamp,
    /// Before or after the deadline as it then stood.
    pub timeliness: Timeliness,
    /// The age of the data it rests on, where the adapter says so.
    pub data_as_of: Option<Timestamp>,
    /// Matches, episodes, narrative and handling codes.
    pub content: Sealed,
}

/// The officer has read the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Who read it.
    pub by: By,
    /// When.
    pub at: Timestamp,
}

/// What was decided at court with checks outstanding, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourtDecision {
    /// What.
    pub kind: CourtDecisionKind,
    /// The checks that were outstanding.
    pub outstanding: Vec<CheckNumber>,
    /// The officer who recorded it.
    pub by: By,
    /// Why, in words; may hold personal data.
    pub note: Sealed,
    /// When.
    pub at: Timestamp,
}

/// The three ways on with a check outstanding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CourtDecisionKind {
    /// Ask the court to adjourn.
    SeekAdjournment,
    /// Go on without; somebody authorised it.
    ProceedWithout {
        /// Who.
        authorised_by: Person,
    },
    /// Withdraw the curfew proposal.
    WithdrawCurfew,
}

impl Enquiry {
    /// The check with this number.
    pub fn check(&self, number: CheckNumber) -> Option<&Check> {
        self.checks.get(usize::from(number).checked_sub(1)?)
    }

    /// The check with this number, to change.
    pub(crate) fn check_mut(&mut self, number: CheckNumber) -> Option<&mut Check> {
        self.checks.get_mut(usize::from(number).checked_sub(1)?)
    }

    /// The alert with this number.
    pub fn alert(&self, number: AlertNumber) -> Option<&Alert> {
        self.alerts.iter().find(|alert| alert.number == number)
    }

    /// The full id of one of its checks.
    pub fn check_id(&self, number: CheckNumber) -> CheckId {
        CheckId {
            enquiry: self.id,
            number,
        }
    }

    /// Whether any check still wants something from somebody.
    pub fn is_open(&self) -> bool {
        self.checks.iter().any(|check| !check.state.is_exit())
    }

    /// Which ladder its checks climb.
    pub fn track(&self) -> Track {
        track(self.purpose, self.report, self.in_custody)
    }

    /// The checks that nobody has answered, redirected or closed.
    pub fn outstanding(&self) -> impl Iterator<Item = &Check> {
        self.checks
            .iter()
            .filter(|check| check.state.is_outstanding())
    }

    /// Whether the people at court have decided how to go on with `check` outstanding, since the deadline last moved. A
    /// decision about a check holds for the one that it was handed over to.
    pub fn is_decided(&self, check: CheckNumber) -> bool {
        let moved = self.moves.last().map(|moved| moved.at);
        self.decisions
            .iter()
            .filter(|decision| moved.is_none_or(|moved| decision.at > moved))
            .flat_map(|decision| &decision.outstanding)
            .any(|decided| self.successor(*decided) == check)
    }

    /// The check at the end of the chain of redirections from `check`; itself, when it was not redirected.
    fn successor(&self, check: CheckNumber) -> CheckNumber {
        let mut last = check;
        for _ in 0..self.checks.len() {
            match self.check(last).map(|check| &check.state) {
                Some(CheckState::Redirected { to, .. }) => last = *to,
                _ => break,
            }
        }
        last
    }

    /// The honest sum of its checks.
    pub fn combined(&self) -> Combined {
        let mut sum = Combined::default();
        for check in &self.checks {
            match &check.state {
                CheckState::Answered { .. } => sum.answered += 1,
                CheckState::Redirected { .. } => sum.redirected += 1,
                CheckState::Closed { .. } => sum.closed += 1,
                CheckState::Unroutable { .. } => sum.unroutable += 1,
                CheckState::Asked { .. } => sum.asked += 1,
                CheckState::Waiting { .. }
                | CheckState::Leased { .. }
                | CheckState::Accepted { .. } => sum.outstanding += 1,
            }
        }
        sum
    }
}

/// Which ladder fits.
pub fn track(purpose: Purpose, report: Option<ReportType>, in_custody: bool) -> Track {
    if !purpose.before_sentence() {
        return Track::PostSentence;
    }
    match report {
        Some(ReportType::Oral) => Track::Oral,
        Some(ReportType::Standard) if in_custody => Track::StandardCustody,
        Some(ReportType::Standard) => Track::Standard,
        Some(ReportType::Fast) | None => Track::Fast,
    }
}

/// How many checks stand where. There is no single "done": all, some or none are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Combined {
    /// Waiting, leased or accepted.
    pub outstanding: u8,
    /// Waiting for the officer's reply.
    pub asked: u8,
    /// Waiting for an operator's routing.
    pub unroutable: u8,
    /// Answered.
    pub answered: u8,
    /// Taken over by another check.
    pub redirected: u8,
    /// Closed by a named person.
    pub closed: u8,
}

impl CheckState {
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
    /// The newest answer.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.state {
            CheckState::Answered { answers, .. } => answers.last(),
            _ => None,
        }
    }
}
