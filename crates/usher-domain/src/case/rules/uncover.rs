//! An enquiry was taken back, or as far as it asks some kinds of responders: what nothing else covers is needed again, and is as late as it
//! would have been. So is what only enquiries cover that have become too old, as a list, a stage or the clock notices.

use super::{cover, need};
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::case::{Covering, Requirement, RequirementState};
use crate::code::ResponderKind;
use crate::id::{EnquiryId, RequirementNumber};

pub(in crate::case) fn uncover(work: &mut Work<'_>, enquiry: EnquiryId, kinds: &[ResponderKind]) {
    let is_concerned = |one: &Requirement| kinds.contains(&one.kind);
    for number in numbers(work, is_concerned) {
        take(work, number, |one| one.enquiry == enquiry);
    }
}

/// Takes away what covers the needs of the present stage whose moment is still to come, where all of it is older than the policy now lets
/// it be. What was relied on at its moment stays so, and what is recent enough keeps the others.
pub(super) fn outdated(work: &mut Work<'_>) {
    let is_concerned = |one: &Requirement| {
        let until = cover::recent_until(work.policy, one);
        work.case.is_of_its_stage(one)
            && work.case.moment(one) > work.now
            && until.is_some_and(|until| until < work.now)
    };
    for number in numbers(work, is_concerned) {
        take(work, number, |_| true);
    }
}

/// The same for the clock, by what was noted when it was covered, and though it looks only after that moment.
pub(super) fn expired(work: &mut Work<'_>) {
    let is_concerned = |one: &Requirement| {
        let at = work.case.outdated_at(one);
        at.is_some_and(|at| at <= work.now)
    };
    for number in numbers(work, is_concerned) {
        take(work, number, |_| true);
    }
}

/// What is met and concerned.
fn numbers(work: &Work<'_>, is_concerned: impl Fn(&Requirement) -> bool) -> Vec<RequirementNumber> {
    let requirements = work.case.requirements.iter();
    let met = requirements.filter(|one| !one.state.covering().is_empty());
    let concerned = met.filter(|one| is_concerned(one));
    concerned.map(|one| one.number).collect()
}

/// Takes from what is met the enquiries that are `over`.
fn take(work: &mut Work<'_>, number: RequirementNumber, over: impl Fn(&Covering) -> bool) {
    let policy = work.policy;
    let Some(requirement) = work.case.requirement_mut(number) else {
        return;
    };
    let RequirementState::Met { enquiries, .. } = &mut requirement.state else {
        return;
    };
    let (gone, left): (Vec<_>, Vec<_>) = enquiries.iter().copied().partition(over);
    *enquiries = left;
    let is_bare = enquiries.is_empty();
    if is_bare {
        requirement.state = RequirementState::Needed;
    }
    cover::reckon(policy, requirement);
    for Covering { enquiry, .. } in gone {
        work.record(number, CaseEventKind::Uncovered { enquiry });
    }
    if is_bare {
        need::renew(work, number);
    }
}

#[cfg(test)]
mod tests {
    use crate::case::command::{CaseVerb, Cover, Register};
    use crate::case::rules::cases::{
        HEARING, after, asks_children, at, both, check, children, clock, cover, enquiry, enter,
        hearing, officer, operator, picture, register, row, uncover,
    };
    use crate::case::{Indicator, index};
    use crate::code::ResponderKind;
    use crate::enquiry::Purpose;
    use jiff::SignedDuration;

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_nothing_covers_any_more_is_needed_again_and_late() {
        let met = after(children(), &[(officer(), 1, asks_children())]);
        check(&met, &officer(), at(2), &uncover(1), Ok("children:needed"));
        check(&met, &officer(), at(2), &uncover(2), Ok("children:met[1]"));
        check(&children(), &officer(), at(2), &uncover(1), Ok("children:needed"));
        let late = after(met, &[(operator(), 130, uncover(1))]);
        check(&late, &clock(), at(130), &CaseVerb::Advance, Ok("children:needed+ !remind !manager !hearing"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn steps_that_were_raised_before_it_was_met_are_raised_again() {
        let chased = after(children(), &[
            (clock(), 60, CaseVerb::Advance), (officer(), 61, asks_children()), (officer(), 62, uncover(1)),
        ]);
        check(&chased, &clock(), at(63), &CaseVerb::Advance, Ok("children:needed !remind !manager"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn one_of_two_enquiries_is_enough() {
        let second = CaseVerb::Cover(Cover { enquiry: enquiry(2), ..cover(&[ResponderKind::ChildrenSocialCare]) });
        let met = after(children(), &[(officer(), 1, asks_children()), (officer(), 2, second)]);
        check(&met, &officer(), at(3), &uncover(1), Ok("children:met[2]"));
        let once = after(met, &[(officer(), 3, uncover(1))]);
        check(&once, &officer(), at(4), &uncover(2), Ok("children:needed"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_one_kind_is_asked_no_more_is_needed_of_that_kind() {
        let all = [ResponderKind::ChildrenSocialCare, ResponderKind::PoliceDomesticAbuse];
        let met = after(both(), &[(officer(), 1, CaseVerb::Cover(cover(&all)))]);
        let of = |kinds: &[ResponderKind]| CaseVerb::Uncover { enquiry: enquiry(1), kinds: kinds.to_vec() };
        check(&met, &officer(), at(2), &of(&all[1..]), Ok("children:met[1], abuse:needed"));
        check(&met, &officer(), at(2), &of(&all), Ok("children:needed, abuse:needed"));
        check(&met, &officer(), at(2), &of(&[ResponderKind::AdultSocialCare]), Ok("children:met[1], abuse:met[1]"));
    }

    const DAY: i64 = 24 * 60;

    /// The case's row, with the hearing so many days on.
    fn heard_in(days: i64) -> CaseVerb {
        register(Register {
            hearing: hearing("B01IX", HEARING + days * DAY),
            ..row(&[Indicator::LivesWithChildren])
        })
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_is_too_old_before_the_hearing_is_needed_again() {
        let asked = |number, minutes| CaseVerb::Cover(Cover {
            enquiry: enquiry(number), submitted_at: at(minutes), ..cover(&[ResponderKind::ChildrenSocialCare])
        });
        let met = after(children(), &[(officer(), 1, asked(1, 0)), (officer(), 2, heard_in(60))]);
        // 28 working days after Tuesday 24 November are Friday 1 January, where no bank holiday is known.
        let last = 38 * DAY;
        check(&met, &officer(), at(last), &heard_in(60), Ok("children:met[1]"));
        check(&met, &officer(), at(last + DAY), &heard_in(60), Ok("children:needed"));
        check(&met, &officer(), at(last + DAY), &heard_in(61), Ok("children:needed"));
        // A recent one keeps the older.
        let twice = after(met.clone(), &[(officer(), 30 * DAY, asked(2, 30 * DAY))]);
        check(&twice, &officer(), at(last + DAY), &heard_in(61), Ok("children:met[1, 2]"));
        // What was relied on at its hearing stays so, and what an earlier stage needed is no matter at the next.
        check(&met, &officer(), at(61 * DAY), &heard_in(60), Ok("children:met[1]"));
        let review = after(met, &[(officer(), last + DAY, enter(Purpose::Review))]);
        assert_eq!(picture(&review), "children:met[1], start:needed, start:needed");
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_clock_notices_what_is_too_old_before_the_hearing() {
        let asked = |number, day: i64| CaseVerb::Cover(Cover {
            enquiry: enquiry(number), submitted_at: at(day * DAY), ..cover(&[ResponderKind::ChildrenSocialCare])
        });
        let advance = CaseVerb::Advance;
        let met = after(children(), &[(officer(), 1, asked(1, 0)), (officer(), 2, heard_in(60))]);
        // Good for 28 working days: through the moment 38 days on.
        let too_old = at(38 * DAY) + SignedDuration::from_millis(1);
        assert!(met.is_open() && !met.needs_a_check());
        assert_eq!(index::keys(&met).next_due, Some(too_old));
        check(&met, &clock(), at(38 * DAY), &advance, Ok("children:met[1]"));
        check(&met, &clock(), too_old, &advance, Ok("children:needed !remind"));
        check(&met, &clock(), at(60 * DAY + 60), &advance, Ok("children:needed !remind !manager"));
        // A clock that looks late finds it late.
        check(&met, &clock(), at(61 * DAY), &advance, Ok("children:needed+ !remind !manager !hearing !after"));
        // A recent one keeps it for as long as it is recent itself, and while it is not taken back.
        let twice = after(met.clone(), &[(officer(), 23 * DAY, asked(2, 23))]);
        assert_eq!(index::keys(&twice).next_due, None, "it lasts until the hearing");
        check(&twice, &clock(), at(59 * DAY), &advance, Ok("children:met[1, 2]"));
        let back = after(twice, &[(officer(), 24 * DAY, uncover(2))]);
        assert_eq!(index::keys(&back).next_due, Some(too_old));
        // The hearing moves: what lasts until it is left alone, and what does not is noticed.
        let sooner = after(met.clone(), &[(officer(), 5 * DAY, heard_in(30))]);
        assert_eq!((sooner.is_open(), index::keys(&sooner).next_due), (false, None));
        let later = after(sooner, &[(officer(), 6 * DAY, heard_in(45))]);
        assert_eq!(index::keys(&later).next_due, Some(too_old));
        // What an earlier stage needed is no matter at the next.
        let review = after(met, &[(officer(), 9 * DAY, enter(Purpose::Review))]);
        let review = after(review, &[(clock(), 39 * DAY, advance)]);
        assert!(picture(&review).starts_with("children:met[1], start:needed"));
    }
}
