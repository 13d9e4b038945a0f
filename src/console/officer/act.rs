//! What the pages of acts on one enquiry have in common: the enquiry is the visitor's, the act goes to the broker, a refusal stays on the
//! form.

use crate::broker::input::{Act, Input};
use crate::broker::opened::OpenEnquiry;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::go;
use crate::console::problem::{Problem, refusal};
use crate::console::visitor::Visitor;
use axum::response::Response;
use jiff::civil::{Date, DateTime, Time};
use usher_domain::enquiry::Check;
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::id::{CheckId, EnquiryId};
use usher_domain::time::{Timestamp, from_london, to_london};

/// Does it, says `done` on the enquiry's page, and goes there; where a rule refuses it, the form says why and there is no answer yet.
pub(super) async fn act(
    console: &Console,
    visitor: &Visitor,
    form: &mut Form,
    enquiry: EnquiryId,
    act: Act,
    done: &str,
) -> Result<Option<Response>, Problem> {
    act_and_tell(console, visitor, form, enquiry, act, |_| done).await
}

/// As [`act`]; `done` says it by what has become of the enquiry.
pub(super) async fn act_and_tell<'a>(
    console: &Console,
    visitor: &Visitor,
    form: &mut Form,
    enquiry: EnquiryId,
    act: Act,
    done: impl FnOnce(&OpenEnquiry) -> &'a str,
) -> Result<Option<Response>, Problem> {
    let about = match act.check() {
        Some(check) => format!("{enquiry}/{check}"),
        None => enquiry.to_string(),
    };
    let input = Input {
        enquiry,
        request: form.request(act.verb(), &about),
        person: Some(visitor.person()),
        act,
    };
    match console.broker.act(input, &visitor.actor).await {
        Ok(open) => {
            visitor.tell(done(&open)).await?;
            Ok(Some(go(&path(enquiry))))
        }
        Err(error) => {
            form.fail_all(refusal(error)?);
            Ok(None)
        }
    }
}

/// The page of an enquiry.
pub(super) fn path(enquiry: EnquiryId) -> String {
    format!("/enquiries/{enquiry}")
}

/// The check in its enquiry; nothing is shown of people.
pub(super) fn check(open: &OpenEnquiry, id: CheckId) -> Result<&Check, Problem> {
    open.enquiry.check(id.number).ok_or(Problem::NotFound)
}

/// Day and time of day of `name`, as fields `name-day`, `name-month`, `name-year` and `name-time` give them.
pub(super) fn local(form: &mut Form, name: &str) -> Option<DateTime> {
    let day = date(form, name, "Enter the day, for example 24 11 2026");
    let field = format!("{name}-time");
    let time = clock(form.value(&field));
    if time.is_none() {
        form.fail(&field, "Enter the time, for example 10:00 or 2pm");
    }
    Some(day?.to_datetime(time?))
}

/// The day of `name`; says what is wrong where there is none.
pub(super) fn date(form: &mut Form, name: &str, missing: &str) -> Option<Date> {
    let part = |part: &str| form.value(&format!("{name}-{part}")).parse::<i16>().ok();
    let read = || {
        let (day, month) = (i8::try_from(part("day")?), i8::try_from(part("month")?));
        Date::new(part("year")?, month.ok()?, day.ok()?).ok()
    };
    let read = read().filter(|date| (1900..=2200).contains(&date.year()));
    if read.is_none() {
        form.fail(&format!("{name}-day"), missing);
    }
    read
}

/// Whether a field of the day of `name` was filled in.
pub(super) fn has_date(form: &Form, name: &str) -> bool {
    let filled = |part: &&str| !form.value(&format!("{name}-{part}")).is_empty();
    ["day", "month", "year"].iter().any(filled)
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

/// The deadline that moves `from` to the day and time of `name`, of the same kind at the same court.
pub(super) fn deadline(form: &mut Form, name: &str, from: &Deadline) -> Option<Deadline> {
    let local = local(form, name)?;
    let court = from.court();
    let moved = match from {
        Deadline::Hearing(_) => Hearing::new(court, local).map(Deadline::Hearing),
        Deadline::ReplyBy { .. } => from_london(local).map(|at| Deadline::ReplyBy { court, at }),
    };
    if moved.is_err() {
        let skipped = "The clocks go forward over this time: it does not exist on that day";
        form.fail(&format!("{name}-time"), skipped);
    }
    moved.ok()
}

/// The fields of `name` with this moment, to begin a form with.
pub(super) fn filled(name: &str, at: Timestamp) -> Vec<(String, String)> {
    let local = to_london(at);
    let parts = [
        ("day", local.day().to_string()),
        ("month", local.month().to_string()),
        ("year", local.year().to_string()),
        ("time", local.strftime("%H:%M").to_string()),
    ];
    parts
        .map(|(part, value)| (format!("{name}-{part}"), value))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, told) in [
            ("10:00", "10:00:00"),
            ("1000", "10:00:00"),
            ("10.30", "10:30:00"),
            ("2pm", "14:00:00"),
            ("2:15 PM", "14:15:00"),
            ("12am", "00:00:00"),
            ("12pm", "12:00:00"),
            ("9:05", "09:05:00"),
        ] {
            let read = clock(text).map(|time| time.to_string());
            assert_eq!(read.as_deref(), Some(told), "{text}");
        }
        for text in [
            "", "10", "25:00", "13pm", "0pm", "ten", "10:0", "10:60", ":",
        ] {
            assert_eq!(clock(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_that_is_not_in_the_calendar_is_told() {
        let mut form = Form::parse(b"h-day=31&h-month=11&h-year=2026");
        assert_eq!(date(&mut form, "h", "Enter the day"), None);
        assert_eq!(form.fault("h-day"), Some("Enter the day"));
        let mut form = Form::parse(b"h-day=30&h-month=11&h-year=2026");
        assert_eq!(
            date(&mut form, "h", "Enter the day"),
            Some(Date::constant(2026, 11, 30))
        );
    }
}
