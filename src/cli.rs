//! The command line: one binary, nouns then verbs, one file per noun.
//!
//! Results go to standard output as tables or JSON, messages to standard error, and every ending has a documented exit
//! code ([`failure::Exit`]). It calls the broker as any client does; only `demo`, `serve` and `bench` run one.

mod adapter;
mod agreement;
mod alert;
mod bench;
mod case;
mod check;
mod client;
mod config;
mod connection;
mod demo;
mod directory;
mod enquiry;
pub mod failure;
mod json;
mod moment;
pub mod output;
mod pages;
mod pki;
mod report;
mod responder;
mod serve;
mod shell;
mod store;
mod words;

use crate::clock::{Clock as _, SystemClock};
use crate::config::environment::Environment;
use crate::lifecycle::Interrupts;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use failure::{EXIT_CODES, Exit, Failure};
use output::{Format, Output};
use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

/// The order of every help text: what it is, examples, usage, arguments.
const HELP_TEMPLATE: &str =
    "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Broker for safeguarding enquiries between courts and boroughs: answered before the hearing, or in front of a
/// named person
#[derive(Debug, Parser)]
#[command(
    name = "usher",
    version,
    propagate_version = true,
    before_help = "Examples:\n  usher demo                                   a sentencing day in London, end to end\n  \
                   usher serve --config config/usher.toml       run a broker\n  \
                   usher enquiry submit --file enquiry.json     ask",
    after_help = EXIT_CODES
)]
struct Cli {
    #[command(flatten)]
    output: OutputArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// How results are written
    ///
    /// What a broker sent is canonical proto3 JSON, as proto/usher/v1 has it: a list is the whole response, such as `ListResponse`, a watch one
    /// `WatchResponse` a line; an enquiry, check, alert or responder is that message itself. Commands that call no broker have keys of
    /// their own. What goes wrong is then a JSON object on standard error: reason, message, details, hint, exit.
    #[arg(long, global = true, value_enum, default_value_t)]
    format: Format,
    /// Without colour, as `NO_COLOR` in the environment says too
    #[arg(long, global = true)]
    no_color: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a sentencing day in London, end to end, in under a minute
    #[command(
        before_help = "Examples:\n  usher demo\n  usher demo --list cases.csv --seed 7 --format json\n  usher demo --calibration"
    )]
    Demo(demo::DemoArgs),
    /// Run a broker
    #[command(
        before_help = "Examples:\n  usher serve --config config/usher.toml\n  usher serve --config config/usher.toml --set log.format=json"
    )]
    Serve(serve::ServeArgs),
    /// Ask, look, decide: what court officers do
    #[command(subcommand)]
    Enquiry(enquiry::EnquiryCommand),
    /// The court's list, and the checks that its cases need
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// What a named person must look at
    #[command(subcommand)]
    Alert(alert::AlertCommand),
    /// The part of an enquiry that one responder must answer
    #[command(subcommand)]
    Check(check::CheckCommand),
    /// Join a borough's system to a broker
    #[command(subcommand)]
    Adapter(adapter::AdapterCommand),
    /// What was needed, asked and answered in a period
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// The services that answer
    #[command(subcommand)]
    Responder(responder::ResponderCommand),
    /// Postcode, authority, responder
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Who may be asked for what: information-sharing agreements
    #[command(subcommand)]
    Agreement(agreement::AgreementCommand),
    /// The configuration of a broker
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Where a broker keeps enquiries
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Certificates for development
    #[command(subcommand)]
    Pki(pki::PkiCommand),
    /// Measure what usher costs on this machine, against a bare echo
    #[command(
        before_help = "Examples:\n  usher bench\n  usher bench --seconds 1 --open 0 --format json --fail-on-missed\n  usher bench --store postgres://bench@db1.example/postgres --password-file bench.password --ca db-ca.pem"
    )]
    Bench(bench::BenchArgs),
    #[command(name = crate::bench::BROKER_COMMAND, hide = true)]
    BenchBroker(bench::BrokerArgs),
    /// Print completions for a shell
    #[command(
        before_help = "Examples:\n  usher completions bash > /etc/bash_completion.d/usher\n  usher completions zsh"
    )]
    Completions(shell::CompletionsArgs),
    /// Write the manual pages
    #[command(
        before_help = "Examples:\n  usher man --dir /usr/local/share/man/man1\n  usher man | man -l -"
    )]
    Man(shell::ManArgs),
}

/// What every command is given.
struct Context {
    output: Output,
    environment: Environment,
}

impl Context {
    /// The day in London.
    fn today() -> jiff::civil::Date {
        usher_domain::time::to_london(SystemClock.now()).date()
    }
}

/// Runs the command that `arguments` say, the program's name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.iter().any(|argument| argument == "--no-color") {
        anstream::ColorChoice::Never.write_global();
    }
    let wants_json = wants_json(&arguments);
    let parsed = command().try_get_matches_from(arguments);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) if wants_json && error.use_stderr() => {
            let output = Output::new(Format::Json);
            return told(output, &Failure::usage(plain(&error), "see --help"));
        }
        Err(error) => {
            // Help and version end with 0, slips with 2; a reader that has gone is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code()));
        }
    };
    if cli.output.format.is_of_reports() && !matches!(cli.command, Command::Report(_)) {
        let what = "only reports are written as csv or svg";
        let failure = Failure::usage(what, "leave --format out, or say json");
        return told(Output::new(Format::Table), &failure);
    }
    let context = Context {
        output: Output::new(cli.output.format),
        environment: Environment::read(),
    };
    match dispatch(cli.command, &context) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => told(context.output, &failure),
    }
}

/// Tells a failure to whoever reads, and how to end.
fn told(output: Output, failure: &Failure) -> ExitCode {
    let text = failure.render();
    if !text.is_empty() {
        output.note(&if output.is_json() {
            format!("{:#}", failure.to_json())
        } else {
            text
        });
    }
    ExitCode::from(failure.exit().code())
}

/// Whether `arguments` ask for JSON, as far as can be told where they cannot be parsed.
fn wants_json(arguments: &[OsString]) -> bool {
    let next = arguments.iter().skip(1);
    let pair = |(flag, value): (&OsString, &OsString)| flag == "--format" && value == "json";
    arguments.iter().any(|argument| argument == "--format=json")
        || arguments.iter().zip(next).any(pair)
}

/// A slip in the command line, without colour and without the usage below.
fn plain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let what = text.split("\n\n").next().unwrap_or_default();
    what.trim_start_matches("error: ").to_owned()
}

/// The whole command line, every help text in the same order.
fn command() -> clap::Command {
    in_order(Cli::command())
}

fn in_order(command: clap::Command) -> clap::Command {
    command
        .help_template(HELP_TEMPLATE)
        .mut_subcommands(in_order)
}

fn dispatch(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Demo(args) => demo::run(args, context),
        Command::Serve(args) => serve::run(args, context),
        Command::Adapter(command) => adapter::run(command, context),
        Command::Enquiry(command) => interruptible(enquiry::run(command, context)),
        Command::Case(command) => interruptible(case::run(command, context)),
        Command::Alert(command) => interruptible(alert::run(command, context)),
        Command::Check(command) => interruptible(check::run(command, context)),
        Command::Report(command) => interruptible(report::run(command, context)),
        Command::Responder(command) => interruptible(responder::run(command, context)),
        Command::Directory(command) => interruptible(directory::run(command, context)),
        Command::Agreement(command) => agreement::run(command, context),
        Command::Config(command) => config::run(command, context),
        Command::Store(command) => store::run(command, context),
        Command::Pki(command) => pki::run(command, context),
        Command::Bench(args) => bench::run(args, context),
        Command::BenchBroker(args) => bench::serve(&args),
        Command::Completions(args) => shell::completions(&args, context, self::command()),
        Command::Man(args) => shell::man(&args, context, self::command()),
    }
}

/// Runs a client's command until it ends or somebody ends it.
fn interruptible(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        Failure::caused(Exit::Failure, &error, "check the limits of the system")
    })?;
    runtime.block_on(async {
        let mut interrupts = Interrupts::listen().map_err(|error| {
            Failure::caused(Exit::Failure, &error, "check the limits of the system")
        })?;
        tokio::select! {
            ended = work => ended,
            () = interrupts.next() => Ok(Exit::Interrupted),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    /// Every command at the end of a path.
    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        for inner in command
            .get_subcommands()
            .filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
        {
            let path = format!("{path} {}", inner.get_name());
            if inner.has_subcommands() {
                leaves(inner, &path, found);
            } else {
                let examples = inner
                    .get_before_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                found.push((path, examples));
            }
        }
    }

    /// An example that cannot be parsed teaches a mistake.
    #[test]
    fn every_command_has_examples_that_parse() {
        let mut all = Vec::new();
        leaves(&command(), "usher", &mut all);
        assert!(all.len() > 30, "{}", all.len());
        for (path, help) in all {
            let examples: Vec<&str> = help.lines().skip(1).map(str::trim).collect();
            assert!(
                (1..=3).contains(&examples.len()),
                "{path}: {} examples",
                examples.len()
            );
            for example in examples {
                assert!(example.starts_with(&path), "{path}: {example}");
                let words = split(example);
                let parsed = command().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            }
        }
    }

    /// The words of a line as a shell splits them, up to a pipe or a redirection.
    fn split(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (place, part) in line.split('"').enumerate() {
            if place % 2 == 1 {
                words.push(part.to_owned());
                continue;
            }
            for word in part.split_whitespace() {
                if matches!(word, "|" | ">") {
                    return words;
                }
                words.push(word.to_owned());
            }
        }
        words
    }
}
