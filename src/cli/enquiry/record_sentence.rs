//! `usher enquiry record-sentence`: what the court did.

use super::shown;
use super::target::enquiry_id;
use crate::cli::Context;
use crate::cli::client::{ActArgs, Client};
use crate::cli::failure::{Exit, Failure};
use crate::cli::{moment, words};
use crate::clock::{Clock as _, SystemClock};
use clap::Args;
use usher_domain::time::to_london;
use usher_proto::v1;

#[derive(Debug, Args)]
pub(in crate::cli) struct RecordSentenceArgs {
    /// Id or short reference
    #[arg(value_name = "ID|REFERENCE")]
    enquiry: String,
    /// What the court did
    #[arg(long, value_parser = words::parser::<v1::SentenceOutcome>())]
    outcome: v1::SentenceOutcome,
    /// On which day [default: today in London]
    #[arg(long, value_name = "DATE", value_parser = moment::parse_day)]
    date: Option<jiff::civil::Date>,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) async fn run(args: &RecordSentenceArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let today = || to_london(SystemClock.now()).date();
    let request = v1::RecordSentenceRequest {
        request_id: client.request_id(),
        person: client.person(),
        enquiry_id: enquiry_id(&client, &args.enquiry).await?,
        outcome: args.outcome.into(),
        sentence_date: args.date.unwrap_or_else(today).to_string(),
    };
    let response = client.take(
        client
            .court()
            .record_sentence(client.request(request))
            .await,
    )?;
    shown(context, response.enquiry)
}
