//! How much text an enquiry carries, so that no command makes its record larger than a store may hold. The clock's own growth is bounded
//! by the number of alerts and needs no refusal.

use crate::actor::{By, Person, Unit};
use crate::alert::AlertState;
use crate::command::VerbName;
use crate::enquiry::{Check, CheckState, CourtDecisionKind, Curfew, Enquiry};
use crate::limits::{CHECKS_PER_ENQUIRY_MAX, ENTRY_BYTES, PERSONAL_BYTES_MAX};

/// What long texts leave free, in bytes: an enquiry that answers have filled can still be closed, moved and decided upon.
const NOTES_RESERVE_BYTES: usize = 16 * 1_024;
/// What notes leave free, in bytes: an enquiry that is full can still be accepted and its answers received.
const ACTS_RESERVE_BYTES: usize = 8 * 1_024;

/// What long texts leave free besides for each check that is outstanding then, in bytes: however long one responder's answer is, the
/// others can still say what they know in short. A submission leaves as much for each check that an enquiry may ever have.
const ANSWER_RESERVE_BYTES: usize = 1_024;

/// How heavy `verb` may leave an enquiry that then has so many checks outstanding, in bytes.
pub(crate) const fn room(verb: VerbName, outstanding: usize) -> usize {
    use VerbName as V;
    match verb {
        V::Answer | V::Ask | V::Supply => {
            PERSONAL_BYTES_MAX - NOTES_RESERVE_BYTES - outstanding * ANSWER_RESERVE_BYTES
        }
        V::Withdraw | V::MoveHearing | V::Acknowledge | V::DecideWithout | V::Close => {
            PERSONAL_BYTES_MAX - ACTS_RESERVE_BYTES
        }
        V::Submit => {
            PERSONAL_BYTES_MAX - NOTES_RESERVE_BYTES - CHECKS_PER_ENQUIRY_MAX * ANSWER_RESERVE_BYTES
        }
        V::Accept | V::Receive | V::Redirect | V::Reroute => PERSONAL_BYTES_MAX,
        // They add no text: whatever is in the record, the clock and the queue go on.
        V::Lease | V::Renew | V::Release | V::Advance | V::ReportAbsent => usize::MAX,
    }
}

/// Bytes of sealed parts and of names, and of what stands around each entry that somebody made.
pub(crate) fn weight(enquiry: &Enquiry) -> usize {
    let decisions: usize = enquiry
        .decisions
        .iter()
        .map(|one| {
            let authorised_by = match &one.kind {
                CourtDecisionKind::ProceedWithout { authorised_by } => person(authorised_by),
                CourtDecisionKind::SeekAdjournment | CourtDecisionKind::WithdrawCurfew => 0,
            };
            authorised_by + by(&one.by) + one.note.bytes().len()
        })
        .sum();
    let curfew = match &enquiry.curfew {
        Curfew::Withdrawn { by: who, .. } => by(who),
        Curfew::NotProposed | Curfew::Proposed => 0,
    };
    let moves: usize = enquiry
        .moves
        .iter()
        .map(|one| by(&one.by) + one.reason.bytes().len())
        .sum();
    let acknowledged: usize = enquiry
        .alerts
        .iter()
        .map(|alert| match &alert.state {
            AlertState::Acknowledged {
                by: person, note, ..
            } => by(person) + note.bytes().len(),
            AlertState::Open { .. } | AlertState::Resolved { .. } => 0,
        })
        .sum();
    let checks: usize = enquiry.checks.iter().map(check).sum();
    let requester = &enquiry.requester;
    enquiry.personal.bytes().len()
        + person(&requester.person)
        + requester.on_behalf_of.as_ref().map_or(0, person)
        + unit(&requester.unit)
        + curfew
        + decisions
        + moves
        + acknowledged
        + checks
}

fn check(check: &Check) -> usize {
    let exchanges: usize = check
        .exchanges
        .iter()
        .map(|one| {
            let reply = one
                .reply
                .as_ref()
                .map_or(0, |reply| by(&reply.by) + reply.text.bytes().len());
            by(&one.asked_by) + one.question.bytes().len() + reply
        })
        .sum();
    let state = match &check.state {
        CheckState::Accepted { by: who, .. }
        | CheckState::Asked { by: who, .. }
        | CheckState::Redirected { by: who, .. } => by(who),
        CheckState::Closed { by: who, note, .. } => by(who) + note.bytes().len(),
        CheckState::Answered { answers, received } => {
            let answers: usize = answers
                .iter()
                .map(|one| by(&one.by) + one.content.bytes().len())
                .sum();
            answers + received.as_ref().map_or(0, |receipt| by(&receipt.by))
        }
        CheckState::Waiting { .. } | CheckState::Leased { .. } | CheckState::Unroutable { .. } => 0,
    };
    exchanges + state
}

/// Whoever made an entry, and the entry itself.
fn by(by: &By) -> usize {
    ENTRY_BYTES + by.client.as_str().len() + by.person.as_ref().map_or(0, person)
}

fn unit(unit: &Unit) -> usize {
    unit.region.len() + unit.office.len() + unit.team.len() + unit.mailbox.len()
}

fn person(person: &Person) -> usize {
    person.name.len() + person.post.len() + person.contact.len()
}

#[cfg(test)]
mod tests {
    use crate::actor::{Person, Unit};
    use crate::command::{Submit, Verb, VerbName};
    use crate::decide::decide;
    use crate::enquiry::{CloseReason, Disposition, Enquiry};
    use crate::limits::{PERSONAL_BYTES_MAX, RESPONDER_CHECKS_PER_ENQUIRY_MAX};
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        accept, adapter, after, at, check, clock, hearing, lease, move_to, officer, opened,
        picture, policy, proceed, receive, request, submission, submitted, text, withdraw,
    };
    use crate::rules::weigh::{room, weight};

    fn answer_of(length: usize) -> Verb {
        Verb::Answer {
            check: 1,
            lease: None,
            disposition: Disposition::KnownRelevant,
            data_as_of: None,
            content: text(length),
        }
    }

    /// Filled by answers to `room` bytes below the bound.
    fn filled(room: usize) -> Enquiry {
        let both = after(
            submitted(&["a", "b"]),
            &[(adapter("a"), 0, accept(None, None))],
        );
        let light = after(both.clone(), &[(adapter("a"), 0, answer_of(0))]);
        after(
            both,
            &[(
                adapter("a"),
                0,
                answer_of(PERSONAL_BYTES_MAX - weight(&light) - room),
            )],
        )
    }

    #[test]
    fn whoever_asks_is_weighed_with_unit_and_practitioner() {
        let plain = submitted(&["a"]);
        let mut told = plain.clone();
        let [region, office, team, mailbox] = [1, 2, 4, 8].map(|length| "x".repeat(length));
        told.requester.unit = Unit {
            region,
            office,
            team,
            mailbox,
        };
        told.requester.on_behalf_of = Some(Person {
            name: "x".repeat(16),
            ..Person::default()
        });
        assert_eq!(weight(&told) - weight(&plain), 31);
    }

    #[test]
    fn an_answer_fills_its_share_to_the_byte() {
        let reserved = (16 + 1) * 1_024;
        let full = filled(reserved);
        assert_eq!(weight(&full), PERSONAL_BYTES_MAX - reserved);
        let refused = Rejection::TooMany {
            what: "bytes of text in one enquiry",
            max: PERSONAL_BYTES_MAX - reserved,
        };
        check(&full, &adapter("a"), at(1), &answer_of(0), Err(refused));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_full_enquiry_can_still_be_moved_closed_read_and_leased() {
        let full = filled(17 * 1_024);
        check(&full, &adapter("b"), at(1), &lease(2), Ok("answered, leased"));
        check(&full, &officer(), at(1), &receive(1), Ok("received, waiting"));
        check(&full, &officer(), at(1), &move_to(hearing(200)), Ok("answered, waiting"));
        check(&full, &officer(), at(1), &withdraw(), Ok("answered, closed"));
        check(&full, &officer(), at(1), &proceed(), Ok("answered, waiting"));
        check(&full, &clock(), at(200), &Verb::Advance,
            Ok("answered !unread !unread_late, waiting !chase !manager !decide !sentenced_outstanding !after"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn notes_leave_room_for_receipts() {
        let full = filled(17 * 1_024);
        let closing = |length| Verb::Close {
            check: 2,
            reason: CloseReason::Other,
            note: text(length),
        };
        let refused = Rejection::TooMany {
            what: "bytes of text in one enquiry",
            max: PERSONAL_BYTES_MAX - 8 * 1_024,
        };
        check(&full, &officer(), at(1), &closing(9 * 1_024), Err(refused));
        check(&full, &officer(), at(1), &closing(8_000), Ok("answered, closed"));
        let noted = after(full, &[(officer(), 1, closing(8_000))]);
        check(&noted, &officer(), at(2), &receive(1), Ok("received, closed"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_long_answer_leaves_every_other_responder_room_for_a_short_one() {
        let full = filled(17 * 1_024);
        let own = |verb| match verb {
            Verb::Answer { lease, disposition, data_as_of, content, .. } =>
                Verb::Answer { check: 2, lease, disposition, data_as_of, content },
            other => other,
        };
        let accepted = after(full, &[(adapter("b"), 1, Verb::Accept { check: 2, lease: None, expected_by: None })]);
        check(&accepted, &adapter("b"), at(2), &own(answer_of(512)), Ok("answered, answered"));
        check(&accepted, &adapter("a"), at(2), &answer_of(1), Err(too_many(17)));
        check(&accepted, &adapter("b"), at(2), &own(answer_of(1_024)), Err(too_many(16)));
    }

    #[test]
    fn every_check_of_the_longest_submission_can_be_answered() {
        let ids: Vec<String> = (0..RESPONDER_CHECKS_PER_ENQUIRY_MAX)
            .map(|number| format!("r{number}"))
            .collect();
        let routes: Vec<&str> = ids.iter().map(String::as_str).chain(["?"]).collect();
        let light = weight(&submitted(&routes));
        let of = |length| Submit {
            personal: text(length),
            ..submission(&routes)
        };
        let bare = light - submission(&routes).personal.bytes().len();
        let longest = room(VerbName::Submit, 0) - bare;
        let mut enquiry = opened(of(longest));
        let too_long = Verb::Submit(Box::new(of(longest + 1)));
        let refused = decide(None, &request(1, 1, too_long), &officer(), at(0), &policy());
        let what = "bytes of text at submission";
        let max = room(VerbName::Submit, 0);
        assert_eq!(refused, Err(Rejection::TooMany { what, max }));
        for (place, responder) in ids.iter().enumerate() {
            let check = u8::try_from(place + 1).unwrap();
            let short = Verb::Answer {
                check,
                lease: None,
                disposition: Disposition::KnownRelevant,
                data_as_of: None,
                content: text(512),
            };
            let accept = Verb::Accept {
                check,
                lease: None,
                expected_by: None,
            };
            enquiry = after(
                enquiry,
                &[
                    (adapter(responder), 1, accept),
                    (adapter(responder), 2, short),
                ],
            );
        }
        assert!(picture(&enquiry).starts_with("answered, answered"));
    }

    /// Refused for want of room when `reserved` KiB are to stay free.
    fn too_many(reserved: usize) -> Rejection {
        Rejection::TooMany {
            what: "bytes of text in one enquiry",
            max: PERSONAL_BYTES_MAX - reserved * 1_024,
        }
    }
}
