//! Requests are idempotent, what is hidden reads as absent, and nothing grows without bound.

use crate::story::stories;
use crate::world::{Turn, actors, play};
use proptest::prelude::*;
use usher_domain::actor::{Actor, By, Courts, Person, Role};
use usher_domain::alert::AlertState;
use usher_domain::command::{Command, Request, Verb};
use usher_domain::decide::decide;
use usher_domain::enquiry::{CheckState, CourtDecisionKind, Curfew, Enquiry};
use usher_domain::event::EventKind;
use usher_domain::limits;
use usher_domain::rejection::Rejection;
use usher_domain::time::Timestamp;

/// Told apart from `permit` on purpose.
fn may_see(actor: &Actor, enquiry: &Enquiry) -> bool {
    match actor.role {
        Role::Clock => true,
        Role::Adapter => enquiry
            .checks
            .iter()
            .filter_map(|check| check.responder.as_ref())
            .any(|responder| actor.responders.contains(responder)),
        Role::Officer | Role::Manager | Role::Operator | Role::Inspector => match &actor.courts {
            Courts::All => true,
            Courts::Only(courts) => courts.contains(&enquiry.deadline.court()),
        },
    }
}

fn is_remembered(turn: &Turn) -> bool {
    let changed = matches!(&turn.result, Ok(transition) if !transition.events.is_empty());
    let loan = matches!(turn.command.verb, Verb::Lease { .. } | Verb::Renew { .. });
    changed && !loan
}

fn person(person: &Person) -> usize {
    person.name.len() + person.post.len() + person.contact.len()
}

fn by(by: &By) -> usize {
    limits::ENTRY_BYTES + by.client.as_str().len() + by.person.as_ref().map_or(0, person)
}

/// Texts, names and entries of the whole enquiry, counted without the core's help.
fn weight(enquiry: &Enquiry) -> usize {
    let mut sum = enquiry.personal.bytes().len()
        + person(&enquiry.requester.person)
        + enquiry.requester.on_behalf_of.as_ref().map_or(0, person)
        + enquiry.requester.unit.region.len()
        + enquiry.requester.unit.office.len()
        + enquiry.requester.unit.team.len()
        + enquiry.requester.unit.mailbox.len();
    if let Curfew::Withdrawn { by: who, .. } = &enquiry.curfew {
        sum += by(who);
    }
    for moved in &enquiry.moves {
        sum += by(&moved.by) + moved.reason.bytes().len();
    }
    for decision in &enquiry.decisions {
        sum += by(&decision.by) + decision.note.bytes().len();
        if let CourtDecisionKind::ProceedWithout { authorised_by } = &decision.kind {
            sum += person(authorised_by);
        }
    }
    for alert in &enquiry.alerts {
        if let AlertState::Acknowledged { by: who, note, .. } = &alert.state {
            sum += by(who) + note.bytes().len();
        }
    }
    for check in &enquiry.checks {
        for exchange in &check.exchanges {
            sum += by(&exchange.asked_by) + exchange.question.bytes().len();
            if let Some(reply) = &exchange.reply {
                sum += by(&reply.by) + reply.text.bytes().len();
            }
        }
        if let Some(closing) = &check.closing {
            sum += by(&closing.by) + closing.note.bytes().len();
        }
        sum += match &check.state {
            CheckState::Accepted { by: who, .. }
            | CheckState::Asked { by: who, .. }
            | CheckState::Redirected { by: who, .. } => by(who),
            CheckState::Closed { by: who, note, .. } => by(who) + note.bytes().len(),
            CheckState::Answered { answers, received } => {
                let answers = answers
                    .iter()
                    .map(|one| by(&one.by) + one.content.bytes().len());
                answers.sum::<usize>() + received.as_ref().map_or(0, |receipt| by(&receipt.by))
            }
            CheckState::Waiting { .. }
            | CheckState::Leased { .. }
            | CheckState::Unroutable { .. } => 0,
        };
    }
    sum
}

proptest! {
    #![proptest_config(crate::props::config())]

    #[test]
    fn a_repeated_request_changes_nothing_and_a_reused_one_is_refused(story in stories()) {
        play(story, |world, turn| {
            let Some(request) = turn.command.request.filter(|_| is_remembered(turn)) else {
                return Ok(());
            };
            let again = |digest, now| {
                let request = Some(Request { digest, ..request });
                let command = Command { request, ..turn.command.clone() };
                decide(Some(turn.after()), &command, &turn.who, now, &world.policy)
            };
            for now in [turn.now, Timestamp::MIN, Timestamp::MAX] {
                if !may_see(&turn.who, turn.after()) {
                    // It went to another court: who moved it there sees no more of it.
                    let hidden = Rejection::NotFound { what: "enquiry" };
                    prop_assert_eq!(again(request.digest, now), Err(hidden.clone()));
                    prop_assert_eq!(again(request.digest + 1, now), Err(hidden));
                    continue;
                }
                let repeated = again(request.digest, now).unwrap();
                prop_assert_eq!(&repeated.enquiry, turn.after());
                prop_assert_eq!(repeated.events, Vec::new());
                prop_assert_eq!(again(request.digest + 1, now), Err(Rejection::RequestReused));
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_an_actor_may_not_see_reads_as_absent(story in stories()) {
        play(story, |world, turn| {
            for who in actors().iter().filter(|who| !may_see(who, &turn.before)) {
                if matches!(turn.command.verb, Verb::Submit(_)) {
                    continue;
                }
                let hidden = world.give(who, &turn.command, turn.now);
                let absent = decide(None, &turn.command, who, turn.now, &world.policy);
                prop_assert!(hidden.is_err());
                prop_assert_eq!(hidden, absent);
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_adapter_touches_only_the_checks_of_its_responders(story in stories()) {
        play(story, |_, turn| {
            if turn.who.role != Role::Adapter {
                return Ok(());
            }
            let joined = matches!(turn.command.verb, Verb::Redirect { .. });
            for (before, after) in turn.before.checks.iter().zip(&turn.after().checks) {
                let own = before.responder.as_ref().is_some_and(|id| turn.who.responders.contains(id));
                prop_assert!(own || before.state == after.state);
                prop_assert!(own || joined || before == after);
            }
            Ok(())
        })?;
    }

    #[test]
    fn whoever_is_shown_an_enquiry_changes_nothing_of_it(story in stories()) {
        play(story, |world, turn| {
            let view = Command { request: None, verb: Verb::View { check: Some(1) } };
            for who in actors() {
                let shown = decide(Some(turn.after()), &view, &who, turn.now, &world.policy);
                let named = who.person.is_some();
                let own = turn.after().checks[0].responder.as_ref();
                let seen = may_see(&who, turn.after())
                    && (who.role != Role::Adapter || own.is_some_and(|id| who.responders.contains(id)));
                prop_assert_eq!(shown.is_ok(), named && seen);
                if let Ok(shown) = shown {
                    prop_assert_eq!(&shown.enquiry, turn.after());
                    prop_assert_eq!(shown.events.len(), 1);
                    prop_assert_eq!(&shown.events[0].kind, &EventKind::Viewed);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn events_and_change_go_together_in_the_actors_name(story in stories()) {
        play(story, |_, turn| {
            let Ok(transition) = &turn.result else {
                return Ok(());
            };
            prop_assert!(!transition.events.is_empty() || transition.enquiry == turn.before);
            for event in &transition.events {
                prop_assert_eq!(event.at, turn.now);
                prop_assert_eq!(&event.by, &By::from(&turn.who));
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_list_and_no_text_grows_beyond_its_bound(story in stories()) {
        play(story.at_length(), |_, turn| {
            let after = turn.after();
            let heavy = weight(after) > limits::PERSONAL_BYTES_MAX;
            prop_assert!(!heavy, "{} bytes", weight(after));
            prop_assert!(after.checks.len() <= limits::CHECKS_PER_ENQUIRY_MAX);
            prop_assert!(after.moves.len() <= limits::HEARING_MOVES_KEPT_MAX);
            prop_assert!(after.decisions.len() <= limits::COURT_DECISIONS_KEPT_MAX);
            prop_assert!(after.applied.len() <= limits::REQUESTS_REMEMBERED_MAX);
            for check in &after.checks {
                prop_assert!(check.ladder.steps.len() <= 2 * limits::STEPS_PER_LADDER_MAX);
                prop_assert!(check.exchanges.len() <= limits::QUESTIONS_PER_CHECK_MAX);
                prop_assert!(check.reasons.len() <= limits::REASONS_PER_CHECK_MAX);
            }
            Ok(())
        })?;
    }
}
