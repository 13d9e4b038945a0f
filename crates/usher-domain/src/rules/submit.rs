//! An officer asks. One check per responder; what leads nowhere makes one check in the operators' queue. Never refused for its addresses.

use super::move_hearing::check_deadline;
use super::open::open;
use super::weigh::{room, weight};
use crate::actor::Actor;
use crate::command::{Request, Submit, VerbName};
use crate::decide::{Transition, Work};
use crate::enquiry::{Applied, Curfew, Enquiry, Requester};
use crate::event::EventKind;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(crate) fn submit(
    submit: &Submit,
    request: Option<Request>,
    actor: &Actor,
    now: Timestamp,
    policy: &Policy,
) -> Result<Transition, Rejection> {
    let court = submit.deadline.court();
    if !actor.courts.contain(court) {
        return Err(Rejection::OtherCourt { court });
    }
    check_deadline(submit.purpose, &submit.deadline, now)?;
    if submit.routes.is_empty() {
        return Err(Rejection::Invalid {
            field: "routes",
            why: "must name at least one check",
        });
    }
    let mut work = Work {
        enquiry: blank(submit, request, actor, now),
        events: Vec::new(),
        actor,
        now,
        policy,
    };
    let max = room(VerbName::Submit);
    if weight(&work.enquiry) > max {
        return Err(Rejection::TooMany {
            what: "bytes of text at submission",
            max,
        });
    }
    work.record(None, EventKind::Submitted);
    for route in &submit.routes {
        open(&mut work, &route.to, route.reasons.clone())?;
    }
    Ok(Transition {
        enquiry: work.enquiry,
        events: work.events,
    })
}

fn blank(submit: &Submit, request: Option<Request>, actor: &Actor, now: Timestamp) -> Enquiry {
    let applied = request.map(|request| Applied {
        request: request.id,
        digest: request.digest,
    });
    Enquiry {
        id: submit.id,
        requester: Requester {
            client: actor.client.clone(),
            person: actor.person.clone().unwrap_or_default(),
            office: submit.office.clone(),
        },
        purpose: submit.purpose,
        report: submit.report,
        in_custody: submit.in_custody,
        curfew: if submit.curfew_proposed {
            Curfew::Proposed
        } else {
            Curfew::NotProposed
        },
        imminent_harm: submit.imminent_harm,
        concerns: submit.concerns.clone(),
        deadline: submit.deadline.clone(),
        moves: Vec::new(),
        submitted_at: now,
        personal: submit.personal.clone(),
        checks: Vec::new(),
        alerts: Vec::new(),
        decisions: Vec::new(),
        applied: applied.into_iter().collect(),
    }
}
