//! What the bench sends: enquiries of about 1 KiB about invented people at real postcodes, and a borough's answer.

use crate::clock::{Clock as _, SystemClock};
use crate::ids::{Ids as _, RandomIds};
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, ToSpan as _};
use prost::Message as _;
use std::sync::atomic::{AtomicU64, Ordering};
use usher_domain::time::{Timestamp, to_london};
use usher_proto::v1;

/// An encoded enquiry, in bytes: the note is as long as it takes.
pub(super) const PAYLOAD_BYTES: usize = 1_024;
/// The court of every enquiry.
const COURT: &str = "B01IX";
/// Town halls of boroughs whose checks nobody leases: those of the plain submits.
const WAITING: [&str; 8] = [
    "E8 1EA", "N1 2UD", "SW2 1RW", "SE18 6PW", "SE6 4RU", "SW18 2PU", "CR0 1EA", "W5 2HL",
];
/// Town halls of the boroughs whose adapters answer: those of the round trips.
const ANSWERING: [&str; 4] = ["SW1E 6QP", "WC1H 9JE", "HA9 0FJ", "E16 2QU"];
/// Hearings begin so many days from now: no step falls due while the bench runs.
const FIRST_HEARING_DAYS: i64 = 21;
/// Days with hearings, and minutes of each from nine o'clock on.
const HEARING_DAYS: u64 = 14;
const HEARING_MINUTES: u64 = 480;

/// What the note repeats.
const NOTE: &str = "Sat with the defendant before the hearing. ";

/// To whom an enquiry goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum To {
    /// A borough that leaves it in its queue.
    Waiting,
    /// A borough that answers at once.
    Answering,
}

/// Makes enquiries, each another one.
pub(super) struct Enquiries {
    made: AtomicU64,
    first_day: Date,
}

impl Enquiries {
    /// Enquiries for hearings some weeks from now.
    pub(super) fn new() -> Self {
        let first = SystemClock.now() + SignedDuration::from_hours(24 * FIRST_HEARING_DAYS);
        Self {
            made: AtomicU64::new(0),
            first_day: to_london(first).date(),
        }
    }

    /// An enquiry for a hearing.
    pub(super) fn next(&self, to: To) -> v1::SubmitRequest {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let days = (number / HEARING_MINUTES % HEARING_DAYS).cast_signed();
        let minutes = (number % HEARING_MINUTES).cast_signed();
        let day = self.first_day.saturating_add(days.days());
        let local = day.to_datetime(Time::constant(9, 0, 0, 0)) + minutes.minutes();
        let hearing = v1::Hearing {
            court_code: COURT.into(),
            local_time: local.strftime("%Y-%m-%dT%H:%M").to_string(),
            ..v1::Hearing::default()
        };
        let deadline = v1::deadline::Kind::Hearing(hearing);
        enquiry(number, to, v1::Purpose::CourtReport, deadline)
    }

    /// An enquiry after sentence whose reply is due at `at`: one step of its ladder falls on that moment.
    pub(super) fn next_due(&self, at: Timestamp) -> v1::SubmitRequest {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let reply_by = v1::ReplyBy {
            court_code: COURT.into(),
            reply_by_time: Some(prost_types::Timestamp {
                seconds: at.as_second(),
                nanos: at.subsec_nanosecond(),
            }),
        };
        let deadline = v1::deadline::Kind::ReplyBy(reply_by);
        enquiry(number, To::Waiting, v1::Purpose::StartOfSentence, deadline)
    }
}

/// Every postcode of the boroughs that answer.
pub(super) fn answering() -> impl Iterator<Item = v1::SubmitRequest> {
    let enquiries = Enquiries::new();
    (0..ANSWERING.len()).map(move |_| enquiries.next(To::Answering))
}

fn enquiry(
    number: u64,
    to: To,
    purpose: v1::Purpose,
    deadline: v1::deadline::Kind,
) -> v1::SubmitRequest {
    let postcodes: &[&str] = match to {
        To::Waiting => &WAITING,
        To::Answering => &ANSWERING,
    };
    let place = usize::try_from(number).unwrap_or_default() % postcodes.len();
    let mut request = v1::SubmitRequest {
        request_id: RandomIds.next().to_string(),
        person: Some(person("Robin Marlow", "Probation officer")),
        unit: Some(v1::Unit {
            office: "Bench court duty team".into(),
            ..Default::default()
        }),
        purpose: purpose.into(),
        report: v1::ReportType::Standard.into(),
        concerns: vec![
            v1::Concern::DomesticAbuse.into(),
            v1::Concern::Neglect.into(),
        ],
        deadline: Some(v1::Deadline {
            kind: Some(deadline),
        }),
        personal: Some(personal(postcodes[place])),
        ..v1::SubmitRequest::default()
    };
    if purpose == v1::Purpose::StartOfSentence {
        request.report = v1::ReportType::Unspecified.into();
    }
    let short = PAYLOAD_BYTES.saturating_sub(request.encoded_len());
    if let Some(personal) = &mut request.personal {
        let mut note = NOTE.repeat(short / NOTE.len() + 1);
        note.truncate(short);
        personal.note = note.trim_end().into();
    }
    request
}

fn personal(postcode: &str) -> v1::Personal {
    let subject = v1::Subject {
        name: Some(name("Ashdown", "Jordan")),
        aliases: vec![name("Ashdown", "Jordie")],
        born: Some(born("1989-04-17")),
        sex: v1::Sex::Male.into(),
        crn: "X123456".into(),
        ..v1::Subject::default()
    };
    let home = v1::Address {
        role: v1::AddressRole::Home.into(),
        kind: v1::AddressKind::Given.into(),
        lines: "Flat 4, 12 Example Street, London".into(),
        postcode: postcode.into(),
        ..v1::Address::default()
    };
    let child = |given: &str, date: &str, school: &str| v1::Child {
        name: Some(name("Ashdown", given)),
        born: Some(born(date)),
        relationship: "child".into(),
        lives_with_subject: true,
        address: Some(0),
        school: school.into(),
    };
    v1::Personal {
        subject: Some(subject),
        addresses: vec![home],
        children: vec![
            child("Alex", "2015-09-02", "Example Primary School"),
            child("Sam", "2018-01-23", "Example Primary School"),
            child("Charlie", "2022-06-30", ""),
        ],
        others: vec![v1::Other {
            name: Some(name("Fielding", "Morgan")),
            born: None,
            relationship: "partner".into(),
        }],
        ..v1::Personal::default()
    }
}

/// A borough that knows nothing of the family says so.
pub(super) fn answer(leased: &v1::LeasedCheck) -> v1::AnswerRequest {
    let check = leased.check.as_ref();
    let found = v1::Match {
        who: "subject".into(),
        confidence: v1::Confidence::None.into(),
        basis: "name and date of birth".into(),
    };
    v1::AnswerRequest {
        request_id: RandomIds.next().to_string(),
        person: None,
        check_id: check.map(|check| check.id.clone()).unwrap_or_default(),
        lease_id: leased.lease_id.clone(),
        disposition: v1::Disposition::NotKnown.into(),
        data_as_of_time: None,
        content: Some(v1::AnswerContent {
            matches: vec![found],
            ..v1::AnswerContent::default()
        }),
        ..v1::AnswerRequest::default()
    }
}

fn person(name: &str, post: &str) -> v1::Person {
    v1::Person {
        name: name.into(),
        post: post.into(),
        contact: String::new(),
    }
}

fn name(family: &str, given: &str) -> v1::PersonName {
    v1::PersonName {
        family: family.into(),
        given: given.into(),
    }
}

fn born(date: &str) -> v1::Birth {
    v1::Birth {
        date: date.into(),
        accuracy: v1::BirthAccuracy::Known.into(),
    }
}
