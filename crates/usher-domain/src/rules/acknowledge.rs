//! A named person looks after an alert, for a time. Whoever it is addressed to may, and operators always.

use crate::alert::AlertState;
use crate::decide::Work;
use crate::event::EventKind;
use crate::id::AlertNumber;
use crate::permit::addressed;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn acknowledge(
    work: &mut Work<'_>,
    number: AlertNumber,
    note: &Sealed,
) -> Result<(), Rejection> {
    let missing = Rejection::NotFound { what: "alert" };
    let alert = work.enquiry.alert(number).ok_or(missing.clone())?;
    let check = work.check(alert.check).map_err(|_| missing)?;
    if !addressed(work.actor.role, alert) {
        return Err(Rejection::NotAddressed);
    }
    if let AlertState::Resolved { at } = alert.state {
        return Err(Rejection::AlertEnded { at });
    }
    let expires =
        work.policy
            .acknowledged_until(work.now, work.enquiry.track(), check.responder.as_ref());
    let check = check.number;
    let state = AlertState::Acknowledged {
        by: work.by(),
        at: work.now,
        expires,
        note: note.clone(),
    };
    if let Some(alert) = work
        .enquiry
        .alerts
        .iter_mut()
        .find(|alert| alert.number == number)
    {
        alert.state = state;
    }
    work.record(
        check,
        EventKind::Acknowledged {
            alert: number,
            expires,
        },
    );
    Ok(())
}
