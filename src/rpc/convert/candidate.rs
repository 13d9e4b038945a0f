//! Who in a responder's system may be one of the people, both ways.

use core::fmt::Arguments;
use usher_domain::personal::{Candidate, Validator};
use usher_proto::v1;

use super::codes::to_wire;
use super::read;

/// Reads candidates, under the field `candidates`.
pub(super) fn candidates(v: &mut Validator, messages: Vec<v1::Candidate>) -> Vec<Candidate> {
    let candidates = read::each(v, "candidates", messages, candidate);
    Candidate::validate(&candidates, "candidates", v);
    candidates
}

fn candidate(v: &mut Validator, at: Arguments<'_>, message: v1::Candidate) -> Candidate {
    let v1::Candidate {
        who,
        system_reference,
        names,
        born,
        addresses,
        agrees,
        differs,
    } = message;
    Candidate {
        who,
        system_reference,
        names,
        born,
        addresses,
        agrees: read::listed_all(v, format_args!("{at}.agrees"), &agrees),
        differs: read::listed_all(v, format_args!("{at}.differs"), &differs),
    }
}

/// Shows a candidate.
pub(super) fn candidate_view(candidate: &Candidate) -> v1::Candidate {
    let Candidate {
        who,
        system_reference,
        names,
        born,
        addresses,
        agrees,
        differs,
    } = candidate.clone();
    v1::Candidate {
        who,
        system_reference,
        names,
        born,
        addresses,
        agrees: to_wire(&agrees),
        differs: to_wire(&differs),
    }
}
