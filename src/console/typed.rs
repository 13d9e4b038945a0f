//! Dates, times and numbers as people type them into forms.

use super::form::Form;
use jiff::civil::{Date, Time};

/// What is wrong with a date that is none.
const NO_DATE: &str = "Enter a real date, such as 27 3 2026";
/// What is wrong with a time that is none.
const NO_TIME: &str = "Enter a time on the 24-hour clock, such as 14:30";

/// The date of the fields `name-day`, `name-month` and `name-year`; nothing where all are empty. Says what is wrong with it.
pub(super) fn date(form: &mut Form, name: &str) -> Option<Date> {
    let part = |part: &str| form.value(&format!("{name}-{part}")).to_owned();
    let parts = [part("day"), part("month"), part("year")];
    if parts.iter().all(String::is_empty) {
        return None;
    }
    let [day, month, year] = parts;
    let month = month_of(&month);
    let read = || Date::new(year.parse().ok()?, month?, day.parse().ok()?).ok();
    let date = read().filter(|date| (1900..=2100).contains(&date.year()));
    if date.is_none() {
        form.fail(&format!("{name}-day"), NO_DATE);
    }
    date
}

/// The time of day in the field `name`: `14:30`, `1430` or `9.05`. Says what is wrong with it.
pub(super) fn time(form: &mut Form, name: &str) -> Option<Time> {
    let text = form.value(name).replace(['.', ' '], ":");
    let (hour, minute) = match text.split_once(':') {
        Some(parts) => parts,
        None if text.len() == 4 && text.is_ascii() => text.split_at(2),
        None => (text.as_str(), ""),
    };
    let read = || Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok();
    let time = read();
    if time.is_none() {
        form.fail(name, NO_TIME);
    }
    time
}

/// The whole number in the field `name`; nothing where it is empty. Says what is wrong with it.
pub(super) fn number(form: &mut Form, name: &str) -> Option<u32> {
    let text = form.value(name).to_owned();
    if text.is_empty() {
        return None;
    }
    let number = text.parse().ok();
    if number.is_none() {
        form.fail(name, "Enter a whole number, such as 3");
    }
    number
}

/// `3`, `03`, `Mar`, `march`.
fn month_of(text: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let text = text.to_ascii_lowercase();
    let named = || {
        let head = text.get(..3)?;
        let place = NAMES.iter().position(|name| *name == head)?;
        i8::try_from(place + 1).ok()
    };
    text.parse().ok().or_else(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date as on, time as at};

    fn form(body: &str) -> Form {
        Form::parse(body.as_bytes())
    }

    #[test]
    fn dates_are_read_as_people_type_them() {
        for (body, expected) in [
            ("d-day=27&d-month=3&d-year=2026", Some(on(2026, 3, 27))),
            ("d-day=+1&d-month=March&d-year=2026", Some(on(2026, 3, 1))),
            ("d-day=&d-month=&d-year=", None),
        ] {
            let mut form = form(body);
            assert_eq!(date(&mut form, "d"), expected, "{body}");
            assert!(form.is_sound(), "{body}");
        }
        for body in [
            "d-day=30&d-month=2&d-year=2026",
            "d-day=1&d-month=&d-year=2026",
            "d-day=1&d-month=3&d-year=26",
            "d-day=x&d-month=%C3%A9%C3%A9&d-year=2026",
        ] {
            let mut form = form(body);
            assert_eq!(date(&mut form, "d"), None, "{body}");
            assert_eq!(form.fault("d-day"), Some(NO_DATE), "{body}");
        }
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        for (text, expected) in [
            ("14:30", Some(at(14, 30, 0, 0))),
            ("1430", Some(at(14, 30, 0, 0))),
            ("9.05", Some(at(9, 5, 0, 0))),
            ("25:00", None),
            ("é30", None),
            ("soon", None),
        ] {
            let mut form = Form::default();
            form.set("t", text);
            assert_eq!(time(&mut form, "t"), expected, "{text}");
            assert_eq!(form.is_sound(), expected.is_some(), "{text}");
        }
    }
}
