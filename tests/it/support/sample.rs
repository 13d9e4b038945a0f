//! Sample enquiries. `Sample` builds a plain one and lets a test change what it is about; `rich` fills every field.

use usher::store::{Change, Revision, Stored};
use usher_domain::actor::{By, Person, Role, Unit};
use usher_domain::alert::{Alert, AlertState, Cause, Trouble};
use usher_domain::code::{AuthorityCode, ClientId, CourtCode, ResponderId, ResponderKind};
use usher_domain::enquiry::{
    Answer, Check, CheckState, CloseReason, Concern, Curfew, Disposition, Enquiry, Lease, Purpose,
    Receipt, ReferralOutcome, ReportType, Requester, RouteReason, Timeliness,
};
use usher_domain::event::{Event, EventKind};
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::id::{CheckNumber, EnquiryId, LeaseId, RecordId};
use usher_domain::ladder::{Audience, Ladder, Step, StepKind, StepState, Unless};
use usher_domain::sealed::Sealed;
use usher_domain::time::Timestamp;
use uuid::Uuid;

mod cases;
mod rich;

pub(crate) use cases::{all_case_events, case, case_record, registered};
pub(crate) use rich::{all_events, candidate, content, people, rich};

/// So many minutes after the sample day's start, Monday 23 November 2026, 09:00 in London.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_795_424_400 + 60 * minutes).unwrap()
}

/// The record of the enquiry with this number.
pub(crate) fn id(number: u128) -> RecordId {
    enquiry_id(number).into()
}

/// The enquiry with this number.
pub(crate) fn enquiry_id(number: u128) -> EnquiryId {
    // The number is spread, so that ids are in another order than their numbers.
    EnquiryId::from_uuid(Uuid::from_u128(
        number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835),
    ))
}

pub(crate) fn responder(name: &str) -> ResponderId {
    ResponderId::parse(name).unwrap()
}

pub(crate) fn court(code: &str) -> CourtCode {
    CourtCode::parse(code).unwrap()
}

pub(crate) fn client() -> ClientId {
    ClientId::parse("spiffe://usher.example/court/B01IX/gateway").unwrap()
}

pub(crate) fn person(name: &str) -> Person {
    Person {
        name: name.into(),
        post: "Probation officer, court duty".into(),
        contact: "020 7946 0000".into(),
    }
}

pub(crate) fn by(role: Role) -> By {
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
pub(crate) struct Sample(Enquiry);

impl Sample {
    /// The plain enquiry with this number.
    pub(crate) fn new(number: u128) -> Self {
        let plain = Enquiry {
            id: enquiry_id(number),
            requester: Requester {
                client: client(),
                person: person("Olive Officer"),
                unit: Unit {
                    office: "Inner London court team".into(),
                    ..Unit::default()
                },
                on_behalf_of: None,
            },
            case: None,
            holder: None,
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
            sentence: None,
            applied: Vec::new(),
        };
        Self(plain).check(
            "hackney",
            CheckState::Waiting {
                since: at(0),
                for_people: None,
            },
        )
    }

    /// No check yet.
    pub(crate) fn bare(number: u128) -> Self {
        let mut sample = Self::new(number);
        sample.0.checks.clear();
        sample
    }

    pub(crate) fn court(mut self, code: &str) -> Self {
        match &mut self.0.deadline {
            Deadline::Hearing(hearing) => hearing.court = court(code),
            Deadline::ReplyBy { court: of, .. } => *of = court(code),
        }
        self
    }

    /// The hearing, in minutes.
    pub(crate) fn deadline(mut self, minutes: i64) -> Self {
        let court = self.0.deadline.court();
        self.0.deadline = hearing(court.as_str(), minutes);
        self
    }

    /// The only moment at which the clock has something to do about each check, in minutes.
    pub(crate) fn due(mut self, minutes: i64) -> Self {
        for check in &mut self.0.checks {
            check.ladder.steps = vec![step("desk", minutes, StepState::Pending)];
        }
        self
    }

    /// One more check.
    pub(crate) fn check(mut self, name: &str, state: CheckState) -> Self {
        let number = CheckNumber::try_from(self.0.checks.len() + 1).unwrap();
        self.0.checks.push(Check {
            number,
            kind: ResponderKind::ALL[usize::from(number - 1) % ResponderKind::ALL.len()],
            responder: Some(responder(name)),
            authorities: vec![AuthorityCode::parse("E09000012").unwrap()],
            reasons: vec![RouteReason::Named],
            sharing: None,
            opened_at: at(0),
            state,
            ladder: Ladder {
                generation: 1,
                steps: vec![step("desk", 60, StepState::Pending)],
            },
            leases_lost: 0,
            exchanges: Vec::new(),
            sentenced_outstanding_at: None,
            closing: None,
            candidates: Sealed::default(),
        });
        self
    }

    /// One more alert about the first check.
    pub(crate) fn alert(mut self, state: AlertState) -> Self {
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

    pub(crate) fn build(self) -> Enquiry {
        self.0
    }

    /// As a new enquiry.
    pub(crate) fn submitted(self) -> Change {
        submitted(self.0)
    }
}

/// `enquiry`, new.
pub(crate) fn submitted(enquiry: Enquiry) -> Change {
    Change::new(enquiry, None, vec![event(0, EventKind::Submitted)])
}

/// `stored` changed by `edit`, with one event.
pub(crate) fn changed(stored: &Stored, edit: impl FnOnce(&mut Enquiry)) -> Change {
    let mut enquiry = stored.record.enquiry().unwrap().clone();
    edit(&mut enquiry);
    let released = event(1, EventKind::Released { for_people: None });
    Change::new(enquiry, Some(stored.revision), vec![released])
}

pub(crate) fn revision(number: u64) -> Revision {
    Revision::new(number).unwrap()
}

/// An event about the first check.
pub(crate) fn event(minutes: i64, kind: EventKind) -> Event {
    Event {
        at: at(minutes),
        by: by(Role::Adapter),
        check: Some(1),
        kind,
    }
}

pub(crate) fn hearing(code: &str, minutes: i64) -> Deadline {
    let instant = at(minutes);
    Deadline::Hearing(Hearing {
        court: court(code),
        local: usher_domain::time::to_london(instant),
        at: instant,
    })
}

pub(crate) fn step(name: &str, minutes: i64, state: StepState) -> Step {
    Step {
        name: name.into(),
        kind: StepKind::Escalate,
        due: at(minutes),
        audience: vec![Audience::BoroughDesk, Audience::Officer],
        unless: Unless::Answered,
        state,
    }
}

pub(crate) fn leased(minutes: i64) -> CheckState {
    CheckState::Leased {
        lease: Lease {
            id: LeaseId::from_uuid(Uuid::from_u128(7)),
            client: client(),
            since: at(0),
            expires: at(minutes),
        },
    }
}

pub(crate) fn answer(minutes: i64) -> Answer {
    Answer {
        disposition: Disposition::KnownRelevant,
        outcome: Some(ReferralOutcome::EarlyHelp),
        by: by(Role::Adapter),
        at: at(minutes),
        timeliness: Timeliness::InTime,
        data_as_of: Some(at(-1_440)),
        content: usher::store::record::seal_answer(&content()),
        by_phone: None,
    }
}

/// Answered, and read by the officer or not.
pub(crate) fn answered(received: bool) -> CheckState {
    CheckState::Answered {
        answers: vec![answer(30)],
        received: received.then(|| Receipt {
            by: by(Role::Officer),
            at: at(40),
            effects: Vec::new(),
        }),
    }
}

pub(crate) fn closed() -> CheckState {
    CheckState::Closed {
        by: by(Role::Manager),
        reason: CloseReason::CaseEnded,
        note: sealed("adjourned sine die"),
        at: at(50),
    }
}
