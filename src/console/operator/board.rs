//! The overdue board: what, whose, how late, which step, who has been told, whom to ring. It has no personal data, so that it may hang on
//! a wall; it is live.

use super::alerts;
use crate::broker::input::AlertFilter;
use crate::broker::opened::{ResponderCard, ResponderCards};
use crate::broker::{AlertEntry, Broker};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::live::Part;
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use crate::console::words::{self, Tag, tag};
use crate::directory::{Courts, Directory};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use usher_domain::actor::{Actor, Role};
use usher_domain::alert::{Alert, AlertState, Cause};
use usher_domain::code::CourtCode;
use usher_domain::enquiry::{Check, CheckState, Enquiry};
use usher_domain::id::CheckId;
use usher_domain::limits;
use usher_domain::time::{Timestamp, to_london};

/// Alerts that are counted for one board.
const ALERTS_MAX: usize = limits::PAGE_SIZE_MAX;
/// Alerts on one board, unless all are wanted: more than anybody can read across a room.
const ROWS_MAX: usize = 40;
/// The class of a row that nobody looks after.
const OPEN: &str = "usher-board__open";
/// The fields of the query.
const COURT: &str = "court";
const ALL: &str = "all";

/// One alert, as the board shows it.
struct Row {
    what: String,
    /// Which step of how many; empty where it is none.
    step: String,
    reference: String,
    /// Its page.
    path: String,
    court: String,
    /// Whose answer it is about.
    responder: String,
    duty_phone: String,
    emergency_phone: String,
    /// Whether somebody works there now; empty where nobody is asked.
    hours: String,
    deadline: String,
    late: String,
    told: String,
    standing: Tag,
    /// How it looks.
    class: &'static str,
    /// What can be done about the check: where, and in words.
    ways: Vec<(String, &'static str)>,
    /// Who proposed to close the check; empty where nobody has.
    closing: String,
    /// Since when nobody looks after it; `None` where somebody does.
    since: Option<Timestamp>,
    /// Who looks after it and until when; empty where nobody does.
    looked_after: String,
    /// Where to look after it; empty where nobody can.
    acknowledge: String,
}

#[derive(Template)]
#[template(path = "operator/board_part.html")]
struct BoardPart {
    rows: Vec<Row>,
    open: usize,
    looked_after: usize,
    /// How many are not shown, and where they all are.
    more: usize,
    all: String,
    is_cut: bool,
    may_act: bool,
    written: String,
}

/// Which alerts a board shows.
#[derive(Clone, Default)]
struct Wanted {
    /// Of these courts; all where none is named.
    courts: Option<Vec<CourtCode>>,
    /// However many there are.
    all: bool,
}

type Fields = Vec<(String, String)>;

impl Wanted {
    /// What the query says, and the form that says so again.
    fn read(fields: &[(String, String)]) -> (Self, Form) {
        let (mut form, mut courts) = (Form::default(), Vec::new());
        let of = |wanted: &'static str| fields.iter().filter(move |(name, _)| name == wanted);
        let typed: Vec<&str> = of(COURT).map(|(_, value)| value.as_str()).collect();
        let typed = typed.join(" ");
        let codes = typed.split([' ', ',']).filter(|code| !code.is_empty());
        for code in codes.take(limits::CODES_PER_LIST_MAX) {
            match CourtCode::parse(&code.to_ascii_uppercase()) {
                Ok(code) => courts.push(code),
                Err(_) => form.fail(COURT, "Enter codes of courts, such as B01IX"),
            }
        }
        form.set(COURT, &typed);
        let wanted = Self {
            courts: (!courts.is_empty()).then_some(courts),
            all: of(ALL).next().is_some(),
        };
        (wanted, form)
    }

    /// As a query: codes of courts, nothing else.
    fn query(&self, all: bool) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for court in self.courts.iter().flatten() {
            query.append_pair(COURT, court.as_str());
        }
        if all {
            query.append_pair(ALL, "yes");
        }
        query.finish()
    }
}

#[derive(Template)]
#[template(path = "operator/board.html")]
struct Board {
    frame: Frame,
    form: Form,
    part: String,
    count: usize,
    /// In milliseconds; empty where there is none.
    newest: String,
    live: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    Query(fields): Query<Fields>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let (wanted, form) = Wanted::read(&fields);
    let is_refused = !form.is_sound();
    // All courts would be taken for those that were meant.
    let part = if is_refused {
        Part::default()
    } else {
        write(&console.broker, &visitor.actor, &wanted).await?
    };
    let frame = Frame::of(&visitor, "Overdue").await.wide();
    let newest = part.newest;
    let page = Board {
        frame: frame.refused(is_refused),
        form,
        part: part.html,
        count: part.count,
        newest: newest.map_or_else(String::new, |at| at.as_millisecond().to_string()),
        live: format!("/board/live?{}", wanted.query(wanted.all)),
    };
    Ok(show_form(&page, is_refused))
}

pub(super) async fn live(
    State(console): State<Console>,
    Query(fields): Query<Fields>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let (broker, actor) = (console.broker.clone(), visitor.actor);
    let (wanted, form) = Wanted::read(&fields);
    if !form.is_sound() {
        return Err(Problem::Unreadable);
    }
    // The person is no part of what is seen.
    let query = wanted.query(wanted.all);
    let key = format!("board {:?} {:?} {query}", actor.role, actor.courts);
    console.live.line(key, move || {
        let (broker, actor, wanted) = (broker.clone(), actor.clone(), wanted.clone());
        async move { write(&broker, &actor, &wanted).await }
    })
}

/// The board as it is now for `actor`.
async fn write(broker: &Broker, actor: &Actor, wanted: &Wanted) -> Result<Part, Problem> {
    let now = broker.clock().now();
    let cards = broker.cards();
    let filter = AlertFilter {
        courts: wanted.courts.clone(),
        ..AlertFilter::default()
    };
    let directory = broker.directory();
    let pick = |entry: &AlertEntry| Some(row(entry, (&cards, &directory, broker.courts()), now));
    let (mut rows, is_cut) = alerts(broker, actor, filter, ALERTS_MAX, pick).await?;
    // What nobody looks after comes first, each part in the order of its deadlines.
    rows.sort_by_key(|row| !row.looked_after.is_empty());
    let (count, unheeded) = (rows.len(), |row: &&Row| row.looked_after.is_empty());
    let open = rows.iter().filter(unheeded).count();
    let newest = rows.iter().filter_map(|row| row.since).max();
    if !wanted.all {
        rows.truncate(ROWS_MAX);
    }
    let part = BoardPart {
        open,
        looked_after: count - open,
        more: count - rows.len(),
        all: format!("/board?{}", wanted.query(true)),
        rows,
        is_cut,
        may_act: actor.role == Role::Operator,
        written: when::moment(now),
    };
    let html = part.render().map_err(|error| Problem::ours(&error))?;
    Ok(Part {
        html,
        count: open,
        newest,
    })
}

fn row(
    entry: &AlertEntry,
    (cards, directory, courts): (&ResponderCards, &Directory, &Courts),
    now: Timestamp,
) -> Row {
    match entry {
        AlertEntry::Raised { alert, stored } => {
            let enquiry = &stored.record;
            let check = enquiry.check(alert.check);
            let of_check = check.map(|check| of_check(enquiry, check, alert, cards, directory));
            let row = Row {
                reference: enquiry.id.reference().to_string(),
                path: format!("/enquiries/{}", enquiry.id),
                court: courts.name(enquiry.deadline.court()),
                deadline: when::short(enquiry.deadline.at(), now),
                acknowledge: format!("/alerts/{}/{}/acknowledge", enquiry.id, alert.number),
                ..standing(alert, now)
            };
            let OfCheck {
                card,
                hours,
                step,
                ways,
                closing,
            } = of_check.unwrap_or_default();
            Row {
                responder: card.name,
                duty_phone: card.duty_phone,
                emergency_phone: card.emergency_phone,
                hours,
                step,
                ways,
                closing,
                ..row
            }
        }
        AlertEntry::Needed { alert, stored } => {
            let case = &stored.record;
            Row {
                reference: case.id.reference().to_string(),
                path: format!("/cases/{}", case.id),
                court: courts.name(case.court()),
                responder: "Nobody has asked yet".into(),
                deadline: when::short(case.hearing.at, now),
                acknowledge: format!("/alerts/{}/{}/acknowledge", case.id, alert.number),
                ..standing(alert, now)
            }
        }
        AlertEntry::Damaged(fault) => Row {
            what: format!("Damaged: {}", fault.kind.name().replace('_', " ")),
            reference: fault.record.reference().to_string(),
            late: when::span(now.duration_since(fault.since)),
            told: "the operators".into(),
            standing: tag("Until mended", "red"),
            since: Some(fault.since),
            class: OPEN,
            ..Row::empty()
        },
    }
}

/// What a check adds to the row of its alert.
#[derive(Default)]
struct OfCheck {
    card: ResponderCard,
    hours: String,
    step: String,
    ways: Vec<(String, &'static str)>,
    closing: String,
}

fn of_check(
    enquiry: &Enquiry,
    check: &Check,
    alert: &Alert,
    cards: &ResponderCards,
    directory: &Directory,
) -> OfCheck {
    let responder = check.concerned();
    let responder = responder.and_then(|id| directory.responders().get(id));
    let (now, calendar) = (cards.now, &cards.policy.calendar);
    let hours = responder.map(|one| {
        let today = one.hours.of_day(to_london(now).date(), calendar);
        match today {
            Some((opens, closes)) if opens <= now && now < closes => {
                format!("Open until {}", when::clock(to_london(closes).time()))
            }
            Some((opens, _)) if now < opens => {
                format!("Closed until {}", when::clock(to_london(opens).time()))
            }
            _ => "Closed for today".into(),
        }
    });
    OfCheck {
        card: cards.of(enquiry, check),
        hours: hours.unwrap_or_default(),
        step: step(check, alert),
        ways: ways(enquiry.check_id(check.number), check),
        closing: words::record::proposed_closing(check),
    }
}

/// `step 2 of 9`.
fn step(check: &Check, alert: &Alert) -> String {
    let Cause::Step { name, .. } = &alert.cause else {
        return String::new();
    };
    let steps = &check.ladder.steps;
    let place = steps.iter().position(|step| step.name == *name);
    place.map_or_else(String::new, |place| {
        format!("step {} of {}", place + 1, steps.len())
    })
}

/// What an operator can do about a check.
fn ways(id: CheckId, check: &Check) -> Vec<(String, &'static str)> {
    let way = |verb: &str, text| (format!("/checks/{id}/{verb}"), text);
    match &check.state {
        CheckState::Unroutable { .. } => {
            vec![way("reroute", "Route it"), way("close", "Close it")]
        }
        state if state.is_outstanding() => vec![
            way("answer-by-phone", "Answer by telephone"),
            way("reroute", "Route it elsewhere"),
            way("close", "Close it"),
        ],
        _ => Vec::new(),
    }
}

/// What stands of `alert`, whatever it is about.
fn standing(alert: &Alert, now: Timestamp) -> Row {
    let (standing, looked_after, class) = match &alert.state {
        AlertState::Acknowledged { by, expires, .. } => {
            let name = by.person.as_ref().map_or("somebody", |person| &person.name);
            let until = when::short(*expires, now);
            let after = format!("{name}, until {until}");
            (tag("Looked after", "blue"), after, "")
        }
        AlertState::Open { .. } => (tag("Open", "red"), String::new(), OPEN),
        AlertState::Resolved { .. } => (tag("Over", "grey"), String::new(), ""),
    };
    Row {
        what: words::cause(&alert.cause),
        late: when::span(now.duration_since(alert.due_at)),
        told: words::capital(&words::audiences(&alert.audience)),
        standing,
        since: match alert.state {
            AlertState::Open { since } => Some(since),
            AlertState::Acknowledged { .. } | AlertState::Resolved { .. } => None,
        },
        looked_after,
        class,
        ..Row::empty()
    }
}

impl Row {
    fn empty() -> Self {
        Self {
            what: String::new(),
            step: String::new(),
            reference: String::new(),
            path: String::new(),
            court: String::new(),
            responder: String::new(),
            duty_phone: String::new(),
            emergency_phone: String::new(),
            hours: String::new(),
            deadline: String::new(),
            late: String::new(),
            told: String::new(),
            standing: tag("", "grey"),
            class: "",
            ways: Vec::new(),
            closing: String::new(),
            since: None,
            looked_after: String::new(),
            acknowledge: String::new(),
        }
    }
}
