//! Opens a check: in its responder's queue, or, when nobody knows whose it is, in the operators' queue with an alert at once.

use super::raise::raise_trouble;
use crate::alert::Trouble;
use crate::code::AuthorityCode;
use crate::command::Destination;
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, RouteReason};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::ladder::Audience;
use crate::limits;
use crate::rejection::Rejection;

pub(crate) fn open(
    work: &mut Work<'_>,
    to: &Destination,
    mut reasons: Vec<RouteReason>,
) -> Result<CheckNumber, Rejection> {
    if work.enquiry.checks.len() >= limits::CHECKS_PER_ENQUIRY_MAX {
        return Err(Rejection::TooMany {
            what: "checks in one enquiry",
            max: limits::CHECKS_PER_ENQUIRY_MAX,
        });
    }
    let number = CheckNumber::try_from(work.enquiry.checks.len() + 1).unwrap_or(CheckNumber::MAX);
    reasons.truncate(limits::REASONS_PER_CHECK_MAX);
    let since = work.now;
    let (responder, authorities, state) = match to {
        Destination::Responder { id, authorities } => (
            Some(id.clone()),
            authorities.clone(),
            CheckState::Waiting { since },
        ),
        Destination::Nowhere { why } => (
            None,
            Vec::new(),
            CheckState::Unroutable {
                why: why.clone(),
                since,
            },
        ),
    };
    let ladder = work.policy.ladder(&work.enquiry, responder.as_ref(), since);
    work.enquiry.checks.push(Check {
        number,
        responder: responder.clone(),
        authorities,
        reasons,
        opened_at: since,
        state,
        ladder,
        leases_lost: 0,
        exchanges: Vec::new(),
        sentenced_outstanding_at: None,
    });
    let nowhere = responder.is_none();
    work.record(number, EventKind::Opened { responder });
    if nowhere {
        raise_trouble(work, number, Trouble::Unroutable, &[Audience::Operator]);
    }
    Ok(number)
}

/// Adds authorities and a reason to a check that is open already.
pub(crate) fn join(check: &mut Check, authorities: &[AuthorityCode], reason: RouteReason) {
    for authority in authorities {
        if !check.authorities.contains(authority)
            && check.authorities.len() < limits::AUTHORITIES_PER_LIST_MAX
        {
            check.authorities.push(*authority);
        }
    }
    if check.reasons.len() < limits::REASONS_PER_CHECK_MAX {
        check.reasons.push(reason);
    }
}
