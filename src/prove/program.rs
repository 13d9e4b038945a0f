//! The adapter under test, as whoever proves it sees it: something to be started, told to stop, and killed.

use anyhow::Context as _;
use async_trait::async_trait;
use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Where the test broker is, and as whom to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its address, such as `https://127.0.0.1:43210`.
    pub server: String,
    /// The folder of the files below, in which the adapter may also keep what it likes.
    pub folder: PathBuf,
    /// The authority of its certificate, PEM.
    pub ca: PathBuf,
    /// The adapter's certificate, PEM. It is replaced during the run.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// The responder whose adapter it is.
    pub responder: String,
}

/// An adapter under test.
#[async_trait]
pub trait UnderTest: Send {
    /// Starts it; it is not running.
    ///
    /// # Errors
    /// When it cannot be started.
    async fn start(&mut self, place: &Place) -> anyhow::Result<()>;

    /// Tells it to stop and waits for its end, `limit` at most; then it is killed. Whether it ended by itself.
    ///
    /// # Errors
    /// When it cannot be told.
    async fn stop(&mut self, limit: Duration) -> anyhow::Result<bool>;

    /// Ends it as a crash would, where it runs.
    ///
    /// # Errors
    /// When it cannot be ended.
    async fn kill(&mut self) -> anyhow::Result<()>;

    /// Whether it has ended although nobody asked it to.
    fn is_over(&mut self) -> bool;

    /// Where to read what it says itself.
    fn words(&self) -> &'static str {
        "see what it says itself"
    }
}

/// A program of any language, in a group of processes of its own.
#[derive(Debug)]
pub struct Program {
    command: Vec<OsString>,
    folder: PathBuf,
    output: Option<File>,
    ours: bool,
    child: Option<Child>,
}

impl Program {
    /// A command, run in `folder`. It is told where the broker is by `USHER_SERVER`, `USHER_CA`, `USHER_CERTIFICATE`, `USHER_KEY` and
    /// `USHER_RESPONDER`. What it says goes to `output`, or nowhere.
    pub fn vendors(command: Vec<OsString>, folder: PathBuf, output: Option<File>) -> Self {
        Self {
            command,
            folder,
            output,
            ours: false,
            child: None,
        }
    }

    /// `usher adapter run`, as `program` has it, with the configuration in `config`, against the test broker.
    pub fn ours(program: PathBuf, config: PathBuf, output: Option<File>) -> Self {
        let words: [OsString; 5] = [
            program.into(),
            "adapter".into(),
            "run".into(),
            "--config".into(),
            config.into(),
        ];
        Self {
            command: words.into(),
            folder: ".".into(),
            output,
            ours: true,
            child: None,
        }
    }

    fn said(&self) -> anyhow::Result<Stdio> {
        Ok(match &self.output {
            Some(file) => file.try_clone()?.into(),
            None => Stdio::null(),
        })
    }
}

#[async_trait]
impl UnderTest for Program {
    async fn start(&mut self, place: &Place) -> anyhow::Result<()> {
        let (program, arguments) = self.command.split_first().context("the command is empty")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(self.said()?)
            .stderr(self.said()?)
            .process_group(0)
            .kill_on_drop(true);
        if self.ours {
            command.arg("--against").arg(&place.server);
            command.arg("--files").arg(&place.folder);
        } else {
            command
                .env("USHER_SERVER", &place.server)
                .env("USHER_CA", &place.ca)
                .env("USHER_CERTIFICATE", &place.certificate)
                .env("USHER_KEY", &place.key)
                .env("USHER_RESPONDER", &place.responder);
        }
        let child = command.spawn();
        self.child = Some(child.with_context(|| format!("cannot start {}", program.display()))?);
        Ok(())
    }

    async fn stop(&mut self, limit: Duration) -> anyhow::Result<bool> {
        let Some(child) = &mut self.child else {
            return Ok(true);
        };
        if let Some(id) = child.id() {
            signal("TERM", &id.to_string()).await?;
        }
        let ended = timeout(limit, child.wait()).await;
        self.kill().await?;
        Ok(ended.is_ok())
    }

    /// Its whole group: what a script has started ends with it.
    async fn kill(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        if let Some(id) = child.id() {
            signal("KILL", &format!("-{id}")).await?;
        }
        timeout(KILL_LIMIT, child.wait())
            .await
            .context("the adapter cannot be killed")??;
        Ok(())
    }

    fn is_over(&mut self) -> bool {
        let child = self.child.as_mut();
        child.is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_some()))
    }

    fn words(&self) -> &'static str {
        match self.output {
            Some(_) => "its own words are in the file of --adapter-log",
            None => "--adapter-log FILE keeps its own words",
        }
    }
}

/// How long a killed process may take to end.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// Sends a signal to a process, or with a minus before it to a group. One that has gone has heard it.
async fn signal(name: &str, to: &str) -> anyhow::Result<()> {
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -s \"$1\" -- \"$2\" 2>/dev/null", "sh", name, to]);
    shell.status().await.context("cannot run sh")?;
    Ok(())
}
