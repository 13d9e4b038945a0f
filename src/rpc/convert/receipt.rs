//! Receipts, responders and the state of the broker as callers see them.

use usher_domain::code::{ResponderId, ResponderKind};
use usher_domain::command::{Destination, Route};
use usher_domain::enquiry::UnroutableWhy;
use usher_domain::forecast::Basis;
use usher_proto::v1;

use super::check::reason_view;
use super::codes::{Code as _, to_wire};
use super::show;
use crate::broker::input::ConnectorReport;
use crate::broker::input::Resume;
use crate::broker::output::{
    AdapterView, AgreementEnd, CheckReceipt, LookupView, ResponderView, StatusView, SubmitReceipt,
    Warning,
};
use crate::rpc::token;

/// The receipt of a submission.
pub fn receipt_view(receipt: SubmitReceipt) -> v1::SubmitResponse {
    let SubmitReceipt {
        enquiry,
        deadline,
        checks,
        warnings,
        validate_only,
    } = receipt;
    v1::SubmitResponse {
        enquiry_id: enquiry.to_string(),
        reference: enquiry.reference().to_string(),
        checks: checks.into_iter().map(check_receipt).collect(),
        warnings: warnings_view(warnings),
        deadline_time: Some(show::instant(deadline)),
        validate_only,
    }
}

/// What the officer should know.
pub fn warnings_view(warnings: Vec<Warning>) -> Vec<v1::Warning> {
    let view = |Warning { code, field, text }| v1::Warning {
        code: code.to_wire(),
        field,
        text,
    };
    warnings.into_iter().map(view).collect()
}

fn check_receipt(receipt: CheckReceipt) -> v1::CheckReceipt {
    let CheckReceipt {
        check,
        route: Route { kind, to, reasons },
        card,
        adapter_connected,
        working_time_left,
        forecast,
        advice,
        advice_text,
    } = receipt;
    let (responder_id, authority_codes, unroutable_reasons) = match to {
        Destination::Responder { id, authorities } => {
            (id.to_string(), show::authorities(&authorities), Vec::new())
        }
        Destination::Nowhere { why } => (String::new(), Vec::new(), to_wire(&why)),
    };
    let sibling = |number| {
        usher_domain::id::CheckId {
            enquiry: check.enquiry,
            number,
        }
        .to_string()
    };
    v1::CheckReceipt {
        check_id: check.to_string(),
        responder_id,
        responder_name: card.name,
        unroutable_reasons,
        authority_codes,
        reasons: reasons
            .iter()
            .map(|reason| reason_view(reason, sibling))
            .collect(),
        duty_phone: card.duty_phone,
        emergency_phone: card.emergency_phone,
        adapter_connected,
        working_time_left: Some(show::span(working_time_left)),
        answered_within_share: forecast.and_then(|forecast| forecast.probability),
        answered_within_count: count(forecast.map(|forecast| forecast.checks)),
        answered_within_basis: forecast
            .map_or(Basis::Unknown, |forecast| forecast.basis)
            .to_wire(),
        answered_count: count(forecast.map(|forecast| forecast.answered)),
        advice: advice.to_wire(),
        advice_text,
        responder_kind: kind.to_wire(),
    }
}

fn count(of: Option<usize>) -> u32 {
    u32::try_from(of.unwrap_or_default()).unwrap_or(u32::MAX)
}

/// A responder, and what waits for it.
pub fn responder_view(responder: ResponderView) -> v1::Responder {
    let ResponderView {
        id,
        name,
        duty_phone,
        kind,
        authorities,
        hours,
        connected_adapters,
        absent_since,
        waiting,
        nearest_deadline,
        oldest_wait,
        adapters,
        lending,
    } = responder;
    v1::Responder {
        id: id.to_string(),
        name,
        kind: kind.to_wire(),
        authority_codes: show::authorities(&authorities),
        duty_phone,
        hours: (1..)
            .zip(hours.week())
            .filter_map(|(weekday, hours)| {
                let (opens, closes) = (*hours)?;
                Some(v1::WorkingDay {
                    weekday,
                    opens: show::time(opens),
                    closes: show::time(closes),
                })
            })
            .collect(),
        connected_adapters: Some(show::count(connected_adapters)),
        waiting_count: Some(show::count(waiting)),
        nearest_deadline_time: nearest_deadline.map(show::instant),
        oldest_wait_time: oldest_wait.map(show::instant),
        adapters_absent_since_time: absent_since.map(show::instant),
        adapters: adapters.into_iter().map(adapter_view).collect(),
        lending: Some(v1::Lending {
            held_count: show::count(lending.held),
            most_held_count: show::count(lending.most),
            loss_count: lending.losses,
            paused_until_time: lending.paused_until.map(show::instant),
        }),
    }
}

fn adapter_view(adapter: AdapterView) -> v1::Adapter {
    let AdapterView {
        client,
        health,
        last_call,
        report,
    } = adapter;
    let connector = |connector: ConnectorReport| {
        let ConnectorReport {
            name,
            trouble,
            set_aside: set_aside_count,
        } = connector;
        v1::ConnectorReport {
            name,
            trouble,
            set_aside_count,
        }
    };
    v1::Adapter {
        client_id: client.to_string(),
        health: health.to_wire(),
        last_call_time: Some(show::instant(last_call)),
        report: report.map(|report| v1::AdapterReport {
            version: report.version,
            connectors: report.connectors.into_iter().map(connector).collect(),
            in_hand: report.in_hand,
            most_in_hand: report.most_in_hand,
        }),
    }
}

/// Where a postcode leads.
pub fn lookup_view(lookup: LookupView) -> v1::LookupPostcodeResponse {
    let LookupView {
        authority,
        responders,
        why,
        terminated,
    } = lookup;
    let (authority_code, authority_name) = authority
        .map(|(code, name)| (code.to_string(), name))
        .unwrap_or_default();
    let children = responders
        .iter()
        .find(|(kind, ..)| *kind == ResponderKind::ChildrenSocialCare);
    let (responder_id, responder_name) = children
        .map(|(_, id, name)| (id.to_string(), name.clone()))
        .unwrap_or_default();
    let responder = |(kind, id, name): (ResponderKind, ResponderId, String)| v1::PlaceResponder {
        kind: kind.to_wire(),
        id: id.to_string(),
        name,
    };
    v1::LookupPostcodeResponse {
        outcome: why.map_or(v1::LookupOutcome::Found, outcome).into(),
        authority_code,
        authority_name,
        responder_id,
        responder_name,
        terminated,
        responders: responders.into_iter().map(responder).collect(),
    }
}

/// Where a postcode without a responder leads. What only an address or a responder can say counts as unknown.
const fn outcome(why: UnroutableWhy) -> v1::LookupOutcome {
    match why {
        UnroutableWhy::Malformed => v1::LookupOutcome::Malformed,
        UnroutableWhy::NoAuthority => v1::LookupOutcome::NoAuthority,
        UnroutableWhy::OutsideEnglandAndWales => v1::LookupOutcome::OutsideEnglandAndWales,
        UnroutableWhy::NoResponder => v1::LookupOutcome::NoResponder,
        UnroutableWhy::Unknown
        | UnroutableWhy::NoAddress
        | UnroutableWhy::NoFixedAbode
        | UnroutableWhy::Withheld
        | UnroutableWhy::Disputed
        | UnroutableWhy::NotOurs
        | UnroutableWhy::NoAgreement
        | UnroutableWhy::AgreementEnded
        | UnroutableWhy::PurposeNotAgreed
        | UnroutableWhy::NoLawfulBasis => v1::LookupOutcome::Unknown,
    }
}

/// How the broker is.
pub fn status_view(status: StatusView, end: Resume) -> v1::GetStatusResponse {
    let StatusView {
        version,
        store_engine,
        counts,
        oldest_unescalated,
        feed_end: _,
        now,
        bank_holidays_known_until,
        directory_release,
        directory_knows_terminations,
        agreement_ends,
    } = status;
    let ends = |end: AgreementEnd| {
        let AgreementEnd {
            agreement,
            last,
            days_left,
            responders,
        } = end;
        let (agreement_id, agreement_version) = agreement
            .map(|agreement| (agreement.id.to_string(), agreement.version.to_string()))
            .unwrap_or_default();
        v1::AgreementEnd {
            agreement_id,
            agreement_version,
            last_day: show::date(last),
            days_left,
            responder_ids: responders.iter().map(ToString::to_string).collect(),
        }
    };
    v1::GetStatusResponse {
        version,
        store_engine,
        open_enquiries: counts.open,
        queued_checks: counts.queued,
        unreadable_records: counts.unreadable,
        oldest_unescalated: Some(show::span(oldest_unescalated)),
        feed_cursor: token::cursor(end),
        now_time: Some(show::instant(now)),
        bank_holidays_known_until: show::date(Some(bank_holidays_known_until)),
        directory_release,
        directory_knows_terminations,
        agreement_ends: agreement_ends.into_iter().map(ends).collect(),
    }
}
