//! The words for the codes of enquiries, cases and answers.

use usher_domain::actor::{By, Person, Role};
use usher_domain::case::{Indicator, RequirementState, SetAsideReason};
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::{
    AddressRole, Check, CloseReason, Closing, Concern, LateEffect, Purpose, ReferralOutcome,
    ReportType, SentenceOutcome, UnroutableWhy,
};
use usher_domain::personal::{
    AbuseCategory, AddressKind, BirthAccuracy, Confidence, DataSource, DisclosureDecision,
    EpisodeKind, Handling, MatchFeature, RefusalReason, Sex, Topic,
};
use usher_domain::time::Timestamp;

use super::{Tag, role, tag};
use crate::console::when;

/// Pairs of code and words for a form's choices.
pub(in crate::console) fn options<T: Copy>(
    codes: &[T],
    name: impl Fn(T) -> &'static str,
    word: impl Fn(T) -> &'static str,
) -> Vec<(&'static str, &'static str)> {
    codes
        .iter()
        .map(|code| (name(*code), word(*code)))
        .collect()
}

/// What an enquiry is for.
pub(in crate::console) const fn purpose(purpose: Purpose) -> &'static str {
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
pub(in crate::console) const fn report(report: ReportType) -> &'static str {
    match report {
        ReportType::Oral => "Oral report, today",
        ReportType::Fast => "Fast delivery report",
        ReportType::Standard => "Standard delivery report",
    }
}

/// What kind of service.
pub(in crate::console) const fn kind(kind: ResponderKind) -> &'static str {
    match kind {
        ResponderKind::ChildrenSocialCare => "Children’s social care",
        ResponderKind::AdultSocialCare => "Adult social care",
        ResponderKind::PoliceDomesticAbuse => "Police, domestic abuse",
    }
}

/// A concern.
pub(in crate::console) const fn concern(concern: Concern) -> &'static str {
    match concern {
        Concern::DomesticAbuse => "Domestic abuse",
        Concern::Sexual => "Sexual harm",
        Concern::Violence => "Violence",
        Concern::Substance => "Drugs or alcohol",
        Concern::Neglect => "Neglect",
        Concern::MentalHealth => "Mental health",
        Concern::Exploitation => "Exploitation",
        Concern::Other => "Another concern",
    }
}

/// Whose address it is.
pub(in crate::console) const fn address_role(role: AddressRole) -> &'static str {
    match role {
        AddressRole::Home => "Home",
        AddressRole::ProposedCurfew => "Proposed curfew address",
        AddressRole::Partner => "Partner’s address",
        AddressRole::Child => "Child’s address",
        AddressRole::Previous => "Previous address",
        AddressRole::Release => "Release address",
    }
}

/// What is known of an address.
pub(in crate::console) const fn address_kind(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Given => "Address given",
        AddressKind::NoFixedAbode => "No fixed abode",
        AddressKind::Withheld => "Withheld",
    }
}

/// How sure a date of birth is.
pub(in crate::console) const fn birth_accuracy(accuracy: BirthAccuracy) -> &'static str {
    match accuracy {
        BirthAccuracy::Known => "",
        BirthAccuracy::Estimated => "estimated",
        BirthAccuracy::Expected => "expected",
    }
}

/// Sex as recorded.
pub(in crate::console) const fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "Female",
        Sex::Male => "Male",
        Sex::NotSpecified => "Not specified",
    }
}

/// Why no borough was found.
pub(in crate::console) const fn unroutable(why: UnroutableWhy) -> &'static str {
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

/// Why a check was closed.
pub(in crate::console) const fn close_reason(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Withdrawn => "The enquiry was taken back",
        CloseReason::CaseEnded => "The case has ended",
        CloseReason::Duplicate => "It was asked twice",
        CloseReason::AnsweredElsewhere => "It was answered another way",
        CloseReason::Mistake => "It was asked by mistake",
        CloseReason::Other => "Another reason",
    }
}

/// What a late answer would have changed.
pub(in crate::console) const fn late_effect(effect: LateEffect) -> &'static str {
    match effect {
        LateEffect::Sentence => "The sentence that was proposed",
        LateEffect::Allocation => "Who was given the case",
        LateEffect::Plan => "The plan for managing the person",
        LateEffect::Nothing => "Nothing",
    }
}

/// What the court did.
pub(in crate::console) const fn sentence(outcome: SentenceOutcome) -> &'static str {
    match outcome {
        SentenceOutcome::CommunityOrder => "Community order",
        SentenceOutcome::SuspendedSentence => "Suspended sentence",
        SentenceOutcome::Custody => "Custody",
        SentenceOutcome::FineOrDischarge => "Fine or discharge",
        SentenceOutcome::Other => "Another sentence",
        SentenceOutcome::NoSentence => "No sentence was passed",
    }
}

/// What comes of a referral.
pub(in crate::console) const fn referral_outcome(outcome: ReferralOutcome) -> &'static str {
    match outcome {
        ReferralOutcome::NoFurtherAction => "No further action",
        ReferralOutcome::EarlyHelp => "Early help is offered",
        ReferralOutcome::Assessment => "An assessment begins",
        ReferralOutcome::StrategyDiscussion => "A strategy discussion is held",
        ReferralOutcome::AlreadyOpen => "Open already: the worker has been told",
        ReferralOutcome::SafeguardingEnquiry => "A safeguarding adults enquiry begins (section 42)",
    }
}

/// How something may be used, as an order to whoever reads it.
pub(in crate::console) const fn handling(code: Handling) -> &'static str {
    match code {
        Handling::MayCite => "May be cited in the report",
        Handling::ProbationOnly => "For probation only: do not cite it in court",
        Handling::NotToDefendant => "Do not disclose to the defendant",
        Handling::RingFirst => "Ring the worker before you use it",
    }
}

/// What kind of involvement.
pub(in crate::console) const fn episode(kind: EpisodeKind) -> &'static str {
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

/// What kind of harm.
pub(in crate::console) const fn abuse(category: AbuseCategory) -> &'static str {
    match category {
        AbuseCategory::Neglect => "Neglect",
        AbuseCategory::Physical => "Physical abuse",
        AbuseCategory::Sexual => "Sexual abuse",
        AbuseCategory::Emotional => "Emotional abuse",
        AbuseCategory::Multiple => "More than one",
    }
}

/// How sure a match is.
pub(in crate::console) const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "The same person",
        Confidence::Possible => "Possibly the same person",
        Confidence::None => "Nobody found",
    }
}

/// What a remark is about.
pub(in crate::console) const fn topic(topic: Topic) -> &'static str {
    match topic {
        Topic::AdultConcerns => "Concerns about the adult",
        Topic::ContactRestrictions => "Restrictions on contact",
        Topic::CurfewAdvice => "Advice on the curfew address",
        Topic::Narrative => "In their words",
    }
}

/// What an answer rests on.
pub(in crate::console) const fn source(source: DataSource) -> &'static str {
    match source {
        DataSource::Live => "Looked up in their records at once",
        DataSource::Batch => "Looked up in a copy of their records",
        DataSource::People => "Looked up by people",
    }
}

/// What was decided about telling.
pub(in crate::console) const fn disclosure(decision: DisclosureDecision) -> &'static str {
    match decision {
        DisclosureDecision::Permit => "All that was asked for may be told",
        DisclosureDecision::Deny => "Nothing of what they hold may be told",
        DisclosureDecision::Review => {
            "Somebody there must still look at what is held back: more may follow"
        }
    }
}

/// Why something is not told.
pub(in crate::console) const fn refusal(reason: RefusalReason) -> &'static str {
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

/// What makes a check needed.
pub(in crate::console) const fn indicator(indicator: Indicator) -> &'static str {
    match indicator {
        Indicator::LivesWithChildren => "Lives with children",
        Indicator::CaresForChildren => "Cares for children",
        Indicator::ContactWithChildren => "Has contact with children",
        Indicator::DomesticAbuse => "Domestic abuse",
        Indicator::SexualOffence => "Sexual offence",
        Indicator::ViolentOffence => "Violent offence",
        Indicator::CurfewProposed => "Curfew proposed",
        Indicator::AdultAtRisk => "Adult at risk",
        Indicator::ReleaseAddress => "Release address",
    }
}

/// Why a check need not be asked.
pub(in crate::console) const fn set_aside(reason: SetAsideReason) -> &'static str {
    match reason {
        SetAsideReason::UpToDateAlready => "An earlier answer is recent enough",
        SetAsideReason::AskedElsewhere => "It was asked another way",
        SetAsideReason::NotIndicated => "Nothing in the case calls for it",
        SetAsideReason::CaseEnded => "The case has ended",
        SetAsideReason::OtherArea => "Another area asks",
    }
}

/// Where a needed check stands.
pub(in crate::console) fn requirement_state(state: &RequirementState, is_late: bool) -> Tag {
    match state {
        RequirementState::Needed if is_late => tag("Overdue: nobody has asked", "red"),
        RequirementState::Needed => tag("To be asked", "yellow"),
        RequirementState::Met { .. } => tag("Asked", "green"),
        RequirementState::SetAside { .. } => tag("Set aside", "grey"),
    }
}

/// Who did something: `Olive Officer, court duty`; the role where nobody is named.
pub(in crate::console) fn by(by: &By) -> String {
    match &by.person {
        Some(named) if !named.name.is_empty() => person(named),
        _ if by.role == Role::Adapter => "the borough’s system".into(),
        _ => role(by.role).to_lowercase(),
    }
}

/// Who did something, and when.
pub(in crate::console) fn by_at(who: &By, at: Timestamp) -> String {
    format!("{}, {}", by(who), when::moment(at))
}

/// That somebody proposed to close `check`, by name, where nobody has confirmed it; else empty.
pub(in crate::console) fn proposed_closing(check: &Check) -> String {
    let proposed = check.proposed_closing();
    let named = |closing: &Closing| closing.by.person.as_ref().map(|person| person.name.clone());
    let name = proposed.map(|closing| named(closing).unwrap_or_default());
    name.map_or_else(String::new, |name| format!("Closing proposed by {name}"))
}

/// A person and what they are.
pub(in crate::console) fn person(person: &Person) -> String {
    if person.post.is_empty() {
        person.name.clone()
    } else {
        format!("{}, {}", person.name, person.post)
    }
}

/// What agrees or differs between two descriptions of a person, in the middle of a sentence.
pub(in crate::console) const fn match_feature(feature: MatchFeature) -> &'static str {
    match feature {
        MatchFeature::Name => "name",
        MatchFeature::SimilarName => "similar name",
        MatchFeature::FamilyName => "family name",
        MatchFeature::GivenName => "given name",
        MatchFeature::BirthDate => "date of birth",
        MatchFeature::SimilarBirthDate => "similar date of birth",
        MatchFeature::Address => "address",
        MatchFeature::Neighbourhood => "street or postcode",
        MatchFeature::Sex => "sex",
    }
}
