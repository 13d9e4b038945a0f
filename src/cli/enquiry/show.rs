//! Enquiries, checks, answers and events as people read them. Times are London's; "no record" is never told as "no risk".

use crate::cli::moment::{civil, exact};
use crate::cli::output::{Tone, cell, clean, table, toned};
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
        line(&mut page, "Asked by", &person(requester.person.as_ref()));
    }
    line(&mut page, "Asked at", &civil(enquiry.create_time.as_ref()));
    if let Some(personal) = &enquiry.personal {
        line(&mut page, "Defendant", &subject(personal));
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
    if enquiry.imminent_harm {
        line(&mut page, "Harm", "IMMINENT");
    }
    let _ = writeln!(page, "\n{}", checks(&enquiry.checks));
    for check in &enquiry.checks {
        answers(&mut page, check);
        exchanges(&mut page, check);
    }
    decisions(&mut page, &enquiry.decisions);
    let live: Vec<&v1::Alert> = enquiry
        .alerts
        .iter()
        .filter(|alert| alert.state != i32::from(v1::AlertState::Resolved))
        .collect();
    if !live.is_empty() {
        let _ = writeln!(page, "\nAlerts:\n{}", crate::cli::alert::alerts(live));
    }
    page
}

fn subject(personal: &v1::Personal) -> String {
    let Some(subject) = &personal.subject else {
        return "-".into();
    };
    let mut text = name(subject.name.as_ref());
    if let Some(birth) = &subject.born {
        let _ = write!(text, ", born {}", clean(&birth.date));
    }
    if !subject.crn.is_empty() {
        let _ = write!(text, ", CRN {}", clean(&subject.crn));
    }
    text
}

fn name(name: Option<&v1::PersonName>) -> String {
    let joined = name
        .map(|name| format!("{} {}", name.given, name.family))
        .unwrap_or_default();
    clean(joined.trim())
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

fn by(by: Option<&v1::By>) -> String {
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

fn deadline_parts(deadline: Option<&v1::Deadline>) -> (String, String) {
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
fn court(code: &str) -> String {
    let courts = Courts::built_in().ok();
    let found = CourtCode::parse(code)
        .ok()
        .and_then(|code| Some(courts.as_ref()?.get(code)?.name.clone()));
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
            (Some(answer), Some(_)) => format!(
                "{state} {}, read",
                word::<v1::Timeliness>(answer.timeliness)
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

fn checks(checks: &[v1::Check]) -> String {
    let mut rows = table(&[
        "check",
        "asked",
        "duty phone",
        "stands",
        "since",
        "next step due",
    ]);
    for check in checks {
        let responder = if check.responder_name.is_empty() {
            toned("NOBODY YET", Tone::Bad)
        } else {
            cell(&check.responder_name)
        };
        let next = check
            .steps
            .iter()
            .find(|step| step.state == i32::from(v1::StepState::Pending));
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
            cell(&check.duty_phone),
            toned(standing, tone),
            cell(civil(check.state_time.as_ref())),
            cell(next),
        ]);
    }
    rows.to_string()
}

fn number(id: &str) -> Cell {
    cell(id.rsplit_once('/').map_or(id, |(_, number)| number))
}

fn answers(page: &mut String, check: &v1::Check) {
    for answer in &check.answers {
        let newest = answer.version == check.answers.last().map_or(0, |last| last.version);
        let which = if newest {
            "Answer"
        } else {
            "Superseded answer"
        };
        let _ = writeln!(
            page,
            "\n{which} {} of {} on {} ({}), by {}:\n  {}",
            answer.version,
            clean(&check.responder_name),
            civil(answer.answer_time.as_ref()),
            word::<v1::Timeliness>(answer.timeliness),
            by(answer.by.as_ref()),
            disposition(answer.disposition)
        );
        if let Some(content) = &answer.content {
            content_lines(page, content);
        }
    }
}

/// What an answer comes to, so that nobody reads more into it than it says.
pub(in crate::cli) fn disposition(disposition: i32) -> String {
    match v1::Disposition::try_from(disposition) {
        Ok(v1::Disposition::NotKnown) => {
            "NOT KNOWN: no record of these people, which does not mean no risk".into()
        }
        Ok(v1::Disposition::KnownNothingRelevant) => "KNOWN, nothing relevant".into(),
        Ok(v1::Disposition::KnownRelevant) => "KNOWN, with relevant information".into(),
        Ok(v1::Disposition::HeldCannotDisclose) => {
            "INFORMATION IS HELD THAT CANNOT BE GIVEN: ring the responder".into()
        }
        Ok(v1::Disposition::Unspecified) | Err(_) => "-".into(),
    }
}

fn handling(codes: &[i32]) -> String {
    if codes.is_empty() {
        word::<v1::Handling>(v1::Handling::ProbationOnly.into())
    } else {
        words::<v1::Handling>(codes)
    }
}

/// What is said, each piece with how it may be used.
pub(in crate::cli) fn content_lines(page: &mut String, content: &v1::AnswerContent) {
    for found in &content.matches {
        let _ = writeln!(
            page,
            "  match: {}: {} ({})",
            clean(&found.who),
            word::<v1::Confidence>(found.confidence),
            clean(&found.basis)
        );
    }
    for episode in &content.episodes {
        let until = if episode.end.is_empty() {
            String::new()
        } else {
            format!(" to {}", clean(&episode.end))
        };
        let _ = writeln!(
            page,
            "  {}: {} {} from {}{until}   [{}]",
            clean(&episode.who),
            if episode.open { "open" } else { "closed" },
            word::<v1::EpisodeKind>(episode.kind),
            clean(&episode.start),
            handling(&episode.handling)
        );
    }
    if let Some(worker) = &content.worker {
        let parts = [&worker.name, &worker.team, &worker.phone, &worker.email];
        let known: Vec<String> = parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(|part| clean(part))
            .collect();
        let _ = writeln!(page, "  worker: {}", known.join(", "));
    }
    if let Some(count) = content.recent_contacts {
        let _ = writeln!(
            page,
            "  contacts in the last year: {count}, the latest {}",
            clean(&content.last_contact)
        );
    }
    for remark in &content.remarks {
        let text = clean(&remark.text).replace('\n', "\n    ");
        let _ = writeln!(
            page,
            "  {}: {text}   [{}]",
            word::<v1::Topic>(remark.topic),
            handling(&remark.handling)
        );
    }
    if !content.valid_until.is_empty() {
        let _ = writeln!(
            page,
            "  may be relied on until {}",
            clean(&content.valid_until)
        );
    }
}

fn exchanges(page: &mut String, check: &v1::Check) {
    for exchange in &check.exchanges {
        let who = by(exchange.asked_by.as_ref());
        let _ = writeln!(
            page,
            "\n{} asked on {}:\n  {}",
            who,
            civil(exchange.ask_time.as_ref()),
            clean(&exchange.question)
        );
        let reply = match &exchange.reply_time {
            Some(time) => format!("{}: {}", civil(Some(time)), clean(&exchange.reply)),
            None => "NO REPLY YET: usher enquiry supply".into(),
        };
        let _ = writeln!(page, "  reply: {reply}");
    }
}

fn decisions(page: &mut String, decisions: &[v1::Decision]) {
    for decision in decisions {
        let authorised = decision
            .authorised_by
            .as_ref()
            .map(|who| format!(", authorised by {}", person(Some(who))));
        let _ = writeln!(
            page,
            "\nDecided on {}: {}{}, recorded by {}\n  {}",
            civil(decision.decide_time.as_ref()),
            word::<v1::DecisionKind>(decision.kind),
            authorised.unwrap_or_default(),
            by(decision.by.as_ref()),
            clean(&decision.note)
        );
    }
}

/// A list of enquiries.
pub(super) fn summaries(enquiries: &[v1::EnquirySummary]) -> String {
    let mut rows = table(&[
        "reference",
        "before",
        "court",
        "defendant",
        "outstanding",
        "answered",
        "needs you",
        "alerts",
        "id",
    ]);
    for enquiry in enquiries {
        let counts = enquiry.counts.unwrap_or_default();
        let (before, court) = deadline_parts(enquiry.deadline.as_ref());
        let needed = counts.asked + counts.unroutable;
        let outstanding = if enquiry.open {
            counts.outstanding.to_string()
        } else {
            "closed".into()
        };
        rows.add_row([
            cell(&enquiry.reference),
            cell(before),
            cell(court),
            cell(name(enquiry.subject.as_ref())),
            cell(outstanding),
            cell(counts.answered.to_string()),
            toned(
                needed.to_string(),
                if needed > 0 { Tone::Bad } else { Tone::Plain },
            ),
            toned(
                format!(
                    "{} of {} unattended",
                    enquiry.open_alerts, enquiry.live_alerts
                ),
                if enquiry.open_alerts > 0 {
                    Tone::Bad
                } else {
                    Tone::Plain
                },
            ),
            cell(&enquiry.id),
        ]);
    }
    rows.to_string()
}

/// One enquiry on one line, for a watch.
pub(super) fn one_line(enquiry: &v1::Enquiry) -> String {
    let counts = enquiry.counts.unwrap_or_default();
    format!(
        "{}  before {}: {} outstanding, {} asked back, {} unroutable, {} answered",
        clean(&enquiry.reference),
        deadline(enquiry.deadline.as_ref()),
        counts.outstanding,
        counts.asked,
        counts.unroutable,
        counts.answered
    )
}

/// One event on one line.
pub(super) fn event_line(event: &v1::Event) -> String {
    let check = event
        .check_id
        .rsplit_once('/')
        .map_or(String::new(), |(_, number)| {
            format!(" check {}", clean(number))
        });
    let mut line = format!(
        "{}  {}{check}  {}",
        exact(event.event_time.as_ref()),
        clean(&event.reference),
        word::<v1::EventType>(event.r#type)
    );
    let mut tell = |text: String| {
        let _ = write!(line, "  {text}");
    };
    if !event.responder_id.is_empty() {
        tell(clean(&event.responder_id));
    }
    if event.timeliness != 0 {
        tell(word::<v1::Timeliness>(event.timeliness));
    }
    if event.answer_version > 0 {
        tell(format!("version {}", event.answer_version));
    }
    if !event.step.is_empty() {
        tell(clean(&event.step));
    }
    if event.trouble != 0 {
        tell(word::<v1::Trouble>(event.trouble));
    }
    if event.decision != 0 {
        tell(word::<v1::DecisionKind>(event.decision));
    }
    if event.close_reason != 0 {
        tell(word::<v1::CloseReason>(event.close_reason));
    }
    for (name, time) in [
        ("due", &event.due_time),
        ("until", &event.expire_time),
        ("promised for", &event.expected_by_time),
        ("from", &event.from_time),
        ("to", &event.to_time),
    ] {
        if time.is_some() {
            tell(format!("{name} {}", civil(time.as_ref())));
        }
    }
    if !event.successor_check_id.is_empty() {
        let number = event
            .successor_check_id
            .rsplit_once('/')
            .map_or("", |(_, number)| number);
        tell(format!("goes on as check {}", clean(number)));
    }
    if event.by.is_some() {
        tell(format!("by {}", by(event.by.as_ref())));
    }
    line
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
            reference: "7K3M-9QXA-B".into(),
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
                    ..Default::default()
                },
            ],
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
    fn what_needs_somebody_stands_out() {
        let page = plain(&enquiry_page(&enquiry()));
        for wanted in [
            "NOT READ",
            "NOBODY YET",
            "UNROUTABLE: withheld",
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

    #[test]
    fn an_event_is_one_line_with_what_matters() {
        let event = v1::Event {
            reference: "7K3M-9QXA-B".into(),
            check_id: "018f/2".into(),
            event_time: Some(parse_instant("2026-11-23T10:00:05Z").unwrap()),
            r#type: v1::EventType::Answered.into(),
            responder_id: "hackney".into(),
            timeliness: v1::Timeliness::AfterHearing.into(),
            answer_version: 1,
            ..Default::default()
        };
        assert_eq!(
            event_line(&event),
            "Mon 23 Nov 2026 10:00:05  7K3M-9QXA-B check 2  answered  hackney  after hearing  version 1"
        );
    }
}
