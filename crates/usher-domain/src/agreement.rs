//! Information-sharing agreements as data: who may be asked for what, by which right, with which data, from when to when. Powers and
//! duties come into force by regulation, so they have dates of their own. `config/agreements/*.toml` fills this; the rules only ask it.
//!
//! Guarantees: on any day a responder has at most one agreement, and everything that is not agreed is denied. It keeps no retention:
//! that is the responder's to do, and here to read.

use crate::actor::Person;
use crate::code::{AgreementId, ResponderId};
use crate::codes::codes;
use crate::enquiry::{Check, CheckState, Enquiry, Purpose, UnroutableWhy};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::fmt;
use jiff::civil::Date;

codes! {
    /// What an agreement says of one check.
    SharingDecision {
        /// The responder may be asked.
        Permit = "permit",
        /// It may not: operators decide.
        Deny = "deny",
        /// Its people may be asked, and no program.
        Review = "review",
    }
}

codes! {
    /// What of an enquiry may be sent. Who asks, for what and by when, always is, as are the coded handling marks.
    DataCategory {
        /// The defendant's name and date of birth.
        Identity = "identity",
        /// Former names and aliases.
        Aliases = "aliases",
        /// Sex as recorded.
        Sex = "sex",
        /// CRN and PNC.
        Identifiers = "identifiers",
        /// Addresses, and who lives at which.
        Addresses = "addresses",
        /// Children: names, dates of birth, relationship, whether they live with the defendant.
        Children = "children",
        /// Schools and nurseries of the children.
        Schools = "schools",
        /// Partners and other adults of the household.
        OtherAdults = "other_adults",
        /// What the court calls the case: URN, hearing, room, list, dates of the report, custody.
        Court = "court",
        /// Code of the current offence.
        Offence = "offence",
        /// Coded concerns.
        Concerns = "concerns",
        /// What the officer wrote besides.
        Note = "note",
        /// Earlier answers, and who else was asked.
        OtherEnquiries = "other_enquiries",
    }
}

/// What people need to find a family, and no more: sent where an operator overrules and no agreement was ever made.
pub const CORE: &[DataCategory] = &[
    DataCategory::Identity,
    DataCategory::Aliases,
    DataCategory::Addresses,
    DataCategory::Children,
];

/// Days, the first and the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The first.
    pub from: Date,
    /// The last; without one it goes on.
    pub to: Option<Date>,
}

impl Term {
    /// Whether `day` is one of them.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let begins_in = |one: &Self, other: &Self| other.to.is_none_or(|to| one.from <= to);
        begins_in(self, other) && begins_in(other, self)
    }
}

/// A power or duty to share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// Its code, such as `OMA2007-s14`.
    pub code: Box<str>,
    /// Its title.
    pub title: Box<str>,
    /// When it is in force.
    pub term: Term,
}

/// Whom to speak to about an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// For this party; for all of them where there is none.
    pub party: Option<ResponderId>,
    /// Name, post, and where to reach them.
    pub person: Person,
}

/// One version of one agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Its id, the same in every version.
    pub id: AgreementId,
    /// The version.
    pub version: Box<str>,
    /// What people call it.
    pub title: Box<str>,
    /// The days on which the version holds.
    pub term: Term,
    /// The responders that have signed it.
    pub parties: Vec<ResponderId>,
    /// Powers and duties that it rests on, in force or not.
    pub bases: Vec<Basis>,
    /// Purposes for which they may be asked.
    pub permit: Vec<Purpose>,
    /// Purposes for which their people may be asked, and no program.
    pub review: Vec<Purpose>,
    /// What may be sent.
    pub categories: Vec<DataCategory>,
    /// Whether a program may answer.
    pub automatic_answers: bool,
    /// For how many days a responder may keep what it was sent.
    pub retention_days: u32,
    /// Whom to speak to.
    pub contacts: Vec<Contact>,
}

/// Which version of which agreement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgreementVersion {
    /// The agreement.
    pub id: AgreementId,
    /// The version.
    pub version: Box<str>,
}

impl fmt::Display for AgreementVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.version)
    }
}

impl Agreement {
    /// Its id and version.
    pub fn reference(&self) -> AgreementVersion {
        AgreementVersion {
            id: self.id.clone(),
            version: self.version.clone(),
        }
    }

    /// Powers and duties in force on `day`.
    pub fn bases_on(&self, day: Date) -> impl Iterator<Item = &Basis> {
        self.bases
            .iter()
            .filter(move |basis| basis.term.contains(day))
    }

    /// Whom `party` has named, and whom all parties have.
    pub fn contacts_of(&self, party: &ResponderId) -> impl Iterator<Item = &Person> {
        let theirs =
            move |contact: &&Contact| contact.party.as_ref().is_none_or(|one| one == party);
        self.contacts
            .iter()
            .filter(theirs)
            .map(|contact| &contact.person)
    }

    /// What it says of `purpose` on a day on which it holds.
    fn ruling(&self, purpose: Purpose, day: Date) -> Ruling<'_> {
        let (decision, why) = if self.bases_on(day).next().is_none() {
            (SharingDecision::Deny, Some(UnroutableWhy::NoLawfulBasis))
        } else if self.review.contains(&purpose)
            || (purpose == Purpose::Referral && self.permit.contains(&purpose))
        {
            // Whoever is told of somebody at risk is a person, whatever was agreed of programs.
            (SharingDecision::Review, None)
        } else if self.permit.contains(&purpose) {
            (SharingDecision::Permit, None)
        } else {
            (SharingDecision::Deny, Some(UnroutableWhy::PurposeNotAgreed))
        };
        Ruling {
            decision,
            why,
            agreement: Some(self),
        }
    }
}

/// What the agreements say of one responder, purpose and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling<'a> {
    /// The decision.
    pub decision: SharingDecision,
    /// DENY: why.
    pub why: Option<UnroutableWhy>,
    /// The agreement that decides; where none is in force, the last that was.
    pub agreement: Option<&'a Agreement>,
}

impl<'a> Ruling<'a> {
    /// Whether a program may answer.
    pub fn automatic_answers(&self) -> bool {
        let allowed = |agreement: &Agreement| agreement.automatic_answers;
        self.decision == SharingDecision::Permit && self.agreement.is_some_and(allowed)
    }

    /// What may be sent; what the last agreement allowed, where none is in force.
    pub fn categories(&self) -> &'a [DataCategory] {
        self.agreement
            .map_or(&[], |agreement| &agreement.categories)
    }
}

/// What was decided about sharing a check, as its record keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// With whom: the check's responder, or the one that it could not go to.
    pub with: ResponderId,
    /// The decision.
    pub decision: SharingDecision,
    /// The agreement that decided; where none was in force, the last that was.
    pub agreement: Option<AgreementVersion>,
    /// Whether an operator, by name, sent it to the people of the responder although it was denied.
    pub overruled: bool,
}

/// Two agreements for one responder on the same day: nobody could say which counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{responder} has another agreement on the same days: {first}")]
pub struct Overlap {
    /// Whose.
    pub responder: ResponderId,
    /// The first of them, in the order given.
    pub first: AgreementVersion,
    /// The place of the other in the order given, from 0.
    pub second: usize,
}

/// An agreement whose end leaves responders without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending<'a> {
    /// The one in force.
    pub agreement: &'a Agreement,
    /// The last day on which its parties have an agreement, this one or what follows it.
    pub last: Date,
    /// How many days are left after today; 0 on the last.
    pub days_left: i32,
    /// Who then has none.
    pub parties: Vec<&'a ResponderId>,
}

impl Ending<'_> {
    /// Which of the warnings it has come to: 90, 30 or 7 days, the smallest that holds.
    pub fn warning(&self) -> Option<i32> {
        WARNING_DAYS
            .into_iter()
            .find(|days| self.days_left <= *days)
    }
}

/// Until when a responder has an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// It has none.
    None,
    /// Until that day, itself included.
    Until(Date),
    /// No end is set.
    Endless,
}

/// How many days before an agreement ends people are warned, the last warning first.
pub const WARNING_DAYS: [i32; 3] = [7, 30, 90];

/// Every agreement. A copy shares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreements {
    all: Arc<[Agreement]>,
    /// Those of each responder, earliest first.
    of: Arc<BTreeMap<ResponderId, Vec<usize>>>,
}

impl Agreements {
    /// Puts them together.
    ///
    /// # Errors
    /// The first two that overlap for one responder.
    pub fn new(all: Vec<Agreement>) -> Result<Self, Overlap> {
        let mut of: BTreeMap<ResponderId, Vec<usize>> = BTreeMap::new();
        for (second, agreement) in all.iter().enumerate() {
            for party in &agreement.parties {
                let theirs = of.entry(party.clone()).or_default();
                let clash = |first: &&usize| all[**first].term.overlaps(&agreement.term);
                if let Some(first) = theirs.iter().find(clash) {
                    return Err(Overlap {
                        responder: party.clone(),
                        first: all[*first].reference(),
                        second,
                    });
                }
                theirs.push(second);
            }
        }
        for theirs in of.values_mut() {
            theirs.sort_by_key(|place| all[*place].term.from);
        }
        Ok(Self {
            all: all.into(),
            of: Arc::new(of),
        })
    }

    /// One agreement, without end, that lets `parties` be asked for everything, and lets programs answer: for trials and tests.
    pub fn permitting(parties: impl IntoIterator<Item = ResponderId>) -> Self {
        let always = Term {
            from: Date::MIN,
            to: None,
        };
        let mut parties: Vec<ResponderId> = parties.into_iter().collect();
        parties.sort_unstable();
        parties.dedup();
        let agreement = Agreement {
            id: AgreementId::permitting(),
            version: "1".into(),
            title: "Everything, for trials".into(),
            term: always,
            parties,
            bases: vec![Basis {
                code: "OMA2007-s14".into(),
                title: "Offender Management Act 2007, section 14".into(),
                term: always,
            }],
            permit: Purpose::ALL.to_vec(),
            review: Vec::new(),
            categories: DataCategory::ALL.to_vec(),
            automatic_answers: true,
            retention_days: 1,
            contacts: Vec::new(),
        };
        Self::new(vec![agreement]).unwrap_or_default()
    }

    /// All of them, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Agreement> {
        self.all.iter()
    }

    fn get(&self, wanted: &AgreementVersion) -> Option<&Agreement> {
        let is_wanted = |one: &&Agreement| one.id == wanted.id && one.version == wanted.version;
        self.all.iter().find(is_wanted)
    }

    /// The agreements of `responder`, earliest first.
    fn of(&self, responder: &ResponderId) -> impl DoubleEndedIterator<Item = &Agreement> {
        let places = self.of.get(responder).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|place| self.all.get(*place))
    }

    /// The one that counts for `responder` on `day`; where none is in force, the last that was.
    pub fn latest(&self, responder: &ResponderId, day: Date) -> Option<&Agreement> {
        self.of(responder).rev().find(|one| one.term.from <= day)
    }

    /// What they say of asking `responder` for `purpose` on `day`.
    pub fn ruling(&self, responder: &ResponderId, purpose: Purpose, day: Date) -> Ruling<'_> {
        match self.latest(responder, day) {
            Some(agreement) if agreement.term.contains(day) => agreement.ruling(purpose, day),
            agreement => Ruling {
                decision: SharingDecision::Deny,
                why: Some(if agreement.is_some() {
                    UnroutableWhy::AgreementEnded
                } else {
                    UnroutableWhy::NoAgreement
                }),
                agreement,
            },
        }
    }

    /// What of `enquiry` may be sent to the responder of `check` on `day`: what the agreement in force allows. Where it denies, a
    /// check that nobody has been lent shows nothing; one that the responder has, shows what it was shared under.
    pub fn categories(&self, enquiry: &Enquiry, check: &Check, day: Date) -> &[DataCategory] {
        let Some(responder) = &check.responder else {
            return &[];
        };
        let ruling = self.ruling(responder, enquiry.purpose, day);
        if ruling.decision != SharingDecision::Deny {
            return ruling.categories();
        }
        let overruled = check
            .sharing
            .as_ref()
            .is_some_and(|sharing| sharing.overruled);
        let has_it = matches!(
            check.state,
            CheckState::Leased { .. }
                | CheckState::Accepted { .. }
                | CheckState::Asked { .. }
                | CheckState::Answered { .. }
        );
        if !overruled && !has_it {
            return &[];
        }
        let shared = check
            .sharing
            .as_ref()
            .and_then(|sharing| sharing.agreement.as_ref());
        let under = shared
            .and_then(|version| self.get(version))
            .or(ruling.agreement);
        under.map_or(CORE, |agreement| &agreement.categories)
    }

    /// Until when `responder` has an agreement, from `day` on without a gap.
    pub fn cover(&self, responder: &ResponderId, day: Date) -> Cover {
        let mut cover = Cover::None;
        for agreement in self.of(responder) {
            let next = match cover {
                Cover::None => day,
                Cover::Until(last) => last.tomorrow().unwrap_or(Date::MAX),
                Cover::Endless => break,
            };
            if agreement.term.contains(next) {
                cover = agreement.term.to.map_or(Cover::Endless, Cover::Until);
            }
        }
        cover
    }

    /// Those in force on `today` with an end that nothing follows, the soonest first.
    pub fn endings(&self, today: Date) -> Vec<Ending<'_>> {
        let in_force = self.all.iter().filter(|one| one.term.contains(today));
        let mut endings: Vec<Ending<'_>> = in_force
            .filter_map(|agreement| {
                let until = |party: &ResponderId| match self.cover(party, today) {
                    Cover::Until(last) => Some(last),
                    Cover::None | Cover::Endless => None,
                };
                let last = agreement.parties.iter().filter_map(until).min()?;
                let parties = agreement.parties.iter();
                Some(Ending {
                    agreement,
                    last,
                    days_left: (last - today).get_days(),
                    parties: parties.filter(|party| until(party) == Some(last)).collect(),
                })
            })
            .collect();
        endings.sort_by_key(|ending| ending.last);
        endings
    }
}

#[cfg(test)]
mod tests;
