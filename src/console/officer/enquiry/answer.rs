//! What a borough says, version by version, with how each piece may be used.

use super::{Line, line};
use crate::console::when;
use crate::console::words::{self, record};
use std::collections::BTreeSet;
use usher_domain::enquiry::{Answer, Disposition, Receipt, Timeliness};
use usher_domain::personal::{AnswerContent, Episode, Handling, Remark, Worker};

/// A piece of an answer.
pub(super) struct Piece {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    /// How it may be used.
    pub(super) handling: Vec<&'static str>,
}

/// One version of an answer.
pub(super) struct AnswerView {
    pub(super) title: String,
    pub(super) is_newest: bool,
    pub(super) is_late: bool,
    pub(super) disposition: &'static str,
    /// What that does and does not mean.
    pub(super) meaning: &'static str,
    /// What must not be done with it, above everything.
    pub(super) handling: Vec<&'static str>,
    pub(super) lines: Vec<Line>,
    pub(super) pieces: Vec<Piece>,
}

/// The answer and what it says.
pub(super) fn view(
    answer: &Answer,
    content: Option<&AnswerContent>,
    version: u8,
    receipt: Option<&Receipt>,
    is_newest: bool,
) -> AnswerView {
    let empty = AnswerContent::default();
    let content = content.unwrap_or(&empty);
    let episodes = content.episodes.iter().map(|one| &one.handling);
    let remarks = content.remarks.iter().map(|one| &one.handling);
    let all: BTreeSet<Handling> = episodes
        .chain(remarks)
        .flat_map(|codes| codes_of(codes))
        .collect();
    let restricts = |code: &Handling| *code != Handling::MayCite;
    let pieces = content.episodes.iter().map(episode);
    AnswerView {
        title: format!("Version {version}"),
        is_newest,
        is_late: answer.timeliness == Timeliness::AfterHearing,
        disposition: words::disposition(answer.disposition),
        meaning: meaning(answer.disposition),
        handling: all
            .into_iter()
            .filter(restricts)
            .map(record::handling)
            .collect(),
        lines: lines(answer, content, receipt.filter(|_| is_newest)),
        pieces: pieces.chain(content.remarks.iter().map(remark)).collect(),
    }
}

/// A piece without a code is for probation only.
fn codes_of(codes: &[Handling]) -> Vec<Handling> {
    if codes.is_empty() {
        vec![Handling::ProbationOnly]
    } else {
        codes.to_vec()
    }
}

fn told(codes: &[Handling]) -> Vec<&'static str> {
    codes_of(codes).into_iter().map(record::handling).collect()
}

/// What an answer does not say. None of them says that there is no risk.
const fn meaning(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::NotKnown => {
            "This does not mean that there is no risk. It means only that they found nobody who matches in what they looked at."
        }
        Disposition::KnownNothingRelevant => {
            "They know somebody here, and hold nothing that they find relevant. This does not mean that there is no risk."
        }
        Disposition::KnownRelevant => "They hold information that matters. Read all of it.",
        Disposition::HeldCannotDisclose => {
            "They hold information that they cannot tell here. Ring their duty line, and tell the court that information is held."
        }
    }
}

fn lines(answer: &Answer, content: &AnswerContent, receipt: Option<&Receipt>) -> Vec<Line> {
    let by_phone = answer.by_phone.as_ref().map(|phone| {
        let given = record::person(&phone.given_by);
        format!("by telephone from {given}, over {}", phone.number)
    });
    let by = [record::by(&answer.by), when::moment(answer.at)];
    let as_of = answer
        .data_as_of
        .map(|at| format!("as of {}", when::moment(at)));
    let source = content
        .source
        .map(|source| record::source(source).to_owned());
    let disclosure = content.disclosure.as_ref().map(|one| {
        let why = one.refusal.map(record::refusal);
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        format!("{}{why}", record::disclosure(one.decision))
    });
    let matches = content.matches.iter().map(|found| {
        let sure = record::confidence(found.confidence);
        let basis = if found.basis.is_empty() { "" } else { ", by " };
        format!("{}: {sure}{basis}{}", found.who, found.basis)
    });
    let contacts = content
        .recent_contacts
        .map(|count| format!("{count} in the last year"));
    let last = content
        .last_contact
        .map(|day| format!("last on {}", when::date(day)));
    let valid = content.valid_until.map(when::date);
    let outcome = answer
        .outcome
        .map(|one| record::referral_outcome(one).to_owned());
    let read = receipt.map(|receipt| {
        let effects: Vec<_> = receipt
            .effects
            .iter()
            .map(|one| record::late_effect(*one))
            .collect();
        let read = format!("{}, {}", record::by(&receipt.by), when::moment(receipt.at));
        let effects = (!effects.is_empty()).then(|| {
            format!(
                "It would have changed: {}",
                effects.join(", ").to_lowercase()
            )
        });
        [Some(read), effects]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    });
    let mut lines = vec![
        line("Answered by", by.into_iter().chain(by_phone).collect()),
        line("Outcome", outcome.into_iter().collect()),
        line("Rests on", source.into_iter().chain(as_of).collect()),
        line("Telling", disclosure.into_iter().collect()),
        line("Who was found", matches.collect()),
        line("Contacts", contacts.into_iter().chain(last).collect()),
        line(
            "Worker",
            content.worker.as_ref().map(worker).unwrap_or_default(),
        ),
        line("Good until", valid.into_iter().collect()),
        line("Read by", read.unwrap_or_default()),
    ];
    lines.retain(|line| !line.values.is_empty());
    lines
}

fn worker(worker: &Worker) -> Vec<String> {
    let Worker {
        name,
        team,
        phone,
        email,
    } = worker;
    [name, team, phone, email].map(Clone::clone).into()
}

fn episode(episode: &Episode) -> Piece {
    let open = if episode.open { "open" } else { "ended" };
    let dates = [(episode.start, "from"), (episode.end, "to")];
    let dates = dates
        .into_iter()
        .filter_map(|(day, word)| Some(format!("{word} {}", when::date(day?))));
    let mut lines = vec![episode.who.clone(), words::capital(open)];
    lines.extend(dates);
    lines.extend(
        episode
            .category
            .map(|one| words::capital(record::abuse(one))),
    );
    if !episode.legal_status.is_empty() {
        lines.push(format!("Legal status {}", episode.legal_status));
    }
    if episode.other_authority {
        lines.push("Of another authority".into());
    }
    lines.retain(|line| !line.is_empty());
    Piece {
        title: record::episode(episode.kind).into(),
        lines,
        handling: told(&episode.handling),
    }
}

fn remark(remark: &Remark) -> Piece {
    Piece {
        title: record::topic(remark.topic).into(),
        lines: remark.text.lines().map(str::to_owned).collect(),
        handling: told(&remark.handling),
    }
}
