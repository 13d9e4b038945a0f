//! What named people do with a case.

use super::show::{case_id, shown};
use crate::cli::Context;
use crate::cli::client::{ActArgs, Client, words_or_stdin};
use crate::cli::enquiry::{self, check_id, enquiry_id};
use crate::cli::failure::{Exit, Failure};
use crate::cli::moment;
use crate::cli::words;
use clap::Args;
use usher_proto::v1;
use usher_proto::v1::reassign_request::Target;

#[derive(Debug, Args)]
pub(in crate::cli) struct SetAsideArgs {
    /// The court's own name for the case, its id, or its short reference
    #[arg(value_name = "NAME|ID|REFERENCE")]
    case: String,
    /// The number of the check that need not be asked, as `usher case show` numbers them
    #[arg(long, value_name = "N")]
    requirement: u32,
    /// Why
    #[arg(long, value_parser = words::parser::<v1::SetAsideReason>())]
    reason: v1::SetAsideReason,
    /// up-to-date-already: the check whose earlier answer is enough
    #[arg(long, value_name = "CHECK")]
    answer: Option<String>,
    /// In words; `-` reads it from the standard input
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct EnterStageArgs {
    /// The court's own name for the case, its id, or its short reference
    #[arg(value_name = "NAME|ID|REFERENCE")]
    case: String,
    /// The stage
    #[arg(long, value_parser = words::parser::<v1::Purpose>())]
    stage: v1::Purpose,
    /// By when its checks must be asked [default: what the policy allows]
    #[arg(long, value_name = "TIME", value_parser = moment::parse_instant)]
    due: Option<prost_types::Timestamp>,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReassignArgs {
    /// The court's own name for the case, its id, or its short reference
    #[arg(value_name = "NAME|ID|REFERENCE")]
    case: String,
    #[command(flatten)]
    to: HolderArgs,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct EnquiryReassignArgs {
    /// Id or short reference
    #[arg(value_name = "ID|REFERENCE")]
    enquiry: String,
    #[command(flatten)]
    to: HolderArgs,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TakeOffArgs {
    /// The court's own name for the case, its id, or its short reference
    #[arg(value_name = "NAME|ID|REFERENCE")]
    case: String,
    #[command(flatten)]
    act: ActArgs,
}

/// Who holds a case or an enquiry from now on.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Holder")]
pub(in crate::cli) struct HolderArgs {
    /// Who has it now [default: nobody, the unit has]
    #[arg(long, value_name = "NAME", required_unless_present = "office")]
    to: Option<String>,
    /// Their post
    #[arg(long, value_name = "POST", requires = "to")]
    to_post: Option<String>,
    /// Their telephone or monitored mailbox
    #[arg(long, value_name = "CONTACT", requires = "to")]
    to_contact: Option<String>,
    /// Probation region
    #[arg(long, default_value = "", hide_default_value = true)]
    region: String,
    /// Probation office or delivery unit
    #[arg(long, value_name = "OFFICE")]
    office: Option<String>,
    /// Team
    #[arg(long, default_value = "", hide_default_value = true)]
    team: String,
}

impl HolderArgs {
    /// As a request to hand `target` over.
    pub(in crate::cli) fn request(&self, client: &Client, target: Target) -> v1::ReassignRequest {
        let unit = v1::Unit {
            region: self.region.clone(),
            office: self.office.clone().unwrap_or_default(),
            team: self.team.clone(),
            ..v1::Unit::default()
        };
        v1::ReassignRequest {
            request_id: client.request_id(),
            person: client.person(),
            target: Some(target),
            holder: self.to.clone().map(|name| v1::Person {
                name,
                post: self.to_post.clone().unwrap_or_default(),
                contact: self.to_contact.clone().unwrap_or_default(),
            }),
            unit: (unit != v1::Unit::default()).then_some(unit),
        }
    }
}

pub(super) async fn set_aside(args: &SetAsideArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let answer_check_id = match &args.answer {
        Some(answer) => check_id(&client, answer).await?,
        None => String::new(),
    };
    let request = v1::SetAsideRequest {
        request_id: client.request_id(),
        person: client.person(),
        case_id: case_id(&client, &args.case).await?,
        requirement_number: args.requirement,
        reason: args.reason.into(),
        answer_check_id,
        note: words_or_stdin(&args.note)?,
    };
    let response = client.take(client.court().set_aside(client.request(request)).await)?;
    shown(context, response.case)
}

pub(super) async fn enter_stage(args: &EnterStageArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::EnterStageRequest {
        request_id: client.request_id(),
        person: client.person(),
        case_id: case_id(&client, &args.case).await?,
        stage: args.stage.into(),
        due_time: args.due,
    };
    let response = client.take(client.court().enter_stage(client.request(request)).await)?;
    shown(context, response.case)
}

pub(super) async fn reassign(args: &ReassignArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let target = Target::CaseId(case_id(&client, &args.case).await?);
    let request = args.to.request(&client, target);
    let response = client.take(client.court().reassign(client.request(request)).await)?;
    shown(context, response.case)
}

/// Hands one enquiry over.
pub(in crate::cli) async fn reassign_enquiry(
    args: &EnquiryReassignArgs,
    context: &Context,
) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let target = Target::EnquiryId(enquiry_id(&client, &args.enquiry).await?);
    let request = args.to.request(&client, target);
    let response = client.take(client.court().reassign(client.request(request)).await)?;
    enquiry::shown(context, response.enquiry)
}

pub(super) async fn take_off(args: &TakeOffArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::acting(&args.act, &context.environment)?;
    let request = v1::TakeOffRequest {
        request_id: client.request_id(),
        person: client.person(),
        case_id: case_id(&client, &args.case).await?,
    };
    let response = client.take(client.court().take_off(client.request(request)).await)?;
    shown(context, response.case)
}
