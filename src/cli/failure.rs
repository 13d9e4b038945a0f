//! Why a command did not do what it was asked, and the exit codes: one table, from gRPC status to exit code.
//!
//! A failure says what happened, each wrong field on a line of its own, and what to do. It never repeats a value that was
//! given: those may be personal data.

use super::connection::{Refused, alert, causes};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write as _;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tonic_types::StatusExt as _;

/// How the process ends. `usher --help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok,
    /// It failed, and trying again will not help by itself.
    Failure,
    /// The command, its input or the configuration is wrong.
    Usage,
    /// The broker cannot be reached or did not answer in time: try again.
    Unreachable,
    /// The broker does not know the certificate, or its role may not do this.
    NotPermitted,
    /// There is no such thing, or it is not yours.
    NotFound,
    /// Something stands where the command is not possible, or changed meanwhile.
    Conflict,
    /// A check ran to its end and found a problem.
    Found,
    /// Ctrl-C, or SIGTERM.
    Interrupted,
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::NotPermitted => 4,
            Self::NotFound => 5,
            Self::Conflict => 6,
            Self::Found => 7,
            Self::Interrupted => 130,
        }
    }
}

/// The exit codes, for `usher --help`.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failure
  2    the command, its input or the configuration is wrong
  3    the broker cannot be reached or did not answer in time: try again
  4    the certificate is not known to the broker, or its role may not do this
  5    there is no such thing, or it is not yours
  6    not possible as things stand, or changed meanwhile: look again
  7    a check ran and found a problem
  130  interrupted (Ctrl-C or SIGTERM)";

/// Why a command failed, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    exit: Exit,
    /// Why, in the contract's word; empty where no broker said one.
    reason: String,
    what: String,
    details: Vec<String>,
    hint: String,
}

impl Failure {
    /// A failure with what happened and what to do; either may be empty.
    pub fn new(exit: Exit, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            exit,
            reason: String::new(),
            what: what.into(),
            details: Vec::new(),
            hint: hint.into(),
        }
    }

    /// The command or its input is wrong.
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what, hint)
    }

    /// As [`Failure::new`], with the causes of `error` on lines of their own.
    pub fn caused(exit: Exit, error: &dyn Error, hint: &str) -> Self {
        let mut failure = Self::new(exit, error.to_string(), hint);
        let mut cause = error.source();
        while let Some(error) = cause {
            failure.details.push(error.to_string());
            cause = error.source();
        }
        failure
    }

    /// Adds a line.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Adds what is wrong with one thing, unless the message says nothing else.
    fn add(&mut self, about: &str, wrong: &str) {
        let line = format!("{about}: {wrong}");
        if !self.what.starts_with(&line) && !self.what.starts_with(wrong) {
            self.details.push(line);
        }
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What happened, in a line.
    pub(super) fn what(&self) -> &str {
        &self.what
    }

    /// Names the flag before a field that is wrong, where `flag_of` knows it.
    #[must_use]
    pub(super) fn with_flags(mut self, flag_of: impl Fn(&str) -> Option<&'static str>) -> Self {
        for line in std::iter::once(&mut self.what).chain(&mut self.details) {
            let parts = line.split_once(": ");
            let named = parts.and_then(|(field, wrong)| Some((flag_of(field)?, field, wrong)));
            if let Some((flag, field, wrong)) = named {
                *line = format!("{flag} ({field}): {wrong}");
            }
        }
        self
    }

    /// What programs read.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "reason": self.reason,
            "message": self.what,
            "details": self.details,
            "hint": self.hint,
            "exit": self.exit.code(),
        })
    }

    /// Whether the act that failed may have been done all the same.
    pub(super) fn leaves_open(&self) -> bool {
        matches!(self.exit, Exit::Unreachable | Exit::Failure)
    }

    /// What people read; empty when there is nothing to say.
    pub fn render(&self) -> String {
        if self.what.is_empty() {
            return String::new();
        }
        let mut text = format!("error: {}", self.what);
        for line in &self.details {
            let _ = write!(text, "\n  {line}");
        }
        if !self.hint.is_empty() {
            let _ = write!(text, "\nhint: {}", self.hint);
        }
        text
    }
}

/// A failed call to the broker.
impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        if let Some(failure) = of_connection(&status) {
            return failure;
        }
        let (exit, hint) = of_code(status.code());
        let mut failure = Self::new(exit, what_of(&status), hint);
        if let Some(info) = status.get_details_error_info() {
            failure.hint = hint_of(&info.reason).unwrap_or(hint).into();
            failure.reason = info.reason;
        }
        let bad = status.get_details_bad_request();
        for violation in bad.into_iter().flat_map(|bad| bad.field_violations) {
            failure.add(&violation.field, &violation.description);
        }
        let unmet = status.get_details_precondition_failure();
        for violation in unmet.into_iter().flat_map(|unmet| unmet.violations) {
            failure.add(&violation.subject, &violation.description);
        }
        let delay = status
            .get_details_retry_info()
            .and_then(|info| info.retry_delay);
        if let Some(delay) = delay {
            failure
                .details
                .push(format!("try again after {} ms", delay.as_millis()));
        }
        failure
    }
}

/// Exit code and general remedy of a gRPC code: the one table.
fn of_code(code: Code) -> (Exit, &'static str) {
    match code {
        Code::Ok => (Exit::Ok, ""),
        Code::InvalidArgument | Code::OutOfRange => {
            (Exit::Usage, "correct what is named and try again")
        }
        Code::Unavailable | Code::DeadlineExceeded => (
            Exit::Unreachable,
            "check that the broker runs, the address of --server, and the network between; then try again",
        ),
        Code::ResourceExhausted => (Exit::Unreachable, "wait a little and try again"),
        Code::Unauthenticated => (
            Exit::NotPermitted,
            "the broker's [[identities]] must have the URI of your certificate",
        ),
        Code::PermissionDenied => (
            Exit::NotPermitted,
            "the role or the scope of your certificate does not allow this; ask whoever runs the broker",
        ),
        Code::NotFound => (
            Exit::NotFound,
            "check the id; what belongs to another court or responder reads as not found",
        ),
        Code::AlreadyExists => (
            Exit::Conflict,
            "leave --request-id out for a new request; keep it only to repeat the very same one",
        ),
        Code::FailedPrecondition => (Exit::Conflict, "look at how things stand, then decide anew"),
        Code::Aborted => (Exit::Conflict, "others wrote at the same moment: try again"),
        Code::Unimplemented => (
            Exit::Failure,
            "the broker does not know this call: it is of another version, or not usher",
        ),
        Code::DataLoss => (
            Exit::Failure,
            "a record cannot be read; the broker's operators see it among their alerts",
        ),
        Code::Cancelled | Code::Unknown | Code::Internal => (
            Exit::Failure,
            "if it happens again, tell whoever runs the broker the time and the message",
        ),
    }
}

/// The remedy of a reason, where it is more than that of its code.
fn hint_of(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "NOT_PERMITTED" => {
            "what each role uses: officers and managers `usher enquiry`, adapters `usher check list` and what follows from it, \
             operators `usher check reroute`, `usher check close` and `usher check answer-by-phone`, and all of them `usher alert list`"
        }
        "PERSON_REQUIRED" => "give --person-name, or a [person] in the client file",
        "LEASE_LOST" => {
            "give its lease as --lease; when it ran out or is another's, lease the check again"
        }
        "CURFEW_BLOCKED" => {
            "a curfew is proposed and a check is unanswered: decide withdraw-curfew or seek-adjournment"
        }
        "NEWER_ANSWER" => {
            "a newer version of the answer has come: read it, then give its number as --answer-version"
        }
        "TOO_MANY" => {
            "the message says which bound is reached: send fewer or shorter ones, or go on in another enquiry"
        }
        "BAD_CURSOR" => "leave --resume out to start with a snapshot",
        "BAD_PAGE_TOKEN" => "leave --page-token out to start with the first page",
        "WRONG_STATE" => {
            "look where the check stands: `usher enquiry show`, or `usher check show` for a borough"
        }
        "ALERT_ENDED" => {
            "the check has moved on; `usher alert list` with --each shows the alerts that stand"
        }
        "TOO_LARGE" => "send less: a record of an enquiry takes no more",
        "NOT_ADDRESSED" => "the alert is for others; those it is for can acknowledge it",
        "OTHER_COURT" => "your certificate is not for this court; use that court's",
        "STORE_UNAVAILABLE" | "BUSY" | "DRAINING" => "wait a little and try again",
        _ => return None,
    })
}

fn what_of(status: &Status) -> String {
    let reason = status.get_details_error_info().map(|info| info.reason);
    match (reason, status.message(), status.code()) {
        (Some(reason), message, _) => format!("{message} ({reason})"),
        (None, _, Code::DeadlineExceeded) => "the broker did not answer in time".into(),
        (None, "", _) => "the call failed".into(),
        (None, message, _) => message.into(),
    }
}

/// What ended a call that the broker did not answer: its own answers have no cause on this side.
fn of_connection(status: &Status) -> Option<Failure> {
    let error = status.source()?;
    if let Some(alert) = causes(error).find_map(alert) {
        return Some(Failure::new(
            Exit::NotPermitted,
            format!("the broker refused the certificate ({alert})"),
            "check --cert: it must be of an authority that the broker trusts, and not expired or revoked",
        ));
    }
    if let Some(why) = causes(error).find_map(distrust) {
        return Some(Failure::new(
            Exit::Unreachable,
            format!(
                "the certificate of the broker is not trusted: {}",
                doubt(&why)
            ),
            "check --ca, and that --server has the name in the broker's certificate (or give --server-name)",
        ));
    }
    if causes(error).any(<dyn Error>::is::<Refused>) {
        return Some(Failure::new(
            Exit::NotPermitted,
            "the broker closes each connection without an answer, as it does to a certificate that it does not know",
            "check --cert: it must be of an authority that the broker trusts, and its [[identities]] must have the URI",
        ));
    }
    let what = if causes(error).any(<dyn Error>::is::<TimeoutExpired>) {
        "the broker did not answer in time".into()
    } else if causes(error).any(<dyn Error>::is::<ConnectError>) {
        let root = causes(error).last().map(ToString::to_string);
        format!("the broker cannot be reached: {}", root.unwrap_or_default())
    } else {
        "the connection to the broker was lost".into()
    };
    Some(Failure::new(
        Exit::Unreachable,
        what,
        of_code(Code::Unavailable).1,
    ))
}

/// Why the broker's certificate is not trusted here, when `cause` is that.
fn distrust(cause: &(dyn Error + 'static)) -> Option<rustls::CertificateError> {
    let inner = cause
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    let tls = match inner {
        Some(inner) => inner.downcast_ref::<rustls::Error>(),
        None => cause.downcast_ref::<rustls::Error>(),
    };
    match tls {
        Some(rustls::Error::InvalidCertificate(why)) => Some(why.clone()),
        _ => None,
    }
}

/// What is wrong with the broker's certificate.
fn doubt(why: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError as E;
    match why {
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "it is not for the name or address that --server has"
        }
        E::UnknownIssuer | E::BadSignature => "it is not of the authority that --ca has",
        E::Expired | E::ExpiredContext { .. } => "it has expired",
        E::NotValidYet | E::NotValidYetContext { .. } => "it is not valid yet: check the clocks",
        E::Revoked => "it has been revoked",
        _ => "it is no certificate of a server",
    }
}

#[cfg(test)]
mod tests;
