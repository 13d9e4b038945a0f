//! An officer asks. One check per responder; what leads nowhere makes one check of its kind in the operators' queue. Never refused for its addresses.

use super::move_hearing::check_deadline;
use super::open::open;
use super::weigh::{SUBMITTED_BYTES_MAX, Weight};
use crate::actor::Actor;
use crate::command::{Request, Route, Submit};
use crate::decide::{Transition, Work};
use crate::enquiry::{Applied, Curfew, Enquiry, Purpose, Requester};
use crate::event::EventKind;
use crate::hearing::Deadline;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(crate) fn submit(
    submit: &Submit,
    request: Option<Request>,
    actor: &Actor,
    now: Timestamp,
    policy: &Policy,
) -> Result<Transition, Rejection> {
    let court = submit.deadline.court();
    if !actor.courts.contain(court) {
        return Err(Rejection::OtherCourt { court });
    }
    check_deadline(submit.purpose, &submit.deadline, now)?;
    check_referral(submit)?;
    if submit.routes.is_empty() {
        return Err(Rejection::Invalid {
            field: "routes",
            why: "must name at least one check",
        });
    }
    let mut work = Work {
        enquiry: blank(submit, request, actor, now),
        events: Vec::new(),
        actor,
        now,
        policy,
    };
    let max = SUBMITTED_BYTES_MAX;
    if Weight::of(&work.enquiry).total() > max {
        return Err(Rejection::TooMany {
            what: "bytes of text at submission",
            max,
        });
    }
    work.record(None, EventKind::Submitted);
    for route in &submit.routes {
        open(&mut work, route.kind, &route.to, route.reasons.clone())?;
    }
    Ok(Transition {
        enquiry: work.enquiry,
        events: work.events,
    })
}

/// A referral tells social care, and no court waits for it.
fn check_referral(submit: &Submit) -> Result<(), Rejection> {
    if submit.purpose != Purpose::Referral {
        return Ok(());
    }
    let suits = |route: &Route| submit.purpose.suits(route.kind);
    let (field, why) = if !submit.routes.iter().all(suits) {
        (
            "responder_kinds",
            "a referral goes to children's or adult social care: ask the police in an enquiry",
        )
    } else if submit.concerns.is_empty() {
        ("concerns", "say in a referral what the concern is")
    } else if matches!(submit.deadline, Deadline::Hearing(_)) {
        (
            "deadline",
            "a referral is answered within a working day, and has no hearing: give a reply_by",
        )
    } else {
        return Ok(());
    };
    Err(Rejection::Invalid { field, why })
}

fn blank(submit: &Submit, request: Option<Request>, actor: &Actor, now: Timestamp) -> Enquiry {
    let applied = request.map(|request| Applied {
        request: request.id,
        digest: request.digest,
    });
    Enquiry {
        id: submit.id,
        requester: Requester {
            client: actor.client.clone(),
            person: actor.person.clone().unwrap_or_default(),
            unit: submit.unit.clone(),
            on_behalf_of: submit.on_behalf_of.clone(),
        },
        case: submit.case,
        holder: submit.holder.clone(),
        purpose: submit.purpose,
        report: submit.report,
        in_custody: submit.in_custody,
        curfew: if submit.curfew_proposed {
            Curfew::Proposed
        } else {
            Curfew::NotProposed
        },
        imminent_harm: submit.imminent_harm,
        concerns: submit.concerns.clone(),
        deadline: submit.deadline.clone(),
        moves: Vec::new(),
        submitted_at: now,
        personal: submit.personal.clone(),
        checks: Vec::new(),
        alerts: Vec::new(),
        decisions: Vec::new(),
        sentence: None,
        applied: applied.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use crate::code::ResponderKind;
    use crate::command::{Request, Submit, Verb};
    use crate::decide::decide;
    use crate::enquiry::{Concern, Purpose};
    use crate::hearing::Deadline;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        HEARING, at, check, clock, court, hearing, hearing_at, nameless, officer, person, picture,
        policy, referral, request, submission, text,
    };
    use crate::rules::weigh::SUBMITTED_BYTES_MAX;
    use crate::time::Timestamp;

    fn submit(submit: Submit, now: Timestamp) -> Result<String, Rejection> {
        let command = request(1, 1, Verb::Submit(Box::new(submit)));
        let transition = decide(None, &command, &officer(), now, &policy())?;
        assert_eq!(transition.enquiry.applied.len(), 1);
        Ok(picture(&transition.enquiry))
    }

    #[test]
    fn an_officer_asks_for_a_hearing_at_their_own_court() {
        assert_eq!(
            submit(submission(&["a", "?"]), at(0)).unwrap(),
            "waiting, unroutable !unroutable"
        );
        let elsewhere = Submit {
            deadline: hearing_at("B01DU", HEARING),
            ..submission(&["a"])
        };
        let refused = Rejection::OtherCourt {
            court: court("B01DU"),
        };
        assert_eq!(submit(elsewhere, at(0)), Err(refused));
        let none = Rejection::Invalid {
            field: "routes",
            why: "must name at least one check",
        };
        assert_eq!(submit(submission(&[]), at(0)), Err(none));
    }

    #[test]
    fn before_sentence_there_is_a_hearing_and_after_it_a_reply_by() {
        let (court, at_noon) = (court("B01IX"), at(180));
        for purpose in Purpose::ALL {
            let submission = Submit {
                purpose: *purpose,
                concerns: vec![Concern::Neglect],
                deadline: Deadline::ReplyBy { court, at: at_noon },
                ..submission(&["a"])
            };
            let refused = submit(submission, at(0)).is_err();
            assert_eq!(refused, purpose.before_sentence(), "{}", purpose.name());
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_referral_tells_social_care_what_the_concern_is() {
        let check = |change: fn(&mut Submit), wanted: Result<&str, &str>| {
            let mut referral = referral(&["a"]);
            change(&mut referral);
            let found = submit(referral, at(0)).map_err(|refused| match refused {
                Rejection::Invalid { field, .. } => field.to_owned(),
                other => other.to_string(),
            });
            assert_eq!(found, wanted.map(str::to_owned).map_err(str::to_owned));
        };
        check(|_| {}, Ok("waiting"));
        check(|it| it.routes[0].kind = ResponderKind::AdultSocialCare, Ok("waiting"));
        check(|it| it.routes[0].kind = ResponderKind::PoliceDomesticAbuse, Err("responder_kinds"));
        check(|it| it.concerns.clear(), Err("concerns"));
        check(|it| it.deadline = hearing(HEARING), Err("deadline"));
    }

    #[test]
    fn a_hearing_that_has_passed_today_is_asked_for_and_chased_at_once() {
        assert_eq!(
            submit(submission(&["a"]), at(HEARING + 30)).unwrap(),
            "waiting"
        );
        let verb = Verb::Submit(Box::new(submission(&["a"])));
        let late = decide(None, &request(1, 1, verb), &officer(), at(150), &policy()).unwrap();
        let picture = "waiting !decide !sentenced_outstanding";
        check(
            &late.enquiry,
            &clock(),
            at(150),
            &Verb::Advance,
            Ok(picture),
        );
    }

    #[test]
    fn what_is_submitted_leaves_room_for_what_follows() {
        let max = SUBMITTED_BYTES_MAX;
        let named = person().name.len();
        let fits = Submit {
            personal: text(max - named),
            ..submission(&["a"])
        };
        assert_eq!(submit(fits, at(0)).as_deref(), Ok("waiting"));
        let heavy = Submit {
            personal: text(max - named + 1),
            ..submission(&["a"])
        };
        let what = "bytes of text at submission";
        assert_eq!(submit(heavy, at(0)), Err(Rejection::TooMany { what, max }));
    }

    #[test]
    fn the_same_submission_again_is_the_same_enquiry() {
        let command = |digest| {
            let mut command = request(1, digest, Verb::Submit(Box::new(submission(&["a"]))));
            command.request = command.request.map(|one| Request { digest, ..one });
            command
        };
        let first = decide(None, &command(1), &officer(), at(0), &policy())
            .unwrap()
            .enquiry;
        let again = decide(Some(&first), &command(1), &officer(), at(9), &policy()).unwrap();
        assert_eq!((&again.enquiry, again.events.len()), (&first, 0));
        let other = decide(Some(&first), &command(2), &officer(), at(9), &policy());
        assert_eq!(other, Err(Rejection::RequestReused));
        let nameless = decide(None, &command(1), &nameless(officer()), at(0), &policy());
        assert_eq!(nameless, Err(Rejection::PersonRequired));
    }
}
