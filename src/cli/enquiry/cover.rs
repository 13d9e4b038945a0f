//! `usher enquiry cover`: the case that an enquiry is about, where none was named when it was submitted.

use super::target::enquiry_id;
use crate::cli::Context;
use crate::cli::case::{case_id, shown};
use crate::cli::client::{ActArgs, Client};
use crate::cli::failure::{Exit, Failure};
use clap::Args;
use usher_proto::v1;

#[derive(Debug, Args)]
pub(in crate::cli) struct CoverArgs {
    /// Id or short reference
    #[arg(value_name = "ID|REFERENCE")]
    enquiry: String,
    /// Case on the court's list that it is about
    #[arg(long, value_name = "NAME|ID|REFERENCE")]
    case: String,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) async fn run(args: &CoverArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::CoverRequest {
        request_id: client.request_id(),
        person: client.person(),
        case_id: case_id(&client, &args.case).await?,
        enquiry_id: enquiry_id(&client, &args.enquiry).await?,
    };
    let response = client.take(client.court().cover(client.request(request)).await)?;
    shown(context, response.case)
}
