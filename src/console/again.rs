//! A form that could not be served: the page that says so keeps what was typed, under the same request id, and sends it again. Nothing is
//! read for it from a store that may be away, so it holds for every form.

use super::form::{FORM_BYTES_MAX, Form};
use super::problem::{Again, Problem};
use super::visitor::is_piece;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Keeps what is sent until it is served: where the answer is that this was not possible just now, the page has it.
pub(super) async fn keep(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || is_piece(&request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(sent) = to_bytes(body, FORM_BYTES_MAX).await else {
        return Problem::TooLarge.into_response();
    };
    let to = parts.uri.path_and_query().map(ToString::to_string);
    let request = Request::from_parts(parts, Body::from(sent.clone()));
    let response = next.run(request).await;
    match to {
        Some(to) if response.status() == StatusCode::SERVICE_UNAVAILABLE => {
            let form = Form::parse(&sent);
            Problem::Busy.page(Some(Again { to, form }))
        }
        _ => response,
    }
}
