//! One enquiry: who asks, about whom, what each borough says, and what happened.

mod answer;
mod check;
mod people;

use super::hearings;
use super::needs::{Need, needs, whose};
use super::timeline::{PAGE, Timeline, every};
use crate::broker::input::HistoryInput;
use crate::broker::opened::{OpenEnquiry, TextPlace};
use crate::console::Console;
use crate::console::frame::{Frame, home, show};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::when;
use crate::console::words::event::decided;
use crate::console::words::{self, Tag, record, tag};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use check::CheckView;
pub(super) use people::lines as people_lines;
use usher_domain::actor::Role;
use usher_domain::alert::{Alert, AlertState};
use usher_domain::command::VerbName;
use usher_domain::enquiry::{CourtDecisionKind, Curfew, Enquiry, Requester};
use usher_domain::event::DecisionName;
use usher_domain::hearing::Deadline;
use usher_domain::id::EnquiryId;
use usher_domain::permit::{addressed, permits};
use usher_domain::time::Timestamp;

/// A row of a summary list.
pub(super) struct Line {
    pub(super) key: &'static str,
    pub(super) values: Vec<String>,
}

/// What was said or decided, by whom and when.
struct Said {
    title: String,
    by: String,
    lines: Vec<String>,
}

/// An alert, and who looks after it.
struct Watched {
    what: String,
    standing: Tag,
    lines: Vec<String>,
    /// Where to look after it; empty where the visitor cannot.
    acknowledge: String,
}

#[derive(Template)]
#[template(path = "officer/enquiry.html")]
struct Page {
    frame: Frame,
    back: &'static str,
    reference: String,
    name: String,
    is_harm: bool,
    is_limited: bool,
    needs: Vec<Need>,
    summary: Vec<Line>,
    people: Vec<Line>,
    checks: Vec<CheckView>,
    decisions: Vec<Said>,
    alerts: Vec<Watched>,
    acts: Vec<Need>,
    timeline: Timeline,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<EnquiryId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let (broker, actor) = (&console.broker, &visitor.actor);
    let open = broker.view(id, actor).await?;
    let page = |after| async move {
        let input = HistoryInput {
            enquiry: id,
            after,
            size: PAGE,
        };
        broker.history(&input, actor).await
    };
    let events = every(page).await?;
    let (now, enquiry) = (broker.clock().now(), &open.enquiry);
    let whose_event = |recorded: &crate::broker::input::Recorded| {
        let check = recorded.event.check.and_then(|check| enquiry.check(check));
        check.map_or_else(String::new, |check| whose(&open.responders, enquiry, check))
    };
    let expected = broker.expectations(enquiry);
    let personal = open.personal.as_ref();
    let checks = enquiry.checks.iter().zip(&expected);
    Ok(show(&Page {
        frame: Frame::of(&visitor, format!("Enquiry {}", id.reference())).await,
        back: home(actor.role),
        reference: id.reference().to_string(),
        name: hearings::full_name(&open),
        is_harm: enquiry.imminent_harm,
        is_limited: personal.is_some_and(|personal| personal.subject.limited_access),
        needs: needs(enquiry, &open.responders, actor.role, now),
        summary: summary(&console, enquiry),
        people: personal.map(people::lines).unwrap_or_default(),
        checks: checks
            .map(|(check, expected)| CheckView::of(&open, check, expected, actor.role, now))
            .collect(),
        decisions: decisions(&open),
        alerts: alerts(&open, actor.role, now),
        acts: acts(enquiry, actor.role, now),
        timeline: Timeline::of(&events, whose_event),
    }))
}

/// Who asks, for what, and by when.
fn summary(console: &Console, enquiry: &Enquiry) -> Vec<Line> {
    let holder = enquiry.holder.as_ref();
    let held = holder.map_or_else(Vec::new, |holder| {
        let person = holder.person.as_ref();
        let person = person.map_or_else(String::new, record::person);
        vec![person, holder.unit.team.clone(), holder.unit.office.clone()]
    });
    let deadline = match &enquiry.deadline {
        Deadline::Hearing(hearing) => when::civil(hearing.local),
        Deadline::ReplyBy { at, .. } => format!("Reply by {}", when::moment(*at)),
    };
    let report = enquiry.report.map(record::report);
    let concerns = enquiry
        .concerns
        .iter()
        .map(|one| record::concern(*one).into());
    let curfew = match &enquiry.curfew {
        Curfew::NotProposed => "Not proposed".into(),
        Curfew::Proposed => "Proposed: it cannot stand without an answer".into(),
        Curfew::Withdrawn { by, at } => {
            format!("Withdrawn by {} on {}", record::by(by), when::moment(*at))
        }
    };
    let mut lines = vec![
        line("Asked by", asker(&enquiry.requester)),
        line("Held by", held),
        line(
            "Hearing",
            vec![
                deadline,
                console.broker.courts().name(enquiry.deadline.court()),
            ],
        ),
        line(
            "For",
            vec![
                record::purpose(enquiry.purpose).into(),
                report.unwrap_or_default().into(),
            ],
        ),
        line(
            "Custody",
            vec![
                if enquiry.in_custody {
                    "In custody"
                } else {
                    "Not in custody"
                }
                .into(),
            ],
        ),
        line("Curfew", vec![curfew]),
        line("Concerns", concerns.collect()),
        line("Sent", vec![when::moment(enquiry.submitted_at)]),
    ];
    if let Some(sentence) = &enquiry.sentence {
        let outcome = record::sentence(sentence.outcome);
        let by = format!("recorded by {}", record::by(&sentence.by));
        let told = format!("{outcome}, {}", when::date(sentence.date));
        lines.push(line("Sentence", vec![told, by]));
    }
    lines.retain(|line| !line.values.is_empty());
    lines
}

/// Who asks, from where, and for whom.
fn asker(requester: &Requester) -> Vec<String> {
    let (person, unit) = (&requester.person, &requester.unit);
    let from = [&unit.team, &unit.office, &unit.region, &person.contact];
    let other = requester.on_behalf_of.iter();
    let other = other.map(|other| format!("for {}", record::person(other)));
    let who = [record::person(person)].into_iter();
    who.chain(from.map(Clone::clone)).chain(other).collect()
}

/// A row, without values that say nothing.
pub(super) fn line(key: &'static str, mut values: Vec<String>) -> Line {
    values.retain(|value| !value.trim().is_empty());
    Line { key, values }
}

/// What was decided at court, and how the hearing moved, newest first.
fn decisions(open: &OpenEnquiry) -> Vec<Said> {
    let enquiry = &open.enquiry;
    let named = |number: &u8| {
        let check = enquiry.check(*number)?;
        Some(whose(&open.responders, enquiry, check))
    };
    let decided = enquiry.decisions.iter().enumerate().map(|(place, one)| {
        let (name, who) = match &one.kind {
            CourtDecisionKind::SeekAdjournment => (DecisionName::SeekAdjournment, String::new()),
            CourtDecisionKind::ProceedWithout { authorised_by } => {
                let by = format!("Authorised by {}", record::person(authorised_by));
                (DecisionName::ProceedWithout, by)
            }
            CourtDecisionKind::WithdrawCurfew => (DecisionName::WithdrawCurfew, String::new()),
        };
        let without: Vec<String> = one.outstanding.iter().filter_map(named).collect();
        let note = open.text(TextPlace::DecisionNote { decision: place });
        let without = format!("Without an answer of {}", without.join(", "));
        (
            one.at,
            said(decided(name), &one.by, one.at, [without, who, note.into()]),
        )
    });
    let moved = enquiry.moves.iter().enumerate().map(|(place, one)| {
        let from = format!("It was {}", when::moment(one.from.at()));
        let reason = open.text(TextPlace::MoveReason { moved: place });
        let none = String::new();
        (
            one.at,
            said(
                "Hearing moved",
                &one.by,
                one.at,
                [from, reason.into(), none],
            ),
        )
    });
    let mut all: Vec<_> = decided.chain(moved).collect();
    all.sort_by_key(|(at, _)| core::cmp::Reverse(*at));
    all.into_iter().map(|(_, said)| said).collect()
}

fn said(title: &str, by: &usher_domain::actor::By, at: Timestamp, lines: [String; 3]) -> Said {
    Said {
        title: title.into(),
        by: format!("{}, {}", record::by(by), when::moment(at)),
        lines: lines.into_iter().filter(|line| !line.is_empty()).collect(),
    }
}

fn alerts(open: &OpenEnquiry, role: Role, now: Timestamp) -> Vec<Watched> {
    let live = open.enquiry.alerts.iter().filter(|alert| alert.is_live());
    live.map(|alert| {
        let about = open.enquiry.check(alert.check);
        let whose = about.map(|check| whose(&open.responders, &open.enquiry, check));
        let note = open.text(TextPlace::AcknowledgeNote {
            alert: alert.number,
        });
        let mut watched = watched(alert, now);
        watched.lines.insert(0, whose.unwrap_or_default());
        watched.lines.push(note.into());
        watched.lines.retain(|line| !line.is_empty());
        if alert.is_open() && permits(role, VerbName::Acknowledge) && addressed(role, alert) {
            let (id, number) = (open.enquiry.id, alert.number);
            watched.acknowledge = format!("/alerts/{id}/{number}/acknowledge");
        }
        watched
    })
    .collect()
}

fn watched(alert: &Alert, now: Timestamp) -> Watched {
    let due = format!("Due {}", when::short(alert.due_at, now));
    let told = format!("Told: {}", words::audiences(&alert.audience));
    let (standing, after) = match &alert.state {
        AlertState::Acknowledged { by, expires, .. } => {
            let until = when::short(*expires, now);
            let after = format!("Looked after by {}, until {until}", record::by(by));
            (tag("Looked after", "blue"), after)
        }
        AlertState::Open { .. } => (tag("Open", "red"), "Nobody looks after it".into()),
        AlertState::Resolved { .. } => (tag("Over", "grey"), String::new()),
    };
    Watched {
        what: words::cause(&alert.cause),
        standing,
        lines: vec![after, due, told],
        acknowledge: String::new(),
    }
}

/// What the role may do now with the whole of it.
fn acts(enquiry: &Enquiry, role: Role, now: Timestamp) -> Vec<Need> {
    let is_outstanding = enquiry.outstanding().next().is_some();
    let before_sentence = enquiry.purpose.before_sentence();
    let is_heard = before_sentence && enquiry.deadline.at() <= now;
    let all = [
        (
            is_outstanding && before_sentence,
            VerbName::DecideWithout,
            "decide-without",
            "Record what was decided without an answer",
        ),
        (
            is_heard,
            VerbName::RecordSentence,
            "record-sentence",
            "Record the sentence",
        ),
        (
            true,
            VerbName::MoveHearing,
            "move-hearing",
            if before_sentence {
                "Move the hearing"
            } else {
                "Move the day to reply by"
            },
        ),
        (
            true,
            VerbName::Reassign,
            "reassign",
            "Hand over to another practitioner",
        ),
        (
            is_outstanding,
            VerbName::Withdraw,
            "withdraw",
            "Take the enquiry back",
        ),
    ];
    let may = all
        .into_iter()
        .filter(|(is_now, verb, ..)| *is_now && permits(role, *verb));
    let may = may.map(|(_, _, path, text)| Need {
        path: format!("/enquiries/{}/{path}", enquiry.id),
        text: text.into(),
    });
    let case = enquiry.case.map(|case| Need {
        path: format!("/cases/{case}"),
        text: "See the case".into(),
    });
    case.into_iter().chain(may).collect()
}
