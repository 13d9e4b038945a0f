//! What somebody at a borough says, as a form: filled in by the borough's desk, or by an operator who hears it over the telephone. It is
//! read twice: for the page that shows it before it is sent, and when it is sent.

use super::answers::{self, Said};
use super::form::Form;
use super::people::Somebody;
use super::{typed, words};
use crate::broker::input::SaidInput;
use jiff::civil::Time;
use usher_domain::enquiry::{Disposition, ReferralOutcome};
use usher_domain::limits;
use usher_domain::personal::{
    AbuseCategory, AnswerContent, Confidence, DataSource, Disclosure, DisclosureDecision, Episode,
    EpisodeKind, Handling, Match, RefusalReason, Remark, Topic, Validator, Worker,
};
use usher_domain::time::{Timestamp, from_london};

/// Rows of involvement, and of remarks, that a form begins with.
const ROWS: usize = 5;
const REMARK_ROWS: usize = 2;
/// What the buttons of the form mean; also the names of the fields that count its rows.
const DO: &str = "do";
const EPISODES: &str = "episodes";
const REMARKS: &str = "remarks";

/// A value of a field, and what people call it.
type Choice = (&'static str, &'static str);

/// What the form is made of, besides what was typed.
pub(super) struct Sheet {
    pub(super) who: Vec<(String, String)>,
    pub(super) is_referral: bool,
    pub(super) dispositions: Vec<Choice>,
    pub(super) outcomes: Vec<Choice>,
    pub(super) confidences: Vec<Choice>,
    pub(super) kinds: Vec<Choice>,
    pub(super) categories: Vec<Choice>,
    pub(super) handlings: Vec<Choice>,
    pub(super) topics: Vec<Choice>,
    pub(super) refusals: Vec<Choice>,
    pub(super) standings: Vec<Choice>,
    pub(super) episodes: Vec<Row>,
    pub(super) remarks: Vec<Row>,
    pub(super) matches: Vec<MatchRow>,
}

/// One involvement, or one remark, to be filled in: the names of its fields begin with `stem`.
pub(super) struct Row {
    pub(super) legend: String,
    pub(super) kind: String,
    pub(super) who: String,
    pub(super) standing: String,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) category: String,
    pub(super) status: String,
    pub(super) other: String,
    pub(super) text: String,
    pub(super) handling: String,
    /// Whether it is unfolded: the first, and those with something in them.
    pub(super) is_open: bool,
}

/// One of the people, and the names of the fields about them.
pub(super) struct MatchRow {
    pub(super) label: String,
    pub(super) confidence: String,
    pub(super) basis: String,
}

/// What a sent form wants.
pub(super) enum Step {
    /// To be shown (again): something is wrong with it, another row is wanted, or it is to be changed.
    Fill,
    /// To be looked at before it is sent.
    Check(Box<SaidInput>),
    /// To be sent.
    Send(Box<SaidInput>),
}

/// The form about `people`.
pub(super) fn sheet(form: &Form, people: &[Somebody], is_referral: bool) -> Sheet {
    let rows = |count: usize, stem: &'static str, title: &'static str| {
        let row = move |number| row(form, stem, title, number);
        (1..=count).map(row).collect()
    };
    let who = people.iter().map(|one| {
        let label = format!("{}: {}", one.label, one.name);
        (one.who.clone(), label)
    });
    let matches = (1..).zip(people).map(|(number, one)| MatchRow {
        label: format!("{}: {}", one.label, one.name),
        confidence: format!("match-{number}"),
        basis: format!("basis-{number}"),
    });
    Sheet {
        who: who.collect(),
        matches: matches.collect(),
        is_referral,
        dispositions: choices(Disposition::ALL, Disposition::name, explained),
        outcomes: choices(
            ReferralOutcome::ALL,
            ReferralOutcome::name,
            words::record::referral_outcome,
        ),
        confidences: choices(Confidence::ALL, Confidence::name, words::record::confidence),
        kinds: choices(EpisodeKind::ALL, EpisodeKind::name, words::record::episode),
        categories: choices(
            AbuseCategory::ALL,
            AbuseCategory::name,
            words::record::abuse,
        ),
        handlings: choices(Handling::ALL, Handling::name, words::record::handling),
        topics: choices(Topic::ALL, Topic::name, words::record::topic),
        refusals: choices(
            RefusalReason::ALL,
            RefusalReason::name,
            words::record::refusal,
        ),
        standings: vec![("open", "Open now"), ("closed", "Closed")],
        episodes: rows(count(form, EPISODES, ROWS), "episode", "Involvement"),
        remarks: rows(count(form, REMARKS, REMARK_ROWS), "remark", "Remark"),
    }
}

/// What is asked with each answer, so that nobody takes one for another.
const fn explained(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::NotKnown => "Not known: no record of any of these people",
        Disposition::KnownNothingRelevant => "Known, and nothing that we hold is relevant",
        Disposition::KnownRelevant => "Known, and what is relevant is told below",
        Disposition::HeldCannotDisclose => "We hold information that we cannot give",
    }
}

fn choices<T: Copy>(
    all: &[T],
    name: impl Fn(T) -> &'static str,
    word: impl Fn(T) -> &'static str,
) -> Vec<Choice> {
    all.iter().map(|one| (name(*one), word(*one))).collect()
}

/// How many rows the form has.
fn count(form: &Form, name: &str, first: usize) -> usize {
    let count = form.value(name).parse().unwrap_or(first);
    count.clamp(1, limits::ITEMS_PER_ANSWER_MAX)
}

fn row(form: &Form, stem: &str, title: &str, number: usize) -> Row {
    let name = |part: &str| format!("{stem}-{number}-{part}");
    Row {
        legend: format!("{title} {number}"),
        kind: name("kind"),
        who: name("who"),
        standing: name("open"),
        start: name("start"),
        end: name("end"),
        category: name("category"),
        status: name("status"),
        other: name("other"),
        text: name("text"),
        handling: name("handling"),
        is_open: number == 1 || is_used(form, stem, number),
    }
}

/// Whether a sent form is to be read, and not only to be shown again.
pub(super) fn is_filled(form: &Form) -> bool {
    !matches!(form.value(DO), "change" | "add-episode" | "add-remark")
}

/// What a sent form wants; where something is wrong it says so in the form.
pub(super) fn step(form: &mut Form, people: &[Somebody], is_referral: bool) -> Step {
    let more = |form: &mut Form, name: &str, first: usize| {
        let next = (count(form, name, first) + 1).min(limits::ITEMS_PER_ANSWER_MAX);
        form.set(name, &next.to_string());
        Step::Fill
    };
    match form.value(DO) {
        "change" => Step::Fill,
        "add-episode" => more(form, EPISODES, ROWS),
        "add-remark" => more(form, REMARKS, REMARK_ROWS),
        wanted => {
            let is_sending = wanted == "send";
            match read(form, people, is_referral) {
                Some(said) if is_sending => Step::Send(Box::new(said)),
                Some(said) => Step::Check(Box::new(said)),
                None => Step::Fill,
            }
        }
    }
}

/// What was typed, to be carried along by the page that shows it before it is sent.
pub(super) fn carried(form: &Form) -> Vec<(String, String)> {
    let typed = form.all().iter();
    typed.filter(|(name, _)| name != DO).cloned().collect()
}

/// What is about to be sent, as it will be read.
pub(super) fn preview(said: &SaidInput) -> Said {
    answers::said(
        said.disposition,
        said.outcome,
        said.data_as_of,
        &said.content,
    )
}

fn read(form: &mut Form, people: &[Somebody], is_referral: bool) -> Option<SaidInput> {
    let missing = "Choose what your answer comes to";
    let disposition = form.choice("disposition", Disposition::ALL, Disposition::name, missing);
    let outcome = is_referral.then(|| {
        let missing = "Choose what comes of the referral";
        form.choice(
            "outcome",
            ReferralOutcome::ALL,
            ReferralOutcome::name,
            missing,
        )
    });
    let (matches, of_matches) = matches(form, people);
    let (episodes, of_episodes) = episodes(form, people);
    let (remarks, of_remarks) = remarks(form);
    let refusal = optional(form, "refusal", RefusalReason::ALL, RefusalReason::name);
    let content = AnswerContent {
        matches,
        episodes,
        worker: worker(form),
        recent_contacts: typed::number(form, "recent_contacts"),
        last_contact: typed::date(form, "last_contact"),
        remarks,
        valid_until: typed::date(form, "valid_until"),
        source: Some(DataSource::People),
        disclosure: refusal.map(|refusal| Disclosure {
            decision: if disposition == Some(Disposition::HeldCannotDisclose) {
                DisclosureDecision::Deny
            } else {
                DisclosureDecision::Review
            },
            policy_version: String::new(),
            refusal: Some(refusal),
        }),
    };
    let data_as_of = as_of(form);
    let mut validator = Validator::default();
    content.validate(disposition, "answer", &mut validator);
    if let Err(violations) = validator.finish() {
        let rows = [
            ("matches[", "basis", of_matches),
            ("episodes[", "episode", of_episodes),
            ("remarks[", "remark", of_remarks),
        ];
        for violation in violations {
            form.fail(
                &field(&violation.field, &rows),
                words::capital(&violation.why),
            );
        }
    }
    form.is_sound().then_some(())?;
    Some(SaidInput {
        disposition: disposition?,
        outcome: outcome.flatten(),
        data_as_of,
        content,
    })
}

/// The day from which the records are, as its first moment.
fn as_of(form: &mut Form) -> Option<Timestamp> {
    let day = typed::date(form, "data_as_of")?;
    from_london(day.to_datetime(Time::midnight())).ok()
}

/// The choice of a field that may be left out.
fn optional<T: Copy>(
    form: &Form,
    field: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Option<T> {
    let mut all = all.iter().copied();
    all.find(|one| form.has(field, name(*one)))
}

fn all_of(form: &Form, field: &str) -> Vec<Handling> {
    let all = Handling::ALL.iter().copied();
    all.filter(|one| form.has(field, one.name())).collect()
}

/// The matches, and of each the number of its row.
fn matches(form: &mut Form, people: &[Somebody]) -> (Vec<Match>, Vec<usize>) {
    let (mut found, mut rows) = (Vec::new(), Vec::new());
    for (number, one) in (1..).zip(people) {
        let name = format!("match-{number}");
        let basis = form.value(&format!("basis-{number}")).to_owned();
        let confidence = optional(form, &name, Confidence::ALL, Confidence::name);
        if let Some(confidence) = confidence {
            found.push(Match {
                who: one.who.clone(),
                confidence,
                basis,
            });
            rows.push(number);
        } else if !basis.is_empty() {
            form.fail(
                &name,
                "Choose how sure it is, or leave out by what you found them",
            );
        }
    }
    (found, rows)
}

/// The involvement, and of each the number of its row.
fn episodes(form: &mut Form, people: &[Somebody]) -> (Vec<Episode>, Vec<usize>) {
    let (mut found, mut rows) = (Vec::new(), Vec::new());
    for number in 1..=count(form, EPISODES, ROWS) {
        let row = row(form, "episode", "", number);
        if !is_used(form, "episode", number) {
            continue;
        }
        let missing = "Choose the kind of involvement, or empty the rest of it";
        let kind = form.choice(&row.kind, EpisodeKind::ALL, EpisodeKind::name, missing);
        let standings = [true, false];
        let standing = |open: bool| if open { "open" } else { "closed" };
        let missing = "Say whether it is open or closed";
        let open = form.choice(&row.standing, &standings, standing, missing);
        let who = people.iter().find(|one| form.has(&row.who, &one.who));
        let who = who.map(|one| one.who.clone()).unwrap_or_default();
        let (start, end) = (typed::date(form, &row.start), typed::date(form, &row.end));
        if let (Some(kind), Some(open)) = (kind, open) {
            found.push(Episode {
                kind,
                who,
                open,
                start,
                end,
                category: optional(form, &row.category, AbuseCategory::ALL, AbuseCategory::name),
                legal_status: form.value(&row.status).to_owned(),
                other_authority: form.has(&row.other, "yes"),
                handling: all_of(form, &row.handling),
            });
            rows.push(number);
        }
    }
    (found, rows)
}

/// The remarks, and of each the number of its row.
fn remarks(form: &mut Form) -> (Vec<Remark>, Vec<usize>) {
    let (mut found, mut rows) = (Vec::new(), Vec::new());
    for number in 1..=count(form, REMARKS, REMARK_ROWS) {
        let row = row(form, "remark", "", number);
        if !is_used(form, "remark", number) {
            continue;
        }
        let text = form.value(&row.text).to_owned();
        if text.is_empty() {
            form.fail(&row.text, "Write the remark, or empty the rest of it");
        }
        let missing = "Choose what the remark is about";
        if let Some(topic) = form.choice(&row.kind, Topic::ALL, Topic::name, missing) {
            let handling = all_of(form, &row.handling);
            found.push(Remark {
                topic,
                text,
                handling,
            });
            rows.push(number);
        }
    }
    (found, rows)
}

/// Whether anything is typed or chosen in a row.
fn is_used(form: &Form, stem: &str, number: usize) -> bool {
    let start = format!("{stem}-{number}-");
    let mut all = form.all().iter();
    all.any(|(name, value)| name.starts_with(&start) && !value.trim().is_empty())
}

fn worker(form: &Form) -> Option<Worker> {
    let part = |part: &str| form.value(&format!("worker-{part}")).to_owned();
    let worker = Worker {
        name: part("name"),
        team: part("team"),
        phone: part("phone"),
        email: part("email"),
    };
    (worker != Worker::default()).then_some(worker)
}

/// The field of the form for the core's `path`; `rows` has the form's rows of each list.
fn field(path: &str, rows: &[(&str, &str, Vec<usize>)]) -> String {
    let path = path.strip_prefix("answer.").unwrap_or(path);
    for (list, stem, numbers) in rows {
        let Some((place, part)) = path
            .strip_prefix(list)
            .and_then(|rest| rest.split_once(']'))
        else {
            continue;
        };
        let place: usize = place.parse().unwrap_or_default();
        let number = numbers.get(place).copied().unwrap_or(1);
        return match (*stem, part) {
            ("basis", _) => format!("basis-{number}"),
            (stem, ".end") => format!("{stem}-{number}-end-day"),
            (stem, ".legal_status") => format!("{stem}-{number}-status"),
            (stem, part) => format!("{stem}-{number}-{}", part.trim_start_matches('.')),
        };
    }
    match path {
        "recent_contacts" => path.into(),
        "last_contact" => "last_contact-day".into(),
        path if path.starts_with("worker.") => path.replace('.', "-"),
        path if path.starts_with("disclosure") => "refusal".into(),
        _ => "disposition".into(),
    }
}
