//! As [`crate::decide`], for cases: load → **decide** → commit → announce. Pure and total; nobody else changes a case.

use super::command::{CaseCommand, CaseVerb};
use super::event::CaseEventKind;
use super::{Case, rules};
use crate::actor::{Actor, By};
use crate::decide::{Earlier, earlier, remember};
use crate::event::{Event, EventKind};
use crate::id::RequirementNumber;
use crate::permit;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// What a command leads to: the new state and the events. No events means that nothing has changed: a repeated request, a list that says
/// what it said before, or a clock with nothing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseTransition {
    /// The case as it now is.
    pub case: Case,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// Decides what `command` by `actor` at `now` leads to.
///
/// # Errors
/// The [`Rejection`] that says why nothing changes. What the actor may not know of reads as not there.
pub fn decide(
    current: Option<&Case>,
    command: &CaseCommand,
    actor: &Actor,
    now: Timestamp,
    policy: &Policy,
) -> Result<CaseTransition, Rejection> {
    let verb = command.verb.name();
    permit::check(actor, verb)?;
    let mut work = match (current, &command.verb) {
        (None, CaseVerb::Register(row)) => Work {
            case: rules::register::open(row, actor, now)?,
            events: Vec::new(),
            actor,
            now,
            policy,
        },
        (None, _) => return Err(Rejection::NotFound { what: "case" }),
        (Some(case), _) if !permit::sees_case(actor, case) => {
            return Err(Rejection::NotFound { what: "case" });
        }
        (Some(case), _) => {
            match earlier(&case.applied, command.request) {
                Some(Earlier::Same) => {
                    return Ok(CaseTransition {
                        case: case.clone(),
                        events: Vec::new(),
                    });
                }
                Some(Earlier::Other) => return Err(Rejection::RequestReused),
                None => {}
            }
            Work {
                case: case.clone(),
                events: Vec::new(),
                actor,
                now,
                policy,
            }
        }
    };
    dispatch(&mut work, current.is_none(), &command.verb)?;
    rules::settle::settle(&mut work);
    rules::weigh::weigh(current, &work.case)?;
    if !work.events.is_empty()
        && let Some(request) = command.request
    {
        remember(&mut work.case.applied, request);
    }
    Ok(CaseTransition {
        case: work.case,
        events: work.events,
    })
}

fn dispatch(work: &mut Work<'_>, is_new: bool, verb: &CaseVerb) -> Result<(), Rejection> {
    match verb {
        CaseVerb::Register(row) if is_new => rules::register::announce(work, row),
        CaseVerb::Register(row) => rules::register::register(work, row),
        CaseVerb::TakeOff => {
            rules::take_off::take_off(work);
            Ok(())
        }
        CaseVerb::EnterStage { purpose, due } => {
            rules::enter_stage::enter_stage(work, *purpose, *due)
        }
        CaseVerb::Cover(cover) => rules::cover::cover(work, cover),
        CaseVerb::Uncover { enquiry, kinds } => {
            rules::uncover::uncover(work, *enquiry, kinds);
            Ok(())
        }
        CaseVerb::SetAside {
            requirement,
            reason,
            answer,
            note,
        } => rules::set_aside::set_aside(work, *requirement, *reason, *answer, note),
        CaseVerb::Reassign { holder } => {
            rules::reassign::reassign(work, holder);
            Ok(())
        }
        CaseVerb::Acknowledge { alert, note } => {
            rules::acknowledge::acknowledge(work, *alert, note)
        }
        CaseVerb::View => {
            rules::view::view(work);
            Ok(())
        }
        CaseVerb::Advance => {
            rules::advance::advance(work);
            Ok(())
        }
    }
}

/// One command at work on a copy of the case.
pub(super) struct Work<'a> {
    pub(super) case: Case,
    pub(super) events: Vec<Event>,
    pub(super) actor: &'a Actor,
    pub(super) now: Timestamp,
    pub(super) policy: &'a Policy,
}

impl Work<'_> {
    pub(super) fn by(&self) -> By {
        By::from(self.actor)
    }

    pub(super) fn record(
        &mut self,
        requirement: impl Into<Option<RequirementNumber>>,
        kind: CaseEventKind,
    ) {
        let event = Event {
            at: self.now,
            by: self.by(),
            check: requirement.into(),
            kind: EventKind::Case(kind),
        };
        self.events.push(event);
    }
}
