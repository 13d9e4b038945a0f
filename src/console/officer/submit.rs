//! Asking: one form, or its pages one at a time, who will be asked, the answers to check, and what comes of it.

mod begin;
mod pages;
mod read;
mod sent;
mod told;

pub(super) use sent::page as sent;

use super::act::path;
use super::enquiry::Line;
use crate::broker::input::SubmitInput;
use crate::broker::output::SubmitReceipt;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show, show_form};
use crate::console::page::Asked;
use crate::console::problem::{Problem, refusal};
use crate::console::visitor::Visitor;
use crate::console::words::record as words;
use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use told::{Expected, Lead};
use usher_domain::actor::Courts;
use usher_domain::code::{CourtCode, ResponderKind};
use usher_domain::enquiry::{AddressRole, Concern, Purpose, ReportType};
use usher_domain::limits;
use usher_domain::personal::{AddressKind, Sex};

/// Pairs of code and words.
type Choices = Vec<(&'static str, &'static str)>;

#[derive(Template)]
#[template(path = "officer/ask.html")]
struct Ask {
    frame: Frame,
    form: Form,
    /// The page that is shown; everything where there is none.
    page: Option<&'static pages::Page>,
    /// Where the pages are shown one at a time.
    by_pages: String,
    addresses: Vec<usize>,
    children: Vec<usize>,
    others: Vec<usize>,
    /// Whether somebody has begun to fill the adults of the household in.
    has_others: bool,
    courts: Vec<(String, String)>,
    sexes: Choices,
    purposes: Choices,
    reports: Choices,
    circumstances: Choices,
    concerns: Choices,
    kinds: Choices,
    address_roles: Choices,
    address_kinds: Choices,
    foreseen: Foreseen,
}

#[derive(Template)]
#[template(path = "officer/ask_check.html")]
struct Check {
    frame: Frame,
    form: Form,
    summary: Vec<Line>,
    people: Vec<Line>,
    expected: Vec<Expected>,
    warnings: Vec<String>,
    button: String,
}

#[derive(Template)]
#[template(path = "officer/ask_where.html")]
struct Where {
    foreseen: Foreseen,
}

/// What is said of a form before its answers are checked.
#[derive(Default)]
struct Foreseen {
    leads: Vec<Lead>,
    expected: Vec<Expected>,
    /// Why nothing can be expected yet: what the form has to say first; may be empty.
    needed: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, Problem> {
    let values = match asked.value("case") {
        "" => begin::empty(),
        case => {
            let case = case.parse().map_err(|_| Problem::NotFound)?;
            let open = console.broker.view_case(case, &visitor.actor).await?;
            begin::of_case(&open)
        }
    };
    let values = values.iter();
    let values = values.map(|(name, value)| (name.as_str(), value.as_str()));
    let page = (pages::PAGE, asked.value(pages::PAGE));
    let values: Vec<_> = values.chain([page]).collect();
    // What was typed when a session ended may be about another case: it waits at the plain address, where signing in leads.
    let form = if asked.value("case").is_empty() {
        Form::begin(&visitor, &visitor.path, &values).await
    } else {
        Form::of(&values)
    };
    Ok(ask(&console, &visitor, form, Foreseen::default()).await)
}

/// Where the postcodes lead that are sent, and what to expect there: a piece of a page.
pub(super) async fn whither(
    State(console): State<Console>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let foreseen = foreseen(&console, &visitor, &form).await?;
    let html = (Where { foreseen }).render();
    let html = html.map_err(|error| Problem::ours(&error))?;
    Ok(Html(html).into_response())
}

pub(super) async fn send(
    State(console): State<Console>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let step = form.value("step").to_owned();
    form.set("step", "");
    match step.as_str() {
        "add-address" => more(&mut form, "addresses", limits::ADDRESSES_PER_ENQUIRY_MAX),
        "add-child" => more(&mut form, "children", limits::CHILDREN_PER_ENQUIRY_MAX),
        "add-other" => more(&mut form, "others", limits::OTHERS_PER_ENQUIRY_MAX),
        "change" if pages::shown(&form).is_some() => pages::first(&mut form),
        "change" => {}
        "whole" => form.set(pages::PAGE, ""),
        "back" => pages::back(&mut form),
        "next" => {
            let _ = read::input(&mut form, &visitor, &console, true);
            if pages::next(&mut form) {
                return checking(&console, &visitor, form).await;
            }
        }
        "where" => {
            let foreseen = foreseen(&console, &visitor, &form).await?;
            return Ok(ask(&console, &visitor, form, foreseen).await);
        }
        "send" => return sending(&console, &visitor, form).await,
        _ => return checking(&console, &visitor, form).await,
    }
    Ok(ask(&console, &visitor, form, Foreseen::default()).await)
}

/// One more row of `name`.
fn more(form: &mut Form, name: &str, most: usize) {
    let rows = rows(form, name, most).len();
    form.set(name, &(rows + 1).min(most).to_string());
}

/// Whether the field says something of an adult of the household, or asks for room for more of them.
fn is_other((name, value): &(String, String)) -> bool {
    let is_more = name == "others" && value.parse().is_ok_and(|rows: usize| rows > 1);
    is_more || name.starts_with("other-") && !value.is_empty()
}

/// The numbers of the rows of `name`, from 1.
fn rows(form: &Form, name: &str, most: usize) -> Vec<usize> {
    let count = form.value(name).parse().unwrap_or(1_usize);
    (1..=count.clamp(1, most)).collect()
}

/// Where the postcodes lead, and what to expect, where the form says enough for that.
async fn foreseen(console: &Console, visitor: &Visitor, form: &Form) -> Result<Foreseen, Problem> {
    let mut foreseen = Foreseen {
        leads: told::leads(&console.broker, form),
        ..Foreseen::default()
    };
    if foreseen.leads.is_empty() {
        return Ok(foreseen);
    }
    match read::outline(form, visitor, console) {
        Ok(input) => match console.broker.submit(input, &visitor.actor).await {
            Ok(receipt) => foreseen.expected = told::expected(&receipt.checks),
            Err(error) => foreseen.needed = refusal(error)?,
        },
        Err(needed) => foreseen.needed = needed,
    }
    Ok(foreseen)
}

/// The answers to check, before anything is sent.
async fn checking(
    console: &Console,
    visitor: &Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    if let Some(input) = read::input(&mut form, visitor, console, true) {
        match console.broker.submit(input.clone(), &visitor.actor).await {
            Ok(receipt) => return Ok(check(console, visitor, form, &input, &receipt).await),
            Err(error) => form.fail_all(refusal(error)?),
        }
    }
    pages::turn_to_fault(&mut form);
    Ok(ask(console, visitor, form, Foreseen::default()).await)
}

async fn sending(
    console: &Console,
    visitor: &Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    if let Some(input) = read::input(&mut form, visitor, console, false) {
        match console.broker.submit(input, &visitor.actor).await {
            Ok(receipt) => return Ok(go(&format!("{}/sent", path(receipt.enquiry)))),
            Err(error) => form.fail_all(refusal(error)?),
        }
    }
    Ok(ask(console, visitor, form, Foreseen::default()).await)
}

async fn check(
    console: &Console,
    visitor: &Visitor,
    form: Form,
    input: &SubmitInput,
    receipt: &SubmitReceipt,
) -> Response {
    let warnings = receipt.warnings.iter().map(|warning| warning.text.clone());
    let expected = told::expected(&receipt.checks);
    show(&Check {
        frame: Frame::of(visitor, "Check your answers").await,
        summary: told::summary(
            input,
            receipt,
            &console.broker.courts().name(input.deadline.court()),
        ),
        people: super::enquiry::people_lines(&input.personal),
        button: told::button(&expected),
        expected,
        warnings: warnings.collect(),
        form,
    })
}

async fn ask(console: &Console, visitor: &Visitor, form: Form, foreseen: Foreseen) -> Response {
    let is_refused = !form.is_sound();
    let page = pages::shown(&form);
    let title = page.map_or_else(
        || "Ask".into(),
        |page| format!("Ask: {}", page.title.to_lowercase()),
    );
    let page = Ask {
        frame: Frame::of(visitor, title).await.refused(is_refused),
        page,
        by_pages: pages::begun_at(form.value("case")),
        addresses: rows(&form, "addresses", limits::ADDRESSES_PER_ENQUIRY_MAX),
        children: rows(&form, "children", limits::CHILDREN_PER_ENQUIRY_MAX),
        courts: courts(console, &visitor.actor.courts),
        has_others: form.all().iter().any(is_other),
        others: rows(&form, "others", limits::OTHERS_PER_ENQUIRY_MAX),
        sexes: words::options(Sex::ALL, Sex::name, words::sex),
        purposes: words::options(Purpose::ALL, Purpose::name, words::purpose),
        reports: words::options(ReportType::ALL, ReportType::name, words::report),
        circumstances: vec![
            ("custody", "The defendant is in custody"),
            ("curfew", "A curfew is proposed"),
            ("harm", "Somebody may come to harm at any moment"),
            ("limited", "Access to the person’s record is limited"),
        ],
        concerns: words::options(Concern::ALL, Concern::name, words::concern),
        kinds: words::options(ResponderKind::ALL, ResponderKind::name, words::kind),
        address_roles: words::options(AddressRole::ALL, AddressRole::name, words::address_role),
        address_kinds: words::options(AddressKind::ALL, AddressKind::name, words::address_kind),
        foreseen,
        form,
    };
    show_form(&page, is_refused)
}

/// Code and name of each court that the visitor may ask for.
pub(super) fn courts(console: &Console, courts: &Courts) -> Vec<(String, String)> {
    let pair = |code: CourtCode| (code.to_string(), console.broker.courts().name(code));
    match courts {
        Courts::Only(courts) => courts.iter().copied().map(pair).collect(),
        Courts::All => console
            .broker
            .courts()
            .iter()
            .map(|court| pair(court.code))
            .collect(),
    }
}
