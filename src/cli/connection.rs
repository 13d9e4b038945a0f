//! The connection to the broker, and what its sudden end means.
//!
//! A broker hangs up on a certificate that it does not know, and a broker that dies hangs up too: one end of one connection does not
//! tell which. So a call that was cut off is followed by a small one on a new connection. Only when that is cut off as well is it the
//! certificate; the call itself is never repeated.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;
use tonic::codegen::http::{Method, Request, Response, Uri, Version};
use tonic::transport::{self, Channel};
use tonic::{ConnectError, TimeoutExpired};
use tower::{Service, ServiceExt as _};

/// The small call: any answer will do.
const SMALL_CALL: &str = "/grpc.health.v1.Health/Check";
/// How long it may take.
const SMALL_CALL_LIMIT: Duration = Duration::from_secs(5);
/// How rustls words what the other side objects to, wherever it stands in the text of a cause.
const ALERT: &str = "received fatal alert: ";

type BoxError = Box<dyn Error + Send + Sync>;

/// A channel whose errors tell a refusal from a loss.
#[derive(Clone, Debug)]
pub(super) struct Connection(Channel);

/// The broker hangs up on every call.
#[derive(Debug, thiserror::Error)]
#[error("the broker closes each connection without an answer")]
pub(super) struct Refused(#[source] transport::Error);

impl Connection {
    pub(super) fn new(channel: Channel) -> Self {
        Self(channel)
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let channel = self.0.clone();
        let answer = self.0.call(request);
        Box::pin(async move {
            match answer.await {
                Ok(response) => Ok(response),
                Err(error) if is_cut_off(&error) && is_refused(channel).await => {
                    Err(Refused(error).into())
                }
                Err(error) => Err(error.into()),
            }
        })
    }
}

/// Whether a small call on a new connection is cut off too.
async fn is_refused(mut channel: Channel) -> bool {
    let small = async {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = Uri::from_static(SMALL_CALL);
        channel.ready().await?.call(request).await
    };
    match tokio::time::timeout(SMALL_CALL_LIMIT, small).await {
        Ok(Err(error)) => is_cut_off(&error),
        Ok(Ok(_)) | Err(_) => false,
    }
}

/// Whether a connection that stood ended under the call, and nobody said why.
fn is_cut_off(error: &(dyn Error + 'static)) -> bool {
    !causes(error).any(|cause| {
        cause.is::<ConnectError>() || cause.is::<TimeoutExpired>() || alert(cause).is_some()
    })
}

/// `error` and its causes.
pub(super) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// What the broker's TLS objects to, in the words of rustls. HTTP/2 keeps only the text of the error.
pub(super) fn alert(cause: &(dyn Error + 'static)) -> Option<String> {
    let text = cause.to_string();
    let (_, alert) = text.split_once(ALERT)?;
    let end = alert.find(|letter: char| !letter.is_alphanumeric());
    Some(alert[..end.unwrap_or(alert.len())].to_owned())
}
