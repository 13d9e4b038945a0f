//! The codec: everything reads back equal, and no bytes bring it down.

use crate::support::sample::{
    Sample, all_case_events, all_events, at, by, candidate, case, case_record, content, court, id,
    people, responder, revision, rich,
};
use fastrand::Rng;
use prost::Message as _;
use usher::store::Record;
use usher::store::record::{
    Envelope, RecordError, SCHEMA_VERSION, decode_body, decode_entry, decode_envelope, decode_meta,
    encode_body, encode_entry, encode_envelope, encode_member, encode_meta, envelope_bytes_max,
    kind_in_envelope, open_answer, open_candidates, open_personal, open_text, seal_answer,
    seal_candidates, seal_personal, seal_text,
};
use usher_domain::actor::{By, Person, Role};
use usher_domain::agreement::{AgreementVersion, Sharing, SharingDecision};
use usher_domain::alert::{Alert, AlertState, Cause, Trouble};
use usher_domain::case::RequirementState;
use usher_domain::code::{AgreementId, ClientId, ResponderId};
use usher_domain::enquiry::{
    AddressRole, Applied, Check, CheckState, CloseReason, Closing, Curfew, Enquiry, Exchange,
    LateEffect, Lease, Reply, RouteReason, UnroutableWhy,
};
use usher_domain::event::{Event, EventKind};
use usher_domain::hearing::Deadline;
use usher_domain::id::{LeaseId, RequestId};
use usher_domain::index::RecordKind;
use usher_domain::ladder::{Audience, Ladder, Step, StepKind, StepState, Unless};
use usher_domain::limits;
use usher_domain::personal::{AnswerContent, Personal};
use usher_domain::sealed::Sealed;
use usher_proto::storage_v1 as kept;
use usher_proto::storage_v1::event::Kind;
use uuid::Uuid;

fn variants() -> Vec<Enquiry> {
    let mut plain = Sample::new(2).build();
    plain.report = None;
    plain.curfew = Curfew::Proposed;
    plain.deadline = Deadline::ReplyBy {
        court: court("B01DU"),
        at: plain.deadline.at(),
    };
    vec![rich(1), plain, Sample::bare(3).build()]
}

/// Whether `record` comes out of its envelope as it went in.
fn reads_back(record: &Record) -> bool {
    let (kind, body) = (record.keys().kind, encode_body(record));
    let envelope = encode_envelope(kind, revision(1), &[1], &body);
    decode_body(&decode_envelope(&envelope).unwrap()).unwrap() == *record
}

#[test]
fn an_enquiry_reads_back_equal() {
    for enquiry in variants() {
        assert!(reads_back(&enquiry.into()));
    }
}

#[test]
fn a_case_reads_back_equal() {
    let full = case(1);
    let mut plain = case(2);
    plain.requirements.truncate(1);
    (plain.off_list, plain.report, plain.holder.person) = (None, None, None);
    plain.requirements[0].overdue_at = None;
    let mut older = case(3);
    for requirement in &mut older.requirements {
        if let RequirementState::Met { recent_until, .. } = &mut requirement.state {
            *recent_until = None;
        }
    }
    for case in [full, plain, older] {
        assert!(reads_back(&case.into()));
    }
}

#[test]
fn an_older_program_refuses_a_case_by_its_version() {
    let version = |kind| encode_envelope(kind, revision(1), &[1], b"body")[1];
    assert_eq!(version(RecordKind::Enquiry), 1);
    assert_eq!(u32::from(version(RecordKind::Case)), SCHEMA_VERSION);
    let entry = |kind| encode_entry(1, kind, std::iter::empty())[1];
    assert_eq!(
        (entry(RecordKind::Enquiry), entry(RecordKind::Case)),
        (1, 2)
    );
}

#[test]
fn an_envelope_says_what_it_holds_before_it_is_read() {
    for kind in [RecordKind::Enquiry, RecordKind::Case] {
        let entries: Vec<u64> = (1..200).collect();
        let envelope = encode_envelope(kind, revision(7), &entries, &[0xFF; 300]);
        assert_eq!(kind_in_envelope(&envelope), Some(kind));
        assert_eq!(decode_envelope(&envelope).unwrap().kind, kind);
        assert_eq!(kind_in_envelope(&envelope[..100]), None);
    }
    assert_eq!(kind_in_envelope(&[0xFF; 40]), None);
}

/// What was written before anybody was asked about late answers has the same bytes as a receipt without effects.
#[test]
fn a_receipt_without_effects_is_kept_as_ever() {
    let kept_as = |effects: &[LateEffect]| {
        let event = Event {
            at: at(1),
            by: by(Role::Officer),
            check: Some(1),
            kind: EventKind::Received {
                version: 3,
                effects: effects.to_vec(),
            },
        };
        let told = std::iter::once((None, &event));
        let member = encode_member(id(1), revision(1), court("B01IX"), told);
        let mut events = kept::FeedMember::decode(&member[..]).unwrap().events;
        events.swap_remove(0).event.unwrap().kind.unwrap()
    };
    assert_eq!(kept_as(&[]), Kind::Received(3));
    let late = kept::EventReceivedLate {
        version: 3,
        effects: vec![kept::LateEffect::Nothing.into()],
    };
    assert_eq!(kept_as(&[LateEffect::Nothing]), Kind::ReceivedLate(late));
}

#[test]
fn events_of_cases_read_back_equal() {
    let events = all_case_events();
    let told = events.iter().map(|event| (None, event));
    let member = encode_member(case_record(1), revision(2), court("B01IX"), told);
    let entry = encode_entry(3, RecordKind::Case, std::iter::once(member.as_slice()));
    let read = decode_entry(&entry, 3).unwrap();
    assert!(read.iter().map(|told| &told.event).eq(&events));
    assert!(
        read.iter()
            .all(|told| told.record == case_record(1) && told.enquiry().is_none())
    );
}

#[test]
fn sealed_parts_read_back_equal() {
    for personal in [people(), Personal::default()] {
        assert!(open_personal(&seal_personal(&personal)).unwrap() == personal);
    }
    for answer in [content(), AnswerContent::default()] {
        assert!(open_answer(&seal_answer(&answer)).unwrap() == answer);
    }
    for candidates in [vec![candidate(); 2], Vec::new()] {
        let sealed = seal_candidates(&candidates);
        assert_eq!(sealed.is_empty(), candidates.is_empty());
        assert!(open_candidates(&sealed).unwrap() == candidates);
    }
    for text in ["", "Ring first: 020 7946 0000 – ask for Zoë."] {
        assert_eq!(open_text(&seal_text(text)).unwrap(), text);
    }
}

#[test]
fn events_read_back_equal() {
    let hackney = responder("hackney");
    let events = all_events();
    let first = encode_member(
        id(1),
        revision(3),
        court("B01IX"),
        events.iter().map(|event| (Some(&hackney), event)),
    );
    let second = encode_member(
        id(2),
        revision(1),
        court("B01DU"),
        events[..1].iter().map(|event| (None, event)),
    );
    let entry = encode_entry(
        7,
        RecordKind::Enquiry,
        [first.as_slice(), &second].into_iter(),
    );
    let told = decode_entry(&entry, 7).unwrap();
    assert_eq!(told.len(), events.len() + 1);
    for (place, told) in (1..).zip(&told) {
        assert_eq!((told.cursor.entry, told.cursor.events), (7, place));
    }
    let (last, own) = told.split_last().unwrap();
    assert!(
        own.iter()
            .all(|told| told.record == id(1) && told.revision == revision(3))
    );
    assert!(own.iter().map(|told| &told.event).eq(&events));
    assert_eq!(
        (last.record, last.court, &last.responder),
        (id(2), court("B01DU"), &None)
    );
    assert!(matches!(
        decode_entry(&entry, 8),
        Err(RecordError::Misplaced)
    ));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let envelope = encode_envelope(RecordKind::Enquiry, revision(2), &[1, 300], b"body");
    assert_eq!(decode_envelope(&envelope).unwrap().entries, [1, 300]);
    let entry = encode_entry(1, RecordKind::Enquiry, std::iter::empty());
    decode_entry(&entry, 1).unwrap();
    decode_meta(&encode_meta()).unwrap();
    for bit in 0..envelope.len() * 8 {
        let mut bad = envelope.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        // The key of the checksum's field says nothing that is read.
        let is_key = bit / 8 == envelope.len() - 5;
        assert_eq!(decode_envelope(&bad).is_ok(), is_key, "bit {bit}");
    }
    for length in 0..envelope.len() {
        assert!(
            decode_envelope(&envelope[..length]).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn a_check_of_an_older_record_asked_about_children() {
    use usher_domain::code::ResponderKind;
    let mut enquiry = rich(1);
    for check in &mut enquiry.checks {
        check.kind = ResponderKind::PoliceDomesticAbuse;
    }
    let envelope = |body| Envelope {
        kind: RecordKind::Enquiry,
        revision: revision(1),
        entries: vec![1],
        body,
    };
    let kinds = |body: Vec<u8>| -> Vec<ResponderKind> {
        let Ok(Record::Enquiry(read)) = decode_body(&envelope(body)) else {
            panic!("an enquiry reads back");
        };
        read.checks.iter().map(|check| check.kind).collect()
    };
    let body = encode_body(&enquiry.into());
    let count = kinds(body.clone()).len();
    assert_eq!(
        kinds(body.clone()),
        vec![ResponderKind::PoliceDomesticAbuse; count]
    );
    let mut older = kept::Enquiry::decode(&*body).unwrap();
    for check in &mut older.checks {
        check.responder_kind = 0;
    }
    assert_eq!(
        kinds(older.encode_to_vec()),
        vec![ResponderKind::ChildrenSocialCare; count]
    );
}

#[test]
fn a_newer_schema_is_refused_by_name() {
    let mut newer = encode_envelope(RecordKind::Enquiry, revision(1), &[1], b"body");
    newer.truncate(newer.len() - 5);
    assert_eq!(newer[..2], [8, 1], "schema_version is the first field");
    newer[1] = 3;
    let crc = crc32fast::hash(&newer);
    newer.push(0x7D);
    newer.extend(crc.to_le_bytes());
    let error = decode_envelope(&newer).unwrap_err();
    assert!(
        matches!(
            error,
            RecordError::Newer {
                found: 3,
                known: SCHEMA_VERSION
            }
        ),
        "{error}"
    );
}

/// An enquiry with every list at its bound and every alert live, in which people have written all that they may: in entries of so many
/// bytes of text, as far as those go, and the rest at once.
fn largest(text: usize) -> Enquiry {
    let mut enquiry = rich(1);
    let template = enquiry.checks.swap_remove(0);
    enquiry.checks.clear();
    enquiry.alerts.clear();
    for number in 1..=limits::CHECKS_PER_ENQUIRY_MAX {
        let number = u8::try_from(number).unwrap();
        enquiry.checks.push(largest_check(number, &template));
        let steps = (0..limits::STEPS_PER_LADDER_MAX).map(|_| Cause::Step {
            name: step_name(),
            generation: 999,
        });
        for cause in steps.chain(Trouble::ALL.iter().copied().map(Cause::Trouble)) {
            let alert = 900 + u16::try_from(enquiry.alerts.len()).unwrap();
            enquiry.alerts.push(Alert {
                number: alert,
                check: number,
                cause,
                audience: Audience::ALL.to_vec(),
                due_at: at(1),
                raised_at: at(2),
                state: AlertState::Open { since: at(3) },
            });
        }
    }
    assert!(enquiry.alerts.len() > limits::ALERTS_KEPT_MAX, "all live");
    let request = Applied {
        request: RequestId::from_uuid(Uuid::max()),
        digest: u64::MAX,
    };
    enquiry.applied = vec![request; limits::REQUESTS_REMEMBERED_MAX];
    enquiry.personal = Sealed::default();
    fill(&mut enquiry, &Sealed::from_bytes(vec![0; text]));
    let rest = limits::PERSONAL_BYTES_MAX - enquiry.weight();
    enquiry.personal = Sealed::from_bytes(vec![0; rest]);
    assert_eq!(enquiry.weight(), limits::PERSONAL_BYTES_MAX);
    enquiry
}

fn step_name() -> Box<str> {
    "n".repeat(limits::STEP_NAME_CHARS_MAX).into()
}

fn largest_check(number: u8, template: &Check) -> Check {
    let responder = "r".repeat(limits::RESPONDER_ID_CHARS_MAX);
    let step = |kind| Step {
        name: step_name(),
        kind,
        due: at(1),
        audience: Audience::ALL.to_vec(),
        unless: Unless::Answered,
        state: StepState::Raised {
            at: at(2),
            alert: 999,
        },
    };
    let steps = [StepKind::Escalate, StepKind::Unread]
        .map(|kind| vec![step(kind); limits::STEPS_PER_LADDER_MAX]);
    let reason = RouteReason::Address {
        index: u8::MAX,
        role: AddressRole::Previous,
        terminated: true,
        why: Some(UnroutableWhy::NotOurs),
    };
    let lease = Lease {
        id: LeaseId::from_uuid(Uuid::max()),
        client: ClientId::parse(&format!("spiffe://a/{}", "c".repeat(240))).unwrap(),
        since: at(1),
        expires: at(2),
    };
    Check {
        number,
        responder: Some(ResponderId::parse(&responder).unwrap()),
        sharing: Some(Sharing {
            with: ResponderId::parse(&"w".repeat(limits::RESPONDER_ID_CHARS_MAX)).unwrap(),
            decision: SharingDecision::Review,
            agreement: Some(AgreementVersion {
                id: AgreementId::parse(&"a".repeat(limits::AGREEMENT_ID_CHARS_MAX)).unwrap(),
                version: "v".repeat(limits::AGREEMENT_VERSION_CHARS_MAX).into(),
            }),
            overruled: true,
        }),
        authorities: vec![template.authorities[0]; limits::AUTHORITIES_PER_LIST_MAX],
        reasons: vec![reason; limits::REASONS_PER_CHECK_MAX],
        state: CheckState::Leased { lease },
        ladder: Ladder {
            generation: 999,
            steps: steps.concat(),
        },
        leases_lost: u32::MAX,
        exchanges: Vec::new(),
        sentenced_outstanding_at: Some(at(3)),
        closing: None,
        ..template.clone()
    }
}

/// Lets people write short entries of every kind until no more fit.
fn fill(enquiry: &mut Enquiry, short: &Sealed) {
    let who = By {
        role: Role::Adapter,
        client: ClientId::parse("spiffe://a/b").unwrap(),
        person: Some(Person {
            name: "N".into(),
            ..Person::default()
        }),
    };
    let room = 1_024 + 2 * short.bytes().len();
    let fits = |enquiry: &Enquiry| enquiry.weight() + room <= limits::PERSONAL_BYTES_MAX;
    let exchange = Exchange {
        question: short.clone(),
        asked_by: who.clone(),
        asked_at: at(1),
        reply: Some(Reply {
            text: short.clone(),
            by: who.clone(),
            at: at(2),
        }),
    };
    let closing = Closing {
        by: who.clone(),
        reason: CloseReason::Other,
        note: short.clone(),
        at: at(3),
    };
    for check in 0..enquiry.checks.len() {
        let fits_too = fits(enquiry).then(|| closing.clone());
        enquiry.checks[check].closing = fits_too;
        for _ in 0..limits::QUESTIONS_PER_CHECK_MAX {
            if fits(enquiry) {
                enquiry.checks[check].exchanges.push(exchange.clone());
            }
        }
    }
    for alert in 0..enquiry.alerts.len() {
        if fits(enquiry) {
            enquiry.alerts[alert].state = AlertState::Acknowledged {
                by: who.clone(),
                at: at(4),
                expires: at(5),
                note: short.clone(),
            };
        }
    }
}

#[test]
fn the_largest_enquiry_within_the_limits_fits_a_record() {
    let check = |text| {
        let enquiry = largest(text);
        let enquiry = enquiry.into();
        let body = encode_body(&enquiry);
        assert!(reads_back(&enquiry));
        // Feed entries of a store that has made more than thirty thousand million commits.
        let entries = vec![(1 << 35) - 1; limits::HISTORY_ENTRIES_MAX];
        let bytes = envelope_bytes_max(&entries, body.len());
        assert!(encode_envelope(RecordKind::Enquiry, revision(9), &entries, &body).len() <= bytes);
        let max = limits::RECORD_BYTES_MAX;
        assert!(bytes <= max, "{bytes} of {max} bytes, entries of {text}");
        println!("{bytes} of {max} bytes, entries of {text}");
    };
    check(0);
    check(1);
    check(200);
    check(10_000);
}

/// Reading is total: damaged bytes give an error or some other value, and never a panic.
#[test]
fn damaged_bytes_never_panic() {
    let records = variants().into_iter().map(Record::from);
    let records: Vec<_> = records.chain([Record::from(case(1))]).collect();
    let (personal, answer) = (seal_personal(&people()), seal_answer(&content()));
    let mut rng = Rng::with_seed(11);
    let mut refused = 0;
    for round in 0..20_000 {
        let record = &records[rng.usize(..records.len())];
        let mut bytes = match round % 3 {
            0 => encode_body(record),
            1 => personal.bytes().to_vec(),
            _ => answer.bytes().to_vec(),
        };
        for _ in 0..rng.usize(1..4) {
            let place = rng.usize(..bytes.len());
            match rng.u8(0..3) {
                0 => bytes[place] = rng.u8(..),
                1 => bytes.truncate(place.max(1)),
                _ => bytes.insert(place, rng.u8(..)),
            }
        }
        refused += match round % 3 {
            0 => {
                let envelope = Envelope {
                    kind: record.keys().kind,
                    revision: revision(1),
                    entries: Vec::new(),
                    body: bytes,
                };
                usize::from(decode_body(&envelope).is_err())
            }
            1 => usize::from(open_personal(&Sealed::from_bytes(bytes)).is_err()),
            _ => usize::from(open_answer(&Sealed::from_bytes(bytes)).is_err()),
        };
    }
    assert!(refused > 5_000, "only {refused} of 20000 refused");
}
