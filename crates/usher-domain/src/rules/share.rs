//! What the agreement in force says of a check: when it is opened, whenever a program wants it or the clock looks at it while it waits,
//! and when a program answers. What it denies goes to the operators, and is never dropped.

use super::raise::raise_trouble;
use crate::agreement::{Ruling, Sharing, SharingDecision};
use crate::alert::Trouble;
use crate::code::ResponderId;
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, RouteReason, UnroutableWhy};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::ladder::Audience;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::to_london;

/// What the agreements say, on this day in London, of asking `responder` what this enquiry asks.
fn ruling<'a>(work: &Work<'a>, responder: &ResponderId) -> Ruling<'a> {
    let (day, purpose) = (to_london(work.now).date(), work.enquiry.purpose);
    let policy: &'a Policy = work.policy;
    policy.agreements.ruling(responder, purpose, day)
}

fn sharing(ruling: &Ruling<'_>, with: &ResponderId) -> Sharing {
    Sharing {
        with: with.clone(),
        decision: ruling.decision,
        agreement: ruling.agreement.map(crate::agreement::Agreement::reference),
        overruled: false,
    }
}

/// What is decided of a check for `with` that is about to be opened, and why it is denied, where it is. An operator who sends a check
/// to the very responder that it was denied to overrules the agreement: then the people of the responder are asked, and no program.
pub(super) fn decide_opening(
    work: &Work<'_>,
    with: &ResponderId,
    reasons: &[RouteReason],
) -> (Sharing, Option<UnroutableWhy>) {
    let ruling = ruling(work, with);
    let sharing = sharing(&ruling, with);
    let denied = |check: &Check| {
        let unroutable = matches!(check.state, CheckState::Unroutable { .. });
        unroutable && check.concerned() == Some(with)
    };
    let by_operator = reasons.contains(&RouteReason::Operator);
    if ruling.why.is_some() && by_operator && work.enquiry.checks.iter().any(denied) {
        let overruled = Sharing {
            decision: SharingDecision::Review,
            overruled: true,
            ..sharing
        };
        return (overruled, None);
    }
    (sharing, ruling.why)
}

/// Decides anew, by the agreement in force now, a check that waits. Whether a program may still be lent it, its state tells.
pub(super) fn reconsider(work: &mut Work<'_>, number: CheckNumber) {
    let Some(check) = work.enquiry.check(number) else {
        return;
    };
    let (CheckState::Waiting { since, for_people }, Some(responder)) =
        (&check.state, check.responder.clone())
    else {
        return;
    };
    let (since, for_people, now) = (*since, *for_people, work.now);
    if check
        .sharing
        .as_ref()
        .is_some_and(|sharing| sharing.overruled)
    {
        return;
    }
    let ruling = ruling(work, &responder);
    let (decision, sharing) = (ruling.decision, sharing(&ruling, &responder));
    let Some(check) = work.enquiry.check_mut(number) else {
        return;
    };
    check.sharing = Some(sharing);
    let Some(why) = ruling.why else {
        let state = check.waiting(since, for_people);
        if state != check.state {
            check.state = state;
            work.record(
                number,
                EventKind::Reconsidered {
                    responder,
                    decision,
                },
            );
        }
        return;
    };
    check.responder = None;
    check.state = CheckState::Unroutable {
        why: vec![why],
        since: now,
    };
    Policy::stand_in(&mut check.ladder.steps);
    work.record(
        number,
        EventKind::Reconsidered {
            responder,
            decision,
        },
    );
    raise_trouble(work, number, Trouble::Unroutable, &[Audience::Operator]);
}

/// Whether people of the responder may take on a check that waits.
pub(super) fn may_take(work: &Work<'_>, check: &Check) -> Result<(), Rejection> {
    let overruled = check
        .sharing
        .as_ref()
        .is_some_and(|sharing| sharing.overruled);
    match (&check.state, &check.responder) {
        (CheckState::Waiting { .. }, Some(responder)) if !overruled => ruling(work, responder)
            .why
            .map_or(Ok(()), |why| Err(Rejection::NotAgreed { why })),
        _ => Ok(()),
    }
}

/// Whether whoever answers may: a named person always, as what a borough knows is never thrown away; a program where the agreement lets it.
pub(super) fn may_answer(work: &Work<'_>, check: &Check) -> Result<(), Rejection> {
    let person = work.actor.person.as_ref();
    let named = person.is_some_and(|person| !person.name.trim().is_empty());
    let Some(responder) = check.responder.as_ref().filter(|_| !named) else {
        return Ok(());
    };
    let ruling = ruling(work, responder);
    let for_people = |sharing: &Sharing| sharing.decision == SharingDecision::Review;
    if ruling.automatic_answers() && !check.sharing.as_ref().is_some_and(for_people) {
        return Ok(());
    }
    let agreement = ruling.agreement.map(crate::agreement::Agreement::reference);
    Err(Rejection::AutomaticAnswer { agreement })
}

#[cfg(test)]
mod tests;
