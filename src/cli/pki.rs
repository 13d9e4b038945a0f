//! `usher pki`: a certificate authority for development and trials.

use super::Context;
use super::failure::{Exit, Failure};
use crate::clock::{Clock as _, SystemClock};
use crate::pki::files::FileError;
use crate::pki::{self, IssueRequest, PkiError, Usage};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum PkiCommand {
    /// Make a certificate authority
    #[command(before_help = "Examples:\n  usher pki init --dir tls --trust-domain usher.example")]
    Init(InitArgs),
    /// Issue a certificate and its key, for a client or, with --server, for a broker
    #[command(
        before_help = "Examples:\n  usher pki issue --dir tls --name server --server --host localhost --host 127.0.0.1\n  \
                       usher pki issue --dir tls --name officer --uri spiffe://usher.example/court/B01IX/gateway\n  \
                       usher pki issue --dir tls --name hackney --uri spiffe://usher.example/borough/hackney/adapter --days 30"
    )]
    Issue(IssueArgs),
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Folder for ca.pem and ca.key; made if needed
    #[arg(long)]
    dir: PathBuf,
    /// What every URI of this authority's certificates starts with, such as usher.example
    #[arg(long, value_name = "NAME")]
    trust_domain: String,
    /// Replace an authority that is there: its certificates are worth nothing afterwards
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct IssueArgs {
    /// Folder of the authority
    #[arg(long)]
    dir: PathBuf,
    /// Name of the files: NAME.pem and NAME.key
    #[arg(long)]
    name: String,
    /// The one URI by which the broker knows a client
    #[arg(long, required_unless_present = "server")]
    uri: Option<String>,
    /// For a broker rather than a client
    #[arg(long, requires = "host")]
    server: bool,
    /// DNS name or address under which the broker is reached; may be given again
    #[arg(long, requires = "server")]
    host: Vec<String>,
    /// How many days it holds
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// Folder for the files [default: the authority's]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(command: PkiCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        PkiCommand::Init(args) => init(&args, context),
        PkiCommand::Issue(args) => issue(&args, context),
    }
}

/// What was asked for and the files that were named are the caller's; writing and the library are the machine's.
fn failed(error: &PkiError) -> Failure {
    let exit = match error {
        PkiError::Request(_)
        | PkiError::Authority { .. }
        | PkiError::File(
            FileError::Unreadable { .. } | FileError::Exposed { .. } | FileError::TooLarge { .. },
        ) => Exit::Usage,
        PkiError::File(FileError::Exists { .. }) => Exit::Conflict,
        PkiError::File(FileError::Unwritable { .. }) | PkiError::Make(_) => Exit::Failure,
    };
    Failure::caused(exit, error, "")
}

fn init(args: &InitArgs, context: &Context) -> Result<Exit, Failure> {
    pki::init(&args.dir, &args.trust_domain, SystemClock.now(), args.force)
        .map_err(|error| failed(&error))?;
    let (certificate, key) = (args.dir.join("ca.pem"), args.dir.join("ca.key"));
    if context.output.is_json() {
        context
            .output
            .value(&json!({ "certificate": certificate, "key": key }))?;
    } else {
        let text = format!(
            "{}  the authority\n{}  its key: keep it to yourself",
            certificate.display(),
            key.display()
        );
        context.output.print(&text)?;
    }
    Ok(Exit::Ok)
}

fn issue(args: &IssueArgs, context: &Context) -> Result<Exit, Failure> {
    let request = IssueRequest {
        name: args.name.clone(),
        uris: args.uri.iter().cloned().collect(),
        hosts: args.host.clone(),
        usage: if args.server {
            Usage::Server
        } else {
            Usage::Client
        },
        days: args.days,
    };
    let out = args.out.as_ref().unwrap_or(&args.dir);
    let files = pki::issue(&args.dir, &request, out, SystemClock.now(), args.force)
        .map_err(|error| failed(&error))?;
    if context.output.is_json() {
        context
            .output
            .value(&json!({ "certificate": files.certificate, "key": files.key }))?;
    } else {
        let text = format!(
            "{}  the certificate, for {} days\n{}  its key, readable by you only",
            files.certificate.display(),
            args.days,
            files.key.display()
        );
        context.output.print(&text)?;
    }
    if let (false, Some(uri)) = (args.server, &args.uri) {
        context.output.note(&format!(
            "for the broker to know it, add an [[identities]] entry with uri = \"{uri}\""
        ));
    }
    Ok(Exit::Ok)
}
