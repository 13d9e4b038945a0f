//! `usher enquiry`: what court officers do.

mod answer;
mod closing;
mod context;
mod cover;
mod decide_without;
mod field;
mod line;
mod people;
mod receipt;
mod record_sentence;
mod show;
mod submit;
mod target;

pub(super) use answer::{answered_by, disposition, told_lines};
pub(super) use closing::to_confirm;
pub(super) use context::{context_lines, requester_lines};
pub(super) use people::{name, people_lines};
pub(super) use show::{by, court, deadline, deadline_parts, enquiry_page, person};
pub(super) use target::{alert_id, check_id, enquiry_id, only, own_check_id};

use super::Context;
use super::case;
use super::client::{ActArgs, Client, ConnectArgs, words_or_stdin};
use super::failure::{Exit, Failure};
use super::json;
use super::moment;
use super::output::Output;
use super::pages::{self, PageArgs};
use super::words;
use clap::{Args, Subcommand};
use usher_proto::v1;
use usher_proto::v1::watch_response::Payload;

#[derive(Debug, Subcommand)]
pub(super) enum EnquiryCommand {
    /// Ask: submit an enquiry and see at once whether answers are likely before the hearing
    #[command(
        before_help = "Examples:\n  usher enquiry submit --file enquiry.json\n  \
                       usher enquiry submit --court B01IX --hearing 2026-11-23T14:00 --report oral --family Example --given Sam --home \"N1 1AA\" --child \"E8 1EA\" --concern domestic-abuse --validate-only\n  \
                       usher enquiry submit --example"
    )]
    Submit(Box<submit::SubmitArgs>),
    /// Show one enquiry with its checks, answers and alerts
    #[command(
        before_help = "Examples:\n  usher enquiry show 7K3M-9QXA-A\n  usher enquiry show 018f3b8e-0000-5000-8000-000000000001 --format json"
    )]
    Show(ShowArgs),
    /// List enquiries: open ones first, nearest deadline first
    #[command(
        before_help = "Examples:\n  usher enquiry list --open\n  usher enquiry list --court B01IX --alerting --format json"
    )]
    List(ListArgs),
    /// Show open enquiries, then everything that happens, until Ctrl-C
    #[command(
        before_help = "Examples:\n  usher enquiry watch\n  usher enquiry watch --enquiry 7K3M-9QXA-A\n  usher enquiry watch --resume CURSOR --format json"
    )]
    Watch(WatchArgs),
    /// List what happened to one enquiry
    #[command(before_help = "Examples:\n  usher enquiry history 7K3M-9QXA-A")]
    History(HistoryArgs),
    /// Take an enquiry back: its open checks close
    #[command(
        before_help = "Examples:\n  usher enquiry withdraw 7K3M-9QXA-A --note \"Submitted for the wrong defendant\""
    )]
    Withdraw(WithdrawArgs),
    /// Move the hearing; every escalation is computed anew
    #[command(
        before_help = "Examples:\n  usher enquiry move-hearing 7K3M-9QXA-A --hearing 2026-11-30T10:00 --reason \"Adjourned for the report\""
    )]
    MoveHearing(MoveArgs),
    /// Give an enquiry to another practitioner: its answers are theirs
    #[command(
        before_help = "Examples:\n  usher enquiry reassign 7K3M-9QXA-A --to \"Kim Practitioner\" --office \"North London\""
    )]
    Reassign(case::EnquiryReassignArgs),
    /// Say which case an enquiry is about that was submitted without one: it covers what the case needs
    #[command(before_help = "Examples:\n  usher enquiry cover 7K3M-9QXA-A --case 01AB1234526/1")]
    Cover(cover::CoverArgs),
    /// Record what was decided at court with checks outstanding
    #[command(
        before_help = "Examples:\n  usher enquiry decide 7K3M-9QXA-A --decision seek-adjournment --note \"Two boroughs have not answered\"\n  \
                       usher enquiry decide 7K3M-9QXA-A --decision proceed-without --authorised-by \"A Manager\" --note \"The bench would not adjourn\"\n  \
                       usher enquiry decide 7K3M-9QXA-A --decision seek-adjournment --adjourned-to 2026-12-07T10:00 --note \"Adjourned for the answers\""
    )]
    Decide(decide_without::DecideArgs),
    /// Record that an answer was read
    #[command(
        before_help = "Examples:\n  usher enquiry receive 7K3M-9QXA-A/1\n  usher enquiry receive 7K3M-9QXA-A/1 --answer-version 2\n  \
                       usher enquiry receive 7K3M-9QXA-A/1 --would-have-changed sentence --would-have-changed plan"
    )]
    Receive(ReceiveArgs),
    /// Record what the court did; where the case was adjourned, move the hearing instead
    #[command(
        before_help = "Examples:\n  usher enquiry record-sentence 7K3M-9QXA-A --outcome community-order\n  \
                       usher enquiry record-sentence 7K3M-9QXA-A --outcome custody --date 2026-11-23"
    )]
    RecordSentence(record_sentence::RecordSentenceArgs),
    /// Reply to a responder's question
    #[command(
        before_help = "Examples:\n  usher enquiry supply 7K3M-9QXA-A/1 --reply \"The middle name is on the list as Alex\"\n  usher enquiry supply 7K3M-9QXA-A/1 --reply -"
    )]
    Supply(SupplyArgs),
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Id or short reference
    #[arg(value_name = "ID|REFERENCE")]
    enquiry: String,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only open ones
    #[arg(long, conflicts_with = "closed")]
    open: bool,
    /// Only closed ones
    #[arg(long)]
    closed: bool,
    /// Only those with an alert that has not ended
    #[arg(long)]
    alerting: bool,
    /// Only of this court, by OU code; may be given again
    #[arg(long, value_name = "CODE")]
    court: Vec<String>,
    /// Only with a check of this responder; may be given again
    #[arg(long, value_name = "ID")]
    responder: Vec<String>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Go on after this cursor instead of starting with what is open
    #[arg(
        long,
        value_name = "CURSOR",
        default_value = "",
        hide_default_value = true
    )]
    resume: String,
    /// Only this enquiry
    #[arg(long, value_name = "ID|REFERENCE")]
    enquiry: Option<String>,
    /// Only of this court, by OU code; may be given again
    #[arg(long, value_name = "CODE")]
    court: Vec<String>,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// Id or short reference
    #[arg(value_name = "ID|REFERENCE")]
    enquiry: String,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct WithdrawArgs {
    /// Id or short reference
    #[arg(value_name = "ID|REFERENCE")]
    enquiry: String,
    /// Why; `-` reads it from the standard input
    #[arg(long)]
    note: String,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(super) struct MoveArgs {
    /// Id or short reference
    #[arg(value_name = "ID|REFERENCE")]
    enquiry: String,
    /// The new date and time in London, such as 2026-11-30T10:00
    #[arg(long, value_name = "LOCAL", value_parser = moment::parse_local)]
    hearing: jiff::civil::DateTime,
    /// The court, by OU code [default: as it is]
    #[arg(long, value_name = "CODE")]
    court: Option<String>,
    /// Why; `-` reads it from the standard input
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReceiveArgs {
    /// The check: the enquiry's id or reference, a slash, the check's number
    #[arg(value_name = "CHECK")]
    check: String,
    /// Which version was read
    #[arg(long, value_name = "N", default_value_t = 1)]
    answer_version: u32,
    /// What it would have changed, had it come in time; needed where it came late, as often as wanted
    #[arg(long, value_name = "WHAT", value_parser = words::parser::<v1::LateEffect>())]
    would_have_changed: Vec<v1::LateEffect>,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(super) struct SupplyArgs {
    /// The check: the enquiry's id or reference, a slash, the check's number
    #[arg(value_name = "CHECK")]
    check: String,
    /// The reply; `-` reads it from the standard input
    #[arg(long)]
    reply: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) async fn run(command: EnquiryCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        EnquiryCommand::Submit(args) => submit::run(&args, context).await,
        EnquiryCommand::Show(args) => show(&args, context).await,
        EnquiryCommand::List(args) => list(&args, context).await,
        EnquiryCommand::Watch(args) => watch(&args, context).await,
        EnquiryCommand::History(args) => history(&args, context).await,
        EnquiryCommand::Withdraw(args) => withdraw(&args, context).await,
        EnquiryCommand::MoveHearing(args) => move_hearing(&args, context).await,
        EnquiryCommand::Reassign(args) => case::reassign_enquiry(&args, context).await,
        EnquiryCommand::Cover(args) => cover::run(&args, context).await,
        EnquiryCommand::Decide(args) => decide_without::run(&args, context).await,
        EnquiryCommand::RecordSentence(args) => record_sentence::run(&args, context).await,
        EnquiryCommand::Receive(args) => receive(&args, context).await,
        EnquiryCommand::Supply(args) => supply(&args, context).await,
    }
}

async fn show(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let enquiry_id = enquiry_id(&client, &args.enquiry).await?;
    let request = client.request(v1::GetRequest { enquiry_id });
    let response = client.take(client.court().get(request).await)?;
    shown(context, response.enquiry)
}

/// Writes an enquiry as it stands after a command.
pub(super) fn shown(context: &Context, enquiry: Option<v1::Enquiry>) -> Result<Exit, Failure> {
    context
        .output
        .message(&enquiry.unwrap_or_default(), enquiry_page)?;
    Ok(Exit::Ok)
}

async fn list(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let client = &client;
    let (enquiries, next_page_token) = pages::collect(&args.page, async |page_size, page_token| {
        let request = v1::ListRequest {
            page_size,
            page_token,
            court_codes: args.court.clone(),
            responder_ids: args.responder.clone(),
            open: if args.closed {
                Some(false)
            } else {
                args.open.then_some(true)
            },
            alerting: args.alerting.then_some(true),
            reference: String::new(),
        };
        let page = client.take(client.court().list(client.request(request)).await)?;
        Ok((page.enquiries, page.next_page_token))
    })
    .await?;
    let response = v1::ListResponse {
        enquiries,
        next_page_token,
    };
    let (found, next) = (&response.enquiries, &response.next_page_token);
    context
        .output
        .list(&response, found, next, line::summaries)?;
    Ok(Exit::Ok)
}

async fn watch(args: &WatchArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let enquiry_id = match &args.enquiry {
        Some(given) => enquiry_id(&client, given).await?,
        None => String::new(),
    };
    let request = v1::WatchRequest {
        resume_cursor: args.resume.clone(),
        enquiry_id,
        court_codes: args.court.clone(),
    };
    let mut stream = client.take(client.court().watch(request).await)?;
    let mut cursor = args.resume.clone();
    loop {
        let message = match stream.message().await {
            Ok(Some(message)) => message,
            Ok(None) => return Err(ended(&cursor)),
            Err(status) => return Err(Failure::from(status).detail(resume_hint(&cursor))),
        };
        watched(context.output, &message)?;
        match message.payload {
            Some(Payload::SnapshotEnd(end)) => cursor = end.cursor,
            Some(Payload::Event(event)) => cursor = event.cursor,
            Some(Payload::Heartbeat(heartbeat)) => cursor = heartbeat.cursor,
            Some(Payload::Snapshot(_)) | None => {}
        }
    }
}

/// The broker ended a watch by itself.
pub(super) fn ended(cursor: &str) -> Failure {
    Failure::new(
        Exit::Unreachable,
        "the broker ended the watch",
        "start it again",
    )
    .detail(resume_hint(cursor))
}

/// How to go on after a watch broke off.
pub(super) fn resume_hint(cursor: &str) -> String {
    if cursor.is_empty() {
        return "nothing was seen yet: start again without --resume".into();
    }
    format!("to go on where it broke off: --resume {cursor}")
}

fn watched(output: Output, message: &v1::WatchResponse) -> Result<(), Failure> {
    if output.is_json() {
        return output.line(&json::to_value(message)?);
    }
    match &message.payload {
        Some(Payload::Snapshot(enquiry)) => output.print(&line::one_line(enquiry)),
        Some(Payload::SnapshotEnd(_)) => {
            output.note("that is how things stand; now what happens");
            Ok(())
        }
        Some(Payload::Event(event)) => output.print(&line::event_line(event)),
        Some(Payload::Heartbeat(_)) | None => Ok(()),
    }
}

async fn history(args: &HistoryArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let enquiry_id = &enquiry_id(&client, &args.enquiry).await?;
    let client = &client;
    let (events, next_page_token) = pages::collect(&args.page, async |page_size, page_token| {
        let enquiry_id = enquiry_id.clone();
        let request = client.request(v1::HistoryRequest {
            enquiry_id,
            page_size,
            page_token,
        });
        let page = client.take(client.court().history(request).await)?;
        Ok((page.events, page.next_page_token))
    })
    .await?;
    let response = v1::HistoryResponse {
        events,
        next_page_token,
    };
    let (found, next) = (&response.events, &response.next_page_token);
    context.output.list(&response, found, next, |events| {
        let lines: Vec<String> = events.iter().map(line::event_line).collect();
        lines.join("\n")
    })?;
    Ok(Exit::Ok)
}

async fn withdraw(args: &WithdrawArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::WithdrawRequest {
        request_id: client.request_id(),
        person: client.person(),
        enquiry_id: enquiry_id(&client, &args.enquiry).await?,
        note: words_or_stdin(&args.note)?,
    };
    let response = client.take(client.court().withdraw(client.request(request)).await)?;
    shown(context, response.enquiry)
}

async fn move_hearing(args: &MoveArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let enquiry_id = enquiry_id(&client, &args.enquiry).await?;
    let hearing = target::hearing(&client, &enquiry_id, args.court.clone(), args.hearing).await?;
    let request = v1::MoveHearingRequest {
        request_id: client.request_id(),
        person: client.person(),
        enquiry_id,
        deadline: Some(hearing),
        reason: words_or_stdin(&args.reason)?,
    };
    let response = client.take(client.court().move_hearing(client.request(request)).await)?;
    let enquiry = response.enquiry.unwrap_or_default();
    if context.output.is_json() {
        let mut value = json::to_value(&enquiry)?;
        let warnings = response.warnings.iter().map(json::to_value);
        value["warnings"] = warnings.collect::<Result<_, _>>()?;
        context.output.value(&value)?;
    } else {
        let page = enquiry_page(&enquiry) + &receipt::warnings(&response.warnings);
        context.output.print(&page)?;
    }
    Ok(Exit::Ok)
}

async fn receive(args: &ReceiveArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::ReceiveRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: check_id(&client, &args.check).await?,
        answer_version: args.answer_version,
        would_have_changed: args
            .would_have_changed
            .iter()
            .map(|effect| (*effect).into())
            .collect(),
    };
    let response = client.take(client.court().receive(client.request(request)).await)?;
    shown(context, response.enquiry)
}

async fn supply(args: &SupplyArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::SupplyRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: check_id(&client, &args.check).await?,
        reply: words_or_stdin(&args.reply)?,
    };
    let response = client.take(client.court().supply(client.request(request)).await)?;
    shown(context, response.enquiry)
}
