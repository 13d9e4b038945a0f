//! `usher case`: the cases on courts' lists, and the checks that they need.

mod act;
mod import;
mod list;
mod sheet;
mod show;

pub(super) use act::{EnquiryReassignArgs, reassign_enquiry};
pub(super) use show::{case_id, shown};

use super::Context;
use super::failure::{Exit, Failure};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum CaseCommand {
    /// Take a court's list: new cases, changed ones, moved and removed hearings
    #[command(
        before_help = "Examples:\n  usher case import --list monday.csv\n  usher case import --list monday.csv --complete --format json\n  usher case import --example > list.csv"
    )]
    Import(import::ImportArgs),
    /// List cases: those that need a check first, the soonest first
    #[command(
        before_help = "Examples:\n  usher case list --open\n  usher case list --court B01IX --alerting --format json"
    )]
    List(list::ListArgs),
    /// Show one case with the checks that it needs
    #[command(
        before_help = "Examples:\n  usher case show 01AB1234526/1\n  usher case show 7K3M-9QXA-A --format json"
    )]
    Show(show::ShowArgs),
    /// List what happened to one case
    #[command(before_help = "Examples:\n  usher case history 01AB1234526/1")]
    History(show::HistoryArgs),
    /// List earlier answers that may do instead of asking again
    #[command(
        before_help = "Examples:\n  usher case earlier-answers 01AB1234526/1 --requirement 1"
    )]
    EarlierAnswers(show::EarlierAnswersArgs),
    /// Say that a check need not be asked, with a reason and your name
    #[command(
        before_help = "Examples:\n  usher case set-aside 01AB1234526/1 --requirement 2 --reason not-indicated --note \"The children are grown up\"\n  \
                       usher case set-aside 7K3M-9QXA-A --requirement 1 --reason up-to-date-already --answer 8BX2-1QWD-7/1"
    )]
    SetAside(act::SetAsideArgs),
    /// Say that a case has come to a stage: its checks are needed
    #[command(
        before_help = "Examples:\n  usher case enter-stage 01AB1234526/1 --stage start-of-sentence\n  usher case enter-stage 7K3M-9QXA-A --stage release --due 2026-12-18T16:00:00Z"
    )]
    EnterStage(act::EnterStageArgs),
    /// Give a case, with its enquiries, to another practitioner
    #[command(
        before_help = "Examples:\n  usher case reassign 01AB1234526/1 --to \"Kim Practitioner\" --office \"North London\""
    )]
    Reassign(act::ReassignArgs),
    /// Take a case off the list; what it needs stays needed
    #[command(before_help = "Examples:\n  usher case take-off 01AB1234526/1")]
    TakeOff(act::TakeOffArgs),
}

pub(super) async fn run(command: CaseCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        CaseCommand::Import(args) => import::run(&args, context).await,
        CaseCommand::List(args) => list::run(&args, context).await,
        CaseCommand::Show(args) => show::run(&args, context).await,
        CaseCommand::History(args) => show::history(&args, context).await,
        CaseCommand::EarlierAnswers(args) => show::earlier_answers(&args, context).await,
        CaseCommand::SetAside(args) => act::set_aside(&args, context).await,
        CaseCommand::EnterStage(args) => act::enter_stage(&args, context).await,
        CaseCommand::Reassign(args) => act::reassign(&args, context).await,
        CaseCommand::TakeOff(args) => act::take_off(&args, context).await,
    }
}
