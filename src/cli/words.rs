//! The words for the contract's codes: what people type and read, `known-relevant` for `DISPOSITION_KNOWN_RELEVANT`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use usher_proto::v1;

/// A code of the contract with a word for each value but "unspecified".
pub(super) trait Word:
    Copy + Default + PartialEq + TryFrom<i32> + Send + Sync + 'static
{
    /// Every value that may be given, with its word.
    const ALL: &'static [(Self, &'static str)];
}

/// Reads a word of the command line.
pub(super) fn parser<T: Word>() -> impl TypedValueParser<Value = T> {
    let words = T::ALL.iter().map(|(_, word)| *word);
    PossibleValuesParser::new(words).map(|text: String| {
        let found = T::ALL.iter().find(|(_, word)| *word == text);
        found.map(|(value, _)| *value).unwrap_or_default()
    })
}

/// The word for a value as people read it; a value of a newer broker reads `other`.
pub(super) fn word<T: Word>(number: i32) -> String {
    let Ok(value) = T::try_from(number) else {
        return "other".into();
    };
    let found = T::ALL.iter().find(|(known, _)| *known == value);
    found.map_or_else(|| "-".into(), |(_, word)| word.replace('-', " "))
}

/// The words for several values, or `-` for none.
pub(super) fn words<T: Word>(numbers: &[i32]) -> String {
    if numbers.is_empty() {
        return "-".into();
    }
    let words: Vec<String> = numbers.iter().map(|number| word::<T>(*number)).collect();
    words.join(", ")
}

macro_rules! vocabulary {
    ($($name:ident { $($value:ident = $word:literal),+ $(,)? })+) => {
        $(impl Word for v1::$name {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$value, $word)),+];
        })+

        #[cfg(test)]
        fn vocabulary() -> Vec<(&'static str, Vec<(i32, &'static str)>)> {
            vec![$((
                stringify!($name),
                v1::$name::ALL.iter().map(|(value, word)| (*value as i32, *word)).collect(),
            )),+]
        }
    };
}

vocabulary! {
    ReportKind {
        Coverage = "coverage", Timeliness = "timeliness", Outstanding = "outstanding", LateAnswers = "late-answers",
    }
    ReportGrouping {
        Court = "court", Office = "office", Borough = "borough", ResponderKind = "responder-kind",
        ReportType = "report-type",
    }
    Sex { Female = "female", Male = "male", NotSpecified = "not-specified" }
    Information {
        Known = "known", Plans = "plans", History = "history", Worker = "worker", AdultConcerns = "adult-concerns",
        ContactRestrictions = "contact-restrictions", CurfewAdvice = "curfew-advice",
    }
    CourtSession { Morning = "morning", Afternoon = "afternoon", AllDay = "all-day" }
    Regime { LawEnforcement = "law-enforcement", General = "general" }
    OtherResponder {
        PoliceDomesticAbuse = "police-domestic-abuse", AdultSocialCare = "adult-social-care",
        YouthJustice = "youth-justice", Health = "health", Other = "other",
    }
    Marking { Official = "official", OfficialSensitive = "official-sensitive" }
    DataSource { Live = "live", Batch = "batch", People = "people" }
    DisclosureDecision { Permit = "permit", Deny = "deny", Review = "review" }
    RefusalReason {
        NoLegalBasis = "no-legal-basis", OutsideAgreement = "outside-agreement", HarmToChild = "harm-to-child",
        ThirdParty = "third-party", CourtRestriction = "court-restriction", Investigation = "investigation",
        Other = "other",
    }
    Purpose {
        CourtReport = "court-report", ReportBeforePlea = "report-before-plea", Curfew = "curfew",
        StartOfSentence = "start-of-sentence", Review = "review", Release = "release",
        HomeDetentionAddress = "home-detention-address",
        Referral = "referral",
    }
    ReportType { Oral = "oral", Fast = "fast", Standard = "standard" }
    Concern {
        DomesticAbuse = "domestic-abuse", Sexual = "sexual", Violence = "violence", Substance = "substance",
        Neglect = "neglect", MentalHealth = "mental-health", Exploitation = "exploitation", Other = "other",
    }
    CurfewState { NotProposed = "not-proposed", Proposed = "proposed", Withdrawn = "withdrawn" }
    CheckState {
        Waiting = "waiting", Leased = "leased", Accepted = "accepted", Asked = "asked", Unroutable = "unroutable",
        Answered = "answered", Redirected = "redirected", Closed = "closed",
    }
    Indicator {
        LivesWithChildren = "lives-with-children", CaresForChildren = "cares-for-children",
        ContactWithChildren = "contact-with-children", DomesticAbuse = "domestic-abuse", SexualOffence = "sexual-offence",
        ViolentOffence = "violent-offence", CurfewProposed = "curfew-proposed", AdultAtRisk = "adult-at-risk",
        ReleaseAddress = "release-address",
    }
    SetAsideReason {
        UpToDateAlready = "up-to-date-already", AskedElsewhere = "asked-elsewhere", NotIndicated = "not-indicated",
        CaseEnded = "case-ended", OtherArea = "other-area",
    }
    AlertState { Open = "open", Acknowledged = "acknowledged", Resolved = "resolved" }
    Audience {
        Adapter = "adapter", BoroughDesk = "borough-desk", BoroughManager = "borough-manager", Officer = "officer",
        OfficerManager = "officer-manager", Operator = "operator",
    }
    Trouble {
        Unroutable = "unroutable", Question = "question", PromiseMissed = "promise-missed",
        LeasesLost = "leases-lost", NoAdapter = "no-adapter", SentencedOutstanding = "sentenced-outstanding",
    }
    StepState { Pending = "pending", Raised = "raised", Moot = "moot" }
    UnroutableReason {
        NoAddress = "no-address", NoFixedAbode = "no-fixed-abode", Withheld = "withheld", Malformed = "malformed",
        Unknown = "unknown", NoAuthority = "no-authority",
        OutsideEnglandAndWales = "outside-england-and-wales", NoResponder = "no-responder", Disputed = "disputed",
        NotOurs = "not-ours", NoAgreement = "no-agreement", AgreementEnded = "agreement-ended",
        PurposeNotAgreed = "purpose-not-agreed", NoLawfulBasis = "no-lawful-basis",
    }
    SharingDecision { Permit = "permit", Deny = "deny", Review = "review" }
    RouteReasonKind { Address = "address", Named = "named", Redirected = "redirected", Operator = "operator" }
    AddressRole {
        Home = "home", ProposedCurfew = "proposed-curfew", Partner = "partner", Child = "child",
        Previous = "previous", Release = "release",
    }
    AddressKind { Given = "given", NoFixedAbode = "no-fixed-abode", Withheld = "withheld" }
    DecisionKind {
        SeekAdjournment = "seek-adjournment", ProceedWithout = "proceed-without", WithdrawCurfew = "withdraw-curfew",
    }
    AdapterHealth { Connected = "connected", Busy = "busy", Absent = "absent", Failing = "failing" }
    PeopleReason {
        PossibleMatch = "possible-match", TooLittle = "too-little", Agreement = "agreement", Unreadable = "unreadable",
        SystemAway = "system-away", Other = "other", UncertainAbsence = "uncertain-absence",
    }
    CloseReason {
        Withdrawn = "withdrawn", CaseEnded = "case-ended", Duplicate = "duplicate",
        AnsweredElsewhere = "answered-elsewhere", Mistake = "mistake", Other = "other",
    }
    Advice {
        Likely = "likely", Doubtful = "doubtful", NotBeforeHearing = "not-before-hearing", Unknown = "unknown",
    }
    ForecastBasis {
        Weekday = "weekday", TimeOfDay = "time-of-day", Responder = "responder", Pooled = "pooled", Unknown = "unknown",
    }
    Disposition {
        NotKnown = "not-known", KnownNothingRelevant = "known-nothing-relevant", KnownRelevant = "known-relevant",
        HeldCannotDisclose = "held-cannot-disclose",
    }
    ReferralOutcome {
        NoFurtherAction = "no-further-action", EarlyHelp = "early-help", Assessment = "assessment",
        StrategyDiscussion = "strategy-discussion", AlreadyOpen = "already-open",
        SafeguardingEnquiry = "safeguarding-enquiry",
    }
    Timeliness { InTime = "in-time", AfterHearing = "after-hearing" }
    SentenceOutcome {
        CommunityOrder = "community-order", SuspendedSentence = "suspended-sentence", Custody = "custody",
        FineOrDischarge = "fine-or-discharge", Other = "other", NoSentence = "no-sentence",
    }
    LateEffect { Sentence = "sentence", Allocation = "allocation", Plan = "plan", Nothing = "nothing" }
    Confidence { Certain = "certain", Possible = "possible", None = "none" }
    MatchFeature {
        Name = "name", SimilarName = "similar-name", FamilyName = "family-name", GivenName = "given-name",
        BirthDate = "birth-date", SimilarBirthDate = "similar-birth-date", Address = "address",
        Neighbourhood = "neighbourhood", Sex = "sex",
    }
    EpisodeKind {
        EarlyHelp = "early-help", Ehcp = "ehcp", FamilyCourtOrder = "family-court-order", CinPlan = "cin-plan",
        CpPlan = "cp-plan", CamhsPlan = "camhs-plan", Section47 = "section47", CareLeaver = "care-leaver",
        LookedAfter = "looked-after", AdultSafeguarding = "adult-safeguarding", Assessment = "assessment",
        PreBirth = "pre-birth", PrivateFostering = "private-fostering",
        CareAndSupport = "care-and-support", Section42 = "section42",
        DomesticAbuseIncident = "domestic-abuse-incident", DomesticAbuseMarker = "domestic-abuse-marker",
        NonMolestationOrder = "non-molestation-order", ProtectiveOrder = "protective-order", Marac = "marac",
    }
    AbuseCategory {
        Neglect = "neglect", Physical = "physical", Sexual = "sexual", Emotional = "emotional",
        Multiple = "multiple",
    }
    Handling {
        MayCite = "may-cite", ProbationOnly = "probation-only", NotToDefendant = "not-to-defendant",
        RingFirst = "ring-first",
    }
    Topic {
        AdultConcerns = "adult-concerns", ContactRestrictions = "contact-restrictions",
        CurfewAdvice = "curfew-advice", Narrative = "narrative",
    }
    ResponderKind {
        ChildrenSocialCare = "children-social-care", AdultSocialCare = "adult-social-care",
        PoliceDomesticAbuse = "police-domestic-abuse",
    }
    LookupOutcome {
        Found = "found", NoResponder = "no-responder", NoAuthority = "no-authority",
        OutsideEnglandAndWales = "outside-england-and-wales", Malformed = "malformed", Unknown = "unknown",
    }
    Role {
        Officer = "officer", Manager = "manager", Adapter = "adapter", Operator = "operator",
        Inspector = "inspector", Clock = "clock",
    }
    EventType {
        Submitted = "submitted", Opened = "opened", Leased = "leased", LeaseLost = "lease-lost",
        Released = "released", Accepted = "accepted", Asked = "asked", Supplied = "supplied",
        Redirected = "redirected", Rerouted = "rerouted", Answered = "answered", Received = "received",
        Withdrawn = "withdrawn", HearingMoved = "hearing-moved", StepRaised = "step-raised",
        StepMoot = "step-moot", TroubleRaised = "trouble-raised", Acknowledged = "acknowledged",
        Reopened = "reopened", Resolved = "resolved", Decided = "decided",
        SentencedOutstanding = "sentenced-outstanding", Closed = "closed", Reconsidered = "reconsidered", Reassigned = "reassigned",
        SentenceRecorded = "sentence-recorded", Viewed = "viewed",
        CloseProposed = "close-proposed", Linked = "linked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::json;

    /// The words are those of the contract, none missing and none invented.
    #[test]
    fn every_value_of_the_contract_has_its_word() {
        for (name, words) in vocabulary() {
            let descriptor = json::pool()
                .unwrap()
                .get_enum_by_name(&format!("usher.v1.{name}"))
                .unwrap();
            let unspecified = descriptor.get_value(0).unwrap().name().to_owned();
            let prefix = unspecified.strip_suffix("UNSPECIFIED").unwrap();
            let wanted: Vec<(i32, String)> = descriptor
                .values()
                .filter(|value| value.number() != 0)
                .map(|value| {
                    (
                        value.number(),
                        value.name()[prefix.len()..]
                            .to_lowercase()
                            .replace('_', "-"),
                    )
                })
                .collect();
            let have: Vec<(i32, String)> = words
                .into_iter()
                .map(|(number, word)| (number, word.into()))
                .collect();
            assert_eq!(have, wanted, "{name}");
        }
    }

    #[test]
    fn words_read_as_words() {
        let check = |number, text| assert_eq!(word::<v1::Disposition>(number), text);
        check(1, "not known");
        check(4, "held cannot disclose");
        check(0, "-");
        check(99, "other");
        assert_eq!(words::<v1::Concern>(&[]), "-");
        assert_eq!(words::<v1::Concern>(&[1, 3]), "domestic abuse, violence");
    }
}
