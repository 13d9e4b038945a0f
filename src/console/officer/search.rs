//! Finding an enquiry or a case by its reference, the defendant's CRN, or court and day. What is looked for is never in an address.

use super::cases::title;
use super::hearings::{Row, day, row};
use super::submit::courts;
use crate::broker::Viewed;
use crate::broker::case::OpenCase;
use crate::broker::case::input::ListCasesInput;
use crate::broker::input::{Filter, ListInput, Position};
use crate::broker::opened::OpenEnquiry;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::problem::Problem;
use crate::console::typed::{self, has_date, needed_date};
use crate::console::visitor::Visitor;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use usher_domain::code::{CourtCode, Crn};
use usher_domain::id::{RecordId, Reference};
use usher_domain::index::RecordKind;
use usher_domain::limits;
use usher_domain::personal::Personal;
use usher_domain::time::to_london;

/// Records of one kind that one search opens: a second's work.
const OPENED_MAX: usize = 10_000;
/// Looks at the store for one search.
const LOOKS_MAX: usize = 32;
/// What one page shows of each kind.
const FOUND_MAX: usize = 50;

/// What is looked for.
enum Sought {
    Reference(Reference),
    Crn(Crn),
    Day(CourtCode, Date),
}

/// A case that was found.
struct FoundCase {
    id: RecordId,
    path: String,
    title: String,
    reference: String,
}

/// What was found.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    cases: Vec<FoundCase>,
    /// Whether there may be more.
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "officer/search.html")]
struct Page {
    frame: Frame,
    form: Form,
    courts: Vec<(String, String)>,
    /// Nothing before the first search.
    found: Option<Found>,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(&console, &visitor, form, None).await
}

pub(super) async fn send(
    State(console): State<Console>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let found = match sought(&mut form) {
        Some(sought) => Some(find(&console, &visitor, &sought).await?),
        None => None,
    };
    written(&console, &visitor, form, found).await
}

async fn written(
    console: &Console,
    visitor: &Visitor,
    form: Form,
    found: Option<Found>,
) -> Result<Response, Problem> {
    let is_refused = !form.is_sound();
    let page = Page {
        frame: Frame::of(visitor, "Search")
            .await
            .refused(is_refused)
            .wide(),
        courts: courts(console, &visitor.actor.courts),
        found,
        form,
    };
    Ok(show_form(&page, is_refused))
}

/// The first of the three ways that is filled in.
fn sought(form: &mut Form) -> Option<Sought> {
    if !form.value("reference").is_empty() {
        return typed::reference(form, "reference").map(Sought::Reference);
    }
    let crn = form.value("crn").to_owned();
    if !crn.is_empty() {
        let read = Crn::parse(&crn).ok();
        if read.is_none() {
            form.fail("crn", "Enter a CRN such as X320741");
        }
        return read.map(Sought::Crn);
    }
    let court = CourtCode::parse(form.value("court")).ok();
    if court.is_none() && !has_date(form, "day") {
        form.fail(
            "reference",
            "Enter a reference, a CRN, or a court and a day",
        );
        return None;
    }
    if court.is_none() {
        form.fail("court", "Choose the court");
    }
    let day = needed_date(form, "day", "Enter the day, for example 24 11 2026");
    Some(Sought::Day(court?, day?))
}

async fn find(console: &Console, visitor: &Visitor, sought: &Sought) -> Result<Found, Problem> {
    let mut found = Found::default();
    enquiries(console, visitor, sought, &mut found).await?;
    cases(console, visitor, sought, &mut found).await?;
    found.rows.sort_by_key(|row| core::cmp::Reverse(row.at));
    let rows = found.rows.iter().map(|row| row.id);
    let cases = found.cases.iter().map(|case| case.id);
    let shown: Vec<_> = rows.chain(cases).map(Viewed::Record).collect();
    console.broker.view_all(&shown, &visitor.actor).await?;
    Ok(found)
}

async fn enquiries(
    console: &Console,
    visitor: &Visitor,
    sought: &Sought,
    found: &mut Found,
) -> Result<(), Problem> {
    let now = console.broker.clock().now();
    let show_one = |open: &OpenEnquiry| {
        let is_it = match sought {
            Sought::Reference(_) | Sought::Day(..) => true,
            Sought::Crn(crn) => is_of(open.personal.as_ref(), crn),
        };
        (is_it.then(|| row(console, open, &visitor.actor, now)), 0)
    };
    let mut input = ListInput {
        filter: filter(RecordKind::Enquiry, sought),
        reference: reference(sought),
        position: Position::default(),
        size: limits::PAGE_SIZE_MAX,
    };
    let mut opened = 0;
    for _ in 0..LOOKS_MAX {
        let listed = console.broker.list(&input, &visitor.actor, show_one);
        let (rows, next) = listed.await?;
        opened += rows.len();
        found.rows.extend(rows.into_iter().flatten());
        match next {
            None => return Ok(()),
            Some(position) => input.position = position,
        }
        if opened >= OPENED_MAX || found.rows.len() >= FOUND_MAX {
            break;
        }
    }
    found.is_cut = true;
    found.rows.truncate(FOUND_MAX);
    Ok(())
}

/// Cases stand where they are still to be asked about, and by their hearing once they are not: of a day, the open ones are looked through.
async fn cases(
    console: &Console,
    visitor: &Visitor,
    sought: &Sought,
    found: &mut Found,
) -> Result<(), Problem> {
    let all = filter(RecordKind::Case, sought);
    let filters = match sought {
        Sought::Reference(_) | Sought::Crn(_) => vec![all],
        Sought::Day(..) => [true, false]
            .map(|open| Filter {
                open: Some(open),
                deadline: all.deadline.clone().filter(|_| !open),
                ..all.clone()
            })
            .into(),
    };
    for filter in filters {
        cases_of(console, visitor, sought, filter, found).await?;
    }
    Ok(())
}

async fn cases_of(
    console: &Console,
    visitor: &Visitor,
    sought: &Sought,
    filter: Filter,
    found: &mut Found,
) -> Result<(), Problem> {
    let show_one = |open: &OpenCase| {
        let is_it = match sought {
            Sought::Crn(crn) => is_of(open.personal.as_ref(), crn),
            Sought::Reference(_) => true,
            Sought::Day(_, day) => to_london(open.case.hearing.at).date() == *day,
        };
        let shown = || FoundCase {
            id: open.case.id.into(),
            path: format!("/cases/{}", open.case.id),
            title: title(open),
            reference: open.case.id.reference().to_string(),
        };
        (is_it.then(shown), 0)
    };
    let mut input = ListCasesInput {
        filter,
        reference: reference(sought),
        position: Position::default(),
        size: limits::PAGE_SIZE_MAX,
    };
    let mut opened = 0;
    for _ in 0..LOOKS_MAX {
        let listed = console.broker.list_cases(&input, &visitor.actor, show_one);
        let (cases, next) = listed.await?;
        opened += cases.len();
        found.cases.extend(cases.into_iter().flatten());
        match next {
            None => return Ok(()),
            Some(position) => input.position = position,
        }
        if opened >= OPENED_MAX || found.cases.len() >= FOUND_MAX {
            break;
        }
    }
    found.is_cut = true;
    found.cases.truncate(FOUND_MAX);
    Ok(())
}

fn filter(kind: RecordKind, sought: &Sought) -> Filter {
    let all = Filter::every(kind);
    match sought {
        Sought::Day(court, on) => Filter {
            courts: Some(vec![*court]),
            deadline: Some(day(*on)),
            ..all
        },
        Sought::Reference(_) | Sought::Crn(_) => all,
    }
}

const fn reference(sought: &Sought) -> Option<Reference> {
    match sought {
        Sought::Reference(reference) => Some(*reference),
        Sought::Crn(_) | Sought::Day(..) => None,
    }
}

fn is_of(personal: Option<&Personal>, crn: &Crn) -> bool {
    personal.is_some_and(|personal| personal.subject.crn.as_ref() == Some(crn))
}
