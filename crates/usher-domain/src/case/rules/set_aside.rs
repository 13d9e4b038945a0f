//! A named person says that a check need not be asked, and why. It is asked all the same when an enquiry covers it later.

use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::case::{RequirementState, SetAsideReason};
use crate::id::{CheckId, RequirementNumber};
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(in crate::case) fn set_aside(
    work: &mut Work<'_>,
    number: RequirementNumber,
    reason: SetAsideReason,
    answer: Option<CheckId>,
    note: &Sealed,
) -> Result<(), Rejection> {
    let (at, by) = (work.now, work.by());
    let requirement = work
        .case
        .requirement_mut(number)
        .ok_or(Rejection::NotFound {
            what: "requirement",
        })?;
    if requirement.state.is_exit() {
        return Err(Rejection::RequirementEnded {
            state: requirement.state.name(),
        });
    }
    let why = match (reason, answer, note.is_empty()) {
        (SetAsideReason::UpToDateAlready, None, _) => Some("name the check whose answer is enough"),
        (SetAsideReason::UpToDateAlready, Some(_), _) => None,
        (_, Some(_), _) => Some("an answer is named only where it is the reason"),
        (SetAsideReason::AskedElsewhere, None, true) => {
            Some("say in the note whom you asked, and when")
        }
        (_, None, _) => None,
    };
    if let Some(why) = why {
        return Err(Rejection::Invalid {
            field: "reason",
            why,
        });
    }
    requirement.state = RequirementState::SetAside {
        reason,
        answer,
        by,
        note: note.clone(),
        at,
    };
    work.record(number, CaseEventKind::SetAside { reason });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::case::SetAsideReason;
    use crate::case::command::CaseVerb;
    use crate::case::rules::cases::{
        after, asks_children, at, both, check, children, clock, hidden, manager, nameless, officer,
        operator, set_aside, stranger,
    };
    use crate::command::VerbName;
    use crate::rejection::Rejection;
    use crate::sealed::Sealed;

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_named_person_sets_aside_what_is_needed() {
        for reason in SetAsideReason::ALL {
            let aside = set_aside(1, *reason);
            check(&both(), &officer(), at(1), &aside, Ok("children:set_aside, abuse:needed"));
            check(&both(), &manager(), at(1), &aside, Ok("children:set_aside, abuse:needed"));
        }
        let chased = after(children(), &[(clock(), 500, CaseVerb::Advance)]);
        check(&chased, &officer(), at(501), &set_aside(1, SetAsideReason::CaseEnded), Ok("children:set_aside+"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_is_met_or_set_aside_stays_so() {
        let ended = |state| Err(Rejection::RequirementEnded { state });
        let aside = set_aside(1, SetAsideReason::CaseEnded);
        let met = after(children(), &[(officer(), 1, asks_children())]);
        check(&met, &officer(), at(2), &aside, ended("met"));
        let once = after(children(), &[(officer(), 1, aside.clone())]);
        check(&once, &officer(), at(2), &aside, ended("set_aside"));
        check(&children(), &officer(), at(2), &set_aside(2, SetAsideReason::CaseEnded), Err(hidden("requirement")));
    }

    #[test]
    fn a_reason_says_what_it_must() {
        let refused = |why| {
            let field = "reason";
            Err(Rejection::Invalid { field, why })
        };
        let (note, answer, requirement) = (Sealed::default(), None, 1);
        let reason = SetAsideReason::UpToDateAlready;
        let verb = CaseVerb::SetAside {
            requirement,
            reason,
            answer,
            note,
        };
        let why = "name the check whose answer is enough";
        check(&children(), &officer(), at(1), &verb, refused(why));
        let (note, reason) = (Sealed::default(), SetAsideReason::AskedElsewhere);
        let verb = CaseVerb::SetAside {
            requirement,
            reason,
            answer,
            note,
        };
        let why = "say in the note whom you asked, and when";
        check(&children(), &officer(), at(1), &verb, refused(why));
        let CaseVerb::SetAside { answer, note, .. } = set_aside(1, SetAsideReason::UpToDateAlready)
        else {
            unreachable!("a set-aside")
        };
        let verb = CaseVerb::SetAside {
            requirement,
            reason,
            answer,
            note,
        };
        let why = "an answer is named only where it is the reason";
        check(&children(), &officer(), at(1), &verb, refused(why));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn nobody_else_sets_aside() {
        let (aside, verb) = (set_aside(1, SetAsideReason::CaseEnded), VerbName::SetAside);
        check(&children(), &operator(), at(1), &aside, Err(Rejection::NotPermitted { verb }));
        check(&children(), &clock(), at(1), &aside, Err(Rejection::NotPermitted { verb }));
        check(&children(), &nameless(officer()), at(1), &aside, Err(Rejection::PersonRequired));
        check(&children(), &stranger(), at(1), &aside, Err(hidden("case")));
    }
}
