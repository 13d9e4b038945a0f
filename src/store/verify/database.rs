//! The same proofs over a database, of one moment: brokers may go on meanwhile.

use super::feed::Reading;
use super::{Report, record};
use crate::store::StoreError;
use crate::store::postgres::Snapshot;

/// Reads the whole database as `snapshot` shows it.
///
/// # Errors
/// Only when the database cannot be read to the end; whatever is wrong with what it holds, the report says.
pub async fn verify_database(snapshot: &Snapshot) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut reading = Reading::new();
    loop {
        let page = snapshot.entries(reading.last() + 1).await?;
        if page.is_empty() {
            break;
        }
        for (number, bytes) in &page {
            reading.entry(*number, bytes, &mut report);
        }
    }
    let (last, head) = (reading.last(), snapshot.head().await?);
    if last != head {
        let why = format!("it says {head}, and the last entry is {last}");
        report.fault("feed head", None, why);
    }
    let mut commits = reading.end();
    let mut after = None;
    loop {
        let page = snapshot.records(after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for kept in &page {
            let proved = record(
                kept.id,
                kept.open,
                &kept.record,
                Some(&kept.entries),
                &mut commits,
                &mut report,
            );
            match proved {
                Ok(_) if kept.is_found_right => {}
                Ok(_) => {
                    let why =
                        "what it is found by differs from it; the broker's next sweep mends that";
                    report.fault("index", Some(kept.id), why);
                }
                Err(error) => report.broken("record", Some(kept.id), &error),
            }
        }
    }
    for id in commits.unclaimed() {
        let why = "the feed tells of it and it is not there";
        report.fault("record", Some(id), why);
    }
    Ok(report)
}
