//! `usher serve`: runs a broker until it is told to stop.

use super::Context;
use super::config::{ConfigArgs, refused};
use super::failure::{Exit, Failure};
use super::store::of_database;
use crate::app::{self, OpenError, ServeError};
use crate::lifecycle::Ending;
use crate::telemetry;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Serves. SIGTERM or Ctrl-C drains and ends with 0, a second one ends at once; SIGHUP reads the configuration again.
pub(super) fn run(args: ServeArgs, context: &Context) -> Result<Exit, Failure> {
    let file = args.config.file(context);
    let environment = context.environment.clone();
    let loaded = app::load(file.as_deref(), &environment, &args.config.flags)
        .map_err(|faults| refused(&faults))?;
    telemetry::init(&loaded.config.log).map_err(|error| {
        Failure::caused(Exit::Usage, &error, "see log.filter in config/usher.toml")
    })?;
    app::tell(&loaded.warnings);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        Failure::caused(Exit::Failure, &error, "check the limits of the system")
    })?;
    let ending = runtime
        .block_on(app::serve(loaded, file, environment, args.config.flags))
        .map_err(|error| failed(&error))?;
    match ending {
        Ending::Stopped => Ok(Exit::Ok),
        Ending::Forced => Err(Failure::new(
            Exit::Failure,
            "calls were cut off to stop in time",
            "",
        )),
        Ending::Failed(task) => Err(Failure::new(
            Exit::Failure,
            format!("the broker stopped because its part {task:?} ended"),
            "the log says why; then start it again",
        )),
    }
}

/// What cannot be mended in the configuration is a failure of the moment: another may have the port or the store.
fn failed(error: &ServeError) -> Failure {
    match error {
        ServeError::Config(faults) => refused(faults),
        ServeError::Tls(_) | ServeError::Console(_) | ServeError::Open(OpenError::NotBuiltIn) => {
            Failure::caused(
                Exit::Usage,
                error,
                "`usher config check` says everything that is wrong",
            )
        }
        ServeError::Open(OpenError::Database(database)) => of_database(database),
        ServeError::Open(_) => Failure::caused(
            Exit::Failure,
            error,
            "check that no other broker uses the store, and its disk; `usher store verify` says more",
        ),
        ServeError::App(_) | ServeError::System { .. } => Failure::caused(Exit::Failure, error, ""),
    }
}
