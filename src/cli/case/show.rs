//! `usher case show` and `usher case history`: a case as people read it.

use crate::cli::Context;
use crate::cli::alert::alerts;
use crate::cli::client::{Client, ConnectArgs};
use crate::cli::enquiry::{by, court, deadline, only, people_lines, person};
use crate::cli::failure::{Exit, Failure};
use crate::cli::moment::{civil, exact};
use crate::cli::output::{Tone, cell, clean, table, toned};
use crate::cli::pages::{self, PageArgs};
use crate::cli::words::{word, words};
use clap::Args;
use std::fmt::Write as _;
use usher_domain::id::{CaseId, Reference};
use usher_proto::v1;

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// The court's own name for the case, its id, or its short reference
    #[arg(value_name = "NAME|ID|REFERENCE")]
    case: String,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryArgs {
    /// The court's own name for the case, its id, or its short reference
    #[arg(value_name = "NAME|ID|REFERENCE")]
    case: String,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct EarlierAnswersArgs {
    /// The court's own name for the case, its id, or its short reference
    #[arg(value_name = "NAME|ID|REFERENCE")]
    case: String,
    /// The number of the check that is needed, as `usher case show` numbers them
    #[arg(long, value_name = "N")]
    requirement: u32,
    #[command(flatten)]
    connect: ConnectArgs,
}

/// The id of the case that people mean. What is neither id nor reference is taken for the court's own name.
///
/// # Errors
/// When none has the reference, or several have.
pub(in crate::cli) async fn case_id(client: &Client, text: &str) -> Result<String, Failure> {
    if let Ok(id) = text.parse::<CaseId>() {
        return Ok(id.to_string());
    }
    let Ok(reference) = text.parse::<Reference>() else {
        return Ok(CaseId::derive(text).to_string());
    };
    let reference = reference.to_string();
    let (found, _) = pages::collect(&PageArgs::all(), async |page_size, page_token| {
        let request = v1::ListCasesRequest {
            page_size,
            page_token,
            reference: reference.clone(),
            ..Default::default()
        };
        let page = client.take(client.court().list_cases(client.request(request)).await)?;
        let ids = page.cases.into_iter().map(|case| case.id);
        Ok((ids.collect(), page.next_page_token))
    })
    .await?;
    only(found, &format!("case {reference}"), "check the reference")
}

pub(super) async fn run(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let request = v1::GetCaseRequest {
        case_id: case_id(&client, &args.case).await?,
        case_name: String::new(),
    };
    let response = client.take(client.court().get_case(client.request(request)).await)?;
    shown(context, response.case)
}

pub(super) async fn earlier_answers(
    args: &EarlierAnswersArgs,
    context: &Context,
) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let request = v1::ListEarlierAnswersRequest {
        case_id: case_id(&client, &args.case).await?,
        requirement_number: args.requirement,
    };
    let mut court = client.court();
    let listed = court.list_earlier_answers(client.request(request)).await;
    let response = client.take(listed)?;
    if response.is_cut {
        context
            .output
            .note("the court has more enquiries than were looked at: there may be others");
    }
    let found = &response.answers;
    context.output.list(&response, found, "", answers)?;
    Ok(Exit::Ok)
}

fn answers(found: &[v1::EarlierAnswer]) -> String {
    let mut rows = table(&[
        "check",
        "answered",
        "good until",
        "says",
        "handling",
        "of",
        "for",
    ]);
    for one in found {
        let number = one.check_id.rsplit('/').next().unwrap_or_default();
        rows.add_row([
            cell(format!("{}/{number}", one.reference)),
            cell(civil(one.answer_time.as_ref())),
            cell(civil(one.expire_time.as_ref())),
            cell(word::<v1::Disposition>(one.disposition)),
            cell(words::<v1::Handling>(&one.handling)),
            cell(&one.responder_id),
            cell(word::<v1::Purpose>(one.purpose)),
        ]);
    }
    rows.to_string()
}

/// Writes a case as it stands after a command.
pub(in crate::cli) fn shown(context: &Context, case: Option<v1::Case>) -> Result<Exit, Failure> {
    context
        .output
        .message(&case.unwrap_or_default(), case_page)?;
    Ok(Exit::Ok)
}

fn case_page(case: &v1::Case) -> String {
    let mut page = format!("Case {}  {}\n", clean(&case.name), clean(&case.reference));
    let mut line = |label: &str, text: String| {
        let _ = writeln!(page, "{label:<12}{text}");
    };
    let heard = case.hearing.clone().unwrap_or_default();
    line(
        "Heard",
        format!(
            "{} at {}",
            civil(heard.hearing_time.as_ref()),
            court(&heard.court_code)
        ),
    );
    for moved in &case.moves {
        let text = format!(
            "from {} on {} by {}: {}",
            deadline(moved.from.as_ref()),
            civil(moved.move_time.as_ref()),
            by(moved.by.as_ref()),
            clean(&moved.reason)
        );
        line("Moved", text);
    }
    if case.off_list_time.is_some() {
        let since = civil(case.off_list_time.as_ref());
        line(
            "Off list",
            format!("since {since}; what it needs stays needed"),
        );
    }
    line("Indicators", words::<v1::Indicator>(&case.indicators));
    let custody = if case.in_custody { ", in custody" } else { "" };
    let report = if case.report == 0 {
        "no report".into()
    } else {
        format!("{} report", word::<v1::ReportType>(case.report))
    };
    line("Report", report + custody);
    let stages = case.stages.iter().map(|stage| {
        let since = civil(stage.enter_time.as_ref());
        format!("{} since {since}", word::<v1::Purpose>(stage.purpose))
    });
    line("Stages", stages.collect::<Vec<_>>().join("; "));
    line("Holder", holder(case));
    if let Some(personal) = &case.personal {
        people_lines(&mut page, personal);
    }
    page.push('\n');
    page.push_str(&requirements(case));
    if !case.alerts.is_empty() {
        page.push_str("\n\n");
        page.push_str(&alerts(&case.alerts));
    }
    page
}

fn holder(case: &v1::Case) -> String {
    let office = case.unit.as_ref().map(|unit| clean(&unit.office));
    let office = office.filter(|office| office != "-");
    let office = office
        .map(|office| format!(", {office}"))
        .unwrap_or_default();
    match &case.holder {
        Some(_) => person(case.holder.as_ref()) + &office,
        None => format!("nobody is allocated{office}: the court's duty officer looks after it"),
    }
}

fn requirements(case: &v1::Case) -> String {
    if case.requirements.is_empty() {
        return "No check is needed.".into();
    }
    let mut rows = table(&["check", "of", "for", "by", "stands", "rule"]);
    for one in &case.requirements {
        let tone = match (one.state(), one.overdue_time.is_some()) {
            (v1::RequirementState::Needed, true) => Tone::Bad,
            (v1::RequirementState::Needed, false) => Tone::Doubtful,
            _ => Tone::Plain,
        };
        rows.add_row([
            cell(one.number.to_string()),
            cell(word::<v1::ResponderKind>(one.responder_kind)),
            cell(word::<v1::Purpose>(one.purpose)),
            cell(civil(one.due_time.as_ref())),
            toned(standing(one), tone),
            cell(&one.rule),
        ]);
    }
    rows.to_string()
}

fn standing(one: &v1::Requirement) -> String {
    let at = civil(one.state_time.as_ref());
    match one.state() {
        v1::RequirementState::Met => {
            let enquiries = one.enquiry_ids.iter().map(|id| clean(id));
            let enquiries: Vec<String> = enquiries.collect();
            format!("asked {at}: enquiry {}", enquiries.join(", "))
        }
        v1::RequirementState::SetAside => {
            let reason = word::<v1::SetAsideReason>(one.set_aside_reason);
            let answer = if one.answer_check_id.is_empty() {
                String::new()
            } else {
                format!(" (answer {})", clean(&one.answer_check_id))
            };
            let note = if one.set_aside_note.is_empty() {
                String::new()
            } else {
                format!(": {}", clean(&one.set_aside_note))
            };
            let who = by(one.set_aside_by.as_ref());
            format!("set aside {at} by {who}, {reason}{answer}{note}")
        }
        v1::RequirementState::Needed | v1::RequirementState::Unspecified => {
            if one.overdue_time.is_some() {
                format!(
                    "NOT ASKED, overdue since {}",
                    civil(one.overdue_time.as_ref())
                )
            } else {
                "not asked yet".into()
            }
        }
    }
}

pub(super) async fn history(args: &HistoryArgs, context: &Context) -> Result<Exit, Failure> {
    let client = Client::reading(&args.connect, &context.environment)?;
    let case_id = &case_id(&client, &args.case).await?;
    let client = &client;
    let (events, next_page_token) = pages::collect(&args.page, async |page_size, page_token| {
        let request = client.request(v1::CaseHistoryRequest {
            case_id: case_id.clone(),
            page_size,
            page_token,
        });
        let page = client.take(client.court().case_history(request).await)?;
        Ok((page.events, page.next_page_token))
    })
    .await?;
    let response = v1::CaseHistoryResponse {
        events,
        next_page_token,
    };
    let (found, next) = (&response.events, &response.next_page_token);
    context.output.list(&response, found, next, |events| {
        let lines: Vec<String> = events.iter().map(event_line).collect();
        lines.join("\n")
    })?;
    Ok(Exit::Ok)
}

fn event_line(event: &v1::CaseEvent) -> String {
    let mut line = format!(
        "{}  {}",
        exact(event.event_time.as_ref()),
        clean(&event.kind.replace('_', " "))
    );
    let mut tell = |text: String| {
        let _ = write!(line, "  {text}");
    };
    if event.requirement_number > 0 {
        tell(format!("check {}", event.requirement_number));
    }
    if event.responder_kind != 0 {
        tell(word::<v1::ResponderKind>(event.responder_kind));
    }
    if event.stage != 0 {
        tell(word::<v1::Purpose>(event.stage));
    }
    if event.set_aside_reason != 0 {
        tell(word::<v1::SetAsideReason>(event.set_aside_reason));
    }
    for text in [&event.name, &event.enquiry_id, &event.alert_id] {
        if !text.is_empty() {
            tell(clean(text));
        }
    }
    if event.from_time.is_some() {
        tell(format!("from {}", civil(event.from_time.as_ref())));
    }
    if event.due_time.is_some() {
        tell(format!("to {}", civil(event.due_time.as_ref())));
    }
    tell(format!("by {}", by(event.by.as_ref())));
    line
}
