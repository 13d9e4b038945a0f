//! The client process's connections to a broker.

use super::stage::{Stage, Who};
use crate::rpc::client::{ClientTls, endpoint};
use anyhow::Context as _;
use std::net::SocketAddr;
use tonic::transport::Channel;
use usher_proto::v1;
use usher_proto::v1::operations_service_client::OperationsServiceClient;

/// Callers that share a connection: a gateway serves many officers over a few.
const CALLERS_PER_CONNECTION: usize = 64;

/// What it takes to connect.
#[derive(Clone)]
pub(super) struct Clients {
    address: String,
    officer: ClientTls,
    adapter: ClientTls,
    operator: ClientTls,
}

impl Clients {
    pub(super) fn new(stage: &Stage, address: SocketAddr) -> Self {
        Self {
            address: format!("https://{address}"),
            officer: stage.tls(Who::Officer).clone(),
            adapter: stage.tls(Who::Adapter).clone(),
            operator: stage.tls(Who::Operator).clone(),
        }
    }

    fn connect(&self, tls: &ClientTls) -> anyhow::Result<Channel> {
        Ok(endpoint(&self.address, tls)?.connect_lazy())
    }

    /// A connection of its own for an officer's gateway.
    pub(super) fn officer(&self) -> anyhow::Result<Channel> {
        self.connect(&self.officer)
    }

    /// A connection of its own for an adapter.
    pub(super) fn adapter(&self) -> anyhow::Result<Channel> {
        self.connect(&self.adapter)
    }

    /// Connections of a gateway, for so many callers.
    pub(super) fn gateway(&self, callers: usize) -> anyhow::Result<Vec<Channel>> {
        let connections = callers.div_ceil(CALLERS_PER_CONNECTION).max(1);
        (0..connections).map(|_| self.officer()).collect()
    }

    /// How the broker stands: the first call that a restarted one is asked to answer.
    pub(super) async fn status(&self) -> anyhow::Result<v1::GetStatusResponse> {
        let mut operator = OperationsServiceClient::new(self.connect(&self.operator)?);
        let status = operator.get_status(v1::GetStatusRequest {}).await;
        Ok(status
            .context("the broker does not say how it stands")?
            .into_inner())
    }
}
