//! The receipt of a submission as officers read it: who was asked, whether an answer is likely, what to do if not.

use super::show::leads_nowhere;
use crate::cli::moment;
use crate::cli::output::{Tone, cell, clean, phones, table, toned};
use crate::cli::words::{word, words};
use comfy_table::Cell;
use std::fmt::Write as _;
use usher_proto::v1;

/// The receipt of what was submitted with these addresses.
pub(super) fn receipt_page(receipt: &v1::SubmitResponse, addresses: &[v1::Address]) -> String {
    let mut page = if receipt.validate_only {
        "NOT SUBMITTED: this is what would happen.\n".to_owned()
    } else {
        format!(
            "Reference {}   (id {})\n",
            clean(&receipt.reference),
            clean(&receipt.enquiry_id)
        )
    };
    let _ = writeln!(
        page,
        "Answers are needed before {}.\n",
        moment::civil(receipt.deadline_time.as_ref())
    );
    let mut checks = table(&[
        "check",
        "kind",
        "asked",
        "duty phone",
        "connected",
        "working time left",
        "answer in that time",
    ]);
    for check in &receipt.checks {
        checks.add_row(row(check));
    }
    let _ = writeln!(page, "{checks}\n");
    for check in &receipt.checks {
        let _ = writeln!(page, "Check {}: {}", number(check), clean(&advice(check)));
        if check.responder_id.is_empty() {
            for reason in &check.reasons {
                let _ = writeln!(page, "  stands for: {}", leads_nowhere(reason, addresses));
            }
        } else {
            let _ = writeln!(
                page,
                "  an answer in that time: {}, {}",
                share(check),
                basis(check)
            );
        }
    }
    page.push_str(&warnings(&receipt.warnings));
    if !receipt.validate_only {
        let reference = clean(&receipt.reference);
        let _ = writeln!(
            page,
            "\nNext: `usher enquiry watch --enquiry {reference}` tells what happens, `usher enquiry show {reference}` how it stands."
        );
    }
    page
}

/// Each warning on a line.
pub(super) fn warnings(warnings: &[v1::Warning]) -> String {
    let mut lines = String::new();
    for warning in warnings {
        let field = if warning.field.is_empty() {
            String::new()
        } else {
            format!("{}: ", clean(&warning.field))
        };
        let _ = writeln!(lines, "warning: {field}{}", clean(&warning.text));
    }
    lines
}

fn row(check: &v1::CheckReceipt) -> Vec<Cell> {
    let tone = tone(check);
    if check.responder_id.is_empty() {
        let why = format!(
            "NOBODY YET: {}",
            words::<v1::UnroutableReason>(&check.unroutable_reasons)
        );
        return vec![
            cell(number(check)),
            cell(kind(check)),
            toned(why, Tone::Bad),
            cell(""),
            cell(""),
            cell(""),
            cell(""),
        ];
    }
    let connected = if check.adapter_connected {
        toned("yes", Tone::Good)
    } else {
        toned("NO", Tone::Bad)
    };
    vec![
        cell(number(check)),
        cell(kind(check)),
        toned(&check.responder_name, tone),
        cell(phones(&check.duty_phone, &check.emergency_phone)),
        connected,
        cell(moment::span(check.working_time_left.as_ref())),
        cell(share(check)),
    ]
}

/// What kind of service it asks.
fn kind(check: &v1::CheckReceipt) -> String {
    word::<v1::ResponderKind>(check.responder_kind)
}

/// Its number in the enquiry.
fn number(check: &v1::CheckReceipt) -> &str {
    let parts = check.check_id.rsplit_once('/');
    parts.map_or("-", |(_, number)| number)
}

fn tone(check: &v1::CheckReceipt) -> Tone {
    match v1::Advice::try_from(check.advice) {
        Ok(v1::Advice::Likely) => Tone::Good,
        Ok(v1::Advice::Doubtful) => Tone::Doubtful,
        Ok(v1::Advice::NotBeforeHearing) => Tone::Bad,
        Ok(v1::Advice::Unknown | v1::Advice::Unspecified) | Err(_) => Tone::Plain,
    }
}

fn advice(check: &v1::CheckReceipt) -> String {
    match check.advice_text.as_str() {
        "" => word::<v1::Advice>(check.advice),
        text => text.into(),
    }
}

/// How likely an answer in time is, such as `78 %`.
fn share(check: &v1::CheckReceipt) -> String {
    check.answered_within_share.map_or_else(
        || "unknown".into(),
        |share| format!("{:.0} %", share * 100.0),
    )
}

/// What that rests on.
fn basis(check: &v1::CheckReceipt) -> String {
    let (count, answered) = (check.answered_within_count, check.answered_count);
    let whose = match check.answered_within_basis() {
        v1::ForecastBasis::Weekday => "the responder's past checks at this time of the week",
        v1::ForecastBasis::TimeOfDay => "the responder's past checks at this time of day",
        v1::ForecastBasis::Responder => "the responder's past checks",
        v1::ForecastBasis::Pooled => "past checks of all responders of its kind",
        v1::ForecastBasis::Unknown | v1::ForecastBasis::Unspecified => {
            return format!("too few past checks ({count}, {answered} of them answered)");
        }
    };
    format!("by {count} of {whose}, {answered} of them answered")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(checks: Vec<v1::CheckReceipt>, validate_only: bool) -> String {
        let receipt = v1::SubmitResponse {
            enquiry_id: "018f".into(),
            reference: "7K3M-9QXA-A".into(),
            checks,
            warnings: vec![v1::Warning {
                field: "personal.subject.pnc".into(),
                text: "check the letter".into(),
                ..Default::default()
            }],
            deadline_time: Some(moment::parse_instant("2026-11-23T14:00").unwrap()),
            validate_only,
        };
        let address = v1::Address {
            postcode: "ZZ99".into(),
            ..Default::default()
        };
        let page = receipt_page(&receipt, &[address]);
        anstream::adapter::strip_str(&page).to_string()
    }

    fn routed() -> v1::CheckReceipt {
        v1::CheckReceipt {
            check_id: "018f/2".into(),
            responder_id: "hackney".into(),
            responder_name: "Hackney".into(),
            duty_phone: "020 7946 0000".into(),
            emergency_phone: "020 7946 0100".into(),
            adapter_connected: true,
            working_time_left: Some(moment::seconds(9_000)),
            answered_within_share: Some(0.78),
            answered_within_count: 40,
            answered_within_basis: v1::ForecastBasis::TimeOfDay.into(),
            answered_count: 31,
            advice: v1::Advice::Likely.into(),
            advice_text: "Likely in time.".into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_receipt_says_who_is_asked_and_what_to_expect() {
        let page = rendered(vec![routed()], false);
        let wanted = [
            "Reference 7K3M-9QXA-A",
            "Mon 23 Nov 2026 14:00",
            "Hackney",
            "020 7946 0000, emergency duty team 020 7946 0100",
            "yes",
            "2 h 30 min",
            "an answer in that time: 78 %, by 40 of the responder's past checks at this time of day, 31 of them answered",
            "Check 2: Likely in time.",
            "usher enquiry watch --enquiry 7K3M-9QXA-A",
            "warning: personal.subject.pnc: check the letter",
        ];
        for part in wanted {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn what_leads_nowhere_stands_out() {
        let check = v1::CheckReceipt {
            check_id: "018f/1".into(),
            unroutable_reasons: vec![v1::UnroutableReason::NoFixedAbode.into()],
            advice_text: "An operator will route it.".into(),
            reasons: vec![v1::RouteReason {
                kind: v1::RouteReasonKind::Address.into(),
                address_role: v1::AddressRole::Child.into(),
                unroutable_reason: v1::UnroutableReason::Malformed.into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let page = rendered(vec![check], false);
        assert!(page.contains("NOBODY YET: no fixed abode"), "{page}");
        assert!(
            page.contains("Check 1: An operator will route it."),
            "{page}"
        );
        assert!(
            page.contains("stands for: child address ZZ99: malformed"),
            "{page}"
        );
    }

    #[test]
    fn nobody_takes_a_trial_for_a_submission() {
        let page = rendered(vec![routed()], true);
        assert!(page.starts_with("NOT SUBMITTED"), "{page}");
        assert!(!page.contains("7K3M-9QXA-A"), "{page}");
    }

    #[test]
    fn it_says_whose_past_it_rests_on() {
        let rows = [
            (v1::ForecastBasis::Weekday, "at this time of the week"),
            (
                v1::ForecastBasis::Responder,
                "by 40 of the responder's past checks,",
            ),
            (v1::ForecastBasis::Pooled, "of all responders of its kind"),
        ];
        for (basis_of, wanted) in rows {
            let told = basis(&v1::CheckReceipt {
                answered_within_basis: basis_of.into(),
                ..routed()
            });
            assert!(told.contains(wanted), "{told}");
        }
    }

    #[test]
    fn too_little_history_is_not_a_share_of_nothing() {
        let check = v1::CheckReceipt {
            answered_within_share: None,
            answered_within_count: 3,
            answered_within_basis: v1::ForecastBasis::Unknown.into(),
            answered_count: 2,
            ..routed()
        };
        assert_eq!(share(&check), "unknown");
        let told = basis(&check);
        assert_eq!(told, "too few past checks (3, 2 of them answered)");
    }
}
