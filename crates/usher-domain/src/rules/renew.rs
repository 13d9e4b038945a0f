//! An adapter keeps a check longer. Repeating it only sets the end anew, so it needs no memory of requests.

use super::hold::{held, wrong_state};
use crate::decide::Work;
use crate::enquiry::{CheckState, Lease};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(crate) fn renew(
    work: &mut Work<'_>,
    number: CheckNumber,
    id: LeaseId,
    until: Timestamp,
) -> Result<(), Rejection> {
    let check = held(work, number, Some(id))?;
    let CheckState::Leased { lease } = &check.state else {
        return Err(wrong_state(check, "leased"));
    };
    let expires = work.policy.lease.bound(work.now, until);
    let lease = Lease {
        expires,
        ..lease.clone()
    };
    work.enter(number, CheckState::Leased { lease });
    work.record(number, EventKind::Leased { expires });
    Ok(())
}
