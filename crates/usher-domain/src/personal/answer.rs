//! What a borough says about the people of an enquiry. No type here has a `Debug` that prints a value.

use super::{Validator, hidden};
use crate::codes::codes;
use crate::limits;
use core::fmt;
use jiff::civil::Date;

hidden!(AnswerContent, Match, Episode, Worker, Remark);

/// What a borough says about the people of an enquiry.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AnswerContent {
    /// Whom the borough found in its records.
    pub matches: Vec<Match>,
    /// Involvement, open and closed.
    pub episodes: Vec<Episode>,
    /// The worker to speak to.
    pub worker: Option<Worker>,
    /// Contacts or referrals in the last year.
    pub recent_contacts: Option<u32>,
    /// The latest of them.
    pub last_contact: Option<Date>,
    /// Concerns, restrictions, advice and narrative, each with its handling.
    pub remarks: Vec<Remark>,
    /// Until when the answer may be relied on.
    pub valid_until: Option<Date>,
}

/// One person found.
#[derive(Clone, PartialEq, Eq)]
pub struct Match {
    /// Who: `subject`, `child 1`, `other 2`, in the order of the enquiry.
    pub who: String,
    /// How sure.
    pub confidence: Confidence,
    /// By what, in words.
    pub basis: String,
}

codes! {
    /// How sure a match is.
    Confidence {
        /// The same person.
        Certain = "certain",
        /// Perhaps the same.
        Possible = "possible",
        /// Nobody found.
        None = "none",
    }
}

/// One involvement.
#[derive(Clone, PartialEq, Eq)]
pub struct Episode {
    /// What kind.
    pub kind: EpisodeKind,
    /// Whom it concerns, as in [`Match::who`].
    pub who: String,
    /// Whether it is open.
    pub open: bool,
    /// Since when.
    pub start: Option<Date>,
    /// Until when.
    pub end: Option<Date>,
    /// Category of abuse, for protection plans.
    pub category: Option<AbuseCategory>,
    /// Legal status code (SSDA903), such as `C2`; may be empty.
    pub legal_status: String,
    /// Whether the plan is another authority's.
    pub other_authority: bool,
    /// How it may be used.
    pub handling: Vec<Handling>,
}

codes! {
    /// Kinds of involvement: the MAIS service episodes, and what enquiry forms ask besides.
    EpisodeKind {
        /// Early help.
        EarlyHelp = "early-help",
        /// Education, health and care plan.
        Ehcp = "ehcp",
        /// Family court order or proceedings.
        FamilyCourtOrder = "family-court-order",
        /// Child in need plan.
        CinPlan = "cin-plan",
        /// Child protection plan.
        CpPlan = "cp-plan",
        /// Mental health plan.
        CamhsPlan = "CAMHS-plan",
        /// Section 47 enquiry.
        Section47 = "section-47",
        /// Care leaver.
        CareLeaver = "care-leaver",
        /// Looked after.
        LookedAfter = "child-looked-after",
        /// Adult safeguarding.
        AdultSafeguarding = "adult-safeguarding",
        /// An assessment under way.
        Assessment = "assessment",
        /// Pre-birth assessment.
        PreBirth = "pre-birth",
        /// Private fostering.
        PrivateFostering = "private-fostering",
    }
}

codes! {
    /// Category of abuse (children in need census).
    AbuseCategory {
        /// Neglect.
        Neglect = "NEG",
        /// Physical.
        Physical = "PHY",
        /// Sexual.
        Sexual = "SAB",
        /// Emotional.
        Emotional = "EMO",
        /// Multiple.
        Multiple = "MUL",
    }
}

codes! {
    /// How a piece of an answer may be used. A report is read by the defendant and the prosecutor.
    Handling {
        /// May be cited in the report.
        MayCite = "may_cite",
        /// For probation's eyes only.
        ProbationOnly = "probation_only",
        /// Must not be disclosed to the defendant.
        NotToDefendant = "not_to_defendant",
        /// Ring the borough before use.
        RingFirst = "ring_first",
    }
}

/// A social worker to speak to.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Worker {
    /// The name.
    pub name: String,
    /// The team.
    pub team: String,
    /// Telephone.
    pub phone: String,
    /// Mailbox.
    pub email: String,
}

/// Something said in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Remark {
    /// About what.
    pub topic: Topic,
    /// The words.
    pub text: String,
    /// How they may be used; empty means as `probation_only`.
    pub handling: Vec<Handling>,
}

codes! {
    /// What a remark is about.
    Topic {
        /// Concerns about the adult.
        AdultConcerns = "adult_concerns",
        /// Contact restrictions.
        ContactRestrictions = "contact_restrictions",
        /// Whether a curfew at the address is safe.
        CurfewAdvice = "curfew_advice",
        /// Anything else.
        Narrative = "narrative",
    }
}

impl AnswerContent {
    /// Notes every field that is wrong, under `path`.
    pub fn validate(&self, path: &str, into: &mut Validator) {
        let (line, items) = (limits::LINE_CHARS_MAX, limits::ITEMS_PER_ANSWER_MAX);
        into.list(format!("{path}.matches"), &self.matches, items);
        for (place, found) in self.matches.iter().enumerate() {
            into.text(format!("{path}.matches[{place}].who"), &found.who, line);
            into.text(format!("{path}.matches[{place}].basis"), &found.basis, line);
        }
        into.list(format!("{path}.episodes"), &self.episodes, items);
        for (place, episode) in self.episodes.iter().enumerate() {
            let at = format!("{path}.episodes[{place}]");
            into.text(format!("{at}.who"), &episode.who, line);
            into.text(format!("{at}.legal_status"), &episode.legal_status, 8);
            if matches!((episode.start, episode.end), (Some(start), Some(end)) if start > end) {
                into.fail(format!("{at}.end"), "must not be before start");
            }
        }
        into.list(format!("{path}.remarks"), &self.remarks, items);
        for (place, remark) in self.remarks.iter().enumerate() {
            into.text(
                format!("{path}.remarks[{place}].text"),
                &remark.text,
                limits::NARRATIVE_CHARS_MAX,
            );
        }
        if let Some(worker) = &self.worker {
            for (field, text) in [
                ("name", &worker.name),
                ("team", &worker.team),
                ("phone", &worker.phone),
                ("email", &worker.email),
            ] {
                into.text(format!("{path}.worker.{field}"), text, line);
            }
        }
    }
}
