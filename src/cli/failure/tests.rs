use super::*;
use tonic_types::ErrorDetails;
use usher_proto::v1;

/// Of a call that ended by `cause`.
fn ended_by(cause: impl Error + Send + Sync + 'static) -> Failure {
    let mut status = Status::unknown("h2 protocol error: see https://docs.rs/x");
    status.set_source(std::sync::Arc::new(cause));
    Failure::from(status)
}

#[test]
fn a_lost_connection_is_no_refusal_and_says_so_in_plain_words() {
    use std::io::{Error as IoError, ErrorKind as Kind};
    for kind in [
        Kind::UnexpectedEof,
        Kind::ConnectionReset,
        Kind::BrokenPipe,
        Kind::Other,
    ] {
        let failure = ended_by(IoError::from(kind));
        assert_eq!(failure.exit(), Exit::Unreachable, "{kind}");
        let text = failure.render();
        assert!(
            text.starts_with(
                "error: the connection to the broker was lost\nhint: check that the broker runs"
            ),
            "{text}"
        );
    }
    let slow = ended_by(TimeoutExpired(()));
    assert_eq!(slow.exit(), Exit::Unreachable);
    assert!(slow.render().contains("did not answer in time"));
    let refused = ConnectError(IoError::from(Kind::ConnectionRefused).into());
    let text = ended_by(refused).render();
    assert!(
        text.contains("cannot be reached: connection refused"),
        "{text}"
    );
}

#[test]
fn an_alert_is_a_refusal_even_where_only_its_text_is_left() {
    let tls = rustls::Error::AlertReceived(rustls::AlertDescription::DecryptError);
    let text = std::io::Error::other(format!("connection error: {tls}"));
    for failure in [ended_by(tls), ended_by(text)] {
        assert_eq!(failure.exit(), Exit::NotPermitted);
        assert!(
            failure
                .render()
                .contains("refused the certificate (DecryptError)"),
            "{}",
            failure.render()
        );
    }
}

#[test]
fn every_code_has_its_exit_code() {
    let check = |code: Code, exit: u8| {
        let failure = Failure::from(Status::new(code, "m"));
        assert_eq!(failure.exit().code(), exit, "{code:?}");
        assert!(
            code == Code::Ok || !failure.hint.is_empty(),
            "{code:?} has a hint"
        );
    };
    check(Code::Ok, 0);
    check(Code::Cancelled, 1);
    check(Code::Unknown, 1);
    check(Code::Unimplemented, 1);
    check(Code::Internal, 1);
    check(Code::DataLoss, 1);
    check(Code::InvalidArgument, 2);
    check(Code::OutOfRange, 2);
    check(Code::DeadlineExceeded, 3);
    check(Code::ResourceExhausted, 3);
    check(Code::Unavailable, 3);
    check(Code::PermissionDenied, 4);
    check(Code::Unauthenticated, 4);
    check(Code::NotFound, 5);
    check(Code::AlreadyExists, 6);
    check(Code::FailedPrecondition, 6);
    check(Code::Aborted, 6);
}

#[test]
fn every_exit_code_is_documented() {
    let exits = [
        Exit::Ok,
        Exit::Failure,
        Exit::Usage,
        Exit::Unreachable,
        Exit::NotPermitted,
        Exit::NotFound,
        Exit::Conflict,
        Exit::Found,
        Exit::Interrupted,
    ];
    for exit in exits {
        let line = format!("\n  {:<5}", exit.code());
        assert!(EXIT_CODES.contains(&line), "{exit:?}");
    }
}

#[test]
fn a_refusal_shows_reason_fields_and_remedy() {
    let mut details = ErrorDetails::new();
    details.set_error_info("INVALID_FIELDS", "usher", std::collections::HashMap::new());
    details.add_bad_request_violation("personal.subject.name.family", "must not be empty");
    details.add_bad_request_violation("deadline", "must be given");
    let status = Status::with_error_details(Code::InvalidArgument, "2 fields are wrong", details);
    let text = Failure::from(status).render();
    assert_eq!(
        text,
        "error: 2 fields are wrong (INVALID_FIELDS)\n  personal.subject.name.family: must not be empty\n  \
         deadline: must be given\nhint: correct what is named and try again"
    );
}

#[test]
fn whoever_gave_flags_reads_flags_and_programs_read_json() {
    let mut details = ErrorDetails::new();
    details.set_error_info("INVALID_FIELDS", "usher", std::collections::HashMap::new());
    details.add_bad_request_violation("personal.subject.crn", "is wrong");
    details.add_bad_request_violation("personal.subject.pnc", "is wrong");
    let message = "personal.subject.crn: is wrong";
    let status = Status::with_error_details(Code::InvalidArgument, message, details);
    let flag = |field: &str| (field == "personal.subject.crn").then_some("--crn");
    let told = Failure::from(status).with_flags(flag).to_json();
    let wanted = json!({
        "reason": "INVALID_FIELDS",
        "message": "--crn (personal.subject.crn): is wrong (INVALID_FIELDS)",
        "details": ["personal.subject.pnc: is wrong"],
        "hint": "correct what is named and try again",
        "exit": 2,
    });
    assert_eq!(told, wanted);
}

#[test]
fn a_doubtful_certificate_is_told_in_plain_words() {
    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
    let why = rustls::CertificateError::NotValidForNameContext {
        expected: name.to_owned(),
        presented: vec!["DnsName(\"localhost\")".into()],
    };
    let text = ended_by(rustls::Error::InvalidCertificate(why)).render();
    assert!(
        text.contains("not trusted: it is not for the name or address") && !text.contains("Dns"),
        "{text}"
    );
}

#[test]
fn a_reason_has_a_remedy_of_its_own() {
    let mut details = ErrorDetails::new();
    details.set_error_info("LEASE_LOST", "usher", std::collections::HashMap::new());
    let status = Status::with_error_details(Code::FailedPrecondition, "the lease is lost", details);
    let failure = Failure::from(status);
    assert_eq!(failure.exit(), Exit::Conflict);
    assert!(
        failure.render().ends_with("lease the check again"),
        "{}",
        failure.render()
    );
}

/// Every hint that a failed call can give.
fn hints() -> Vec<String> {
    let by_code = (0..=16).map(|code| of_code(Code::from_i32(code)).1.to_owned());
    let reasons = (1..).map_while(|number| v1::ErrorReason::try_from(number).ok());
    let by_reason = reasons.filter_map(|reason| {
        let name = reason.as_str_name().strip_prefix("ERROR_REASON_")?;
        Some(hint_of(name)?.to_owned())
    });
    by_code.chain(by_reason).collect()
}

#[test]
fn hints_name_commands_and_flags_that_there_are() {
    fn flags(command: &clap::Command, found: &mut Vec<String>) {
        found.extend(
            command
                .get_arguments()
                .filter_map(|flag| Some(format!("--{}", flag.get_long()?))),
        );
        for inner in command.get_subcommands() {
            flags(inner, found);
        }
    }
    let whole = crate::cli::command();
    let mut known = Vec::new();
    flags(&whole, &mut known);
    let hints = hints();
    assert!(
        hints.len() > 25,
        "every reason has been asked: {}",
        hints.len()
    );
    for hint in hints {
        for word in hint.split(|letter: char| letter.is_whitespace() || ",;:".contains(letter)) {
            assert!(
                !word.starts_with("--") || known.iter().any(|flag| flag == word),
                "{word}: {hint}"
            );
        }
        for named in hint.split('`').skip(1).step_by(2) {
            let mut at = &whole;
            for word in named.split(' ').skip(1) {
                at = at
                    .find_subcommand(word)
                    .unwrap_or_else(|| panic!("{named}: {hint}"));
            }
        }
    }
}
