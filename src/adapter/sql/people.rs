//! From rows to people: dates and codes are read strictly, and what cannot be read is said, never guessed.

use super::codes::{Book, Kind, flag};
use super::statement::Row;
use crate::adapter::people::{Accuracy, Born, Found, Identity, Name, Place};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::collections::{HashMap, HashSet};
use usher_proto::v1::{self, EpisodeKind};

/// People of one look-up whose involvement is read, at most.
const NEAR_MAX: usize = 64;

/// Local time without an offset is London's.
const LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// The people of a look-up, each once.
#[derive(Default)]
pub(super) struct People {
    pub(super) found: Vec<Found>,
    by_key: HashMap<String, usize>,
    /// Whose involvement is asked for.
    near: HashSet<String>,
    /// Somebody could not be read well enough to be compared, or something is said of somebody who was not asked for.
    pub(super) unreadable: bool,
}

/// What cannot be read.
pub(super) struct Unreadable;

impl People {
    /// Takes in one row of a query of people: a person, with one name and one address.
    pub(super) fn add(&mut self, row: &Row, book: &Book) {
        let [
            person,
            family,
            given,
            born,
            expected,
            estimated,
            sex,
            lines,
            postcode,
        ] = texts(row);
        let Some(key) = person else {
            self.unreadable = true;
            return;
        };
        let place = *self.by_key.entry(key.to_owned()).or_insert_with(|| {
            self.found.push(Found {
                key: key.to_owned(),
                ..Found::default()
            });
            self.found.len() - 1
        });
        let Some(found) = self.found.get_mut(place) else {
            return;
        };
        let name = Name {
            family: family.unwrap_or_default().to_owned(),
            given: given.unwrap_or_default().to_owned(),
        };
        let identity = &mut found.identity;
        if name != Name::default() && !identity.names.contains(&name) {
            identity.names.push(name);
        }
        lives(identity, lines, postcode);
        if let Ok(born) = birth(born, expected, estimated) {
            identity.born = identity.born.or(born);
        } else {
            found.partial = true;
            self.unreadable = true;
        }
        match sex.map(|sex| book.sex(sex)).transpose() {
            Ok(sex) => found.identity.sex = found.identity.sex.or(sex),
            Err(_) => found.partial = true,
        }
    }

    /// Takes in a row of addresses.
    pub(super) fn place(&mut self, row: &Row) {
        let [person, lines, postcode] = texts(row);
        let place = self.by_key.get(person.unwrap_or_default());
        match place.and_then(|place| self.found.get_mut(*place)) {
            Some(found) => lives(&mut found.identity, lines, postcode),
            None => self.unreadable = true,
        }
    }

    /// The keys of those who may be `wanted`, whose involvement is to be read; of the others it is not known here.
    pub(super) fn near(&mut self, wanted: &Identity) -> Vec<String> {
        let mut keys = Vec::new();
        for found in &mut self.found {
            if keys.len() < NEAR_MAX && is_near(wanted, &found.identity) {
                keys.push(found.key.clone());
            } else {
                found.partial = true;
            }
        }
        self.near = keys.iter().cloned().collect();
        keys
    }

    /// Takes in what is said of the people: rows of involvement.
    pub(super) fn episodes(&mut self, rows: &[Row], book: &Book, today: Date) {
        let mut of: HashMap<&str, Vec<&Row>> = HashMap::new();
        for row in rows {
            let [person, ..] = texts::<7>(row);
            of.entry(person.unwrap_or_default()).or_default().push(row);
        }
        for (person, rows) in of {
            if let Some(found) = self.with(person) {
                let mut history = History::default();
                for row in rows {
                    found.partial |= history.add(row, book, today).is_err();
                }
                let (episodes, whole) = history.end(today);
                found.episodes = episodes;
                found.partial |= !whole;
            }
        }
    }

    /// Takes in a row of contacts.
    pub(super) fn contacts(&mut self, row: &Row) {
        let [person, contacts, last] = texts(row);
        if let Some(found) = self.with(person.unwrap_or_default()) {
            match (contacts.unwrap_or("0").parse(), last.map(day).transpose()) {
                (Ok(contacts), Ok(last)) => {
                    found.recent_contacts = Some(contacts);
                    found.last_contact = last;
                }
                _ => found.partial = true,
            }
        }
    }

    /// Takes in a row of workers; the first of each person stays.
    pub(super) fn worker(&mut self, row: &Row) {
        let [person, name, team, phone, email] = texts(row);
        if let Some(found) = self.with(person.unwrap_or_default())
            && found.worker.is_none()
        {
            let text =
                |text: Option<&str>| text.unwrap_or_default().chars().take(WORDS_MAX).collect();
            let worker = v1::Worker {
                name: text(name),
                team: text(team),
                phone: text(phone),
                email: text(email),
            };
            found.worker = (worker != v1::Worker::default()).then_some(worker);
        }
    }

    /// Who was asked for by this very key. A database may take keys for the same that differ in case: whose row it is, is then not certain.
    fn with(&mut self, key: &str) -> Option<&mut Found> {
        let place = self.near.get(key).and_then(|key| self.by_key.get(key));
        let found = place.and_then(|place| self.found.get_mut(*place));
        self.unreadable |= found.is_none();
        found
    }
}

/// What the contract takes of a worker's name, team, telephone and mailbox, in characters each.
const WORDS_MAX: usize = 200;

/// The involvement of one person.
#[derive(Default)]
struct History {
    episodes: Vec<(Span, v1::Episode)>,
    legal: Vec<(Span, String)>,
    referred: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    start: Option<Date>,
    end: Option<Date>,
}

impl Span {
    fn is_open(self, today: Date) -> bool {
        self.end.is_none_or(|end| end > today)
    }
}

impl History {
    fn add(&mut self, row: &Row, book: &Book, today: Date) -> Result<(), Unreadable> {
        let [_, kind, start, end, category, legal_status, other] = texts(row);
        let span = Span {
            start: start.map(day).transpose()?,
            end: end.map(day).transpose()?,
        };
        if span
            .start
            .zip(span.end)
            .is_some_and(|(start, end)| end < start)
        {
            return Err(Unreadable);
        }
        let kind = match book
            .kind(kind.unwrap_or_default())
            .map_err(|_| Unreadable)?
        {
            Kind::Referral => {
                self.referred = true;
                return Ok(());
            }
            Kind::LegalStatus => {
                let status = legal_status.map(|code| book.legal_status(code)).transpose();
                let status = status.map_err(|_| Unreadable)?.flatten();
                self.legal.extend(status.map(|status| (span, status)));
                return Ok(());
            }
            Kind::Episode(kind) => kind,
        };
        let mut episode = v1::Episode {
            kind: kind.into(),
            open: span.is_open(today),
            ..v1::Episode::default()
        };
        match kind {
            // An assessment that was signed off is no longer under way, and its kind says nothing else.
            EpisodeKind::Assessment if !episode.open => {
                self.referred = true;
                return Ok(());
            }
            EpisodeKind::CareLeaver => {
                if let Some(eligibility) = category {
                    episode.open &= book.eligible(eligibility).map_err(|_| Unreadable)?;
                }
            }
            _ => {
                if let Some(category) = category {
                    episode.category = book.category(category).map_err(|_| Unreadable)?.into();
                }
            }
        }
        if let Some(other) = other {
            episode.other_authority = flag(other).map_err(|_| Unreadable)?;
        }
        if kind == EpisodeKind::LookedAfter
            && let Some(status) = legal_status
        {
            let status = book.legal_status(status).map_err(|_| Unreadable)?;
            episode.legal_status = status.unwrap_or_default();
        }
        self.episodes.push((span, episode));
        Ok(())
    }

    /// The episodes, the open ones first and then the latest, and whether they say all: a referral of which nothing else is known does not.
    fn end(mut self, today: Date) -> (Vec<v1::Episode>, bool) {
        self.join_looked_after(today);
        let legal = &self.legal;
        for (span, episode) in &mut self.episodes {
            if episode.kind() == EpisodeKind::LookedAfter && episode.legal_status.is_empty() {
                // The status that began last, of those that held in the time.
                let held = legal.iter().filter(|(of, _)| {
                    let begun = of
                        .start
                        .is_none_or(|start| span.end.is_none_or(|end| start < end));
                    let lasted = of
                        .end
                        .is_none_or(|end| span.start.is_none_or(|start| end > start));
                    begun && lasted
                });
                let last = held.max_by_key(|(of, _)| of.start);
                episode.legal_status = last.map(|(_, status)| status.clone()).unwrap_or_default();
            }
            let text = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
            (episode.start, episode.end) = (text(span.start), text(span.end));
        }
        let whole = !self.referred || !self.episodes.is_empty();
        self.episodes
            .sort_by_key(|(span, episode)| (!episode.open, std::cmp::Reverse(span.start)));
        let episodes = self.episodes.into_iter().map(|(_, episode)| episode);
        (episodes.collect(), whole)
    }

    /// Being looked after is recorded anew with each change of placement or status: what follows on the same day is one time.
    fn join_looked_after(&mut self, today: Date) {
        let (mut looked_after, others): (Vec<_>, Vec<_>) = self
            .episodes
            .drain(..)
            .partition(|(_, episode)| episode.kind() == EpisodeKind::LookedAfter);
        looked_after.sort_by_key(|(span, _)| span.start);
        let mut joined: Vec<(Span, v1::Episode)> = Vec::new();
        for (span, episode) in looked_after {
            match joined.last_mut() {
                Some((last, before)) if last.end.is_some() && last.end == span.start => {
                    last.end = span.end;
                    *before = episode;
                }
                _ => joined.push((span, episode)),
            }
        }
        for (span, episode) in &mut joined {
            episode.open = span.is_open(today);
        }
        self.episodes = others;
        self.episodes.append(&mut joined);
    }
}

/// The columns of a row, without empty ones.
fn texts<const COUNT: usize>(row: &Row) -> [Option<&str>; COUNT] {
    std::array::from_fn(|column| {
        let text = row.get(column)?.as_deref()?.trim();
        (!text.is_empty()).then_some(text)
    })
}

fn birth(
    born: Option<&str>,
    expected: Option<&str>,
    estimated: Option<&str>,
) -> Result<Option<Born>, Unreadable> {
    let estimated = estimated.map(flag).transpose().map_err(|_| Unreadable)?;
    let (date, accuracy) = match (born, expected) {
        (Some(born), _) if estimated == Some(true) => (born, Accuracy::Estimated),
        (Some(born), _) => (born, Accuracy::Known),
        (None, Some(expected)) => (expected, Accuracy::Expected),
        (None, None) => return Ok(None),
    };
    // A birth at another time than midnight has gone through a change of zones, which may have moved the day.
    let midnight = date
        .get(10..19)
        .is_none_or(|time| time.ends_with("00:00:00"));
    let date = day(date)?;
    if !midnight {
        return Err(Unreadable);
    }
    Ok(Some(Born { date, accuracy }))
}

/// `YYYY-MM-DD`, with or without a time after it. Nothing else: `01/02/2010` is two days.
pub(super) fn day(text: &str) -> Result<Date, Unreadable> {
    let (date, rest) = text.split_at_checked(10).ok_or(Unreadable)?;
    if !(rest.is_empty() || rest.starts_with([' ', 'T'])) {
        return Err(Unreadable);
    }
    date.parse().map_err(|_| Unreadable)
}

/// A moment: with an offset, or in London's time.
pub(super) fn moment(text: &str) -> Result<Timestamp, Unreadable> {
    let text = text.trim().replacen(' ', "T", 1);
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let local: DateTime = text.parse().map_err(|_| Unreadable)?;
    let zoned = local.to_zoned(LONDON).map_err(|_| Unreadable)?;
    Ok(zoned.timestamp())
}

/// The day in London.
pub(super) fn today(now: Timestamp) -> Date {
    now.to_zoned(LONDON).date()
}

/// Notes an address, once.
fn lives(identity: &mut Identity, lines: Option<&str>, postcode: Option<&str>) {
    let place = Place {
        lines: lines.map(address).unwrap_or_default(),
        postcode: postcode.unwrap_or_default().to_owned(),
    };
    if place != Place::default() && !identity.places.contains(&place) {
        identity.places.push(place);
    }
}

/// The lines of an address: text, or an object of its parts.
fn address(text: &str) -> String {
    const PARTS: [&str; 7] = [
        "ROOM", "FLOOR", "FLAT", "BUILDING", "HOUSE", "STREET", "TOWN",
    ];
    let Ok(serde_json::Value::Object(parts)) = serde_json::from_str(text) else {
        return text.to_owned();
    };
    let mut lines: Vec<&str> = Vec::new();
    for name in PARTS {
        let part = parts.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        let line = part
            .and_then(|(_, part)| part.as_str())
            .unwrap_or_default()
            .trim();
        if !line.is_empty() && lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    lines.join(", ")
}

/// Whether `found` may be the one for certain, so that what is said of them is worth fetching: the births do not contradict each other,
/// and a name's beginning or a postcode is common to both. Of everybody else who fits a block nothing more is read.
fn is_near(wanted: &Identity, found: &Identity) -> bool {
    let born = wanted.born.zip(found.born).is_none_or(|(one, other)| {
        let known = one.accuracy == Accuracy::Known && other.accuracy == Accuracy::Known;
        let swapped = Date::new(other.date.year(), other.date.day(), other.date.month());
        !known || one.date == other.date || swapped.is_ok_and(|swapped| swapped == one.date)
    });
    let beginnings = |identity: &Identity| -> Vec<String> {
        let names = identity
            .names
            .iter()
            .flat_map(|name| [&name.family, &name.given]);
        names
            .map(|name| beginning(name))
            .filter(|name| !name.is_empty())
            .collect()
    };
    let postcodes = |identity: &Identity| -> Vec<String> {
        let postcodes = identity.places.iter().map(|place| compact(&place.postcode));
        postcodes.filter(|postcode| !postcode.is_empty()).collect()
    };
    let common =
        |some: Vec<String>, others: Vec<String>| some.iter().any(|one| others.contains(one));
    born && (common(beginnings(wanted), beginnings(found))
        || common(postcodes(wanted), postcodes(found)))
}

fn beginning(name: &str) -> String {
    name.trim().to_lowercase().chars().take(3).collect()
}

fn compact(postcode: &str) -> String {
    let letters = postcode.chars().filter(|letter| !letter.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_one_form_only_and_a_birth_at_no_hour() {
        for (text, expected) in [
            ("2010-02-01", Some("2010-02-01")),
            ("2010-02-01 00:00:00", Some("2010-02-01")),
            ("2010-02-01 00:00:00.000", Some("2010-02-01")),
            ("2010-02-01T00:00:00", Some("2010-02-01")),
            ("2010-01-31 23:00:00", None),
            ("01/02/2010", None),
            ("2010-02-30", None),
            ("20100201", None),
            ("2010-02-01x", None),
            ("1 Feb 2010", None),
            ("Ünknown date", None),
        ] {
            let read = birth(Some(text), None, None).ok().flatten();
            let read = read.map(|born| born.date.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
        assert!(day("2026-01-31 23:00:00").is_ok(), "a contact has its hour");
    }

    #[test]
    fn a_moment_without_an_offset_is_londons() {
        for (text, expected) in [
            ("2026-01-31 04:30:00", "2026-01-31T04:30:00Z"),
            ("2026-07-31 04:30:00", "2026-07-31T03:30:00Z"),
            ("2026-07-31T04:30:00.5+01:00", "2026-07-31T03:30:00.5Z"),
        ] {
            let moment = moment(text).ok().unwrap();
            assert_eq!(moment, expected.parse().unwrap(), "{text}");
        }
        assert!(moment("yesterday").is_err());
    }

    #[test]
    fn an_address_is_read_from_its_parts() {
        let parts =
            r#"{"FLAT":"2","BUILDING":"14","HOUSE":"14","STREET":"Mare Street","UPRN":"100"}"#;
        assert_eq!(address(parts), "2, 14, Mare Street");
        assert_eq!(address("14 Mare Street"), "14 Mare Street");
    }
}
