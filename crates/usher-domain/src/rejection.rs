//! Rejections: why a command was refused, with the facts. `src/rpc/status.rs` maps each to one wire status.

use crate::agreement::AgreementVersion;
use crate::code::CourtCode;
use crate::command::VerbName;
use crate::enquiry::UnroutableWhy;
use crate::id::CheckNumber;
use crate::time::Timestamp;

/// Why a command was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such thing, or the actor may not know of it: the two read the same.
    #[error("there is no such {what}, or it is not yours")]
    NotFound {
        /// `enquiry`, `check` or `alert`.
        what: &'static str,
    },
    /// The actor's role does not have the verb.
    #[error("your role does not allow this: {verb:?}")]
    NotPermitted {
        /// The verb.
        verb: VerbName,
    },
    /// The officer submitted for a court that is not theirs.
    #[error("court {court} is not among the courts of this certificate")]
    OtherCourt {
        /// The court.
        court: CourtCode,
    },
    /// The act needs a named person.
    #[error("name the person who does this: field person.name is empty")]
    PersonRequired,
    /// Whoever proposed to close the check closes it again.
    #[error(
        "whoever proposed to close this check cannot confirm it: another named person must close it too, with the same reason"
    )]
    SecondPersonRequired,
    /// The same request id came before with another body.
    #[error("request_id was used before with another body: use a new one")]
    RequestReused,
    /// The check is in a state that does not allow the verb.
    #[error(
        "the check is {state}: this is possible only while it is {wanted}{}",
        passed_on(state)
    )]
    WrongState {
        /// The check.
        check: CheckNumber,
        /// Its state.
        state: &'static str,
        /// What it would have to be.
        wanted: &'static str,
    },
    /// No live lease of the caller's was shown: none at all, one that ran out, or another's.
    #[error(
        "the check is under a lease that was not shown, or the lease is lost: show the live lease, or lease the check again"
    )]
    LeaseLost,
    /// Nothing is outstanding, so there is nothing to decide without or to withdraw.
    #[error("every check is answered, redirected or closed: nothing is outstanding any more")]
    NothingOutstanding,
    /// A curfew is proposed and a check is unanswered.
    #[error(
        "a curfew is proposed and a check is unanswered: withdraw the curfew proposal or seek an adjournment"
    )]
    CurfewBlocked,
    /// No curfew proposal stands.
    #[error("no curfew proposal stands")]
    NoCurfew,
    /// A newer version of the answer has come.
    #[error("version {newest} of the answer has come: read it and give its number")]
    NewerAnswer {
        /// Its number.
        newest: u8,
    },
    /// The deadline lies where it cannot be.
    #[error("the deadline {why}")]
    BadDeadline {
        /// What is wrong and what to do.
        why: &'static str,
    },
    /// A field is wrong in itself.
    #[error("{field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong and what to do.
        why: &'static str,
    },
    /// The alert has ended: the check moved on.
    #[error("the alert has ended: the check has moved on")]
    AlertEnded {
        /// When.
        at: Timestamp,
    },
    /// The agreement lets no program answer.
    #[error(
        "no program may answer this check, {}: name the person who answers in field person, or release it for people",
        agreed(agreement.as_ref())
    )]
    AutomaticAnswer {
        /// The agreement; none where none is in force.
        agreement: Option<AgreementVersion>,
    },
    /// No agreement lets the check be shared.
    #[error(
        "no agreement in force lets this check be shared with its responder: the operators of the broker decide what becomes of it"
    )]
    NotAgreed {
        /// Why not.
        why: UnroutableWhy,
    },
    /// The requirement is met or set aside already.
    #[error("the check is {state} already: nothing is needed any more")]
    RequirementEnded {
        /// Its state.
        state: &'static str,
    },
    /// The alert is addressed to others.
    #[error("the alert is addressed to others")]
    NotAddressed,
    /// A bound is reached.
    #[error("at most {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
}

fn agreed(agreement: Option<&AgreementVersion>) -> String {
    match agreement {
        Some(version) => format!("by agreement {version}"),
        None => "for want of an agreement".into(),
    }
}

/// What to do about a check that waits, or with what one knows about one that went to somebody else. Who that is, is not said: not
/// everybody who acts on the one may know of the other.
fn passed_on(state: &str) -> &'static str {
    match state {
        "redirected" => {
            "; whoever has it now answers, and what you know goes to the officer who asked"
        }
        "waiting" => "; accept or lease it first",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::Rejection;

    #[test]
    fn a_refusal_says_how_to_go_on() {
        let refused = |state| {
            let refused = Rejection::WrongState {
                check: 1,
                state,
                wanted: "leased",
            };
            refused.to_string()
        };
        assert!(refused("redirected").ends_with("goes to the officer who asked"));
        assert!(refused("closed").ends_with("while it is leased"));
        assert!(refused("waiting").ends_with("accept or lease it first"));
    }
}
