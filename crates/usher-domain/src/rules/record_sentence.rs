//! What the court did. It ends no check: what is outstanding then is wanted all the same, stands as sentenced outstanding from then on, and
//! is chased by the steps that come after the hearing. The last record of a sentence counts; history keeps the others.

use super::raise::raise_trouble;
use crate::alert::Trouble;
use crate::decide::Work;
use crate::enquiry::{Sentence, SentenceOutcome};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::ladder::{Audience, Step, StepKind};
use crate::rejection::Rejection;
use crate::time::{Timestamp, to_london};
use jiff::civil::Date;

pub(crate) fn record_sentence(
    work: &mut Work<'_>,
    outcome: SentenceOutcome,
    date: Date,
) -> Result<(), Rejection> {
    suits(work, date)?;
    let earlier = work.enquiry.sentence.as_deref();
    if earlier.is_some_and(|earlier| (earlier.outcome, earlier.date) == (outcome, date)) {
        return Ok(());
    }
    let now_outstanding: Vec<CheckNumber> = work
        .enquiry
        .outstanding()
        .map(|check| check.number)
        .collect();
    let outstanding = earlier.map_or_else(
        || now_outstanding.clone(),
        |earlier| earlier.outstanding.clone(),
    );
    work.enquiry.sentence = Some(Box::new(Sentence {
        outcome,
        date,
        outstanding,
        by: work.by(),
        at: work.now,
    }));
    work.record(None, EventKind::SentenceRecorded { outcome, date });
    for number in now_outstanding {
        if outcome == SentenceOutcome::NoSentence {
            // Nobody was sentenced without an answer, whatever the hearing's step took for granted.
            if let Some(check) = work.enquiry.check_mut(number) {
                check.sentenced_outstanding_at = None;
            }
        } else {
            outlast(work, number);
        }
    }
    Ok(())
}

/// Refuses a sentence where none can have been passed.
fn suits(work: &Work<'_>, date: Date) -> Result<(), Rejection> {
    let enquiry = &work.enquiry;
    if !enquiry.purpose.before_sentence() {
        return Err(Rejection::Invalid {
            field: "enquiry_id",
            why: "asks about a stage after sentence: there is none to record",
        });
    }
    if enquiry.deadline.at() > work.now {
        return Err(Rejection::BadDeadline {
            why: "is still to come: where the case was adjourned, or heard earlier, move the hearing",
        });
    }
    let days = to_london(enquiry.submitted_at).date()..=to_london(work.now).date();
    if !days.contains(&date) {
        return Err(Rejection::Invalid {
            field: "sentence_date",
            why: "must be a day from the one on which the enquiry was made, up to today",
        });
    }
    Ok(())
}

/// The case is sentenced and the check is not answered: says so, to whom the ladder tells it at the hearing, unless people at court have
/// decided to go on without.
fn outlast(work: &mut Work<'_>, number: CheckNumber) {
    stand_sentenced(work, number, work.now);
    let Some(check) = work.enquiry.check(number) else {
        return;
    };
    let of_hearing = |step: &&Step| step.kind == StepKind::Hearing;
    let audience = check.ladder.steps.iter().find(of_hearing).map_or_else(
        || vec![Audience::Officer, Audience::OfficerManager],
        |step| step.audience.clone(),
    );
    if !work.enquiry.is_decided(number) {
        raise_trouble(work, number, Trouble::SentencedOutstanding, &audience);
    }
}

/// Marks a check as unanswered at sentence, once.
pub(crate) fn stand_sentenced(work: &mut Work<'_>, number: CheckNumber, at: Timestamp) {
    let Some(check) = work.enquiry.check_mut(number) else {
        return;
    };
    if check.sentenced_outstanding_at.is_none() {
        check.sentenced_outstanding_at = Some(at);
        work.record(number, EventKind::SentencedOutstanding);
    }
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::enquiry::{Purpose, SentenceOutcome};
    use crate::event::EventKind;
    use crate::hearing::Deadline;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        HEARING, accept, accepted, adapter, after, answer, answered, at, check, clock, give,
        hearing, hidden, just_before, manager, move_to, nameless, officer, picture, proceed,
        receive, received, stranger, submitted, waiting,
    };
    use crate::time::to_london;

    fn sentenced(outcome: SentenceOutcome) -> Verb {
        let date = to_london(at(0)).date();
        Verb::RecordSentence { outcome, date }
    }

    fn custody() -> Verb {
        sentenced(SentenceOutcome::Custody)
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_is_outstanding_at_sentence_says_so_at_once_and_is_chased() {
        // The clock has not come yet.
        let now = at(HEARING);
        check(&waiting(), &officer(), now, &custody(), Ok("waiting !sentenced_outstanding"));
        check(&waiting(), &manager(), now, &custody(), Ok("waiting !sentenced_outstanding"));
        check(&waiting(), &nameless(officer()), now, &custody(), Err(Rejection::PersonRequired));
        check(&waiting(), &stranger(), now, &custody(), Err(hidden("enquiry")));
        let passed = after(waiting(), &[(officer(), HEARING, custody())]);
        assert_eq!(passed.checks[0].sentenced_outstanding_at, Some(now));
        let sentence = passed.sentence.as_ref().unwrap();
        assert_eq!((&sentence.outstanding[..], sentence.at), (&[1][..], now));
        let all = "waiting !sentenced_outstanding !chase !manager !decide";
        check(&passed, &clock(), now, &Verb::Advance, Ok(all));
        check(&passed, &clock(), at(180), &Verb::Advance, Ok("waiting !sentenced_outstanding !chase !manager !decide !after"));
    }

    #[test]
    fn it_is_told_once_whoever_comes_first() {
        let told = |events: &[crate::event::Event]| {
            let said = |event: &&crate::event::Event| event.kind == EventKind::SentencedOutstanding;
            events.iter().filter(said).count()
        };
        let by_clock = give(&waiting(), &clock(), at(HEARING), &Verb::Advance).unwrap();
        assert_eq!(told(&by_clock.events), 1);
        let then = give(&by_clock.enquiry, &officer(), at(HEARING + 5), &custody()).unwrap();
        assert_eq!(told(&then.events), 0);
        let since = then.enquiry.checks[0].sentenced_outstanding_at;
        assert_eq!(since, Some(at(HEARING)));
        let by_officer = give(&waiting(), &officer(), at(HEARING), &custody()).unwrap();
        assert_eq!(told(&by_officer.events), 1);
        let then = give(&by_officer.enquiry, &clock(), at(HEARING), &Verb::Advance).unwrap();
        assert_eq!(told(&then.events), 0);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_was_decided_is_outstanding_all_the_same_but_needs_no_decision() {
        let decided = after(waiting(), &[(officer(), 100, proceed())]);
        let passed = after(decided, &[(officer(), HEARING, custody())]);
        check(&passed, &clock(), at(HEARING), &Verb::Advance, Ok("waiting !chase !manager"));
        assert_eq!(passed.checks[0].sentenced_outstanding_at, Some(at(HEARING)));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_was_answered_is_not_outstanding_and_what_comes_then_is_late() {
        check(&answered(), &officer(), at(HEARING), &custody(), Ok("answered"));
        check(&received(), &officer(), at(HEARING), &custody(), Ok("received"));
        let both = after(submitted(&["a", "b"]), &[(adapter("a"), 1, accept(None, None)), (adapter("a"), 2, answer(None)), (officer(), HEARING, custody())]);
        assert_eq!(both.sentence.as_ref().unwrap().outstanding, [2]);
        let late = after(accepted(), &[(officer(), HEARING, custody()), (adapter("a"), HEARING + 1, answer(None))]);
        assert!(give(&late, &officer(), at(HEARING + 2), &receive(1)).is_err(), "it asks what it would have changed");
        // Corrected when the answer was there: still outstanding at sentence.
        let corrected = after(late, &[(officer(), HEARING + 3, sentenced(SentenceOutcome::CommunityOrder))]);
        assert_eq!(corrected.sentence.unwrap().outstanding, [1]);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn without_a_sentence_nothing_is_outstanding_at_sentence() {
        let late = after(waiting(), &[(clock(), HEARING, Verb::Advance)]);
        let none = sentenced(SentenceOutcome::NoSentence);
        check(&late, &officer(), at(HEARING + 1), &none, Ok("waiting !chase !manager !decide"));
        let ended = after(late, &[(officer(), HEARING + 1, none)]);
        assert_eq!(ended.checks[0].sentenced_outstanding_at, None);
        let corrected = after(ended, &[(officer(), HEARING + 2, custody())]);
        assert_eq!(picture(&corrected), "waiting !chase !manager !decide !sentenced_outstanding");
        assert_eq!(corrected.checks[0].sentenced_outstanding_at, Some(at(HEARING + 2)));
        // Before the clock came.
        let early = after(waiting(), &[(officer(), HEARING, sentenced(SentenceOutcome::NoSentence))]);
        check(&early, &clock(), at(HEARING), &Verb::Advance, Ok("waiting !chase !manager !decide"));
    }

    #[test]
    fn the_same_again_changes_nothing_and_another_corrects() {
        let passed = after(waiting(), &[(officer(), HEARING, custody())]);
        let again = give(&passed, &manager(), at(HEARING + 9), &custody()).unwrap();
        assert_eq!((again.enquiry, again.events), (passed.clone(), Vec::new()));
        let other = sentenced(SentenceOutcome::SuspendedSentence);
        let corrected = give(&passed, &manager(), at(HEARING + 9), &other).unwrap();
        let sentence = corrected.enquiry.sentence.unwrap();
        assert_eq!(sentence.outcome, SentenceOutcome::SuspendedSentence);
        assert_eq!(
            (sentence.at, &sentence.outstanding[..]),
            (at(HEARING + 9), &[1][..])
        );
    }

    #[test]
    fn a_hearing_that_is_to_come_after_all_takes_the_sentence_back() {
        let passed = after(waiting(), &[(officer(), HEARING, custody())]);
        let earlier = after(
            passed.clone(),
            &[(officer(), HEARING + 1, move_to(hearing(60)))],
        );
        assert_eq!(earlier.sentence, passed.sentence);
        let later = after(
            passed,
            &[(officer(), HEARING + 1, move_to(hearing(HEARING + 60)))],
        );
        assert_eq!(later.sentence, None);
        assert_eq!(later.checks[0].sentenced_outstanding_at, None);
    }

    #[test]
    fn a_sentence_is_passed_at_a_hearing_that_has_begun() {
        let why =
            "is still to come: where the case was adjourned, or heard earlier, move the hearing";
        let early = Err(Rejection::BadDeadline { why });
        check(
            &waiting(),
            &officer(),
            just_before(HEARING),
            &custody(),
            early,
        );
        let day = |days: i64| Verb::RecordSentence {
            outcome: SentenceOutcome::Custody,
            date: to_london(at(days * 24 * 60)).date(),
        };
        let refused = |days| {
            let why = "must be a day from the one on which the enquiry was made, up to today";
            let field = "sentence_date";
            let now = at(2 * 24 * 60);
            let refused = Err(Rejection::Invalid { field, why });
            check(&waiting(), &officer(), now, &day(days), refused);
        };
        refused(-1);
        refused(3);
        for days in 0..=2 {
            assert!(give(&waiting(), &officer(), at(2 * 24 * 60), &day(days)).is_ok());
        }
        let mut release = waiting();
        release.purpose = Purpose::Release;
        release.deadline = Deadline::ReplyBy {
            court: release.deadline.court(),
            at: at(HEARING),
        };
        let refused = Rejection::Invalid {
            field: "enquiry_id",
            why: "asks about a stage after sentence: there is none to record",
        };
        check(&release, &officer(), at(HEARING), &custody(), Err(refused));
    }
}
