//! One enquiry as people read it. Times are London's.

use super::answer::{answers, decisions, exchanges, would_have_changed};
use super::closing::proposed;
use super::context::{context_lines, holder_line, requester_lines};
use super::people::people_lines;
use crate::cli::moment::civil;
use crate::cli::output::{Tone, cell, clean, phones, table, toned};
use crate::cli::words::{word, words};
use crate::directory::Courts;
use comfy_table::Cell;
use std::fmt::Write as _;
use usher_domain::code::CourtCode;
use usher_proto::v1;
use v1::deadline::Kind;

/// One enquiry, all of it.
pub(in crate::cli) fn enquiry_page(enquiry: &v1::Enquiry) -> String {
    let mut page = format!(
        "{}   {}   (id {})\n",
        clean(&enquiry.reference),
        if enquiry.open { "OPEN" } else { "closed" },
        clean(&enquiry.id)
    );
    let line = |page: &mut String, name: &str, text: &str| {
        let _ = writeln!(page, "{name:<12}{text}");
    };
    let report = if enquiry.report == 0 {
        String::new()
    } else {
        format!(", {} report", word::<v1::ReportType>(enquiry.report))
    };
    line(
        &mut page,
        "For",
        &format!("{}{report}", word::<v1::Purpose>(enquiry.purpose)),
    );
    line(&mut page, "Before", &deadline(enquiry.deadline.as_ref()));
    for moved in &enquiry.moves {
        let text = format!(
            "{} ({})",
            deadline(moved.from.as_ref()),
            clean(&moved.reason)
        );
        line(&mut page, "  moved from", &format!(" {text}"));
    }
    if let Some(requester) = &enquiry.requester {
        requester_lines(&mut page, requester);
    }
    holder_line(&mut page, enquiry.holder.as_ref());
    line(&mut page, "Asked at", &civil(enquiry.create_time.as_ref()));
    if let Some(personal) = &enquiry.personal {
        people_lines(&mut page, personal);
        context_lines(&mut page, personal);
    }
    if !enquiry.concerns.is_empty() {
        line(
            &mut page,
            "Concerns",
            &words::<v1::Concern>(&enquiry.concerns),
        );
    }
    let curfew = enquiry.curfew.as_ref().map_or(0, |curfew| curfew.state);
    if curfew > v1::CurfewState::NotProposed.into() {
        line(&mut page, "Curfew", &word::<v1::CurfewState>(curfew));
    }
    if enquiry.in_custody {
        line(&mut page, "Custody", "REMANDED");
    }
    if enquiry.imminent_harm {
        line(&mut page, "Harm", "IMMINENT");
    }
    let _ = writeln!(page, "\n{}", checks(&enquiry.checks, &enquiry.decisions));
    for one in &enquiry.checks {
        page.push_str(&lost(one, enquiry.personal.as_ref()));
        page.push_str(&proposed(&enquiry.reference, one));
        answers(&mut page, one);
        exchanges(&mut page, one);
    }
    decisions(&mut page, enquiry);
    open_alerts(&mut page, enquiry);
    page
}

fn open_alerts(page: &mut String, enquiry: &v1::Enquiry) {
    let live = |alert: &&v1::Alert| alert.state() != v1::AlertState::Resolved;
    let open: Vec<&v1::Alert> = enquiry.alerts.iter().filter(live).collect();
    if !open.is_empty() {
        let _ = writeln!(page, "\nAlerts:\n{}", crate::cli::alert::alerts(open));
    }
}

/// `Name, post, contact`.
pub(in crate::cli) fn person(person: Option<&v1::Person>) -> String {
    let Some(v1::Person {
        name,
        post,
        contact,
    }) = person
    else {
        return "-".into();
    };
    let parts: Vec<String> = [name, post, contact]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| clean(part))
        .collect();
    parts.join(", ")
}

pub(in crate::cli) fn by(by: Option<&v1::By>) -> String {
    match by {
        Some(v1::By {
            person: Some(named),
            ..
        }) => person(Some(named)),
        Some(v1::By { role, .. }) => word::<v1::Role>(*role),
        None => "-".into(),
    }
}

/// The deadline with the court's name.
pub(in crate::cli) fn deadline(deadline: Option<&v1::Deadline>) -> String {
    match deadline.and_then(|deadline| deadline.kind.as_ref()) {
        Some(Kind::Hearing(hearing)) => {
            format!(
                "{} at {}",
                civil(hearing.hearing_time.as_ref()),
                court(&hearing.court_code)
            )
        }
        Some(Kind::ReplyBy(reply_by)) => {
            format!(
                "{}, for {}",
                civil(reply_by.reply_by_time.as_ref()),
                court(&reply_by.court_code)
            )
        }
        None => "-".into(),
    }
}

pub(in crate::cli) fn deadline_parts(deadline: Option<&v1::Deadline>) -> (String, String) {
    match deadline.and_then(|deadline| deadline.kind.as_ref()) {
        Some(Kind::Hearing(hearing)) => (
            civil(hearing.hearing_time.as_ref()),
            clean(&hearing.court_code),
        ),
        Some(Kind::ReplyBy(reply_by)) => (
            civil(reply_by.reply_by_time.as_ref()),
            clean(&reply_by.court_code),
        ),
        None => ("-".into(), "-".into()),
    }
}

/// The court's name where it is known, with its code.
pub(in crate::cli) fn court(code: &str) -> String {
    let courts = Courts::built_in().ok();
    let found = CourtCode::parse(code).ok();
    let found = found.and_then(|code| Some(courts.as_ref()?.get(code)?.name.clone()));
    match found {
        Some(name) => format!("{name} ({code})"),
        None => clean(code),
    }
}

fn state_tone(state: i32) -> Tone {
    match v1::CheckState::try_from(state) {
        Ok(v1::CheckState::Unroutable | v1::CheckState::Asked) => Tone::Bad,
        Ok(v1::CheckState::Waiting | v1::CheckState::Leased | v1::CheckState::Accepted) => {
            Tone::Doubtful
        }
        Ok(v1::CheckState::Answered) => Tone::Good,
        Ok(v1::CheckState::Redirected | v1::CheckState::Closed | v1::CheckState::Unspecified)
        | Err(_) => Tone::Plain,
    }
}

/// Where a check stands, with what matters there.
fn standing(check: &v1::Check) -> String {
    let state = word::<v1::CheckState>(check.state);
    match v1::CheckState::try_from(check.state) {
        Ok(v1::CheckState::Unroutable) => {
            format!(
                "UNROUTABLE: {}",
                words::<v1::UnroutableReason>(&check.unroutable_reasons)
            )
        }
        Ok(v1::CheckState::Answered) => match (check.answers.last(), &check.receipt) {
            (Some(answer), None) => format!(
                "{state} {}, NOT READ",
                word::<v1::Timeliness>(answer.timeliness)
            ),
            (Some(answer), Some(receipt)) => format!(
                "{state} {}, read{}",
                word::<v1::Timeliness>(answer.timeliness),
                would_have_changed(": ", &receipt.would_have_changed)
            ),
            (None, _) => state,
        },
        Ok(v1::CheckState::Accepted) if check.expected_by_time.is_some() => {
            format!(
                "{state}, promised for {}",
                civil(check.expected_by_time.as_ref())
            )
        }
        Ok(v1::CheckState::Redirected) => {
            let successor = check
                .successor_check_id
                .rsplit_once('/')
                .map_or("", |(_, number)| number);
            format!("{state} to check {}", clean(successor))
        }
        Ok(v1::CheckState::Closed) => {
            format!(
                "{state}: {} ({})",
                word::<v1::CloseReason>(check.close_reason),
                clean(&check.close_note)
            )
        }
        _ => state,
    }
}

fn checks(checks: &[v1::Check], decisions: &[v1::Decision]) -> String {
    let mut rows = table(&[
        "check",
        "asked",
        "stands",
        "next step due",
        "duty phone",
        "since",
    ]);
    for check in checks {
        let kind = word::<v1::ResponderKind>(check.responder_kind);
        let responder = match check.responder_name.as_str() {
            "" => toned(format!("NOBODY YET\n{kind}"), Tone::Bad),
            name => cell(format!("{name}\n{kind}")),
        };
        let next = check.steps.iter().find(|step| {
            step.state() == v1::StepState::Pending && !is_needless(step, check, decisions)
        });
        let next = next.map_or_else(
            || "-".into(),
            |step| format!("{}  {}", civil(step.due_time.as_ref()), clean(&step.name)),
        );
        let sentenced = check.sentenced_outstanding_time.is_some();
        let standing = if sentenced {
            format!("SENTENCED OUTSTANDING, {}", standing(check))
        } else {
            standing(check)
        };
        let tone = if sentenced {
            Tone::Bad
        } else {
            state_tone(check.state)
        };
        rows.add_row([
            number(&check.id),
            responder,
            toned(standing, tone),
            cell(next),
            cell(phones(&check.duty_phone, &check.emergency_phone)),
            cell(civil(check.state_time.as_ref())),
        ]);
    }
    rows.to_string()
}

/// Whether what stands makes a pending step moot when its moment comes: it will not be raised.
fn is_needless(step: &v1::Step, check: &v1::Check, decisions: &[v1::Decision]) -> bool {
    let decided = || {
        let of = |decision: &v1::Decision| decision.outstanding_check_ids.contains(&check.id);
        decisions.iter().any(of)
    };
    match (step.kind(), step.unless()) {
        (v1::StepKind::Unread, _) => false,
        (v1::StepKind::Hearing, _) | (_, v1::Unless::Decided) => decided(),
        (_, v1::Unless::Accepted) => matches!(
            check.state(),
            v1::CheckState::Accepted | v1::CheckState::Asked
        ),
        (_, v1::Unless::Answered | v1::Unless::Unspecified) => false,
    }
}

/// The addresses and names that an unroutable check stands for: whoever routes it must think of each.
fn lost(check: &v1::Check, personal: Option<&v1::Personal>) -> String {
    let mut lines = String::new();
    if check.state() != v1::CheckState::Unroutable {
        return lines;
    }
    let number = check.id.rsplit_once('/').map_or("", |(_, number)| number);
    let addresses = personal.map_or(&[][..], |personal| &personal.addresses);
    for reason in &check.reasons {
        let what = leads_nowhere(reason, addresses);
        let _ = writeln!(lines, "Check {} stands for: {what}", clean(number));
    }
    for person in check.sharing.iter().flat_map(|sharing| &sharing.contacts) {
        let told = [&person.name, &person.post, &person.contact].map(|text| clean(text));
        let told: Vec<String> = told.into_iter().filter(|text| !text.is_empty()).collect();
        let told = told.join(", ");
        let _ = writeln!(lines, "Check {} agreement: speak to {told}", clean(number));
    }
    lines
}

/// What leads to nobody, and why: one of `addresses`, or an authority that was named. What leads to somebody who may not be asked has no
/// reason of its own.
pub(super) fn leads_nowhere(reason: &v1::RouteReason, addresses: &[v1::Address]) -> String {
    let why = match reason.unroutable_reason {
        0 => String::new(),
        some => format!(": {}", word::<v1::UnroutableReason>(some)),
    };
    match reason.kind() {
        v1::RouteReasonKind::Address => {
            let index = usize::try_from(reason.address_index).unwrap_or(usize::MAX);
            let postcode = addresses.get(index).map_or("", |address| &address.postcode);
            let role = word::<v1::AddressRole>(reason.address_role);
            format!("{role} address {}{why}", clean(postcode))
        }
        v1::RouteReasonKind::Named if reason.authority_code.is_empty() => {
            format!("the authority that was named{why}")
        }
        v1::RouteReasonKind::Named => {
            format!("authority {}{why}", clean(&reason.authority_code))
        }
        kind => word::<v1::RouteReasonKind>(kind.into()),
    }
}

fn number(id: &str) -> Cell {
    cell(id.rsplit_once('/').map_or(id, |(_, number)| number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::moment::parse_instant;

    fn plain(page: &str) -> String {
        anstream::adapter::strip_str(page).to_string()
    }

    fn enquiry() -> v1::Enquiry {
        let hearing = v1::Hearing {
            court_code: "B01IX".into(),
            hearing_time: Some(parse_instant("2026-11-23T14:00").unwrap()),
            ..Default::default()
        };
        let answer = v1::Answer {
            version: 1,
            disposition: v1::Disposition::NotKnown.into(),
            timeliness: v1::Timeliness::InTime.into(),
            content: Some(v1::AnswerContent {
                remarks: vec![v1::Remark {
                    topic: v1::Topic::Narrative.into(),
                    text: "a\u{1b}[2Jb".into(),
                    handling: vec![],
                }],
                ..Default::default()
            }),
            ..Default::default()
        };
        v1::Enquiry {
            id: "018f".into(),
            reference: "7K3M-9QXA-A".into(),
            open: true,
            deadline: Some(v1::Deadline {
                kind: Some(Kind::Hearing(hearing)),
            }),
            checks: vec![
                v1::Check {
                    id: "018f/1".into(),
                    responder_name: "Hackney".into(),
                    state: v1::CheckState::Answered.into(),
                    answers: vec![answer],
                    ..Default::default()
                },
                v1::Check {
                    id: "018f/2".into(),
                    state: v1::CheckState::Unroutable.into(),
                    unroutable_reasons: vec![v1::UnroutableReason::Withheld.into()],
                    reasons: vec![v1::RouteReason {
                        kind: v1::RouteReasonKind::Address.into(),
                        address_role: v1::AddressRole::Child.into(),
                        unroutable_reason: v1::UnroutableReason::Unknown.into(),
                        ..Default::default()
                    }],
                    ..Default::default()
                },
            ],
            personal: Some(v1::Personal {
                addresses: vec![v1::Address {
                    postcode: "ZZ99 3WZ".into(),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn no_record_never_reads_as_no_risk() {
        let page = plain(&enquiry_page(&enquiry()));
        assert!(
            page.contains("no record of these people, which does not mean no risk"),
            "{page}"
        );
    }

    #[test]
    fn the_next_step_is_one_that_will_be_raised() {
        let step = |name: &str, unless: v1::Unless| v1::Step {
            name: name.into(),
            kind: v1::StepKind::Escalate.into(),
            unless: unless.into(),
            state: v1::StepState::Pending.into(),
            ..Default::default()
        };
        let steps = vec![
            step("chase", v1::Unless::Accepted),
            step("decide", v1::Unless::Decided),
            step("manager", v1::Unless::Answered),
        ];
        let decision = v1::Decision {
            outstanding_check_ids: vec!["018f/1".into()],
            ..Default::default()
        };
        let check = |state: v1::CheckState, decisions: &[v1::Decision], wanted: &str| {
            let check = v1::Check {
                id: "018f/1".into(),
                state: state.into(),
                steps: steps.clone(),
                ..Default::default()
            };
            let shown = plain(&checks(&[check], decisions));
            let named = ["chase", "decide", "manager"].map(|name| shown.contains(name));
            let found = named.iter().position(|there| *there);
            assert_eq!(
                found,
                steps.iter().position(|step| step.name == wanted),
                "{shown}"
            );
        };
        check(v1::CheckState::Waiting, &[], "chase");
        check(v1::CheckState::Accepted, &[], "decide");
        check(v1::CheckState::Asked, &[], "decide");
        check(v1::CheckState::Accepted, &[decision], "manager");
    }

    #[test]
    fn a_late_answer_is_shown_with_what_it_would_have_changed() {
        use v1::LateEffect::{Nothing, Plan, Sentence};
        let mut check = enquiry().checks.swap_remove(0);
        let mut shown = |timeliness: v1::Timeliness, effects: &[v1::LateEffect]| {
            check.answers[0].timeliness = timeliness.into();
            check.receipt = Some(v1::Receipt {
                would_have_changed: effects.iter().map(|effect| (*effect).into()).collect(),
                ..Default::default()
            });
            standing(&check)
        };
        let late = v1::Timeliness::AfterHearing;
        assert_eq!(
            shown(late, &[Sentence, Plan]),
            "answered after hearing, read: would have changed sentence, plan"
        );
        assert_eq!(
            shown(late, &[Nothing]),
            "answered after hearing, read: would have changed nothing"
        );
        assert_eq!(shown(v1::Timeliness::InTime, &[]), "answered in time, read");
    }

    #[test]
    fn what_needs_somebody_stands_out() {
        let page = plain(&enquiry_page(&enquiry()));
        for wanted in [
            "NOT READ",
            "NOBODY YET",
            "UNROUTABLE: withheld",
            "Check 2 stands for: child address ZZ99 3WZ: unknown",
            "OPEN",
            "Mon 23 Nov 2026 14:00",
        ] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
    }

    #[test]
    fn an_answer_without_handling_is_for_probation_only_and_cannot_steer_the_terminal() {
        let page = enquiry_page(&enquiry());
        assert!(page.contains("a\u{fffd}[2Jb   [probation only]"), "{page}");
    }
}
