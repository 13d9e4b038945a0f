//! Sample enquiries. `Sample` builds a plain one and lets a test change what it is about; `rich` fills every field.

use jiff::civil;
use std::collections::BTreeSet;
use usher::store::{Change, Revision, Stored};
use usher_domain::actor::{By, Person, Role};
use usher_domain::alert::{Alert, AlertState, Cause, Trouble};
use usher_domain::code::{AuthorityCode, ClientId, CourtCode, Crn, Pnc, ResponderId, Urn};
use usher_domain::enquiry::{
    AddressRole, Answer, Applied, Check, CheckState, CloseReason, Concern, CourtDecision,
    CourtDecisionKind, Curfew, Disposition, Enquiry, Exchange, Lease, Purpose, Receipt, Reply,
    ReportType, Requester, RouteReason, Timeliness, UnroutableWhy,
};
use usher_domain::event::{DecisionName, Event, EventKind};
use usher_domain::hearing::{Deadline, Hearing, HearingMove};
use usher_domain::id::{CheckNumber, EnquiryId, LeaseId, RequestId};
use usher_domain::ladder::{Audience, Ladder, Step, StepKind, StepState, Unless};
use usher_domain::personal::{
    AbuseCategory, Address, AddressKind, AnswerContent, Birth, BirthAccuracy, Child, Confidence,
    Episode, EpisodeKind, Handling, Information, Match, Name, Other, Personal, Remark, Sex,
    Subject, Topic, Worker,
};
use usher_domain::sealed::Sealed;
use usher_domain::time::Timestamp;
use uuid::Uuid;

/// So many minutes after the sample day's start, Monday 23 November 2026, 09:00 in London.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_795_424_400 + 60 * minutes).unwrap()
}

/// The enquiry with this number.
pub fn id(number: u128) -> EnquiryId {
    // The number is spread, so that ids are in another order than their numbers.
    EnquiryId::from_uuid(Uuid::from_u128(
        number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835),
    ))
}

pub fn responder(name: &str) -> ResponderId {
    ResponderId::parse(name).unwrap()
}

pub fn court(code: &str) -> CourtCode {
    CourtCode::parse(code).unwrap()
}

pub fn client() -> ClientId {
    ClientId::parse("spiffe://usher.example/court/B01IX/gateway").unwrap()
}

pub fn person(name: &str) -> Person {
    Person {
        name: name.into(),
        post: "Probation officer, court duty".into(),
        contact: "020 7946 0000".into(),
    }
}

pub fn by(role: Role) -> By {
    By {
        role,
        client: client(),
        person: Some(person("Olive Officer")),
    }
}

fn sealed(text: &str) -> Sealed {
    usher::store::record::seal_text(text)
}

/// A plain enquiry: submitted at 0, hearing at 300 minutes, one check waiting at Hackney with one step due at 60 minutes.
pub struct Sample(Enquiry);

impl Sample {
    /// The plain enquiry with this number.
    pub fn new(number: u128) -> Self {
        let plain = Enquiry {
            id: id(number),
            requester: Requester {
                client: client(),
                person: person("Olive Officer"),
                office: "Inner London court team".into(),
            },
            purpose: Purpose::CourtReport,
            report: Some(ReportType::Oral),
            in_custody: false,
            curfew: Curfew::NotProposed,
            imminent_harm: false,
            concerns: vec![Concern::DomesticAbuse],
            deadline: hearing("B01IX", 300),
            moves: Vec::new(),
            submitted_at: at(0),
            personal: usher::store::record::seal_personal(&people()),
            checks: Vec::new(),
            alerts: Vec::new(),
            decisions: Vec::new(),
            applied: Vec::new(),
        };
        Self(plain).check("hackney", CheckState::Waiting { since: at(0) })
    }

    /// No check yet.
    pub fn bare(number: u128) -> Self {
        let mut sample = Self::new(number);
        sample.0.checks.clear();
        sample
    }

    pub fn court(mut self, code: &str) -> Self {
        match &mut self.0.deadline {
            Deadline::Hearing(hearing) => hearing.court = court(code),
            Deadline::ReplyBy { court: of, .. } => *of = court(code),
        }
        self
    }

    /// The hearing, in minutes.
    pub fn deadline(mut self, minutes: i64) -> Self {
        let court = self.0.deadline.court();
        self.0.deadline = hearing(court.as_str(), minutes);
        self
    }

    /// The only moment at which the clock has something to do about each check, in minutes.
    pub fn due(mut self, minutes: i64) -> Self {
        for check in &mut self.0.checks {
            check.ladder.steps = vec![step("desk", minutes, StepState::Pending)];
        }
        self
    }

    /// One more check.
    pub fn check(mut self, name: &str, state: CheckState) -> Self {
        let number = CheckNumber::try_from(self.0.checks.len() + 1).unwrap();
        self.0.checks.push(Check {
            number,
            responder: Some(responder(name)),
            authorities: vec![AuthorityCode::parse("E09000012").unwrap()],
            reasons: vec![RouteReason::Named],
            opened_at: at(0),
            state,
            ladder: Ladder {
                generation: 1,
                steps: vec![step("desk", 60, StepState::Pending)],
            },
            leases_lost: 0,
            exchanges: Vec::new(),
            sentenced_outstanding_at: None,
        });
        self
    }

    /// One more alert about the first check.
    pub fn alert(mut self, state: AlertState) -> Self {
        let number = u16::try_from(self.0.alerts.len() + 1).unwrap();
        self.0.alerts.push(Alert {
            number,
            check: 1,
            cause: Cause::Trouble(Trouble::NoAdapter),
            audience: vec![Audience::Operator],
            due_at: at(10),
            raised_at: at(10),
            state,
        });
        self
    }

    pub fn build(self) -> Enquiry {
        self.0
    }

    /// As a new enquiry.
    pub fn submitted(self) -> Change {
        submitted(self.0)
    }
}

/// `enquiry`, new.
pub fn submitted(enquiry: Enquiry) -> Change {
    Change {
        enquiry,
        expected: None,
        events: vec![event(0, EventKind::Submitted)],
    }
}

/// `stored` changed by `edit`, with one event.
pub fn changed(stored: &Stored, edit: impl FnOnce(&mut Enquiry)) -> Change {
    let mut enquiry = stored.enquiry.clone();
    edit(&mut enquiry);
    Change {
        enquiry,
        expected: Some(stored.revision),
        events: vec![event(1, EventKind::Released)],
    }
}

pub fn revision(number: u64) -> Revision {
    Revision::new(number).unwrap()
}

/// An event about the first check.
pub fn event(minutes: i64, kind: EventKind) -> Event {
    Event {
        at: at(minutes),
        by: by(Role::Adapter),
        check: Some(1),
        kind,
    }
}

pub fn hearing(code: &str, minutes: i64) -> Deadline {
    let instant = at(minutes);
    Deadline::Hearing(Hearing {
        court: court(code),
        local: usher_domain::time::to_london(instant),
        at: instant,
    })
}

pub fn step(name: &str, minutes: i64, state: StepState) -> Step {
    Step {
        name: name.into(),
        kind: StepKind::Escalate,
        due: at(minutes),
        audience: vec![Audience::BoroughDesk, Audience::Officer],
        unless: Unless::Answered,
        state,
    }
}

pub fn leased(minutes: i64) -> CheckState {
    CheckState::Leased {
        lease: Lease {
            id: LeaseId::from_uuid(Uuid::from_u128(7)),
            client: client(),
            since: at(0),
            expires: at(minutes),
        },
    }
}

pub fn answer(minutes: i64) -> Answer {
    Answer {
        disposition: Disposition::KnownRelevant,
        by: by(Role::Adapter),
        at: at(minutes),
        timeliness: Timeliness::InTime,
        data_as_of: Some(at(-1_440)),
        content: usher::store::record::seal_answer(&content()),
    }
}

/// Answered, and read by the officer or not.
pub fn answered(received: bool) -> CheckState {
    CheckState::Answered {
        answers: vec![answer(30)],
        received: received.then(|| Receipt {
            by: by(Role::Officer),
            at: at(40),
        }),
    }
}

pub fn closed() -> CheckState {
    CheckState::Closed {
        by: by(Role::Manager),
        reason: CloseReason::CaseEnded,
        note: sealed("adjourned sine die"),
        at: at(50),
    }
}

fn name(family: &str) -> Name {
    Name {
        family: family.into(),
        given: "Ada".into(),
    }
}

fn birth(year: i16) -> Birth {
    Birth {
        date: civil::date(year, 2, 28),
        accuracy: BirthAccuracy::Estimated,
    }
}

/// People with every field filled.
pub fn people() -> Personal {
    Personal {
        subject: Subject {
            name: name("Defendant"),
            aliases: vec![name("Alias")],
            born: Some(birth(1_990)),
            sex: Some(Sex::Female),
            crn: Some(Crn::parse("X320741").unwrap()),
            pnc: Some(Pnc::parse("2000/0002697G", 2026).unwrap()),
            limited_access: true,
        },
        urn: Some(Urn::parse("01AB1234526").unwrap()),
        hearing_ref: "H-1".into(),
        court_room: "3".into(),
        list_number: "17".into(),
        addresses: vec![Address {
            role: AddressRole::Home,
            kind: AddressKind::Given,
            lines: "1 Example Street".into(),
            postcode: "E8 1EA".into(),
            uprn: "100021".into(),
            from: Some(civil::date(2020, 1, 1)),
            to: None,
        }],
        children: vec![Child {
            name: name("Child"),
            born: Some(birth(2020)),
            relationship: "daughter".into(),
            lives_with_subject: true,
            address: Some(0),
            school: "Example Primary".into(),
        }],
        others: vec![Other {
            name: name("Partner"),
            born: None,
            relationship: "partner".into(),
        }],
        offence_code: "CJ88116".into(),
        legal_bases: vec!["children-act-1989-s47".into()],
        information: vec![Information::Plans, Information::CurfewAdvice],
        note: "Interpreter needed.".into(),
    }
}

/// An answer with every field filled.
pub fn content() -> AnswerContent {
    AnswerContent {
        matches: vec![Match {
            who: "child 1".into(),
            confidence: Confidence::Possible,
            basis: "name and date of birth".into(),
        }],
        episodes: vec![Episode {
            kind: EpisodeKind::CpPlan,
            who: "child 1".into(),
            open: true,
            start: Some(civil::date(2024, 5, 6)),
            end: None,
            category: Some(AbuseCategory::Emotional),
            legal_status: "C2".into(),
            other_authority: true,
            handling: vec![Handling::RingFirst],
        }],
        worker: Some(Worker {
            name: "Win Worker".into(),
            team: "Assessment".into(),
            phone: "020 7946 0001".into(),
            email: "desk@borough.example".into(),
        }),
        recent_contacts: Some(3),
        last_contact: Some(civil::date(2026, 11, 1)),
        remarks: vec![Remark {
            topic: Topic::CurfewAdvice,
            text: "Not at this address.".into(),
            handling: vec![Handling::NotToDefendant],
        }],
        valid_until: Some(civil::date(2026, 12, 31)),
    }
}

/// An enquiry with every field filled, a check in every state, an alert and a step of every kind.
pub fn rich(number: u128) -> Enquiry {
    let unroutable = CheckState::Unroutable {
        why: vec![UnroutableWhy::Withheld, UnroutableWhy::Malformed],
        since: at(0),
    };
    let accepted = CheckState::Accepted {
        at: at(5),
        by: by(Role::Adapter),
        expected_by: Some(at(100)),
    };
    let asked = CheckState::Asked {
        at: at(6),
        by: by(Role::Adapter),
    };
    let redirected = CheckState::Redirected {
        to: 1,
        at: at(7),
        by: by(Role::Adapter),
    };
    let mut enquiry = Sample::new(number)
        .check("islington", leased(20))
        .check("newham", accepted)
        .check("barnet", asked)
        .check("camden", unroutable)
        .check("ealing", answered(true))
        .check("brent", redirected)
        .check("sutton", closed())
        .alert(AlertState::Open { since: at(10) })
        .alert(AlertState::Acknowledged {
            by: by(Role::Operator),
            at: at(11),
            expires: at(41),
            note: Default::default(),
        })
        .alert(AlertState::Resolved { at: at(12) })
        .build();
    enquiry.alerts[2].cause = Cause::Step {
        name: "desk".into(),
        generation: 2,
    };
    enquiry.checks[4].responder = None;
    fill_check(&mut enquiry.checks[0]);
    enquiry.in_custody = true;
    enquiry.imminent_harm = true;
    enquiry.curfew = Curfew::Withdrawn {
        by: by(Role::Officer),
        at: at(15),
    };
    enquiry.moves = vec![HearingMove {
        from: Deadline::ReplyBy {
            court: court("B01DU"),
            at: at(200),
        },
        by: by(Role::Officer),
        reason: sealed("list moved"),
        at: at(2),
    }];
    let decision = |kind| CourtDecision {
        kind,
        outstanding: vec![1, 3],
        by: by(Role::Officer),
        note: sealed("discussed with the bench"),
        at: at(290),
    };
    enquiry.decisions = vec![
        decision(CourtDecisionKind::SeekAdjournment),
        decision(CourtDecisionKind::ProceedWithout {
            authorised_by: person("Mona Manager"),
        }),
        decision(CourtDecisionKind::WithdrawCurfew),
    ];
    enquiry.applied = (1..=20)
        .map(|n| Applied {
            request: RequestId::from_uuid(Uuid::from_u128(n)),
            digest: u64::MAX - u64::try_from(n).unwrap(),
        })
        .collect();
    enquiry
}

fn fill_check(check: &mut Check) {
    check.reasons = vec![
        RouteReason::Address {
            index: 3,
            role: AddressRole::ProposedCurfew,
            terminated: true,
        },
        RouteReason::Named,
        RouteReason::Redirected { from: 2 },
        RouteReason::Operator,
    ];
    check.ladder.generation = 3;
    let raised = StepState::Raised {
        at: at(60),
        alert: 1,
    };
    check.ladder.steps.push(step("manager", 90, raised));
    check
        .ladder
        .steps
        .push(step("late", 120, StepState::Moot { at: at(120) }));
    check.leases_lost = 2;
    check.sentenced_outstanding_at = Some(at(300));
    check.exchanges = vec![Exchange {
        question: sealed("which child?"),
        asked_by: by(Role::Adapter),
        asked_at: at(8),
        reply: Some(Reply {
            text: sealed("the elder"),
            by: by(Role::Officer),
            at: at(9),
        }),
    }];
}

/// Every kind of event once.
pub fn all_events() -> Vec<Event> {
    let responder = responder("hackney");
    let kinds = vec![
        EventKind::Submitted,
        EventKind::Opened {
            responder: Some(responder.clone()),
        },
        EventKind::Opened { responder: None },
        EventKind::Leased { expires: at(20) },
        EventKind::LeaseLost,
        EventKind::Released,
        EventKind::Accepted {
            expected_by: Some(at(100)),
        },
        EventKind::Accepted { expected_by: None },
        EventKind::Asked,
        EventKind::Supplied,
        EventKind::Redirected { to: 2 },
        EventKind::Rerouted { to: 3 },
        EventKind::Answered {
            responder,
            opened_at: at(0),
            version: 1,
            timeliness: Timeliness::AfterHearing,
        },
        EventKind::Received { version: 1 },
        EventKind::Withdrawn,
        EventKind::HearingMoved {
            from: at(200),
            to: at(300),
        },
        EventKind::StepRaised {
            step: "desk".into(),
            generation: 1,
            due: at(60),
            alert: 1,
        },
        EventKind::StepMoot {
            step: "late".into(),
            generation: 2,
        },
        EventKind::TroubleRaised {
            alert: 2,
            trouble: Trouble::Question,
        },
        EventKind::Acknowledged {
            alert: 2,
            expires: at(41),
        },
        EventKind::Reopened { alert: 2 },
        EventKind::Resolved { alert: 2 },
        EventKind::Decided {
            decision: DecisionName::ProceedWithout,
        },
        EventKind::SentencedOutstanding,
        EventKind::Closed {
            reason: CloseReason::Duplicate,
        },
    ];
    let names: BTreeSet<&str> = kinds.iter().map(EventKind::name).collect();
    assert_eq!(names.len(), 23, "a kind of event is missing here");
    let mut events: Vec<Event> = kinds.into_iter().map(|kind| event(5, kind)).collect();
    events[0].check = None;
    events[4].by = By {
        role: Role::Clock,
        client: ClientId::clock(),
        person: None,
    };
    events
}
