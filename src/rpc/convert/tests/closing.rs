//! Who is shown a proposal to close a check.

use usher_domain::enquiry::{CloseReason, Closing};
use usher_domain::id::CheckNumber;
use usher_proto::v1;

use super::super::*;
use super::opened::opened;
use super::views;
use crate::broker::opened::Part;

/// The proposal about the check with this number.
pub(super) fn proposed(number: CheckNumber) -> Closing {
    Closing {
        by: views::by(),
        reason: CloseReason::Other,
        note: views::words(&format!("proposed {number}")),
        at: views::at(5),
    }
}

#[test]
fn a_proposal_to_close_is_shown_to_the_court_alone() {
    use prost::Message as _;
    let view = enquiry_view(&opened(Part::Whole));
    for (number, check) in (1..).zip(&view.checks) {
        let closing = check.closing.as_ref().unwrap();
        assert_eq!(closing.reason(), v1::CloseReason::Other);
        assert_eq!(closing.note, format!("proposed {number}"));
        assert_eq!(closing.by.as_ref(), Some(&show::by(&views::by())));
        assert_eq!(
            closing.propose_time.unwrap().seconds,
            views::at(5).as_second()
        );
    }
    let assigned = assigned_check(&opened(Part::Check(2)), 2).unwrap();
    let told = assigned.encode_to_vec();
    assert!(!String::from_utf8_lossy(&told).contains("proposed 2"));
}
