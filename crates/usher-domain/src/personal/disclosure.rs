//! Whether a borough may tell what it holds, and why not.

use super::{Validator, hidden};
use crate::codes::codes;
use crate::enquiry::Disposition;
use crate::limits;
use core::fmt;

hidden!(Disclosure);

/// How a borough decided what may be told.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// What was decided.
    pub decision: DisclosureDecision,
    /// The version of the rules that decided it; may be empty.
    pub policy_version: String,
    /// Why not, or not all of it.
    pub refusal: Option<RefusalReason>,
}

codes! {
    /// What was decided about telling.
    DisclosureDecision {
        /// Everything that was asked for may be told.
        Permit = "permit",
        /// Nothing of what is held may be told.
        Deny = "deny",
        /// Somebody must still look at what is held back: a further version may follow.
        Review = "review",
    }
}

codes! {
    /// Why something is not told.
    RefusalReason {
        /// No power or duty covers it.
        NoLegalBasis = "no_legal_basis",
        /// The sharing agreement does not cover it.
        OutsideAgreement = "outside_agreement",
        /// Telling would do the child more harm than not telling (Children Act 2004 s.16LA(3)).
        HarmToChild = "harm_to_child",
        /// It is about somebody else.
        ThirdParty = "third_party",
        /// A court restricts it, as in family proceedings.
        CourtRestriction = "court_restriction",
        /// It would prejudice an investigation.
        Investigation = "investigation",
        /// Another reason, said in a remark.
        Other = "other",
    }
}

impl Disclosure {
    pub(super) fn validate(
        &self,
        disposition: Option<Disposition>,
        path: fmt::Arguments<'_>,
        into: &mut Validator,
    ) {
        use DisclosureDecision::{Deny, Permit, Review};
        let held = disposition.map(|said| said == Disposition::HeldCannotDisclose);
        match (self.decision, held) {
            (Permit, Some(true)) => into.fail(
                format_args!("{path}.decision"),
                "held_cannot_disclose goes with deny or review",
            ),
            (Deny, Some(false)) => into.fail(
                format_args!("{path}.decision"),
                "deny goes with held_cannot_disclose only; say review where a part is held back",
            ),
            (Permit | Deny | Review, _) => {}
        }
        match (self.decision, self.refusal) {
            (Permit, Some(_)) => into.fail(
                format_args!("{path}.refusal"),
                "there is nothing to refuse with permit",
            ),
            (Deny | Review, None) => into.fail(format_args!("{path}.refusal"), "say why"),
            (Permit, None) | (Deny | Review, Some(_)) => {}
        }
        into.text(
            format_args!("{path}.policy_version"),
            &self.policy_version,
            limits::LINE_CHARS_MAX,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Disclosure, DisclosureDecision, RefusalReason};
    use crate::enquiry::Disposition;
    use crate::limits;
    use crate::personal::fields;

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_may_be_told_fits_what_is_said() {
        use Disposition::{HeldCannotDisclose as Held, KnownRelevant as Known};
        use DisclosureDecision::{Deny, Permit, Review};
        let why = Some(RefusalReason::HarmToChild);
        let (decision, refusal) = ("a.decision", "a.refusal");
        let rows: [(_, _, _, &[&str]); 10] = [
            (Some(Known), Permit, None, &[]),
            (Some(Held), Permit, None, &[decision]),
            (None, Permit, None, &[]),
            (Some(Known), Permit, why, &[refusal]),
            (Some(Held), Deny, why, &[]),
            (Some(Known), Deny, why, &[decision]),
            (Some(Held), Deny, None, &[refusal]),
            (Some(Known), Review, why, &[]),
            (Some(Held), Review, why, &[]),
            (Some(Known), Review, None, &[refusal]),
        ];
        for (said, decided, because, expected) in rows {
            let mut told = Disclosure { decision: decided, policy_version: "7".into(), refusal: because };
            let check = |told: &Disclosure| fields(|into| told.validate(said, format_args!("a"), into));
            let found = check(&told);
            assert_eq!(found, expected, "{said:?} {decided:?} {because:?}");
            told.policy_version = "x".repeat(limits::LINE_CHARS_MAX + 1);
            assert!(check(&told).contains(&"a.policy_version".to_owned()));
        }
    }
}
