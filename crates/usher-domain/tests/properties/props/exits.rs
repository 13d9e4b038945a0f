//! No silent exit; nothing said is lost; a deadline moves only in somebody's name.

use crate::story::stories;
use crate::world::{Turn, World, play};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::collections::BTreeMap;
use usher_domain::actor::{By, Role};
use usher_domain::command::{Verb, VerbName, WithoutAnswer};
use usher_domain::enquiry::{
    Check, CheckState, CloseReason, Enquiry, LateEffect, Purpose, SentenceOutcome, Timeliness,
};
use usher_domain::event::{Event, EventKind};

fn is_named(by: &By) -> bool {
    by.person
        .as_ref()
        .is_some_and(|person| !person.name.trim().is_empty())
}

/// The check at the end of the chain from `check`, if the chain ends.
fn end_of_chain<'a>(enquiry: &'a Enquiry, check: &'a Check) -> Option<&'a Check> {
    let mut last = check;
    for _ in 0..=enquiry.checks.len() {
        match &last.state {
            CheckState::Redirected { to, .. } => last = enquiry.check(*to)?,
            _ => return Some(last),
        }
    }
    None
}

fn exits_as_allowed(turn: &Turn, before: &Check, after: &Check) -> Result<(), TestCaseError> {
    let verb = turn.command.verb.name();
    match &after.state {
        CheckState::Answered { answers, received } => {
            let newest = u8::try_from(answers.len()).unwrap();
            let read =
                matches!(turn.command.verb, Verb::Receive { version, .. } if version == newest);
            prop_assert!(read, "{verb:?} of an older version");
            prop_assert!(
                received
                    .as_ref()
                    .is_some_and(|receipt| is_named(&receipt.by))
            );
            prop_assert!(!before.state.is_outstanding());
        }
        CheckState::Redirected { .. } => {
            prop_assert!(matches!(verb, VerbName::Redirect | VerbName::Reroute));
        }
        CheckState::Closed { by, .. } => {
            prop_assert!(matches!(verb, VerbName::Close | VerbName::Withdraw));
            prop_assert!(is_named(by));
        }
        state => prop_assert!(false, "{} is no exit", state.name()),
    }
    prop_assert_ne!(turn.who.role, Role::Clock);
    Ok(())
}

fn versions(check: &Check) -> &[usher_domain::enquiry::Answer] {
    match &check.state {
        CheckState::Answered { answers, .. } => answers,
        _ => &[],
    }
}

/// By check: the reason that was given last, and the name of who gave it.
type Said = BTreeMap<u8, (CloseReason, String)>;

fn name(by: &By) -> String {
    by.person.as_ref().map_or("", |person| &person.name).into()
}

/// Told apart from the record on purpose: who said last that a check should be closed, and whether the check stayed as it was since.
fn closed_by_two(world: &World, turn: &Turn, said: &mut Said) -> Result<(), TestCaseError> {
    let Ok(transition) = &turn.result else {
        return Ok(());
    };
    for event in &transition.events {
        let Some(check) = event
            .check
            .and_then(|number| transition.enquiry.check(number))
        else {
            continue;
        };
        match event.kind {
            EventKind::CloseProposed { reason } => {
                prop_assert!(is_named(&event.by) && check.state.is_outstanding());
                said.insert(check.number, (reason, name(&event.by)));
            }
            EventKind::Closed { reason } => {
                let first = said.remove(&check.number);
                let takes_two = world.policy.second_person.contains(&reason);
                let by_two = first.is_some_and(|(first, who)| {
                    first == reason && who != name(&event.by) && is_named(&event.by)
                });
                prop_assert!(by_two || !takes_two, "{} by one", reason.name());
                prop_assert_eq!(check.closing.is_some(), takes_two);
            }
            EventKind::Answered { .. }
            | EventKind::Redirected { .. }
            | EventKind::Rerouted { .. } => {
                said.remove(&check.number);
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::props::config())]

    #[test]
    fn what_takes_two_persons_is_never_closed_by_one(story in stories()) {
        let mut said = Said::new();
        play(story, |world, turn| closed_by_two(world, turn, &mut said))?;
    }

    #[test]
    fn a_proposal_to_close_changes_nothing_else(story in stories()) {
        play(story, |_, turn| {
            let Ok(transition) = &turn.result else {
                return Ok(());
            };
            let is_proposal = |event: &Event| matches!(event.kind, EventKind::CloseProposed { .. });
            if transition.events.iter().any(is_proposal) {
                prop_assert_eq!(transition.events.len(), 1);
                let plain = |enquiry: &Enquiry| {
                    let mut enquiry = enquiry.clone();
                    enquiry.applied.clear();
                    enquiry.checks.iter_mut().for_each(|check| check.closing = None);
                    enquiry
                };
                prop_assert_eq!(plain(&turn.before), plain(&transition.enquiry));
            }
            for check in &turn.after().checks {
                let closed = matches!(check.state, CheckState::Closed { .. });
                let stands = closed || check.state.is_outstanding();
                prop_assert!(stands || check.closing.is_none(), "check {}", check.number);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_check_ends_only_by_a_receipt_a_successor_or_a_named_person(story in stories()) {
        play(story, |_, turn| {
            let after = turn.after();
            prop_assert!(after.checks.len() >= turn.before.checks.len());
            for (before, after) in turn.before.checks.iter().zip(&after.checks) {
                match (before.state.is_exit(), after.state.is_exit()) {
                    (false, true) => exits_as_allowed(turn, before, after)?,
                    // Only an answer, first or newer, makes an exit open again.
                    (true, false) => prop_assert!(matches!(
                        turn.command.verb.name(),
                        VerbName::Answer | VerbName::AnswerByPhone
                    )),
                    (true, true) => prop_assert_eq!(&before.state, &after.state),
                    (false, false) => {}
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn every_receipt_of_a_late_answer_and_no_other_says_what_it_would_have_changed(story in stories()) {
        play(story, |_, turn| {
            for check in &turn.after().checks {
                let CheckState::Answered { answers, received: Some(receipt) } = &check.state else {
                    continue;
                };
                let newest = answers.last().map(|answer| answer.timeliness);
                // What comes of a referral changes no sentence.
                let may_change = turn.after().purpose != Purpose::Referral;
                let is_late = newest == Some(Timeliness::AfterHearing);
                prop_assert_eq!(is_late && may_change, !receipt.effects.is_empty());
                let nothing = receipt.effects.contains(&LateEffect::Nothing);
                prop_assert!(!nothing || receipt.effects.len() == 1);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_sentence_leaves_nothing_outstanding_untold_and_ends_no_check(story in stories()) {
        play(story, |_, turn| {
            let Verb::RecordSentence { outcome, .. } = turn.command.verb else {
                return Ok(());
            };
            let Ok(transition) = &turn.result else {
                return Ok(());
            };
            let after = &transition.enquiry;
            let states = |enquiry: &Enquiry| -> Vec<CheckState> {
                enquiry.checks.iter().map(|check| check.state.clone()).collect()
            };
            prop_assert_eq!(states(&turn.before), states(after));
            let recorded = after.sentence.as_ref();
            prop_assert!(recorded.is_some_and(|sentence| is_named(&sentence.by)));
            if transition.events.is_empty() {
                return Ok(());
            }
            prop_assert_eq!(recorded.map(|sentence| sentence.outcome), Some(outcome));
            for check in after.outstanding() {
                let told = check.sentenced_outstanding_at.is_some();
                prop_assert_eq!(told, outcome != SentenceOutcome::NoSentence);
            }
            Ok(())
        })?;
    }

    #[test]
    fn every_chain_of_redirections_ends_at_a_check(story in stories()) {
        play(story, |_, turn| {
            let after = turn.after();
            for check in &after.checks {
                prop_assert!(end_of_chain(after, check).is_some(), "check {}", check.number);
            }
            Ok(())
        })?;
    }

    #[test]
    fn responders_cannot_send_a_check_round_and_round(story in stories()) {
        play(story, |_, turn| {
            let (before, after) = (&turn.before, turn.after());
            let opened = after.checks.iter().skip(before.checks.len());
            for check in opened.filter(|_| turn.who.role == Role::Adapter) {
                let sent_away = before.checks.iter().any(|other| {
                    other.responder == check.responder
                        && matches!(other.state, CheckState::Redirected { .. })
                });
                prop_assert!(check.responder.is_none() || !sent_away);
            }
            Ok(())
        })?;
    }

    #[test]
    fn only_a_live_lease_of_ones_own_moves_a_leased_check(story in stories()) {
        play(story, |_, turn| {
            for (before, after) in turn.before.checks.iter().zip(&turn.after().checks) {
                if let CheckState::Leased { lease } = &before.state
                    && turn.who.role == Role::Adapter
                    && before.state != after.state
                {
                    prop_assert!(turn.now < lease.expires);
                    prop_assert_eq!(&turn.who.client, &lease.client);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_answer_is_ever_overwritten(story in stories()) {
        play(story, |_, turn| {
            for (before, after) in turn.before.checks.iter().zip(&turn.after().checks) {
                prop_assert!(versions(after).starts_with(versions(before)));
                prop_assert!(after.exchanges.len() >= before.exchanges.len());
                for (old, new) in before.exchanges.iter().zip(&after.exchanges) {
                    prop_assert_eq!(&old.question, &new.question);
                    prop_assert!(old.reply.is_none() || old.reply == new.reply);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_deadline_moves_only_for_a_named_person_with_a_reason(story in stories()) {
        play(story, |_, turn| {
            let after = turn.after();
            if after.deadline != turn.before.deadline {
                let (deadline, reason) = match &turn.command.verb {
                    Verb::MoveHearing { deadline, reason } => (deadline, reason),
                    Verb::DecideWithout {
                        decision: WithoutAnswer::SeekAdjournment { to: Some(deadline) },
                        note,
                    } => (deadline, note),
                    _ => return Err(TestCaseError::fail("moved by another verb")),
                };
                let Some(moved) = after.moves.last() else {
                    return Err(TestCaseError::fail("the move is not kept"));
                };
                prop_assert_eq!(&after.deadline, deadline);
                prop_assert_eq!(&moved.from, &turn.before.deadline);
                prop_assert!(is_named(&moved.by) && !reason.is_empty());
            }
            Ok(())
        })?;
    }
}
