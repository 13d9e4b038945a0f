//! Events as callers see them.

use jiff::civil::Date;
use usher_domain::enquiry::{LateEffect, SentenceOutcome};
use usher_domain::event::{Event, EventKind};
use usher_domain::id::{AlertId, CheckId, EnquiryId};
use usher_proto::v1;

use super::answer::by_phone_view;
use super::codes::{Code as _, option_to_wire, to_wire};
use super::show;
use crate::broker::input::Resume;
use crate::rpc::token;
use crate::store::Recorded;

/// Something that happened to an enquiry.
pub fn event_view(recorded: &Recorded) -> Option<v1::Event> {
    let enquiry = recorded.enquiry()?;
    let Recorded {
        cursor: _,
        record: _,
        revision,
        court,
        responder: _,
        event,
    } = recorded;
    let Event {
        at,
        by,
        check,
        kind,
    } = event;
    let id = |number| CheckId { enquiry, number }.to_string();
    let mut view = v1::Event {
        cursor: token::cursor(Resume::from(recorded)),
        enquiry_id: enquiry.to_string(),
        reference: enquiry.reference().to_string(),
        revision: revision.to_string(),
        court_code: court.to_string(),
        event_time: Some(show::instant(*at)),
        by: Some(show::by(by)),
        check_id: check.map(id).unwrap_or_default(),
        r#type: type_of(kind).into(),
        ..v1::Event::default()
    };
    add_facts(&mut view, enquiry, kind);
    Some(view)
}

/// Adds what the event knows beside who, when and where.
fn add_facts(view: &mut v1::Event, enquiry: EnquiryId, kind: &EventKind) {
    let check_id = |number| CheckId { enquiry, number }.to_string();
    let record = enquiry.into();
    let alert_id = |number| AlertId { record, number }.to_string();
    match kind {
        EventKind::Opened { responder } => {
            view.responder_id = responder
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
        }
        EventKind::Leased { expires } => view.expire_time = Some(show::instant(*expires)),
        EventKind::Accepted { expected_by } => {
            view.expected_by_time = expected_by.map(show::instant);
        }
        EventKind::Redirected { to } | EventKind::Rerouted { to } => {
            view.successor_check_id = check_id(*to);
        }
        EventKind::Answered { .. } => add_answer(view, kind),
        EventKind::Received { version, effects } => add_receipt(view, *version, effects),
        EventKind::HearingMoved { from, to } => {
            view.from_time = Some(show::instant(*from));
            view.to_time = Some(show::instant(*to));
        }
        EventKind::StepRaised {
            step,
            generation,
            due,
            alert,
        } => {
            add_step(view, step, *generation);
            view.due_time = Some(show::instant(*due));
            view.alert_id = alert_id(*alert);
        }
        EventKind::StepMoot { step, generation } => add_step(view, step, *generation),
        EventKind::TroubleRaised { alert, trouble } => {
            view.alert_id = alert_id(*alert);
            view.trouble = trouble.to_wire();
        }
        EventKind::Acknowledged { alert, expires } => {
            view.alert_id = alert_id(*alert);
            view.expire_time = Some(show::instant(*expires));
        }
        EventKind::Reopened { alert } | EventKind::Resolved { alert } => {
            view.alert_id = alert_id(*alert);
        }
        EventKind::Decided { decision } => view.decision = decision.to_wire(),
        EventKind::Reconsidered {
            responder,
            decision,
        } => {
            view.responder_id = responder.to_string();
            view.sharing_decision = decision.to_wire();
        }
        EventKind::Released { for_people } => view.for_people = option_to_wire(*for_people),
        EventKind::SentenceRecorded { outcome, date } => add_sentence(view, *outcome, *date),
        EventKind::CloseProposed { reason } | EventKind::Closed { reason } => {
            view.close_reason = reason.to_wire();
        }
        EventKind::Submitted
        | EventKind::LeaseLost
        | EventKind::Asked
        | EventKind::Supplied
        | EventKind::Withdrawn
        | EventKind::Linked
        | EventKind::Reassigned
        | EventKind::SentencedOutstanding
        | EventKind::Viewed
        | EventKind::Case(_) => {}
    }
}

fn add_step(view: &mut v1::Event, step: &str, generation: u16) {
    view.step = step.into();
    view.ladder_generation = generation.into();
}

fn add_answer(view: &mut v1::Event, kind: &EventKind) {
    if let EventKind::Answered {
        responder,
        opened_at,
        version,
        timeliness,
        by_phone,
    } = kind
    {
        view.responder_id = responder.to_string();
        view.check_open_time = Some(show::instant(*opened_at));
        view.answer_version = (*version).into();
        view.timeliness = timeliness.to_wire();
        view.by_phone = by_phone.as_ref().map(by_phone_view);
    }
}

fn add_receipt(view: &mut v1::Event, version: u8, effects: &[LateEffect]) {
    view.answer_version = version.into();
    view.would_have_changed = to_wire(effects);
}

fn add_sentence(view: &mut v1::Event, outcome: SentenceOutcome, date: Date) {
    view.sentence_outcome = outcome.to_wire();
    view.sentence_date = date.to_string();
}

const fn type_of(kind: &EventKind) -> v1::EventType {
    use v1::EventType as T;
    match kind {
        EventKind::Submitted => T::Submitted,
        EventKind::Opened { .. } => T::Opened,
        EventKind::Leased { .. } => T::Leased,
        EventKind::LeaseLost => T::LeaseLost,
        EventKind::Reconsidered { .. } => T::Reconsidered,
        EventKind::Released { .. } => T::Released,
        EventKind::Accepted { .. } => T::Accepted,
        EventKind::Asked => T::Asked,
        EventKind::Supplied => T::Supplied,
        EventKind::Redirected { .. } => T::Redirected,
        EventKind::Rerouted { .. } => T::Rerouted,
        EventKind::Answered { .. } => T::Answered,
        EventKind::Received { .. } => T::Received,
        EventKind::Withdrawn => T::Withdrawn,
        EventKind::Linked => T::Linked,
        EventKind::Reassigned => T::Reassigned,
        EventKind::HearingMoved { .. } => T::HearingMoved,
        EventKind::StepRaised { .. } => T::StepRaised,
        EventKind::StepMoot { .. } => T::StepMoot,
        EventKind::TroubleRaised { .. } => T::TroubleRaised,
        EventKind::Acknowledged { .. } => T::Acknowledged,
        EventKind::Reopened { .. } => T::Reopened,
        EventKind::Resolved { .. } => T::Resolved,
        EventKind::Decided { .. } => T::Decided,
        EventKind::SentencedOutstanding => T::SentencedOutstanding,
        EventKind::SentenceRecorded { .. } => T::SentenceRecorded,
        EventKind::CloseProposed { .. } => T::CloseProposed,
        EventKind::Closed { .. } => T::Closed,
        EventKind::Viewed => T::Viewed,
        EventKind::Case(_) => T::Unspecified,
    }
}

/// The end of a snapshot.
pub fn snapshot_end(place: Resume) -> v1::SnapshotEnd {
    v1::SnapshotEnd {
        cursor: token::cursor(place),
    }
}

/// A sign of life.
pub fn heartbeat(place: Resume) -> v1::Heartbeat {
    v1::Heartbeat {
        cursor: token::cursor(place),
    }
}
