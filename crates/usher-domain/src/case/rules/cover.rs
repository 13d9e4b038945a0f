//! An enquiry covers what is needed of the kinds of responders that it asks: about the same person, for a purpose that counts, recent enough.

use crate::case::command::Cover;
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::case::{Covering, Requirement, RequirementState};
use crate::id::RequirementNumber;
use crate::limits;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(in crate::case) fn cover(work: &mut Work<'_>, cover: &Cover) -> Result<(), Rejection> {
    if !cover.same_person {
        return Err(Rejection::Invalid {
            field: "case_id",
            why: "the enquiry is about somebody else than the case: correct the case or the defendant",
        });
    }
    let covered: Vec<RequirementNumber> = work
        .case
        .requirements
        .iter()
        .filter(|requirement| covers(work, cover, requirement))
        .map(|requirement| requirement.number)
        .collect();
    let enquiry = cover.enquiry;
    let covering = Covering {
        enquiry,
        submitted_at: cover.submitted_at,
    };
    let policy = work.policy;
    for number in covered {
        let at = work.now;
        let Some(requirement) = work.case.requirement_mut(number) else {
            continue;
        };
        match &mut requirement.state {
            RequirementState::Met { enquiries, .. } => enquiries.push(covering),
            state => {
                *state = RequirementState::Met {
                    enquiries: vec![covering],
                    at,
                    recent_until: None,
                };
            }
        }
        reckon(policy, requirement);
        work.record(number, CaseEventKind::Covered { enquiry });
    }
    Ok(())
}

fn covers(work: &Work<'_>, cover: &Cover, requirement: &Requirement) -> bool {
    let state = &requirement.state;
    !state.is_covered_by(cover.enquiry)
        && state.covering().len() < limits::ENQUIRIES_PER_REQUIREMENT_MAX
        && requirement.covered_by.contains(&cover.purpose)
        && cover.kinds.contains(&requirement.kind)
        && work.now <= good_until(work.policy, requirement, cover.submitted_at)
}

/// Until when an enquiry of `submitted_at` is no older than the rule lets it be that it covers `requirement`.
fn good_until(policy: &Policy, requirement: &Requirement, submitted_at: Timestamp) -> Timestamp {
    policy.shift(
        submitted_at,
        false,
        requirement.max_age,
        &policy.default_hours,
    )
}

/// Until when the newest enquiry that covers `requirement` is recent enough; none where it is not met.
pub(super) fn recent_until(policy: &Policy, requirement: &Requirement) -> Option<Timestamp> {
    let covering = requirement.state.covering().iter();
    let newest = covering.map(|one| one.submitted_at).max()?;
    Some(good_until(policy, requirement, newest))
}

/// Notes that moment in `requirement`, for the clock.
pub(super) fn reckon(policy: &Policy, requirement: &mut Requirement) {
    let until = recent_until(policy, requirement);
    if let RequirementState::Met { recent_until, .. } = &mut requirement.state {
        *recent_until = until;
    }
}

#[cfg(test)]
mod tests {
    use crate::case::SetAsideReason;
    use crate::case::command::{CaseVerb, Cover};
    use crate::case::rules::cases::{
        after, asks_children, at, both, check, children, clock, cover, enquiry, officer, operator,
        set_aside,
    };
    use crate::code::ResponderKind;
    use crate::command::VerbName;
    use crate::enquiry::Purpose;
    use crate::rejection::Rejection;
    use jiff::SignedDuration;

    const CHILDREN: &[ResponderKind] = &[ResponderKind::ChildrenSocialCare];

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_enquiry_meets_what_it_asks_of_whom_it_asks() {
        let all = [ResponderKind::ChildrenSocialCare, ResponderKind::PoliceDomesticAbuse];
        check(&both(), &officer(), at(5), &asks_children(), Ok("children:met[1], abuse:needed"));
        check(&both(), &officer(), at(5), &CaseVerb::Cover(cover(&all)), Ok("children:met[1], abuse:met[1]"));
        check(&both(), &officer(), at(5), &CaseVerb::Cover(cover(&[ResponderKind::AdultSocialCare])),
            Ok("children:needed, abuse:needed"));
        let other = Cover { purpose: Purpose::Release, ..cover(&all) };
        check(&both(), &officer(), at(5), &CaseVerb::Cover(other), Ok("children:needed, abuse:needed"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_enquiry_of_long_ago_meets_nothing() {
        let asked = |days: i64| {
            let submitted_at = at(5) - SignedDuration::from_hours(24 * days);
            CaseVerb::Cover(Cover { submitted_at, ..cover(CHILDREN) })
        };
        // 28 working days before Tuesday 24 November are Thursday 15 October: 40 days.
        check(&children(), &officer(), at(5), &asked(40), Ok("children:met[1]"));
        check(&children(), &officer(), at(5), &asked(43), Ok("children:needed"));
    }

    #[test]
    fn an_enquiry_about_somebody_else_is_refused() {
        let other = Cover {
            same_person: false,
            ..cover(CHILDREN)
        };
        let why =
            "the enquiry is about somebody else than the case: correct the case or the defendant";
        let field = "case_id";
        let refused = Err(Rejection::Invalid { field, why });
        let verb = CaseVerb::Cover(other);
        check(&children(), &officer(), at(5), &verb, refused);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_was_late_or_set_aside_can_still_be_met() {
        let late = after(children(), &[(clock(), 500, CaseVerb::Advance)]);
        check(&late, &officer(), at(501), &asks_children(), Ok("children:met[1]+"));
        let aside = after(children(), &[(officer(), 1, set_aside(1, SetAsideReason::AskedElsewhere))]);
        check(&aside, &officer(), at(5), &asks_children(), Ok("children:met[1]"));
        let again = CaseVerb::Cover(Cover { enquiry: enquiry(2), ..cover(CHILDREN) });
        let met = after(children(), &[(officer(), 1, asks_children())]);
        check(&met, &officer(), at(5), &again, Ok("children:met[1, 2]"));
        check(&met, &officer(), at(5), &asks_children(), Ok("children:met[1]"));
    }

    #[test]
    fn enquiries_are_officers() {
        let verb = VerbName::Cover;
        let refused = Err(Rejection::NotPermitted { verb });
        check(&children(), &operator(), at(1), &asks_children(), refused);
    }
}
