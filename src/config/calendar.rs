//! Bank holidays of England and Wales: the list that is built in (GOV.UK's, under the Open Government Licence v3.0), and
//! over it, year by year, a newer file of the operator's in the same form. Nothing here reaches the network.
//!
//! A year counts as known when all its bank holidays are there, and the calendar is known until 31 December of the last
//! year of an unbroken row of such years: GOV.UK publishes whole years, and a file cut short must not pass for one.

mod day;

use super::fault::{Fault, Place, Source};
use day::Day;
use govuk_bank_holidays::{BankHolidayCalendar, Division, MonToFriWorkDays};
use jiff::ToSpan;
use jiff::civil::{self, Date};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use usher_domain::time::Calendar;

/// Bank holidays of a year in England and Wales; some years have more, none has fewer.
const HOLIDAYS_PER_YEAR_MIN: usize = 8;
/// Where a newer file comes from.
const GET_A_NEW_ONE: &str = "get a new one from https://www.gov.uk/bank-holidays.json";

/// Days by year.
type Years = BTreeMap<i16, BTreeSet<Date>>;

/// The calendar that is built in.
pub fn built_in() -> Calendar {
    calendar(&built_in_years())
}

/// The built-in calendar with `file` over it, and a warning when the file is the older one.
///
/// # Errors
/// When the file cannot be read, is not in GOV.UK's form, or has no whole year.
pub fn with_file(file: &Path) -> Result<(Calendar, Option<Fault>), Fault> {
    merged(&Source::read(file)?)
}

fn merged(source: &Source) -> Result<(Calendar, Option<Fault>), Fault> {
    let years = read(source)?;
    let of_file = calendar(&years).known_until();
    let built_in = built_in_years();
    let known = calendar(&built_in).known_until();
    let warning = (of_file < known).then(|| {
        let what = format!("covers bank holidays until {of_file}, the built-in list until {known}");
        let remedy = format!("remove policy.bank_holidays, or {GET_A_NEW_ONE}");
        Fault::warning(source.place(None), what, remedy)
    });
    let mut all = built_in;
    let whole = |days: &BTreeSet<Date>| days.len() >= HOLIDAYS_PER_YEAR_MIN;
    all.extend(years.into_iter().filter(|(_, days)| whole(days)));
    Ok((calendar(&all), warning))
}

/// A warning when the calendar ends within `days` of `today`: hearings further away would be computed without holidays.
pub fn ends_soon(calendar: &Calendar, today: Date, days: i32) -> Option<Fault> {
    let until = calendar.known_until();
    let soon = today.saturating_add(days.days());
    (until < soon).then(|| {
        let what = format!("bank holidays are known until {until} only");
        let place = Place::Setting("policy.bank_holidays".into());
        Fault::warning(place, what, GET_A_NEW_ONE)
    })
}

fn calendar(years: &Years) -> Calendar {
    let mut whole = years
        .iter()
        .filter(|(_, days)| days.len() >= HOLIDAYS_PER_YEAR_MIN)
        .map(|(year, _)| *year);
    let mut last = whole.next().unwrap_or(0);
    for year in whole {
        if year != last + 1 {
            break;
        }
        last = year;
    }
    let days = years.values().flatten().copied();
    Calendar::new(days, civil::date(last, 12, 31))
}

#[derive(Deserialize)]
struct Feed {
    #[serde(rename = "england-and-wales")]
    england_and_wales: Events,
}

#[derive(Deserialize)]
struct Events {
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(deserialize_with = "date")]
    date: Date,
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| Error::custom(format!("{text:?} is not a date such as 2027-03-26")))
}

fn read(source: &Source) -> Result<Years, Fault> {
    let feed: Feed = serde_json::from_str(&source.text).map_err(|error| {
        let place = Place::File {
            path: source.path.clone(),
            at: Some((error.line(), error.column())),
        };
        let text = error.to_string();
        let what = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(what, _)| what);
        let what = format!("not GOV.UK's list of bank holidays: {what}");
        Fault::error(place, what, GET_A_NEW_ONE)
    })?;
    let years = by_year(
        feed.england_and_wales
            .events
            .into_iter()
            .map(|event| event.date),
    );
    if years
        .values()
        .all(|days| days.len() < HOLIDAYS_PER_YEAR_MIN)
    {
        let what = format!("no year has {HOLIDAYS_PER_YEAR_MIN} bank holidays or more");
        return Err(Fault::error(source.place(None), what, GET_A_NEW_ONE));
    }
    Ok(years)
}

fn built_in_years() -> Years {
    let list = BankHolidayCalendar::<Day, MonToFriWorkDays>::cached();
    let holidays = list.holidays(Some(Division::EnglandAndWales));
    by_year(holidays.into_iter().map(|holiday| holiday.date().0))
}

fn by_year(days: impl Iterator<Item = Date>) -> Years {
    let mut years = Years::new();
    for day in days {
        years.entry(day.year()).or_default().insert(day);
    }
    years
}

#[cfg(test)]
mod tests {
    use super::*;

    /// England and Wales as GOV.UK lists them.
    const LISTED: [(i16, [(i8, i8); 8]); 3] = [
        (
            2026,
            [
                (1, 1),
                (4, 3),
                (4, 6),
                (5, 4),
                (5, 25),
                (8, 31),
                (12, 25),
                (12, 28),
            ],
        ),
        (
            2027,
            [
                (1, 1),
                (3, 26),
                (3, 29),
                (5, 3),
                (5, 31),
                (8, 30),
                (12, 27),
                (12, 28),
            ],
        ),
        (
            2028,
            [
                (1, 3),
                (4, 14),
                (4, 17),
                (5, 1),
                (5, 29),
                (8, 28),
                (12, 25),
                (12, 26),
            ],
        ),
    ];

    fn feed(days: &[&str]) -> Source {
        let events: Vec<String> = days
            .iter()
            .map(|day| {
                format!(r#"{{"title": "x", "date": "{day}", "notes": "", "bunting": true}}"#)
            })
            .collect();
        let events = events.join(", ");
        Source {
            path: "bank-holidays.json".into(),
            text: format!(
                r#"{{"england-and-wales": {{"division": "england-and-wales", "events": [{events}]}}, "scotland": {{}}}}"#
            ),
        }
    }

    /// Eight invented days in each of `years`.
    fn years(years: std::ops::RangeInclusive<i16>) -> Vec<String> {
        years
            .flat_map(|year| (1..=8).map(move |month| format!("{year}-0{month}-15")))
            .collect()
    }

    #[test]
    fn the_built_in_list_is_the_published_one() {
        let calendar = built_in();
        for (year, listed) in LISTED {
            let mut day = civil::date(year, 1, 1);
            while day.year() == year {
                let wanted = listed.contains(&(day.month(), day.day()));
                assert_eq!(calendar.is_holiday(day), wanted, "{day}");
                day = day.tomorrow().unwrap();
            }
        }
        assert_eq!(calendar.known_until(), civil::date(2028, 12, 31));
        // Scotland's own days are not ours: 2 January, St Andrew's Day.
        assert!(!calendar.is_holiday(civil::date(2026, 1, 2)));
        assert!(!calendar.is_holiday(civil::date(2026, 11, 30)));
        // One-off days of the past: the funeral of the Queen, the coronation.
        assert!(calendar.is_holiday(civil::date(2022, 9, 19)));
        assert!(calendar.is_holiday(civil::date(2023, 5, 8)));
    }

    #[test]
    fn a_newer_file_replaces_its_years_and_adds_to_them() {
        let days = years(2027..=2030);
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        let (calendar, warning) = merged(&feed(&days)).unwrap();
        assert_eq!(warning, None);
        assert_eq!(calendar.known_until(), civil::date(2030, 12, 31));
        assert!(
            calendar.is_holiday(civil::date(2026, 12, 28)),
            "the list's own year stays"
        );
        assert!(
            !calendar.is_holiday(civil::date(2027, 12, 28)),
            "the file's years replace it"
        );
        assert!(calendar.is_holiday(civil::date(2027, 3, 15)));
        assert!(calendar.is_holiday(civil::date(2030, 8, 15)));
    }

    #[test]
    fn an_older_file_is_used_with_a_warning() {
        let days = years(2026..=2027);
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        let (calendar, warning) = merged(&feed(&days)).unwrap();
        let warning = warning.unwrap().to_string();
        assert!(
            warning.contains("until 2027-12-31, the built-in list until 2028-12-31"),
            "{warning}"
        );
        assert_eq!(calendar.known_until(), civil::date(2028, 12, 31));
        assert!(calendar.is_holiday(civil::date(2027, 1, 15)));
        assert!(calendar.is_holiday(civil::date(2028, 12, 26)));
    }

    #[test]
    fn a_year_cut_short_does_not_count_as_known() {
        let mut days = years(2029..=2029);
        days.push("2030-01-01".into());
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        let (calendar, _) = merged(&feed(&days)).unwrap();
        assert_eq!(calendar.known_until(), civil::date(2029, 12, 31));
        assert!(!calendar.knows(civil::date(2030, 1, 1)));
        // Nor does a year after a gap.
        let days = years(2031..=2031);
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        assert_eq!(
            merged(&feed(&days)).unwrap().0.known_until(),
            civil::date(2028, 12, 31)
        );
    }

    #[test]
    fn a_broken_file_is_refused_with_its_place_and_the_remedy() {
        let check = |source: &Source, words: &str| {
            let fault = merged(source).unwrap_err().to_string();
            assert!(fault.contains(words), "{fault}");
            assert!(
                fault.contains("https://www.gov.uk/bank-holidays.json"),
                "{fault}"
            );
        };
        let text = |text: &str| Source {
            path: "b.json".into(),
            text: text.into(),
        };
        check(&text(""), "b.json:1:0: not GOV.UK's list");
        check(&text("{}"), "missing field `england-and-wales`");
        check(&text("<html>"), "b.json:1:1");
        check(
            &feed(&["2027-02-30"]),
            "\"2027-02-30\" is not a date such as",
        );
        check(&feed(&["2027-01-01"]), "no year has 8");
        check(&feed(&[]), "no year has 8");
    }

    #[test]
    fn the_end_of_the_list_is_announced() {
        let calendar = built_in();
        assert_eq!(ends_soon(&calendar, civil::date(2026, 11, 23), 550), None);
        let fault = ends_soon(&calendar, civil::date(2027, 11, 23), 550)
            .unwrap()
            .to_string();
        assert!(fault.contains("known until 2028-12-31 only"), "{fault}");
        assert!(ends_soon(&calendar, civil::date(2028, 12, 1), 30).is_none());
        assert!(ends_soon(&calendar, civil::date(2028, 12, 2), 30).is_some());
    }
}
