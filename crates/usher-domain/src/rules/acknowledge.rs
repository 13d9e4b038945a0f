//! A named person looks after an alert, for a time. Whoever it is addressed to may, and operators always.

use crate::actor::Role;
use crate::alert::{Alert, AlertState};
use crate::decide::Work;
use crate::event::EventKind;
use crate::id::AlertNumber;
use crate::ladder::Audience;
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

/// Whether `role` is among those that the alert is addressed to.
pub(crate) fn addressed(role: Role, alert: &Alert) -> bool {
    let to = |wanted: fn(Audience) -> bool| alert.audience.iter().any(|audience| wanted(*audience));
    match role {
        Role::Operator => true,
        Role::Officer => to(|audience| audience == Audience::Officer),
        Role::Manager => {
            to(|audience| matches!(audience, Audience::Officer | Audience::OfficerManager))
        }
        Role::Adapter => to(Audience::is_borough),
        Role::Inspector | Role::Clock => false,
    }
}
