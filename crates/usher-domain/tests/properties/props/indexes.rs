//! The index keys are what a naive recount finds.

use crate::story::stories;
use crate::world::play;
use proptest::prelude::*;
use std::collections::BTreeSet;
use usher_domain::alert::{AlertState, Cause, Trouble};
use usher_domain::enquiry::{CheckState, Enquiry};
use usher_domain::index::{self, Keys, RecordKind};
use usher_domain::ladder::StepState;
use usher_domain::time::Timestamp;

/// Every moment at which the clock has something to do, found by looking at everything.
fn moments(enquiry: &Enquiry) -> Vec<Timestamp> {
    let mut all = Vec::new();
    for check in &enquiry.checks {
        let over = match &check.state {
            CheckState::Answered { received, .. } => received.is_some(),
            CheckState::Redirected { .. } | CheckState::Closed { .. } => true,
            _ => false,
        };
        if over {
            continue;
        }
        for step in &check.ladder.steps {
            if step.state == StepState::Pending {
                all.push(step.due);
            }
        }
        let mut missed = false;
        for alert in enquiry
            .alerts
            .iter()
            .filter(|alert| alert.check == check.number)
        {
            if let AlertState::Acknowledged { expires, .. } = &alert.state {
                all.push(*expires);
            }
            missed |= alert.is_live() && alert.cause == Cause::Trouble(Trouble::PromiseMissed);
        }
        match &check.state {
            CheckState::Leased { lease } => all.push(lease.expires),
            CheckState::Accepted { expected_by, .. } if !missed => all.extend(*expected_by),
            _ => {}
        }
    }
    all
}

fn recount(enquiry: &Enquiry) -> Keys {
    let mut responders = BTreeSet::new();
    let mut waiting = Vec::new();
    for check in &enquiry.checks {
        let denied = check.sharing.as_ref().map(|sharing| sharing.with.clone());
        responders.extend(check.responder.clone().or(denied));
        let for_programs = matches!(
            check.state,
            CheckState::Waiting {
                for_people: None,
                ..
            }
        );
        if let Some(responder) = check.responder.as_ref().filter(|_| for_programs) {
            waiting.push((responder.clone(), check.number));
        }
    }
    let (mut open_alerts, mut live_alerts) = (0, 0);
    for alert in &enquiry.alerts {
        match alert.state {
            AlertState::Open { .. } => {
                open_alerts += 1;
                live_alerts += 1;
            }
            AlertState::Acknowledged { .. } => live_alerts += 1,
            AlertState::Resolved { .. } => {}
        }
    }
    let closed = |state: &CheckState| match state {
        CheckState::Answered { received, .. } => received.is_some(),
        CheckState::Redirected { .. } | CheckState::Closed { .. } => true,
        _ => false,
    };
    Keys {
        kind: RecordKind::Enquiry,
        open: !enquiry.checks.iter().all(|check| closed(&check.state)),
        court: enquiry.deadline.court(),
        deadline: enquiry.deadline.at(),
        next_due: moments(enquiry).into_iter().min(),
        waiting,
        responders: responders.into_iter().collect(),
        open_alerts,
        live_alerts,
    }
}

proptest! {
    #![proptest_config(crate::props::config())]

    #[test]
    fn the_keys_are_what_a_recount_finds(story in stories()) {
        play(story, |_, turn| {
            prop_assert_eq!(index::keys(turn.after()), recount(turn.after()));
            Ok(())
        })?;
    }

    #[test]
    fn no_alert_outlives_its_check(story in stories()) {
        play(story, |_, turn| {
            let after = turn.after();
            for alert in after.alerts.iter().filter(|alert| alert.is_live()) {
                let check = after.check(alert.check);
                prop_assert!(check.is_some_and(|check| !check.state.is_exit()));
            }
            Ok(())
        })?;
    }
}
