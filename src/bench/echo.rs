//! The yardstick: a service that decodes an enquiry and encodes it again. tonic's own way, with nothing of usher's in it.

use prost::Message;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{NamedService, UnaryService};
use tonic::transport::Channel;
use tonic::{GrpcMethod, Request, Response, Status};
use usher_proto::v1::SubmitRequest;

const SERVICE: &str = "usher.bench.Echo";
const METHOD: &str = "Echo";
const PATH: &str = "/usher.bench.Echo/Echo";

/// Protobuf messages of one type, both ways.
struct Protobuf<M>(PhantomData<M>);

impl<M> Default for Protobuf<M> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<M: Message + Default + 'static> Codec for Protobuf<M> {
    type Encode = M;
    type Decode = M;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self::default()
    }

    fn decoder(&mut self) -> Self {
        Self::default()
    }
}

impl<M: Message> Encoder for Protobuf<M> {
    type Item = M;
    type Error = Status;

    fn encode(&mut self, message: M, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let encoded = message.encode(buffer);
        encoded.map_err(|error| Status::internal(error.to_string()))
    }
}

impl<M: Message + Default> Decoder for Protobuf<M> {
    type Item = M;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<M>, Status> {
        let decoded = M::decode(buffer);
        decoded
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

/// The service.
#[derive(Clone, Debug)]
pub(super) struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = SERVICE;
}

impl UnaryService<SubmitRequest> for Echo {
    type Response = SubmitRequest;
    type Future = BoxFuture<Response<SubmitRequest>, Status>;

    fn call(&mut self, request: Request<SubmitRequest>) -> Self::Future {
        Box::pin(async move { Ok(Response::new(request.into_inner())) })
    }
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(Protobuf::<SubmitRequest>::default());
            Ok(grpc.unary(Echo, request).await)
        })
    }
}

/// Its client.
#[derive(Clone)]
pub(super) struct EchoClient(tonic::client::Grpc<Channel>);

impl EchoClient {
    pub(super) fn new(channel: Channel) -> Self {
        Self(tonic::client::Grpc::new(channel))
    }

    /// Sends a message there and back.
    pub(super) async fn echo(&mut self, message: SubmitRequest) -> Result<SubmitRequest, Status> {
        let ready = self.0.ready().await;
        ready.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(message);
        request
            .extensions_mut()
            .insert(GrpcMethod::new(SERVICE, METHOD));
        let path = http::uri::PathAndQuery::from_static(PATH);
        let codec = Protobuf::<SubmitRequest>::default();
        let response = self.0.unary(request, path, codec).await?;
        Ok(response.into_inner())
    }
}
