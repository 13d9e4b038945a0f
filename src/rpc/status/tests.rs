use super::*;
use usher_domain::code::{AgreementId, CourtCode};
use usher_domain::command::VerbName;
use usher_domain::enquiry::UnroutableWhy;
use usher_domain::time::Timestamp;

/// The place of a rejection in the table; a new variant breaks the build here.
fn place(rejection: &Rejection) -> usize {
    match rejection {
        Rejection::NotFound { .. } => 0,
        Rejection::NotPermitted { .. } => 1,
        Rejection::OtherCourt { .. } => 2,
        Rejection::PersonRequired => 3,
        Rejection::RequestReused => 4,
        Rejection::WrongState { .. } => 5,
        Rejection::LeaseLost => 6,
        Rejection::NothingOutstanding => 7,
        Rejection::CurfewBlocked => 8,
        Rejection::NoCurfew => 9,
        Rejection::NewerAnswer { .. } => 10,
        Rejection::BadDeadline { .. } => 11,
        Rejection::Invalid { .. } => 12,
        Rejection::AlertEnded { .. } => 13,
        Rejection::NotAddressed => 14,
        Rejection::TooMany { .. } => 15,
        Rejection::AutomaticAnswer { .. } => 16,
        Rejection::NotAgreed { .. } => 17,
        Rejection::RequirementEnded { .. } => 18,
        Rejection::SecondPersonRequired => 19,
    }
}

/// A rejection, its status code, its reason, and its metadata in the order of the keys.
type Expected = (Rejection, Code, &'static str, &'static str);

fn table() -> Vec<Expected> {
    let mut rows = refused();
    rows.extend(impossible_now());
    rows.sort_by_key(|(rejection, ..)| place(rejection));
    rows
}

/// What stays refused however often it is tried.
fn refused() -> Vec<Expected> {
    use Code::{AlreadyExists, InvalidArgument, NotFound, PermissionDenied};
    use Rejection as R;
    let court = CourtCode::parse("B01IX").unwrap();
    let verb = VerbName::MoveHearing;
    let agreement = Some(AgreementVersion {
        id: AgreementId::parse("pan-london").unwrap(),
        version: "2.1".into(),
    });
    let (what, field, why) = ("check", "office", "is too long");
    vec![
        (R::NotFound { what }, NotFound, "NOT_FOUND", "what=check"),
        (
            R::NotPermitted { verb },
            PermissionDenied,
            "NOT_PERMITTED",
            "verb=move_hearing",
        ),
        (
            R::OtherCourt { court },
            PermissionDenied,
            "OTHER_COURT",
            "court=B01IX",
        ),
        (R::PersonRequired, InvalidArgument, "PERSON_REQUIRED", ""),
        (R::RequestReused, AlreadyExists, "REQUEST_REUSED", ""),
        (R::BadDeadline { why }, InvalidArgument, "BAD_DEADLINE", ""),
        (
            R::Invalid { field, why },
            InvalidArgument,
            "INVALID_FIELDS",
            "",
        ),
        (R::NotAddressed, PermissionDenied, "NOT_ADDRESSED", ""),
        (
            R::AutomaticAnswer { agreement },
            PermissionDenied,
            "AUTOMATIC_ANSWER",
            "agreement=pan-london version=2.1",
        ),
        (
            R::NotAgreed {
                why: UnroutableWhy::AgreementEnded,
            },
            PermissionDenied,
            "NOT_AGREED",
            "why=agreement_ended",
        ),
    ]
}

/// What the record does not allow as it stands.
fn impossible_now() -> Vec<Expected> {
    use Rejection as R;
    let closed = R::WrongState {
        check: 2,
        state: "closed",
        wanted: "leased",
    };
    let at = Timestamp::from_second(1_795_442_400).unwrap();
    let questions = R::TooMany {
        what: "questions",
        max: 16,
    };
    let rows = [
        (closed, "WRONG_STATE", "check=2 state=closed wanted=leased"),
        (R::LeaseLost, "LEASE_LOST", ""),
        (R::NothingOutstanding, "NOTHING_OUTSTANDING", ""),
        (R::CurfewBlocked, "CURFEW_BLOCKED", ""),
        (R::NoCurfew, "NO_CURFEW", ""),
        (R::SecondPersonRequired, "SECOND_PERSON_REQUIRED", ""),
        (R::NewerAnswer { newest: 3 }, "NEWER_ANSWER", "newest=3"),
        (
            R::AlertEnded { at },
            "ALERT_ENDED",
            "ended=2026-11-23T14:00:00Z",
        ),
        (
            R::RequirementEnded { state: "met" },
            "REQUIREMENT_ENDED",
            "state=met",
        ),
        (questions, "TOO_MANY", "max=16 what=questions"),
    ];
    rows.map(|(rejection, reason, metadata)| {
        (rejection, Code::FailedPrecondition, reason, metadata)
    })
    .to_vec()
}

#[test]
fn every_rejection_has_its_row() {
    for (expected, (given, code, reason, metadata)) in table().into_iter().enumerate() {
        assert_eq!(place(&given), expected, "{given:?}");
        let status = rejection(&given);
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (status.code(), info.reason.as_str()),
            (code, reason),
            "{given:?}"
        );
        assert_eq!(info.domain, "usher");
        let mut pairs: Vec<String> = info
            .metadata
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        pairs.sort_unstable();
        assert_eq!(pairs.join(" "), metadata, "{given:?}");
        assert_eq!(status.message(), given.to_string());
        assert_eq!(
            details.bad_request().is_some(),
            code == Code::InvalidArgument,
            "{given:?}"
        );
        assert_eq!(
            details.precondition_failure().is_some(),
            code == Code::FailedPrecondition,
            "{given:?}"
        );
    }
    assert_eq!(table().len(), 20);
}

#[test]
fn store_errors_say_when_to_try_again() {
    let cause = || Box::<dyn std::error::Error + Send + Sync>::from("secret cause");
    let id = usher_domain::id::RecordId::from_uuid(Uuid::from_u128(1));
    let rows = [
        (StoreError::Conflict { id }, Code::Aborted, "CONFLICT", true),
        (
            StoreError::Unavailable {
                doing: "committing",
                source: cause(),
            },
            Code::Unavailable,
            "STORE_UNAVAILABLE",
            true,
        ),
        (
            StoreError::Corrupt {
                what: "the record",
                id: Some(id),
                source: cause(),
            },
            Code::DataLoss,
            "RECORD_UNREADABLE",
            false,
        ),
        (
            StoreError::TooLarge {
                what: "record",
                max: 9,
            },
            Code::InvalidArgument,
            "TOO_LARGE",
            false,
        ),
    ];
    for (error, code, reason, retry) in rows {
        let status = store(&error);
        let details = status.get_error_details();
        assert_eq!(status.code(), code, "{reason}");
        assert_eq!(details.error_info().unwrap().reason, reason);
        assert_eq!(details.retry_info().is_some(), retry, "{reason}");
        assert!(!format!("{status:?}").contains("secret cause"), "{reason}");
    }
}

#[test]
fn wrong_fields_are_all_listed_up_to_what_a_header_can_hold() {
    let violation = |n: usize| Violation {
        field: format!("field[{n}]"),
        why: "is required".into(),
    };
    for (given, listed) in [(1, 1), (3, 3), (500, VIOLATIONS_MAX)] {
        let status = unreadable(Unreadable::Fields((0..given).map(violation).collect()));
        let details = status.get_error_details();
        let found = &details.bad_request().unwrap().field_violations;
        assert_eq!(found.len(), listed);
        assert_eq!(found[0].field, "field[0]");
        let info = details.error_info().unwrap();
        assert_eq!(info.metadata["fields"], given.to_string());
        assert!(
            status.details().len() < 12_000,
            "{}",
            status.details().len()
        );
    }
}

#[test]
fn the_edge_refuses_with_a_reason() {
    let rows = [
        (
            unreadable(Unreadable::PageToken),
            Code::InvalidArgument,
            "BAD_PAGE_TOKEN",
        ),
        (
            unreadable(Unreadable::Cursor),
            Code::InvalidArgument,
            "BAD_CURSOR",
        ),
        (wrong_role("list"), Code::PermissionDenied, "NOT_PERMITTED"),
        (busy("watches"), Code::ResourceExhausted, "BUSY"),
        (draining(), Code::Unavailable, "DRAINING"),
        (no_identity(), Code::Unauthenticated, "NO_IDENTITY"),
        (internal(Uuid::from_u128(1)), Code::Internal, "INTERNAL"),
    ];
    for (status, code, reason) in rows {
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((status.code(), info.reason.as_str()), (code, reason));
        assert_eq!(info.domain, DOMAIN);
        let waits = matches!(code, Code::Unavailable | Code::ResourceExhausted);
        assert_eq!(details.retry_info().is_some(), waits, "{reason}");
        assert_eq!(
            status.metadata().contains_key(PUSHBACK),
            code == Code::ResourceExhausted
        );
    }
}

#[test]
fn reasons_are_what_clients_may_rely_on() {
    for number in 1.. {
        let Ok(reason) = ErrorReason::try_from(number) else {
            assert_eq!(number, 33, "a reason was taken away or left without a test");
            break;
        };
        let name = name(reason);
        assert!(name.len() <= 63 && !name.contains("ERROR"), "{name}");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
            "{name}"
        );
    }
}

#[test]
fn what_the_library_below_refuses_has_a_reason_too() {
    let rows = [
        (
            Status::internal("failed to decode"),
            Code::InvalidArgument,
            "MALFORMED",
        ),
        (
            Status::out_of_range("too long"),
            Code::InvalidArgument,
            "TOO_LARGE",
        ),
        (
            Status::unimplemented(""),
            Code::Unimplemented,
            "UNSUPPORTED",
        ),
        (Status::not_found("no service"), Code::NotFound, "NOT_FOUND"),
        (Status::unknown("secret cause"), Code::Internal, "INTERNAL"),
    ];
    for (given, code, reason) in rows {
        let status = bare(&given);
        let info = status.get_details_error_info().unwrap();
        assert_eq!((status.code(), info.reason.as_str()), (code, reason));
        assert_eq!(info.domain, DOMAIN);
        assert!(!format!("{status:?}").contains("secret cause"), "{reason}");
    }
}
