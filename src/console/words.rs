//! The words of the pages for what the core has codes for: plain English, and the colour of its tag. Colour never stands alone.

pub(super) mod event;
pub(super) mod record;

use super::when;
use crate::broker::output::AdapterHealth;
use jiff::SignedDuration;
use usher_domain::actor::Role;
use usher_domain::alert::{Cause, Trouble};
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::{
    AddressRole, Check, CheckState, Concern, Disposition, PeopleReason, Purpose, ReferralOutcome,
    ReportType, UnroutableWhy,
};
use usher_domain::ladder::Audience;
use usher_domain::personal::{
    AbuseCategory, Confidence, EpisodeKind, Handling, Information, RefusalReason, Topic,
};
use usher_domain::report::{Grouping, ReportKind};
use usher_domain::time::Timestamp;

/// A word in a coloured box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// The word.
    pub(super) text: String,
    /// The modifier of `govuk-tag`: `red`, `orange`, `yellow`, `green`, `blue`, `grey` and so on.
    pub(super) colour: &'static str,
}

/// A tag.
pub(super) fn tag(text: impl Into<String>, colour: &'static str) -> Tag {
    Tag {
        text: text.into(),
        colour,
    }
}

/// What somebody is.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Officer => "Court officer",
        Role::Manager => "Manager",
        Role::Adapter => "Borough desk",
        Role::Operator => "Operator",
        Role::Inspector => "Inspector",
        Role::Clock => "usher itself",
    }
}

/// Who is told.
pub(super) const fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Adapter => "the borough's system",
        Audience::BoroughDesk => "the borough's desk",
        Audience::BoroughManager => "the borough's manager",
        Audience::Officer => "the court officer",
        Audience::OfficerManager => "the officer's manager",
        Audience::Operator => "the operators",
    }
}

/// Who is told, in one sentence's list: `the court officer, the operators`.
pub(super) fn audiences(told: &[Audience]) -> String {
    let told: Vec<_> = told.iter().map(|one| audience(*one)).collect();
    told.join(", ")
}

/// What is wrong.
pub(super) fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Step { name, .. } => capital(&name.replace(['_', '-'], " ")),
        Cause::Trouble(trouble) => trouble_words(*trouble).into(),
    }
}

const fn trouble_words(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unroutable => "No borough found",
        Trouble::Question => "The borough asks a question",
        Trouble::PromiseMissed => "The promised answer has not come",
        Trouble::LeasesLost => "The borough's system takes it and brings nothing",
        Trouble::NoAdapter => "The borough's system is away",
        Trouble::SentencedOutstanding => "Sentenced without an answer",
    }
}

/// Where a check stands.
pub(super) fn check_state(check: &Check) -> Tag {
    match &check.state {
        CheckState::Waiting {
            for_people: None, ..
        } => tag("Sent, not yet taken", "yellow"),
        CheckState::Waiting { .. } => tag("Waiting for the desk", "yellow"),
        CheckState::Leased { .. } => tag("Being looked up", "light-blue"),
        CheckState::Accepted { .. } => tag("Desk is working on it", "blue"),
        CheckState::Asked { .. } => tag("Question for you", "orange"),
        CheckState::Unroutable { .. } => tag("No borough found", "red"),
        CheckState::Answered { received: None, .. } => tag("Answered, not read", "purple"),
        CheckState::Answered { .. } => tag("Answered and read", "green"),
        CheckState::Redirected { .. } => tag("Passed on", "grey"),
        CheckState::Closed { .. } => tag("Closed", "grey"),
    }
}

/// What an answer comes to. "Not known" never reads as "no risk".
pub(super) const fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::NotKnown => "Not known to them",
        Disposition::KnownNothingRelevant => "Known, nothing relevant held",
        Disposition::KnownRelevant => "Known, relevant information held",
        Disposition::HeldCannotDisclose => "Information is held that cannot be disclosed here",
    }
}

/// With a capital letter in front.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// What a report is called.
pub(super) const fn report(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::Coverage => "Coverage",
        ReportKind::Timeliness => "Timeliness",
        ReportKind::Outstanding => "Outstanding",
        ReportKind::LateAnswers => "Late answers",
    }
}

/// What it tells, in a sentence.
pub(super) const fn report_about(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::Coverage => {
            "Which checks cases needed, which of them were made in time, and which were answered before sentence."
        }
        ReportKind::Timeliness => "How many working hours answers took.",
        ReportKind::Outstanding => {
            "What nobody has answered yet, what nobody has asked yet, and what was decided at court without an answer."
        }
        ReportKind::LateAnswers => {
            "Answers that came after the hearing, whether anybody has read them, and what they would have changed."
        }
    }
}

/// What the lines of a report are, in the middle of a sentence.
pub(super) const fn grouping(by: Grouping) -> &'static str {
    match by {
        Grouping::Court => "court",
        Grouping::Office => "office",
        Grouping::Borough => "borough",
        Grouping::ResponderKind => "kind of service",
        Grouping::ReportType => "kind of court report",
    }
}
// What boroughs are asked, and what they say.

/// What an answer is for.
pub(super) const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::CourtReport => "Pre-sentence report",
        Purpose::ReportBeforePlea => "Report before plea",
        Purpose::Curfew => "Curfew with a tag",
        Purpose::StartOfSentence => "Start of a sentence or licence",
        Purpose::Review => "Review of risk",
        Purpose::Release => "Release from custody",
        Purpose::HomeDetentionAddress => "Address for home detention curfew",
        Purpose::Referral => "Referral: somebody is at risk",
    }
}

/// The kind of report.
pub(super) const fn report_type(report: ReportType) -> &'static str {
    match report {
        ReportType::Oral => "oral report, the same day",
        ReportType::Fast => "fast delivery report",
        ReportType::Standard => "standard report",
    }
}

/// Which kind of service.
pub(super) const fn responder_kind(kind: ResponderKind) -> &'static str {
    match kind {
        ResponderKind::ChildrenSocialCare => "Children’s social care",
        ResponderKind::AdultSocialCare => "Adult social care",
        ResponderKind::PoliceDomesticAbuse => "Police domestic abuse unit",
    }
}

/// What the worry is.
pub(super) const fn concern(concern: Concern) -> &'static str {
    match concern {
        Concern::DomesticAbuse => "domestic abuse",
        Concern::Sexual => "sexual offence or risk",
        Concern::Violence => "violence",
        Concern::Substance => "drugs or alcohol",
        Concern::Neglect => "neglect",
        Concern::MentalHealth => "mental health",
        Concern::Exploitation => "exploitation",
        Concern::Other => "something else",
    }
}

/// What is asked for.
pub(super) const fn information(information: Information) -> &'static str {
    match information {
        Information::Known => "whether they are known",
        Information::Plans => "plans and orders in force",
        Information::History => "earlier involvement",
        Information::Worker => "the worker to speak to",
        Information::AdultConcerns => "concerns about the adult",
        Information::ContactRestrictions => "contact restrictions",
        Information::CurfewAdvice => "whether a curfew at the address is safe",
    }
}

/// What part an address plays.
pub(super) const fn address_role(role: AddressRole) -> &'static str {
    match role {
        AddressRole::Home => "Home",
        AddressRole::ProposedCurfew => "Proposed for a curfew or residence",
        AddressRole::Partner => "Partner’s home",
        AddressRole::Child => "A child’s home",
        AddressRole::Previous => "Earlier home",
        AddressRole::Release => "After release",
    }
}

/// Why nobody was found to ask.
pub(super) const fn unroutable(why: UnroutableWhy) -> &'static str {
    match why {
        UnroutableWhy::NoAddress => "no address was given",
        UnroutableWhy::NoFixedAbode => "no fixed abode",
        UnroutableWhy::Withheld => "the address is withheld",
        UnroutableWhy::Malformed => "that is not a postcode",
        UnroutableWhy::Unknown => "no such postcode in the directory",
        UnroutableWhy::NoAuthority => "the postcode lies in no authority",
        UnroutableWhy::OutsideEnglandAndWales => "outside England and Wales",
        UnroutableWhy::NoResponder => "nobody answers here for that authority",
        UnroutableWhy::Disputed => "boroughs send it to each other",
        UnroutableWhy::NotOurs => "a borough says that it is not theirs",
        UnroutableWhy::NoAgreement => "there is no sharing agreement",
        UnroutableWhy::AgreementEnded => "the sharing agreement has ended",
        UnroutableWhy::PurposeNotAgreed => "the sharing agreement does not cover this purpose",
        UnroutableWhy::NoLawfulBasis => "no power or duty of the agreement is in force",
    }
}

/// Why people must look.
pub(super) const fn people_reason(reason: PeopleReason) -> &'static str {
    match reason {
        PeopleReason::PossibleMatch => "Somebody in the records may be one of the people",
        PeopleReason::TooLittle => "Too little is said to search by",
        PeopleReason::Agreement => "The agreement lets no program answer",
        PeopleReason::Unreadable => "The records cannot be read by a program",
        PeopleReason::SystemAway => "The records system cannot be asked",
        PeopleReason::Other => "Another reason",
        PeopleReason::UncertainAbsence => "Nobody was found, and that is not certain",
    }
}

/// What comes of a referral.
pub(super) const fn referral_outcome(outcome: ReferralOutcome) -> &'static str {
    match outcome {
        ReferralOutcome::NoFurtherAction => "No further action",
        ReferralOutcome::EarlyHelp => "Early help is offered",
        ReferralOutcome::Assessment => "An assessment begins",
        ReferralOutcome::StrategyDiscussion => "A strategy discussion is held",
        ReferralOutcome::AlreadyOpen => "Open already: the worker has been told",
        ReferralOutcome::SafeguardingEnquiry => "A safeguarding adults enquiry begins (section 42)",
    }
}

/// How sure a match is.
pub(super) const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "The same person",
        Confidence::Possible => "Possibly the same person",
        Confidence::None => "Nobody found",
    }
}

/// Kinds of involvement.
pub(super) const fn episode_kind(kind: EpisodeKind) -> &'static str {
    match kind {
        EpisodeKind::EarlyHelp => "Early help",
        EpisodeKind::Ehcp => "Education, health and care plan",
        EpisodeKind::FamilyCourtOrder => "Family court order or proceedings",
        EpisodeKind::CinPlan => "Child in need plan",
        EpisodeKind::CpPlan => "Child protection plan",
        EpisodeKind::CamhsPlan => "Mental health plan (CAMHS)",
        EpisodeKind::Section47 => "Section 47 enquiry",
        EpisodeKind::CareLeaver => "Care leaver",
        EpisodeKind::LookedAfter => "Looked-after child",
        EpisodeKind::AdultSafeguarding => "Adult safeguarding",
        EpisodeKind::Assessment => "Assessment under way",
        EpisodeKind::PreBirth => "Pre-birth assessment",
        EpisodeKind::PrivateFostering => "Private fostering",
        EpisodeKind::CareAndSupport => "Adult care and support",
        EpisodeKind::Section42 => "Safeguarding adults enquiry (section 42)",
        EpisodeKind::DomesticAbuseIncident => "Domestic abuse incident",
        EpisodeKind::DomesticAbuseMarker => "Domestic abuse marker",
        EpisodeKind::NonMolestationOrder => "Non-molestation order",
        EpisodeKind::ProtectiveOrder => "Another protective order or notice",
        EpisodeKind::Marac => "Heard at a MARAC",
    }
}

/// Categories of abuse.
pub(super) const fn abuse_category(category: AbuseCategory) -> &'static str {
    match category {
        AbuseCategory::Neglect => "Neglect",
        AbuseCategory::Physical => "Physical abuse",
        AbuseCategory::Sexual => "Sexual abuse",
        AbuseCategory::Emotional => "Emotional abuse",
        AbuseCategory::Multiple => "More than one",
    }
}

/// How a piece of an answer may be used.
pub(super) const fn handling(handling: Handling) -> &'static str {
    match handling {
        Handling::MayCite => "May be quoted in the report",
        Handling::ProbationOnly => "For probation only: not in the report",
        Handling::NotToDefendant => "Do not disclose to the defendant",
        Handling::RingFirst => "Ring the borough before using it",
    }
}

/// What a remark is about.
pub(super) const fn topic(topic: Topic) -> &'static str {
    match topic {
        Topic::AdultConcerns => "Concerns about the adult",
        Topic::ContactRestrictions => "Contact restrictions",
        Topic::CurfewAdvice => "Whether a curfew at the address is safe",
        Topic::Narrative => "Anything else",
    }
}

/// Why something is not told.
pub(super) const fn withheld_because(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::NoLegalBasis => "No power or duty covers it",
        RefusalReason::OutsideAgreement => "The sharing agreement does not cover it",
        RefusalReason::HarmToChild => "Telling would harm the child more than not telling",
        RefusalReason::ThirdParty => "It is about somebody else",
        RefusalReason::CourtRestriction => "A court restricts it",
        RefusalReason::Investigation => "It would prejudice an investigation",
        RefusalReason::Other => "Another reason, said in a remark",
    }
}

/// How an adapter does.
pub(super) fn health(health: AdapterHealth) -> Tag {
    match health {
        AdapterHealth::Connected => tag("Connected", "green"),
        AdapterHealth::Busy => tag("Busy", "blue"),
        AdapterHealth::Absent => tag("Away", "red"),
        AdapterHealth::Failing => tag("Connected, system behind it fails", "orange"),
    }
}

/// What is left before a deadline; `None` while there is plenty.
pub(super) fn time_left(deadline: Timestamp, now: Timestamp) -> Option<Tag> {
    let left = deadline.duration_since(now);
    if left <= SignedDuration::ZERO {
        Some(tag(format!("Late by {}", when::span(left)), "red"))
    } else if left <= SHORT {
        Some(tag(format!("{} left", when::span(left)), "orange"))
    } else {
        None
    }
}

/// From here on, time is short.
const SHORT: SignedDuration = SignedDuration::from_hours(4);

/// How sure a match is, as a tag.
pub(super) fn confidence_tag(found: Confidence) -> Tag {
    let colour = match found {
        Confidence::Certain => "green",
        Confidence::Possible => "orange",
        Confidence::None => "grey",
    };
    tag(confidence(found), colour)
}
