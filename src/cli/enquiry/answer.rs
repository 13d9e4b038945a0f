//! Answers, questions and decisions as people read them: "no record" is never told as "no risk", and every piece of an
//! answer says how it may be used.

use super::show::{by, person};
use crate::cli::moment::civil;
use crate::cli::output::clean;
use crate::cli::words::{word, words};
use std::fmt::Write as _;
use usher_proto::v1;

/// Every version of a check's answer, the newest last.
pub(super) fn answers(page: &mut String, check: &v1::Check) {
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
            answered_by(answer),
            disposition(answer.disposition)
        );
        told_lines(page, answer);
    }
}

/// Who answered; for an answer by telephone who gave it, over which number, and who recorded it.
pub(in crate::cli) fn answered_by(answer: &v1::Answer) -> String {
    let by = by(answer.by.as_ref());
    match &answer.by_phone {
        Some(phone) => format!("{}, recorded by {by}", by_phone(phone)),
        None => by,
    }
}

/// Who gave an answer by telephone, and over which number.
pub(super) fn by_phone(phone: &v1::ByPhone) -> String {
    let given_by = person(phone.given_by.as_ref());
    format!("{given_by} by telephone ({})", clean(&phone.number))
}

/// What whoever read a late answer said of it, after `lead`; empty where nothing was asked.
pub(super) fn would_have_changed(lead: &str, effects: &[i32]) -> String {
    if effects.is_empty() {
        return String::new();
    }
    let effects = words::<v1::LateEffect>(effects);
    format!("{lead}would have changed {effects}")
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

/// Category, legal status and whose plan it is, where they are known.
fn particulars(episode: &v1::Episode) -> String {
    let mut known = Vec::new();
    if episode.category != 0 {
        known.push(word::<v1::AbuseCategory>(episode.category));
    }
    if !episode.legal_status.is_empty() {
        known.push(format!("legal status {}", clean(&episode.legal_status)));
    }
    if episode.other_authority {
        known.push("another authority's".into());
    }
    if known.is_empty() {
        return String::new();
    }
    format!(" ({})", known.join(", "))
}

/// What the answer rests on, and how it was decided what may be told.
fn grounds(page: &mut String, content: &v1::AnswerContent) {
    if content.source != 0 {
        let _ = writeln!(
            page,
            "  from {} data",
            word::<v1::DataSource>(content.source)
        );
    }
    if let Some(disclosure) = &content.disclosure {
        let why = match disclosure.refusal {
            0 => String::new(),
            some => format!(": {}", word::<v1::RefusalReason>(some)),
        };
        let _ = writeln!(
            page,
            "  disclosure: {}{why} (rules {})",
            word::<v1::DisclosureDecision>(disclosure.decision),
            clean(&disclosure.policy_version)
        );
    }
}

/// What was told, and how old the data is that it rests on.
pub(in crate::cli) fn told_lines(page: &mut String, answer: &v1::Answer) {
    if answer.referral_outcome != 0 {
        let outcome = word::<v1::ReferralOutcome>(answer.referral_outcome);
        let _ = writeln!(page, "  comes of the referral: {outcome}");
    }
    if answer.data_as_of_time.is_some() {
        let _ = writeln!(
            page,
            "  data as of {}",
            civil(answer.data_as_of_time.as_ref())
        );
    }
    if let Some(content) = &answer.content {
        content_lines(page, content);
    }
}

/// What is said, each piece with how it may be used.
fn content_lines(page: &mut String, content: &v1::AnswerContent) {
    grounds(page, content);
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
            "  {}: {} {}{} from {}{until}   [{}]",
            clean(&episode.who),
            if episode.open { "open" } else { "closed" },
            word::<v1::EpisodeKind>(episode.kind),
            particulars(episode),
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
    let latest = match content.last_contact.as_str() {
        "" => String::new(),
        date => format!(", the latest {}", clean(date)),
    };
    if let Some(count) = content.recent_contacts {
        let _ = writeln!(page, "  contacts in the last year: {count}{latest}");
    } else if !latest.is_empty() {
        let _ = writeln!(page, "  contacts: not counted{latest}");
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

pub(super) fn exchanges(page: &mut String, check: &v1::Check) {
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

pub(super) fn decisions(page: &mut String, enquiry: &v1::Enquiry) {
    for decision in &enquiry.decisions {
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
    if let Some(sentence) = &enquiry.sentence {
        let outstanding = match sentence.outstanding_check_ids.len() {
            0 => String::new(),
            1 => ", with 1 outstanding check".into(),
            some => format!(", with {some} outstanding checks"),
        };
        let _ = writeln!(
            page,
            "\nSentenced on {}: {}{outstanding}, recorded by {} on {}",
            clean(&sentence.sentence_date),
            word::<v1::SentenceOutcome>(sentence.outcome),
            by(sentence.by.as_ref()),
            civil(sentence.record_time.as_ref())
        );
    }
}
