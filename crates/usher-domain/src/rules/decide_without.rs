//! What was decided at court with checks outstanding. It ends no check: the answer is still wanted after sentence. An adjournment to a
//! day that the court has given moves the hearing too.

use super::move_hearing::move_hearing;
use crate::command::WithoutAnswer;
use crate::decide::Work;
use crate::enquiry::{CourtDecision, CourtDecisionKind, Curfew};
use crate::event::{DecisionName, EventKind};
use crate::hearing::Deadline;
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
        WithoutAnswer::SeekAdjournment { to } => {
            if let Some(to) = to {
                check_adjournment(work, to, note)?;
            }
            (
                CourtDecisionKind::SeekAdjournment,
                DecisionName::SeekAdjournment,
            )
        }
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
    let recorded = CourtDecision {
        kind,
        outstanding,
        by: work.by(),
        note: note.clone(),
        at: after_the_move(work),
    };
    if work.enquiry.decisions.len() >= limits::COURT_DECISIONS_KEPT_MAX {
        work.enquiry.decisions.remove(0);
    }
    work.enquiry.decisions.push(recorded);
    work.record(None, EventKind::Decided { decision: name });
    match decision {
        WithoutAnswer::SeekAdjournment { to: Some(to) } => move_hearing(work, to, note),
        _ => Ok(()),
    }
}

/// Refuses what is no adjournment; [`move_hearing`] looks at the date itself.
fn check_adjournment(work: &Work<'_>, to: &Deadline, note: &Sealed) -> Result<(), Rejection> {
    if to.at() <= work.enquiry.deadline.at() {
        return Err(Rejection::BadDeadline {
            why: "is not after the hearing that it adjourns: correct it, or move the hearing",
        });
    }
    if note.is_empty() {
        return Err(Rejection::Invalid {
            field: "note",
            why: "say why the hearing moves",
        });
    }
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

#[cfg(test)]
mod tests {
    use crate::actor::Person;
    use crate::command::{Verb, WithoutAnswer};
    use crate::enquiry::Enquiry;
    use crate::hearing::Deadline;
    use crate::limits;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        HEARING, adapter, after, answered, at, check, clock, closed, hearing, hidden, manager,
        move_to, nameless, officer, opened, proceed, redirect, redirected, stranger, submission,
        unroutable, waiting, without,
    };
    use crate::sealed::Sealed;

    fn with_curfew() -> Enquiry {
        let mut submit = submission(&["a"]);
        submit.curfew_proposed = true;
        opened(submit)
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn with_something_outstanding_court_goes_on_in_three_ways() {
        let now = at(100);
        check(&waiting(), &officer(), now, &proceed(), Ok("waiting"));
        check(&waiting(), &manager(), now, &without(WithoutAnswer::SeekAdjournment { to: None }), Ok("waiting"));
        check(&unroutable(), &officer(), now, &proceed(), Ok("unroutable !unroutable"));
        check(&answered(), &officer(), now, &proceed(), Err(Rejection::NothingOutstanding));
        check(&closed(), &officer(), now, &proceed(), Err(Rejection::NothingOutstanding));
        check(&redirected(), &officer(), now, &proceed(), Ok("redirected>2, waiting"));
        check(&waiting(), &nameless(officer()), now, &proceed(), Err(Rejection::PersonRequired));
        check(&waiting(), &stranger(), now, &proceed(), Err(hidden("enquiry")));
        let nobody = without(WithoutAnswer::Proceed { authorised_by: Person::default() });
        let refused = Rejection::Invalid {
            field: "authorised_by.name",
            why: "name who authorised going on without",
        };
        check(&waiting(), &officer(), now, &nobody, Err(refused));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_curfew_proposal_blocks_going_on_without() {
        let now = at(100);
        let withdraw = without(WithoutAnswer::WithdrawCurfew);
        check(&with_curfew(), &officer(), now, &proceed(), Err(Rejection::CurfewBlocked));
        check(&with_curfew(), &officer(), now, &without(WithoutAnswer::SeekAdjournment { to: None }),
            Ok("waiting"));
        check(&with_curfew(), &officer(), now, &withdraw, Ok("waiting"));
        check(&waiting(), &officer(), now, &withdraw, Err(Rejection::NoCurfew));
        let withdrawn = after(with_curfew(), &[(officer(), 100, withdraw.clone())]);
        check(&withdrawn, &officer(), now, &withdraw, Err(Rejection::NoCurfew));
        check(&withdrawn, &officer(), now, &proceed(), Ok("waiting"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_decision_ends_the_demand_for_one_and_not_the_chase() {
        let late = after(waiting(), &[(clock(), 120, Verb::Advance)]);
        check(&late, &officer(), at(121), &proceed(), Ok("waiting !chase !manager"));
        let decided = after(late, &[(officer(), 121, proceed())]);
        assert_eq!(decided.checks[0].sentenced_outstanding_at, Some(at(120)));
        check(&decided, &clock(), at(180), &Verb::Advance, Ok("waiting !chase !manager !after"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_decision_counts_for_the_hearing_that_it_was_taken_for() {
        let moved = move_to(hearing(HEARING + 60));
        // Decided before the move, in the same instant: the new hearing wants its own.
        let before = after(waiting(), &[(officer(), 100, proceed()), (officer(), 100, moved.clone())]);
        check(&before, &clock(), at(150), &Verb::Advance, Ok("waiting !chase !manager !decide"));
        // After it, in the same instant.
        let later = after(waiting(), &[(officer(), 100, moved.clone()), (officer(), 100, proceed())]);
        check(&later, &clock(), at(150), &Verb::Advance, Ok("waiting !chase !manager"));
        // Before and after it, with a clock that went back.
        let before = after(waiting(), &[(officer(), 100, proceed()), (officer(), 90, moved.clone())]);
        check(&before, &clock(), at(150), &Verb::Advance, Ok("waiting !chase !manager !decide"));
        let later = after(waiting(), &[(officer(), 100, moved), (officer(), 90, proceed())]);
        check(&later, &clock(), at(150), &Verb::Advance, Ok("waiting !chase !manager"));
        let early = after(waiting(), &[(officer(), -10, proceed())]);
        check(&early, &clock(), at(90), &Verb::Advance, Ok("waiting !chase !manager"));
    }

    fn adjourned(to: Deadline) -> Verb {
        without(WithoutAnswer::SeekAdjournment { to: Some(to) })
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_adjournment_moves_the_hearing_and_the_new_one_wants_its_own_decision() {
        let late = after(waiting(), &[(clock(), 120, Verb::Advance)]);
        check(&late, &officer(), at(121), &adjourned(hearing(HEARING + 60)), Ok("waiting !chase !manager"));
        let moved = after(late, &[(officer(), 121, adjourned(hearing(HEARING + 60)))]);
        assert_eq!((moved.decisions.len(), moved.moves.len()), (1, 1));
        assert_eq!(moved.moves[0].reason, moved.decisions[0].note);
        assert_eq!((&moved.deadline, &moved.moves[0].from), (&hearing(HEARING + 60), &hearing(HEARING)));
        check(&moved, &clock(), at(150), &Verb::Advance, Ok("waiting !chase !manager !decide"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_adjournment_is_to_a_later_hearing_and_says_why() {
        let why = "is not after the hearing that it adjourns: correct it, or move the hearing";
        check(&waiting(), &officer(), at(100), &adjourned(hearing(HEARING)), Err(Rejection::BadDeadline { why }));
        let silent = Verb::DecideWithout {
            decision: WithoutAnswer::SeekAdjournment { to: Some(hearing(HEARING + 60)) },
            note: Sealed::default(),
        };
        let refused = Rejection::Invalid { field: "note", why: "say why the hearing moves" };
        check(&waiting(), &officer(), at(100), &silent, Err(refused));
        let far = hearing(60 * 24 * 600);
        let why = "lies more than 550 days ahead: correct it";
        check(&waiting(), &officer(), at(100), &adjourned(far), Err(Rejection::BadDeadline { why }));
    }

    #[test]
    fn a_decision_holds_for_the_check_that_goes_on() {
        let acts = [
            (officer(), 80, proceed()),
            (adapter("a"), 81, redirect(1, "b")),
            (adapter("b"), 82, redirect(2, "c")),
        ];
        let handed_over = after(waiting(), &acts);
        let picture = "redirected>2, redirected>3, waiting !chase";
        check(&handed_over, &clock(), at(120), &Verb::Advance, Ok(picture));
    }

    #[test]
    fn the_latest_decisions_are_kept() {
        let mut enquiry = waiting();
        for minutes in 0..40 {
            enquiry = after(enquiry, &[(officer(), minutes, proceed())]);
        }
        assert_eq!(enquiry.decisions.len(), limits::COURT_DECISIONS_KEPT_MAX);
        assert_eq!(
            enquiry.decisions.last().map(|decision| decision.at),
            Some(at(39))
        );
    }
}
