//! Opens a check: in its responder's queue, or, when nobody knows whose it is or no agreement lets it be shared, in the operators' queue
//! with an alert at once.

use super::raise::raise_trouble;
use super::share::decide_opening;
use crate::alert::Trouble;
use crate::code::{AuthorityCode, ResponderKind};
use crate::command::Destination;
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, RouteReason};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::ladder::Audience;
use crate::limits;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn open(
    work: &mut Work<'_>,
    kind: ResponderKind,
    to: &Destination,
    mut reasons: Vec<RouteReason>,
) -> Result<CheckNumber, Rejection> {
    let checks = &work.enquiry.checks;
    let (count, max) = match to {
        Destination::Responder { .. } if checks.len() < limits::CHECKS_PER_ENQUIRY_MAX => (
            checks
                .iter()
                .filter(|check| check.responder.is_some())
                .count(),
            limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX,
        ),
        _ => (checks.len(), limits::CHECKS_PER_ENQUIRY_MAX),
    };
    if count >= max {
        return Err(Rejection::TooMany {
            what: "checks in one enquiry",
            max,
        });
    }
    let number = CheckNumber::try_from(work.enquiry.checks.len() + 1).unwrap_or(CheckNumber::MAX);
    reasons.truncate(limits::REASONS_PER_CHECK_MAX);
    let since = work.now;
    let (responder, authorities, sharing, why) = match to {
        Destination::Responder { id, authorities } => {
            let (sharing, why) = decide_opening(work, id, &reasons);
            let responder = why.is_none().then(|| id.clone());
            (
                responder,
                authorities.clone(),
                Some(sharing),
                Vec::from_iter(why),
            )
        }
        Destination::Nowhere { why } => (None, Vec::new(), None, why.clone()),
    };
    let ladder = work.policy.ladder(&work.enquiry, responder.as_ref(), since);
    let nowhere = responder.is_none();
    let mut check = Check {
        number,
        kind,
        responder: responder.clone(),
        authorities,
        reasons,
        sharing,
        opened_at: since,
        state: CheckState::Unroutable { why, since },
        ladder,
        leases_lost: 0,
        exchanges: Vec::new(),
        sentenced_outstanding_at: None,
        closing: None,
        candidates: Sealed::default(),
    };
    if !nowhere {
        check.state = check.waiting(since, None);
    }
    work.enquiry.checks.push(check);
    work.record(number, EventKind::Opened { responder });
    if nowhere {
        raise_trouble(work, number, Trouble::Unroutable, &[Audience::Operator]);
    }
    Ok(number)
}

/// Adds authorities and a reason to a check that is open already.
pub(crate) fn join(check: &mut Check, authorities: &[AuthorityCode], reason: &RouteReason) {
    for authority in authorities {
        if !check.authorities.contains(authority)
            && check.authorities.len() < limits::AUTHORITIES_PER_RESPONDER_MAX
        {
            check.authorities.push(*authority);
        }
    }
    if check.reasons.len() < limits::REASONS_PER_CHECK_MAX && !check.reasons.contains(reason) {
        check.reasons.push(reason.clone());
    }
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::decide::decide;
    use crate::enquiry::RouteReason;
    use crate::limits;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        adapter, after, at, check, officer, opened, operator, picture, policy, redirect, request,
        reroute, submission, submitted,
    };

    #[test]
    fn a_check_opens_in_its_queue_or_with_an_alert_at_once() {
        assert_eq!(picture(&submitted(&["a"])), "waiting");
        assert_eq!(picture(&submitted(&["?"])), "unroutable !unroutable");
        assert_eq!(
            picture(&submitted(&["a", "?", "b"])),
            "waiting, unroutable !unroutable, waiting"
        );
    }

    #[test]
    fn sixteen_checks_open_and_a_seventeenth_does_not() {
        let max = limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX;
        let ids: Vec<String> = (0..=max).map(|n| format!("r{n}")).collect();
        let routes: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(submitted(&routes[..max]).checks.len(), max);
        let verb = Verb::Submit(Box::new(submission(&routes)));
        let refused = decide(None, &request(1, 1, verb), &officer(), at(0), &policy());
        let what = "checks in one enquiry";
        assert_eq!(refused, Err(Rejection::TooMany { what, max }));
    }

    #[test]
    fn what_leads_nowhere_finds_room_beside_sixteen_checks() {
        let max = limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX;
        let ids: Vec<String> = (0..max).map(|n| format!("r{n}")).collect();
        let routes: Vec<&str> = ids.iter().map(String::as_str).chain(["?"]).collect();
        let full = submitted(&routes);
        assert_eq!(full.checks.len(), limits::CHECKS_PER_ENQUIRY_MAX);
        assert!(picture(&full).ends_with("waiting, unroutable !unroutable"));
        let refused = Rejection::TooMany {
            what: "checks in one enquiry",
            max: limits::CHECKS_PER_ENQUIRY_MAX,
        };
        check(
            &full,
            &adapter("r0"),
            at(1),
            &redirect(1, "?"),
            Err(refused),
        );
    }

    #[test]
    fn the_operators_check_takes_no_responders_place() {
        let ids: Vec<String> = (1..limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX)
            .map(|n| format!("r{n}"))
            .collect();
        let routes: Vec<&str> = ids.iter().map(String::as_str).chain(["?"]).collect();
        let number = u8::try_from(routes.len()).unwrap();
        let routed = after(
            submitted(&routes),
            &[(operator(), 1, reroute(number, "last"))],
        );
        assert!(picture(&routed).ends_with("redirected>17, waiting"));
    }

    #[test]
    fn the_reasons_of_a_check_are_bounded() {
        let mut submit = submission(&["a"]);
        submit.routes[0].reasons = vec![RouteReason::Named; limits::REASONS_PER_CHECK_MAX + 1];
        let enquiry = opened(submit);
        assert_eq!(
            enquiry.checks[0].reasons.len(),
            limits::REASONS_PER_CHECK_MAX
        );
    }
}
