//! The responder answers. The first answer wins; a later one supersedes visibly. An answer to a check that somebody closed
//! meanwhile is taken too, and must be read: what a borough knows about a child is never thrown away.

use super::hold::{held, wrong_state};
use super::share::may_answer;
use crate::command::Said;
use crate::decide::Work;
use crate::enquiry::{Answer, ByPhone, CheckState, Purpose, Timeliness};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::ladder::{StepKind, StepState};
use crate::limits;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Whether it says what comes of a referral, and of nothing else.
fn suits(said: &Said, purpose: Purpose) -> Result<(), Rejection> {
    let why = match (purpose, said.outcome) {
        (Purpose::Referral, None) => "say what comes of the referral",
        (Purpose::Referral, Some(_)) | (_, None) => return Ok(()),
        (_, Some(_)) => "only a referral has one: leave it out",
    };
    Err(Rejection::Invalid {
        field: "referral_outcome",
        why,
    })
}

pub(crate) fn answer(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    said: &Said,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    match &check.state {
        CheckState::Leased { .. }
        | CheckState::Accepted { .. }
        | CheckState::Asked { .. }
        | CheckState::Answered { .. }
        | CheckState::Closed { .. } => {}
        CheckState::Waiting { .. }
        | CheckState::Unroutable { .. }
        | CheckState::Redirected { .. } => {
            return Err(wrong_state(
                check,
                "leased, accepted, asked, answered or closed",
            ));
        }
    }
    may_answer(work, check)?;
    take(work, number, said, None)
}

/// Takes what was said as the next version of the check's answer, to be read.
pub(super) fn take(
    work: &mut Work<'_>,
    number: CheckNumber,
    said: &Said,
    by_phone: Option<&ByPhone>,
) -> Result<(), Rejection> {
    suits(said, work.enquiry.purpose)?;
    let check = work.check(number)?;
    let mut answers = check.state.answers().to_vec();
    if answers.len() >= limits::ANSWERS_PER_CHECK_MAX {
        return Err(Rejection::TooMany {
            what: "versions of one answer",
            max: limits::ANSWERS_PER_CHECK_MAX,
        });
    }
    let (responder, opened_at) = (check.responder.clone(), check.opened_at);
    let timeliness = timeliness(work.now, work.enquiry.deadline.at());
    answers.push(Answer {
        disposition: said.disposition,
        outcome: said.outcome,
        by: work.by(),
        at: work.now,
        timeliness,
        data_as_of: said.data_as_of,
        content: said.content.clone(),
        by_phone: by_phone.cloned(),
    });
    let version = u8::try_from(answers.len()).unwrap_or(u8::MAX);
    work.enter(
        number,
        CheckState::Answered {
            answers,
            received: None,
        },
    );
    await_reading(work, number);
    if let Some(responder) = responder {
        work.record(
            number,
            EventKind::Answered {
                responder,
                opened_at,
                version,
                timeliness,
                by_phone: by_phone.cloned(),
            },
        );
    }
    Ok(())
}

/// At the deadline's own instant the hearing has begun: an answer then is late.
fn timeliness(now: Timestamp, deadline: Timestamp) -> Timeliness {
    if now < deadline {
        Timeliness::InTime
    } else {
        Timeliness::AfterHearing
    }
}

/// Ends the ladder to the answer and starts the one to its reading.
fn await_reading(work: &mut Work<'_>, number: CheckNumber) {
    let (now, deadline, policy) = (work.now, work.enquiry.deadline.at(), work.policy);
    let Some(check) = work.enquiry.check_mut(number) else {
        return;
    };
    check.ladder.generation = check.ladder.generation.saturating_add(1);
    check
        .ladder
        .steps
        .retain(|step| step.kind != StepKind::Unread);
    for step in &mut check.ladder.steps {
        if step.state == StepState::Pending {
            step.state = StepState::Moot { at: now };
        }
    }
    check
        .ladder
        .steps
        .extend(policy.unread_steps(check.responder.as_ref(), now, deadline));
    check.ladder.steps.sort_by_key(|step| step.due);
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::enquiry::{CheckState, Enquiry, LateEffect, ReferralOutcome, Timeliness};
    use crate::index;
    use crate::limits;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        HEARING, LEASE, LEASE_END, OTHER_LEASE, accept, accepted, adapter, after, answer,
        answer_by_phone, answer_referral, answered, asked, at, check, clock, closed, give, hidden,
        just_before, lease, leased, nameless, officer, opened, operator, receive, receive_late,
        received, redirected, referral, second_adapter, unroutable, waiting, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_responder_answers_what_it_has() {
        let (desk, now) = (adapter("a"), at(5));
        let wanted = "leased, accepted, asked, answered or closed";
        check(&waiting(), &desk, now, &answer(None), Err(wrong("waiting", wanted)));
        check(&waiting(), &desk, now, &answer(LEASE), Err(Rejection::LeaseLost));
        check(&leased(), &desk, now, &answer(LEASE), Ok("answered"));
        check(&leased(), &desk, now, &answer(OTHER_LEASE), Err(Rejection::LeaseLost));
        check(&leased(), &desk, now, &answer(None), Err(Rejection::LeaseLost));
        check(&leased(), &second_adapter("a"), now, &answer(LEASE), Err(Rejection::LeaseLost));
        check(&accepted(), &desk, now, &answer(None), Ok("answered"));
        check(&accepted(), &second_adapter("a"), now, &answer(None), Ok("answered"));
        check(&asked(), &desk, now, &answer(None), Ok("answered"));
        check(&answered(), &desk, now, &answer(None), Ok("answered"));
        check(&received(), &desk, now, &answer(None), Ok("answered"));
        check(&closed(), &desk, now, &answer(None), Ok("answered"));
        check(&redirected(), &desk, now, &answer(None), Err(wrong("redirected", wanted)));
        check(&unroutable(), &desk, now, &answer(None), Err(hidden("enquiry")));
        check(&accepted(), &adapter("b"), now, &answer(None), Err(hidden("enquiry")));
        check(&accepted(), &nameless(desk), now, &answer(None), Ok("answered"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_lease_is_lost_at_its_last_instant() {
        let desk = adapter("a");
        check(&leased(), &desk, just_before(LEASE_END), &answer(LEASE), Ok("answered"));
        check(&leased(), &desk, at(LEASE_END), &answer(LEASE), Err(Rejection::LeaseLost));
    }

    #[test]
    fn at_the_hearings_own_instant_an_answer_is_late() {
        let timeliness = |now| {
            let transition = give(&accepted(), &adapter("a"), now, &answer(None)).unwrap();
            transition.enquiry.checks[0]
                .answer()
                .map(|answer| answer.timeliness)
        };
        assert_eq!(timeliness(just_before(HEARING)), Some(Timeliness::InTime));
        assert_eq!(timeliness(at(HEARING)), Some(Timeliness::AfterHearing));
    }

    #[test]
    fn an_answer_ends_every_alert_of_the_way_to_it() {
        let late = after(asked(), &[(clock(), 180, Verb::Advance)]);
        let picture = "answered";
        assert_eq!(index::keys(&late).open_alerts, 5);
        check(&late, &adapter("a"), at(181), &answer(None), Ok(picture));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_newer_answer_is_to_be_read_anew() {
        let unread = after(answered(), &[(clock(), 110, Verb::Advance)]);
        let newer = after(unread, &[(adapter("a"), 111, answer(None))]);
        check(&newer, &clock(), just_before(141), &Verb::Advance, Ok("answered !unread_late"));
        check(&newer, &clock(), at(141), &Verb::Advance, Ok("answered !unread_late !unread"));
        check(&newer, &officer(), at(112), &receive(2), Ok("received"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_answer_to_a_closed_check_must_be_read() {
        let late = after(closed(), &[(adapter("a"), 200, answer(None))]);
        assert!(late.is_open());
        check(&late, &clock(), at(230), &Verb::Advance, Ok("answered !unread_late !unread"));
        check(&late, &officer(), at(230), &receive_late(1, &[LateEffect::Nothing]), Ok("received"));
    }

    #[test]
    fn the_first_answer_stays_and_sixteen_are_kept() {
        let mut enquiry = accepted();
        for version in 1..=limits::ANSWERS_PER_CHECK_MAX {
            enquiry = after(enquiry, &[(adapter("a"), 5, answer(None))]);
            assert_eq!(versions(&enquiry), version);
        }
        let refused = Rejection::TooMany {
            what: "versions of one answer",
            max: limits::ANSWERS_PER_CHECK_MAX,
        };
        check(&enquiry, &adapter("a"), at(6), &answer(None), Err(refused));
    }

    fn versions(enquiry: &Enquiry) -> usize {
        match &enquiry.checks[0].state {
            CheckState::Answered { answers, .. } => answers.len(),
            _ => 0,
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_named_person_takes_a_referral_on_and_says_what_comes_of_it() {
        let told = opened(referral(&["a"]));
        assert!(index::keys(&told).waiting.is_empty(), "no program is lent it");
        let (desk, program) = (adapter("a"), nameless(adapter("a")));
        check(&told, &program, at(1), &accept(None, None), Err(Rejection::PersonRequired));
        check(&told, &desk, at(1), &lease(1), Err(wrong("waiting", "waiting for a program")));
        let taken = after(told, &[(desk.clone(), 1, accept(None, None))]);
        let early_help = answer_referral(Some(ReferralOutcome::EarlyHelp));
        let Err(Rejection::AutomaticAnswer { .. }) = give(&taken, &program, at(2), &early_help) else {
            panic!("a program answers a referral");
        };
        let missing = Rejection::Invalid { field: "referral_outcome", why: "say what comes of the referral" };
        check(&taken, &desk, at(2), &answer_referral(None), Err(missing.clone()));
        check(&taken, &operator(), at(2), &answer_by_phone(1), Err(missing));
        check(&taken, &desk, at(2), &early_help, Ok("answered"));
        let one_too_many = Rejection::Invalid { field: "referral_outcome", why: "only a referral has one: leave it out" };
        check(&accepted(), &desk, at(2), &early_help, Err(one_too_many));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_came_of_a_referral_is_read_as_it_came_late_or_not() {
        let acts = |minute| [
            (adapter("a"), 1, accept(None, None)),
            (adapter("a"), minute, answer_referral(Some(ReferralOutcome::Assessment))),
        ];
        for minute in [2, HEARING, HEARING + 60] {
            let answered = after(opened(referral(&["a"])), &acts(minute));
            assert_eq!(answered.checks[0].answer().unwrap().outcome, Some(ReferralOutcome::Assessment));
            check(&answered, &officer(), at(minute), &receive(1), Ok("received"));
        }
    }
}
