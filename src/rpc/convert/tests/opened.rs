//! The enquiry of the views, opened.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use usher_domain::agreement::Agreements;
use usher_domain::code::ResponderId;
use usher_domain::personal::{AnswerContent, Personal};

use super::views::enquiry;
use super::{full_content, full_personal, read_content, read_personal};
use crate::broker::opened::{Beside, OpenEnquiry, Part, ResponderCard, ResponderCards, Unseal};
use crate::store::Stored;

/// A stand-in for the codec: sealed bytes are the words themselves.
const UNSEAL: Unseal<std::string::FromUtf8Error> = Unseal {
    personal: |_| Ok(people()),
    answer: |_| Ok(content()),
    text: |sealed| String::from_utf8(sealed.bytes().to_vec()),
};

pub(super) fn people() -> Personal {
    read_personal(full_personal()).unwrap()
}

fn content() -> AnswerContent {
    read_content(full_content())
}

pub(super) fn cards() -> ResponderCards {
    let card = |number: u8| {
        let id = ResponderId::parse(&format!("borough-{number}")).unwrap();
        let card = ResponderCard {
            name: format!("Borough {number}"),
            duty_phone: "020 7946 0012".into(),
            contacts: Vec::new(),
        };
        (id, card)
    };
    (1..=9).map(card).collect::<BTreeMap<_, _>>()
}

pub(super) fn opened(part: Part) -> OpenEnquiry {
    let stored = Stored {
        enquiry: enquiry(),
        revision: NonZeroU64::new(12).unwrap(),
    };
    let beside = Beside {
        responders: &cards(),
        agreements: &Agreements::permitting(cards().into_keys()),
        day: jiff::civil::date(2026, 11, 23),
    };
    OpenEnquiry::open(stored, part, beside, &UNSEAL).unwrap()
}
