//! The codec: everything reads back equal, and no bytes bring it down.

use crate::support::sample::{
    Sample, all_events, content, court, id, people, responder, revision, rich,
};
use fastrand::Rng;
use usher::store::record::{
    RecordError, SCHEMA_VERSION, decode_enquiry, decode_entry, decode_envelope, decode_meta,
    encode_enquiry, encode_entry, encode_envelope, encode_member, encode_meta, open_answer,
    open_personal, open_text, seal_answer, seal_personal, seal_text,
};
use usher_domain::enquiry::{Curfew, Enquiry};
use usher_domain::hearing::Deadline;
use usher_domain::personal::{AnswerContent, Personal};
use usher_domain::sealed::Sealed;

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

#[test]
fn an_enquiry_reads_back_equal() {
    for enquiry in variants() {
        assert!(decode_enquiry(&encode_enquiry(&enquiry)).unwrap() == enquiry);
    }
}

#[test]
fn sealed_parts_read_back_equal() {
    for personal in [people(), Personal::default()] {
        assert!(open_personal(&seal_personal(&personal)).unwrap() == personal);
    }
    for answer in [content(), AnswerContent::default()] {
        assert!(open_answer(&seal_answer(&answer)).unwrap() == answer);
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
    let entry = encode_entry(7, [first.as_slice(), &second].into_iter());
    let told = decode_entry(&entry, 7).unwrap();
    assert_eq!(told.len(), events.len() + 1);
    for (place, told) in (1..).zip(&told) {
        assert_eq!((told.cursor.entry, told.cursor.events), (7, place));
    }
    let (last, own) = told.split_last().unwrap();
    assert!(
        own.iter()
            .all(|told| told.enquiry == id(1) && told.revision == revision(3))
    );
    assert!(own.iter().map(|told| &told.event).eq(&events));
    assert_eq!(
        (last.enquiry, last.court, &last.responder),
        (id(2), court("B01DU"), &None)
    );
    assert!(matches!(
        decode_entry(&entry, 8),
        Err(RecordError::Misplaced)
    ));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let envelope = encode_envelope(revision(2), &[1, 300], b"body");
    assert_eq!(decode_envelope(&envelope).unwrap().entries, [1, 300]);
    let entry = encode_entry(1, std::iter::empty());
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
fn a_newer_schema_is_refused_by_name() {
    let mut newer = encode_envelope(revision(1), &[1], b"body");
    newer.truncate(newer.len() - 5);
    assert_eq!(newer[..2], [8, 1], "schema_version is the first field");
    newer[1] = 2;
    let crc = crc32fast::hash(&newer);
    newer.push(0x7D);
    newer.extend(crc.to_le_bytes());
    let error = decode_envelope(&newer).unwrap_err();
    assert!(
        matches!(
            error,
            RecordError::Newer {
                found: 2,
                known: SCHEMA_VERSION
            }
        ),
        "{error}"
    );
}

/// Reading is total: damaged bytes give an error or some other value, and never a panic.
#[test]
fn damaged_bytes_never_panic() {
    let bodies = variants().iter().map(encode_enquiry).collect::<Vec<_>>();
    let (personal, answer) = (seal_personal(&people()), seal_answer(&content()));
    let mut rng = Rng::with_seed(11);
    let mut refused = 0;
    for round in 0..20_000 {
        let mut bytes = match round % 3 {
            0 => bodies[rng.usize(..bodies.len())].clone(),
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
            0 => usize::from(decode_enquiry(&bytes).is_err()),
            1 => usize::from(open_personal(&Sealed::from_bytes(bytes)).is_err()),
            _ => usize::from(open_answer(&Sealed::from_bytes(bytes)).is_err()),
        };
    }
    assert!(refused > 5_000, "only {refused} of 20000 refused");
}
