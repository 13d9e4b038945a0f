//! What was decided at court with checks outstanding. It ends no check: the answer is still wanted after sentence.

use crate::command::WithoutAnswer;
use crate::decide::Work;
use crate::enquiry::{CourtDecision, CourtDecisionKind, Curfew};
use crate::event::{DecisionName, EventKind};
use crate::id::CheckNumber;
use crate::limits;
use crate::policy::curfew_blocks;
use crate::rejection::Rejection;
use crate::sealed::Sealed;
use crate::time::Timestamp;
use jiff::SignedDuration;

pub(crate) fn decide_without(
    work: &mut Work<'_>,
    decision: &WithoutAnswer,
    note: &Sealed,
) -> Result<(), Rejection> {
    let outstanding: Vec<CheckNumber> = work
        .enquiry
        .outstanding()
        .map(|check| check.number)
        .collect();
    if outstanding.is_empty() {
        return Err(Rejection::NothingOutstanding);
    }
    let (kind, name) = match decision {
        WithoutAnswer::SeekAdjournment => (
            CourtDecisionKind::SeekAdjournment,
            DecisionName::SeekAdjournment,
        ),
        WithoutAnswer::Proceed { authorised_by } => {
            if curfew_blocks(&work.enquiry) {
                return Err(Rejection::CurfewBlocked);
            }
            if authorised_by.name.trim().is_empty() {
                return Err(Rejection::Invalid {
                    field: "authorised_by.name",
                    why: "name who authorised going on without",
                });
            }
            let authorised_by = authorised_by.clone();
            (
                CourtDecisionKind::ProceedWithout { authorised_by },
                DecisionName::ProceedWithout,
            )
        }
        WithoutAnswer::WithdrawCurfew => {
            if work.enquiry.curfew != Curfew::Proposed {
                return Err(Rejection::NoCurfew);
            }
            work.enquiry.curfew = Curfew::Withdrawn {
                by: work.by(),
                at: work.now,
            };
            (
                CourtDecisionKind::WithdrawCurfew,
                DecisionName::WithdrawCurfew,
            )
        }
    };
    let decision = CourtDecision {
        kind,
        outstanding,
        by: work.by(),
        note: note.clone(),
        at: after_the_move(work),
    };
    if work.enquiry.decisions.len() >= limits::COURT_DECISIONS_KEPT_MAX {
        work.enquiry.decisions.remove(0);
    }
    work.enquiry.decisions.push(decision);
    work.record(None, EventKind::Decided { decision: name });
    Ok(())
}

/// Now, or just after the last move where the clock went back: a decision counts for the hearing that it was taken for.
fn after_the_move(work: &Work<'_>) -> Timestamp {
    let tick = SignedDuration::from_millis(1);
    let earliest = work
        .enquiry
        .moves
        .last()
        .and_then(|moved| moved.at.checked_add(tick).ok());
    earliest.map_or(work.now, |earliest| work.now.max(earliest))
}
