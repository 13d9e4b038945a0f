//! An enquiry was taken back: what nothing else covers is needed again, and is as late as it would have been.

use super::need;
use crate::case::RequirementState;
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::id::{EnquiryId, RequirementNumber};

pub(in crate::case) fn uncover(work: &mut Work<'_>, enquiry: EnquiryId) {
    let covered: Vec<RequirementNumber> = work
        .case
        .requirements
        .iter()
        .filter(|requirement| {
            matches!(&requirement.state, RequirementState::Met { enquiries, .. } if enquiries.contains(&enquiry))
        })
        .map(|requirement| requirement.number)
        .collect();
    for number in covered {
        let Some(requirement) = work.case.requirement_mut(number) else {
            continue;
        };
        let RequirementState::Met { enquiries, .. } = &mut requirement.state else {
            continue;
        };
        enquiries.retain(|covering| *covering != enquiry);
        let is_bare = enquiries.is_empty();
        if is_bare {
            requirement.state = RequirementState::Needed;
        }
        work.record(number, CaseEventKind::Uncovered { enquiry });
        if is_bare {
            need::renew(work, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::case::command::{CaseVerb, Cover};
    use crate::case::rules::cases::{
        after, asks_children, at, check, children, clock, cover, enquiry, officer, operator,
        uncover,
    };
    use crate::code::ResponderKind;

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
}
