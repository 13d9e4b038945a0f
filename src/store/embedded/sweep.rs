//! The sweep: the index against the records, from the ground up.
//!
//! It reads beside the writer, so a record that moved meanwhile looks wrong; what looks wrong is looked at again by the writer,
//! where nothing moves.

use super::keys::{self, Shelf};
use super::open::read_entry;
use super::{Shared, failed};
use crate::store::StoreError;
use crate::store::kv::Order;
use std::collections::HashSet;
use std::ops::ControlFlow;
use usher_domain::id::RecordId;

/// Records read in one scan: a longer one would keep the engine from reusing old pages.
const SCAN_RECORDS_MAX: usize = 1_000;

/// Open enquiries whose index entry does not seem to fit the record, each with the feed entry in its key.
pub(super) fn suspects(shared: &Shared) -> Result<Vec<(u64, RecordId)>, StoreError> {
    let mut seen = HashSet::new();
    let mut suspects = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let mut scanned = 0;
        shared
            .kv
            .scan(
                keys::shelf_after(Shelf::Open, after.as_deref()).bounds(),
                Order::Ascending,
                &mut |key, value| {
                    after = Some(key.to_vec());
                    scanned += 1;
                    if let Some(place) = keys::open_of(key) {
                        seen.insert(place);
                        let index = shared.index();
                        let agrees = match read_entry(place, value) {
                            Ok(entry) => index.get(place.1) == Some(&entry),
                            Err(_) => index.is_unreadable(place.1),
                        };
                        if !agrees {
                            suspects.push(place);
                        }
                    }
                    if scanned < SCAN_RECORDS_MAX {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                },
            )
            .map_err(failed("sweeping"))?;
        if scanned < SCAN_RECORDS_MAX {
            break;
        }
    }
    let known = shared.index().open_places();
    suspects.extend(known.into_iter().filter(|place| !seen.contains(place)));
    Ok(suspects)
}
