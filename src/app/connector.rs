//! From what a configuration says of a borough's system to the connector that asks it.

use crate::adapter::mapping::Fault;
use crate::adapter::rest::{self, Rest};
use crate::adapter::{Connector, Desk, Searched, drop, sql};
use crate::clock::Clock;
use crate::config::adapter::ConnectorConfig;
use crate::ids::{Ids, RandomIds};
use std::sync::Arc;

/// Why settings make no connector.
#[derive(Debug, thiserror::Error)]
pub enum UnfitConnector {
    /// Of the kind `sql`.
    #[error(transparent)]
    Sql(#[from] sql::SettingsError),
    /// Of the kind `rest`: each fault on a line.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Rest(Vec<Fault>),
    /// Of the kind `drop`.
    #[error(transparent)]
    Drop(#[from] drop::Unfit),
}

/// Makes one connector. It reaches for its system when it is first used.
///
/// # Errors
/// [`UnfitConnector`] with what to do.
pub fn connector(
    config: ConnectorConfig,
    clock: Arc<dyn Clock>,
) -> Result<Box<dyn Connector>, UnfitConnector> {
    Ok(match config {
        ConnectorConfig::Desk => Box::new(Desk),
        ConnectorConfig::Sql(settings) => Box::new(Searched::new(sql::source(*settings, clock)?)),
        ConnectorConfig::Rest(settings, page) => {
            let ids: Arc<dyn Ids> = Arc::new(RandomIds);
            let made = rest::connector(&settings, &page, &clock, &ids);
            match made.map_err(UnfitConnector::Rest)? {
                Rest::Source(source) => Box::new(Searched::new(source)),
                Rest::Connector(connector) => connector,
            }
        }
        ConnectorConfig::Drop(settings) => drop::connector(*settings, clock)?,
    })
}
