//! Closed lists that both worlds name alike: one table, exhaustive on both sides.

use usher_domain::actor::Role;
use usher_domain::agreement::SharingDecision;
use usher_domain::alert::Trouble;
use usher_domain::case::{Indicator, SetAsideReason};
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::{
    AddressRole, CloseReason, Concern, Disposition, LateEffect, PeopleReason, Purpose,
    ReferralOutcome, ReportType, SentenceOutcome, Timeliness, UnroutableWhy,
};
use usher_domain::event::DecisionName;
use usher_domain::forecast::Basis;
use usher_domain::ladder::{Audience, StepKind, Unless};
use usher_domain::personal::{
    AbuseCategory, AddressKind, BirthAccuracy, Confidence, CourtSession, DataSource,
    DisclosureDecision, EpisodeKind, Handling, Information, Marking, MatchFeature, OtherResponder,
    RefusalReason, Regime, Sex, Topic,
};
use usher_domain::report::{Grouping, ReportKind};
use usher_proto::v1;

use crate::broker::input::AlertStanding;
use crate::broker::output::{AdapterHealth, Advice, WarningCode};

/// A value of a closed list.
pub(super) trait Code: Copy {
    /// Its number on the wire.
    fn to_wire(self) -> i32;

    /// Reads a number: `Ok(None)` for unspecified, `Err` for one that is not in the list.
    fn from_wire(number: i32) -> Result<Option<Self>, NotInList>;
}

/// A number that a closed list does not have.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotInList;

macro_rules! same_names {
    ($($domain:ident = $wire:ident { $($variant:ident),* $(,)? })*) => {$(
        impl Code for $domain {
            fn to_wire(self) -> i32 {
                let value = match self { $(Self::$variant => v1::$wire::$variant),* };
                value.into()
            }

            fn from_wire(number: i32) -> Result<Option<Self>, NotInList> {
                Ok(match v1::$wire::try_from(number).map_err(|_| NotInList)? {
                    v1::$wire::Unspecified => None,
                    $(v1::$wire::$variant => Some(Self::$variant)),*
                })
            }
        }

        #[cfg(test)]
        impl Listed for $domain {
            const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
    )*};
}

/// Every value of a list, for the tests.
#[cfg(test)]
pub(super) trait Listed: Sized + 'static {
    const ALL: &'static [Self];
}

same_names! {
    Role = Role { Officer, Manager, Adapter, Operator, Inspector, Clock }
    Purpose = Purpose {
        CourtReport, ReportBeforePlea, Curfew, StartOfSentence, Review, Release, HomeDetentionAddress,
        Referral,
    }
    ReportType = ReportType { Oral, Fast, Standard }
    Concern = Concern {
        DomesticAbuse, Sexual, Violence, Substance, Neglect, MentalHealth, Exploitation, Other,
    }
    AddressRole = AddressRole { Home, ProposedCurfew, Partner, Child, Previous, Release }
    AddressKind = AddressKind { Given, NoFixedAbode, Withheld }
    BirthAccuracy = BirthAccuracy { Known, Estimated, Expected }
    Sex = Sex { Female, Male, NotSpecified }
    Information = Information {
        Known, Plans, History, Worker, AdultConcerns, ContactRestrictions, CurfewAdvice,
    }
    UnroutableWhy = UnroutableReason {
        NoAddress, NoFixedAbode, Withheld, Malformed, Unknown, NoAuthority, OutsideEnglandAndWales,
        NoResponder, Disputed, NotOurs, NoAgreement, AgreementEnded, PurposeNotAgreed, NoLawfulBasis,
    }
    SharingDecision = SharingDecision { Permit, Deny, Review }
    PeopleReason = PeopleReason { PossibleMatch, TooLittle, Agreement, Unreadable, SystemAway, Other, UncertainAbsence }
    CloseReason = CloseReason { Withdrawn, CaseEnded, Duplicate, AnsweredElsewhere, Mistake, Other }
    Disposition = Disposition { NotKnown, KnownNothingRelevant, KnownRelevant, HeldCannotDisclose }
    ReferralOutcome = ReferralOutcome {
        NoFurtherAction, EarlyHelp, Assessment, StrategyDiscussion, AlreadyOpen, SafeguardingEnquiry,
    }
    Timeliness = Timeliness { InTime, AfterHearing }
    LateEffect = LateEffect { Sentence, Allocation, Plan, Nothing }
    SentenceOutcome = SentenceOutcome {
        CommunityOrder, SuspendedSentence, Custody, FineOrDischarge, Other, NoSentence,
    }
    Confidence = Confidence { Certain, Possible, None }
    MatchFeature = MatchFeature {
        Name, SimilarName, FamilyName, GivenName, BirthDate, SimilarBirthDate, Address, Neighbourhood, Sex,
    }
    EpisodeKind = EpisodeKind {
        EarlyHelp, Ehcp, FamilyCourtOrder, CinPlan, CpPlan, CamhsPlan, Section47, CareLeaver,
        LookedAfter, AdultSafeguarding, Assessment, PreBirth, PrivateFostering,
        CareAndSupport, Section42, DomesticAbuseIncident, DomesticAbuseMarker,
        NonMolestationOrder, ProtectiveOrder, Marac,
    }
    AbuseCategory = AbuseCategory { Neglect, Physical, Sexual, Emotional, Multiple }
    Handling = Handling { MayCite, ProbationOnly, NotToDefendant, RingFirst }
    Topic = Topic { AdultConcerns, ContactRestrictions, CurfewAdvice, Narrative }
    Regime = Regime { LawEnforcement, General }
    CourtSession = CourtSession { Morning, Afternoon, AllDay }
    OtherResponder = OtherResponder { PoliceDomesticAbuse, AdultSocialCare, YouthJustice, Health, Other }
    Marking = Marking { Official, OfficialSensitive }
    DataSource = DataSource { Live, Batch, People }
    DisclosureDecision = DisclosureDecision { Permit, Deny, Review }
    RefusalReason = RefusalReason { NoLegalBasis, OutsideAgreement, HarmToChild, ThirdParty, CourtRestriction, Investigation, Other }
    Trouble = Trouble {
        Unroutable, Question, PromiseMissed, LeasesLost, NoAdapter, SentencedOutstanding,
    }
    Audience = Audience { Adapter, BoroughDesk, BoroughManager, Officer, OfficerManager, Operator }
    StepKind = StepKind { Escalate, DecisionPoint, Hearing, Unread }
    Unless = Unless { Answered, Accepted, Decided }
    DecisionName = DecisionKind { SeekAdjournment, ProceedWithout, WithdrawCurfew }
    AlertStanding = AlertState { Open, Acknowledged, Resolved }
    Advice = Advice { Likely, Doubtful, NotBeforeHearing, Unknown }
    Basis = ForecastBasis { Weekday, TimeOfDay, Responder, Pooled, Unknown }
    WarningCode = WarningCode {
        PncCheckLetter, BeyondBankHolidays, TerminatedPostcode, HearingPassed, DoubledHour,
        UnroutableAddress, NotAWorkingDay, UnknownCourt, CoversNothing,
    }
    AdapterHealth = AdapterHealth { Connected, Busy, Absent, Failing }
    Indicator = Indicator {
        LivesWithChildren, CaresForChildren, ContactWithChildren, DomesticAbuse, SexualOffence, ViolentOffence, CurfewProposed,
        AdultAtRisk, ReleaseAddress,
    }
    SetAsideReason = SetAsideReason {
        UpToDateAlready, AskedElsewhere, NotIndicated, CaseEnded, OtherArea,
    }
    ResponderKind = ResponderKind { ChildrenSocialCare, AdultSocialCare, PoliceDomesticAbuse }
    ReportKind = ReportKind { Coverage, Timeliness, Outstanding, LateAnswers }
    Grouping = ReportGrouping { Court, Office, Borough, ResponderKind, ReportType }
}

/// The numbers of a list of values.
pub(super) fn to_wire<C: Code>(values: &[C]) -> Vec<i32> {
    values.iter().map(|value| value.to_wire()).collect()
}

/// The number of an optional value; unspecified without one.
pub(super) fn option_to_wire<C: Code>(value: Option<C>) -> i32 {
    value.map_or(0, Code::to_wire)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;

    fn check<C: Code + Listed + Debug + PartialEq>() {
        let mut numbers = Vec::new();
        for value in C::ALL {
            let number = value.to_wire();
            assert_eq!(C::from_wire(number).unwrap(), Some(*value));
            numbers.push(number);
        }
        let expected: Vec<i32> = (1..).take(C::ALL.len()).collect();
        assert_eq!(numbers, expected, "{:?}", C::ALL);
        assert_eq!(C::from_wire(0).unwrap(), None);
        assert!(
            C::from_wire(numbers.len().try_into().unwrap_or(i32::MAX) + 1).is_err(),
            "{:?}",
            C::ALL
        );
        assert!(C::from_wire(-1).is_err());
    }

    #[test]
    fn every_value_reads_back() {
        check::<Role>();
        check::<Purpose>();
        check::<ReportType>();
        check::<Concern>();
        check::<AddressRole>();
        check::<AddressKind>();
        check::<BirthAccuracy>();
        check::<Sex>();
        check::<Information>();
        check::<UnroutableWhy>();
        check::<AdapterHealth>();
        check::<SharingDecision>();
        check::<CloseReason>();
        check::<PeopleReason>();
        check::<Disposition>();
        check::<ReferralOutcome>();
        check::<Timeliness>();
        check::<LateEffect>();
        check::<SentenceOutcome>();
        check::<Confidence>();
        check::<MatchFeature>();
        check::<EpisodeKind>();
        check::<AbuseCategory>();
        check::<Handling>();
        check::<Topic>();
        check::<Trouble>();
        check::<Audience>();
        check::<StepKind>();
        check::<Unless>();
        check::<DecisionName>();
        check::<AlertStanding>();
        check::<Advice>();
        check::<WarningCode>();
        check::<ResponderKind>();
        check::<Indicator>();
        check::<SetAsideReason>();
        check::<ReportKind>();
        check::<Grouping>();
    }
}
