//! The sections of the secure edge, as the edge itself defines them: `[rpc]`, `[tls]`, `[[identities]]`.

pub use crate::auth::{IdentityEntry, PersonEntry};
pub use crate::rpc::server::Settings as RpcSettings;
pub use crate::rpc::tls::TlsFiles;
