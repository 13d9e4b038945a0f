//! `usher config`: what is in force, where it comes from, and what is wrong with it.

use super::Context;
use super::failure::{Exit, Failure};
use super::output::{cell, table};
use crate::app;
use crate::config::fault::{Fault, Faults, Severity};
use crate::config::{self, Flag, Loaded};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The variable that names the configuration file.
const FILE_VARIABLE: &str = "USHER_CONFIG";

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Say everything that is wrong with a configuration and the files it names
    #[command(
        before_help = "Examples:\n  usher config check --config config/usher.toml\n  usher config check --config config/usher.toml --format json"
    )]
    Check(ConfigArgs),
    /// Show every setting in force
    #[command(
        before_help = "Examples:\n  usher config show\n  usher config show --config config/usher.toml --origin"
    )]
    Show(ShowArgs),
}

/// Which configuration.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// Configuration file [default: that of `USHER_CONFIG`, else the built-in settings]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Set one value, such as rpc.listen=127.0.0.1:7443; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = flag)]
    pub(super) flags: Vec<Flag>,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// With where each value comes from
    #[arg(long)]
    origin: bool,
}

fn flag(text: &str) -> Result<Flag, String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("expected KEY=VALUE, such as rpc.listen=127.0.0.1:7443")?;
    Ok(Flag {
        name: format!("--set {key}"),
        key: key.trim().into(),
        value: value.trim().into(),
    })
}

impl ConfigArgs {
    /// The file that applies, where there is one.
    pub(super) fn file(&self, context: &Context) -> Option<PathBuf> {
        self.config
            .clone()
            .or_else(|| context.environment.path(FILE_VARIABLE))
    }

    /// Reads the settings; the files that they name are not looked at.
    ///
    /// # Errors
    /// Everything wrong with them.
    pub(super) fn load(&self, context: &Context) -> Result<Loaded, Failure> {
        config::load(
            self.file(context).as_deref(),
            &context.environment,
            &self.flags,
        )
        .map_err(|faults| refused(&faults))
    }
}

/// A configuration that cannot be used: each fault with file, line and remedy.
pub(super) fn refused(faults: &Faults) -> Failure {
    let text = faults.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    Failure::usage(text, "")
}

pub(super) fn run(command: ConfigCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Check(args) => check(&args, context),
        ConfigCommand::Show(args) => show(&args, context),
    }
}

fn check(args: &ConfigArgs, context: &Context) -> Result<Exit, Failure> {
    let file = args.file(context);
    let loaded = app::load(file.as_deref(), &context.environment, &args.flags);
    let faults = match loaded {
        Ok(loaded) => loaded.warnings,
        Err(Faults(faults)) => faults,
    };
    let errors = faults
        .iter()
        .filter(|fault| fault.severity == Severity::Error)
        .count();
    if context.output.is_json() {
        context
            .output
            .items(&faults.iter().map(fault_value).collect::<Vec<_>>())?;
    } else {
        for fault in &faults {
            context.output.print(&fault.to_string())?;
        }
        let verdict = match (errors, faults.len()) {
            (0, 0) => "nothing is wrong".into(),
            (0, warnings) => format!("it can be used; warnings: {warnings}"),
            (errors, _) => format!("it cannot be used; errors: {errors}"),
        };
        context.output.note(&verdict);
    }
    Ok(if errors == 0 { Exit::Ok } else { Exit::Usage })
}

fn fault_value(fault: &Fault) -> Value {
    let severity = match fault.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({ "severity": severity, "place": fault.place.to_string(), "what": fault.what, "remedy": fault.remedy })
}

fn show(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let loaded = args.config.load(context)?;
    let settings = loaded.settings();
    if context.output.is_json() {
        let item = |setting: &config::Setting| json!({ "key": setting.key, "value": setting.value, "origin": setting.origin.to_string() });
        context
            .output
            .items(&settings.iter().map(item).collect::<Vec<_>>())?;
        return Ok(Exit::Ok);
    }
    if !args.origin {
        let lines: Vec<String> = settings
            .iter()
            .map(|setting| format!("{} = {}", setting.key, setting.value))
            .collect();
        context.output.print(&lines.join("\n"))?;
        return Ok(Exit::Ok);
    }
    let mut rows = table(&["key", "value", "origin"]);
    for setting in settings {
        rows.add_row([
            cell(&setting.key),
            cell(&setting.value),
            cell(setting.origin.to_string()),
        ]);
    }
    context.output.print(&rows.to_string())?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_a_key_and_a_value() {
        let check = |text, wanted: Option<(&str, &str)>| {
            let found = flag(text).ok().map(|flag| (flag.key, flag.value));
            assert_eq!(
                found,
                wanted.map(|(key, value)| (key.into(), value.into())),
                "{text}"
            );
        };
        check(
            "rpc.listen=127.0.0.1:1",
            Some(("rpc.listen", "127.0.0.1:1")),
        );
        check(
            "log.filter=warn,usher=debug",
            Some(("log.filter", "warn,usher=debug")),
        );
        check("rpc.listen", None);
    }
}
