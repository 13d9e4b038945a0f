//! Enquiries and alerts as callers see them.

use usher_domain::alert::{Alert, AlertState, Cause, Trouble};
use usher_domain::enquiry::{
    Combined, CourtDecision, CourtDecisionKind, Curfew, Enquiry, Sentence,
};
use usher_domain::event::DecisionName;
use usher_domain::id::{AlertId, AlertNumber, CheckNumber, RecordId};
use usher_domain::ladder::Audience;
use usher_domain::personal::Personal;
use usher_proto::v1;

use super::case::needed_view;
use super::check::{check_view, contacts_of, state_of};
use super::codes::{Code as _, option_to_wire, to_wire};
use super::personal::{name_view, personal_view};
use super::show;
use crate::broker::input::AlertStanding;
use crate::broker::opened::{OpenEnquiry, ResponderCards, TextPlace};
use crate::broker::{AlertEntry, FaultKind, RecordFault};
use crate::store::Revision;

/// An enquiry as its officers see it: everything that is open.
pub fn enquiry_view(open: &OpenEnquiry) -> v1::Enquiry {
    let enquiry = &open.enquiry;
    let Enquiry {
        id,
        requester,
        case,
        holder,
        purpose,
        report,
        in_custody,
        curfew,
        imminent_harm,
        concerns,
        deadline,
        moves,
        submitted_at,
        personal: _,
        checks,
        alerts,
        decisions,
        sentence,
        applied: _,
    } = enquiry;
    v1::Enquiry {
        id: id.to_string(),
        reference: id.reference().to_string(),
        revision: open.revision.to_string(),
        requester: Some(show::requester(requester)),
        purpose: purpose.to_wire(),
        report: option_to_wire(*report),
        in_custody: *in_custody,
        curfew: Some(curfew_view(curfew)),
        imminent_harm: *imminent_harm,
        concerns: to_wire(concerns),
        deadline: Some(show::deadline(deadline)),
        moves: moves
            .iter()
            .enumerate()
            .map(|(moved, entry)| v1::HearingMove {
                from: Some(show::deadline(&entry.from)),
                by: Some(show::by(&entry.by)),
                reason: open.text(TextPlace::MoveReason { moved }).into(),
                move_time: Some(show::instant(entry.at)),
            })
            .collect(),
        create_time: Some(show::instant(*submitted_at)),
        personal: open.personal.as_ref().map(personal_view),
        checks: checks.iter().map(|check| check_view(open, check)).collect(),
        alerts: alerts
            .iter()
            .map(|alert| v1::Alert {
                acknowledgement_note: open
                    .text(TextPlace::AcknowledgeNote {
                        alert: alert.number,
                    })
                    .into(),
                ..alert_view(enquiry, alert, &open.responders)
            })
            .collect(),
        decisions: decisions
            .iter()
            .enumerate()
            .map(|(place, decision)| decision_view(open, place, decision))
            .collect(),
        counts: Some(counts_view(enquiry.combined())),
        open: enquiry.is_open(),
        case_id: case.map(|case| case.to_string()).unwrap_or_default(),
        holder: holder.as_ref().map(show::holder),
        sentence: sentence.as_deref().map(|one| sentence_view(enquiry, one)),
    }
}

fn sentence_view(enquiry: &Enquiry, sentence: &Sentence) -> v1::Sentence {
    let Sentence {
        outcome,
        date,
        outstanding,
        by,
        at,
    } = sentence;
    v1::Sentence {
        outcome: outcome.to_wire(),
        sentence_date: date.to_string(),
        outstanding_check_ids: outstanding
            .iter()
            .map(|number| check_id(enquiry, *number))
            .collect(),
        by: Some(show::by(by)),
        record_time: Some(show::instant(*at)),
    }
}

/// One line of a list; with the defendant's name where the caller may know it.
pub fn summary_view(
    enquiry: &Enquiry,
    revision: Revision,
    personal: Option<&Personal>,
) -> v1::EnquirySummary {
    let alerts = |wanted: fn(&Alert) -> bool| {
        show::count(enquiry.alerts.iter().filter(|alert| wanted(alert)).count())
    };
    v1::EnquirySummary {
        id: enquiry.id.to_string(),
        reference: enquiry.id.reference().to_string(),
        revision: revision.to_string(),
        subject: personal.map(|personal| name_view(&personal.subject.name)),
        officer: Some(show::person(&enquiry.requester.person)),
        purpose: enquiry.purpose.to_wire(),
        report: option_to_wire(enquiry.report),
        deadline: Some(show::deadline(&enquiry.deadline)),
        create_time: Some(show::instant(enquiry.submitted_at)),
        counts: Some(counts_view(enquiry.combined())),
        open: enquiry.is_open(),
        open_alerts: alerts(Alert::is_open),
        live_alerts: alerts(Alert::is_live),
    }
}

fn counts_view(counts: Combined) -> v1::StatusCounts {
    let Combined {
        outstanding,
        asked,
        unroutable,
        answered,
        unread,
        redirected,
        closed,
    } = counts;
    v1::StatusCounts {
        outstanding: outstanding.into(),
        asked: asked.into(),
        unroutable: unroutable.into(),
        answered: answered.into(),
        unread: unread.into(),
        redirected: redirected.into(),
        closed: closed.into(),
    }
}

fn curfew_view(curfew: &Curfew) -> v1::Curfew {
    let (withdrawn_by, withdraw_time) = match curfew {
        Curfew::NotProposed | Curfew::Proposed => (None, None),
        Curfew::Withdrawn { by, at } => (Some(show::by(by)), Some(show::instant(*at))),
    };
    v1::Curfew {
        state: curfew_state(curfew).into(),
        withdrawn_by,
        withdraw_time,
    }
}

/// Whether a curfew proposal stands.
pub(super) const fn curfew_state(curfew: &Curfew) -> v1::CurfewState {
    match curfew {
        Curfew::NotProposed => v1::CurfewState::NotProposed,
        Curfew::Proposed => v1::CurfewState::Proposed,
        Curfew::Withdrawn { .. } => v1::CurfewState::Withdrawn,
    }
}

fn decision_view(open: &OpenEnquiry, place: usize, decision: &CourtDecision) -> v1::Decision {
    let CourtDecision {
        kind,
        outstanding,
        by,
        note: _,
        at,
    } = decision;
    let (name, authorised_by) = match kind {
        CourtDecisionKind::SeekAdjournment => (DecisionName::SeekAdjournment, None),
        CourtDecisionKind::ProceedWithout { authorised_by } => {
            (DecisionName::ProceedWithout, Some(authorised_by))
        }
        CourtDecisionKind::WithdrawCurfew => (DecisionName::WithdrawCurfew, None),
    };
    v1::Decision {
        kind: name.to_wire(),
        authorised_by: authorised_by.map(show::person),
        outstanding_check_ids: outstanding
            .iter()
            .map(|number| check_id(&open.enquiry, *number))
            .collect(),
        by: Some(show::by(by)),
        note: open
            .text(TextPlace::DecisionNote { decision: place })
            .into(),
        decide_time: Some(show::instant(*at)),
    }
}

/// The full id of one of the enquiry's checks, as text.
pub(super) fn check_id(enquiry: &Enquiry, number: CheckNumber) -> String {
    enquiry.check_id(number).to_string()
}

/// The full id of one of the enquiry's alerts, as text.
pub(super) fn alert_id(enquiry: &Enquiry, number: AlertNumber) -> String {
    let record = enquiry.id.into();
    AlertId { record, number }.to_string()
}

/// One of a list of alerts.
pub fn alert_entry_view(entry: &AlertEntry, responders: &ResponderCards) -> v1::Alert {
    match entry {
        AlertEntry::Raised { alert, stored } => alert_view(&stored.record, alert, responders),
        AlertEntry::Needed { alert, stored } => needed_view(&stored.record, alert),
        AlertEntry::Damaged(fault) => damaged_view(fault),
    }
}

/// A record that the broker cannot go on with, or a broker whose clock is off: nothing but its id is known.
fn damaged_view(fault: &RecordFault) -> v1::Alert {
    let since = Some(show::instant(fault.since));
    v1::Alert {
        id: format!("{}/0", fault.record),
        reference: match fault.kind {
            FaultKind::BrokerClock => String::new(),
            _ => fault.record.reference().to_string(),
        },
        cause: fault.kind.name().into(),
        audiences: to_wire(&[Audience::Operator]),
        due_time: since,
        raise_time: since,
        state: AlertStanding::Open.to_wire(),
        state_time: since,
        ..v1::Alert::default()
    }
}

/// What every alert says, whatever it is about.
pub(super) fn plain_alert_view(record: RecordId, alert: &Alert) -> v1::Alert {
    let Alert {
        number,
        check: _,
        cause,
        audience,
        due_at,
        raised_at,
        state,
    } = alert;
    let (trouble, generation) = match cause {
        Cause::Step { generation, .. } => (None, *generation),
        Cause::Trouble(trouble) => (Some(*trouble), 0),
    };
    let (since, looked_after) = match state {
        AlertState::Open { since } => (*since, None),
        AlertState::Acknowledged {
            by,
            at,
            expires,
            note: _,
        } => (*at, Some((by, *expires))),
        AlertState::Resolved { at } => (*at, None),
    };
    let number = *number;
    v1::Alert {
        id: AlertId { record, number }.to_string(),
        reference: record.reference().to_string(),
        cause: cause.name().into(),
        trouble: option_to_wire(trouble),
        ladder_generation: generation.into(),
        audiences: to_wire(audience),
        due_time: Some(show::instant(*due_at)),
        raise_time: Some(show::instant(*raised_at)),
        state: AlertStanding::from(state).to_wire(),
        state_time: Some(show::instant(since)),
        acknowledged_by: looked_after.map(|(by, _)| show::by(by)),
        acknowledgement_expire_time: looked_after.map(|(_, expires)| show::instant(expires)),
        ..v1::Alert::default()
    }
}

/// An alert with what whoever looks after it needs to know. No personal data of the people concerned.
pub(super) fn alert_view(
    enquiry: &Enquiry,
    alert: &Alert,
    responders: &ResponderCards,
) -> v1::Alert {
    let check = enquiry.check(alert.check);
    let card = check
        .map(|check| responders.of(enquiry, check))
        .unwrap_or_default();
    let is_unroutable = alert.cause == Cause::Trouble(Trouble::Unroutable);
    v1::Alert {
        check_id: check_id(enquiry, alert.check),
        court_code: enquiry.deadline.court().to_string(),
        responder_id: check
            .and_then(|check| check.concerned())
            .map(ToString::to_string)
            .unwrap_or_default(),
        contacts: check
            .filter(|_| is_unroutable)
            .map(|_| contacts_of(&card))
            .unwrap_or_default(),
        responder_name: card.name,
        duty_phone: card.duty_phone,
        emergency_phone: card.emergency_phone,
        deadline_time: Some(show::instant(enquiry.deadline.at())),
        check_state: check.map_or(0, |check| state_of(&check.state).into()),
        holder: enquiry
            .holder
            .as_ref()
            .and_then(|holder| holder.person.as_ref())
            .map(show::person),
        // What people wrote is shown with the whole enquiry only.
        ..plain_alert_view(enquiry.id.into(), alert)
    }
}
