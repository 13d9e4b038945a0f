//! `usher store migrate`, `backup` and `restore`: a whole store from one place to another, compared at the end.

use super::{DatabaseArgs, exit_of, hint_of, of_database, refused, runtime};
use crate::app;
use crate::cli::Context;
use crate::cli::bench::EngineArg;
use crate::cli::config::ConfigArgs;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::clock::Stopwatch;
use crate::config::settings::{Engine, StoreSettings};
use crate::store::postgres;
use crate::store::transfer::{
    self, FromDatabase, FromFile, FromFolder, IntoDatabase, IntoFile, IntoFolder, Round, Source,
    Tally, Target, TransferError,
};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a place that is a database begins with.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
/// Between two lines of progress where no terminal shows a bar.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How to come into the places that are given.
#[derive(Debug, Args)]
pub(super) struct Access {
    #[command(flatten)]
    config: ConfigArgs,
    /// Engine of a store in a folder
    #[arg(long, value_enum, default_value_t)]
    engine: EngineArg,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MigrateArgs {
    /// The store that there is: a folder, or the URL of a database; nobody may be running on it
    #[arg(long, value_name = "PLACE")]
    from: String,
    /// Where it shall be: an empty folder, the URL of a database with our schema, or where an earlier try ended
    #[arg(long, value_name = "PLACE")]
    to: String,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BackupArgs {
    /// A folder, or the URL of a database [default: the store of the configuration]
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
    /// The file to be made
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RestoreArgs {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// An empty folder, or the URL of an empty database with our schema [default: the store of the configuration]
    #[arg(long, value_name = "PLACE")]
    to: Option<String>,
    #[command(flatten)]
    access: Access,
}

pub(super) fn migrate(args: &MigrateArgs, context: &Context) -> Result<Exit, Failure> {
    if args.from == args.to {
        return Err(Failure::usage("source and target are the same", ""));
    }
    let from = args.access.place(Some(&args.from), context)?;
    let to = args.access.place(Some(&args.to), context)?;
    carry(context, async {
        let source = source_at_rest(&from).await?;
        Ok((source, target(&to).await?))
    })
}

pub(super) fn backup(args: &BackupArgs, context: &Context) -> Result<Exit, Failure> {
    let from = args.access.place(args.from.as_deref(), context)?;
    carry(context, async {
        let source: Box<dyn Source> = if from.engine == Engine::Postgres {
            let database = database(&from)?;
            Box::new(FromDatabase::new(&database).await.map_err(failed)?)
        } else {
            source_at_rest(&from).await?
        };
        let target: Box<dyn Target> = Box::new(IntoFile::create(&args.to).map_err(failed)?);
        Ok((source, target))
    })
}

pub(super) fn restore(args: &RestoreArgs, context: &Context) -> Result<Exit, Failure> {
    let to = args.access.place(args.to.as_deref(), context)?;
    carry(context, async {
        let source: Box<dyn Source> = Box::new(FromFile::open(&args.from).map_err(failed)?);
        Ok((source, target(&to).await?))
    })
}

impl Access {
    /// The store at `place`, or that of the configuration. To a database as the user of the configuration's, its files lead.
    fn place(&self, place: Option<&str>, context: &Context) -> Result<StoreSettings, Failure> {
        let mut settings = self.config.load(context)?.config.store;
        let Some(place) = place else {
            return Ok(settings);
        };
        if SCHEMES.iter().any(|scheme| place.starts_with(scheme)) {
            settings.engine = Engine::Postgres;
            let configured = std::mem::take(&mut settings.postgres);
            settings.postgres = self.database.settings(place.to_owned());
            let user = |url: &str| postgres::user(url).ok();
            let is_the_same = configured.url.as_deref().and_then(user) == user(place);
            if configured.url.is_some() && is_the_same {
                let given = &mut settings.postgres;
                given.password_file = given.password_file.take().or(configured.password_file);
                given.ca = given.ca.take().or(configured.ca);
            }
        } else {
            settings.engine = self.engine.into();
            settings.path = PathBuf::from(place);
        }
        Ok(settings)
    }
}

async fn source_at_rest(settings: &StoreSettings) -> Result<Box<dyn Source>, Failure> {
    if settings.engine == Engine::Postgres {
        let database = database(settings)?;
        let source = FromDatabase::at_rest(&database).await.map_err(failed)?;
        return Ok(Box::new(source));
    }
    if !settings.path.is_dir() {
        return Err(nothing_in(&settings.path));
    }
    let engine = app::open_engine_to_read(settings).map_err(|error| refused(&error))?;
    Ok(Box::new(FromFolder::new(engine).map_err(failed)?))
}

async fn target(settings: &StoreSettings) -> Result<Box<dyn Target>, Failure> {
    if settings.engine == Engine::Postgres {
        let database = database(settings)?;
        let target = IntoDatabase::new(&database).await.map_err(failed)?;
        return Ok(Box::new(target));
    }
    let engine = app::open_engine(settings).map_err(|error| refused(&error))?;
    Ok(Box::new(IntoFolder::new(engine)))
}

fn database(settings: &StoreSettings) -> Result<postgres::Settings, Failure> {
    app::database(&settings.postgres).map_err(|error| of_database(&error))
}

fn nothing_in(path: &Path) -> Failure {
    let what = format!("there is no store in {}", path.display());
    Failure::new(Exit::NotFound, what, super::ELSEWHERE)
}

/// Carries over what the two ends have, which are opened first.
fn carry(
    context: &Context,
    ends: impl Future<Output = Result<(Box<dyn Source>, Box<dyn Target>), Failure>>,
) -> Result<Exit, Failure> {
    let tally = runtime()?.block_on(async {
        let (mut source, target) = ends.await?;
        let mut shown = Shown::new(context.output);
        let mut show = |round, done, end| shown.progress(round, done, end);
        let carried = transfer::run(source.as_mut(), target, &mut show).await;
        shown.bar.finish_and_clear();
        carried.map_err(failed)
    })?;
    let Tally {
        entries,
        records,
        feed_sha256,
        records_sum,
    } = &tally;
    if context.output.is_json() {
        let value = json!({
            "records": records,
            "feed_entries": entries,
            "feed_sha256": feed_sha256,
            "records_sum": format!("{records_sum:032x}"),
            "equal": true,
        });
        context.output.value(&value)?;
    } else {
        let said = format!("Source and target both hold {tally}.");
        context.output.print(&said)?;
    }
    Ok(Exit::Ok)
}

/// How far it is, on stderr: a bar on a terminal, a line for each round and every few seconds elsewhere.
struct Shown {
    bar: ProgressBar,
    output: Output,
    said: Option<(Round, Stopwatch)>,
}

impl Shown {
    fn new(output: Output) -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{msg:<18} {bar:40} {percent:>3} %  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let said = None;
        Self { bar, output, said }
    }

    fn progress(&mut self, round: Round, done: u64, end: u64) {
        let doing = match round {
            Round::Copying => "copying",
            Round::ReadingSource => "reading the source",
            Round::ReadingTarget => "reading the target",
        };
        if !self.bar.is_hidden() {
            self.bar.set_message(doing);
            self.bar.set_length(end);
            self.bar.set_position(done);
            return;
        }
        let is_told = self
            .said
            .is_some_and(|(last, since)| last == round && since.elapsed() < LINE_EVERY);
        if !is_told {
            let line = format!("{doing}: {done} of {end} feed entries");
            self.output.note(&line);
            self.said = Some((round, Stopwatch::start()));
        }
    }
}

fn failed(error: TransferError) -> Failure {
    let again = "what has arrived stays: run it again, it goes on where it was";
    match error {
        TransferError::Database(inner) => of_database(&inner.into()),
        TransferError::Engine(inner) => Failure::caused(exit_of(&inner), &inner, hint_of(&inner)),
        TransferError::Store(inner) => Failure::caused(Exit::Failure, &inner, again),
        TransferError::Running { .. }
        | TransferError::Foreign
        | TransferError::Changed
        | TransferError::Unfinished => Failure::caused(Exit::Conflict, &error, ""),
        TransferError::Damaged { .. }
        | TransferError::Incomplete { .. }
        | TransferError::Spoilt(_)
        | TransferError::Differs { .. } => Failure::caused(Exit::Found, &error, ""),
        TransferError::File { .. } | TransferError::Io { .. } => {
            Failure::caused(Exit::Failure, &error, "")
        }
    }
}
