//! Identifiers. Each kind has its own type, so that one can never stand where another is meant.

use core::fmt;
use core::str::FromStr;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that came from `ids.rs`, the wire or a record.
            pub const fn from_uuid(value: Uuid) -> Self {
                Self(value)
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError { expected: "a UUID" })
            }
        }
    };
}

uuid_id! {
    /// An enquiry: `UUIDv5` of the submitting client and its `request_id`, so that a resubmission is
    /// the same enquiry and needs no second index.
    EnquiryId
}
uuid_id! {
    /// Whatever a store keeps under an id of its own: an enquiry or a case.
    RecordId
}
uuid_id! {
    /// A case: `UUIDv5` of the court's own name for it, so that every list that has it means the same one.
    CaseId
}
uuid_id! {
    /// One loan of one check to one adapter.
    LeaseId
}
uuid_id! {
    /// The caller's id of one mutation (AIP-155): the same id and body gives the same result.
    RequestId
}

/// The namespace of [`EnquiryId::derive`]; fixed for ever, or resubmissions would become new enquiries.
const ENQUIRY_NAMESPACE: Uuid = Uuid::from_u128(0x7573_6865_722e_656e_7175_6972_792e_7631);

impl EnquiryId {
    /// Derives the id of the enquiry that `client` submits under `request`.
    pub fn derive(client: &crate::code::ClientId, request: RequestId) -> Self {
        let mut name = [0_u8; 16 + crate::limits::CLIENT_ID_CHARS_MAX];
        let client = client.as_str().as_bytes();
        name[..16].copy_from_slice(request.uuid().as_bytes());
        name[16..16 + client.len()].copy_from_slice(client);
        Self(Uuid::new_v5(&ENQUIRY_NAMESPACE, &name[..16 + client.len()]))
    }

    /// The short form that people read aloud; see [`Reference`].
    pub fn reference(self) -> Reference {
        RecordId::from(self).reference()
    }
}

impl From<EnquiryId> for RecordId {
    fn from(id: EnquiryId) -> Self {
        Self(id.0)
    }
}

impl From<RecordId> for EnquiryId {
    /// The enquiry that is kept under `id`; whoever asks knows that it is one.
    fn from(id: RecordId) -> Self {
        Self(id.0)
    }
}

impl RecordId {
    /// The short form that people read aloud; see [`Reference`].
    pub fn reference(self) -> Reference {
        Reference::of(self)
    }
}

impl From<CaseId> for RecordId {
    fn from(id: CaseId) -> Self {
        Self(id.0)
    }
}

/// The namespace of [`CaseId::derive`]; fixed for ever, or lists would make new cases.
const CASE_NAMESPACE: Uuid = Uuid::from_u128(0x7573_6865_722e_6361_7365_2e76_3100_0000);

impl CaseId {
    /// Derives the id of the case that courts call `name`: a defendant's part of a prosecution case. Blanks around it and the case of
    /// its letters make no difference.
    pub fn derive(name: &str) -> Self {
        let name = name.trim().to_uppercase();
        Self(Uuid::new_v5(&CASE_NAMESPACE, name.as_bytes()))
    }

    /// The short form that people read aloud; see [`Reference`].
    pub fn reference(self) -> Reference {
        RecordId::from(self).reference()
    }
}

/// An id, reference or code that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ParseIdError {
    /// What a correct value looks like.
    pub expected: &'static str,
}

/// One check of one enquiry. Written `ENQUIRY-UUID/NUMBER`, numbers from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId {
    /// The enquiry that the check is part of.
    pub enquiry: EnquiryId,
    /// The check's number within its enquiry, from 1.
    pub number: CheckNumber,
}

/// The number of a check within its enquiry, from 1 to [`crate::limits::CHECKS_PER_ENQUIRY_MAX`].
pub type CheckNumber = u8;

/// The number of a requirement within its case, from 1 to [`crate::limits::REQUIREMENTS_PER_CASE_MAX`].
pub type RequirementNumber = u8;

/// One alert of one enquiry or case. Written `UUID/NUMBER`, numbers from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId {
    /// The enquiry or case that the alert is about.
    pub record: RecordId,
    /// The alert's number within it, from 1.
    pub number: AlertNumber,
}

/// The number of an alert within its enquiry or case, from 1.
pub type AlertNumber = u16;

macro_rules! part_id {
    ($name:ident, $whole:ident, $number:ty, $expected:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}", self.$whole, self.number)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let bad = ParseIdError {
                    expected: $expected,
                };
                let (whole, number) = text.split_once('/').ok_or(bad)?;
                let number: $number = number.parse().map_err(|_| bad)?;
                if number == 0 {
                    return Err(bad);
                }
                Ok(Self {
                    $whole: whole.parse().map_err(|_| bad)?,
                    number,
                })
            }
        }
    };
}
part_id!(
    CheckId,
    enquiry,
    CheckNumber,
    "a check id such as 018f…/1: an enquiry's UUID, a slash, a number from 1"
);
part_id!(
    AlertId,
    record,
    AlertNumber,
    "an alert id such as 018f…/1: the UUID of an enquiry or case, a slash, a number from 1"
);

/// The short reference of an enquiry or case: eight Crockford base32 characters of its id and a check
/// character of the same alphabet, written `XXXX-XXXX-C`. People say it over the telephone; machines use the id. Forty bits: a
/// clash among a million enquiries is possible, so look-ups by reference may return several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(u64);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const REFERENCE_BITS: u32 = 40;

impl Reference {
    /// The reference of `id`: its first forty bits.
    pub fn of(id: RecordId) -> Self {
        let high = (id.uuid().as_u128() >> (128 - REFERENCE_BITS)) & ((1 << REFERENCE_BITS) - 1);
        Self(u64::try_from(high).unwrap_or_default())
    }

    /// The first and the last id that have it: every id between them has it too, and no other.
    pub fn ids(self) -> (RecordId, RecordId) {
        let first = u128::from(self.0) << (128 - REFERENCE_BITS);
        let last = first | (u128::MAX >> REFERENCE_BITS);
        (
            RecordId(Uuid::from_u128(first)),
            RecordId(Uuid::from_u128(last)),
        )
    }
}

/// The digit that checks the eight of `value`. It is computed in the field of 32 elements, so that one wrong digit, and any two that
/// changed places, are always noticed; arithmetic modulo a prime would need symbols that are no letters.
fn check_digit(value: u64) -> usize {
    let digits = (0..8).rev().map(|place| (value >> (place * 5)) & 31);
    let sum = digits.fold(0, |sum, digit| times_two(sum ^ digit));
    usize::try_from(sum).unwrap_or_default()
}

/// Twice `element`, modulo x⁵ + x² + 1.
const fn times_two(element: u64) -> u64 {
    let doubled = element << 1;
    if doubled > 31 {
        doubled ^ 0b10_0101
    } else {
        doubled
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use core::fmt::Write as _;
        for place in (0..8).rev() {
            let digit = usize::try_from((self.0 >> (place * 5)) & 31).unwrap_or_default();
            f.write_char(char::from(CROCKFORD[digit]))?;
            if place == 4 {
                f.write_char('-')?;
            }
        }
        write!(f, "-{}", char::from(CROCKFORD[check_digit(self.0)]))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Reference {
    type Err = ParseIdError;

    /// Reads a reference as people write it: any case, `O` for 0, `I` or `L` for 1, hyphens anywhere.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let bad = ParseIdError {
            expected: "a reference such as 7K3M-9QXA-A (its last character checks the others)",
        };
        let mut symbols = [0_u8; 9];
        let mut length = 0;
        for symbol in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            let symbol = match symbol.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            *symbols.get_mut(length).ok_or(bad)? = symbol;
            length += 1;
        }
        if length != symbols.len() {
            return Err(bad);
        }
        let mut value = 0_u64;
        for symbol in &symbols[..8] {
            let digit = CROCKFORD
                .iter()
                .position(|known| known == symbol)
                .ok_or(bad)?;
            value = (value << 5) | digit as u64;
        }
        if symbols[8] == CROCKFORD[check_digit(value)] {
            Ok(Self(value))
        } else {
            Err(bad)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::ClientId;

    #[test]
    fn the_same_client_and_request_give_the_same_enquiry() {
        let request = RequestId::from_uuid(Uuid::from_u128(7));
        let one = ClientId::parse("spiffe://usher.example/court/B01IX/gateway").unwrap();
        let other = ClientId::parse("spiffe://usher.example/court/B01DU/gateway").unwrap();
        assert_eq!(
            EnquiryId::derive(&one, request),
            EnquiryId::derive(&one, request)
        );
        assert_ne!(
            EnquiryId::derive(&one, request),
            EnquiryId::derive(&other, request)
        );
    }

    #[test]
    fn a_reference_survives_being_read_aloud() {
        for seed in 0..1_000_u128 {
            let id = EnquiryId::from_uuid(Uuid::from_u128(
                seed.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C834),
            ));
            let written = id.reference().to_string();
            assert_eq!(written.parse(), Ok(id.reference()), "{written}");
            let sloppy = written
                .to_lowercase()
                .replace('0', "o")
                .replace('1', "l")
                .replace('-', " ");
            assert_eq!(sloppy.parse(), Ok(id.reference()), "{sloppy}");
        }
    }

    #[test]
    fn the_ids_of_a_reference_are_those_that_have_it() {
        let of = |id: u128| RecordId::from_uuid(Uuid::from_u128(id));
        for id in [0, u128::MAX, 0x9e3a_77c1_02ff_0000_1234_5678_9abc_def0] {
            let reference = of(id).reference();
            let (first, last) = reference.ids();
            assert!((first..=last).contains(&of(id)));
            assert_eq!(
                (first.reference(), last.reference()),
                (reference, reference)
            );
            let before = first.uuid().as_u128().checked_sub(1).map(of);
            let after = last.uuid().as_u128().checked_add(1).map(of);
            for other in [before, after].into_iter().flatten() {
                assert_ne!(other.reference(), reference);
            }
        }
    }

    #[test]
    fn one_wrong_character_and_two_that_changed_places_are_noticed() {
        let is_right = |written: Vec<u8>| {
            let written = String::from_utf8(written).unwrap();
            written.parse::<Reference>().is_ok()
        };
        for seed in [1, 2, 3, u128::MAX / 3, u128::MAX / 7] {
            let id = EnquiryId::from_uuid(Uuid::from_u128(seed << 60 | seed));
            let right = id.reference().to_string().replace('-', "").into_bytes();
            assert!(right.iter().all(u8::is_ascii_alphanumeric));
            for place in 0..right.len() {
                for other in CROCKFORD.iter().filter(|other| **other != right[place]) {
                    let mut wrong = right.clone();
                    wrong[place] = *other;
                    assert!(!is_right(wrong), "{seed} {place}");
                }
                for with in 0..place {
                    let mut wrong = right.clone();
                    wrong.swap(place, with);
                    assert!(wrong == right || !is_right(wrong), "{seed} {place} {with}");
                }
            }
        }
    }

    #[test]
    fn part_ids_read_back() {
        let enquiry = EnquiryId::from_uuid(Uuid::from_u128(1));
        let check = CheckId { enquiry, number: 3 };
        assert_eq!(check.to_string().parse(), Ok(check));
        for bad in [
            "",
            "x/1",
            "00000000-0000-0000-0000-000000000001",
            "00000000-0000-0000-0000-000000000001/0",
            "00000000-0000-0000-0000-000000000001/256",
        ] {
            assert!(bad.parse::<CheckId>().is_err(), "{bad}");
        }
    }
}
