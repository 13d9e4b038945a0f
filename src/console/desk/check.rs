//! One check, as far as the agreement lets its responder read it.

use super::candidates::{self, Table};
use super::queue::{purpose, standing};
use super::{path, reference};
use crate::broker::minimise::Allowed;
use crate::broker::opened::{OpenEnquiry, TextPlace};
use crate::console::Console;
use crate::console::answers::{self, Version};
use crate::console::frame::{Frame, show};
use crate::console::people::{self, Fact, Somebody, day, fact};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::when;
use crate::console::words::{self, Tag};
use crate::directory::Courts;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::actor::Person;
use usher_domain::code::Urn;
use usher_domain::enquiry::{Check, CheckState, Curfew, RouteReason};
use usher_domain::id::CheckId;
use usher_domain::personal::{AnswerContent, Personal};
use usher_domain::time::Timestamp;

/// A question, and the reply to it.
struct Exchange {
    question: String,
    asked: String,
    reply: String,
    replied: String,
}

/// Something that can be done now.
struct Way {
    path: String,
    text: &'static str,
    is_first: bool,
}

#[derive(Template)]
#[template(path = "desk/check.html")]
struct Page {
    frame: Frame,
    reference: String,
    warnings: Vec<&'static str>,
    state: Tag,
    about: String,
    left: Option<Tag>,
    facts: Vec<Fact>,
    is_nothing: bool,
    people: Vec<Somebody>,
    has_found: bool,
    possible: Vec<Table>,
    addresses: Vec<Fact>,
    note: String,
    exchanges: Vec<Exchange>,
    versions: Vec<Version>,
    ways: Vec<Way>,
    /// Why nothing can be done now; may be empty.
    hint: &'static str,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let open = console.broker.view_check(id, &visitor.actor).await?;
    let check = open.enquiry.check(id.number).ok_or(Problem::NotFound)?;
    let now = console.broker.clock().now();
    let enquiry = &open.enquiry;
    let personal = personal(&open, check);
    let latest = latest_content(&open, check);
    let people = personal
        .as_ref()
        .map(|personal| people::everybody(personal, latest))
        .unwrap_or_default();
    let reference = reference(enquiry.id);
    let title = format!("Check {reference}");
    let (state, about) = standing(check);
    let page = Page {
        frame: Frame::of(&visitor, title).await,
        reference,
        warnings: warnings(enquiry.imminent_harm, personal.as_ref()),
        state,
        about,
        left: check
            .state
            .is_outstanding()
            .then(|| words::time_left(enquiry.deadline.at(), now))
            .flatten(),
        facts: facts(
            &open,
            check,
            personal.as_ref(),
            console.broker.courts(),
            now,
        ),
        is_nothing: personal.is_none(),
        has_found: people.iter().any(|one| !one.found.is_empty()),
        people,
        possible: candidates::tables(&open, id.number),
        addresses: personal.as_ref().map(people::addresses).unwrap_or_default(),
        note: personal.map(|personal| personal.note).unwrap_or_default(),
        exchanges: exchanges(&open, check),
        versions: versions(&open, check),
        ways: ways(id, check),
        hint: match check.state {
            CheckState::Leased { .. } => {
                "A program of yours has it just now. It brings an answer, or leaves it to your desk; until then nobody else can act on it."
            }
            _ => "",
        },
    };
    Ok(show(&page))
}

/// What must not be overlooked.
fn warnings(harm: bool, personal: Option<&Personal>) -> Vec<&'static str> {
    let limited = personal.is_some_and(|personal| personal.subject.limited_access);
    let warnings = [
        (harm, "Imminent harm: somebody may be hurt soon."),
        (
            limited,
            "Limited access: only named staff may see this case.",
        ),
    ];
    let holds = warnings.into_iter().filter(|(holds, _)| *holds);
    holds.map(|(_, text)| text).collect()
}

/// The people and addresses, cut to the agreement.
pub(super) fn personal(open: &OpenEnquiry, check: &Check) -> Option<Personal> {
    let personal = open.personal.as_ref()?;
    Allowed::of(open, check).personal(personal)
}

fn latest_content<'a>(open: &'a OpenEnquiry, check: &Check) -> Option<&'a AnswerContent> {
    let version = u8::try_from(check.state.answers().len()).ok()?;
    open.answers.get(&(check.number, version))
}

fn who(person: &Person) -> String {
    let parts = [&person.name, &person.post, &person.contact];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// What is known besides the people.
fn facts(
    open: &OpenEnquiry,
    check: &Check,
    personal: Option<&Personal>,
    courts: &Courts,
    now: Timestamp,
) -> Vec<Fact> {
    let enquiry = &open.enquiry;
    let allowed = Allowed::of(open, check);
    let at = enquiry.deadline.at();
    let requester = &enquiry.requester;
    let unit = [
        &requester.unit.office,
        &requester.unit.team,
        &requester.unit.mailbox,
    ];
    let unit: Vec<&str> = unit.into_iter().map(String::as_str).collect();
    let unit: Vec<&str> = unit.into_iter().filter(|part| !part.is_empty()).collect();
    let concerns: Vec<_> = allowed
        .concerns(enquiry)
        .into_iter()
        .map(words::record::concern)
        .collect();
    let promised = match &check.state {
        CheckState::Accepted {
            expected_by: Some(by),
            ..
        } => when::moment(*by),
        _ => String::new(),
    };
    let reasons: Vec<String> = allowed.reasons(check).map(reason).collect();
    let holder = enquiry.holder.as_ref();
    let holder = holder.and_then(|holder| holder.person.as_ref()).map(who);
    let curfew = match enquiry.curfew {
        Curfew::Proposed => "A curfew with a tag is proposed: without an answer it cannot be",
        Curfew::NotProposed | Curfew::Withdrawn { .. } => "",
    };
    let own = [
        fact("What for", purpose(enquiry)),
        fact(
            "Deadline",
            format!("{}, {}", when::moment(at), when::from_now(at, now)),
        ),
        fact("Promised by", promised),
        fact("Asked by", who(&requester.person)),
        fact("Of", unit.join(", ")),
        fact("Now with", holder.unwrap_or_default()),
        fact("Court", courts.name(enquiry.deadline.court())),
        fact("Curfew", curfew),
        fact(
            "In custody",
            if allowed.in_custody(enquiry) {
                "Yes"
            } else {
                ""
            },
        ),
        fact("Concerns", words::capital(&concerns.join(", "))),
        fact("Why it comes to you", reasons.join(". ")),
    ];
    let asked = personal.into_iter().flat_map(of_personal);
    own.into_iter().chain(asked).flatten().collect()
}

fn of_personal(personal: &Personal) -> [Option<Fact>; 7] {
    let information: Vec<_> = personal
        .information
        .iter()
        .copied()
        .map(words::information)
        .collect();
    let basis = &personal.basis;
    let agreement = format!("{} {}", basis.agreement, basis.agreement_version);
    let prior = personal.prior_answer.as_ref();
    [
        fact("Asked for", words::capital(&information.join(", "))),
        fact("By which right", basis.gateways.join(", ")),
        fact("Agreement", agreement.trim()),
        fact(
            "Prosecution case (URN)",
            personal.urn.as_ref().map_or("", Urn::as_str),
        ),
        fact("Offence code", personal.offence_code.as_str()),
        fact(
            "Report due",
            personal.report_due.map_or_else(String::new, day),
        ),
        fact(
            "An earlier answer does not do",
            prior.map_or("", |prior| prior.reason.as_str()),
        ),
    ]
}

/// Which check was redirected here would tell of another responder's.
fn reason(reason: &RouteReason) -> String {
    match reason {
        RouteReason::Address {
            role, terminated, ..
        } => {
            let old = if *terminated {
                " (its postcode is no longer in use)"
            } else {
                ""
            };
            format!(
                "An address leads to you: {}{old}",
                words::record::address_role(*role).to_lowercase()
            )
        }
        RouteReason::Named | RouteReason::Unserved { .. } => {
            "The officer named your authority".into()
        }
        RouteReason::Redirected { .. } => "Another borough says that it is yours".into(),
        RouteReason::Operator => "An operator sent it to you".into(),
    }
}

fn exchanges(open: &OpenEnquiry, check: &Check) -> Vec<Exchange> {
    // Where the agreement lets nothing be sent, not even replies are.
    if Allowed::of(open, check).is_nothing() {
        return Vec::new();
    }
    let check_number = check.number;
    let of = |(exchange, entry): (usize, &usher_domain::enquiry::Exchange)| {
        let question = TextPlace::Question {
            check: check_number,
            exchange,
        };
        let reply = TextPlace::Reply {
            check: check_number,
            exchange,
        };
        let person = entry.asked_by.person.as_ref();
        let asker = person.map_or("your system", |person| person.name.as_str());
        let replied = entry.reply.as_ref().map(|reply| {
            let person = reply.by.person.as_ref();
            let name = person.map_or("the court team", |person| person.name.as_str());
            format!("{name}, {}", when::moment(reply.at))
        });
        Exchange {
            question: open.text(question).into(),
            asked: format!("{asker}, {}", when::moment(entry.asked_at)),
            reply: open.text(reply).into(),
            replied: replied.unwrap_or_default(),
        }
    };
    check.exchanges.iter().enumerate().map(of).collect()
}

/// Every version, the newest first.
fn versions(open: &OpenEnquiry, check: &Check) -> Vec<Version> {
    let all = (1..).zip(check.state.answers());
    let shown = all.map(|(number, answer)| {
        let content = open.answers.get(&(check.number, number));
        answers::version(number, answer, content)
    });
    let mut shown: Vec<Version> = shown.collect();
    shown.reverse();
    shown
}

/// What is offered, the likeliest first. The core has the rules; this only leaves out what they would refuse.
fn ways(id: CheckId, check: &Check) -> Vec<Way> {
    const ACCEPT: (&str, &str) = ("accept", "Take it on");
    const ANSWER: (&str, &str) = ("answer", "Answer");
    const ASK: (&str, &str) = ("ask", "Ask the officer");
    const AGAIN: (&str, &str) = ("accept", "Promise another time");
    const REDIRECT: (&str, &str) = ("redirect", "It is not ours");
    const RELEASE: (&str, &str) = ("release", "Give it back");
    let ways: &[(&str, &'static str)] = match check.state {
        CheckState::Waiting { .. } => &[ACCEPT, REDIRECT],
        CheckState::Accepted { .. } => &[ANSWER, ASK, AGAIN, REDIRECT, RELEASE],
        CheckState::Asked { .. } => &[ANSWER, REDIRECT],
        CheckState::Answered { .. } | CheckState::Closed { .. } => &[("answer", "Answer again")],
        CheckState::Leased { .. }
        | CheckState::Unroutable { .. }
        | CheckState::Redirected { .. } => &[],
    };
    let base = path(id);
    let way = |(place, (verb, text)): (usize, &(&str, &'static str))| Way {
        path: format!("{base}/{verb}"),
        text,
        is_first: place == 0,
    };
    ways.iter().enumerate().map(way).collect()
}
