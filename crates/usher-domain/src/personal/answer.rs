//! What a borough says about the people of an enquiry. No type here has a `Debug` that prints a value.

use super::{Disclosure, Validator, hidden};
use crate::codes::codes;
use crate::enquiry::Disposition;
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
    /// What the answer rests on.
    pub source: Option<DataSource>,
    /// Whether the borough may tell, and by which rules.
    pub disclosure: Option<Disclosure>,
}

codes! {
    /// What an answer rests on.
    DataSource {
        /// The system of record, as it stands.
        Live = "live",
        /// A copy of some age.
        Batch = "batch",
        /// Somebody who looked it up.
        People = "people",
    }
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
    /// Kinds of involvement: the MAIS service episodes, what enquiry forms ask besides, and what adult social care and the police have.
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
        /// Adult social care: care and support needs, assessed or met.
        CareAndSupport = "care-and-support",
        /// Adult social care: a safeguarding adults enquiry (Care Act 2014, section 42).
        Section42 = "section-42",
        /// Police: an incident or call-out.
        DomesticAbuseIncident = "domestic-abuse-incident",
        /// Police: a marker on a person or an address.
        DomesticAbuseMarker = "domestic-abuse-marker",
        /// Police: a non-molestation order.
        NonMolestationOrder = "non-molestation-order",
        /// Police: another order or notice that protects somebody.
        ProtectiveOrder = "protective-order",
        /// Heard at a multi-agency risk assessment conference.
        Marac = "marac",
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
    /// Notes every field that is wrong, under `path`, in an answer that comes to `disposition`.
    pub fn validate(&self, disposition: Option<Disposition>, path: &str, into: &mut Validator) {
        if disposition == Some(Disposition::NotKnown) {
            self.validate_not_known(path, into);
        }
        if let Some(disclosure) = &self.disclosure {
            disclosure.validate(disposition, format_args!("{path}.disclosure"), into);
        }
        let (line, items) = (limits::LINE_CHARS_MAX, limits::ITEMS_PER_ANSWER_MAX);
        let codes = limits::CODES_PER_LIST_MAX;
        into.list(format_args!("{path}.matches"), &self.matches, items);
        for (place, found) in self.matches.iter().enumerate() {
            into.text(
                format_args!("{path}.matches[{place}].who"),
                &found.who,
                line,
            );
            into.text(
                format_args!("{path}.matches[{place}].basis"),
                &found.basis,
                line,
            );
        }
        into.list(format_args!("{path}.episodes"), &self.episodes, items);
        for (place, episode) in self.episodes.iter().enumerate() {
            let at = format_args!("{path}.episodes[{place}]");
            into.text(format_args!("{at}.who"), &episode.who, line);
            into.text(format_args!("{at}.legal_status"), &episode.legal_status, 8);
            if matches!((episode.start, episode.end), (Some(start), Some(end)) if start > end) {
                into.fail(format_args!("{at}.end"), "must not be before start");
            }
            into.list(format_args!("{at}.handling"), &episode.handling, codes);
        }
        into.list(format_args!("{path}.remarks"), &self.remarks, items);
        for (place, remark) in self.remarks.iter().enumerate() {
            let at = format_args!("{path}.remarks[{place}]");
            into.text(
                format_args!("{at}.text"),
                &remark.text,
                limits::NARRATIVE_CHARS_MAX,
            );
            into.list(format_args!("{at}.handling"), &remark.handling, codes);
        }
        if let Some(worker) = &self.worker {
            for (field, text) in [
                ("name", &worker.name),
                ("team", &worker.team),
                ("phone", &worker.phone),
                ("email", &worker.email),
            ] {
                into.text(format_args!("{path}.worker.{field}"), text, line);
            }
        }
    }
}

impl AnswerContent {
    /// Whoever is not known has neither been found nor has a history: the officer must not read both.
    fn validate_not_known(&self, path: &str, into: &mut Validator) {
        let is_certain = |found: &Match| found.confidence == Confidence::Certain;
        let known = [
            ("matches", self.matches.iter().any(is_certain)),
            ("episodes", !self.episodes.is_empty()),
            ("recent_contacts", self.recent_contacts.unwrap_or(0) > 0),
            ("last_contact", self.last_contact.is_some()),
        ];
        for (field, _) in known.into_iter().filter(|(_, is_told)| *is_told) {
            into.fail(
                format_args!("{path}.{field}"),
                "tells of somebody who is known: that does not go with not_known",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        AnswerContent, Confidence, DataSource, Episode, EpisodeKind, Handling, Match, Remark,
        Topic, Worker,
    };
    use crate::enquiry::Disposition;
    use crate::limits;
    use crate::personal::{CANARY, Disclosure, DisclosureDecision, RefusalReason, fields, silent};
    use jiff::civil::date;

    fn full() -> AnswerContent {
        let canary = || CANARY.to_owned();
        AnswerContent {
            matches: vec![Match {
                who: canary(),
                confidence: Confidence::Certain,
                basis: canary(),
            }],
            episodes: vec![Episode {
                kind: EpisodeKind::CpPlan,
                who: canary(),
                open: true,
                start: Some(date(2026, 1, 1)),
                end: Some(date(2026, 1, 1)),
                category: None,
                legal_status: "C2".into(),
                other_authority: false,
                handling: vec![Handling::RingFirst],
            }],
            worker: Some(Worker {
                name: canary(),
                team: canary(),
                phone: canary(),
                email: canary(),
            }),
            recent_contacts: Some(3),
            last_contact: Some(date(2026, 1, 1)),
            remarks: vec![Remark {
                topic: Topic::Narrative,
                text: canary(),
                handling: Vec::new(),
            }],
            valid_until: None,
            source: Some(DataSource::Batch),
            disclosure: Some(Disclosure {
                decision: DisclosureDecision::Review,
                policy_version: canary(),
                refusal: Some(RefusalReason::ThirdParty),
            }),
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut AnswerContent), expected: &[&str]) {
        let mut content = full();
        change(&mut content);
        let said = Some(Disposition::KnownRelevant);
        let found = fields(|into| content.validate(said, "answer", into));
        assert_eq!(found, expected);
    }

    #[test]
    fn an_answer_is_validated_field_by_field() {
        let long = "x".repeat(limits::LINE_CHARS_MAX + 1);
        let items = limits::ITEMS_PER_ANSWER_MAX;
        check(|_| {}, &[]);
        check(
            |it| it.matches[0].who = long.clone(),
            &["answer.matches[0].who"],
        );
        check(
            |it| it.matches[0].basis = "\0".into(),
            &["answer.matches[0].basis"],
        );
        check(|it| it.matches = vec![it.matches[0].clone(); items], &[]);
        check(
            |it| it.matches = vec![it.matches[0].clone(); items + 1],
            &["answer.matches"],
        );
        check(
            |it| it.episodes[0].who = long.clone(),
            &["answer.episodes[0].who"],
        );
        check(
            |it| it.episodes[0].legal_status = "123456789".into(),
            &["answer.episodes[0].legal_status"],
        );
        check(
            |it| it.episodes[0].start = Some(date(2026, 1, 2)),
            &["answer.episodes[0].end"],
        );
        check(
            |it| it.episodes[0].handling = vec![Handling::MayCite; 17],
            &["answer.episodes[0].handling"],
        );
        check(
            |it| it.episodes = vec![it.episodes[0].clone(); items + 1],
            &["answer.episodes"],
        );
        check(
            |it| it.remarks[0].text = "x".repeat(limits::NARRATIVE_CHARS_MAX),
            &[],
        );
        check(
            |it| it.remarks[0].text = "x".repeat(limits::NARRATIVE_CHARS_MAX + 1),
            &["answer.remarks[0].text"],
        );
        check(
            |it| it.remarks[0].handling = vec![Handling::MayCite; 17],
            &["answer.remarks[0].handling"],
        );
        check(
            |it| it.remarks = vec![it.remarks[0].clone(); items + 1],
            &["answer.remarks"],
        );
        let worker =
            ["name", "team", "phone", "email"].map(|field| format!("answer.worker.{field}"));
        let worker: Vec<&str> = worker.iter().map(String::as_str).collect();
        let all = || Worker {
            name: long.clone(),
            team: long.clone(),
            phone: long.clone(),
            email: long.clone(),
        };
        check(|it| it.worker = Some(all()), &worker);
        check(|it| it.worker = None, &[]);
    }

    #[test]
    fn nobody_is_both_not_known_and_known() {
        let told = |change: fn(&mut AnswerContent)| {
            let mut content = full();
            (content.episodes, content.recent_contacts) = (Vec::new(), None);
            content.last_contact = None;
            (content.matches[0].confidence, content.disclosure) = (Confidence::Possible, None);
            change(&mut content);
            fields(|into| content.validate(Some(Disposition::NotKnown), "a", into))
        };
        assert!(told(|_| {}).is_empty());
        assert!(told(|it| it.recent_contacts = Some(0)).is_empty());
        assert_eq!(
            told(|it| it.recent_contacts = Some(1)),
            ["a.recent_contacts"]
        );
        assert_eq!(
            told(|it| it.last_contact = full().last_contact),
            ["a.last_contact"]
        );
        assert_eq!(told(|it| it.episodes = full().episodes), ["a.episodes"]);
        assert_eq!(told(|it| it.matches = full().matches), ["a.matches"]);
    }

    #[test]
    fn no_debug_prints_what_a_borough_says() {
        let content = full();
        silent(&content);
        silent(&content.matches);
        silent(&content.episodes);
        silent(&content.worker);
        silent(&content.remarks);
        silent(&content.disclosure);
    }
}
