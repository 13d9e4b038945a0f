//! Completions and manual pages, made from the command line itself.

use super::Context;
use super::failure::{Exit, Failure};
use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write one page per command into this folder [default: print the first page]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints completions.
pub(super) fn completions(
    args: &CompletionsArgs,
    context: &Context,
    mut command: clap::Command,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "usher", &mut script);
    context.output.print_raw(&script)?;
    Ok(Exit::Ok)
}

/// Prints or writes manual pages.
pub(super) fn man(
    args: &ManArgs,
    context: &Context,
    command: clap::Command,
) -> Result<Exit, Failure> {
    let unwritten = |error: std::io::Error| {
        Failure::caused(
            Exit::Failure,
            &error,
            "check the folder and its permissions",
        )
    };
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(unwritten)?;
        context.output.print_raw(&page)?;
        return Ok(Exit::Ok);
    };
    std::fs::create_dir_all(dir).map_err(unwritten)?;
    clap_mangen::generate_to(command, dir).map_err(unwritten)?;
    let note = format!("manual pages are in {}", dir.display());
    context.output.note(&note);
    Ok(Exit::Ok)
}
