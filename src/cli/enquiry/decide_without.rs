//! `usher enquiry decide`: what was decided at court with checks outstanding.

use super::shown;
use super::target::{enquiry_id, hearing};
use crate::cli::Context;
use crate::cli::client::{ActArgs, Client, words_or_stdin};
use crate::cli::failure::{Exit, Failure};
use crate::cli::{moment, words};
use clap::Args;
use usher_proto::v1;

#[derive(Debug, Args)]
pub(in crate::cli) struct DecideArgs {
    /// Id or short reference
    #[arg(value_name = "ID|REFERENCE")]
    enquiry: String,
    /// What was decided
    #[arg(long, value_parser = words::parser::<v1::DecisionKind>())]
    decision: v1::DecisionKind,
    /// proceed-without: who authorised it
    #[arg(long, value_name = "NAME")]
    authorised_by: Option<String>,
    /// Their post
    #[arg(long, value_name = "POST", requires = "authorised_by")]
    authorised_by_post: Option<String>,
    /// Their telephone or monitored mailbox
    #[arg(long, value_name = "CONTACT", requires = "authorised_by")]
    authorised_by_contact: Option<String>,
    /// seek-adjournment: the new date and time in London where the court gave one, such as 2026-12-07T10:00; the hearing moves there
    #[arg(long, value_name = "LOCAL", value_parser = moment::parse_local)]
    adjourned_to: Option<jiff::civil::DateTime>,
    /// Why; `-` reads it from the standard input
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) async fn run(args: &DecideArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let authorised_by = args.authorised_by.as_ref().map(|name| v1::Person {
        name: name.clone(),
        post: args.authorised_by_post.clone().unwrap_or_default(),
        contact: args.authorised_by_contact.clone().unwrap_or_default(),
    });
    let enquiry_id = enquiry_id(&client, &args.enquiry).await?;
    let deadline = match args.adjourned_to {
        Some(local) => Some(hearing(&client, &enquiry_id, None, local).await?),
        None => None,
    };
    let request = v1::DecideWithoutRequest {
        request_id: client.request_id(),
        person: client.person(),
        enquiry_id,
        decision: args.decision.into(),
        authorised_by,
        note: words_or_stdin(&args.note)?,
        deadline,
    };
    let response = client.take(client.court().decide_without(client.request(request)).await)?;
    shown(context, response.enquiry)
}
