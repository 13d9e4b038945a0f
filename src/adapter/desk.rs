//! No system at all: people answer.

use super::connector::{Connector, Outcome, Trouble};
use async_trait::async_trait;
use usher_proto::v1;

/// Leaves every check to people of the responder. It stands where there is no system, or last where others come before it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Desk;

#[async_trait]
impl Connector for Desk {
    fn name(&self) -> &'static str {
        "desk"
    }

    async fn look_up(&self, _: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
        Ok(Outcome::Unsettled(v1::PeopleReason::Other))
    }

    async fn probe(&self) -> Result<(), Trouble> {
        Ok(())
    }
}
