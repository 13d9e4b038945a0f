//! What the demo's clients keep for themselves, as real ones would: the receipts they were given, and the rows that were refused. The summary
//! holds the store against them.

use super::list::Rejected;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tonic::Status;
use tonic_types::StatusExt as _;

/// A submission that the broker acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    /// The line of its row in the list.
    pub(super) line: u64,
    /// Whether the officer asked only when reminded.
    pub(super) prompted: bool,
    /// The enquiry's UUID.
    pub(super) enquiry: String,
    /// Its checks.
    pub(super) checks: Vec<String>,
}

/// The notes of all clients.
#[derive(Debug, Default)]
pub(super) struct Records(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    /// By enquiry, so that a repeated submission counts once.
    receipts: BTreeMap<String, Receipt>,
    rejected: Vec<Rejected>,
    /// The lines of rows of which a named person set checks aside.
    set_aside: BTreeSet<u64>,
    refusals: BTreeMap<String, u64>,
}

impl Records {
    /// Keeps a receipt.
    pub(super) fn acknowledged(&self, receipt: Receipt) {
        self.notes()
            .receipts
            .insert(receipt.enquiry.clone(), receipt);
    }

    /// A named person set aside what the case of a row needs.
    pub(super) fn set_aside(&self, line: u64) {
        self.notes().set_aside.insert(line);
    }

    /// The rows that were set aside and never asked about.
    pub(super) fn set_aside_alone(&self) -> Vec<u64> {
        let notes = self.notes();
        let asked = |line: &&u64| {
            let mut receipts = notes.receipts.values();
            receipts.any(|receipt| receipt.line == **line)
        };
        let alone = notes.set_aside.iter().filter(|line| !asked(line));
        alone.copied().collect()
    }

    /// A row that cannot be played.
    pub(super) fn reject(&self, rejected: Rejected) {
        self.notes().rejected.push(rejected);
    }

    /// A submission that the broker refused.
    pub(super) fn refused_row(&self, line: u64, status: &Status) {
        self.reject(Rejected {
            line,
            reason: reason_of(status),
        });
    }

    /// Any other call that the broker refused: people cross each other on the way, and the broker says so.
    pub(super) fn refused(&self, verb: &str, status: &Status) {
        let reason = status
            .get_details_error_info()
            .map_or_else(|| format!("{:?}", status.code()), |info| info.reason);
        *self
            .notes()
            .refusals
            .entry(format!("{verb}: {reason}"))
            .or_default() += 1;
    }

    /// Every receipt, by enquiry.
    pub(super) fn receipts(&self) -> Vec<Receipt> {
        self.notes().receipts.values().cloned().collect()
    }

    /// Those of `lines` that have come to nothing: neither a receipt, nor a refusal, nor set aside.
    pub(super) fn unplayed(&self, lines: &[u64]) -> Vec<u64> {
        let notes = self.notes();
        let receipts = notes.receipts.values().map(|receipt| receipt.line);
        let rejected = notes.rejected.iter().map(|row| row.line);
        let aside = notes.set_aside.iter().copied();
        let played: HashSet<u64> = receipts.chain(rejected).chain(aside).collect();
        let unplayed = lines.iter().filter(|line| !played.contains(line));
        unplayed.copied().collect()
    }

    /// Every row that was found wrong, by line.
    pub(super) fn rejected(&self) -> Vec<Rejected> {
        let mut rejected = self.notes().rejected.clone();
        rejected.sort_by_key(|row| row.line);
        rejected
    }

    /// How often each verb was refused, and why.
    pub(super) fn refusals(&self) -> BTreeMap<String, u64> {
        self.notes().refusals.clone()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the broker said, with every field that it found wrong.
fn reason_of(status: &Status) -> String {
    let fields = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations)
        .unwrap_or_default();
    if fields.is_empty() {
        return format!("refused by the broker: {}", status.message());
    }
    let fields: Vec<String> = fields
        .into_iter()
        .map(|field| format!("{}: {}", field.field, field.description))
        .collect();
    format!("refused by the broker: {}", fields.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_submission_is_one_receipt() {
        let records = Records::default();
        for _ in 0..2 {
            records.acknowledged(Receipt {
                line: 2,
                prompted: false,
                enquiry: "a".into(),
                checks: vec!["a/1".into()],
            });
        }
        assert_eq!(records.receipts().len(), 1);
    }

    #[test]
    fn a_row_without_receipt_and_refusal_is_unplayed() {
        let records = Records::default();
        records.acknowledged(Receipt {
            line: 2,
            prompted: false,
            enquiry: "a".into(),
            checks: Vec::new(),
        });
        records.refused_row(4, &Status::internal("m"));
        records.set_aside(6);
        assert_eq!(records.unplayed(&[2, 3, 4, 5, 6]), [3, 5]);
        assert_eq!(records.set_aside_alone(), [6]);
        assert!(records.unplayed(&[2, 4]).is_empty());
    }

    #[test]
    fn a_refused_row_tells_the_fields() {
        let records = Records::default();
        let details = tonic_types::ErrorDetails::with_bad_request_violation(
            "deadline.hearing.local_time",
            "no such hour",
        );
        let status =
            Status::with_error_details(tonic::Code::InvalidArgument, "fields are wrong", details);
        records.refused_row(7, &status);
        let rejected = records.rejected();
        assert_eq!(rejected[0].line, 7);
        assert_eq!(
            rejected[0].reason,
            "refused by the broker: deadline.hearing.local_time: no such hour"
        );
    }
}
