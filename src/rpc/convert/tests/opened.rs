//! The enquiry of the views, opened.

use jiff::SignedDuration;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use usher_domain::agreement::Agreements;
use usher_domain::code::ResponderId;
use usher_domain::enquiry::Enquiry;
use usher_domain::personal::{AnswerContent, Candidate, Personal, Validator};
use usher_domain::policy::{LeaseRule, Policy};
use usher_domain::time::{Calendar, WorkingHours, from_london};

use super::super::read;
use super::views::enquiry;
use super::{full_content, full_personal, read_content, read_personal};
use crate::broker::opened::{Beside, OpenEnquiry, Part, ResponderCard, ResponderCards, Unseal};
use crate::store::Stored;

/// Who holds the enquiry.
pub(super) fn held() -> usher_domain::case::Holder {
    usher_domain::case::Holder {
        person: super::views::by().person,
        unit: read::unit(&mut Validator::default(), super::unit()),
    }
}

const DAY: Date = date(2026, 11, 23);
pub(super) const EMERGENCY: &str = "020 7946 0112";

/// A stand-in for the codec: sealed bytes are the words themselves.
const UNSEAL: Unseal<std::string::FromUtf8Error> = Unseal {
    personal: |_| Ok(people()),
    answer: |_| Ok(content()),
    text: |sealed| String::from_utf8(sealed.bytes().to_vec()),
    candidates: |sealed| {
        let system_reference = String::from_utf8(sealed.bytes().to_vec())?;
        Ok(vec![candidate(system_reference)])
    },
};

fn candidate(system_reference: String) -> Candidate {
    Candidate {
        who: "subject".into(),
        system_reference,
        names: Vec::new(),
        born: String::new(),
        addresses: Vec::new(),
        agrees: Vec::new(),
        differs: Vec::new(),
    }
}

pub(super) fn people() -> Personal {
    read_personal(full_personal()).unwrap()
}

fn content() -> AnswerContent {
    read_content(full_content())
}

/// At noon in a world where nobody works that day. The first responder has no emergency duty team.
pub(super) fn cards() -> ResponderCards {
    let card = |number: u8| {
        let id = ResponderId::parse(&format!("borough-{number}")).unwrap();
        let card = ResponderCard {
            name: format!("Borough {number}"),
            duty_phone: "020 7946 0012".into(),
            emergency_phone: if number == 1 { "" } else { EMERGENCY }.into(),
            contacts: Vec::new(),
        };
        (id, card)
    };
    let all: BTreeMap<_, _> = (1..=9).map(card).collect();
    let policy = Policy {
        calendar: Calendar::new([DAY], DAY),
        default_hours: WorkingHours::office(),
        tracks: BTreeMap::new(),
        unread: Vec::new(),
        second_person: [].into(),
        agreements: Agreements::permitting(all.keys().cloned()),
        cases: usher_domain::policy::CaseRules::default(),
        responders: BTreeMap::new(),
        lease: LeaseRule {
            default: SignedDuration::from_mins(10),
            min: SignedDuration::from_mins(1),
            max: SignedDuration::from_mins(30),
            lost_before_alert: 2,
        },
    };
    ResponderCards {
        all: Arc::new(all),
        policy: Arc::new(policy),
        now: from_london(DAY.at(12, 0, 0, 0)).unwrap(),
    }
}

pub(super) fn opened(part: Part) -> OpenEnquiry {
    opened_from(enquiry(), part)
}

pub(super) fn opened_from(enquiry: Enquiry, part: Part) -> OpenEnquiry {
    let stored = Stored {
        record: enquiry,
        revision: NonZeroU64::new(12).unwrap(),
    };
    let cards = cards();
    let beside = Beside {
        responders: &cards,
        agreements: &cards.policy.agreements,
        day: DAY,
    };
    OpenEnquiry::open(stored, part, beside, &UNSEAL).unwrap()
}
