//! `usher check answer-by-phone`: an operator records what a responder's worker answered over the duty telephone.

use super::adapter::SaidArgs;
use crate::cli::Context;
use crate::cli::client::{ActArgs, Client};
use crate::cli::enquiry::{check_id, shown};
use crate::cli::failure::{Exit, Failure};
use crate::cli::words;
use clap::Args;
use usher_proto::v1;

#[derive(Args)]
pub(in crate::cli) struct AnswerByPhoneArgs {
    /// The check: the enquiry's id or reference, a slash, the check's number
    #[arg(value_name = "CHECK")]
    check: String,
    /// What it comes to
    #[arg(long, value_parser = words::parser::<v1::Disposition>())]
    disposition: v1::Disposition,
    /// Who gave the answer
    #[arg(long, value_name = "NAME")]
    given_by: String,
    /// Their post
    #[arg(
        long,
        value_name = "POST",
        default_value = "",
        hide_default_value = true
    )]
    given_by_post: String,
    /// Where else to reach them: telephone or monitored mailbox
    #[arg(
        long,
        value_name = "CONTACT",
        default_value = "",
        hide_default_value = true
    )]
    given_by_contact: String,
    /// The telephone number that was used, or called back
    #[arg(long, value_name = "NUMBER")]
    number: String,
    #[command(flatten)]
    said: SaidArgs,
    #[command(flatten)]
    act: ActArgs,
}

impl std::fmt::Debug for AnswerByPhoneArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerByPhoneArgs")
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}

pub(super) async fn answer_by_phone(
    args: &AnswerByPhoneArgs,
    context: &Context,
) -> Result<Exit, Failure> {
    let content = args.said.content()?;
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::AnswerByPhoneRequest {
        request_id: client.request_id(),
        person: client.person(),
        check_id: check_id(&client, &args.check).await?,
        by_phone: Some(v1::ByPhone {
            given_by: Some(v1::Person {
                name: args.given_by.clone(),
                post: args.given_by_post.clone(),
                contact: args.given_by_contact.clone(),
            }),
            number: args.number.clone(),
        }),
        disposition: args.disposition.into(),
        content,
        referral_outcome: args.said.outcome.unwrap_or_default().into(),
    };
    let response = client
        .operations()
        .answer_by_phone(client.request(request))
        .await;
    shown(context, client.take(response)?.enquiry)
}
