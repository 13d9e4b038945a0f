//! One check, as officers and as its responder see it.

use usher_domain::agreement::{Sharing, SharingDecision};
use usher_domain::enquiry::{
    Check, CheckState, Closing, Enquiry, Lease, Receipt, RouteReason, UnroutableWhy,
};
use usher_domain::id::{CheckId, CheckNumber, LeaseId};
use usher_domain::ladder::{Step, StepState};
use usher_domain::time::Timestamp;
use usher_proto::v1;

use super::answer::answer_view;
use super::candidate::candidate_view;
use super::codes::{Code as _, option_to_wire, to_wire};
use super::enquiry::{alert_id, check_id, curfew_state};
use super::personal::personal_view;
use super::show;
use crate::broker::minimise::Allowed;
use crate::broker::opened::{OpenEnquiry, ResponderCard, TextPlace};

/// A check as officers see it.
pub(super) fn check_view(open: &OpenEnquiry, check: &Check) -> v1::Check {
    let enquiry = &open.enquiry;
    let Check {
        number,
        kind,
        responder,
        authorities,
        reasons,
        sharing: _,
        opened_at,
        state: _,
        ladder,
        leases_lost,
        exchanges: _,
        sentenced_outstanding_at,
        closing,
        candidates: _,
    } = check;
    let card = open.responders.of(enquiry, check);
    let mut view = v1::Check {
        id: check_id(enquiry, *number),
        responder_id: responder
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        responder_name: card.name,
        duty_phone: card.duty_phone,
        emergency_phone: card.emergency_phone,
        authority_codes: show::authorities(authorities),
        reasons: reasons
            .iter()
            .map(|reason| reason_view(reason, |from| check_id(enquiry, from)))
            .collect(),
        create_time: Some(show::instant(*opened_at)),
        state: state_of(&check.state).into(),
        state_time: Some(show::instant(since(check))),
        steps: ladder
            .steps
            .iter()
            .map(|step| step_view(enquiry, check, step))
            .collect(),
        ladder_generation: ladder.generation.into(),
        leases_lost: *leases_lost,
        exchanges: exchanges_view(open, check),
        sentenced_outstanding_time: sentenced_outstanding_at.map(show::instant),
        sharing: sharing_view(open, check),
        responder_kind: kind.to_wire(),
        closing: closing
            .as_ref()
            .map(|closing| closing_view(open, *number, closing)),
        ..v1::Check::default()
    };
    add_facts(&mut view, open, check);
    view
}

/// What the agreement says of the check: as its record has it, and whether a program may answer today.
fn sharing_view(open: &OpenEnquiry, check: &Check) -> Option<v1::Sharing> {
    let Sharing {
        with,
        decision,
        agreement,
        overruled,
    } = check.sharing.as_ref()?;
    let ruling = open.agreements.ruling(with, open.enquiry.purpose, open.day);
    let (agreement_id, agreement_version) = agreement
        .as_ref()
        .map(|agreement| (agreement.id.to_string(), agreement.version.to_string()))
        .unwrap_or_default();
    let denied = *decision == SharingDecision::Deny;
    Some(v1::Sharing {
        decision: decision.to_wire(),
        agreement_id,
        agreement_version,
        automatic_answers: *decision == SharingDecision::Permit && ruling.automatic_answers(),
        responder_id: with.to_string(),
        overruled: *overruled,
        contacts: if denied {
            contacts_of(&open.responders.of(&open.enquiry, check))
        } else {
            Vec::new()
        },
    })
}

/// Whom the agreement of the responder concerned names.
pub(super) fn contacts_of(card: &ResponderCard) -> Vec<v1::Person> {
    card.contacts.iter().map(show::person).collect()
}

fn receipt_view(receipt: &Receipt) -> v1::Receipt {
    let Receipt { by, at, effects } = receipt;
    v1::Receipt {
        by: Some(show::by(by)),
        receive_time: Some(show::instant(*at)),
        would_have_changed: to_wire(effects),
    }
}

/// Adds what the check's state knows of itself.
fn add_facts(view: &mut v1::Check, open: &OpenEnquiry, check: &Check) {
    match &check.state {
        CheckState::Waiting {
            since: _,
            for_people,
        } => view.for_people = option_to_wire(*for_people),
        CheckState::Leased { lease } => view.lease = Some(lease_view(lease)),
        CheckState::Accepted {
            at: _,
            by,
            expected_by,
        } => {
            view.state_by = Some(show::by(by));
            view.expected_by_time = expected_by.map(show::instant);
        }
        CheckState::Asked { at: _, by } => view.state_by = Some(show::by(by)),
        CheckState::Unroutable { why, since: _ } => view.unroutable_reasons = to_wire(why),
        CheckState::Answered {
            answers: _,
            received,
        } => {
            view.answers = answers_view(open, check);
            view.receipt = received.as_ref().map(receipt_view);
        }
        CheckState::Redirected { to, at: _, by } => {
            view.successor_check_id = check_id(&open.enquiry, *to);
            view.state_by = Some(show::by(by));
        }
        CheckState::Closed {
            by,
            reason,
            note: _,
            at: _,
        } => {
            view.state_by = Some(show::by(by));
            view.close_reason = reason.to_wire();
            view.close_note = open
                .text(TextPlace::CloseNote {
                    check: check.number,
                })
                .into();
        }
    }
}

fn closing_view(open: &OpenEnquiry, check: CheckNumber, closing: &Closing) -> v1::CloseProposal {
    let Closing {
        by,
        reason,
        note: _,
        at,
    } = closing;
    v1::CloseProposal {
        by: Some(show::by(by)),
        reason: reason.to_wire(),
        note: open.text(TextPlace::ProposalNote { check }).into(),
        propose_time: Some(show::instant(*at)),
    }
}

/// Since when the check stands where it does.
fn since(check: &Check) -> Timestamp {
    match &check.state {
        CheckState::Waiting { since, .. } | CheckState::Unroutable { since, .. } => *since,
        CheckState::Leased { lease } => lease.since,
        CheckState::Accepted { at, .. }
        | CheckState::Asked { at, .. }
        | CheckState::Redirected { at, .. }
        | CheckState::Closed { at, .. } => *at,
        CheckState::Answered { answers, .. } => {
            answers.last().map_or(check.opened_at, |answer| answer.at)
        }
    }
}

/// Where a check stands, without the facts.
pub(super) const fn state_of(state: &CheckState) -> v1::CheckState {
    match state {
        CheckState::Waiting { .. } => v1::CheckState::Waiting,
        CheckState::Leased { .. } => v1::CheckState::Leased,
        CheckState::Accepted { .. } => v1::CheckState::Accepted,
        CheckState::Asked { .. } => v1::CheckState::Asked,
        CheckState::Unroutable { .. } => v1::CheckState::Unroutable,
        CheckState::Answered { .. } => v1::CheckState::Answered,
        CheckState::Redirected { .. } => v1::CheckState::Redirected,
        CheckState::Closed { .. } => v1::CheckState::Closed,
    }
}

/// Why a check goes where it goes; `from` writes the check that was redirected, or hides it.
pub(super) fn reason_view(
    reason: &RouteReason,
    from: impl Fn(CheckNumber) -> String,
) -> v1::RouteReason {
    let mut view = v1::RouteReason::default();
    let kind = match reason {
        RouteReason::Address {
            index,
            role,
            terminated,
            why,
        } => {
            view.address_index = (*index).into();
            view.address_role = role.to_wire();
            view.terminated = *terminated;
            view.unroutable_reason = option_to_wire(*why);
            v1::RouteReasonKind::Address
        }
        RouteReason::Named => v1::RouteReasonKind::Named,
        RouteReason::Unserved { authority } => {
            view.authority_code = authority.to_string();
            view.unroutable_reason = UnroutableWhy::NoResponder.to_wire();
            v1::RouteReasonKind::Named
        }
        RouteReason::Redirected { from: number } => {
            view.from_check_id = from(*number);
            v1::RouteReasonKind::Redirected
        }
        RouteReason::Operator => v1::RouteReasonKind::Operator,
    };
    view.kind = kind.into();
    view
}

fn lease_view(lease: &Lease) -> v1::Lease {
    // The id stays with its holder: it is what proves the loan.
    let Lease {
        id: _,
        client,
        since,
        expires,
    } = lease;
    v1::Lease {
        client_id: client.to_string(),
        create_time: Some(show::instant(*since)),
        expire_time: Some(show::instant(*expires)),
    }
}

fn answers_view(open: &OpenEnquiry, check: &Check) -> Vec<v1::Answer> {
    let CheckState::Answered { answers, .. } = &check.state else {
        return Vec::new();
    };
    (1..)
        .zip(answers)
        .map(|(version, answer)| {
            answer_view(version, answer, open.answers.get(&(check.number, version)))
        })
        .collect()
}

fn exchanges_view(open: &OpenEnquiry, check: &Check) -> Vec<v1::Exchange> {
    let check_number = check.number;
    check
        .exchanges
        .iter()
        .enumerate()
        .map(|(exchange, entry)| v1::Exchange {
            question: open
                .text(TextPlace::Question {
                    check: check_number,
                    exchange,
                })
                .into(),
            asked_by: Some(show::by(&entry.asked_by)),
            ask_time: Some(show::instant(entry.asked_at)),
            reply: open
                .text(TextPlace::Reply {
                    check: check_number,
                    exchange,
                })
                .into(),
            replied_by: entry.reply.as_ref().map(|reply| show::by(&reply.by)),
            reply_time: entry.reply.as_ref().map(|reply| show::instant(reply.at)),
        })
        .collect()
}

/// When the check ended for good: the clock raises none of its steps any more.
fn ended_at(check: &Check) -> Option<Timestamp> {
    match &check.state {
        CheckState::Answered { received, .. } => received.as_ref().map(|receipt| receipt.at),
        CheckState::Redirected { at, .. } | CheckState::Closed { at, .. } => Some(*at),
        CheckState::Waiting { .. }
        | CheckState::Leased { .. }
        | CheckState::Accepted { .. }
        | CheckState::Asked { .. }
        | CheckState::Unroutable { .. } => None,
    }
}

fn step_view(enquiry: &Enquiry, check: &Check, step: &Step) -> v1::Step {
    let Step {
        name,
        kind,
        due,
        audience,
        unless,
        state,
    } = step;
    let (state, at, alert) = match state {
        StepState::Pending => match ended_at(check) {
            Some(at) => (v1::StepState::Moot, Some(at), None),
            None => (v1::StepState::Pending, None, None),
        },
        StepState::Raised { at, alert } => (v1::StepState::Raised, Some(*at), Some(*alert)),
        StepState::Moot { at } => (v1::StepState::Moot, Some(*at), None),
    };
    v1::Step {
        name: name.to_string(),
        kind: kind.to_wire(),
        due_time: Some(show::instant(*due)),
        audiences: to_wire(audience),
        unless: unless.to_wire(),
        state: state.into(),
        state_time: at.map(show::instant),
        alert_id: alert
            .map(|number| alert_id(enquiry, number))
            .unwrap_or_default(),
    }
}

/// One check as its responder sees it: its own part, as far as its agreement allows, and nothing of the others. `None` when there is no such check or it
/// has no responder.
pub fn assigned_check(open: &OpenEnquiry, number: CheckNumber) -> Option<v1::AssignedCheck> {
    let enquiry = &open.enquiry;
    let check = enquiry.check(number)?;
    let allowed = Allowed::of(open, check);
    let mut view = v1::AssignedCheck {
        id: check_id(enquiry, number),
        reference: enquiry.id.reference().to_string(),
        revision: open.revision.to_string(),
        responder_id: check.responder.as_ref()?.to_string(),
        authority_codes: show::authorities(&check.authorities),
        // Which check was redirected here would tell of another responder's.
        reasons: allowed
            .reasons(check)
            .map(|reason| reason_view(reason, |_| String::new()))
            .collect(),
        state: state_of(&check.state).into(),
        state_time: Some(show::instant(since(check))),
        exchanges: if allowed.is_nothing() {
            Vec::new()
        } else {
            exchanges_view(open, check)
        },
        answers: answers_view(open, check),
        create_time: Some(show::instant(check.opened_at)),
        deadline: Some(show::deadline(&enquiry.deadline)),
        requester: Some(show::requester(&enquiry.requester)),
        purpose: enquiry.purpose.to_wire(),
        report: option_to_wire(enquiry.report),
        in_custody: allowed.in_custody(enquiry),
        curfew: curfew_state(&enquiry.curfew).into(),
        imminent_harm: enquiry.imminent_harm,
        concerns: to_wire(&allowed.concerns(enquiry)),
        personal: open
            .personal
            .as_ref()
            .and_then(|personal| allowed.personal(personal))
            .as_ref()
            .map(personal_view),
        sentenced_outstanding_time: check.sentenced_outstanding_at.map(show::instant),
        sharing: sharing_view(open, check),
        candidates: open.candidates.iter().map(candidate_view).collect(),
        ..v1::AssignedCheck::default()
    };
    match &check.state {
        CheckState::Waiting { for_people, .. } => view.for_people = option_to_wire(*for_people),
        CheckState::Leased { lease } => view.lease = Some(lease_view(lease)),
        CheckState::Accepted {
            by, expected_by, ..
        } => {
            view.accepted_by = Some(show::by(by));
            view.expected_by_time = expected_by.map(show::instant);
        }
        CheckState::Asked { .. }
        | CheckState::Unroutable { .. }
        | CheckState::Answered { .. }
        | CheckState::Redirected { .. }
        | CheckState::Closed { .. } => {}
    }
    Some(view)
}

/// A check lent to the caller; `None` when the check is not leased under `lease`.
pub fn leased_check(open: &OpenEnquiry, check: CheckId, lease: LeaseId) -> Option<v1::LeasedCheck> {
    let expires = match &open.enquiry.check(check.number)?.state {
        CheckState::Leased { lease: held } if held.id == lease => held.expires,
        _ => return None,
    };
    Some(v1::LeasedCheck {
        check: Some(assigned_check(open, check.number)?),
        lease_id: lease.to_string(),
        expire_time: Some(show::instant(expires)),
    })
}
