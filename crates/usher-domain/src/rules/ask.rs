//! The responder needs more from the officer. The ladder goes on meanwhile, and the officer is told at once.

use super::hold::{held, wrong_state};
use super::raise::raise_trouble;
use crate::alert::Trouble;
use crate::decide::Work;
use crate::enquiry::{CheckState, Exchange};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::ladder::Audience;
use crate::limits;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn ask(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    question: &Sealed,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    if !matches!(
        check.state,
        CheckState::Leased { .. } | CheckState::Accepted { .. }
    ) {
        return Err(wrong_state(check, "leased or accepted"));
    }
    if check.exchanges.len() >= limits::QUESTIONS_PER_CHECK_MAX {
        return Err(Rejection::TooMany {
            what: "questions on one check",
            max: limits::QUESTIONS_PER_CHECK_MAX,
        });
    }
    let (now, by) = (work.now, work.by());
    let exchange = Exchange {
        question: question.clone(),
        asked_by: by.clone(),
        asked_at: now,
        reply: None,
    };
    if let Some(check) = work.enquiry.check_mut(number) {
        check.exchanges.push(exchange);
        check.state = CheckState::Asked { at: now, by };
    }
    work.record(number, EventKind::Asked);
    raise_trouble(work, number, Trouble::Question, &[Audience::Officer]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::limits;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, LEASE_END, accept, accepted, adapter, after, answered, ask, asked, at, check,
        closed, hidden, just_before, leased, nameless, officer, picture, redirected, supply,
        unroutable, waiting, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_responder_asks_back_about_what_it_has() {
        let (desk, now) = (adapter("a"), at(5));
        let wanted = "leased or accepted";
        check(&waiting(), &desk, now, &ask(None), Err(wrong("waiting", wanted)));
        check(&waiting(), &desk, now, &ask(LEASE), Err(Rejection::LeaseLost));
        check(&leased(), &desk, now, &ask(LEASE), Ok("asked !question"));
        check(&accepted(), &desk, now, &ask(None), Ok("asked !question"));
        check(&asked(), &desk, now, &ask(None), Err(wrong("asked", wanted)));
        check(&answered(), &desk, now, &ask(None), Err(wrong("answered", wanted)));
        check(&closed(), &desk, now, &ask(None), Err(wrong("closed", wanted)));
        check(&redirected(), &desk, now, &ask(None), Err(wrong("redirected", wanted)));
        check(&unroutable(), &desk, now, &ask(None), Err(hidden("enquiry")));
        check(&leased(), &nameless(adapter("a")), now, &ask(LEASE), Err(Rejection::PersonRequired));
        check(&leased(), &desk, just_before(LEASE_END), &ask(LEASE), Ok("asked !question"));
        check(&leased(), &desk, at(LEASE_END), &ask(LEASE), Err(Rejection::LeaseLost));
    }

    #[test]
    fn sixteen_questions_are_enough() {
        let desk = adapter("a");
        let mut enquiry = asked();
        for _ in 1..limits::QUESTIONS_PER_CHECK_MAX {
            enquiry = after(
                enquiry,
                &[
                    (officer(), 2, supply()),
                    (desk.clone(), 2, accept(None, None)),
                    (desk.clone(), 2, ask(None)),
                ],
            );
            assert_eq!(picture(&enquiry), "asked !question");
        }
        assert_eq!(enquiry.alerts.len(), 1, "one alert, opened again");
        let enquiry = after(
            enquiry,
            &[
                (officer(), 2, supply()),
                (desk.clone(), 2, accept(None, None)),
            ],
        );
        let refused = Rejection::TooMany {
            what: "questions on one check",
            max: limits::QUESTIONS_PER_CHECK_MAX,
        };
        check(&enquiry, &desk, at(3), &ask(None), Err(refused));
    }
}
