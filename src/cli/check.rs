//! `usher check`: the part of an enquiry that one responder must answer. Desks and testers act as an adapter does; operators
//! and officers route and close, and operators record what was answered by telephone.

mod adapter;
mod answer_by_phone;
mod show;

use super::Context;
use super::client::{ActArgs, Client, words_or_stdin};
use super::enquiry::{check_id, shown, to_confirm};
use super::failure::{Exit, Failure};
use super::words;
use clap::{Args, Subcommand};
use usher_proto::v1;

#[derive(Debug, Subcommand)]
pub(super) enum CheckCommand {
    /// List the checks of your responders, nearest deadline first
    #[command(
        before_help = "Examples:\n  usher check list --state waiting\n  usher check list --responder hackney --format json"
    )]
    List(adapter::ListArgs),
    /// Show one check with the people and addresses
    #[command(before_help = "Examples:\n  usher check show 7K3M-9QXA-A/1")]
    Show(adapter::ShowArgs),
    /// Take waiting checks, nearest deadline first
    #[command(
        before_help = "Examples:\n  usher check lease --max 5\n  usher check lease --responder hackney --wait 60 --format json"
    )]
    Lease(adapter::LeaseArgs),
    /// Keep a leased check longer
    #[command(
        before_help = "Examples:\n  usher check renew 7K3M-9QXA-A/1 --lease 018f3b8e-7c1d-7a50-9b6e-3f8a0c4d2e10"
    )]
    Renew(adapter::RenewArgs),
    /// Say that people have taken a check on
    #[command(
        before_help = "Examples:\n  usher check accept 7K3M-9QXA-A/1 --expected-by 2026-11-23T12:00"
    )]
    Accept(adapter::AcceptArgs),
    /// Answer a check
    #[command(
        before_help = "Examples:\n  usher check answer 7K3M-9QXA-A/1 --disposition not-known\n  \
                       usher check answer 7K3M-9QXA-A/1 --disposition known-relevant --content answer.json\n  \
                       usher check answer --example"
    )]
    Answer(adapter::AnswerArgs),
    /// Record an answer that came by telephone (operators); the program that had the check has lost it. `usher check answer --example`
    /// shows the form of a longer answer
    #[command(
        before_help = "Examples:\n  usher check answer-by-phone 7K3M-9QXA-A/1 --disposition not-known --given-by \"Dana Desk\" --number \"020 7946 0123\"\n  \
                       usher check answer-by-phone 7K3M-9QXA-A/1 --disposition known-relevant --content answer.json --given-by \"Dana Desk\" \
                       --given-by-post \"MASH duty desk\" --number \"020 7946 0123\""
    )]
    AnswerByPhone(answer_by_phone::AnswerByPhoneArgs),
    /// Give a check back to the queue
    #[command(before_help = "Examples:\n  usher check release 7K3M-9QXA-A/1")]
    Release(adapter::ReleaseArgs),
    /// Ask the officer for more; the deadline stands
    #[command(
        before_help = "Examples:\n  usher check ask 7K3M-9QXA-A/1 --question \"Which of the two addresses is current?\""
    )]
    Ask(adapter::AskArgs),
    /// Say that a check is somebody else's; a new one carries the same deadline
    #[command(
        before_help = "Examples:\n  usher check redirect 7K3M-9QXA-A/1 --authority E09000012\n  \
                       usher check redirect 7K3M-9QXA-A/1 --unknown"
    )]
    Redirect(adapter::RedirectArgs),
    /// Route a check that leads nowhere or to the wrong responder (operators). An unroutable check stands for every address
    /// that `usher enquiry show` lists under it: name each authority concerned
    #[command(
        before_help = "Examples:\n  usher check reroute 7K3M-9QXA-A/1 --authority E09000012\n  usher check reroute 7K3M-9QXA-A/1 --responder hackney\n  \
                       usher check reroute 7K3M-9QXA-A/1 --authority E09000012 --authority E09000007"
    )]
    Reroute(RerouteArgs),
    /// End a check, with a reason (operators, officers and managers). Where the broker's policy wants two persons for the reason, this
    /// proposes it, and the check ends when another person gives the same command
    #[command(
        before_help = "Examples:\n  usher check close 7K3M-9QXA-A/1 --reason answered-elsewhere --note \"The case file has the answer of last week\"\n  \
                       usher check close 7K3M-9QXA-A/1 --reason other"
    )]
    Close(CloseArgs),
}

#[derive(Debug, Args)]
pub(super) struct RerouteArgs {
    /// The check: the enquiry's id or reference, a slash, the check's number
    #[arg(value_name = "CHECK")]
    check: String,
    #[command(flatten)]
    to: ToArgs,
    #[command(flatten)]
    act: ActArgs,
}

/// To whom: at least one.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct ToArgs {
    /// To the responder of this authority, by GSS code; may be given again
    #[arg(long, value_name = "CODE")]
    authority: Vec<String>,
    /// To this responder; may be given again
    #[arg(long, value_name = "ID")]
    responder: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct CloseArgs {
    /// The check: the enquiry's id or reference, a slash, the check's number
    #[arg(value_name = "CHECK")]
    check: String,
    /// Why
    #[arg(long, value_parser = words::parser::<v1::CloseReason>())]
    reason: v1::CloseReason,
    /// Why, in words, needed for `other` unless another person proposed that; `-` reads it from the standard input
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) async fn run(command: CheckCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        CheckCommand::List(args) => adapter::list(&args, context).await,
        CheckCommand::Show(args) => adapter::show(&args, context).await,
        CheckCommand::Lease(args) => adapter::lease(&args, context).await,
        CheckCommand::Renew(args) => adapter::renew(&args, context).await,
        CheckCommand::Accept(args) => adapter::accept(&args, context).await,
        CheckCommand::Answer(args) => adapter::answer(&args, context).await,
        CheckCommand::AnswerByPhone(args) => answer_by_phone::answer_by_phone(&args, context).await,
        CheckCommand::Release(args) => adapter::release(&args, context).await,
        CheckCommand::Ask(args) => adapter::ask(&args, context).await,
        CheckCommand::Redirect(args) => adapter::redirect(&args, context).await,
        CheckCommand::Reroute(args) => reroute(&args, context).await,
        CheckCommand::Close(args) => close(&args, context).await,
    }
}

async fn reroute(args: &RerouteArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::RerouteRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: check_id(&client, &args.check).await?,
        authority_codes: args.to.authority.clone(),
        responder_ids: args.to.responder.clone(),
    };
    let response = client.take(client.operations().reroute(client.request(request)).await)?;
    shown(context, response.enquiry)
}

async fn close(args: &CloseArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::CloseRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: check_id(&client, &args.check).await?,
        reason: args.reason.into(),
        note: words_or_stdin(&args.note)?,
    };
    let check = request.check_id.clone();
    let response = client.take(client.operations().close(client.request(request)).await)?;
    let enquiry = response.enquiry.unwrap_or_default();
    let closed = enquiry.checks.iter().find(|one| one.id == check);
    if let Some(how) = closed.and_then(|closed| to_confirm(&enquiry.reference, closed)) {
        context.output.note(&format!("Proposed: {how}"));
    }
    shown(context, Some(enquiry))
}
