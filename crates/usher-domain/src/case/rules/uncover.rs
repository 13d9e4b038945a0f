//! An enquiry was taken back, or as far as it asks some kinds of responders: what nothing else covers is needed again, and is as late as it
//! would have been. So is what only enquiries cover that have become too old.

use super::{cover, need};
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::case::{Covering, Requirement, RequirementState, Stage};
use crate::code::ResponderKind;
use crate::id::{EnquiryId, RequirementNumber};

pub(in crate::case) fn uncover(work: &mut Work<'_>, enquiry: EnquiryId, kinds: &[ResponderKind]) {
    let is_concerned = |one: &Requirement| kinds.contains(&one.kind);
    for number in numbers(work, is_concerned) {
        take(work, number, |one| one.enquiry == enquiry);
    }
}

/// Takes away what covers the needs of `stage` whose moment is still to come, where all of it is older than the rule lets it be. What was
/// relied on at its moment stays so, and what is recent enough keeps the others.
pub(super) fn outdated(work: &mut Work<'_>, stage: &Stage) {
    let is_concerned = |one: &Requirement| {
        let mut covering = one.state.covering().iter();
        one.raised_at >= stage.at
            && need::moment(&work.case, one) > work.now
            && !covering.any(|enquiry| cover::is_recent(work, one, enquiry.submitted_at))
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
    for Covering { enquiry, .. } in gone {
        work.record(number, CaseEventKind::Uncovered { enquiry });
    }
    if is_bare {
        need::renew(work, number);
    }
}

#[cfg(test)]
mod tests {
    use crate::case::Indicator;
    use crate::case::command::{CaseVerb, Cover, Register};
    use crate::case::rules::cases::{
        HEARING, after, asks_children, at, both, check, children, clock, cover, enquiry, enter,
        hearing, officer, operator, picture, register, row, uncover,
    };
    use crate::code::ResponderKind;
    use crate::enquiry::Purpose;

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
}
