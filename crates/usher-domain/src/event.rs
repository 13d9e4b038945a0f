//! Events: what happened to enquiries and cases, past tense. History, watches and notifications are made of them. They hold no personal data of the people concerned.

use crate::actor::By;
use crate::agreement::SharingDecision;
use crate::case::event::CaseEventKind;
use crate::code::ResponderId;
use crate::enquiry::{ByPhone, CloseReason, LateEffect, PeopleReason, SentenceOutcome, Timeliness};
use crate::id::{AlertNumber, CheckNumber};
use crate::time::Timestamp;
use jiff::civil::Date;

/// One thing that happened to one enquiry or case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: By,
    /// To which check, or which requirement of a case; `None` for the enquiry or case as a whole.
    pub check: Option<CheckNumber>,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The enquiry was taken.
    Submitted,
    /// A check was opened.
    Opened {
        /// For whom; `None` for the operators' queue.
        responder: Option<ResponderId>,
    },
    /// An adapter took it, or keeps it longer.
    Leased {
        /// Until when.
        expires: Timestamp,
    },
    /// The lease ran out; the check is back in the queue.
    LeaseLost,
    /// The agreement in force says something else than when the check was opened: it waits for people, or for operators.
    Reconsidered {
        /// Whose it was.
        responder: ResponderId,
        /// What the agreement says now.
        decision: SharingDecision,
    },
    /// The responder gave it back.
    Released {
        /// Why people must look, where a program left it to them.
        for_people: Option<PeopleReason>,
    },
    /// People took it on.
    Accepted {
        /// When they promise an answer.
        expected_by: Option<Timestamp>,
    },
    /// The borough asked back.
    Asked,
    /// The officer replied.
    Supplied,
    /// The responder said whose it is.
    Redirected {
        /// The check that goes on.
        to: CheckNumber,
    },
    /// An operator routed it.
    Rerouted {
        /// The check that goes on.
        to: CheckNumber,
    },
    /// It was answered.
    Answered {
        /// Who answered.
        responder: ResponderId,
        /// When the check had been opened, for statistics.
        opened_at: Timestamp,
        /// The answer's version, from 1; later ones supersede.
        version: u8,
        /// Before or after the deadline.
        timeliness: Timeliness,
        /// Who gave it by telephone to whoever recorded it; `None` where the responder answered here.
        by_phone: Option<ByPhone>,
    },
    /// The officer read the answer.
    Received {
        /// Which version.
        version: u8,
        /// What it would have changed, where it came late.
        effects: Vec<LateEffect>,
    },
    /// The officer took the enquiry back.
    Withdrawn,
    /// It is about a case, as somebody has said since.
    Linked,
    /// Another practitioner holds it.
    Reassigned,
    /// The hearing moved.
    HearingMoved {
        /// From.
        from: Timestamp,
        /// To.
        to: Timestamp,
    },
    /// A step of the ladder was raised.
    StepRaised {
        /// Its name.
        step: Box<str>,
        /// Which computation of the ladder.
        generation: u16,
        /// When it was due.
        due: Timestamp,
        /// As which alert.
        alert: AlertNumber,
    },
    /// A step had become moot when it was due.
    StepMoot {
        /// Its name.
        step: Box<str>,
        /// Which computation of the ladder.
        generation: u16,
    },
    /// Trouble outside the ladder was raised, or raised again.
    TroubleRaised {
        /// As which alert.
        alert: AlertNumber,
        /// What.
        trouble: crate::alert::Trouble,
    },
    /// A named person looks after an alert.
    Acknowledged {
        /// Which.
        alert: AlertNumber,
        /// Until when.
        expires: Timestamp,
    },
    /// An acknowledgement expired; the alert is open again.
    Reopened {
        /// Which.
        alert: AlertNumber,
    },
    /// The check moved on, and the alert with it.
    Resolved {
        /// Which.
        alert: AlertNumber,
    },
    /// A decision at court was recorded.
    Decided {
        /// In a word: `seek_adjournment`, `proceed_without`, `withdraw_curfew`.
        decision: DecisionName,
    },
    /// The hearing passed with no answer and no decision, or its sentence was recorded with no answer.
    SentencedOutstanding,
    /// What the court did was recorded.
    SentenceRecorded {
        /// What.
        outcome: SentenceOutcome,
        /// On which day, in London.
        date: Date,
    },
    /// A named person proposed to close the check: another one must close it too.
    CloseProposed {
        /// Why.
        reason: CloseReason,
    },
    /// A named person closed the check.
    Closed {
        /// Why.
        reason: CloseReason,
    },
    /// A person was shown it, or the check.
    Viewed,
    /// It happened to a case.
    Case(CaseEventKind),
}

crate::codes::codes! {
    /// A decision at court in a word.
    DecisionName {
        /// Ask the court to adjourn.
        SeekAdjournment = "seek_adjournment",
        /// Go on without.
        ProceedWithout = "proceed_without",
        /// Withdraw the curfew proposal.
        WithdrawCurfew = "withdraw_curfew",
    }
}

impl EventKind {
    /// Whether it is news to those who watch. Who was shown something stands in the history alone.
    pub const fn is_news(&self) -> bool {
        !matches!(self, Self::Viewed | Self::Case(CaseEventKind::Viewed))
    }

    /// The event in a word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Opened { .. } => "opened",
            Self::Leased { .. } => "leased",
            Self::LeaseLost => "lease_lost",
            Self::Reconsidered { .. } => "reconsidered",
            Self::Released { .. } => "released",
            Self::Accepted { .. } => "accepted",
            Self::Asked => "asked",
            Self::Supplied => "supplied",
            Self::Redirected { .. } => "redirected",
            Self::Rerouted { .. } => "rerouted",
            Self::Answered { .. } => "answered",
            Self::Received { .. } => "received",
            Self::Withdrawn => "withdrawn",
            Self::Linked => "linked",
            Self::Reassigned => "reassigned",
            Self::HearingMoved { .. } => "hearing_moved",
            Self::StepRaised { .. } => "step_raised",
            Self::StepMoot { .. } => "step_moot",
            Self::TroubleRaised { .. } => "trouble_raised",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Reopened { .. } => "reopened",
            Self::Resolved { .. } => "resolved",
            Self::Decided { .. } => "decided",
            Self::SentencedOutstanding => "sentenced_outstanding",
            Self::SentenceRecorded { .. } => "sentence_recorded",
            Self::CloseProposed { .. } => "close_proposed",
            Self::Closed { .. } => "closed",
            Self::Viewed => "viewed",
            Self::Case(kind) => kind.name(),
        }
    }
}
