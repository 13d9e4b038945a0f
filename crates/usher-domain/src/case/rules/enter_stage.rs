//! A case comes to a stage: sentence was passed, a review is due, risk is to be lowered, release is planned. What the stage needs is raised.

use super::need;
use crate::case::Stage;
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::enquiry::Purpose;
use crate::limits;
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(in crate::case) fn enter_stage(
    work: &mut Work<'_>,
    purpose: Purpose,
    due: Option<Timestamp>,
) -> Result<(), Rejection> {
    let is_there = work
        .case
        .stage()
        .is_some_and(|stage| stage.purpose == purpose);
    // A case comes to court once and may be reviewed often.
    if is_there && purpose.before_sentence() {
        return Ok(());
    }
    if !purpose.is_stage() {
        return Err(Rejection::Invalid {
            field: "purpose",
            why: "a referral is no stage of a case: submit one",
        });
    }
    let past = due.is_some_and(|due| due < work.now);
    if past || (purpose.before_sentence() && due.is_some()) {
        let why = if past {
            "lies in the past: correct it"
        } else {
            "is the hearing before sentence: leave it out"
        };
        return Err(Rejection::BadDeadline { why });
    }
    enter(work, purpose, due);
    need::raise(work, &[])
}

/// The case is at the stage from now on.
pub(super) fn enter(work: &mut Work<'_>, purpose: Purpose, due: Option<Timestamp>) {
    let usual = if purpose.before_sentence() {
        work.case.hearing.at
    } else {
        let track = work.case.track(purpose);
        work.policy.asked_by(track, work.now)
    };
    if work.case.stages.len() >= limits::STAGES_PER_CASE_MAX {
        work.case.stages.remove(0);
    }
    let stage = Stage {
        purpose,
        at: work.now,
        due: due.unwrap_or(usual),
        by: work.by(),
    };
    work.case.stages.push(stage);
    work.record(None, CaseEventKind::StageEntered { purpose });
}

#[cfg(test)]
mod tests {
    use crate::case::command::{CaseVerb, Cover};
    use crate::case::rules::cases::{
        after, asks_children, at, both, check, children, clock, cover, enter, give, listed,
        manager, nameless, officer, operator,
    };
    use crate::code::ResponderKind;
    use crate::command::VerbName;
    use crate::enquiry::Purpose;
    use crate::rejection::Rejection;

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_next_stage_needs_its_own_checks() {
        let start = enter(Purpose::StartOfSentence);
        check(&children(), &officer(), at(130), &start,
            Ok("children:needed, start:needed, start:needed"));
        check(&listed(&[]), &officer(), at(130), &start, Ok(""));
        check(&both(), &officer(), at(130), &enter(Purpose::Release), Ok("children:needed, abuse:needed"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn every_review_needs_them_again_once_the_last_are_ended() {
        let review = enter(Purpose::Review);
        let once = after(children(), &[(officer(), 1, asks_children()), (officer(), 130, review.clone())]);
        let picture = "children:met[1], start:needed, start:needed";
        check(&once, &officer(), at(131), &review, Ok(picture));
        let both = [ResponderKind::ChildrenSocialCare, ResponderKind::PoliceDomesticAbuse];
        let asked = CaseVerb::Cover(Cover { purpose: Purpose::Review, ..cover(&both) });
        let met = after(once, &[(officer(), 132, asked)]);
        let picture = "children:met[1], start:met[1], start:met[1], start:needed, start:needed";
        check(&met, &officer(), at(200), &review, Ok(picture));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_stage_without_a_hearing_has_the_time_of_the_policy_or_its_own() {
        let start = after(listed(&[]), &[(officer(), 130, enter(Purpose::StartOfSentence))]);
        assert_eq!(start.stage().map(|stage| stage.due), Some(at(130 + 240)));
        let own = CaseVerb::EnterStage { purpose: Purpose::Review, due: Some(at(200)) };
        let own = after(children(), &[(officer(), 1, asks_children()), (officer(), 130, own)]);
        let late = "children:met[1], start:needed+ !manager !remind !hearing, start:needed+ !manager !remind !hearing";
        check(&own, &clock(), at(200), &CaseVerb::Advance, Ok(late));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn no_stage_is_due_in_the_past_and_none_before_sentence_but_at_its_hearing() {
        let refused = |why| Err(Rejection::BadDeadline { why });
        let past = CaseVerb::EnterStage { purpose: Purpose::Review, due: Some(at(4)) };
        check(&children(), &officer(), at(5), &past, refused("lies in the past: correct it"));
        let due = CaseVerb::EnterStage { purpose: Purpose::Curfew, due: Some(at(60)) };
        check(&children(), &officer(), at(5), &due, refused("is the hearing before sentence: leave it out"));
        let again = give(&children(), &officer(), at(5), &enter(Purpose::CourtReport)).unwrap();
        assert_eq!(again.events, []);
    }

    #[test]
    fn stages_are_entered_by_named_people_of_the_court() {
        let start = enter(Purpose::StartOfSentence);
        let verb = VerbName::EnterStage;
        let refused = Err(Rejection::NotPermitted { verb });
        check(&children(), &operator(), at(1), &start, refused);
        let refused = Err(Rejection::PersonRequired);
        check(&children(), &nameless(officer()), at(1), &start, refused);
        let entered = Ok("children:needed, start:needed, start:needed");
        check(&children(), &manager(), at(1), &start, entered);
    }

    #[test]
    fn a_referral_is_no_stage() {
        let refused = Rejection::Invalid {
            field: "purpose",
            why: "a referral is no stage of a case: submit one",
        };
        check(
            &both(),
            &officer(),
            at(5),
            &enter(Purpose::Referral),
            Err(refused),
        );
    }
}
