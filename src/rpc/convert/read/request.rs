//! The identity of a mutation.

use super::id;
use usher_domain::code::ClientId;
use usher_domain::command::{Request, VerbName};
use usher_domain::id::RequestId;
use usher_domain::personal::Validator;
use usher_proto::v1;

/// A mutation as it came: every one carries the caller's id.
pub(in crate::rpc::convert) trait Mutation: prost::Message {
    /// Takes the id out, so that what is left is the body.
    fn take_request_id(&mut self) -> String;
}

macro_rules! mutations {
    ($($name:ident),* $(,)?) => {$(
        impl Mutation for v1::$name {
            fn take_request_id(&mut self) -> String {
                core::mem::take(&mut self.request_id)
            }
        }
    )*};
}
mutations!(
    SubmitRequest,
    SupplyRequest,
    WithdrawRequest,
    MoveHearingRequest,
    DecideWithoutRequest,
    ReceiveRequest,
    RecordSentenceRequest,
    LeaseChecksRequest,
    RenewRequest,
    AcceptRequest,
    AnswerRequest,
    ReleaseRequest,
    AskRequest,
    RedirectRequest,
    AcknowledgeRequest,
    AnswerByPhoneRequest,
    RerouteRequest,
    CloseRequest,
    TakeOffRequest,
    EnterStageRequest,
    CoverRequest,
    SetAsideRequest,
    ReassignRequest,
);

/// The identity of a mutation: its id, and a digest of who asked for what.
pub(in crate::rpc::convert) fn request(
    v: &mut Validator,
    client: &ClientId,
    verb: VerbName,
    message: &mut impl Mutation,
) -> Option<Request> {
    let text = message.take_request_id();
    let digest = digest(client, verb, message);
    let id: RequestId = id(v, "request_id", &text)?;
    if id.uuid().is_nil() {
        v.fail("request_id", "must not be the nil UUID");
        return None;
    }
    Some(Request { id, digest })
}

/// The first eight bytes of the SHA-256 of client, verb and body. The body has no request id and no maps, so that equal
/// bodies have equal encodings.
pub(in crate::rpc::convert) fn digest(
    client: &ClientId,
    verb: VerbName,
    body: &impl prost::Message,
) -> u64 {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in [client.as_str(), verb.name()] {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    context.update(&body.encode_to_vec());
    let digest = context.finish();
    digest
        .as_ref()
        .first_chunk()
        .map_or(0, |head| u64::from_be_bytes(*head))
}
