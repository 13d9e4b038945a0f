//! What every client program of the demo shares: its channel to the broker, a time limit on every call, and patience: a call that may be
//! repeated is, with the same request id.

use super::agenda::Lag;
use crate::clock::ScaledClock;
use crate::rpc::client::{self, ClientError, ClientTls};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use usher_proto::v1;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;
use usher_proto::v1::court_service_client::CourtServiceClient;
use usher_proto::v1::operations_service_client::OperationsServiceClient;

/// How long a call may take, in real time.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// How long the longest poll may, which a slow clock makes real.
const POLL_LIMIT: Duration = Duration::from_secs(130);
/// Tries of one call.
const TRIES_MAX: u32 = 8;
/// Before the second try; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Before connecting a stream again.
const STREAM_PAUSE: Duration = Duration::from_millis(50);

/// What all clients of one run have in common.
#[derive(Clone)]
pub(super) struct Common {
    /// The time, as everybody sees it.
    pub(super) clock: Arc<ScaledClock>,
    /// The run's seed.
    pub(super) seed: u64,
    /// When the run is over.
    pub(super) stop: CancellationToken,
    /// How far behind everybody is.
    pub(super) lag: Arc<Lag>,
}

/// One client program.
#[derive(Clone)]
pub(super) struct Client {
    channel: Channel,
}

impl Client {
    /// A program that shows `tls` to the broker at `address`; it connects when it first calls.
    ///
    /// # Errors
    /// When the address or the certificate cannot be used.
    pub(super) fn new(address: &str, tls: &ClientTls) -> Result<Self, ClientError> {
        let channel = client::endpoint(address, tls)?.connect_lazy();
        Ok(Self { channel })
    }

    pub(super) fn court(&self) -> CourtServiceClient<Channel> {
        CourtServiceClient::new(self.channel.clone())
    }

    pub(super) fn adapter(&self) -> AdapterServiceClient<Channel> {
        AdapterServiceClient::new(self.channel.clone())
    }

    pub(super) fn operations(&self) -> OperationsServiceClient<Channel> {
        OperationsServiceClient::new(self.channel.clone())
    }

    /// Takes checks, or waits for some. Not repeated: the caller calls again anyway.
    pub(super) async fn lease(
        &self,
        message: v1::LeaseChecksRequest,
    ) -> Result<Vec<v1::LeasedCheck>, Status> {
        let mut request = Request::new(message);
        request.set_timeout(POLL_LIMIT);
        Ok(self
            .adapter()
            .lease_checks(request)
            .await?
            .into_inner()
            .checks)
    }
}

/// Calls until it is answered or refused for good.
///
/// # Errors
/// The last refusal.
pub(super) async fn patiently<M, R, F>(
    message: M,
    mut call: impl FnMut(Request<M>) -> F,
) -> Result<R, Status>
where
    M: Clone,
    F: Future<Output = Result<Response<R>, Status>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES_MAX {
        match call(limited(message.clone())).await {
            Err(status) if is_passing(status.code()) => {}
            outcome => return outcome.map(Response::into_inner),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    call(limited(message)).await.map(Response::into_inner)
}

/// `call!(client, method, message)`: one call of a generated client, made [`patiently`].
macro_rules! call {
    ($client:expr, $method:ident, $message:expr) => {{
        let client = $client;
        let call = |request| {
            let mut client = client.clone();
            async move { client.$method(request).await }
        };
        crate::demo::client::patiently($message, call).await
    }};
}
pub(super) use call;

fn limited<M>(message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_LIMIT);
    request
}

/// Whether the same call may be answered later.
fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable
            | Code::Aborted
            | Code::ResourceExhausted
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unknown
    )
}

/// Before a broken stream is taken up again.
pub(super) async fn before_reconnecting() {
    tokio::time::sleep(STREAM_PAUSE).await;
}

/// A named person of the demo.
pub(super) fn person(name: impl Into<String>, post: &str) -> v1::Person {
    v1::Person {
        name: name.into(),
        post: post.into(),
        contact: String::new(),
    }
}
