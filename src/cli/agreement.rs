//! `usher agreement`: what the files of information-sharing agreements come to, without a broker.

use super::Context;
use super::config::{ConfigArgs, refused};
use super::failure::{Exit, Failure};
use super::output::{Tone, cell, clean, table, toned};
use crate::config::agreements::{self, Files};
use crate::config::fault::{Fault, Faults};
use crate::directory::{Authorities, Responders};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use usher_domain::actor::Person;
use usher_domain::agreement::{
    Agreement, Agreements, Basis, Contact, Cover, DataCategory, Ruling, SharingDecision,
};
use usher_domain::code::{AgreementId, ResponderId, ResponderKind};
use usher_domain::enquiry::{Purpose, UnroutableWhy};

#[derive(Debug, Subcommand)]
pub(super) enum AgreementCommand {
    /// List the agreements, the days on which they hold, and how many are left
    #[command(
        before_help = "Examples:\n  usher agreement list --config config/usher.toml\n  usher agreement list --on 2027-04-01 --format json"
    )]
    List(ListArgs),
    /// Show all of one agreement, every version
    #[command(
        before_help = "Examples:\n  usher agreement show pan-london --config config/usher.toml\n  usher agreement show pan-london --format json"
    )]
    Show(ShowArgs),
    /// Say for which purposes each responder may be asked, and what people should look at; 7 where something is denied
    #[command(
        before_help = "Examples:\n  usher agreement check --config config/usher.toml\n  usher agreement check --responder hackney --purpose curfew --on 2027-04-01"
    )]
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    files: FileArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The agreement's id
    #[arg(value_name = "AGREEMENT", value_parser = agreement_id)]
    id: AgreementId,
    #[command(flatten)]
    files: FileArgs,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Only this responder
    #[arg(long, value_name = "RESPONDER", value_parser = responder_id)]
    responder: Option<ResponderId>,
    /// Only this purpose, such as court-report
    #[arg(long, value_name = "PURPOSE", value_parser = purpose)]
    purpose: Option<Purpose>,
    #[command(flatten)]
    files: FileArgs,
}

/// Which agreements, and on which day.
#[derive(Debug, Args)]
struct FileArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The day that counts [default: today in London]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

fn agreement_id(text: &str) -> Result<AgreementId, String> {
    AgreementId::parse(text).map_err(|error| error.to_string())
}

fn responder_id(text: &str) -> Result<ResponderId, String> {
    ResponderId::parse(text).map_err(|error| error.to_string())
}

fn purpose(text: &str) -> Result<Purpose, String> {
    let names = || Purpose::ALL.iter().map(|one| word(one.name()));
    Purpose::parse(&text.replace('-', "_"))
        .ok_or_else(|| format!("expected one of {}", names().collect::<Vec<_>>().join(", ")))
}

/// A code as the command line says it.
fn word(name: &str) -> String {
    name.replace('_', "-")
}

/// The files that a configuration names, and its responders.
struct Opened {
    files: Files,
    responders: BTreeMap<ResponderId, ResponderKind>,
    day: Date,
}

impl FileArgs {
    /// Without a configuration, the example and the responders that ship.
    fn open(&self, context: &Context) -> Result<Opened, Failure> {
        let faulty = |faults: Vec<Fault>| refused(&Faults(faults));
        let unusable = |error: &(dyn std::error::Error + 'static)| {
            Failure::caused(Exit::Usage, error, "usher config check says what is wrong")
        };
        let config = self.config.load(context)?.config;
        let directory = &config.directory;
        let authorities = Authorities::load(
            directory.authorities.as_deref(),
            directory.districts.as_deref(),
        );
        let authorities = authorities.map_err(|error| unusable(&error))?;
        let (files, responders) = if self.config.file(context).is_some() {
            let files = agreements::load(&config.agreements.folder).map_err(faulty)?;
            (files, Responders::load(&directory.responders, &authorities))
        } else {
            let files = agreements::built_in().map_err(faulty)?;
            (files, Responders::built_in(&authorities))
        };
        let responders = responders.map_err(|error| unusable(&error))?;
        Ok(Opened {
            files,
            responders: responders
                .iter()
                .map(|one| (one.id.clone(), one.kind))
                .collect(),
            day: self.on.unwrap_or_else(Context::today),
        })
    }
}

pub(super) fn run(command: AgreementCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        AgreementCommand::List(args) => list(&args, context),
        AgreementCommand::Show(args) => show(&args, context),
        AgreementCommand::Check(args) => check(&args, context),
    }
}

fn list(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let Opened { files, day, .. } = args.files.open(context)?;
    let all = &files.agreements;
    if context.output.is_json() {
        let items: Vec<Value> = all.iter().map(|one| value(one, all, day)).collect();
        context.output.items(&items)?;
        return Ok(Exit::Ok);
    }
    let mut rows = table(&[
        "agreement",
        "version",
        "from",
        "to",
        "stands",
        "days left",
        "parties",
        "programs answer",
    ]);
    for one in all.iter() {
        let (left, tone) = match days_left(one, all, day) {
            Some(left) if left <= 30 => (left.to_string(), Tone::Bad),
            Some(left) if left <= 90 => (left.to_string(), Tone::Doubtful),
            Some(left) => (left.to_string(), Tone::Plain),
            None => ("-".into(), Tone::Plain),
        };
        rows.add_row([
            cell(one.id.as_str()),
            cell(&one.version),
            cell(one.term.from.to_string()),
            cell(last_day(one)),
            cell(standing(one, day)),
            toned(left, tone),
            cell(one.parties.len().to_string()),
            cell(if one.automatic_answers { "yes" } else { "no" }),
        ]);
    }
    context.output.print(&rows.to_string())?;
    Ok(Exit::Ok)
}

/// Days until a party of the agreement in force has none; with what follows it counted.
fn days_left(agreement: &Agreement, all: &Agreements, day: Date) -> Option<i32> {
    let mut endings = all.endings(day).into_iter();
    let own = endings.find(|ending| ending.agreement == agreement)?;
    Some(own.days_left)
}

fn last_day(agreement: &Agreement) -> String {
    agreement
        .term
        .to
        .map_or_else(|| "-".into(), |to| to.to_string())
}

fn standing(agreement: &Agreement, day: Date) -> &'static str {
    if agreement.term.contains(day) {
        if agreement.bases_on(day).next().is_none() {
            "in force, no basis"
        } else {
            "in force"
        }
    } else if agreement.term.from > day {
        "to come"
    } else {
        "ended"
    }
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = names.into_iter().map(word).collect();
    if words.is_empty() {
        "-".into()
    } else {
        words.join(", ")
    }
}

fn value(agreement: &Agreement, all: &Agreements, day: Date) -> Value {
    let Agreement {
        id,
        version,
        title,
        term,
        parties,
        bases,
        permit,
        review,
        categories,
        automatic_answers,
        retention_days,
        contacts,
    } = agreement;
    let purposes = |list: &[Purpose]| -> Vec<&str> { list.iter().map(|one| one.name()).collect() };
    let bases: Vec<Value> = { bases.iter() }
        .map(|basis| {
            json!({
                "code": &*basis.code,
                "title": &*basis.title,
                "from": basis.term.from.to_string(),
                "to": basis.term.to.map(|to| to.to_string()),
                "inForce": basis.term.contains(day),
            })
        })
        .collect();
    let contacts: Vec<Value> = { contacts.iter() }
        .map(|contact| {
            json!({
                "party": contact.party.as_ref().map(ToString::to_string),
                "name": contact.person.name,
                "post": contact.person.post,
                "contact": contact.person.contact,
            })
        })
        .collect();
    json!({
        "id": id.as_str(),
        "version": &**version,
        "title": &**title,
        "from": term.from.to_string(),
        "to": term.to.map(|to| to.to_string()),
        "stands": standing(agreement, day),
        "daysLeft": days_left(agreement, all, day),
        "parties": parties.iter().map(ResponderId::as_str).collect::<Vec<_>>(),
        "permit": purposes(permit),
        "review": purposes(review),
        "categories": categories.iter().map(|one| one.name()).collect::<Vec<_>>(),
        "automaticAnswers": automatic_answers,
        "retentionDays": retention_days,
        "bases": bases,
        "contacts": contacts,
    })
}

fn show(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let Opened { files, day, .. } = args.files.open(context)?;
    let all = &files.agreements;
    let found: Vec<&Agreement> = all.iter().filter(|one| one.id == args.id).collect();
    if found.is_empty() {
        let what = format!("there is no agreement {}", args.id);
        return Err(Failure::new(
            Exit::NotFound,
            what,
            "usher agreement list shows them",
        ));
    }
    if context.output.is_json() {
        let items: Vec<Value> = found.iter().map(|one| value(one, all, day)).collect();
        context.output.items(&items)?;
        return Ok(Exit::Ok);
    }
    let pages: Vec<String> = found.iter().map(|one| page(one, all, day)).collect();
    context.output.print(&pages.join("\n"))?;
    Ok(Exit::Ok)
}

fn page(agreement: &Agreement, all: &Agreements, day: Date) -> String {
    let mut page = String::new();
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(page, "{name:<12}{}", clean(text));
    };
    let (reference, stands) = (agreement.reference(), standing(agreement, day));
    line("Agreement", &format!("{reference}   {stands}"));
    line("Title", &agreement.title);
    line("From", &agreement.term.from.to_string());
    let left = days_left(agreement, all, day);
    let left = left.map_or_else(String::new, |left| format!("   {left} days left"));
    line("To", &format!("{}{left}", last_day(agreement)));
    let purposes = |list: &[Purpose]| names(list.iter().map(|one| one.name()));
    line("Permitted", &purposes(&agreement.permit));
    line("For people", &purposes(&agreement.review));
    let sent = |wanted: bool| {
        let is_sent = |one: &&DataCategory| agreement.categories.contains(*one) == wanted;
        let categories = DataCategory::ALL.iter().filter(is_sent);
        names(categories.map(|one| one.name()))
    };
    line("Sent", &sent(true));
    line("Never sent", &sent(false));
    line(
        "Programs",
        if agreement.automatic_answers {
            "may answer"
        } else {
            "may not answer"
        },
    );
    line("Retention", &format!("{} days", agreement.retention_days));
    for basis in &agreement.bases {
        line("Basis", &basis_line(basis, day));
    }
    for contact in &agreement.contacts {
        line("Contact", &contact_line(contact));
    }
    let parties: Vec<&str> = agreement.parties.iter().map(ResponderId::as_str).collect();
    line("Parties", &parties.join(", "));
    page
}

fn basis_line(basis: &Basis, day: Date) -> String {
    let Basis { code, title, term } = basis;
    let force = if term.contains(day) {
        "in force"
    } else {
        "NOT in force"
    };
    let to = term.to.map_or_else(String::new, |to| format!(" to {to}"));
    format!("{code}   {force}, from {}{to}   {title}", term.from)
}

fn contact_line(contact: &Contact) -> String {
    let Person {
        name,
        post,
        contact: reached,
    } = &contact.person;
    let whose = contact
        .party
        .as_ref()
        .map_or_else(String::new, |party| format!("   for {party}"));
    format!("{name}, {post}, {reached}{whose}")
}

/// What is decided of one responder's purposes.
struct Row<'a> {
    responder: &'a ResponderId,
    purpose: Purpose,
    ruling: Ruling<'a>,
}

fn check(args: &CheckArgs, context: &Context) -> Result<Exit, Failure> {
    let opened = args.files.open(context)?;
    let Opened {
        files,
        responders,
        day,
    } = &opened;
    if let Some(unknown) = args
        .responder
        .as_ref()
        .filter(|id| !responders.contains_key(*id))
    {
        let what = format!("there is no responder {unknown}");
        return Err(Failure::new(
            Exit::NotFound,
            what,
            "usher directory list shows them",
        ));
    }
    let wanted = |id: &ResponderId| args.responder.as_ref().is_none_or(|one| one == id);
    let purposes = args
        .purpose
        .as_ref()
        .map_or(Purpose::ALL, core::slice::from_ref);
    // What a kind of service is never asked for is no gap in its agreement.
    let suited = |kind: ResponderKind| purposes.iter().filter(move |purpose| purpose.suits(kind));
    let rows: Vec<Row<'_>> = { responders.iter() }
        .filter(|(id, _)| wanted(id))
        .flat_map(|(id, kind)| suited(*kind).map(move |purpose| (id, *purpose)))
        .map(|(responder, purpose)| Row {
            responder,
            purpose,
            ruling: files.agreements.ruling(responder, purpose, *day),
        })
        .collect();
    if context.output.is_json() {
        context
            .output
            .items(&rows.iter().map(row_value).collect::<Vec<_>>())?;
    } else {
        context
            .output
            .print(&rulings(&rows, &files.agreements, *day))?;
        let all: BTreeSet<ResponderId> = responders.keys().cloned().collect();
        for fault in files.check(Some(&all), *day) {
            context.output.note(&fault.to_string());
        }
    }
    let denied = |row: &Row<'_>| row.ruling.decision == SharingDecision::Deny;
    Ok(if rows.iter().any(denied) {
        Exit::Found
    } else {
        Exit::Ok
    })
}

fn row_value(row: &Row<'_>) -> Value {
    let agreement = row.ruling.agreement.map(Agreement::reference);
    json!({
        "responderId": row.responder.as_str(),
        "purpose": row.purpose.name(),
        "decision": row.ruling.decision.name(),
        "why": row.ruling.why.map(UnroutableWhy::name),
        "agreementId": agreement.as_ref().map(|one| one.id.to_string()),
        "agreementVersion": agreement.as_ref().map(|one| one.version.to_string()),
        "automaticAnswers": row.ruling.automatic_answers(),
    })
}

/// A row for each responder: the purposes by what is decided of them.
fn rulings(rows: &[Row<'_>], all: &Agreements, day: Date) -> String {
    let mut told = table(&[
        "responder",
        "agreement",
        "until",
        "permitted",
        "for people",
        "denied",
    ]);
    for theirs in rows.chunk_by(|one, other| one.responder == other.responder) {
        let Some(first) = theirs.first() else {
            continue;
        };
        let decided = |decision| {
            let those = theirs.iter().filter(|row| row.ruling.decision == decision);
            names(those.map(|row| row.purpose.name()))
        };
        let denied = decided(SharingDecision::Deny);
        let mut why: Vec<&str> = { theirs.iter() }
            .filter_map(|row| row.ruling.why.map(UnroutableWhy::name))
            .collect();
        why.dedup();
        let (denied, tone) = match &why[..] {
            [] => (denied, Tone::Plain),
            why => (
                format!("{denied}: {}", names(why.iter().copied())),
                Tone::Bad,
            ),
        };
        let until = match all.cover(first.responder, day) {
            Cover::None | Cover::Endless => "-".into(),
            Cover::Until(last) => last.to_string(),
        };
        let agreement = first
            .ruling
            .agreement
            .map(|one| one.reference().to_string());
        told.add_row([
            cell(first.responder.as_str()),
            cell(agreement.as_deref().unwrap_or("-")),
            cell(until),
            cell(decided(SharingDecision::Permit)),
            cell(decided(SharingDecision::Review)),
            toned(denied, tone),
        ]);
    }
    told.to_string()
}
