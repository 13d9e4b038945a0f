//! A proposal to close a check: who made it, and how another person confirms it.

use super::show::by;
use crate::cli::moment::civil;
use crate::cli::output::clean;
use crate::cli::words::word;
use usher_proto::v1;

/// Who proposed to close the check of enquiry `reference`, and, where nobody has confirmed it, how another person does.
pub(super) fn proposed(reference: &str, check: &v1::Check) -> String {
    let Some(proposal) = &check.closing else {
        return String::new();
    };
    let said = format!(
        "Check {}: closing proposed by {}, {}: {} ({})\n",
        clean(number(check)),
        by(proposal.by.as_ref()),
        civil(proposal.propose_time.as_ref()),
        word::<v1::CloseReason>(proposal.reason),
        clean(&proposal.note)
    );
    match to_confirm(reference, check) {
        Some(how) => format!("{said}         {how}\n"),
        None => said,
    }
}

/// What another person must do before the check of enquiry `reference` is closed; none where nothing is proposed, or it is confirmed.
pub(in crate::cli) fn to_confirm(reference: &str, check: &v1::Check) -> Option<String> {
    let proposal = check.closing.as_ref()?;
    // Words have no blanks of their own.
    let reason = word::<v1::CloseReason>(proposal.reason).replace(' ', "-");
    (check.state() != v1::CheckState::Closed).then(|| {
        format!(
            "a second person must close it too, with: usher check close {}/{} --reason {reason}",
            clean(reference),
            clean(number(check)),
        )
    })
}

fn number(check: &v1::Check) -> &str {
    check.id.rsplit_once('/').map_or("", |(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_says_who_and_how_another_confirms_it() {
        let person = v1::Person {
            name: "Olive\u{1b}[2J".into(),
            ..v1::Person::default()
        };
        let mut check = v1::Check {
            id: "018f/2".into(),
            state: v1::CheckState::Waiting.into(),
            ..v1::Check::default()
        };
        assert_eq!(proposed("7K3M-9QXA-A", &check), "");
        check.closing = Some(v1::CloseProposal {
            by: Some(v1::By {
                person: Some(person),
                ..v1::By::default()
            }),
            reason: v1::CloseReason::AnsweredElsewhere.into(),
            note: "By post".into(),
            propose_time: None,
        });
        assert_eq!(
            proposed("7K3M-9QXA-A", &check),
            "Check 2: closing proposed by Olive\u{fffd}[2J, -: answered elsewhere (By post)\n         \
             a second person must close it too, with: usher check close 7K3M-9QXA-A/2 --reason answered-elsewhere\n"
        );
        check.state = v1::CheckState::Closed.into();
        let closed = proposed("7K3M-9QXA-A", &check);
        assert!(closed.ends_with("(By post)\n"), "{closed}");
    }
}
