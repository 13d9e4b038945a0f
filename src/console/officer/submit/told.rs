//! What the form comes to: where postcodes lead, who is asked, what to expect.

use super::super::enquiry::{Line, line};
use crate::broker::Broker;
use crate::broker::input::{DeadlineInput, SubmitInput};
use crate::broker::output::{Advice, CheckReceipt, SubmitReceipt};
use crate::console::form::Form;
use crate::console::when;
use crate::console::words::{Tag, record, tag};
use usher_domain::code::ResponderKind;
use usher_domain::command::Destination;
use usher_domain::limits;

/// Where one postcode leads, without the postcode.
pub(super) struct Lead {
    /// Of which address of the form.
    pub(super) number: usize,
    /// The council; empty where there is none.
    pub(super) council: String,
    /// Who answers there, or why nobody does.
    pub(super) told: Vec<String>,
}

/// What to expect of one check.
pub(super) struct Expected {
    /// Whether somebody is asked.
    is_found: bool,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) duty_phone: String,
    pub(super) emergency_phone: String,
    pub(super) likely: Tag,
    pub(super) advice: String,
    /// How many of a hundred such checks were answered in time, where that is known.
    pub(super) figures: String,
}

/// Where the postcodes of a form lead.
pub(super) fn leads(broker: &Broker, form: &Form) -> Vec<Lead> {
    let numbers = 1..=limits::ADDRESSES_PER_ENQUIRY_MAX;
    let lead = |number: usize| {
        let field = format!("address-{number}-postcode");
        let postcode = form.value(&field);
        (!postcode.is_empty()).then(|| lead(broker, number, postcode))
    };
    numbers.filter_map(lead).collect()
}

fn lead(broker: &Broker, number: usize, postcode: &str) -> Lead {
    let found = broker.lookup(postcode);
    let council = found.authority.map_or_else(String::new, |(_, name)| name);
    let responders = found.responders.into_iter();
    let mut told: Vec<String> = responders
        .map(|(kind, _, name)| format!("{}: {name}", record::kind(kind)))
        .collect();
    if let Some(why) = found.why {
        told.push(format!(
            "Goes to the operators, because {}",
            record::unroutable(why)
        ));
    }
    if found.terminated {
        told.push("This postcode is no longer in use: check it".into());
    }
    Lead {
        number,
        council,
        told,
    }
}

/// What to expect of each.
pub(super) fn expected(checks: &[CheckReceipt]) -> Vec<Expected> {
    checks.iter().map(one).collect()
}

fn one(receipt: &CheckReceipt) -> Expected {
    let nobody = |kind| format!("{}: no borough found", record::kind(kind));
    let is_found = matches!(receipt.route.to, Destination::Responder { .. });
    let probability = receipt.forecast.and_then(|forecast| forecast.probability);
    let figures = probability.map(|probability| {
        let percent = (probability * 100.0).round();
        format!("{percent} of 100 like it were answered in time")
    });
    Expected {
        is_found,
        name: if is_found {
            receipt.card.name.clone()
        } else {
            nobody(receipt.route.kind)
        },
        kind: record::kind(receipt.route.kind),
        duty_phone: receipt.card.duty_phone.clone(),
        emergency_phone: receipt.card.emergency_phone.clone(),
        likely: likely(is_found, receipt.advice),
        advice: receipt.advice_text.clone(),
        figures: figures.unwrap_or_default(),
    }
}

fn likely(is_found: bool, advice: Advice) -> Tag {
    match advice {
        _ if !is_found => tag("No borough found", "red"),
        Advice::Likely => tag("Likely in time", "green"),
        Advice::Doubtful => tag("Doubtful", "yellow"),
        Advice::NotBeforeHearing => tag("Not before the hearing", "red"),
        Advice::Unknown => tag("Too early to say", "grey"),
    }
}

/// What the button says that sends it.
pub(super) fn button(expected: &[Expected]) -> String {
    let mut names: Vec<&str> = expected
        .iter()
        .filter(|one| one.is_found)
        .map(|one| one.name.as_str())
        .collect();
    names.dedup();
    match names.as_slice() {
        [] => "Send enquiry to the operators".into(),
        names => format!("Send enquiry to {}", listed(names)),
    }
}

/// `a, b and c`.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).into(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The rows of the check page that are not about people.
pub(super) fn summary(input: &SubmitInput, receipt: &SubmitReceipt, court: &str) -> Vec<Line> {
    let deadline = match &input.deadline {
        DeadlineInput::Hearing(hearing) => when::civil(hearing.local),
        DeadlineInput::ReplyBy { .. } => format!("Reply by {}", when::moment(receipt.deadline)),
    };
    let report = input.report.map_or("", record::report);
    let ticked = [
        (input.in_custody, "In custody"),
        (input.curfew_proposed, "A curfew is proposed"),
        (
            input.imminent_harm,
            "Somebody may come to harm at any moment",
        ),
    ];
    let ticked = ticked.into_iter().filter(|(holds, _)| *holds);
    let concerns = input
        .concerns
        .iter()
        .map(|one| record::concern(*one).into());
    let kinds = input
        .kinds
        .iter()
        .copied()
        .map(|kind: ResponderKind| record::kind(kind).into());
    let behalf = input
        .on_behalf_of
        .iter()
        .map(|one| format!("for {}", one.name));
    let who = [record::person(&input.person), input.unit.team.clone()];
    let mut lines = vec![
        line("Asked by", who.into_iter().chain(behalf).collect()),
        line(
            "For",
            vec![record::purpose(input.purpose).into(), report.into()],
        ),
        line("Hearing", vec![deadline, court.into()]),
        line(
            "Circumstances",
            ticked.map(|(_, text)| text.into()).collect(),
        ),
        line("Concerns", concerns.collect()),
        line("Services", kinds.collect()),
    ];
    for line in &mut lines {
        if line.values.is_empty() {
            line.values.push("Not provided".into());
        }
    }
    lines
}
