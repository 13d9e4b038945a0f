//! One case: what it needs, which enquiries ask for it, and what happened.

use super::cases::{need, summary, title};
use super::enquiry::{Line, people_lines};
use super::needs::Need;
use super::timeline::{PAGE, Timeline, every};
use crate::broker::case::OpenCase;
use crate::broker::case::input::CaseHistoryInput;
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::when;
use crate::console::words::{Tag, record};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::actor::Role;
use usher_domain::alert::AlertState;
use usher_domain::case::{Covering, Requirement, RequirementState};
use usher_domain::command::VerbName;
use usher_domain::id::CaseId;
use usher_domain::permit::{addressed, permits};
use usher_domain::time::Timestamp;

/// A check that the case needs.
struct Needed {
    what: String,
    state: Tag,
    lines: Vec<String>,
    /// Enquiries that ask for it, and what can be done.
    links: Vec<Need>,
}

#[derive(Template)]
#[template(path = "officer/case.html")]
struct Page {
    frame: Frame,
    reference: String,
    title: String,
    summary: Vec<Line>,
    people: Vec<Line>,
    needed: Vec<Needed>,
    acts: Vec<Need>,
    timeline: Timeline,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<CaseId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let (broker, actor) = (&console.broker, &visitor.actor);
    let open = broker.view_case(id, actor).await?;
    let page = |after| async move {
        let input = CaseHistoryInput {
            case: id,
            after,
            size: PAGE,
        };
        broker.case_history(&input, actor).await
    };
    let events = every(page).await?;
    let now = broker.clock().now();
    let requirements = open.case.requirements.iter().enumerate();
    let needed = |(place, one)| needed(&open, place, one, actor.role, now);
    Ok(show(&Page {
        frame: Frame::of(&visitor, format!("Case {}", id.reference())).await,
        reference: id.reference().to_string(),
        title: title(&open),
        summary: summary(&console, &open),
        people: open.personal.as_ref().map(people_lines).unwrap_or_default(),
        needed: requirements.map(needed).collect(),
        acts: acts(&open, actor.role),
        timeline: Timeline::of(&events, |_| String::new()),
    }))
}

fn needed(
    open: &OpenCase,
    place: usize,
    requirement: &Requirement,
    role: Role,
    now: Timestamp,
) -> Needed {
    let case = &open.case;
    let (what, state) = need(requirement);
    let due = requirement.due;
    let mut lines = Vec::new();
    let mut links = Vec::new();
    match &requirement.state {
        RequirementState::Needed => {
            lines.push(format!(
                "To be asked by {}, {}",
                when::moment(due),
                when::from_now(due, now)
            ));
            if permits(role, VerbName::Submit) {
                links.push(link(format!("/ask?case={}", case.id), "Ask now"));
            }
            if permits(role, VerbName::SetAside) {
                let path = format!("/cases/{}/set-aside?check={}", case.id, requirement.number);
                links.push(link(path, "Set it aside"));
            }
        }
        RequirementState::Met { enquiries, at, .. } => {
            lines.push(format!("Asked {}", when::moment(*at)));
            links.extend(enquiries.iter().map(|Covering { enquiry, .. }| {
                let text = format!("Enquiry {}", enquiry.reference());
                link(format!("/enquiries/{enquiry}"), &text)
            }));
        }
        RequirementState::SetAside {
            reason,
            answer,
            by,
            at,
            ..
        } => {
            let note = open.set_aside.get(place).cloned().unwrap_or_default();
            lines.push(record::set_aside(*reason).into());
            lines.push(note);
            lines.push(format!("{}, {}", record::by(by), when::moment(*at)));
            links.extend(answer.map(|answer| {
                let text = format!("The answer in enquiry {}", answer.enquiry.reference());
                let path = format!("/enquiries/{}#check-{}", answer.enquiry, answer.number);
                link(path, &text)
            }));
        }
    }
    for alert in case
        .alerts
        .iter()
        .filter(|alert| alert.is_live() && alert.check == requirement.number)
    {
        if let AlertState::Acknowledged { by, expires, .. } = &alert.state {
            let until = when::short(*expires, now);
            lines.push(format!("Looked after by {}, until {until}", record::by(by)));
        } else if permits(role, VerbName::Acknowledge) && addressed(role, alert) {
            let path = format!("/alerts/{}/{}/acknowledge", case.id, alert.number);
            links.push(link(path, "Look after the alert"));
        }
    }
    lines.retain(|line| !line.is_empty());
    Needed {
        what,
        state,
        lines,
        links,
    }
}

fn link(path: String, text: &str) -> Need {
    Need {
        path,
        text: text.into(),
    }
}

fn acts(open: &OpenCase, role: Role) -> Vec<Need> {
    let may = permits(role, VerbName::Reassign);
    let reassign = link(
        format!("/cases/{}/reassign", open.case.id),
        "Hand over to another practitioner",
    );
    may.then_some(reassign).into_iter().collect()
}
