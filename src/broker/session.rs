//! Sessions of people who are signed in to the console. They are no business of the core's: the store keeps them, and nobody decides.

use super::Broker;
pub use crate::store::{SessionKey, SessionRow, Sessions, StoreError};

impl Broker {
    /// Where they are kept.
    pub fn sessions(&self) -> &dyn Sessions {
        self.store.as_ref()
    }
}
