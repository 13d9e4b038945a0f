//! How much text an enquiry carries, so that no command makes its record larger than a store may hold, and none takes the room that another
//! will need: whatever notes are written and however long one answer is, every responder can still say what it knows in short, and correct
//! it. The clock's own growth is bounded by the number of alerts and needs no refusal.

use crate::actor::{By, Person, Unit};
use crate::alert::AlertState;
use crate::command::VerbName;
use crate::enquiry::{ByPhone, Check, CheckState, CourtDecisionKind, Curfew, Enquiry};
use crate::limits::{CHECKS_PER_ENQUIRY_MAX, ENTRY_BYTES, PERSONAL_BYTES_MAX};

/// Decisions, moves, acknowledgements, and why a check was closed, in bytes.
const NOTES_BYTES_MAX: usize = 6 * 1_024;
/// Who accepted, redirected, closed and read, in bytes.
const ACTS_BYTES_MAX: usize = 6 * 1_024;
/// What was submitted, with questions, replies and answers, in bytes.
const WORDS_BYTES_MAX: usize = PERSONAL_BYTES_MAX - NOTES_BYTES_MAX - ACTS_BYTES_MAX;
/// What a check has for questions and a first answer, however much the others take, in bytes.
const ANSWER_BYTES_MIN: usize = 1_024;
/// What a first answer leaves for a correction, in bytes.
const CORRECTION_BYTES_MIN: usize = 512;
/// What a submission may weigh, in bytes: every check that an enquiry may ever have can be answered, and corrected.
pub(crate) const SUBMITTED_BYTES_MAX: usize =
    WORDS_BYTES_MAX - CHECKS_PER_ENQUIRY_MAX * (ANSWER_BYTES_MIN + CORRECTION_BYTES_MIN);

/// What people have put into an enquiry, in bytes of sealed parts, of names, and of what stands around each entry that somebody made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// By whoever submitted.
    submitted: usize,
    /// Questions, replies, answers and candidates.
    words: usize,
    /// The same, each check with at least what it may count on.
    promised: usize,
    /// Decisions, moves, acknowledgements, reasons for closing.
    notes: usize,
    /// Who accepted, redirected, closed and read, and recorded the sentence.
    acts: usize,
}

impl Weight {
    pub(crate) fn of(enquiry: &Enquiry) -> Self {
        let mut sum = Self {
            submitted: submitted(enquiry),
            notes: notes(enquiry),
            acts: enquiry.sentence.as_ref().map_or(0, |one| by(&one.by)),
            ..Self::default()
        };
        for check in &enquiry.checks {
            let words = words(check);
            sum.words += words;
            sum.promised += promised(check, words);
            if let Some(closing) = &check.closing {
                sum.acts += by(&closing.by);
                sum.notes += closing.note.bytes().len();
            }
            match &check.state {
                CheckState::Accepted { by: who, .. }
                | CheckState::Asked { by: who, .. }
                | CheckState::Redirected { by: who, .. } => sum.acts += by(who),
                CheckState::Closed { by: who, note, .. } => {
                    sum.acts += by(who);
                    sum.notes += note.bytes().len();
                }
                CheckState::Answered { received, .. } => {
                    sum.acts += received.as_ref().map_or(0, |receipt| by(&receipt.by));
                }
                CheckState::Waiting { .. }
                | CheckState::Leased { .. }
                | CheckState::Unroutable { .. } => {}
            }
        }
        sum
    }

    /// All of it.
    pub(crate) fn total(self) -> usize {
        self.submitted + self.words + self.notes + self.acts
    }

    /// The bound that `verb` broke, where it made the enquiry heavier than it may be.
    pub(crate) fn broken_by(self, verb: VerbName, before: Self) -> Option<usize> {
        use VerbName as V;
        let bounds = [
            (Self::words_promised as fn(Self) -> usize, WORDS_BYTES_MAX),
            (|it| it.notes, NOTES_BYTES_MAX),
            (|it| it.acts, ACTS_BYTES_MAX),
            (Self::total, PERSONAL_BYTES_MAX),
        ];
        let [words, notes, acts, total] = bounds;
        let heeded: &[_] = match verb {
            // They add no text: whatever is in the record, the clock and the queue go on. The last are given to cases, which weigh otherwise.
            V::Lease
            | V::Renew
            | V::Advance
            | V::ReportAbsent
            | V::Register
            | V::TakeOff
            | V::EnterStage
            | V::Uncover
            | V::SetAside
            | V::View => &[],
            V::Accept => &[acts, total],
            V::Redirect | V::Reroute => &[words, acts, total],
            V::Submit | V::Answer | V::AnswerByPhone | V::Ask | V::Supply | V::Release => {
                &[words, total]
            }
            // Notes have room of their own. Who withdraws or closes is an act, and may use what room there is.
            V::MoveHearing
            | V::Acknowledge
            | V::DecideWithout
            | V::Withdraw
            | V::Cover
            | V::Reassign
            | V::Close => &[notes, total],
            // So may whoever reads an answer or records a sentence.
            V::Receive | V::RecordSentence => &[total],
        };
        let broken = heeded
            .iter()
            .find(|(part, max)| part(self) > *max && part(self) > part(before));
        broken.map(|(_, max)| *max)
    }

    fn words_promised(self) -> usize {
        self.submitted + self.promised
    }
}

fn submitted(enquiry: &Enquiry) -> usize {
    let requester = &enquiry.requester;
    enquiry.personal.bytes().len()
        + person(&requester.person)
        + requester.on_behalf_of.as_ref().map_or(0, person)
        + unit(&requester.unit)
}

fn notes(enquiry: &Enquiry) -> usize {
    let decisions = enquiry.decisions.iter().map(|one| {
        let authorised_by = match &one.kind {
            CourtDecisionKind::ProceedWithout { authorised_by } => person(authorised_by),
            CourtDecisionKind::SeekAdjournment | CourtDecisionKind::WithdrawCurfew => 0,
        };
        authorised_by + by(&one.by) + one.note.bytes().len()
    });
    let moves = enquiry
        .moves
        .iter()
        .map(|one| by(&one.by) + one.reason.bytes().len());
    let acknowledged = enquiry.alerts.iter().map(|alert| match &alert.state {
        AlertState::Acknowledged {
            by: person, note, ..
        } => by(person) + note.bytes().len(),
        AlertState::Open { .. } | AlertState::Resolved { .. } => 0,
    });
    let curfew = match &enquiry.curfew {
        Curfew::Withdrawn { by: who, .. } => by(who),
        Curfew::NotProposed | Curfew::Proposed => 0,
    };
    let holder = enquiry.holder.as_ref().map_or(0, |holder| {
        holder.person.as_ref().map_or(0, person) + unit(&holder.unit)
    });
    decisions.chain(moves).chain(acknowledged).sum::<usize>() + curfew + holder
}

fn words(check: &Check) -> usize {
    let exchanges = check.exchanges.iter().map(|one| {
        let reply = one
            .reply
            .as_ref()
            .map_or(0, |reply| by(&reply.by) + reply.text.bytes().len());
        by(&one.asked_by) + one.question.bytes().len() + reply
    });
    let candidates = match check.candidates.bytes().len() {
        0 => 0,
        length => ENTRY_BYTES + length,
    };
    let answers = check.state.answers().iter().map(|one| {
        let phone = one.by_phone.as_ref().map_or(0, by_phone);
        by(&one.by) + one.content.bytes().len() + phone
    });
    exchanges.chain(answers).sum::<usize>() + candidates
}

/// What a check with so many `words` may count on.
fn promised(check: &Check, words: usize) -> usize {
    match &check.state {
        CheckState::Redirected { .. } | CheckState::Closed { .. } => words,
        state if state.answers().len() > 1 => words,
        state if state.answers().len() == 1 => words + CORRECTION_BYTES_MIN,
        _ => words.max(ANSWER_BYTES_MIN) + CORRECTION_BYTES_MIN,
    }
}

/// Whoever made an entry, and the entry itself.
pub(crate) fn by(by: &By) -> usize {
    ENTRY_BYTES + by.client.as_str().len() + by.person.as_ref().map_or(0, person)
}

fn by_phone(by_phone: &ByPhone) -> usize {
    ENTRY_BYTES + person(&by_phone.given_by) + by_phone.number.len()
}

pub(crate) fn unit(unit: &Unit) -> usize {
    unit.region.len() + unit.office.len() + unit.team.len() + unit.mailbox.len()
}

pub(crate) fn person(person: &Person) -> usize {
    person.name.len() + person.post.len() + person.contact.len()
}

#[cfg(test)]
mod tests {
    use super::{SUBMITTED_BYTES_MAX, WORDS_BYTES_MAX, Weight};
    use crate::actor::{Person, Unit};
    use crate::command::{Said, Submit, Verb, WithoutAnswer};
    use crate::decide::decide;
    use crate::enquiry::{CloseReason, Disposition, Enquiry};
    use crate::id::CheckNumber;
    use crate::limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        adapter, after, at, check, clock, give, hearing, lease, move_to, officer, opened, operator,
        picture, policy, receive, request, submission, submitted, text, to, withdraw,
    };

    fn answer_of(check: CheckNumber, length: usize) -> Verb {
        Verb::Answer {
            check,
            lease: None,
            said: Said {
                disposition: Disposition::KnownRelevant,
                outcome: None,
                data_as_of: None,
                content: text(length),
            },
        }
    }

    fn accept(check: CheckNumber) -> Verb {
        Verb::Accept {
            check,
            lease: None,
            expected_by: None,
        }
    }

    fn decided(length: usize) -> Verb {
        Verb::DecideWithout {
            decision: WithoutAnswer::SeekAdjournment { to: None },
            note: text(length),
        }
    }

    fn too_many(max: usize) -> Rejection {
        let what = "bytes of text in one enquiry";
        Rejection::TooMany { what, max }
    }

    fn ids() -> Vec<String> {
        (0..RESPONDER_CHECKS_PER_ENQUIRY_MAX)
            .map(|number| format!("r{number}"))
            .collect()
    }

    /// As heavy as a submission may be, with as many checks as an enquiry may have.
    fn heaviest() -> Enquiry {
        let ids = ids();
        let routes: Vec<&str> = ids.iter().map(String::as_str).chain(["?"]).collect();
        let of = |length| Submit {
            personal: text(length),
            ..submission(&routes)
        };
        let longest = SUBMITTED_BYTES_MAX - Weight::of(&opened(of(0))).total();
        let too_long = Verb::Submit(Box::new(of(longest + 1)));
        let refused = decide(None, &request(1, 1, too_long), &officer(), at(0), &policy());
        let (what, max) = ("bytes of text at submission", SUBMITTED_BYTES_MAX);
        assert_eq!(refused, Err(Rejection::TooMany { what, max }));
        opened(of(longest))
    }

    /// Accepted and answered by "a" with so long an answer that not a byte more fits.
    fn filled(enquiry: Enquiry) -> Enquiry {
        let accepted = after(enquiry, &[(adapter("a"), 0, accept(1))]);
        let fits =
            |length: &usize| give(&accepted, &adapter("a"), at(0), &answer_of(1, *length)).is_ok();
        let (mut short, mut long) = (0, WORDS_BYTES_MAX);
        while short + 1 < long {
            let middle = usize::midpoint(short, long);
            if fits(&middle) {
                short = middle;
            } else {
                long = middle;
            }
        }
        after(accepted, &[(adapter("a"), 0, answer_of(1, short))])
    }

    #[test]
    fn every_check_of_the_heaviest_submission_can_be_answered_and_corrected() {
        let mut enquiry = heaviest();
        let responders = || ids().into_iter().zip(1..);
        for (responder, number) in responders() {
            enquiry = after(enquiry, &[(adapter(&responder), 1, accept(number))]);
        }
        // What is written in between is not at their cost.
        enquiry = after(enquiry, &[(officer(), 1, decided(4_000))]);
        for (responder, number) in responders() {
            let acts = [
                (adapter(&responder), 2, answer_of(number, 800)),
                (adapter(&responder), 3, answer_of(number, 300)),
            ];
            enquiry = after(enquiry, &acts);
        }
        assert!(picture(&enquiry).starts_with("answered, answered"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_full_enquiry_can_still_be_moved_closed_read_and_leased() {
        let full = filled(submitted(&["a", "b"]));
        check(&full, &adapter("b"), at(1), &lease(2), Ok("answered, leased"));
        check(&full, &officer(), at(1), &receive(1), Ok("received, waiting"));
        check(&full, &officer(), at(1), &move_to(hearing(200)), Ok("answered, waiting"));
        check(&full, &officer(), at(1), &withdraw(), Ok("answered, closed"));
        check(&full, &officer(), at(1), &decided(4_000), Ok("answered, waiting"));
        check(&full, &clock(), at(200), &Verb::Advance,
            Ok("answered !unread !unread_late, waiting !chase !manager !decide !sentenced_outstanding !after"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_long_answer_leaves_every_other_a_short_one_and_itself_a_correction() {
        let full = filled(submitted(&["a", "b", "c"]));
        check(&full, &adapter("a"), at(1), &answer_of(1, 512), Err(too_many(WORDS_BYTES_MAX)));
        check(&full, &adapter("a"), at(1), &answer_of(1, 300), Ok("answered, waiting, waiting"));
        let noted = after(full, &[
            (officer(), 1, decided(5_000)),
            (adapter("b"), 1, accept(2)),
            (adapter("c"), 1, accept(3)),
        ]);
        check(&noted, &adapter("b"), at(2), &answer_of(2, 2_000), Err(too_many(WORDS_BYTES_MAX)));
        check(&noted, &adapter("b"), at(2), &answer_of(2, 800), Ok("answered, answered, accepted"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn checks_that_could_not_be_answered_are_not_opened() {
        let full = filled(submitted(&["a", "?"]));
        let reroute = |ids: &[&str]| Verb::Reroute {
            check: 2,
            to: ids.iter().map(|id| to(id)).collect(),
        };
        check(&full, &operator(), at(1), &reroute(&["b"]), Ok("answered, redirected>3, waiting"));
        check(&full, &operator(), at(1), &reroute(&["b", "c"]), Err(too_many(WORDS_BYTES_MAX)));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn notes_are_bounded_by_themselves_and_whoever_ends_a_check_needs_none() {
        let full = filled(submitted(&["a", "b"]));
        let closing = |length| Verb::Close {
            check: 2,
            reason: CloseReason::Mistake,
            note: text(length),
        };
        check(&full, &officer(), at(1), &closing(7_000), Err(too_many(6 * 1_024)));
        let noted = after(full, &[(officer(), 1, decided(5_900))]);
        check(&noted, &officer(), at(2), &closing(600), Err(too_many(6 * 1_024)));
        check(&noted, &officer(), at(2), &closing(0), Ok("answered, closed"));
        check(&noted, &officer(), at(2), &receive(1), Ok("received, waiting"));
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
        assert_eq!(told.weight() - plain.weight(), 31);
    }
}
