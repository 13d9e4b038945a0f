//! `usher case list`.

use crate::cli::Context;
use crate::cli::client::{Client, ConnectArgs};
use crate::cli::enquiry::name;
use crate::cli::failure::{Exit, Failure};
use crate::cli::moment::civil;
use crate::cli::output::{Tone, cell, table, toned};
use crate::cli::pages::{self, PageArgs};
use crate::cli::words::words;
use clap::Args;
use usher_proto::v1;

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Only those of which a check is still needed, or will be again before the hearing
    #[arg(long, conflicts_with = "closed")]
    open: bool,
    /// Only the others
    #[arg(long)]
    closed: bool,
    /// Only those with an alert that has not ended
    #[arg(long)]
    alerting: bool,
    /// Only of this court, by OU code; may be given again
    #[arg(long, value_name = "CODE")]
    court: Vec<String>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(super) async fn run(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let client = &client;
    let (cases, next_page_token) = pages::collect(&args.page, async |page_size, page_token| {
        let request = v1::ListCasesRequest {
            page_size,
            page_token,
            court_codes: args.court.clone(),
            open: if args.closed {
                Some(false)
            } else {
                args.open.then_some(true)
            },
            alerting: args.alerting.then_some(true),
            reference: String::new(),
        };
        let page = client.take(client.court().list_cases(client.request(request)).await)?;
        Ok((page.cases, page.next_page_token))
    })
    .await?;
    let response = v1::ListCasesResponse {
        cases,
        next_page_token,
    };
    let (found, next) = (&response.cases, &response.next_page_token);
    context.output.list(&response, found, next, lines)?;
    Ok(Exit::Ok)
}

fn lines(cases: &[v1::Case]) -> String {
    let mut rows = table(&[
        "reference",
        "case",
        "heard",
        "court",
        "needed",
        "overdue",
        "met",
        "set aside",
        "defendant",
        "holder",
    ]);
    for case in cases {
        let of = |state: v1::RequirementState| {
            let all = case.requirements.iter();
            all.filter(|one| one.state() == state).collect::<Vec<_>>()
        };
        let needed = of(v1::RequirementState::Needed);
        let overdue = needed.iter().filter(|one| one.overdue_time.is_some());
        let overdue = overdue.count();
        let kinds: Vec<i32> = needed.iter().map(|one| one.responder_kind).collect();
        let tone = |bad| if bad { Tone::Bad } else { Tone::Plain };
        let heard = case.hearing.clone().unwrap_or_default();
        let subject = case.personal.as_ref().and_then(|one| one.subject.as_ref());
        let holder = case.holder.as_ref().map(|holder| holder.name.as_str());
        rows.add_row([
            cell(&case.reference),
            cell(&case.name),
            cell(civil(heard.hearing_time.as_ref())),
            cell(&heard.court_code),
            toned(words::<v1::ResponderKind>(&kinds), tone(!needed.is_empty())),
            toned(overdue.to_string(), tone(overdue > 0)),
            cell(of(v1::RequirementState::Met).len().to_string()),
            cell(of(v1::RequirementState::SetAside).len().to_string()),
            cell(name(subject.and_then(|subject| subject.name.as_ref()))),
            cell(holder.unwrap_or_default()),
        ]);
    }
    rows.to_string()
}
