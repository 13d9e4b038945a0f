//! The one place that reads randomness. Everything else is given an [`Ids`], so that tests can foresee it.

use usher_domain::id::{LeaseId, RequestId};
use uuid::Uuid;

/// Makes new ids.
pub trait Ids: Send + Sync + 'static {
    /// A new id of UUID version 7: random, and ordered by time.
    fn next(&self) -> Uuid;

    /// A new lease id.
    fn lease(&self) -> LeaseId {
        LeaseId::from_uuid(self.next())
    }

    /// A new request id, for a client of ours or the clock.
    fn request(&self) -> RequestId {
        RequestId::from_uuid(self.next())
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one real reading of randomness"
    )]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
