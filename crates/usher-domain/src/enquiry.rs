//! The enquiry and its checks. A state carries its own facts; nothing else is representable.

mod check;

pub use check::{
    AddressRole, Answer, ByPhone, Check, CheckState, CloseReason, Closing, Disposition, Exchange,
    LateEffect, Lease, PeopleReason, Receipt, ReferralOutcome, Reply, RouteReason, Timeliness,
    UnroutableWhy,
};

use crate::actor::{By, Person, Unit};
use crate::alert::Alert;
use crate::case::Holder;
use crate::code::{ClientId, ResponderId, ResponderKind};
use crate::codes::codes;
use crate::event::Event;
use crate::hearing::{Deadline, HearingMove};
use crate::id::{AlertNumber, CaseId, CheckId, CheckNumber, EnquiryId, RequestId};
use crate::sealed::Sealed;
use crate::time::Timestamp;
use jiff::civil::Date;

/// What a court officer submits about one defendant and the children concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enquiry {
    /// Its id, derived from the submitting client and request.
    pub id: EnquiryId,
    /// Who asks.
    pub requester: Requester,
    /// The case that it is about, where the officer named one.
    pub case: Option<CaseId>,
    /// Who holds it now, where that is somebody else than who asked: alerts and answers go there.
    pub holder: Option<Holder>,
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
    /// What the court did, once it was recorded.
    pub sentence: Option<Box<Sentence>>,
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
    /// The officer's part of the service.
    pub unit: Unit,
    /// The practitioner for whom the officer asks, where that is somebody else.
    pub on_behalf_of: Option<Person>,
}

/// A mutation that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The caller's id for it.
    pub request: RequestId,
    /// A digest of who asked for what.
    pub digest: u64,
}

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
        /// No question: social care is told of somebody at risk, and says what comes of it.
        Referral = "referral",
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

    /// Whether it is a stage of a case, for which something is asked: all are but a referral, which tells, and covers nothing.
    pub const fn is_stage(self) -> bool {
        !matches!(self, Self::Referral)
    }

    /// Whether services of `kind` can be asked for it: a referral is for social care.
    pub const fn suits(self, kind: ResponderKind) -> bool {
        self.is_stage() || !matches!(kind, ResponderKind::PoliceDomesticAbuse)
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

impl Track {
    /// Whether the deadline is a hearing; otherwise it is a moment to reply by.
    pub const fn has_hearing(self) -> bool {
        !matches!(self, Self::PostSentence | Self::Referral)
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
        /// Referrals.
        Referral = "referral",
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

codes! {
    /// What the court did. An adjournment is none of these: the hearing moves.
    SentenceOutcome {
        /// A community order.
        CommunityOrder = "community_order",
        /// A suspended sentence order.
        SuspendedSentence = "suspended_sentence",
        /// Custody at once.
        Custody = "custody",
        /// A fine or a discharge: probation has no order to supervise.
        FineOrDischarge = "fine_or_discharge",
        /// Another sentence.
        Other = "other",
        /// No sentence: discontinued, dismissed or acquitted.
        NoSentence = "no_sentence",
    }
}

impl SentenceOutcome {
    /// Whether a sentence begins that probation supervises.
    pub const fn is_supervised(self) -> bool {
        match self {
            Self::CommunityOrder | Self::SuspendedSentence | Self::Custody | Self::Other => true,
            Self::FineOrDischarge | Self::NoSentence => false,
        }
    }
}

/// What the court did, as an officer recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What.
    pub outcome: SentenceOutcome,
    /// On which day, in London.
    pub date: Date,
    /// The checks that were outstanding when it was first recorded.
    pub outstanding: Vec<CheckNumber>,
    /// Who recorded it.
    pub by: By,
    /// When it was recorded.
    pub at: Timestamp,
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

    /// The responder of the check that `event` is about.
    pub fn responder_of(&self, event: &Event) -> Option<&ResponderId> {
        self.check(event.check?)?.responder.as_ref()
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

    /// Whether nobody answers it any more, and nobody did: every check was closed by a named person.
    pub fn is_taken_back(&self) -> bool {
        let over = |state: &CheckState| {
            matches!(
                state,
                CheckState::Closed { .. } | CheckState::Redirected { .. }
            )
        };
        self.checks.iter().all(|check| over(&check.state))
    }

    /// Whether it asks responders of `kind`, or has asked them: a check is with them or answered, or a named person closed it because nothing
    /// is left to ask. Then it covers what a case needs of them.
    pub fn asks(&self, kind: ResponderKind) -> bool {
        let stands = |state: &CheckState| match state {
            CheckState::Closed { reason, .. } => reason.leaves_nothing_to_ask(),
            CheckState::Redirected { .. } => false,
            CheckState::Waiting { .. }
            | CheckState::Leased { .. }
            | CheckState::Accepted { .. }
            | CheckState::Asked { .. }
            | CheckState::Unroutable { .. }
            | CheckState::Answered { .. } => true,
        };
        let mut of_kind = self.checks.iter().filter(|check| check.kind == kind);
        of_kind.any(|check| stands(&check.state))
    }

    /// How much people have put into it, in bytes, at most [`crate::limits::PERSONAL_BYTES_MAX`].
    pub fn weight(&self) -> usize {
        crate::rules::weigh::Weight::of(self).total()
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
                CheckState::Answered { received, .. } => {
                    sum.answered += 1;
                    sum.unread += u8::from(received.is_none());
                }
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
    if purpose == Purpose::Referral {
        return Track::Referral;
    }
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
    /// Answered, read or not.
    pub answered: u8,
    /// Answered, and the officer has not read the newest version yet.
    pub unread: u8,
    /// Taken over by another check.
    pub redirected: u8,
    /// Closed by a named person.
    pub closed: u8,
}
