//! What is asked of a report, as the address of its page has it: no personal data.

use crate::broker::ReportInput;
use crate::console::form::Form;
use jiff::civil::Date;
use usher_domain::report::{Grouping, Question, ReportKind};

/// The fields of the form.
const FIELDS: [&str; 8] = [
    "from-day",
    "from-month",
    "from-year",
    "to-day",
    "to-month",
    "to-year",
    "by",
    "for_publication",
];

/// The form as the address has it; without anything there, of the month of `today`.
pub(super) fn form(query: Option<&str>, today: Date) -> Form {
    let mut form = Form::parse(query.unwrap_or_default().as_bytes());
    if FIELDS.iter().all(|field| form.value(field).is_empty()) {
        set(&mut form, "from", today.first_of_month());
        set(&mut form, "to", today.last_of_month());
        form.set("by", Grouping::Court.name());
    }
    form
}

fn set(form: &mut Form, name: &str, day: Date) {
    form.set(&format!("{name}-day"), &day.day().to_string());
    form.set(&format!("{name}-month"), &day.month().to_string());
    form.set(&format!("{name}-year"), &day.year().to_string());
}

/// What `form` asks; says in the form what is wrong where it cannot be read.
pub(super) fn read(form: &mut Form, kind: ReportKind) -> Option<ReportInput> {
    let from = day(form, "from", "Enter the first day, such as 1 11 2026");
    let to = day(form, "to", "Enter the last day, such as 30 11 2026");
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        form.fail("to-day", "The last day must be the first day or later");
    }
    let missing = "Choose what the lines are";
    let by = form.choice("by", Grouping::ALL, Grouping::name, missing);
    let question = Question {
        kind,
        from: from?,
        to: to?,
        by: by?,
    };
    form.is_sound().then(|| ReportInput {
        question,
        courts: None,
        for_publication: form.has("for_publication", "yes"),
    })
}

fn day(form: &mut Form, name: &str, missing: &str) -> Option<Date> {
    let field = |part: &str| form.value(&format!("{name}-{part}")).to_owned();
    let (year, month) = (field("year").parse().ok(), field("month").parse().ok());
    let day = field("day").parse().ok();
    let read = year.zip(month).zip(day);
    let read = read.and_then(|((year, month), day)| Date::new(year, month, day).ok());
    if read.is_none() {
        form.fail(&format!("{name}-day"), missing);
    }
    read
}

/// The query that asks the same, and `more`.
pub(super) fn query(form: &Form, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for field in FIELDS {
        if !form.value(field).is_empty() {
            query.append_pair(field, form.value(field));
        }
    }
    query.extend_pairs(more).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn without_a_question_the_month_is_asked_for() {
        let mut form = form(None, date(2026, 2, 11));
        let input = read(&mut form, ReportKind::Coverage).unwrap();
        let question = input.question;
        assert_eq!(question.from, date(2026, 2, 1));
        assert_eq!(question.to, date(2026, 2, 28));
        assert!(!input.for_publication);
        let again = query(&form, &[("format", "csv")]);
        assert!(again.ends_with("&by=court&format=csv"), "{again}");
        let mut again = super::form(Some(&again), date(2027, 1, 1));
        assert_eq!(read(&mut again, ReportKind::Coverage), Some(input));
    }

    #[test]
    fn every_fault_is_told_at_its_field() {
        let asked = "from-day=31&from-month=2&from-year=2026&to-day=x&by=colour";
        let mut form = form(Some(asked), date(2026, 2, 11));
        assert_eq!(read(&mut form, ReportKind::Coverage), None);
        let faults: Vec<_> = form.faults().iter().map(|one| one.field.as_str()).collect();
        assert_eq!(faults, ["from-day", "to-day", "by"]);
        let asked = "from-day=2&from-month=2&from-year=2026&to-day=1&to-month=2&to-year=2026&by=office&for_publication=yes";
        let mut form = super::form(Some(asked), date(2026, 2, 11));
        assert_eq!(read(&mut form, ReportKind::Coverage), None);
        assert_eq!(form.faults()[0].field, "to-day");
    }
}
