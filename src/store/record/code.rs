//! Codes: each value of the core beside its number in the record. A value that either side lacks breaks the build.

use usher_domain::{actor, agreement, alert, case, code, enquiry, event, ladder, personal};
use usher_proto::storage_v1 as kept;

/// A code with a number in the record. 0 is none.
pub(super) trait Code: Copy {
    /// Its number.
    fn number(self) -> i32;

    /// The code of `number`, if there is one.
    fn of(number: i32) -> Option<Self>;
}

macro_rules! codes {
    ($($module:ident::$name:ident { $($variant:ident),* $(,)? })*) => {$(
        impl Code for $module::$name {
            fn number(self) -> i32 {
                i32::from(match self {
                    $(Self::$variant => kept::$name::$variant),*
                })
            }

            fn of(number: i32) -> Option<Self> {
                match kept::$name::try_from(number).ok()? {
                    kept::$name::Unspecified => None,
                    $(kept::$name::$variant => Some(Self::$variant)),*
                }
            }
        }
    )*};
}

codes! {
    actor::Role { Officer, Manager, Adapter, Operator, Inspector, Clock }
    enquiry::Purpose {
        CourtReport, ReportBeforePlea, Curfew, StartOfSentence, Review, Release,
        HomeDetentionAddress, Referral,
    }
    enquiry::ReportType { Oral, Fast, Standard }
    enquiry::Concern {
        DomesticAbuse, Sexual, Violence, Substance, Neglect, MentalHealth, Exploitation,
        Other,
    }
    enquiry::AddressRole { Home, ProposedCurfew, Partner, Child, Previous, Release }
    enquiry::UnroutableWhy {
        NoAddress, NoFixedAbode, Withheld, Malformed, Unknown, NoAuthority,
        OutsideEnglandAndWales, NoResponder, Disputed, NotOurs, NoAgreement, AgreementEnded,
        PurposeNotAgreed, NoLawfulBasis,
    }
    agreement::SharingDecision { Permit, Deny, Review }
    enquiry::Disposition { NotKnown, KnownNothingRelevant, KnownRelevant, HeldCannotDisclose }
    enquiry::ReferralOutcome {
        NoFurtherAction, EarlyHelp, Assessment, StrategyDiscussion, AlreadyOpen, SafeguardingEnquiry,
    }
    enquiry::Timeliness { InTime, AfterHearing }
    enquiry::LateEffect { Sentence, Allocation, Plan, Nothing }
    enquiry::SentenceOutcome { CommunityOrder, SuspendedSentence, Custody, FineOrDischarge, Other, NoSentence }
    enquiry::PeopleReason { PossibleMatch, TooLittle, Agreement, Unreadable, SystemAway, Other, UncertainAbsence }
    enquiry::CloseReason { Withdrawn, CaseEnded, Duplicate, AnsweredElsewhere, Mistake, Other }
    ladder::StepKind { Escalate, DecisionPoint, Hearing, Unread }
    ladder::Audience { Adapter, BoroughDesk, BoroughManager, Officer, OfficerManager, Operator }
    ladder::Unless { Answered, Accepted, Decided }
    alert::Trouble {
        Unroutable, Question, PromiseMissed, LeasesLost, NoAdapter, SentencedOutstanding,
    }
    event::DecisionName { SeekAdjournment, ProceedWithout, WithdrawCurfew }
    case::Indicator {
        LivesWithChildren, CaresForChildren, ContactWithChildren, DomesticAbuse, SexualOffence,
        ViolentOffence, CurfewProposed, AdultAtRisk, ReleaseAddress,
    }
    case::SetAsideReason { UpToDateAlready, AskedElsewhere, NotIndicated, CaseEnded, OtherArea }
    code::ResponderKind { ChildrenSocialCare, AdultSocialCare, PoliceDomesticAbuse }
    personal::BirthAccuracy { Known, Estimated, Expected }
    personal::Sex { Female, Male, NotSpecified }
    personal::AddressKind { Given, NoFixedAbode, Withheld }
    personal::Information {
        Known, Plans, History, Worker, AdultConcerns, ContactRestrictions, CurfewAdvice,
    }
    personal::Confidence { Certain, Possible, None }
    personal::MatchFeature {
        Name, SimilarName, FamilyName, GivenName, BirthDate, SimilarBirthDate, Address, Neighbourhood, Sex,
    }
    personal::EpisodeKind {
        EarlyHelp, Ehcp, FamilyCourtOrder, CinPlan, CpPlan, CamhsPlan, Section47,
        CareLeaver, LookedAfter, AdultSafeguarding, Assessment, PreBirth, PrivateFostering,
        CareAndSupport, Section42, DomesticAbuseIncident, DomesticAbuseMarker,
        NonMolestationOrder, ProtectiveOrder, Marac,
    }
    personal::AbuseCategory { Neglect, Physical, Sexual, Emotional, Multiple }
    personal::Handling { MayCite, ProbationOnly, NotToDefendant, RingFirst }
    personal::Topic { AdultConcerns, ContactRestrictions, CurfewAdvice, Narrative }
    personal::Regime { LawEnforcement, General }
    personal::CourtSession { Morning, Afternoon, AllDay }
    personal::OtherResponder { PoliceDomesticAbuse, AdultSocialCare, YouthJustice, Health, Other }
    personal::Marking { Official, OfficialSensitive }
    personal::DataSource { Live, Batch, People }
    personal::DisclosureDecision { Permit, Deny, Review }
    personal::RefusalReason { NoLegalBasis, OutsideAgreement, HarmToChild, ThirdParty, CourtRestriction, Investigation, Other }
}
