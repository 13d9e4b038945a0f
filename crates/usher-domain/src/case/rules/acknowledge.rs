//! A named person looks after an alert about a case, for a time.

use crate::alert::AlertState;
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::id::AlertNumber;
use crate::permit::addressed;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(in crate::case) fn acknowledge(
    work: &mut Work<'_>,
    number: AlertNumber,
    note: &Sealed,
) -> Result<(), Rejection> {
    let missing = Rejection::NotFound { what: "alert" };
    let alert = work.case.alert(number).ok_or(missing.clone())?;
    let requirement = work.case.requirement(alert.check).ok_or(missing)?;
    if !addressed(work.actor.role, alert) {
        return Err(Rejection::NotAddressed);
    }
    if let AlertState::Resolved { at } = alert.state {
        return Err(Rejection::AlertEnded { at });
    }
    let track = work.case.track(requirement.purpose);
    let expires = work.policy.asking_acknowledged_until(work.now, track);
    let (requirement, state) = (
        requirement.number,
        AlertState::Acknowledged {
            by: work.by(),
            at: work.now,
            expires,
            note: note.clone(),
        },
    );
    if let Some(alert) = work
        .case
        .alerts
        .iter_mut()
        .find(|alert| alert.number == number)
    {
        alert.state = state;
    }
    work.record(
        requirement,
        CaseEventKind::Acknowledged {
            alert: number,
            expires,
        },
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::case::command::CaseVerb;
    use crate::case::rules::cases::{
        acknowledge, after, asks_children, at, check, children, clock, hidden, manager, nameless,
        officer, operator, stranger,
    };
    use crate::rejection::Rejection;

    #[test]
    #[rustfmt::skip] // a row a line
    fn whoever_it_is_for_and_operators_look_after_an_alert() {
        // Alert 1 is for the officer, alert 2 for the officer's manager.
        let late = after(children(), &[(clock(), 60, CaseVerb::Advance)]);
        check(&late, &officer(), at(61), &acknowledge(1), Ok("children:needed ~remind !manager"));
        check(&late, &officer(), at(61), &acknowledge(2), Err(Rejection::NotAddressed));
        check(&late, &manager(), at(61), &acknowledge(2), Ok("children:needed !remind ~manager"));
        check(&late, &operator(), at(61), &acknowledge(2), Ok("children:needed !remind ~manager"));
        check(&late, &officer(), at(61), &acknowledge(3), Err(hidden("alert")));
        check(&late, &stranger(), at(61), &acknowledge(1), Err(hidden("case")));
        check(&late, &nameless(officer()), at(61), &acknowledge(1), Err(Rejection::PersonRequired));
        let met = after(late, &[(officer(), 62, asks_children())]);
        check(&met, &officer(), at(63), &acknowledge(1), Err(Rejection::AlertEnded { at: at(62) }));
    }
}
