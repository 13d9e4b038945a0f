//! Plays a story: moves the clock, makes each act concrete for the enquiry as it then is, and gives it to the core.

use crate::story::{Act, Deed, Story, Tick, court, deadline, destination, start};
use jiff::SignedDuration;
use proptest::test_runner::TestCaseError;
use std::hash::{DefaultHasher, Hash, Hasher};
use usher_domain::actor::{Actor, Courts, Person, Role};
use usher_domain::code::{ClientId, ResponderId};
use usher_domain::command::{Command, Request, Said, Submit, Verb, WithoutAnswer};
use usher_domain::decide::{Transition, decide};
use usher_domain::enquiry::{
    Answer, ByPhone, Check, CheckState, CloseReason, Disposition, Enquiry, LateEffect,
    PeopleReason, Purpose, ReferralOutcome, SentenceOutcome, Timeliness,
};
use usher_domain::hearing::Deadline;
use usher_domain::id::{LeaseId, RequestId};
use usher_domain::index;
use usher_domain::policy::Policy;
use usher_domain::rejection::Rejection;
use usher_domain::sealed::Sealed;
use usher_domain::time::{Timestamp, to_london};
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) submit: Submit,
    pub(crate) enquiry: Enquiry,
    pub(crate) now: Timestamp,
}

/// One command and what it led to.
pub(crate) struct Turn {
    pub(crate) before: Enquiry,
    pub(crate) who: Actor,
    pub(crate) command: Command,
    pub(crate) now: Timestamp,
    pub(crate) result: Result<Transition, Rejection>,
}

impl Turn {
    /// The enquiry after it, changed or not.
    pub(crate) fn after(&self) -> &Enquiry {
        match &self.result {
            Ok(transition) => &transition.enquiry,
            Err(_) => &self.before,
        }
    }
}

/// Plays the whole story, shows every turn to `property`, and returns the world that is left.
pub(crate) fn play(
    story: Story,
    mut property: impl FnMut(&World, &Turn) -> Result<(), TestCaseError>,
) -> Result<World, TestCaseError> {
    let mut world = World::open(story.policy, story.submit);
    for act in &story.acts {
        let turn = world.turn(act);
        property(&world, &turn)?;
        world.enquiry = turn.after().clone();
    }
    Ok(world)
}

fn actor(
    role: Role,
    client: &str,
    courts: Courts,
    responder: Option<&str>,
    name: Option<&str>,
) -> Actor {
    let person = |name: &str| Person {
        name: name.into(),
        ..Person::default()
    };
    Actor {
        role,
        client: ClientId::parse(&format!("spiffe://usher.test/{client}")).unwrap(),
        courts,
        responders: responder
            .iter()
            .map(|id| ResponderId::parse(id).unwrap())
            .collect(),
        person: name.map(person),
    }
}

/// Everybody, in and out of scope; the places are those of [`Act::who`].
pub(crate) fn actors() -> [Actor; 12] {
    let own = || Courts::Only(vec![court("B01IX")]);
    let other = || Courts::Only(vec![court("B01DU")]);
    let none = || Courts::Only(Vec::new());
    [
        actor(Role::Officer, "court", own(), None, Some("R. Roe")),
        actor(Role::Officer, "court", own(), None, None),
        actor(Role::Officer, "other", other(), None, Some("R. Roe")),
        actor(Role::Manager, "manager", own(), None, Some("M. Moe")),
        actor(Role::Adapter, "a", none(), Some("a"), Some("D. Doe")),
        actor(Role::Adapter, "b", none(), Some("b"), Some("D. Doe")),
        actor(Role::Adapter, "c", none(), Some("c"), Some("D. Doe")),
        actor(Role::Adapter, "a-too", none(), Some("a"), Some("D. Doe")),
        actor(Role::Adapter, "b-silent", none(), Some("b"), None),
        actor(
            Role::Operator,
            "operator",
            Courts::All,
            None,
            Some("O. Ode"),
        ),
        actor(
            Role::Inspector,
            "inspector",
            Courts::All,
            None,
            Some("I. Ide"),
        ),
        Actor::clock(),
    ]
}

impl World {
    fn open(policy: Policy, submit: Submit) -> Self {
        let command = Command {
            request: Some(request(255, 0)),
            verb: Verb::Submit(Box::new(submit.clone())),
        };
        let [officer, ..] = actors();
        let opened = decide(None, &command, &officer, start(), &policy);
        let enquiry = opened.unwrap().enquiry;
        let now = start();
        Self {
            policy,
            submit,
            enquiry,
            now,
        }
    }

    pub(crate) fn give(
        &self,
        who: &Actor,
        command: &Command,
        now: Timestamp,
    ) -> Result<Transition, Rejection> {
        decide(Some(&self.enquiry), command, who, now, &self.policy)
    }

    fn turn(&mut self, act: &Act) -> Turn {
        self.now = self.tick(act.tick);
        let (verb, fitting) = self.verb(act);
        let who = match act.who {
            Some(place) => actors()[usize::from(place)].clone(),
            None => fitting,
        };
        let request = act
            .request
            .filter(|_| who.role != Role::Clock)
            .map(|id| request(id, digest(&who, &verb)));
        let command = Command { request, verb };
        let result = self.give(&who, &command, self.now);
        Turn {
            before: self.enquiry.clone(),
            who,
            command,
            now: self.now,
            result,
        }
    }

    fn tick(&self, tick: Tick) -> Timestamp {
        let near = |instant: Timestamp, millis: i8| {
            instant
                .saturating_add(SignedDuration::from_millis(millis.into()))
                .unwrap_or(instant)
        };
        match tick {
            Tick::Stay => self.now,
            Tick::By(seconds) => self
                .now
                .saturating_add(SignedDuration::from_secs(seconds.into()))
                .unwrap_or(self.now),
            Tick::ToDue(millis) => near(
                index::keys(&self.enquiry).next_due.unwrap_or(self.now),
                millis,
            ),
            Tick::ToHearing(millis) => near(self.enquiry.deadline.at(), millis),
            Tick::Far => Timestamp::MAX,
        }
    }

    /// The verb in full, and who might give it.
    fn verb(&self, act: &Act) -> (Verb, Actor) {
        let [
            officer,
            _,
            stranger,
            manager,
            a,
            b,
            c,
            _,
            _,
            operator,
            _,
            clock,
        ] = actors();
        let place = usize::from(act.target) % self.enquiry.checks.len();
        let target = &self.enquiry.checks[place];
        let number = if act.wrong && act.amount.is_multiple_of(3) {
            99
        } else {
            target.number
        };
        let adapter = match target.responder.as_ref().map(ResponderId::as_str) {
            Some("b") => b,
            Some("c") => c,
            _ => a,
        };
        let officer = match self.enquiry.deadline.court() {
            own if own == court("B01IX") => officer,
            _ => stranger,
        };
        match act.deed {
            Deed::Submit => (Verb::Submit(Box::new(self.submit.clone())), officer),
            Deed::Advance => (Verb::Advance, clock),
            Deed::Absent => (Verb::ReportAbsent { check: number }, clock),
            Deed::Reroute => (hand_over(act, number, None), operator),
            Deed::Phone => (answer_by_phone(act, number, self.outcome()), operator),
            Deed::Close if act.amount.is_multiple_of(2) => {
                (self.verb_of_court(act, number), operator)
            }
            Deed::Move if act.amount.is_multiple_of(3) => {
                (self.verb_of_court(act, number), operator)
            }
            Deed::Acknowledge => (self.verb_of_court(act, number), operator),
            Deed::Receive if act.amount.is_multiple_of(4) => {
                (self.verb_of_court(act, number), manager)
            }
            Deed::Supply
            | Deed::Withdraw
            | Deed::Move
            | Deed::Decide
            | Deed::Sentence
            | Deed::Receive
            | Deed::Close => (self.verb_of_court(act, number), officer),
            Deed::Redirect => (hand_over(act, number, lease_of(target, act)), adapter),
            Deed::Lease | Deed::Renew | Deed::Accept | Deed::Answer | Deed::Release | Deed::Ask => {
                (self.verb_of_borough(act, number, target), adapter)
            }
        }
    }

    fn verb_of_borough(&self, act: &Act, check: u8, target: &Check) -> Verb {
        let text = Sealed::from_bytes(vec![2; usize::from(act.amount)]);
        let lease = lease_of(target, act);
        let later = SignedDuration::from_mins(i64::from(act.amount) / 10 - 1);
        let until = self.now.saturating_add(later).unwrap_or(self.now);
        match act.deed {
            Deed::Lease => Verb::Lease {
                check,
                lease: LeaseId::from_uuid(Uuid::from_u128(act.amount.into())),
                until,
            },
            Deed::Renew => Verb::Renew {
                check,
                lease: lease.unwrap_or(LeaseId::from_uuid(Uuid::nil())),
                until,
            },
            Deed::Accept => Verb::Accept {
                check,
                lease,
                expected_by: act.amount.is_multiple_of(2).then_some(until),
            },
            Deed::Release => Verb::Release {
                check,
                lease,
                for_people: act
                    .amount
                    .is_multiple_of(2)
                    .then_some(PeopleReason::PossibleMatch),
                candidates: if act.amount.is_multiple_of(4) {
                    text
                } else {
                    Sealed::default()
                },
            },
            Deed::Ask => Verb::Ask {
                check,
                lease,
                question: text,
            },
            _ => Verb::Answer {
                check,
                lease,
                said: Said {
                    disposition: Disposition::KnownRelevant,
                    outcome: self.outcome(),
                    data_as_of: None,
                    content: text,
                },
            },
        }
    }

    fn deadline(&self, act: &Act) -> Deadline {
        let code = if act.target.is_multiple_of(8) {
            "B01DU"
        } else {
            "B01IX"
        };
        let minutes = i64::from(act.amount) * 3 - 300;
        deadline(self.enquiry.purpose, code, self.now, minutes)
    }

    /// What comes of it, where it is a referral.
    fn outcome(&self) -> Option<ReferralOutcome> {
        (self.enquiry.purpose == Purpose::Referral).then_some(ReferralOutcome::Assessment)
    }

    /// Mostly that of a proposal, so that somebody confirms it now and then.
    fn close_reason(&self, act: &Act, check: u8) -> CloseReason {
        let closing = self.enquiry.check(check).and_then(Check::proposed_closing);
        let all = CloseReason::ALL;
        let other = all[usize::from(act.target) % all.len()];
        closing.map_or(
            other,
            |closing| {
                if act.wrong { other } else { closing.reason }
            },
        )
    }

    fn verb_of_court(&self, act: &Act, check: u8) -> Verb {
        let note = Sealed::from_bytes(vec![3; usize::from(act.amount % 9_000)]);
        match act.deed {
            Deed::Supply => Verb::Supply { check, reply: note },
            Deed::Withdraw => Verb::Withdraw { note },
            Deed::Move => Verb::MoveHearing {
                deadline: self.deadline(act),
                reason: note,
            },
            Deed::Sentence => {
                let all = SentenceOutcome::ALL;
                Verb::RecordSentence {
                    outcome: all[usize::from(act.target) % all.len()],
                    date: to_london(self.now).date(),
                }
            }
            Deed::Acknowledge => {
                let alerts = &self.enquiry.alerts;
                let live = alerts.iter().filter(|alert| alert.is_live() != act.wrong);
                let numbers: Vec<u16> = live.map(|alert| alert.number).collect();
                let place = usize::from(act.target) % numbers.len().max(1);
                let alert = numbers.get(place).copied().unwrap_or(0);
                Verb::Acknowledge { alert, note }
            }
            Deed::Decide => Verb::DecideWithout {
                decision: match act.target % 3 {
                    0 => WithoutAnswer::SeekAdjournment {
                        to: act.amount.is_multiple_of(2).then(|| self.deadline(act)),
                    },
                    1 => WithoutAnswer::WithdrawCurfew,
                    _ => WithoutAnswer::Proceed {
                        authorised_by: Person {
                            name: "S. Poe".into(),
                            ..Person::default()
                        },
                    },
                },
                note,
            },
            Deed::Receive => {
                let answers = self.enquiry.check(check).map(|check| check.state.answers());
                receive(act, check, answers.unwrap_or_default())
            }
            _ => Verb::Close {
                check,
                reason: self.close_reason(act, check),
                note,
            },
        }
    }
}

/// Reads the newest of `answers`; says what it would have changed where that is asked, and now and then where it is not.
fn receive(act: &Act, check: u8, answers: &[Answer]) -> Verb {
    let newest = u8::try_from(answers.len().max(1)).unwrap();
    let is_late = answers
        .last()
        .is_some_and(|answer| answer.timeliness == Timeliness::AfterHearing);
    let all = LateEffect::ALL;
    let effects = match (is_late, act.amount % 8) {
        (true, 0) | (false, 1..) => Vec::new(),
        (true, 1) => all.to_vec(),
        (true, 2) => vec![LateEffect::Sentence, LateEffect::Plan],
        (_, place) => vec![all[usize::from(place) % all.len()]],
    };
    Verb::Receive {
        check,
        version: newest - u8::from(act.wrong),
        effects,
    }
}

fn answer_by_phone(act: &Act, check: u8, outcome: Option<ReferralOutcome>) -> Verb {
    let given_by = Person {
        name: "D. Doe".into(),
        ..Person::default()
    };
    Verb::AnswerByPhone {
        check,
        said: Said {
            disposition: Disposition::KnownRelevant,
            outcome,
            data_as_of: None,
            content: Sealed::from_bytes(vec![4; usize::from(act.amount)]),
        },
        by_phone: ByPhone {
            given_by,
            number: "020 7946 0000".into(),
        },
    }
}

fn request(id: u8, digest: u64) -> Request {
    Request {
        id: RequestId::from_uuid(Uuid::from_u128(id.into())),
        digest,
    }
}

/// Tells apart who asks for what.
fn digest(who: &Actor, verb: &Verb) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{who:?} {verb:?}").hash(&mut hasher);
    hasher.finish() >> 1
}

/// The live lease of the check, unless the act shows a wrong one.
fn lease_of(check: &Check, act: &Act) -> Option<LeaseId> {
    match &check.state {
        CheckState::Leased { lease } if !act.wrong => Some(lease.id),
        _ if act.wrong => Some(LeaseId::from_uuid(Uuid::from_u128(7))),
        _ => None,
    }
}

fn hand_over(act: &Act, check: u8, lease: Option<LeaseId>) -> Verb {
    let to = destination(["a", "b", "c", "?", "d"][usize::from(act.amount) % 5]);
    match act.deed {
        Deed::Reroute => Verb::Reroute {
            check,
            to: vec![to],
        },
        _ => Verb::Redirect { check, lease, to },
    }
}
