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
    if !context.output.is_json() {
        note_agreement_ends(&client, context).await;
    }
    Ok(Exit::Ok)
}

/// Tells operators of agreements that end soon, and of responders that have none; nobody else may know how the broker is.
async fn note_agreement_ends(client: &Client, context: &Context) {
    let request = client.request(v1::GetStatusRequest {});
    let Ok(status) = client.operations().get_status(request).await else {
        return;
    };
    for end in status.into_inner().agreement_ends {
        context.output.note(&agreement_end(&end));
    }
}

fn agreement_end(end: &v1::AgreementEnd) -> String {
    let responders = match &end.responder_ids[..] {
        few @ ([_] | [_, _] | [_, _, _]) => clean(&few.join(", ")),
        many => format!("{} responders", many.len()),
    };
    if end.agreement_id.is_empty() {
        return format!("no agreement: nothing may be asked of {responders}");
    }
    format!(
        "agreement {} {} ends on {}, in {} days: then nothing may be asked of {responders}",
        clean(&end.agreement_id),
        clean(&end.agreement_version),
        clean(&end.last_day),
        end.days_left
    )
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
        "{}   {}\n{}\nduty phone   {}\nauthorities  {}\nadapters     {}\nwaiting      {} checks for programs, nearest deadline {}\n",
        clean(&responder.id),
        word::<v1::ResponderKind>(responder.kind),
        clean(&responder.name),
        clean(&responder.duty_phone),
        clean(&responder.authority_codes.join(", ")),
        adapters(responder),
        shown(responder.waiting_count),
        civil(responder.nearest_deadline_time.as_ref()),
    );
    if let Some(lending) = &responder.lending {
        page.push_str(&lending_line(lending));
    }
    for adapter in &responder.adapters {
        page.push_str(&adapter_lines(adapter));
    }
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

/// What the responder's programs hold and may, and why that is little.
fn lending_line(lending: &v1::Lending) -> String {
    let mut line = format!(
        "lent         {} of {} at most",
        lending.held_count, lending.most_held_count
    );
    if lending.loss_count > 0 {
        let _ = write!(
            line,
            ", leases let go {} times in a row",
            lending.loss_count
        );
    }
    if let Some(until) = &lending.paused_until_time {
        let _ = write!(line, ", lent nothing until {}", civil(Some(until)));
    }
    line + "\n"
}

/// One adapter: how it does, and what is wrong with which of its systems.
fn adapter_lines(adapter: &v1::Adapter) -> String {
    let mut lines = format!(
        "             {}  {}, last call {}",
        clean(&adapter.client_id),
        word::<v1::AdapterHealth>(adapter.health),
        civil(adapter.last_call_time.as_ref()),
    );
    if let Some(report) = &adapter.report {
        let (version, most) = (clean(&report.version), report.most_in_hand);
        let _ = write!(
            lines,
            ", {} of {most} in hand, version {version}",
            report.in_hand
        );
        for connector in &report.connectors {
            let (name, trouble) = (clean(&connector.name), clean(&connector.trouble));
            if !trouble.is_empty() {
                let _ = write!(lines, "\n               {name}: {trouble}");
            }
            let aside = connector.set_aside_count;
            if aside > 0 {
                let _ = write!(
                    lines,
                    "\n               {name}: {aside} of its files could not be used, and lie aside for the borough's people"
                );
            }
        }
    }
    lines.push('\n');
    lines
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
            adapters: vec![v1::Adapter {
                client_id: "spiffe://a".into(),
                health: v1::AdapterHealth::Failing.into(),
                last_call_time: None,
                report: Some(v1::AdapterReport {
                    version: "1.2".into(),
                    connectors: vec![v1::ConnectorReport {
                        name: "sql".into(),
                        trouble: "away".into(),
                        set_aside_count: 2,
                    }],
                    in_hand: 3,
                    most_in_hand: 8,
                }),
            }],
            lending: Some(v1::Lending {
                held_count: 1,
                most_held_count: 8,
                loss_count: 2,
                paused_until_time: None,
            }),
            ..Default::default()
        };
        let page = responder_page(&responder);
        for wanted in [
            "lent         1 of 8 at most, leases let go 2 times in a row\n",
            "hackney   children social care",
            "Monday       09:00 to 17:00",
            "3 checks for programs, nearest",
            "adapters     - connected",
            "spiffe://a  failing, last call -, 3 of 8 in hand, version 1.2\n               sql: away\n               sql: 2 of its files",
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
