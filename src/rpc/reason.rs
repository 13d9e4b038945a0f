//! The last word on refusals that no service of ours gave: unreadable and oversized messages, methods that are not there. The library
//! below answers these with a bare status; here each becomes a row of the error table, so that every refusal has a reason. What a stream
//! says at its end is not looked at: it comes from the table already. A call that outlives its own time is ended above this, without one.

use super::status;
use axum::response::Response;
use tonic::{Code, Status};

/// `response`, with a reason where it is a refusal.
#[must_use]
pub fn reasoned(response: Response) -> Response {
    let headers = response.headers();
    let explained = headers.contains_key("grpc-status-details-bin");
    let refused =
        Status::from_header_map(headers).filter(|status| !explained && status.code() != Code::Ok);
    match refused {
        Some(bare) => status::bare(&bare).into_http(),
        None => response,
    }
}
