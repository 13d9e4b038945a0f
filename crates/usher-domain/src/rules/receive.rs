//! The officer has read the answer: the check's exit. Whoever reads a late one says what it would have changed. Late means at the deadline
//! or after it; where that is no hearing but a moment to reply by, sentence has been passed, and allocation and plan can still be missed.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{Answer, CheckState, LateEffect, Purpose, Receipt, Timeliness};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;

pub(crate) fn receive(
    work: &mut Work<'_>,
    number: CheckNumber,
    version: u8,
    effects: &[LateEffect],
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    let CheckState::Answered { answers, received } = &check.state else {
        return Err(wrong_state(check, "answered"));
    };
    let newest = u8::try_from(answers.len()).unwrap_or(u8::MAX);
    if version == 0 || version > newest {
        return Err(Rejection::Invalid {
            field: "answer_version",
            why: "must be the number of a version of the answer, from 1",
        });
    }
    if version < newest {
        return Err(Rejection::NewerAnswer { newest });
    }
    if let Some(answer) = answers.last() {
        suits(work.enquiry.purpose, answer, effects)?;
    }
    if received.is_some() {
        return Ok(());
    }
    let effects = effects.to_vec();
    let receipt = Receipt {
        by: work.by(),
        at: work.now,
        effects: effects.clone(),
    };
    let state = CheckState::Answered {
        answers: answers.clone(),
        received: Some(receipt),
    };
    work.enter(number, state);
    work.record(number, EventKind::Received { version, effects });
    Ok(())
}

/// Whether `effects` say of a late answer what it would have changed, and nothing of one that came in time, or of what came of a referral.
fn suits(purpose: Purpose, answer: &Answer, effects: &[LateEffect]) -> Result<(), Rejection> {
    let is_late = answer.timeliness == Timeliness::AfterHearing && purpose.is_stage();
    let why = match effects {
        [] if is_late => {
            "the answer came late: say whether it would have changed sentence, allocation, plan, or nothing"
        }
        [_, ..] if !is_late => "the answer came in time: leave it out",
        [_, _, ..] if effects.contains(&LateEffect::Nothing) => {
            "say nothing, or what it would have changed, not both"
        }
        _ if (1..effects.len()).any(|place| effects[..place].contains(&effects[place])) => {
            "say each once"
        }
        _ => return Ok(()),
    };
    Err(Rejection::Invalid {
        field: "would_have_changed",
        why,
    })
}

#[cfg(test)]
mod tests {
    use crate::enquiry::{CheckState, Enquiry, LateEffect};
    use crate::event::EventKind;
    use crate::hearing::Deadline;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        HEARING, accepted, adapter, after, answer, answered, asked, at, check, closed, give,
        hidden, just_before, leased, manager, nameless, officer, receive, receive_late, received,
        redirected, stranger, unroutable, waiting, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_officer_reads_the_newest_version() {
        let now = at(5);
        let no_version = || Err(Rejection::Invalid {
            field: "answer_version",
            why: "must be the number of a version of the answer, from 1",
        });
        check(&answered(), &officer(), now, &receive(1), Ok("received"));
        check(&answered(), &manager(), now, &receive(1), Ok("received"));
        check(&answered(), &officer(), now, &receive(0), no_version());
        check(&answered(), &officer(), now, &receive(2), no_version());
        check(&received(), &officer(), now, &receive(1), Ok("received"));
        let newer = after(received(), &[(adapter("a"), 3, answer(None))]);
        check(&newer, &officer(), now, &receive(1), Err(Rejection::NewerAnswer { newest: 2 }));
        check(&newer, &officer(), now, &receive(2), Ok("received"));
        check(&answered(), &nameless(officer()), now, &receive(1), Err(Rejection::PersonRequired));
        check(&answered(), &stranger(), now, &receive(1), Err(hidden("enquiry")));
    }

    #[test]
    fn only_an_answer_is_received() {
        for (enquiry, state) in [
            (waiting(), "waiting"),
            (leased(), "leased"),
            (accepted(), "accepted"),
            (asked(), "asked"),
            (unroutable(), "unroutable"),
            (closed(), "closed"),
            (redirected(), "redirected"),
        ] {
            check(
                &enquiry,
                &officer(),
                at(5),
                &receive(1),
                Err(wrong(state, "answered")),
            );
        }
    }

    #[test]
    fn a_second_reading_changes_nothing() {
        let again = give(&received(), &officer(), at(50), &receive(1)).unwrap();
        assert_eq!((again.enquiry, again.events), (received(), Vec::new()));
    }

    fn answered_at(minutes: i64) -> Enquiry {
        after(accepted(), &[(adapter("a"), minutes, answer(None))])
    }

    fn unsaid<T>() -> Result<T, Rejection> {
        refused(
            "the answer came late: say whether it would have changed sentence, allocation, plan, or nothing",
        )
    }

    fn refused<T>(why: &'static str) -> Result<T, Rejection> {
        Err(Rejection::Invalid {
            field: "would_have_changed",
            why,
        })
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn whoever_reads_a_late_answer_says_what_it_would_have_changed() {
        use LateEffect::{Allocation, Nothing, Plan, Sentence};
        let (late, now) = (answered_at(HEARING), at(HEARING + 1));
        check(&late, &officer(), now, &receive(1), unsaid());
        for effects in [&[Nothing][..], &[Sentence], &[Plan, Sentence, Allocation]] {
            check(&late, &officer(), now, &receive_late(1, effects), Ok("received"));
        }
        check(&late, &officer(), now, &receive_late(1, &[Nothing, Plan]),
            refused("say nothing, or what it would have changed, not both"));
        check(&late, &officer(), now, &receive_late(1, &[Plan, Sentence, Plan]), refused("say each once"));
        let in_time = give(&accepted(), &adapter("a"), just_before(HEARING), &answer(None)).unwrap().enquiry;
        check(&in_time, &officer(), now, &receive(1), Ok("received"));
        check(&in_time, &officer(), now, &receive_late(1, &[Nothing]),
            refused("the answer came in time: leave it out"));
    }

    #[test]
    fn what_was_said_is_kept_and_told() {
        let effects = [LateEffect::Allocation, LateEffect::Plan];
        let verb = receive_late(1, &effects);
        let read = give(&answered_at(HEARING), &officer(), at(HEARING + 1), &verb).unwrap();
        let CheckState::Answered {
            received: Some(receipt),
            ..
        } = &read.enquiry.checks[0].state
        else {
            panic!("received");
        };
        assert_eq!(receipt.effects, effects);
        assert!(receipt.would_have_changed_something());
        let told = EventKind::Received {
            version: 1,
            effects: effects.to_vec(),
        };
        assert_eq!(read.events[0].kind, told);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_late_correction_is_asked_about_anew() {
        let nothing = receive_late(1, &[LateEffect::Nothing]);
        let read = after(answered_at(HEARING), &[(officer(), HEARING + 1, nothing)]);
        let newer = after(read, &[(adapter("a"), HEARING + 2, answer(None))]);
        check(&newer, &officer(), at(HEARING + 3), &receive(2), unsaid());
        check(&newer, &officer(), at(HEARING + 3), &receive_late(2, &[LateEffect::Plan]), Ok("received"));
        // The first version came in time: what is read is the newest.
        let newer = after(received(), &[(adapter("a"), HEARING, answer(None))]);
        check(&newer, &officer(), at(HEARING + 1), &receive(2), unsaid());
    }

    #[test]
    fn after_sentence_late_is_after_the_moment_to_reply_by() {
        let mut enquiry = accepted();
        enquiry.deadline = Deadline::ReplyBy {
            court: enquiry.deadline.court(),
            at: at(HEARING),
        };
        let late = after(enquiry, &[(adapter("a"), HEARING, answer(None))]);
        let now = at(HEARING + 1);
        check(&late, &officer(), now, &receive(1), unsaid());
        let verb = receive_late(1, &[LateEffect::Plan]);
        check(&late, &officer(), now, &verb, Ok("received"));
    }
}
