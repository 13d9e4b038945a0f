//! What covers a need may grow too old before its moment.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// The clock takes away what covers a need of the present stage once all of it is too old, where that is before the need's moment; and
    /// nothing else, and however late it looks.
    #[test]
    fn what_is_too_old_before_its_moment_is_needed_again(story in stories(), hours in 0_i64..100) {
        let (officer, clock, tick) = (&actors()[0], Actor::clock(), SignedDuration::from_millis(1));
        let advance = CaseCommand { request: None, verb: CaseVerb::Advance };
        play(story, |turn| {
            let (case, policy) = (turn.before, turn.policy);
            let Some(need) = case.requirements.iter().rev().find(|one| !one.state.is_exit()) else { return Ok(()) };
            let cover = Cover {
                enquiry: enquiry(99),
                purpose: need.covered_by[0],
                kinds: ResponderKind::ALL.to_vec(),
                submitted_at: turn.now - SignedDuration::from_hours(hours),
                same_person: true,
            };
            let cover = CaseCommand { request: None, verb: CaseVerb::Cover(cover) };
            let Ok(covered) = decide(Some(case), &cover, officer, turn.now, policy) else { return Ok(()) };
            let case = &covered.case;
            for need in &case.requirements {
                let good_until = |submitted| policy.shift(submitted, false, need.max_age, &policy.default_hours);
                let Some(until) = need.state.covering().iter().map(|one| good_until(one.submitted_at)).max() else { continue };
                let moment = if need.purpose.before_sentence() { case.hearing.at.max(need.raised_at) } else { need.due };
                let is_present = need.raised_at >= case.stages.last().unwrap().at;
                let too_old = until + tick;
                for (at, is_needed) in [
                    (until, false),
                    (too_old, is_present && too_old < moment),
                    (too_old.max(moment) + SignedDuration::from_hours(50), is_present && too_old < moment),
                ] {
                    let after = decide(Some(case), &advance, &clock, at, policy).unwrap().case;
                    let after = after.requirement(need.number).unwrap();
                    prop_assert_eq!(after.state == RequirementState::Needed, is_needed, "at {} of {:?}, {}", at, need, moment);
                }
            }
            Ok(())
        })?;
    }
}
