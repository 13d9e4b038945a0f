//! The court's list has a case: it is opened, or made to say what the list now says. What the list says again changes nothing.

use super::{enter_stage, need};
use crate::actor::{Actor, By, Unit};
use crate::case::command::Register;
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::case::{Case, Holder, Indicator, Stage};
use crate::hearing::{Deadline, HearingMove};
use crate::limits;
use crate::rejection::Rejection;
use crate::rules::move_hearing::check_deadline;
use crate::time::Timestamp;

/// A case that was on no list before: nothing is needed yet.
pub(in crate::case) fn open(
    row: &Register,
    actor: &Actor,
    now: Timestamp,
) -> Result<Case, Rejection> {
    check_court(actor, row)?;
    check_deadline(row.purpose, &Deadline::Hearing(row.hearing.clone()), now)?;
    let nobody = Holder {
        person: None,
        unit: Unit::default(),
    };
    Ok(Case {
        id: row.id,
        name: row.name.clone(),
        hearing: row.hearing.clone(),
        moves: Vec::new(),
        off_list: None,
        report: row.report,
        in_custody: row.in_custody,
        indicators: in_order(&row.indicators),
        holder: row.holder.clone().unwrap_or(nobody),
        personal: row.personal.clone(),
        registered_by: By::from(actor),
        registered_at: now,
        stages: Vec::new(),
        requirements: Vec::new(),
        alerts: Vec::new(),
        applied: Vec::new(),
    })
}

/// Goes on with a case that was just opened.
pub(in crate::case) fn announce(work: &mut Work<'_>, row: &Register) -> Result<(), Rejection> {
    work.record(None, CaseEventKind::Registered);
    enter_stage::enter(work, row.purpose, None);
    need::raise(work, &[])
}

pub(in crate::case) fn register(work: &mut Work<'_>, row: &Register) -> Result<(), Rejection> {
    check_court(work.actor, row)?;
    if work.case.off_list.take().is_some() {
        work.record(None, CaseEventKind::PutBack);
    }
    let is_moved = row.hearing != work.case.hearing;
    move_hearing(work, row)?;
    let (fresh, ladders_differ) = change(work, row);
    let is_stage = |stage: &Stage| stage.purpose == row.purpose;
    let is_there = work.case.stage().is_some_and(is_stage);
    // A list that comes again takes no case back to where it was: another hearing does.
    let was_there = !is_moved && work.case.stages.iter().any(is_stage);
    if !is_there && !was_there {
        enter_stage::enter(work, row.purpose, None);
    }
    // At the stage that it is at by now: what an earlier one needed was for the hearing that it then had.
    if is_moved || ladders_differ {
        need::recompute(work);
    }
    need::raise(work, &fresh)
}

fn check_court(actor: &Actor, row: &Register) -> Result<(), Rejection> {
    let court = row.hearing.court;
    if actor.courts.contain(court) {
        Ok(())
    } else {
        Err(Rejection::OtherCourt { court })
    }
}

fn move_hearing(work: &mut Work<'_>, row: &Register) -> Result<(), Rejection> {
    if row.hearing == work.case.hearing {
        return Ok(());
    }
    check_deadline(
        row.purpose,
        &Deadline::Hearing(row.hearing.clone()),
        work.now,
    )?;
    if row.reason.is_empty() {
        return Err(Rejection::Invalid {
            field: "reason",
            why: "say why the hearing moves, such as the date of the list",
        });
    }
    let moved = HearingMove {
        from: Deadline::Hearing(work.case.hearing.clone()),
        by: work.by(),
        reason: row.reason.clone(),
        at: work.now,
    };
    let (from, to) = (work.case.hearing.at, row.hearing.at);
    if work.case.moves.len() >= limits::HEARING_MOVES_KEPT_MAX {
        work.case.moves.remove(0);
    }
    work.case.moves.push(moved);
    work.case.hearing = row.hearing.clone();
    work.record(None, CaseEventKind::HearingMoved { from, to });
    Ok(())
}

/// Makes the case say what the row says, and answers with the indicators that are new and whether it climbs other ladders now.
fn change(work: &mut Work<'_>, row: &Register) -> (Vec<Indicator>, bool) {
    let before = work.case.clone();
    let case = &mut work.case;
    case.report = row.report;
    case.in_custody = row.in_custody;
    case.indicators = in_order(&row.indicators);
    case.personal = row.personal.clone();
    if let Some(holder) = &row.holder {
        case.holder = holder.clone();
    }
    let ladders_differ = (before.report, before.in_custody) != (case.report, case.in_custody);
    let is_fresh = |indicator: &Indicator| !before.indicators.contains(indicator);
    let fresh = case.indicators.iter().copied().filter(is_fresh).collect();
    if before.holder != case.holder {
        work.record(None, CaseEventKind::Reassigned);
    }
    let differs = ladders_differ
        || before.indicators != work.case.indicators
        || before.personal != work.case.personal;
    if differs {
        work.record(None, CaseEventKind::Changed);
    }
    (fresh, ladders_differ)
}

fn in_order(indicators: &[Indicator]) -> Vec<Indicator> {
    let mut indicators = indicators.to_vec();
    indicators.sort_unstable();
    indicators.dedup();
    indicators
}

#[cfg(test)]
mod tests {
    use crate::actor::Person;
    use crate::case::command::{CaseVerb, Register};
    use crate::case::decide::decide;
    use crate::case::event::CaseEventKind;
    use crate::case::rules::cases::{
        HEARING, adapter, after, asks_children, at, both, check, children, clock, court, enter,
        give, hearing, hidden, listed, nameless, officer, operator, picture, policy, register,
        request, row, set_aside, stranger, text, unit,
    };
    use crate::case::{Case, Holder, Indicator, SetAsideReason};
    use crate::code::CourtCode;
    use crate::command::VerbName;
    use crate::enquiry::Purpose;
    use crate::event::EventKind;
    use crate::hearing::Deadline;
    use crate::rejection::Rejection;
    use crate::sealed::Sealed;

    const CHILDREN: &[Indicator] = &[Indicator::LivesWithChildren];

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_case_needs_what_its_indicators_say() {
        use Indicator as I;
        for (indicators, expected) in [
            (&[][..], ""),
            (&[I::LivesWithChildren], "children:needed"),
            (&[I::CaresForChildren, I::LivesWithChildren], "children:needed"),
            (&[I::DomesticAbuse], "abuse:needed"),
            (&[I::DomesticAbuse, I::CaresForChildren], "children:needed, abuse:needed"),
            (&[I::ReleaseAddress, I::SexualOffence], ""),
        ] {
            assert_eq!(picture(&listed(indicators)), expected, "{indicators:?}");
        }
    }

    #[test]
    fn the_same_row_again_changes_nothing() {
        for indicators in [CHILDREN, &[]] {
            let case = listed(indicators);
            let again = give(&case, &officer(), at(30), &register(row(indicators))).unwrap();
            assert_eq!((again.case, again.events), (case, Vec::new()));
        }
        let mixed = [Indicator::DomesticAbuse, Indicator::LivesWithChildren];
        let twice = [mixed[0], mixed[1], mixed[0]];
        let again = give(&both(), &officer(), at(30), &register(row(&twice))).unwrap();
        assert_eq!(again.events, []);
    }

    #[test]
    fn a_list_that_comes_again_takes_no_case_back() {
        let on = after(
            children(),
            &[(officer(), 1, enter(Purpose::StartOfSentence))],
        );
        let again = give(&on, &officer(), at(30), &register(row(CHILDREN))).unwrap();
        assert_eq!((again.case, again.events), (on.clone(), Vec::new()));
        // Another hearing is another report.
        let heard_again = after(on, &[(officer(), 31, moved("B01IX", 300, text(8)))]);
        let stage = heard_again.stage().map(|stage| stage.purpose);
        assert_eq!(stage, Some(Purpose::CourtReport));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_the_list_says_later_is_needed_then() {
        let more = register(row(&[Indicator::LivesWithChildren, Indicator::DomesticAbuse]));
        check(&children(), &officer(), at(5), &more, Ok("children:needed, abuse:needed"));
        let less = register(row(&[]));
        check(&both(), &officer(), at(5), &less, Ok("children:needed, abuse:needed"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_was_not_so_is_needed_when_the_list_says_it_anew() {
        let wrong = after(children(), &[(officer(), 1, set_aside(1, SetAsideReason::NotIndicated))]);
        check(&wrong, &officer(), at(2), &register(row(CHILDREN)), Ok("children:set_aside"));
        let corrected = after(wrong, &[(officer(), 3, register(row(&[])))]);
        let anew = register(row(CHILDREN));
        check(&corrected, &officer(), at(4), &anew, Ok("children:set_aside, children:needed"));
        let known = after(children(), &[
            (officer(), 1, set_aside(1, SetAsideReason::UpToDateAlready)), (officer(), 3, register(row(&[]))),
        ]);
        check(&known, &officer(), at(4), &anew, Ok("children:set_aside"));
    }

    fn moved(code: &str, minutes: i64, reason: Sealed) -> CaseVerb {
        register(Register {
            hearing: hearing(code, minutes),
            reason,
            ..row(CHILDREN)
        })
    }

    #[test]
    fn a_moved_hearing_gives_its_steps_anew_and_keeps_history() {
        let late = after(children(), &[(clock(), HEARING, CaseVerb::Advance)]);
        assert_eq!(picture(&late), "children:needed+ !remind !manager !hearing");
        let later = moved("B01IX", 300, text(8));
        check(
            &late,
            &officer(),
            at(125),
            &later,
            Ok("children:needed !remind"),
        );
        let again = after(late, &[(officer(), 125, later)]);
        let [before] = &again.moves[..] else {
            unreachable!("one move: {:?}", again.moves)
        };
        assert_eq!(before.from, Deadline::Hearing(hearing("B01IX", HEARING)));
        assert_eq!(again.requirements[0].due, at(300));
        let advance = CaseVerb::Advance;
        let due = "children:needed !remind !manager";
        check(&again, &clock(), at(240), &advance, Ok(due));
    }

    #[test]
    fn what_was_made_or_set_aside_is_due_by_the_hearing_that_is_in_force() {
        let aside = (officer(), 2, set_aside(2, SetAsideReason::AskedElsewhere));
        let late = (clock(), HEARING, CaseVerb::Advance);
        let made = (officer(), HEARING + 1, asks_children());
        let ended = after(both(), &[aside, late, made]);
        let state = "children:met[1]+, abuse:set_aside";
        assert_eq!(picture(&ended), state);
        let due = |case: &Case| {
            let needs = case.requirements.iter();
            needs.map(|need| need.due).collect::<Vec<_>>()
        };
        assert_eq!(due(&ended), [at(HEARING); 2]);
        let later = after(
            ended.clone(),
            &[(officer(), 125, moved("B01IX", 300, text(8)))],
        );
        assert_eq!(picture(&later), "children:met[1], abuse:set_aside");
        assert_eq!(due(&later), [at(300); 2]);
        let ladders = |case: &Case| case.requirements[0].ladder.clone();
        assert_eq!(
            ladders(&later),
            ladders(&ended),
            "no steps for what has ended"
        );
        // What it needs for another report is another matter.
        let curfew = register(Register {
            hearing: hearing("B01IX", 300),
            purpose: Purpose::Curfew,
            ..row(CHILDREN)
        });
        let next = after(ended, &[(officer(), 125, curfew)]);
        assert_eq!(
            (picture(&next).as_str(), due(&next)),
            (state, vec![at(HEARING); 2])
        );
    }

    #[test]
    fn a_hearing_moves_only_with_a_reason_and_not_into_the_past() {
        let why = "say why the hearing moves, such as the date of the list";
        let field = "reason";
        let refused = Err(Rejection::Invalid { field, why });
        let silent = moved("B01IX", 300, Sealed::default());
        check(&children(), &officer(), at(5), &silent, refused);
        let why = "lies on a past day: correct it, or use a purpose after sentence";
        let refused = Err(Rejection::BadDeadline { why });
        let past = moved("B01IX", -60 * 24, text(8));
        check(&children(), &officer(), at(5), &past, refused);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_case_goes_to_another_court_with_whoever_has_both() {
        let there = moved("B01DU", 300, text(8));
        let court: CourtCode = court("B01DU");
        check(&children(), &officer(), at(5), &there, Err(Rejection::OtherCourt { court }));
        check(&children(), &stranger(), at(5), &there, Err(hidden("case")));
        check(&children(), &operator(), at(5), &there, Ok("children:needed"));
        let gone = after(children(), &[(operator(), 5, there)]);
        check(&gone, &officer(), at(6), &asks_children(), Err(hidden("case")));
    }

    #[test]
    fn lists_come_from_named_officers_and_operators() {
        let verb = VerbName::Register;
        let new = |who| {
            let command = request(1, 1, register(row(CHILDREN)));
            decide(None, &command, &who, at(0), &policy()).map(|opened| opened.case)
        };
        let refused: Result<Case, _> = Err(Rejection::NotPermitted { verb });
        assert_eq!(new(adapter("a")), refused);
        assert_eq!(new(clock()), refused);
        assert_eq!(new(nameless(officer())), Err(Rejection::PersonRequired));
        let court = court("B01IX");
        assert_eq!(new(stranger()), Err(Rejection::OtherCourt { court }));
        assert_eq!(new(operator()).map(|case| case.id), Ok(children().id));
    }

    #[test]
    fn the_list_may_name_who_holds_the_case_and_need_not() {
        let holder = Holder {
            person: Some(Person {
                name: "P. Poe".into(),
                ..Person::default()
            }),
            unit: unit(),
        };
        let named = Register {
            holder: Some(holder.clone()),
            ..row(CHILDREN)
        };
        let named = give(&children(), &officer(), at(5), &register(named)).unwrap();
        let kinds: Vec<_> = named.events.iter().map(|event| &event.kind).collect();
        assert_eq!(kinds, [&EventKind::Case(CaseEventKind::Reassigned)]);
        let again = after(named.case, &[(officer(), 6, register(row(CHILDREN)))]);
        assert_eq!(again.holder, holder);
    }
}
