//! An adapter takes a check for a short time.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{CheckState, Lease};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(crate) fn lease(
    work: &mut Work<'_>,
    number: CheckNumber,
    id: LeaseId,
    until: Timestamp,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if !matches!(check.state, CheckState::Waiting { .. }) {
        return Err(wrong_state(check, "waiting"));
    }
    let expires = work.policy.lease.bound(work.now, until);
    let lease = Lease {
        id,
        client: work.actor.client.clone(),
        since: work.now,
        expires,
    };
    work.enter(number, CheckState::Leased { lease });
    work.record(number, EventKind::Leased { expires });
    Ok(())
}
