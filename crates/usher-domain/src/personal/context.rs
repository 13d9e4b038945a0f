//! What surrounds the people of an enquiry: by which right they are spoken of, who else was asked, how it is marked.

use super::{Validator, hidden};
use crate::codes::codes;
use crate::limits;
use core::fmt;
use jiff::civil::Date;

hidden!(Basis, PriorAnswer);

/// By which right information may be shared.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Basis {
    /// Powers and duties (legal gateways), as codes of the agreement.
    pub gateways: Vec<String>,
    /// The sharing agreement that the officer relies on; may be empty.
    pub agreement: String,
    /// Its version; may be empty.
    pub agreement_version: String,
    /// Since when that version holds.
    pub agreement_effective: Option<Date>,
    /// The data protection regime of the officer's organisation.
    pub regime: Option<Regime>,
}

codes! {
    /// Data protection regimes of the United Kingdom: each party to an enquiry is under its own.
    Regime {
        /// Law enforcement: Part 3 of the Data Protection Act 2018.
        LawEnforcement = "law_enforcement",
        /// General: the UK GDPR and Part 2 of the Act.
        General = "general",
    }
}

codes! {
    /// Sessions of a court.
    CourtSession {
        /// The morning.
        Morning = "morning",
        /// The afternoon.
        Afternoon = "afternoon",
        /// The whole day.
        AllDay = "all_day",
    }
}

codes! {
    /// Who may have been asked about the same people besides.
    OtherResponder {
        /// A police domestic abuse unit.
        PoliceDomesticAbuse = "police_domestic_abuse",
        /// Adult social care.
        AdultSocialCare = "adult_social_care",
        /// Youth justice.
        YouthJustice = "youth_justice",
        /// A health service.
        Health = "health",
        /// Somebody else.
        Other = "other",
    }
}

codes! {
    /// Handling markings of the Government Security Classifications.
    Marking {
        /// OFFICIAL.
        Official = "official",
        /// OFFICIAL-SENSITIVE.
        OfficialSensitive = "official_sensitive",
    }
}

impl Default for Marking {
    /// What is about children and offenders is sensitive until somebody says otherwise.
    fn default() -> Self {
        Self::OfficialSensitive
    }
}

/// An earlier answer about the same people, that was considered and does not do.
#[derive(Clone, PartialEq, Eq)]
pub struct PriorAnswer {
    /// Its reference, usher's or another system's; may be empty.
    pub reference: String,
    /// When it was given.
    pub answered: Option<Date>,
    /// Why it does not do.
    pub reason: String,
}

impl Basis {
    pub(super) fn validate(&self, path: fmt::Arguments<'_>, into: &mut Validator) {
        let line = limits::LINE_CHARS_MAX;
        into.list(
            format_args!("{path}.gateways"),
            &self.gateways,
            limits::CODES_PER_LIST_MAX,
        );
        for (place, gateway) in self.gateways.iter().enumerate() {
            into.text(format_args!("{path}.gateways[{place}]"), gateway, line);
        }
        into.text(format_args!("{path}.agreement_id"), &self.agreement, line);
        into.text(
            format_args!("{path}.agreement_version"),
            &self.agreement_version,
            line,
        );
    }
}

impl PriorAnswer {
    pub(super) fn validate(&self, path: fmt::Arguments<'_>, into: &mut Validator) {
        let line = limits::LINE_CHARS_MAX;
        into.text(format_args!("{path}.reference"), &self.reference, line);
        into.text(format_args!("{path}.reason"), &self.reason, line);
        if self.reason.trim().is_empty() {
            into.fail(
                format_args!("{path}.reason"),
                "say why the earlier answer does not do, or leave it out",
            );
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Basis, PriorAnswer, Regime};
    use crate::limits;
    use crate::personal::{CANARY, fields, silent};
    use jiff::civil::date;

    pub(in crate::personal) fn full_basis() -> Basis {
        Basis {
            gateways: vec![CANARY.into()],
            agreement: CANARY.into(),
            agreement_version: CANARY.into(),
            agreement_effective: Some(date(1987, 6, 5)),
            regime: Some(Regime::LawEnforcement),
        }
    }

    pub(in crate::personal) fn full_prior() -> PriorAnswer {
        PriorAnswer {
            reference: CANARY.into(),
            answered: Some(date(1987, 6, 5)),
            reason: CANARY.into(),
        }
    }

    #[track_caller]
    fn check_basis(change: impl FnOnce(&mut Basis), expected: &[&str]) {
        let mut basis = full_basis();
        change(&mut basis);
        let found = fields(|into| basis.validate(format_args!("b"), into));
        assert_eq!(found, expected);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_basis_is_validated_field_by_field() {
        let long = || "x".repeat(limits::LINE_CHARS_MAX + 1);
        check_basis(|_| {}, &[]);
        check_basis(|it| *it = Basis::default(), &[]);
        check_basis(|it| it.gateways = vec![String::new(); 17], &["b.gateways"]);
        check_basis(|it| it.gateways[0] = long(), &["b.gateways[0]"]);
        check_basis(|it| it.agreement = long(), &["b.agreement_id"]);
        check_basis(|it| it.agreement_version = long(), &["b.agreement_version"]);
    }

    #[track_caller]
    fn check_prior(change: impl FnOnce(&mut PriorAnswer), expected: &[&str]) {
        let mut prior = full_prior();
        change(&mut prior);
        let found = fields(|into| prior.validate(format_args!("p"), into));
        assert_eq!(found, expected);
    }

    #[test]
    fn whoever_passes_over_an_earlier_answer_says_why() {
        let long = || "x".repeat(limits::LINE_CHARS_MAX + 1);
        check_prior(|_| {}, &[]);
        check_prior(|it| it.reason = " ".into(), &["p.reason"]);
        check_prior(|it| it.reason = long(), &["p.reason"]);
        check_prior(|it| it.reference = long(), &["p.reference"]);
    }

    #[test]
    fn no_debug_prints_what_surrounds_a_person() {
        silent(&full_basis());
        silent(&full_prior());
    }
}
