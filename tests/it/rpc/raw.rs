//! Bytes that no client of ours sends, as one gRPC message: each is refused with a reason, and the connection goes on.

use super::*;
use tower::{Service as _, ServiceExt as _};
use usher_domain::limits;

/// What the broker says to `body`, sent to `path` as it is.
async fn send(kit: &Kit, path: &str, body: Vec<u8>) -> Result<(), Status> {
    let body = tonic::body::Body::new(axum::body::Body::from(body));
    let request = http::Request::post(format!("https://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .unwrap();
    let mut channel = kit.channel(OFFICER);
    let response = channel.ready().await.unwrap().call(request).await.unwrap();
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() != Code::Ok => Err(status),
        _ => Ok(()),
    }
}

/// A message as gRPC frames it.
fn framed(compressed: u8, length: usize, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [&[compressed][..], &length, bytes].concat()
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused_with_a_reason() {
    const SUBMIT: &str = "/usher.v1.CourtService/Submit";
    const GET_CHECK: &str = "/usher.v1.AdapterService/GetCheck";
    const LIST_ALERTS: &str = "/usher.v1.OperationsService/ListAlerts";
    let kit = Kit::start().await;
    let wrong = Code::InvalidArgument;
    let huge = limits::REQUEST_BYTES_MAX + 1;
    let rows = [
        (SUBMIT, framed(0, 3, b"\xff\xff\xff"), wrong, "MALFORMED"),
        (GET_CHECK, framed(0, 2, b"\x0a\x7f"), wrong, "MALFORMED"),
        (LIST_ALERTS, framed(0, 9, b"short"), wrong, "MALFORMED"),
        (SUBMIT, Vec::new(), wrong, "MALFORMED"),
        (SUBMIT, framed(7, 0, b""), wrong, "MALFORMED"),
        (SUBMIT, framed(1, 1, b"x"), wrong, "MALFORMED"),
        (SUBMIT, framed(0, huge, &vec![0; huge]), wrong, "TOO_LARGE"),
        (SUBMIT, framed(0, 1 << 31, b""), wrong, "TOO_LARGE"),
        (
            "/usher.v1.CourtService/Adjourn",
            Vec::new(),
            Code::Unimplemented,
            "UNSUPPORTED",
        ),
        (
            "/usher.v2.CourtService/Submit",
            Vec::new(),
            Code::Unimplemented,
            "UNSUPPORTED",
        ),
        ("/", Vec::new(), Code::Unimplemented, "UNSUPPORTED"),
    ];
    for (path, bytes, code, reason) in rows {
        check_refused(send(&kit, path, bytes).await, code, reason);
    }
    assert_eq!(kit.store_end().await, 0, "something was written");
    kit.submit(enquiry(&[IN_HACKNEY])).await;
}
