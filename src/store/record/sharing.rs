//! What was decided about sharing a check.

use super::RecordError;
use super::code::Code as _;
use super::field::{read_code, read_responder_if};
use usher_domain::agreement::{AgreementVersion, Sharing};
use usher_domain::code::{AgreementId, ResponderId};
use usher_proto::storage_v1 as kept;

/// Keeps what was decided of a check that `responder` has; its name is not kept twice.
pub(super) fn keep_sharing(sharing: &Sharing, responder: Option<&ResponderId>) -> kept::Sharing {
    let Sharing {
        with,
        decision,
        agreement,
        overruled,
    } = sharing;
    let own = responder == Some(with);
    let (agreement, version) = agreement
        .as_ref()
        .map(|AgreementVersion { id, version }| (id.to_string(), version.to_string()))
        .unwrap_or_default();
    kept::Sharing {
        with: if own { String::new() } else { with.to_string() },
        decision: decision.number(),
        agreement,
        version,
        overruled: *overruled,
    }
}

/// Reads it back.
pub(super) fn read_sharing(
    sharing: kept::Sharing,
    responder: Option<&ResponderId>,
) -> Result<Sharing, RecordError> {
    let kept::Sharing {
        with,
        decision,
        agreement,
        version,
        overruled,
    } = sharing;
    let field = |field| RecordError::Field { field };
    let other = read_responder_if(&with, "sharing.with")?;
    let agreement = match agreement.as_str() {
        "" if version.is_empty() => None,
        id => Some(AgreementVersion {
            id: AgreementId::parse(id).map_err(|_| field("sharing.agreement"))?,
            version: version.into(),
        }),
    };
    Ok(Sharing {
        with: other
            .or_else(|| responder.cloned())
            .ok_or_else(|| field("sharing.with"))?,
        decision: read_code(decision, "sharing.decision")?,
        agreement,
        overruled,
    })
}
