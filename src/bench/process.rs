//! The broker's process as the bench sees it: started, killed, and what it uses of the machine.

use super::broker::Orders;
use super::clients::Clients;
use super::stage::Stage;
use crate::clock::Stopwatch;
use anyhow::{Context as _, anyhow};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The hidden command that runs `bench-broker`.
pub const BROKER_COMMAND: &str = "bench-broker";
/// How long the broker may take to say its address: longer than any store of a bench takes to open.
const START_LIMIT: Duration = Duration::from_secs(60);
/// The kernel counts a process's time in these, on Linux everywhere.
const TICK: Duration = Duration::from_millis(10);

/// A running broker; killed when it is dropped.
pub(super) struct Process {
    child: Child,
    pub(super) clients: Clients,
    /// Where its console is.
    pub(super) console: SocketAddr,
    /// From the start of the process to its first answer.
    pub(super) started_in: Duration,
}

impl Process {
    /// Starts a broker and waits for its first answer.
    pub(super) async fn start(
        program: &Path,
        stage: &Stage,
        orders: &Orders,
    ) -> anyhow::Result<Self> {
        let watch = Stopwatch::start();
        let mut child = Command::new(program)
            .arg(BROKER_COMMAND)
            .args(orders.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = child.stdout.take().context("the broker has no output")?;
        let mut line = String::new();
        let mut output = BufReader::new(output);
        let said = timeout(START_LIMIT, output.read_line(&mut line)).await;
        said.context("the broker did not start in time")??;
        let read = |text: &str| text.parse::<SocketAddr>().ok();
        let said = line.trim().split_once(' ');
        let said = said.and_then(|(rpc, console)| Some((read(rpc)?, read(console)?)));
        let (address, console) =
            said.ok_or_else(|| anyhow!("the broker ended before it served"))?;
        let clients = Clients::new(stage, address);
        clients.status().await?;
        Ok(Self {
            child,
            clients,
            console,
            started_in: watch.elapsed(),
        })
    }

    /// Kills it as a power cut would, as far as a process can tell, and waits for its end.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        self.child
            .kill()
            .await
            .context("the broker cannot be killed")
    }

    /// Memory that it has in use, in bytes.
    pub(super) fn resident_bytes(&self) -> anyhow::Result<u64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        let kib = kib.context("the system does not tell how much memory the broker uses")?;
        Ok(kib * 1_024)
    }

    /// Processor time that it has used.
    pub(super) fn processor_time(&self) -> anyhow::Result<Duration> {
        let stat = self.read("stat")?;
        // The name in brackets may hold anything; user and system time are fields 14 and 15 of the whole.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields);
        let mut times = fields.into_iter().flat_map(|fields| {
            fields
                .split_whitespace()
                .skip(11)
                .take(2)
                .filter_map(|field| field.parse::<u32>().ok())
        });
        match (times.next(), times.next()) {
            (Some(user), Some(system)) => Ok(TICK * user + TICK * system),
            _ => Err(anyhow!(
                "the system does not tell how much time the broker used"
            )),
        }
    }

    fn read(&self, file: &str) -> anyhow::Result<String> {
        let id = self.child.id().context("the broker has ended")?;
        let path = format!("/proc/{id}/{file}");
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }
}
