//! The one error table: every refusal as a gRPC status with `google.rpc` details. Every status carries an `ErrorInfo`
//! with domain `usher` and a reason of `error_reason.proto`; none carries personal data or the text of a cause.

use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};
use usher_domain::agreement::AgreementVersion;
use usher_domain::limits;
use usher_domain::personal::Violation;
use usher_domain::rejection::Rejection;
use usher_proto::v1::ErrorReason;
use uuid::Uuid;

use super::convert::Unreadable;
use crate::broker::BrokerError;
use crate::ids::{Ids as _, RandomIds};
use crate::store::StoreError;

/// The domain of every `ErrorInfo`.
pub const DOMAIN: &str = "usher";

/// When to try again after a conflict or a full queue: soon, the cause is short.
const RETRY_SOON: Duration = Duration::from_millis(200);
/// When to try again after the store or the broker went away.
const RETRY_LATER: Duration = Duration::from_secs(2);
/// Tells gRPC clients with a retry policy when to try again (gRFC A6), in milliseconds.
const PUSHBACK: &str = "grpc-retry-pushback-ms";
/// Field violations that one status lists: it travels in a header, which is bounded.
const VIOLATIONS_MAX: usize = 32;
/// The longest path or sentence of a violation that a status repeats, in characters; ours are shorter.
const VIOLATION_CHARS_MAX: usize = 200;

/// One row of the table.
struct Row {
    code: Code,
    reason: ErrorReason,
    metadata: Vec<(&'static str, String)>,
    detail: Detail,
}

/// What a row has beside its `ErrorInfo`.
enum Detail {
    None,
    /// `BadRequest`, about this field.
    Field(&'static str),
    /// `PreconditionFailure`, about this thing.
    State(String),
    /// `RetryInfo`.
    Retry(Duration),
}

impl Row {
    fn new(code: Code, reason: ErrorReason, detail: Detail) -> Self {
        Self {
            code,
            reason,
            metadata: Vec::new(),
            detail,
        }
    }

    fn with(mut self, key: &'static str, value: &dyn ToString) -> Self {
        self.metadata.push((key, value.to_string()));
        self
    }

    fn status(self, message: impl Into<String>) -> Status {
        let message = message.into();
        let metadata: HashMap<String, String> = self
            .metadata
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect();
        let mut details = ErrorDetails::with_error_info(name(self.reason), DOMAIN, metadata);
        let mut pushback = None;
        match self.detail {
            Detail::None => {}
            Detail::Field(field) => {
                details.add_bad_request_violation(field, message.as_str());
            }
            Detail::State(subject) => {
                details.add_precondition_failure_violation(
                    name(self.reason),
                    subject,
                    message.as_str(),
                );
            }
            Detail::Retry(after) => {
                details.set_retry_info(Some(after));
                pushback = (self.code == Code::ResourceExhausted).then_some(after);
            }
        }
        let mut status = Status::with_error_details(self.code, message, details);
        if let Some(after) = pushback
            && let Ok(value) = after.as_millis().to_string().parse()
        {
            status.metadata_mut().insert(PUSHBACK, value);
        }
        status
    }
}

/// A reason as `ErrorInfo` carries it: without the prefix that protobuf wants.
pub fn name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// A refused command.
pub fn rejection(rejection: &Rejection) -> Status {
    row(rejection).status(rejection.to_string())
}

fn row(rejection: &Rejection) -> Row {
    use Detail as D;
    use ErrorReason as R;
    let state = |reason, subject: &str| {
        Row::new(Code::FailedPrecondition, reason, D::State(subject.into()))
    };
    match rejection {
        Rejection::NotFound { what } => {
            Row::new(Code::NotFound, R::NotFound, D::None).with("what", what)
        }
        Rejection::NotPermitted { verb } => {
            Row::new(Code::PermissionDenied, R::NotPermitted, D::None).with("verb", &verb.name())
        }
        Rejection::OtherCourt { court } => {
            Row::new(Code::PermissionDenied, R::OtherCourt, D::None).with("court", court)
        }
        Rejection::PersonRequired => Row::new(
            Code::InvalidArgument,
            R::PersonRequired,
            D::Field("person.name"),
        ),
        Rejection::SecondPersonRequired => state(R::SecondPersonRequired, "person"),
        Rejection::RequestReused => Row::new(Code::AlreadyExists, R::RequestReused, D::None),
        Rejection::WrongState {
            check,
            state: stands,
            wanted,
        } => state(R::WrongState, &format!("check {check}"))
            .with("check", check)
            .with("state", stands)
            .with("wanted", wanted),
        Rejection::LeaseLost => state(R::LeaseLost, "lease"),
        Rejection::NothingOutstanding => state(R::NothingOutstanding, "checks"),
        Rejection::CurfewBlocked => state(R::CurfewBlocked, "curfew"),
        Rejection::NoCurfew => state(R::NoCurfew, "curfew"),
        Rejection::NewerAnswer { newest } => state(R::NewerAnswer, "answer").with("newest", newest),
        Rejection::BadDeadline { why: _ } => {
            Row::new(Code::InvalidArgument, R::BadDeadline, D::Field("deadline"))
        }
        Rejection::Invalid { field, why: _ } => {
            Row::new(Code::InvalidArgument, R::InvalidFields, D::Field(field))
        }
        Rejection::AlertEnded { at } => state(R::AlertEnded, "alert").with("ended", at),
        Rejection::AutomaticAnswer { agreement } => {
            let row = Row::new(Code::PermissionDenied, R::AutomaticAnswer, D::None);
            match agreement {
                Some(AgreementVersion { id, version }) => {
                    row.with("agreement", id).with("version", version)
                }
                None => row,
            }
        }
        Rejection::NotAgreed { why } => {
            Row::new(Code::PermissionDenied, R::NotAgreed, D::None).with("why", &why.name())
        }
        Rejection::RequirementEnded { state: stands } => {
            state(R::RequirementEnded, "requirement").with("state", stands)
        }
        Rejection::NotAddressed => Row::new(Code::PermissionDenied, R::NotAddressed, D::None),
        Rejection::TooMany { what, max } => {
            state(R::TooMany, what).with("what", what).with("max", max)
        }
    }
}

/// A store that could not do it.
pub fn store(error: &StoreError) -> Status {
    use Detail as D;
    use ErrorReason as R;
    match error {
        StoreError::Conflict { id: _ } => {
            Row::new(Code::Aborted, R::Conflict, D::Retry(RETRY_SOON))
                .status("others kept writing the same enquiry: try again with the same request_id")
        }
        StoreError::Unavailable { .. } => Row::new(
            Code::Unavailable,
            R::StoreUnavailable,
            D::Retry(RETRY_LATER),
        )
        .status("the store cannot serve now: try again with the same request_id"),
        StoreError::Corrupt { .. } => Row::new(Code::DataLoss, R::RecordUnreadable, D::None)
            .status("a record cannot be read: tell the operators of this broker"),
        StoreError::TooLarge { what, max } => Row::new(Code::InvalidArgument, R::TooLarge, D::None)
            .with("what", what)
            .with("max", max)
            .status(format!(
                "the {what} would be larger than {max} bytes: send less"
            )),
    }
}

/// A call that the broker could not do. What a person must look at is logged here, once.
pub fn broker(error: BrokerError) -> Status {
    match error {
        BrokerError::Rejected(refused) => rejection(&refused),
        BrokerError::Store(error) => {
            if !matches!(
                error,
                StoreError::Conflict { .. } | StoreError::TooLarge { .. }
            ) {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the store failed a call"
                );
            }
            store(&error)
        }
        BrokerError::Unreadable { id, source } => {
            let source: Box<dyn std::error::Error + Send + Sync> = source.into();
            tracing::error!(enquiry.id = %id, error = &*source as &dyn std::error::Error, "a sealed part cannot be read");
            store(&StoreError::Corrupt {
                what: "a sealed part",
                id: Some(id),
                source,
            })
        }
        BrokerError::Busy { what } => busy(what),
    }
}

/// A request that could not be read.
pub fn unreadable(unreadable: Unreadable) -> Status {
    use ErrorReason as R;
    match unreadable {
        Unreadable::Fields(violations) => fields(violations),
        Unreadable::PageToken => Row::new(
            Code::InvalidArgument,
            R::BadPageToken,
            Detail::Field("page_token"),
        )
        .status("the page token is not one for this list and filter: start at the first page"),
        Unreadable::Cursor => Row::new(
            Code::InvalidArgument,
            R::BadCursor,
            Detail::Field("resume_cursor"),
        )
        .status("the cursor is not one of ours: start with a snapshot"),
    }
}

fn fields(violations: Vec<Violation>) -> Status {
    let count = violations.len();
    let mut details = ErrorDetails::with_error_info(
        name(ErrorReason::InvalidFields),
        DOMAIN,
        HashMap::from([("fields".to_owned(), count.to_string())]),
    );
    let short = |text: String| text.chars().take(VIOLATION_CHARS_MAX).collect::<String>();
    let listed: Vec<FieldViolation> = violations
        .into_iter()
        .take(VIOLATIONS_MAX)
        .map(|Violation { field, why }| FieldViolation::new(short(field), short(why)))
        .collect();
    let first = listed
        .first()
        .map(|violation| format!("{}: {}", violation.field, violation.description))
        .unwrap_or_default();
    let message = match count {
        0 | 1 => first,
        more => format!("{more} fields are wrong, the first: {first}"),
    };
    details.set_bad_request(listed);
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// A role that does not have this call, where no verb of the core is concerned.
pub fn wrong_role(call: &'static str) -> Status {
    Row::new(
        Code::PermissionDenied,
        ErrorReason::NotPermitted,
        Detail::None,
    )
    .with("verb", &call)
    .status(format!("your role does not allow this: {call}"))
}

/// A bound of the service is reached; `what` says of which.
pub fn busy(what: &'static str) -> Status {
    Row::new(
        Code::ResourceExhausted,
        ErrorReason::Busy,
        Detail::Retry(RETRY_SOON),
    )
    .with("what", &what)
    .status(format!("too many {what} at once: try again soon"))
}

/// A caller that began a list and sends nothing.
pub fn idle() -> Status {
    let after = limits::LIST_IDLE_SECONDS_MAX;
    Row::new(
        Code::DeadlineExceeded,
        ErrorReason::Draining,
        Detail::Retry(RETRY_SOON),
    )
    .status(format!(
        "nothing came for {after} s: what was answered is kept; send the list again"
    ))
}

/// The broker is shutting down.
pub fn draining() -> Status {
    Row::new(
        Code::Unavailable,
        ErrorReason::Draining,
        Detail::Retry(RETRY_LATER),
    )
    .status("the broker is shutting down: connect again")
}

/// The certificate names no client of this broker.
pub fn no_identity() -> Status {
    Row::new(Code::Unauthenticated, ErrorReason::NoIdentity, Detail::None)
        .status("the certificate names no client of this broker: ask its operators to add it")
}

/// A refusal of the library below, which no row made: its words are about the wire, and are logged where they are not expected.
pub fn bare(given: &Status) -> Status {
    use Detail as D;
    use ErrorReason as R;
    match given.code() {
        // It could not read the one message of the call.
        Code::Internal => Row::new(Code::InvalidArgument, R::Malformed, D::None)
            .status("the message is not what this method takes: check it against the published protos"),
        Code::OutOfRange => Row::new(Code::InvalidArgument, R::TooLarge, D::None)
            .with("what", &"request")
            .with("max", &limits::REQUEST_BYTES_MAX)
            .status(format!(
                "the request is larger than {} bytes: send less",
                limits::REQUEST_BYTES_MAX
            )),
        Code::Unimplemented => Row::new(Code::Unimplemented, R::Unsupported, D::None)
            .status("there is no such method here, or the message is compressed: see the published protos, and send it as it is"),
        Code::NotFound => rejection(&Rejection::NotFound { what: "service" }),
        code => {
            let id = RandomIds.next();
            tracing::error!(error.id = %id, ?code, message = given.message(), "A call failed below the services");
            internal(id)
        }
    }
}

/// An error of the broker; `id` is what its log has beside the cause.
fn internal(id: Uuid) -> Status {
    Row::new(Code::Internal, ErrorReason::Internal, Detail::None)
        .with("id", &id)
        .status(format!("an error of the broker: tell its operators {id}"))
}

#[cfg(test)]
mod tests;
