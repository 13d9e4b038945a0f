//! `usher responder`: the services that answer, as a broker knows them.

use super::Context;
use super::client::{Client, ConnectArgs};
use super::failure::{Exit, Failure};
use super::moment::civil;
use super::output::{Tone, cell, clean, table, toned};
use super::pages::{self, PageArgs};
use super::words::word;
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use usher_domain::limits;
use usher_proto::v1;

#[derive(Debug, Subcommand)]
pub(super) enum ResponderCommand {
    /// List responders and what waits for each
    #[command(
        before_help = "Examples:\n  usher responder list\n  usher responder list --authority E09000012 --format json"
    )]
    List(ListArgs),
    /// Show one responder: its working hours, what waits, and since when none of its adapters is connected
    #[command(before_help = "Examples:\n  usher responder show hackney")]
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those that answer for this authority, by GSS code
    #[arg(
        long,
        value_name = "CODE",
        default_value = "",
        hide_default_value = true
    )]
    authority: String,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Id of the responder, such as hackney
    #[arg(value_name = "ID")]
    responder: String,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(super) async fn run(command: ResponderCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        ResponderCommand::List(args) => list(&args, context).await,
        ResponderCommand::Show(args) => show(&args, context).await,
    }
}

async fn fetch(
    client: &Client,
    authority_code: &str,
    page_size: i32,
    page_token: String,
) -> Result<(Vec<v1::Responder>, String), Failure> {
    let authority_code = authority_code.into();
    let request = v1::ListRespondersRequest {
        page_size,
        page_token,
        authority_code,
    };
    let page = client.take(
        client
            .operations()
            .list_responders(client.request(request))
            .await,
    )?;
    Ok((page.responders, page.next_page_token))
}

async fn list(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let (responders, next_page_token) = pages::collect(&args.page, |size, token| {
        fetch(&client, &args.authority, size, token)
    })
    .await?;
    let response = v1::ListRespondersResponse {
        responders,
        next_page_token,
    };
    let (found, next) = (&response.responders, &response.next_page_token);
    context
        .output
        .list(&response, found, next, responders_table)?;
    Ok(Exit::Ok)
}

fn responders_table(responders: &[v1::Responder]) -> String {
    let mut rows = table(&[
        "responder",
        "duty phone",
        "connected",
        "waiting",
        "nearest deadline",
        "oldest since",
        "name",
    ]);
    for responder in responders {
        let tone = match (responder.connected_adapters, responder.waiting_count) {
            (Some(0), Some(1..)) => Tone::Bad,
            (Some(0), _) => Tone::Doubtful,
            _ => Tone::Plain,
        };
        rows.add_row([
            cell(&responder.id),
            cell(&responder.duty_phone),
            toned(shown(responder.connected_adapters), tone),
            cell(shown(responder.waiting_count)),
            cell(civil(responder.nearest_deadline_time.as_ref())),
            cell(civil(responder.oldest_wait_time.as_ref())),
            cell(&responder.name),
        ]);
    }
    rows.to_string()
}

/// A count, or a dash where the broker keeps it from the caller.
fn shown(count: Option<u32>) -> String {
    count.map_or_else(|| "-".into(), |count| count.to_string())
}

async fn show(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let page_size = i32::try_from(limits::PAGE_SIZE_MAX).unwrap_or(i32::MAX);
    let mut token = String::new();
    loop {
        let (page, next) = fetch(&client, "", page_size, token).await?;
        if let Some(found) = page.iter().find(|responder| responder.id == args.responder) {
            context.output.message(found, responder_page)?;
            return Ok(Exit::Ok);
        }
        if next.is_empty() {
            return Err(Failure::new(
                Exit::NotFound,
                "there is no such responder",
                "`usher responder list` shows them; the id is the name of its file in config/responders",
            ));
        }
        token = next;
    }
}

fn responder_page(responder: &v1::Responder) -> String {
    let mut page = format!(
        "{}   {}\n{}\nduty phone   {}\nauthorities  {}\nadapters     {}\nwaiting      {} checks, nearest deadline {}\n",
        clean(&responder.id),
        word::<v1::ResponderKind>(responder.kind),
        clean(&responder.name),
        clean(&responder.duty_phone),
        clean(&responder.authority_codes.join(", ")),
        adapters(responder),
        shown(responder.waiting_count),
        civil(responder.nearest_deadline_time.as_ref()),
    );
    for day in &responder.hours {
        let _ = writeln!(
            page,
            "{:<12} {} to {}",
            weekday(day.weekday),
            clean(&day.opens),
            clean(&day.closes)
        );
    }
    page
}

fn adapters(responder: &v1::Responder) -> String {
    match &responder.adapters_absent_since_time {
        Some(since) => format!("none connected since {}", civil(Some(since))),
        None => format!("{} connected", shown(responder.connected_adapters)),
    }
}

fn weekday(number: u32) -> &'static str {
    match number {
        1 => "Monday",
        2 => "Tuesday",
        3 => "Wednesday",
        4 => "Thursday",
        5 => "Friday",
        6 => "Saturday",
        7 => "Sunday",
        _ => "-",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::moment::parse_instant;

    #[test]
    fn a_responder_is_shown_with_its_week() {
        let responder = v1::Responder {
            id: "hackney".into(),
            kind: v1::ResponderKind::ChildrenSocialCare.into(),
            hours: vec![v1::WorkingDay {
                weekday: 1,
                opens: "09:00".into(),
                closes: "17:00".into(),
            }],
            waiting_count: Some(3),
            ..Default::default()
        };
        let page = responder_page(&responder);
        for wanted in [
            "hackney   children social care",
            "Monday       09:00 to 17:00",
            "3 checks",
            "adapters     - connected",
        ] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
        let absent = v1::Responder {
            adapters_absent_since_time: Some(parse_instant("2026-11-23T11:00").unwrap()),
            ..responder
        };
        let page = responder_page(&absent);
        assert!(
            page.contains("none connected since Mon 23 Nov 2026 11:00"),
            "{page}"
        );
    }
}
