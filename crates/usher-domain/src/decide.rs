//! The whole business: load → **decide** → commit → announce. Pure and total; nobody else changes an enquiry.

use crate::actor::{Actor, By};
use crate::command::{Command, Request, Verb, VerbName};
use crate::enquiry::{Applied, Check, CheckState, Enquiry};
use crate::event::{Event, EventKind};
use crate::id::CheckNumber;
use crate::permit;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::rules::decide_without::decide_without;
use crate::rules::move_hearing::move_hearing;
use crate::rules::record_sentence::record_sentence;
use crate::rules::weigh::Weight;
use crate::time::Timestamp;
use crate::{limits, rules};

/// What a command leads to: the new state and the events. No events means that nothing has changed and nothing needs
/// committing: a repeated request, or a clock with nothing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The enquiry as it now is.
    pub enquiry: Enquiry,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// Decides what `command` by `actor` at `now` leads to.
///
/// # Errors
/// The [`Rejection`] that says why nothing changes. What the actor may not know of reads as not there.
pub fn decide(
    current: Option<&Enquiry>,
    command: &Command,
    actor: &Actor,
    now: Timestamp,
    policy: &Policy,
) -> Result<Transition, Rejection> {
    let verb = command.verb.name();
    permit::check(actor, verb)?;
    let Some(current) = current else {
        return match &command.verb {
            Verb::Submit(submit) => {
                rules::submit::submit(submit, command.request, actor, now, policy)
            }
            _ => Err(Rejection::NotFound { what: "enquiry" }),
        };
    };
    if !permit::sees(actor, current) {
        return Err(Rejection::NotFound { what: "enquiry" });
    }
    // An enquiry's id is derived from its submission, so one that exists was submitted before.
    let came_before = match earlier(&current.applied, command.request) {
        None if command.request.is_some() && verb == VerbName::Submit => Some(Earlier::Other),
        known => known,
    };
    match came_before {
        Some(Earlier::Same) => return Ok(unchanged(current)),
        Some(Earlier::Other) => return Err(Rejection::RequestReused),
        None => {}
    }
    let mut work = Work {
        enquiry: current.clone(),
        events: Vec::new(),
        actor,
        now,
        policy,
    };
    dispatch(&mut work, &command.verb)?;
    rules::close::lapse(&mut work, current);
    rules::settle::settle(&mut work);
    rules::candidates::drop_needless(&mut work.enquiry);
    work.finish(current, command)
}

fn unchanged(current: &Enquiry) -> Transition {
    Transition {
        enquiry: current.clone(),
        events: Vec::new(),
    }
}

/// What came before under the same request id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// The same act by the same actor: it is repeated safely.
    Same,
    /// Something else.
    Other,
}

pub(crate) fn earlier(applied: &[Applied], request: Option<Request>) -> Option<Earlier> {
    let request = request?;
    let known = applied
        .iter()
        .find(|applied| applied.request == request.id)?;
    if known.digest == request.digest {
        Some(Earlier::Same)
    } else {
        Some(Earlier::Other)
    }
}

/// Keeps the first, which made the record and never drops off, and the latest others.
pub(crate) fn remember(applied: &mut Vec<Applied>, request: Request) {
    if applied.len() >= limits::REQUESTS_REMEMBERED_MAX {
        applied.remove(1);
    }
    applied.push(Applied {
        request: request.id,
        digest: request.digest,
    });
}

fn dispatch(work: &mut Work<'_>, verb: &Verb) -> Result<(), Rejection> {
    match verb {
        Verb::Submit(_) => Err(Rejection::RequestReused),
        Verb::Lease {
            check,
            lease,
            until,
        } => rules::lease::lease(work, *check, *lease, *until),
        Verb::Renew {
            check,
            lease,
            until,
        } => rules::renew::renew(work, *check, *lease, *until),
        Verb::Accept {
            check,
            lease,
            expected_by,
        } => rules::accept::accept(work, *check, *lease, *expected_by),
        Verb::Answer { check, lease, said } => rules::answer::answer(work, *check, *lease, said),
        Verb::AnswerByPhone {
            check,
            said,
            by_phone,
        } => rules::answer_by_phone::answer_by_phone(work, *check, said, by_phone),
        Verb::Release {
            check,
            lease,
            for_people,
            candidates,
        } => rules::release::release(work, *check, *lease, *for_people, candidates),
        Verb::Ask {
            check,
            lease,
            question,
        } => rules::ask::ask(work, *check, *lease, question),
        Verb::Supply { check, reply } => rules::supply::supply(work, *check, reply),
        Verb::Redirect { check, lease, to } => rules::redirect::redirect(work, *check, *lease, to),
        Verb::Reroute { check, to } => rules::reroute::reroute(work, *check, to),
        Verb::Withdraw { note } => rules::withdraw::withdraw(work, note),
        Verb::MoveHearing { deadline, reason } => move_hearing(work, deadline, reason),
        Verb::Acknowledge { alert, note } => rules::acknowledge::acknowledge(work, *alert, note),
        Verb::DecideWithout { decision, note } => decide_without(work, decision, note),
        Verb::Receive {
            check,
            version,
            effects,
        } => rules::receive::receive(work, *check, *version, effects),
        Verb::RecordSentence { outcome, date } => record_sentence(work, *outcome, *date),
        Verb::Close {
            check,
            reason,
            note,
        } => rules::close::close(work, *check, *reason, note),
        Verb::Cover { case, holder } => rules::cover::cover(work, *case, holder.as_ref()),
        Verb::Reassign { holder } => rules::reassign::reassign(work, holder),
        Verb::View { check } => rules::view::view(work, *check),
        Verb::Advance => {
            rules::advance::advance(work);
            Ok(())
        }
        Verb::ReportAbsent { check } => rules::report_absent::report_absent(work, *check),
    }
}

/// One command at work on a copy of the enquiry.
pub(crate) struct Work<'a> {
    pub(crate) enquiry: Enquiry,
    pub(crate) events: Vec<Event>,
    pub(crate) actor: &'a Actor,
    pub(crate) now: Timestamp,
    pub(crate) policy: &'a Policy,
}

impl Work<'_> {
    pub(crate) fn by(&self) -> By {
        By::from(self.actor)
    }

    pub(crate) fn record(&mut self, check: impl Into<Option<CheckNumber>>, kind: EventKind) {
        let event = Event {
            at: self.now,
            by: self.by(),
            check: check.into(),
            kind,
        };
        self.events.push(event);
    }

    /// The check with this number, where the actor may know of it.
    pub(crate) fn check(&self, number: CheckNumber) -> Result<&Check, Rejection> {
        self.enquiry
            .check(number)
            .filter(|check| permit::sees_check(self.actor, &self.enquiry, check))
            .ok_or(Rejection::NotFound { what: "check" })
    }

    /// Puts the check into `state`.
    pub(crate) fn enter(&mut self, number: CheckNumber, state: CheckState) {
        if let Some(check) = self.enquiry.check_mut(number) {
            check.state = state;
        }
    }

    /// The result, unless the enquiry has grown beyond what the verb may fill of a record.
    fn finish(mut self, before: &Enquiry, command: &Command) -> Result<Transition, Rejection> {
        if self.events.is_empty() {
            return Ok(unchanged(before));
        }
        let verb = command.verb.name();
        let lighter = Weight::of(before);
        let broken = |enquiry: &Enquiry| Weight::of(enquiry).broken_by(verb, lighter);
        let mut too_many = broken(&self.enquiry);
        if too_many.is_some() {
            rules::candidates::give_way(&mut self.enquiry);
            too_many = broken(&self.enquiry);
        }
        if let Some(max) = too_many {
            let what = "bytes of text in one enquiry";
            return Err(Rejection::TooMany { what, max });
        }
        let remembered = !matches!(verb, VerbName::Lease | VerbName::Renew);
        if let Some(request) = command.request.filter(|_| remembered) {
            remember(&mut self.enquiry.applied, request);
        }
        Ok(Transition {
            enquiry: self.enquiry,
            events: self.events,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Transition, decide};
    use crate::actor::{Actor, Person};
    use crate::command::{Verb, VerbName, WithoutAnswer};
    use crate::enquiry::{CloseReason, Enquiry};
    use crate::id::RequestId;
    use crate::limits;
    use crate::personal::{CANARY, silent};
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, accept, acknowledge, adapter, answer, answer_by_phone, answered, ask, asked, at,
        clock, close, hearing, hearing_at, hidden, lease, leased, move_to, officer, operator,
        policy, proceed, receive, redirect, release, request, reroute, stranger, submission,
        supply, unroutable, waiting, withdraw, without,
    };
    use crate::sealed::Sealed;
    use uuid::Uuid;

    /// Gives `verb` as request 7 with `digest`, at minute 5.
    fn give(
        before: &Enquiry,
        who: &Actor,
        digest: u64,
        verb: &Verb,
    ) -> Result<Transition, Rejection> {
        decide(
            Some(before),
            &request(7, digest, verb.clone()),
            who,
            at(5),
            &policy(),
        )
    }

    #[rustfmt::skip] // a row a line
    fn remembered() -> Vec<(Enquiry, Actor, Verb)> {
        let (desk, court) = (adapter("a"), officer());
        vec![
            (waiting(), desk.clone(), accept(None, Some(60))),
            (leased(), desk.clone(), answer(LEASE)),
            (leased(), operator(), answer_by_phone(1)),
            (leased(), desk.clone(), release(LEASE)),
            (leased(), desk.clone(), ask(LEASE)),
            (asked(), court.clone(), supply()),
            (waiting(), desk.clone(), redirect(1, "b")),
            (unroutable(), operator(), reroute(1, "b")),
            (waiting(), court.clone(), withdraw()),
            (waiting(), court.clone(), move_to(hearing(200))),
            (unroutable(), operator(), acknowledge(1)),
            (waiting(), court.clone(), proceed()),
            (waiting(), court.clone(), without(WithoutAnswer::SeekAdjournment { to: None })),
            (answered(), court.clone(), receive(1)),
            (waiting(), court, close(CloseReason::Mistake)),
        ]
    }

    #[test]
    fn a_repeated_request_gives_the_same_enquiry_and_no_events() {
        for (before, who, verb) in remembered() {
            let first = give(&before, &who, 1, &verb).unwrap();
            assert_ne!(first.events, [], "{verb:?}");
            let again = give(&first.enquiry, &who, 1, &verb);
            let expected = Transition {
                events: Vec::new(),
                ..first
            };
            assert_eq!(again, Ok(expected), "{verb:?}");
        }
    }

    #[test]
    fn a_request_id_with_another_body_is_refused() {
        for (before, who, verb) in remembered() {
            let first = give(&before, &who, 1, &verb).unwrap().enquiry;
            let reused = give(&first, &operator(), 2, &acknowledge(1));
            assert_eq!(reused, Err(Rejection::RequestReused), "{verb:?}");
        }
    }

    #[test]
    fn whoever_cannot_see_an_enquiry_learns_nothing_of_its_requests() {
        let moved = give(
            &waiting(),
            &officer(),
            1,
            &move_to(hearing_at("B01DU", 200)),
        );
        let moved = moved.unwrap().enquiry;
        let refused = give(&moved, &officer(), 2, &withdraw());
        assert_eq!(refused, Err(hidden("enquiry")));
        // Not even by repeating what took it out of sight: others have gone on with it since.
        let again = give(&moved, &officer(), 1, &move_to(hearing_at("B01DU", 200)));
        assert_eq!(again, Err(hidden("enquiry")));
        let refused = give(&waiting(), &stranger(), 1, &withdraw());
        assert_eq!(refused, Err(hidden("enquiry")));
        let absent = decide(
            None,
            &request(7, 1, withdraw()),
            &officer(),
            at(5),
            &policy(),
        );
        assert_eq!(absent, Err(hidden("enquiry")));
    }

    #[test]
    fn leases_are_not_remembered_because_their_loans_are() {
        let first = give(&waiting(), &adapter("a"), 1, &lease(1))
            .unwrap()
            .enquiry;
        assert_eq!(first.applied, []);
    }

    #[test]
    fn what_changes_nothing_is_not_remembered() {
        let same = give(&waiting(), &officer(), 1, &move_to(hearing(120))).unwrap();
        assert_eq!((same.enquiry, same.events), (waiting(), Vec::new()));
    }

    #[test]
    fn the_submission_and_the_latest_requests_are_remembered() {
        let submit = Verb::Submit(Box::new(submission(&["a"])));
        let submit = request(1_000, 1, submit);
        let mut enquiry = decide(None, &submit, &officer(), at(0), &policy())
            .unwrap()
            .enquiry;
        let turns = 2 * limits::REQUESTS_REMEMBERED_MAX as u128;
        for id in 2_000..2_000 + turns {
            let command = request(id, 1, accept(None, None));
            enquiry = decide(Some(&enquiry), &command, &adapter("a"), at(1), &policy())
                .unwrap()
                .enquiry;
        }
        let known = |id| {
            let id = RequestId::from_uuid(Uuid::from_u128(id));
            enquiry.applied.iter().any(|applied| applied.request == id)
        };
        assert_eq!(enquiry.applied.len(), limits::REQUESTS_REMEMBERED_MAX);
        assert!(known(1_000) && known(2_000 + turns - 1) && !known(2_000));
        let again = decide(Some(&enquiry), &submit, &officer(), at(2), &policy()).unwrap();
        assert_eq!(again.events, []);
    }

    #[test]
    fn every_verb_of_another_role_is_refused_before_anything_else() {
        let verb = VerbName::Withdraw;
        let refused = give(&waiting(), &clock(), 1, &withdraw());
        assert_eq!(refused, Err(Rejection::NotPermitted { verb }));
        let verb = VerbName::Lease;
        let refused = give(&waiting(), &stranger(), 1, &lease(1));
        assert_eq!(refused, Err(Rejection::NotPermitted { verb }));
    }

    #[test]
    fn a_name_of_blanks_names_nobody() {
        let mut blank = officer();
        blank.person = blank.person.map(|person| Person {
            name: "  ".into(),
            ..person
        });
        let refused = give(&waiting(), &blank, 1, &withdraw());
        assert_eq!(refused, Err(Rejection::PersonRequired));
    }

    #[test]
    fn no_debug_prints_a_person_or_what_was_said() {
        let mut who = officer();
        who.person = who.person.map(|person| Person {
            name: CANARY.into(),
            contact: CANARY.into(),
            ..person
        });
        let deadline = hearing(200);
        let reason = Sealed::from_bytes(CANARY.as_bytes().to_vec());
        let command = request(7, 1, Verb::MoveHearing { deadline, reason });
        silent(&command);
        silent(&who);
        silent(&decide(Some(&waiting()), &command, &who, at(5), &policy()));
    }
}
