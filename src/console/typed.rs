//! Dates, times, numbers and references as people type them into forms.

use super::form::Form;
use jiff::civil::{Date, Time};
use usher_domain::id::Reference;

/// What is wrong with a date that is none.
const NO_DATE: &str = "Enter a real date, such as 27 3 2026";
/// What is wrong with a time that is none.
const NO_TIME: &str = "Enter a time, such as 14:30 or 2:30pm";

/// The date of the fields `name-day`, `name-month` and `name-year`; nothing where all are empty. Says what is wrong with it.
pub(super) fn date(form: &mut Form, name: &str) -> Option<Date> {
    if !has_date(form, name) {
        return None;
    }
    let part = |part: &str| form.value(&format!("{name}-{part}")).to_owned();
    let [day, month, year] = ["day", "month", "year"].map(part);
    let month = month_of(&month);
    let read = || Date::new(year.parse().ok()?, month?, day.parse().ok()?).ok();
    let date = read().filter(|date| (1900..=2100).contains(&date.year()));
    if date.is_none() {
        form.fail(&format!("{name}-day"), NO_DATE);
    }
    date
}

/// As [`date`]; where nothing is typed the form says that it is `missing`.
pub(super) fn needed_date(form: &mut Form, name: &str, missing: &str) -> Option<Date> {
    if !has_date(form, name) {
        form.fail(&format!("{name}-day"), missing);
        return None;
    }
    date(form, name)
}

/// Whether a field of the day of `name` was filled in.
pub(super) fn has_date(form: &Form, name: &str) -> bool {
    let filled = |part: &&str| !form.value(&format!("{name}-{part}")).is_empty();
    ["day", "month", "year"].iter().any(filled)
}

/// The time of day in the field `name`. Says what is wrong with it.
pub(super) fn time(form: &mut Form, name: &str) -> Option<Time> {
    let time = clock(form.value(name));
    if time.is_none() {
        form.fail(name, NO_TIME);
    }
    time
}

/// The reference in the field `name`. Says what is wrong with it.
pub(super) fn reference(form: &mut Form, name: &str) -> Option<Reference> {
    let reference = form.value(name).parse().ok();
    if reference.is_none() {
        form.fail(name, "Check the reference: it looks like 7K3M-9QXA-A");
    }
    reference
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

/// `10:00`, `10.30`, `1000`, `2pm`, `2:15 pm`.
fn clock(text: &str) -> Option<Time> {
    let text = text.to_ascii_lowercase().replace([' ', '.'], ":");
    let text = text.replace("::", ":");
    let (digits, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => (text.as_str(), None),
    };
    let digits = digits.trim_end_matches(':');
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None if half.is_some() => (digits, "0"),
        Some(_) | None => return None,
    };
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
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
        let mut form = Form::default();
        assert_eq!(needed_date(&mut form, "d", "Enter the day"), None);
        assert_eq!(form.fault("d-day"), Some("Enter the day"));
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        for (text, expected) in [
            ("14:30", Some(at(14, 30, 0, 0))),
            ("1430", Some(at(14, 30, 0, 0))),
            ("9.05", Some(at(9, 5, 0, 0))),
            ("2pm", Some(at(14, 0, 0, 0))),
            ("2:15 PM", Some(at(14, 15, 0, 0))),
            ("12am", Some(at(0, 0, 0, 0))),
            ("12pm", Some(at(12, 0, 0, 0))),
            ("", None),
            ("10", None),
            ("10:0", None),
            ("10:60", None),
            ("25:00", None),
            ("13pm", None),
            ("0pm", None),
            (":", None),
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
