//! Codes and identifiers that come from outside: courts, authorities, responders, people and postcodes.
//! Each is validated at birth; what cannot be a value of its type is refused with what a right one looks like.

use crate::codes::codes;
use crate::limits;
use core::fmt;

codes! {
    /// What a responder answers about.
    ResponderKind {
        /// Children's social care of an authority.
        ChildrenSocialCare = "children_social_care",
        /// Adult social care of an authority.
        AdultSocialCare = "adult_social_care",
        /// A police force's domestic abuse unit.
        PoliceDomesticAbuse = "police_domestic_abuse",
    }
}

/// A code that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ParseCodeError {
    /// What a correct value looks like.
    pub expected: &'static str,
}

macro_rules! text_code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_code! {
    /// The identity of a client program: the one URI in its certificate, such as
    /// `spiffe://usher.example/court/B01IX/gateway`.
    ClientId
}

impl ClientId {
    /// The scheduler itself, which has no certificate.
    pub fn clock() -> Self {
        Self("usher:clock".into())
    }

    /// The console, through which people act who signed in. They have no certificate.
    pub fn console() -> Self {
        Self("usher:console".into())
    }

    /// Reads a URI of printable ASCII without spaces, at most [`limits::CLIENT_ID_CHARS_MAX`] bytes.
    ///
    /// # Errors
    /// When the text is empty, longer, or has other characters.
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        let fits = !text.is_empty() && text.len() <= limits::CLIENT_ID_CHARS_MAX;
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.into()));
        }
        Err(ParseCodeError {
            expected: "a URI of 1 to 255 printable ASCII characters",
        })
    }
}

text_code! {
    /// A responder: the short name of its file in `config/responders`, such as `hackney`.
    ResponderId
}

impl ResponderId {
    /// Reads lower-case letters, digits and hyphens, starting with a letter.
    ///
    /// # Errors
    /// When the text is anything else, or longer than [`limits::RESPONDER_ID_CHARS_MAX`].
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        if is_short_name(text, limits::RESPONDER_ID_CHARS_MAX) {
            return Ok(Self(text.into()));
        }
        Err(ParseCodeError {
            expected: "a responder id: lower-case letters, digits and hyphens, such as tower-hamlets",
        })
    }
}

/// Whether `text` is lower-case letters, digits and hyphens, starts with a letter, and has at most `max` characters.
fn is_short_name(text: &str, max: usize) -> bool {
    let first = text.bytes().next();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    first.is_some_and(|byte| byte.is_ascii_lowercase())
        && text.len() <= max
        && text.bytes().all(plain)
}

text_code! {
    /// An information-sharing agreement, the same in every version of it, such as `pan-london`.
    AgreementId
}

impl AgreementId {
    /// Reads lower-case letters, digits and hyphens, starting with a letter.
    ///
    /// # Errors
    /// When the text is anything else, or longer than [`limits::AGREEMENT_ID_CHARS_MAX`].
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        if is_short_name(text, limits::AGREEMENT_ID_CHARS_MAX) {
            return Ok(Self(text.into()));
        }
        Err(ParseCodeError {
            expected: "the id of an agreement: lower-case letters, digits and hyphens, such as pan-london",
        })
    }

    /// The agreement of trials and tests.
    pub(crate) fn permitting() -> Self {
        Self("everything".into())
    }
}

/// A nine-character GSS code of the Office for National Statistics, such as `E09000012` (Hackney).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorityCode([u8; 9]);

impl AuthorityCode {
    /// Reads a letter of a country and eight digits; case does not matter.
    ///
    /// # Errors
    /// When the text has another shape. Whether the code names an authority is the directory's to say.
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        let bad = ParseCodeError {
            expected: "a GSS code such as E09000012: a letter and eight digits",
        };
        let mut code: [u8; 9] = text.as_bytes().try_into().map_err(|_| bad)?;
        code[0] = code[0].to_ascii_uppercase();
        let right = code[0].is_ascii_uppercase() && code[1..].iter().all(u8::is_ascii_digit);
        if right { Ok(Self(code)) } else { Err(bad) }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A court by its OU code: the first five characters, such as `B01IX` (Westminster Magistrates' Court); a full
/// seven-character code is kept as its first five (source: court-case-asked, court names).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CourtCode([u8; 5]);

impl CourtCode {
    /// Reads a letter, two digits and two letters, optionally followed by two more characters.
    ///
    /// # Errors
    /// When the text has another shape.
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        let bad = ParseCodeError {
            expected: "a court OU code such as B01IX or B01IX00",
        };
        let upper = text.to_ascii_uppercase();
        let bytes = upper.as_bytes();
        let (head, tail) = match bytes.len() {
            5 => (bytes, &bytes[..0]),
            7 => bytes.split_at(5),
            _ => return Err(bad),
        };
        let right = head[0].is_ascii_uppercase()
            && head[1..3].iter().all(u8::is_ascii_digit)
            && head[3..].iter().all(u8::is_ascii_uppercase)
            && tail.iter().all(u8::is_ascii_alphanumeric);
        let code: [u8; 5] = head.try_into().map_err(|_| bad)?;
        if right { Ok(Self(code)) } else { Err(bad) }
    }

    /// The five characters.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

macro_rules! fixed_code_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
fixed_code_text!(AuthorityCode, CourtCode);

/// A case reference number of probation: a letter and six digits, such as `X320741` (source: Prepare a case,
/// `^[A-Za-z][0-9]{6}$`). It identifies a person: no `Debug` that prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Crn(Box<str>);

impl Crn {
    /// Reads a CRN; lower case is raised.
    ///
    /// # Errors
    /// When the text is not a letter and six digits.
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        let upper = text.to_ascii_uppercase();
        let bytes = upper.as_bytes();
        let right = bytes.len() == 7
            && bytes[0].is_ascii_uppercase()
            && bytes[1..].iter().all(u8::is_ascii_digit);
        if right {
            Ok(Self(upper.into()))
        } else {
            Err(ParseCodeError {
                expected: "a CRN such as X320741: a letter and six digits",
            })
        }
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A Police National Computer number in its canonical form `YYYY/NNNNNNNL`. It identifies a person: no `Debug`
/// that prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pnc {
    text: Box<str>,
    check_letter_right: bool,
}

const PNC_LETTERS: &[u8; 23] = b"ZABCDEFGHJKLMNPQRTUVWXY";

impl Pnc {
    /// Reads a year of two or four digits, an optional slash, a serial of one to seven digits and a letter. `this_year`
    /// decides the century of a two-digit year: not later than it means 20xx, else 19xx. A wrong check letter is
    /// kept and reported by [`Pnc::check_letter_right`], because real records hold such numbers (source:
    /// hmpps-person-record, `PNCIdentifier.kt`).
    ///
    /// # Errors
    /// When the text has another shape.
    pub fn parse(text: &str, this_year: i16) -> Result<Self, ParseCodeError> {
        let bad = ParseCodeError {
            expected: "a PNC number such as 2000/0002697F",
        };
        let upper = text.trim().to_ascii_uppercase();
        let (body, letter) = upper
            .split_at_checked(upper.len().saturating_sub(1))
            .ok_or(bad)?;
        let letter = letter
            .bytes()
            .next()
            .filter(u8::is_ascii_uppercase)
            .ok_or(bad)?;
        let (year, serial) = match body.split_once('/') {
            Some(parts) => parts,
            None if body.len() > 9 => body.split_at_checked(4).ok_or(bad)?,
            None => body.split_at_checked(2).ok_or(bad)?,
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year) || !digits(serial) || serial.is_empty() || serial.len() > 7 {
            return Err(bad);
        }
        let value: i16 = year.parse().map_err(|_| bad)?;
        let year = match year.len() {
            4 => value,
            2 if 2000 + value <= this_year => 2000 + value,
            2 => 1900 + value,
            _ => return Err(bad),
        };
        let serial: u64 = serial.parse().map_err(|_| bad)?;
        let short_year = u64::from(year.rem_euclid(100).unsigned_abs());
        let expected = PNC_LETTERS
            [usize::try_from((short_year * 10_000_000 + serial) % 23).unwrap_or_default()];
        Ok(Self {
            text: format!("{year:04}/{serial:07}{}", char::from(letter)).into(),
            check_letter_right: expected == letter,
        })
    }

    /// Whether the last letter is the one that the digits demand; a warning when not, never a refusal.
    pub fn check_letter_right(&self) -> bool {
        self.check_letter_right
    }

    /// The number in its canonical form.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A prosecution case reference (URN or PTIURN), eleven characters `NNAANNNNNYY`, such as `01AB1234526`: force, unit,
/// serial, year. It identifies a person's case: no `Debug` that prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Urn(Box<str>);

impl Urn {
    /// Reads two digits, two letters or digits, five digits and two digits; spaces and slashes are dropped.
    ///
    /// # Errors
    /// When the text has another shape.
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '/'))
            .collect::<String>()
            .to_ascii_uppercase();
        let bytes = plain.as_bytes();
        let right = bytes.len() == 11
            && bytes[..2].iter().all(u8::is_ascii_digit)
            && bytes[2..4].iter().all(u8::is_ascii_alphanumeric)
            && bytes[4..].iter().all(u8::is_ascii_digit);
        if right {
            Ok(Self(plain.into()))
        } else {
            Err(ParseCodeError {
                expected: "a URN such as 01AB1234526: eleven characters",
            })
        }
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A postcode of the United Kingdom in its one-space form, such as `SW1A 1AA`. Well formed, not necessarily in use.
/// It can be where a child lives: no `Debug` that prints it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Postcode {
    text: [u8; 8],
    length: u8,
}

impl Postcode {
    /// Reads a postcode however it is spaced and cased: two to four characters outward (letters first), then a digit and two
    /// letters. The odd live forms `GIR 0AA` and `NPT …` pass.
    ///
    /// # Errors
    /// When the text cannot be a postcode.
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        let bad = ParseCodeError {
            expected: "a full postcode such as SW1A 1AA",
        };
        let mut plain = [0_u8; 7];
        let mut length = 0;
        for byte in text.bytes() {
            match byte {
                b' ' | b'\t' | b'-' | b'.' => {}
                _ if byte.is_ascii_alphanumeric() => {
                    *plain.get_mut(length).ok_or(bad)? = byte.to_ascii_uppercase();
                    length += 1;
                }
                _ => return Err(bad),
            }
        }
        if length < 5 {
            return Err(bad);
        }
        let (outward, inward) = plain[..length].split_at(length - 3);
        let right = outward[0].is_ascii_uppercase()
            && (outward.iter().any(u8::is_ascii_digit) || outward == b"GIR" || outward == b"NPT")
            && inward[0].is_ascii_digit()
            && inward[1..].iter().all(u8::is_ascii_uppercase);
        if !right {
            return Err(bad);
        }
        let mut text = [0_u8; 8];
        text[..outward.len()].copy_from_slice(outward);
        text[outward.len()] = b' ';
        text[outward.len() + 1..=length].copy_from_slice(inward);
        Ok(Self {
            text,
            length: u8::try_from(length + 1).unwrap_or_default(),
        })
    }

    /// The postcode with one space.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.text[..usize::from(self.length)]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
