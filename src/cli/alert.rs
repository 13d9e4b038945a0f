//! `usher alert`: what a named person must look at. A borough's trouble is one line, however many checks it holds up; who looks after
//! one check asks for each.

mod acknowledge;
mod each;
mod group;

pub(super) use each::alerts;

use super::Context;
use super::client::{ActArgs, ConnectArgs};
use super::failure::{Exit, Failure};
use super::output::clean;
use super::pages::PageArgs;
use super::words;
use clap::{Args, Subcommand};
use usher_proto::v1;

#[derive(Debug, Subcommand)]
pub(super) enum AlertCommand {
    /// List what has not ended, nearest deadline first: a line for each responder and cause, however many checks it holds up
    #[command(
        before_help = "Examples:\n  usher alert list\n  usher alert list --audience operator --format json\n  usher alert list --each --state open --responder hackney"
    )]
    List(ListArgs),
    /// Show what has not ended, a line for each responder and cause, then each line that changes, until Ctrl-C
    #[command(
        before_help = "Examples:\n  usher alert watch\n  usher alert watch --each --court B01IX --resume CURSOR --format json"
    )]
    Watch(WatchArgs),
    /// Take an alert on, or all open ones of a responder and cause; each opens again unless its check moves on
    #[command(
        before_help = "Examples:\n  usher alert acknowledge 7K3M-9QXA-A/3 --note \"Ringing the duty desk\"\n  usher alert acknowledge --responder hackney --cause no-adapter --note \"Their system is down\""
    )]
    Acknowledge(AcknowledgeArgs),
}

/// Which alerts.
#[derive(Debug, Args)]
struct FilterArgs {
    /// Only for this audience; may be given again
    #[arg(long, value_parser = words::parser::<v1::Audience>())]
    audience: Vec<v1::Audience>,
    /// Only of this court, by OU code; may be given again
    #[arg(long, value_name = "CODE")]
    court: Vec<String>,
    /// Only about checks of this responder; may be given again
    #[arg(long, value_name = "ID")]
    responder: Vec<String>,
}

impl FilterArgs {
    fn audiences(&self) -> Vec<i32> {
        self.audience
            .iter()
            .map(|audience| (*audience).into())
            .collect()
    }
}

#[derive(Debug, Args)]
#[command(
    mut_arg("limit", |limit| limit.requires("each").help("With --each: at most so many alerts")),
    mut_arg("page_token", |token| token.requires("each").help("With --each: go on where the list before ended, with the same filter")),
)]
pub(super) struct ListArgs {
    /// Show the alert of each check
    #[arg(long)]
    each: bool,
    /// With --each: only in this state; may be given again [default: open and acknowledged]
    #[arg(long, requires = "each", value_parser = words::parser::<v1::AlertState>())]
    state: Vec<v1::AlertState>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Show the alert of each check
    #[arg(long)]
    each: bool,
    /// With --each: go on after this cursor instead of starting with what has not ended
    #[arg(
        long,
        value_name = "CURSOR",
        requires = "each",
        default_value = "",
        hide_default_value = true
    )]
    resume: String,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct AcknowledgeArgs {
    /// The alert: the enquiry's id or reference, a slash, the alert's number
    #[arg(
        value_name = "ALERT",
        required_unless_present = "responder",
        conflicts_with = "responder"
    )]
    alert: Option<String>,
    /// Instead of one alert all open ones about checks of this responder, nearest deadline first; `-` for those that have none
    #[arg(
        long,
        value_name = "ID",
        requires = "cause",
        conflicts_with = "request_id"
    )]
    responder: Option<String>,
    /// With --responder: the cause, as `usher alert list` shows it
    #[arg(long, value_name = "CAUSE", requires = "responder")]
    cause: Option<String>,
    /// What will be done; `-` reads it from the standard input
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) async fn run(command: AlertCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        AlertCommand::List(args) if args.each => each::list(&args, context).await,
        AlertCommand::List(args) => group::list(&args, context).await,
        AlertCommand::Watch(args) if args.each => each::watch(&args, context).await,
        AlertCommand::Watch(args) => group::watch(&args, context).await,
        AlertCommand::Acknowledge(args) => acknowledge::run(&args, context).await,
    }
}

/// The alert as people say it: the reference of the enquiry, a slash, its number.
fn spoken(id: &str, reference: &str) -> String {
    let number = id.rsplit_once('/').map_or("-", |(_, number)| number);
    format!("{}/{}", clean(reference), clean(number))
}

/// A cause as people read it.
fn in_words(cause: &str) -> String {
    clean(cause).replace(['_', '-'], " ")
}
