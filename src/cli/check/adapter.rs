//! What an adapter may do, for desks that work by hand and for trying things out.

use super::show::{check_page, checks, leased};
use crate::cli::Context;
use crate::cli::client::{ActArgs, Client, ConnectArgs, read_text, words_or_stdin};
use crate::cli::enquiry::own_check_id;
use crate::cli::failure::{Exit, Failure};
use crate::cli::json;
use crate::cli::moment;
use crate::cli::pages::{self, PageArgs};
use crate::cli::words;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use usher_domain::id::LeaseId;
use usher_domain::limits;
use usher_proto::v1;
use v1::redirect_request::To;

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Only of this responder; may be given again
    #[arg(long, value_name = "ID")]
    responder: Vec<String>,
    /// Only in this state; may be given again
    #[arg(long, value_parser = words::parser::<v1::CheckState>())]
    state: Vec<v1::CheckState>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// The check: the enquiry's id or reference, a slash, the check's number
    #[arg(value_name = "CHECK")]
    check: String,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LeaseArgs {
    /// Only for this responder; may be given again
    #[arg(long, value_name = "ID")]
    responder: Vec<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    max: u32,
    /// Wait so many seconds for work
    #[arg(long, value_name = "SECONDS", default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=limits::LEASE_WAIT_SECONDS_MAX))]
    wait: u64,
    /// Keep each check for so many seconds [default: as the broker's policy says]
    #[arg(long, value_name = "SECONDS")]
    keep: Option<u64>,
    #[command(flatten)]
    act: ActArgs,
}

/// Which check, and under which lease.
#[derive(Debug, Args)]
struct HeldArgs {
    /// The check: the enquiry's id or reference, a slash, the check's number
    #[arg(value_name = "CHECK")]
    check: String,
    /// Its lease, where it is leased
    #[arg(long, value_name = "UUID")]
    lease: Option<LeaseId>,
}

impl HeldArgs {
    async fn check_id(&self, client: &Client) -> Result<String, Failure> {
        own_check_id(client, &self.check).await
    }

    fn lease_id(&self) -> String {
        self.lease
            .map(|lease| lease.to_string())
            .unwrap_or_default()
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RenewArgs {
    #[command(flatten)]
    held: HeldArgs,
    /// Keep it for so many seconds from now [default: as the broker's policy says]
    #[arg(long, value_name = "SECONDS")]
    keep: Option<u64>,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AcceptArgs {
    #[command(flatten)]
    held: HeldArgs,
    /// When an answer is promised: London time such as 2026-11-23T12:00, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment::parse_instant)]
    expected_by: Option<prost_types::Timestamp>,
    #[command(flatten)]
    act: ActArgs,
}

/// What is said beside the disposition.
#[derive(Args)]
pub(super) struct SaidArgs {
    /// What comes of a referral; needed to answer one, and only then
    #[arg(long, value_parser = words::parser::<v1::ReferralOutcome>())]
    pub(super) outcome: Option<v1::ReferralOutcome>,
    /// What is said, as proto3 JSON of `AnswerContent`; `-` reads the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "remark")]
    content: Option<PathBuf>,
    /// What is said, in words; `-` reads it from the standard input
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    /// How the remark may be used; may be given again [default: probation-only]
    #[arg(long, value_parser = words::parser::<v1::Handling>(), requires = "remark")]
    handling: Vec<v1::Handling>,
}

#[derive(Args)]
pub(in crate::cli) struct AnswerArgs {
    /// The check: the enquiry's id or reference, a slash, the check's number
    #[arg(value_name = "CHECK", required_unless_present = "example")]
    check: Option<String>,
    /// Its lease, where it is leased
    #[arg(long, value_name = "UUID")]
    lease: Option<LeaseId>,
    /// What it comes to
    #[arg(long, value_parser = words::parser::<v1::Disposition>(), required_unless_present = "example")]
    disposition: Option<v1::Disposition>,
    /// Print a filled example of a file for --content, and do nothing else
    #[arg(long)]
    example: bool,
    #[command(flatten)]
    said: SaidArgs,
    /// The age of the data it rests on: London time or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment::parse_instant)]
    data_as_of: Option<prost_types::Timestamp>,
    #[command(flatten)]
    act: ActArgs,
}

impl std::fmt::Debug for AnswerArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerArgs")
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseArgs {
    #[command(flatten)]
    held: HeldArgs,
    /// Why people must look: no program is lent the check then
    #[arg(long, value_name = "REASON", value_parser = words::parser::<v1::PeopleReason>())]
    for_people: Option<v1::PeopleReason>,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AskArgs {
    #[command(flatten)]
    held: HeldArgs,
    /// The question; `-` reads it from the standard input
    #[arg(long)]
    question: String,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RedirectArgs {
    #[command(flatten)]
    held: HeldArgs,
    #[command(flatten)]
    to: ToArgs,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct ToArgs {
    /// It is this authority's, by GSS code
    #[arg(long, value_name = "CODE")]
    authority: Option<String>,
    /// It is this responder's
    #[arg(long, value_name = "ID")]
    responder: Option<String>,
    /// Nobody here knows whose: the operators will route it
    #[arg(long)]
    unknown: bool,
}

pub(super) async fn list(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let client = &client;
    let (found, next_page_token) = pages::collect(&args.page, async |page_size, page_token| {
        let request = v1::ListChecksRequest {
            page_size,
            page_token,
            responder_ids: args.responder.clone(),
            states: args.state.iter().map(|state| (*state).into()).collect(),
            reference: String::new(),
        };
        let page = client.take(client.adapter().list_checks(client.request(request)).await)?;
        Ok((page.checks, page.next_page_token))
    })
    .await?;
    let response = v1::ListChecksResponse {
        checks: found,
        next_page_token,
    };
    let (found, next) = (&response.checks, &response.next_page_token);
    context.output.list(&response, found, next, checks)?;
    Ok(Exit::Ok)
}

pub(super) async fn show(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let request = client.request(v1::GetCheckRequest {
        check_id: own_check_id(&client, &args.check).await?,
    });
    let response = client.take(client.adapter().get_check(request).await)?;
    after(context, response.check)
}

/// Writes a check as it stands after a command.
fn after(context: &Context, check: Option<v1::AssignedCheck>) -> Result<Exit, Failure> {
    context
        .output
        .message(&check.unwrap_or_default(), check_page)?;
    Ok(Exit::Ok)
}

pub(super) async fn lease(args: &LeaseArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::LeaseChecksRequest {
        request_id: client.request_id(),
        responder_ids: args.responder.clone(),
        max_checks: args.max,
        wait: Some(moment::seconds(args.wait)),
        lease: args.keep.map(moment::seconds),
        report: None,
    };
    let request = client.request_waiting(request, Duration::from_secs(args.wait));
    let response = client.take(client.adapter().lease_checks(request).await)?;
    context
        .output
        .list(&response, &response.checks, "", leased)?;
    if response.checks.is_empty() {
        context.output.note(
            "no check is lent that people must look at: see `usher check list --state waiting`, and take one with `usher check accept`",
        );
    }
    Ok(Exit::Ok)
}

pub(super) async fn renew(args: &RenewArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::RenewRequest {
        request_id: client.request_id(),
        check_id: args.held.check_id(&client).await?,
        lease_id: args.held.lease_id(),
        lease: args.keep.map(moment::seconds),
    };
    let response = client.take(client.adapter().renew(client.request(request)).await)?;
    context.output.message(&response, |renewed| {
        format!(
            "yours until {}",
            moment::exact(renewed.expire_time.as_ref())
        )
    })?;
    Ok(Exit::Ok)
}

pub(super) async fn accept(args: &AcceptArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::AcceptRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: args.held.check_id(&client).await?,
        lease_id: args.held.lease_id(),
        expected_by_time: args.expected_by,
    };
    let response = client.take(client.adapter().accept(client.request(request)).await)?;
    after(context, response.check)
}

pub(super) async fn answer(args: &AnswerArgs, context: &Context) -> Result<Exit, Failure> {
    let (Some(check), Some(disposition), false) = (&args.check, args.disposition, args.example)
    else {
        context.output.value(&json::to_value(&example()?)?)?;
        return Ok(Exit::Ok);
    };
    let said = args.said.content()?;
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::AnswerRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: own_check_id(&client, check).await?,
        lease_id: args
            .lease
            .map(|lease| lease.to_string())
            .unwrap_or_default(),
        disposition: disposition.into(),
        data_as_of_time: args.data_as_of,
        content: said,
        referral_outcome: args.said.outcome.unwrap_or_default().into(),
    };
    let response = client.take(client.adapter().answer(client.request(request)).await)?;
    after(context, response.check)
}

/// A filled example of what may be said. The people are invented; the number is one of those kept for drama.
fn example() -> Result<v1::AnswerContent, Failure> {
    json::from_text("the built-in example", EXAMPLE)
}

const EXAMPLE: &str = r#"{
  "matches": [
    {"who": "child 1", "confidence": "CONFIDENCE_CERTAIN", "basis": "name and date of birth"}
  ],
  "episodes": [
    {
      "kind": "EPISODE_KIND_CIN_PLAN",
      "who": "child 1",
      "open": true,
      "start": "2025-05-06",
      "category": "ABUSE_CATEGORY_NEGLECT",
      "handling": ["HANDLING_MAY_CITE"]
    }
  ],
  "worker": {"name": "Alex Worker", "team": "Children in need", "phone": "020 7946 0123", "email": "cin@borough.example"},
  "recentContacts": 2,
  "lastContact": "2025-06-07",
  "remarks": [
    {
      "topic": "TOPIC_CURFEW_ADVICE",
      "text": "The address is where the children live: ring before a curfew is proposed.",
      "handling": ["HANDLING_NOT_TO_DEFENDANT", "HANDLING_RING_FIRST"]
    }
  ],
  "source": "DATA_SOURCE_PEOPLE",
  "disclosure": {"decision": "DISCLOSURE_DECISION_PERMIT", "policyVersion": "1"}
}"#;

impl SaidArgs {
    /// The content of the answer, where anything is said.
    ///
    /// # Errors
    /// When the file or the standard input cannot be read, or is no such content.
    pub(super) fn content(&self) -> Result<Option<v1::AnswerContent>, Failure> {
        if let Some(path) = &self.content {
            let bytes_max = u64::try_from(limits::REQUEST_BYTES_MAX).unwrap_or(u64::MAX);
            let text = read_text(path, bytes_max.saturating_mul(4))?;
            return json::from_text(&path.display().to_string(), &text).map(Some);
        }
        let Some(remark) = &self.remark else {
            return Ok(None);
        };
        let remark = v1::Remark {
            topic: v1::Topic::Narrative.into(),
            text: words_or_stdin(remark)?,
            handling: self
                .handling
                .iter()
                .map(|handling| (*handling).into())
                .collect(),
        };
        Ok(Some(v1::AnswerContent {
            remarks: vec![remark],
            ..Default::default()
        }))
    }
}

pub(super) async fn release(args: &ReleaseArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::ReleaseRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: args.held.check_id(&client).await?,
        lease_id: args.held.lease_id(),
        for_people: args.for_people.unwrap_or_default().into(),
        candidates: Vec::new(),
    };
    let response = client.take(client.adapter().release(client.request(request)).await)?;
    after(context, response.check)
}

pub(super) async fn ask(args: &AskArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::AskRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: args.held.check_id(&client).await?,
        lease_id: args.held.lease_id(),
        question: words_or_stdin(&args.question)?,
    };
    let response = client.take(client.adapter().ask(client.request(request)).await)?;
    after(context, response.check)
}

pub(super) async fn redirect(args: &RedirectArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let ToArgs {
        authority,
        responder,
        unknown,
    } = &args.to;
    let to = authority.clone().map(To::AuthorityCode);
    let to = to.or_else(|| responder.clone().map(To::ResponderId));
    let request = v1::RedirectRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: args.held.check_id(&client).await?,
        lease_id: args.held.lease_id(),
        to: to.or_else(|| unknown.then_some(To::UnknownOwner(v1::UnknownOwner {}))),
    };
    let response = client.take(client.adapter().redirect(client.request(request)).await)?;
    after(context, response.check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_an_answer_with_every_part_filled() {
        let said = example().unwrap();
        assert!(said.worker.is_some() && said.recent_contacts.is_some());
        assert!(!said.matches.is_empty() && !said.episodes.is_empty() && !said.remarks.is_empty());
    }
}
