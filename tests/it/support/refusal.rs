//! What is expected of a refusal: its code, its reason, the fields that it names.

use std::collections::BTreeMap;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Fails unless `outcome` is a refusal with this code and reason. Every refusal carries an `ErrorInfo` of domain `usher`.
#[track_caller]
pub(crate) fn check_refused<T>(outcome: Result<T, Status>, code: Code, reason: &str) -> Status {
    let Err(status) = outcome else {
        panic!("{reason} was expected, and the call went through");
    };
    let info = status.get_details_error_info();
    let (found, domain) = info.map_or_else(Default::default, |info| (info.reason, info.domain));
    assert_eq!(
        (status.code(), found.as_str(), domain.as_str()),
        (code, reason, "usher"),
        "{}",
        status.message()
    );
    assert!(!status.message().is_empty(), "a refusal says what to do");
    status
}

/// Fails unless the refusal lists exactly these fields, each with a sentence.
#[track_caller]
pub(crate) fn check_fields<T>(outcome: Result<T, Status>, fields: &[&str]) {
    let status = check_refused(outcome, Code::InvalidArgument, "INVALID_FIELDS");
    let listed = status.get_details_bad_request().unwrap().field_violations;
    assert!(
        listed
            .iter()
            .all(|violation| !violation.description.is_empty())
    );
    let found: Vec<&str> = listed
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(found, fields);
}

/// Fails unless what is not yours reads, to the last byte, as what is not there.
#[track_caller]
pub(crate) fn same_as_nothing<T, U>(theirs: Result<T, Status>, nothing: Result<U, Status>) {
    let theirs = check_refused(theirs, Code::NotFound, "NOT_FOUND");
    let nothing = check_refused(nothing, Code::NotFound, "NOT_FOUND");
    assert_eq!(theirs.message(), nothing.message());
    let metadata = |status: &Status| -> BTreeMap<String, String> {
        let info = status.get_details_error_info().unwrap();
        info.metadata.into_iter().collect()
    };
    assert_eq!(metadata(&theirs), metadata(&nothing));
    assert_eq!(theirs.details().len(), nothing.details().len());
}
