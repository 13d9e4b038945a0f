//! How much text a case carries, so that no command makes its record larger than a store may hold. The clock, lists that say the same and
//! enquiries add none, and are never refused.

use crate::alert::AlertState;
use crate::case::{Case, Holder, RequirementState};
use crate::limits::PERSONAL_BYTES_MAX;
use crate::rejection::Rejection;
use crate::rules::weigh::{by, person, unit};

/// Refuses what makes the case heavier than it may be.
pub(in crate::case) fn weigh(before: Option<&Case>, after: &Case) -> Result<(), Rejection> {
    let weight = weight(after);
    if weight > PERSONAL_BYTES_MAX && weight > before.map_or(0, self::weight) {
        return Err(Rejection::TooMany {
            what: "bytes of text in one case",
            max: PERSONAL_BYTES_MAX,
        });
    }
    Ok(())
}

/// What people have put into it, in bytes.
fn weight(case: &Case) -> usize {
    let moves = case
        .moves
        .iter()
        .map(|moved| by(&moved.by) + moved.reason.bytes().len());
    let stages = case.stages.iter().map(|stage| by(&stage.by));
    let set_aside = case
        .requirements
        .iter()
        .map(|requirement| match &requirement.state {
            RequirementState::SetAside { by: who, note, .. } => by(who) + note.bytes().len(),
            RequirementState::Needed | RequirementState::Met { .. } => 0,
        });
    let acknowledged = case.alerts.iter().map(|alert| match &alert.state {
        AlertState::Acknowledged { by: who, note, .. } => by(who) + note.bytes().len(),
        AlertState::Open { .. } | AlertState::Resolved { .. } => 0,
    });
    let off_list = case.off_list.iter().map(|off| by(&off.by));
    let all: [usize; 5] = [
        moves.sum(),
        stages.sum(),
        set_aside.sum(),
        acknowledged.sum(),
        off_list.sum(),
    ];
    case.name.bytes().len()
        + case.personal.bytes().len()
        + holder(&case.holder)
        + by(&case.registered_by)
        + all.into_iter().sum::<usize>()
}

fn holder(holder: &Holder) -> usize {
    holder.person.as_ref().map_or(0, person) + unit(&holder.unit)
}

#[cfg(test)]
mod tests {
    use crate::case::command::CaseVerb;
    use crate::case::rules::cases::{
        acknowledge, after, asks_children, at, check, children, clock, officer, register, row, text,
    };
    use crate::limits::PERSONAL_BYTES_MAX;
    use crate::rejection::Rejection;

    #[test]
    fn a_full_case_takes_no_more_text_and_all_that_adds_none() {
        let mut full = row(&[crate::case::Indicator::LivesWithChildren]);
        full.personal = text(PERSONAL_BYTES_MAX - 600);
        let full = after(
            children(),
            &[
                (officer(), 1, register(full)),
                (clock(), 15, CaseVerb::Advance),
            ],
        );
        let refused = Err(Rejection::TooMany {
            what: "bytes of text in one case",
            max: PERSONAL_BYTES_MAX,
        });
        let long = CaseVerb::Acknowledge {
            alert: 1,
            note: text(600),
        };
        check(&full, &officer(), at(16), &long, refused);
        let short = Ok("children:needed ~remind");
        check(&full, &officer(), at(16), &acknowledge(1), short);
        check(
            &full,
            &officer(),
            at(16),
            &asks_children(),
            Ok("children:met[1]"),
        );
    }
}
