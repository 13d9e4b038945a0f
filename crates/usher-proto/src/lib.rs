//! The wire contract of usher.

/// What engines persist; never on the wire (`proto/usher/storage/v1`). Nothing here has a `Debug`: most of it is about people.
#[expect(
    missing_docs,
    clippy::pedantic,
    reason = "generated; documented in the .proto files"
)]
#[rustfmt::skip]
#[path = "gen/usher.storage.v1.rs"]
pub mod storage_v1;
