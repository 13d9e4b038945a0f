//! The wire contract of usher: messages, clients and servers, generated from `proto/` and checked in under `src/gen`.
//!
//! No system tool is needed to build it. `tests/bootstrap.rs` generates everything anew and fails when the files here
//! differ; `USHER_REGENERATE=1 cargo test -p usher-proto` rewrites them. No message has a `Debug` that prints a value:
//! any of them may hold personal data.

/// Package `usher.v1`: what officers, adapters and operators speak with the broker.
#[expect(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    unused_qualifications,
    reason = "generated; the contract's own lints run over proto/"
)]
pub mod v1 {
    include!("gen/usher.v1.rs");
}

/// The descriptors of `usher.v1` and what it imports, for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptor.bin");

/// Package `usher.storage.v1`: what engines persist; never on the wire. Its numbers are documented in
/// `proto/usher/storage/v1`.
#[expect(missing_docs, clippy::pedantic, reason = "generated")]
pub mod storage_v1 {
    include!("gen/usher.storage.v1.rs");
}
