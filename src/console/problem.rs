//! What went wrong, as a page: a sentence of what happened and one of what to do. Never the text of a cause, never a value.

use super::form::Form;
use super::frame::{Frame, show_with};
use crate::broker::BrokerError;
use crate::broker::session::StoreError;
use crate::ids::{Ids as _, RandomIds};
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use usher_domain::rejection::Rejection;

/// Why there is no page, or why nothing was done.
#[derive(Debug)]
pub(super) enum Problem {
    /// There is no such page, or it is not this person's.
    NotFound,
    /// The role has no such page.
    NotPermitted,
    /// A rule refused it, and there is no form to say so in.
    Refused(Rejection),
    /// What was sent is no form.
    Unreadable,
    /// What was sent is larger than any form.
    TooLarge,
    /// Too much at once, or the store is away for now.
    Busy,
    /// The identity provider, or what it sent, cannot be used.
    SignIn(&'static str),
    /// Something of ours; logged under this id.
    Ours(uuid::Uuid),
}

impl Problem {
    /// Logs `error` and gives it an id that a person can quote.
    pub(super) fn ours(error: &(dyn std::error::Error + 'static)) -> Self {
        let id = RandomIds.next();
        tracing::error!(%id, error, "a page of the console failed");
        Self::Ours(id)
    }

    /// A page panicked: logs that, with an id that a person can quote. Where it panicked was logged just before.
    pub(super) fn panicked() -> Self {
        let id = RandomIds.next();
        tracing::error!(%id, "a page of the console panicked");
        Self::Ours(id)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotPermitted => StatusCode::FORBIDDEN,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::SignIn(_) => StatusCode::BAD_GATEWAY,
            Self::Ours(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn words(&self) -> (&'static str, String) {
        match self {
            Self::NotFound => (
                "Page not found",
                "If you typed the address, check it. If you followed a link, what it led to may not be yours to see.".into(),
            ),
            Self::NotPermitted => (
                "You cannot use this page",
                "Your role does not have it. If it should, ask whoever manages your account.".into(),
            ),
            Self::Refused(rejection) => (
                "This cannot be done now",
                format!("Nothing was changed. The reason: {rejection}."),
            ),
            Self::Unreadable => (
                "The form could not be read",
                "Nothing was changed. Go back and send it again.".into(),
            ),
            Self::TooLarge => (
                "The form is too long",
                "Nothing was changed. Go back and shorten the longest text.".into(),
            ),
            Self::Busy => (
                "Sorry, the service is busy",
                "It was not possible just now. Wait a moment and try again.".into(),
            ),
            Self::SignIn(what) => (
                "You could not be signed in",
                format!("{what} Try again; if it goes on, tell whoever runs this service."),
            ),
            Self::Ours(id) => (
                "Sorry, there is a problem with the service",
                format!("Try again in a moment. If it goes on, tell whoever runs this service the number {id}."),
            ),
        }
    }
}

impl From<BrokerError> for Problem {
    fn from(error: BrokerError) -> Self {
        match error {
            BrokerError::Rejected(Rejection::NotFound { .. }) => Self::NotFound,
            BrokerError::Rejected(Rejection::NotPermitted { .. }) => Self::NotPermitted,
            BrokerError::Rejected(rejection) => Self::Refused(rejection),
            BrokerError::Busy { .. } | BrokerError::Store(StoreError::Conflict { .. }) => {
                Self::Busy
            }
            BrokerError::Store(error @ StoreError::Unavailable { .. }) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the store failed a page"
                );
                Self::Busy
            }
            error => Self::ours(&error),
        }
    }
}

impl From<tower_sessions::session::Error> for Problem {
    fn from(error: tower_sessions::session::Error) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a session cannot be kept"
        );
        Self::Busy
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Page {
    frame: Frame,
    text: String,
    /// A form that can be sent again as it was.
    again: Option<Again>,
}

/// A form that was sent, and could not be served.
pub(super) struct Again {
    /// Where it went: path and query.
    pub(super) to: String,
    /// All that was typed and carried along.
    pub(super) form: Form,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.page(None)
    }
}

impl Problem {
    /// The page; with `again`, one that keeps what was typed, and from which it is sent again.
    pub(super) fn page(self, again: Option<Again>) -> Response {
        let (title, text) = self.words();
        let page = Page {
            frame: Frame::bare(title).refused(again.is_some()),
            text,
            again,
        };
        let mut response = show_with(self.status(), &page);
        if matches!(self, Self::Busy) {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

/// Why a form's act was refused, where the form can say so; the problem where it cannot.
///
/// # Errors
/// What is no refusal of a rule.
pub(super) fn refusal(error: BrokerError) -> Result<String, Problem> {
    match Problem::from(error) {
        Problem::Refused(rejection) => Ok(sentence(&rejection.to_string())),
        problem => Err(problem),
    }
}

/// With a capital letter in front.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_panicked_is_told_under_a_number_of_its_own() {
        let numbers = [Problem::panicked(), Problem::panicked()].map(|problem| {
            let Problem::Ours(id) = &problem else {
                panic!("not ours: {problem:?}")
            };
            assert!(problem.words().1.contains(&id.to_string()));
            *id
        });
        assert_ne!(numbers[0], numbers[1]);
        assert!(!numbers.iter().any(uuid::Uuid::is_nil));
    }
}
