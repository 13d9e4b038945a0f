//! One responder file: from text to a responder, or to what is wrong in which line.

use super::Responder;
use crate::directory::authorities::{Authorities, ForceCode, Period};
use jiff::civil;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::path::Path;
use toml::Spanned;
use usher_domain::code::{AuthorityCode, ResponderId, ResponderKind};
use usher_domain::limits::{AUTHORITIES_PER_RESPONDER_MAX, LENT_DEFAULT, LENT_MAX, LINE_CHARS_MAX};
use usher_domain::time::WorkingHours;

/// Digits of a phone number: `101` to the longest international one.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;
/// A mailbox, in bytes.
const EMAIL_BYTES_MAX: usize = 254;
/// Where to look when a file is not as it should be.
const EXAMPLE: &str = "config/responders/generic.toml.example";

/// What is wrong, and where.
pub(super) struct Problem {
    pub(super) line: usize,
    pub(super) problem: String,
}

/// GSS codes, each where it stands.
type Codes = Vec<Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    name: Spanned<String>,
    #[serde(deserialize_with = "kind")]
    kind: ResponderKind,
    authorities: Option<Spanned<Codes>>,
    forces: Option<Spanned<Codes>>,
    duty_phone: Spanned<String>,
    emergency_phone: Option<Spanned<String>>,
    email: Option<Spanned<String>>,
    from: Option<Spanned<toml::value::Datetime>>,
    to: Option<Spanned<toml::value::Datetime>>,
    hours: Spanned<Hours>,
    lent_max: Option<Spanned<usize>>,
    #[serde(default)]
    ladder: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    monday: Option<Spanned<String>>,
    tuesday: Option<Spanned<String>>,
    wednesday: Option<Spanned<String>>,
    thursday: Option<Spanned<String>>,
    friday: Option<Spanned<String>>,
    saturday: Option<Spanned<String>>,
    sunday: Option<Spanned<String>>,
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ResponderKind, D::Error> {
    let word = String::deserialize(deserializer)?;
    ResponderKind::parse(&word).ok_or_else(|| {
        let known: Vec<String> = ResponderKind::ALL
            .iter()
            .map(|kind| format!("`{}`", kind.name()))
            .collect();
        let known = known.join(", ");
        D::Error::custom(format!("unknown variant `{word}`, expected one of {known}"))
    })
}

/// Reads one file. Returns the responder and the line of each of its authorities.
pub(super) fn read(
    name: &str,
    text: &str,
    authorities: &Authorities,
) -> Result<(Responder, Vec<usize>), Problem> {
    let reader = Reader { text, authorities };
    let file: File = toml::from_str(text).map_err(|error| reader.syntax(&error))?;
    let period = Period {
        from: reader.date(file.from.as_ref())?,
        to: reader.date(file.to.as_ref())?,
    };
    if period.from.is_some_and(|from| period.is_over(from)) {
        return Err(reader.at(
            file.to.as_ref(),
            "`to` lies before `from`; the period ends with the day `to`",
        ));
    }
    let (codes, lines) = reader.area(&file, &period)?;
    let responder = Responder {
        id: reader.id(&file.id, name)?,
        name: reader.name(&file.name)?,
        kind: file.kind,
        authorities: codes,
        duty_phone: reader.phone(&file.duty_phone)?,
        emergency_phone: file
            .emergency_phone
            .as_ref()
            .map(|phone| reader.phone(phone))
            .transpose()?,
        email: file
            .email
            .as_ref()
            .map(|email| reader.email(email))
            .transpose()?,
        hours: reader.hours(&file.hours)?,
        period,
        lent_max: reader.lent_max(file.lent_max.as_ref())?,
        ladder: file.ladder,
    };
    Ok((responder, lines))
}

/// Turns values into what they mean, and knows where each stood.
struct Reader<'a> {
    text: &'a str,
    authorities: &'a Authorities,
}

impl Reader<'_> {
    fn line(&self, byte: usize) -> usize {
        self.text
            .get(..byte)
            .unwrap_or_default()
            .matches('\n')
            .count()
            + 1
    }

    fn at<T>(&self, value: Option<&Spanned<T>>, problem: impl Into<String>) -> Problem {
        let byte = value.map_or(0, |value| value.span().start);
        Problem {
            line: self.line(byte),
            problem: problem.into(),
        }
    }

    fn syntax(&self, error: &toml::de::Error) -> Problem {
        let line = self.line(error.span().map_or(0, |span| span.start));
        let message = error.message().replace('\n', ": ");
        Problem {
            line,
            problem: format!("{message}; {EXAMPLE} shows every key"),
        }
    }

    fn lent_max(&self, value: Option<&Spanned<usize>>) -> Result<usize, Problem> {
        let most = value.map_or(LENT_DEFAULT, |most| *most.get_ref());
        if (1..=LENT_MAX).contains(&most) {
            return Ok(most);
        }
        Err(self.at(value, format!("`lent_max` must be 1 to {LENT_MAX}")))
    }

    fn id(&self, value: &Spanned<String>, file: &str) -> Result<ResponderId, Problem> {
        let id = value.get_ref();
        let stem = Path::new(file).file_stem().unwrap_or_default();
        let found = ResponderId::parse(id)
            .map_err(|error| self.at(Some(value), format!("`id`: {error}")))?;
        if stem == id.as_str() {
            return Ok(found);
        }
        Err(self.at(
            Some(value),
            format!("`id` must be the name of the file; rename the file to {id}.toml"),
        ))
    }

    fn name(&self, value: &Spanned<String>) -> Result<String, Problem> {
        let name = value.get_ref().trim();
        let fits = !name.is_empty()
            && name.chars().count() <= LINE_CHARS_MAX
            && !name.contains(char::is_control);
        if fits {
            return Ok(name.to_owned());
        }
        Err(self.at(
            Some(value),
            format!("`name` must be one line of 1 to {LINE_CHARS_MAX} characters"),
        ))
    }

    fn phone(&self, value: &Spanned<String>) -> Result<String, Problem> {
        let phone = value.get_ref().trim();
        let digits = phone.bytes().filter(u8::is_ascii_digit).count();
        let rest = phone.strip_prefix('+').unwrap_or(phone);
        let plain = rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b' ');
        if plain && PHONE_DIGITS.contains(&digits) {
            return Ok(phone.to_owned());
        }
        Err(self.at(
            Some(value),
            "a phone number has 3 to 15 digits, spaces and at most a leading +",
        ))
    }

    fn email(&self, value: &Spanned<String>) -> Result<String, Problem> {
        let email = value.get_ref().trim();
        let graphic =
            email.bytes().all(|byte| byte.is_ascii_graphic()) && email.len() <= EMAIL_BYTES_MAX;
        let parts = email.split_once('@');
        let right = parts.is_some_and(|(user, domain)| {
            !user.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        });
        if graphic && right {
            return Ok(email.to_owned());
        }
        Err(self.at(
            Some(value),
            "`email` must be one address such as front-door@borough.gov.uk",
        ))
    }

    fn date(
        &self,
        value: Option<&Spanned<toml::value::Datetime>>,
    ) -> Result<Option<civil::Date>, Problem> {
        let Some(value) = value else { return Ok(None) };
        let problem = || {
            self.at(
                Some(value),
                "expected a date without quotes and time, such as 2027-04-01",
            )
        };
        match value.get_ref() {
            toml::value::Datetime {
                date: Some(_),
                time: None,
                offset: None,
            } => value
                .get_ref()
                .to_string()
                .parse()
                .map(Some)
                .map_err(|_| problem()),
            _ => Err(problem()),
        }
    }

    /// The authorities that the service answers for: a police unit's by its force areas, any other's by name.
    fn area(
        &self,
        file: &File,
        period: &Period,
    ) -> Result<(Vec<AuthorityCode>, Vec<usize>), Problem> {
        let police = file.kind == ResponderKind::PoliceDomesticAbuse;
        match (&file.authorities, &file.forces) {
            (Some(list), None) if !police => self.authorities(list, period),
            (None, Some(list)) if police => self.forces(list),
            (_, Some(list)) if !police => Err(self.at(
                Some(list),
                "`forces` is for police units; social care answers for `authorities`",
            )),
            (Some(list), _) => Err(self.at(
                Some(list),
                "a police unit answers for `forces`, and through them for the authorities that lie in them",
            )),
            (None, _) => {
                let wanted = if police { "forces" } else { "authorities" };
                let problem = format!("missing field `{wanted}`; {EXAMPLE} shows every key");
                Err(self.at(None::<&Spanned<String>>, problem))
            }
        }
    }

    fn forces(&self, list: &Spanned<Codes>) -> Result<(Vec<AuthorityCode>, Vec<usize>), Problem> {
        let (mut codes, mut lines) = (Vec::new(), Vec::new());
        for value in list.get_ref() {
            let force = ForceCode::parse(value.get_ref())
                .map_err(|error| self.at(Some(value), format!("`forces`: {error}")))?;
            let before = codes.len();
            codes.extend(self.authorities.of_force(force).map(|one| one.code));
            if codes.len() == before {
                let problem = format!(
                    "no authority lies in {force}: fill in the column `force` in a copy of config/directory/authorities.csv"
                );
                return Err(self.at(Some(value), problem));
            }
            lines.resize(codes.len(), self.line(value.span().start));
        }
        if codes.is_empty() || codes.len() > AUTHORITIES_PER_RESPONDER_MAX {
            let problem = format!(
                "`forces` must have 1 or more force areas, with at most {AUTHORITIES_PER_RESPONDER_MAX} authorities"
            );
            return Err(self.at(Some(list), problem));
        }
        Ok((codes, lines))
    }

    fn authorities(
        &self,
        list: &Spanned<Codes>,
        period: &Period,
    ) -> Result<(Vec<AuthorityCode>, Vec<usize>), Problem> {
        let values = list.get_ref();
        if values.is_empty() || values.len() > AUTHORITIES_PER_RESPONDER_MAX {
            return Err(self.at(
                Some(list),
                format!("`authorities` must have 1 to {AUTHORITIES_PER_RESPONDER_MAX} GSS codes"),
            ));
        }
        let mut codes = Vec::new();
        for value in values {
            let code = AuthorityCode::parse(value.get_ref())
                .map_err(|error| self.at(Some(value), format!("`authorities`: {error}")))?;
            if codes.contains(&code) {
                return Err(self.at(Some(value), format!("{code} stands twice; keep one")));
            }
            codes.push(code);
        }
        for (code, value) in codes.iter().zip(values) {
            self.check_authority(*code, &codes, period)
                .map_err(|problem| self.at(Some(value), problem))?;
        }
        Ok((
            codes,
            values
                .iter()
                .map(|value| self.line(value.span().start))
                .collect(),
        ))
    }

    /// The code is an authority's, and when the code ends while the service goes on, a successor is served too.
    fn check_authority(
        &self,
        code: AuthorityCode,
        served: &[AuthorityCode],
        period: &Period,
    ) -> Result<(), String> {
        let Some(authority) = self.authorities.get(code) else {
            return Err(format!(
                "{code} is no authority with social care duties; config/directory/authorities.csv lists them"
            ));
        };
        let Some(end) = authority.period.to else {
            return Ok(());
        };
        let goes_on = period.to.is_none_or(|to| to > end);
        if goes_on
            && !authority
                .successors
                .iter()
                .any(|successor| served.contains(successor))
        {
            let successors = authority
                .successors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" or ");
            return Err(format!(
                "{code} ({}) ended on {end}; list {successors} instead or as well",
                authority.name
            ));
        }
        Ok(())
    }

    fn hours(&self, hours: &Spanned<Hours>) -> Result<WorkingHours, Problem> {
        let Hours {
            monday,
            tuesday,
            wednesday,
            thursday,
            friday,
            saturday,
            sunday,
        } = hours.get_ref();
        let mut week = [None; 7];
        let days = [
            monday, tuesday, wednesday, thursday, friday, saturday, sunday,
        ];
        for (day, value) in week.iter_mut().zip(days) {
            let Some(value) = value else { continue };
            let read = read_interval(value.get_ref());
            *day = read.map_err(|problem| self.at(Some(value), problem))?;
        }
        WorkingHours::new(week).map_err(|error| self.at(Some(hours), format!("`hours`: {error}")))
    }
}

/// Reads `09:00-17:00`, `00:00-24:00` or `closed`.
fn read_interval(text: &str) -> Result<Option<(civil::Time, civil::Time)>, &'static str> {
    const EXPECTED: &str = "expected hours such as \"09:00-17:00\", or \"closed\"";
    if text == "closed" {
        return Ok(None);
    }
    let (start, end) = text.split_once('-').ok_or(EXPECTED)?;
    let start = read_time(start).ok_or(EXPECTED)?;
    let end = match end {
        "24:00" => civil::Time::MAX,
        _ => read_time(end).ok_or(EXPECTED)?,
    };
    if start < end {
        Ok(Some((start, end)))
    } else {
        Err("the day must end after it starts")
    }
}

fn read_time(text: &str) -> Option<civil::Time> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Whether a number is one of those that Ofcom keeps for drama: London 020 7946 0xxx, anywhere 01632 960xxx.
pub(super) fn is_reserved_phone(phone: &str) -> bool {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let national = digits
        .strip_prefix("44")
        .map_or_else(|| digits.clone(), |rest| format!("0{rest}"));
    national.len() == 11
        && ["02079460", "01632960"]
            .iter()
            .any(|reserved| national.starts_with(reserved))
}
