//! How the process starts, reloads and stops.
//!
//! Two tokens carry a stop: `soft` asks every task to finish what it holds, `hard` tells it to drop it. The first SIGTERM or SIGINT
//! is soft; a second one, or the end of the grace, is hard. A task that ends although nobody asked (an error, a panic, or
//! simply returning) stops the whole process, which then exits with failure: half a broker is not a broker. SIGHUP
//! calls the reload. The service manager is told of each step. In which order things close is the business of the
//! tasks, not of this file.

use std::error::Error;
use std::future::Future;
use std::io;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use sd_notify::NotifyState;

/// How long a task may take to drop what it holds once `hard` is cancelled, before it is aborted.
const HARD_LIMIT: Duration = Duration::from_secs(2);
/// How long a reload may take before signals are looked at again.
const RELOAD_LIMIT: Duration = Duration::from_secs(30);
/// Signals waiting to be looked at; more than a person can press.
const SIGNALS_MAX: usize = 16;

/// What somebody outside asks of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
}

/// Where signals come from.
#[derive(Debug)]
pub struct Signals {
    received: mpsc::Receiver<Signal>,
    /// The source has gone, and that was told.
    ended: bool,
}

impl Signals {
    /// Listens to the operating system from now on, in place of its default of ending the process.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let (sender, signals) = mpsc::channel(SIGNALS_MAX);
        tokio::spawn(async move {
            loop {
                let received = tokio::select! {
                    _ = terminate.recv() => Signal::Stop,
                    _ = interrupt.recv() => Signal::Stop,
                    _ = hangup.recv() => Signal::Reload,
                    () = sender.closed() => return,
                };
                // What does not fit says nothing that is not waiting already.
                let _ = sender.try_send(received);
            }
        });
        Ok(Self::from_channel(signals))
    }

    /// Takes signals from a channel, for a process within a process, such as a test. Its end is a stop, once.
    pub fn from_channel(received: mpsc::Receiver<Signal>) -> Self {
        Self {
            received,
            ended: false,
        }
    }

    async fn next(&mut self) -> Signal {
        if self.ended {
            return std::future::pending().await;
        }
        self.received.recv().await.unwrap_or_else(|| {
            self.ended = true;
            Signal::Stop
        })
    }
}

/// SIGINT and SIGTERM for a command that has something to tidy up first, such as its folder.
#[derive(Debug)]
pub struct Interrupts {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Interrupts {
    /// Listens from now on, in place of the system's default of ending the process.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns at the next signal, or at once when one has come since it was last asked.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Asked to stop, and every task finished.
    Stopped,
    /// Asked to stop, and tasks had to be told to drop what they held.
    Forced,
    /// This task died.
    Failed(&'static str),
}

impl Ending {
    /// 0 when every task finished as asked, else 1.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Stopped => ExitCode::SUCCESS,
            Self::Forced | Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}

/// The tasks of the process and the tokens that stop them.
#[derive(Debug)]
pub struct Lifecycle {
    hard: CancellationToken,
    soft: CancellationToken,
    tasks: TaskTracker,
    dead: Arc<OnceLock<&'static str>>,
    grace: Duration,
}

impl Lifecycle {
    /// No tasks yet. After a soft stop tasks have `grace` to finish; it has to be longer than any drain of theirs.
    pub fn new(grace: Duration) -> Self {
        let hard = CancellationToken::new();
        let soft = hard.child_token();
        Self {
            hard,
            soft,
            tasks: TaskTracker::new(),
            dead: Arc::default(),
            grace,
        }
    }

    /// Asks to finish. Cancelling it stops the process.
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Tells to drop everything; `soft` is cancelled with it.
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Runs `task` for the life of the process. If it ends before `soft` is cancelled, or ever ends with an error or a panic, the
    /// process stops and fails.
    pub fn spawn<E>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) where
        E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        let (soft, hard, dead) = (self.soft.clone(), self.hard.clone(), Arc::clone(&self.dead));
        let mut running = tokio::spawn(task);
        self.tasks.spawn(async move {
            let too_late = async {
                hard.cancelled().await;
                sleep(HARD_LIMIT).await;
            };
            let ended = tokio::select! {
                ended = &mut running => ended,
                () = too_late => {
                    tracing::error!(task = name, "A task did not stop and is aborted");
                    running.abort();
                    return;
                }
            };
            let cause = match ended {
                Ok(Ok(())) if soft.is_cancelled() => return,
                Ok(Ok(())) => "it ended although nobody asked".to_string(),
                Ok(Err(error)) => chain(error.into().as_ref()),
                Err(_) => "it panicked".to_string(),
            };
            tracing::error!(task = name, cause, "A task died; the process stops");
            // The first to die is the one to name: others may die of it.
            let _ = dead.set(name);
            soft.cancel();
        });
    }

    /// Tells the service manager that the process serves: the store is open and every port is listening.
    pub fn ready(&self) {
        notify(&[NotifyState::Ready]);
    }

    /// Runs until a stop or the death of a task, then stops every task. `reload` is called for each SIGHUP and reports its own
    /// problems.
    pub async fn run<F>(self, mut signals: Signals, mut reload: impl FnMut() -> F) -> Ending
    where
        F: Future<Output = ()>,
    {
        loop {
            let signal = tokio::select! {
                () = self.soft.cancelled() => break,
                signal = signals.next() => signal,
            };
            match signal {
                Signal::Stop => break,
                Signal::Reload => {
                    announce_reload();
                    if timeout(RELOAD_LIMIT, reload()).await.is_err() {
                        tracing::error!("The reload took too long and was given up");
                    }
                    self.ready();
                }
            }
        }
        self.stop(signals).await
    }

    async fn stop(self, mut signals: Signals) -> Ending {
        notify(&[NotifyState::Stopping]);
        tracing::info!("Stopping: running work is finished");
        self.soft.cancel();
        self.tasks.close();
        let second = async { while signals.next().await != Signal::Stop {} };
        let finished = tokio::select! {
            () = self.tasks.wait() => true,
            () = second => false,
            () = sleep(self.grace) => false,
        };
        if !finished {
            tracing::warn!("Stopping now: running work is dropped");
            self.hard.cancel();
            // Every task is aborted by then; only one that never yields is left behind.
            let _ = timeout(HARD_LIMIT * 2, self.tasks.wait()).await;
        }
        match self.dead.get() {
            Some(name) => Ending::Failed(name),
            None if finished => Ending::Stopped,
            None => Ending::Forced,
        }
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn announce_reload() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(reason = %error, "The monotonic clock cannot be read"),
    }
}

/// Tells the service manager, if there is one.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(reason = %error, "The service manager could not be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicUsize, Ordering};

    const GRACE: Duration = Duration::from_secs(5);

    fn signals() -> (mpsc::Sender<Signal>, Signals) {
        let (sender, receiver) = mpsc::channel(4);
        (sender, Signals::from_channel(receiver))
    }

    /// A task that stops when it is asked to.
    async fn obedient(soft: CancellationToken) -> io::Result<()> {
        soft.cancelled().await;
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_lets_every_task_finish() {
        let life = Lifecycle::new(GRACE);
        let (sender, signals) = signals();
        let soft = life.soft();
        life.spawn("slow", async move {
            obedient(soft).await?;
            sleep(GRACE / 2).await;
            io::Result::Ok(())
        });
        sender.send(Signal::Stop).await.unwrap();
        assert_eq!(life.run(signals, || ready(())).await, Ending::Stopped);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_finish_is_told_at_the_end_of_the_grace() {
        let life = Lifecycle::new(GRACE);
        let (sender, signals) = signals();
        let (soft, hard) = (life.soft(), life.hard());
        life.spawn("stubborn", obedient(hard.clone()));
        sender.send(Signal::Stop).await.unwrap();
        let started = tokio::time::Instant::now();
        assert_eq!(life.run(signals, || ready(())).await, Ending::Forced);
        assert_eq!(started.elapsed(), GRACE);
        assert!(soft.is_cancelled() && hard.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_of_signals_that_has_gone_is_one_stop_and_no_second() {
        let life = Lifecycle::new(GRACE);
        let (sender, signals) = signals();
        let soft = life.soft();
        life.spawn("slow", async move {
            obedient(soft).await?;
            sleep(GRACE / 2).await;
            io::Result::Ok(())
        });
        drop(sender);
        assert_eq!(life.run(signals, || ready(())).await, Ending::Stopped);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_stop_does_not_wait() {
        let life = Lifecycle::new(GRACE);
        let (sender, signals) = signals();
        life.spawn("stubborn", obedient(life.hard()));
        sender.send(Signal::Stop).await.unwrap();
        sender.send(Signal::Reload).await.unwrap();
        sender.send(Signal::Stop).await.unwrap();
        let started = tokio::time::Instant::now();
        assert_eq!(life.run(signals, || ready(())).await, Ending::Forced);
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ignores_everything_is_aborted() {
        let life = Lifecycle::new(GRACE);
        let (sender, signals) = signals();
        life.spawn("deaf", pending::<io::Result<()>>());
        sender.send(Signal::Stop).await.unwrap();
        let started = tokio::time::Instant::now();
        assert_eq!(life.run(signals, || ready(())).await, Ending::Forced);
        assert_eq!(started.elapsed(), GRACE + HARD_LIMIT);
    }

    async fn check_death(task: impl Future<Output = io::Result<()>> + Send + 'static) {
        let life = Lifecycle::new(GRACE);
        let (_sender, signals) = signals();
        life.spawn("other", obedient(life.soft()));
        life.spawn("mortal", task);
        let ending = life.run(signals, || ready(())).await;
        assert_eq!(ending, Ending::Failed("mortal"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_task_ends_the_process_with_failure() {
        check_death(async { Err(io::Error::other("disk")) }).await;
        check_death(async { Ok(()) }).await;
        check_death(async { panic!("a bug") }).await;
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_while_stopping_is_a_failure_too() {
        let life = Lifecycle::new(GRACE);
        let (sender, signals) = signals();
        let soft = life.soft();
        life.spawn("writer", async move {
            soft.cancelled().await;
            Err(io::Error::other("the last flush failed"))
        });
        sender.send(Signal::Stop).await.unwrap();
        assert_eq!(
            life.run(signals, || ready(())).await,
            Ending::Failed("writer")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn each_reload_is_called_and_the_process_goes_on() {
        let life = Lifecycle::new(GRACE);
        let (sender, signals) = signals();
        life.spawn("task", obedient(life.soft()));
        let reloads = AtomicUsize::new(0);
        let reload = || {
            reloads.fetch_add(1, Ordering::Relaxed);
            ready(())
        };
        for signal in [Signal::Reload, Signal::Reload, Signal::Stop] {
            sender.send(signal).await.unwrap();
        }
        assert_eq!(life.run(signals, reload).await, Ending::Stopped);
        assert_eq!(reloads.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reload_that_hangs_does_not_prevent_the_stop() {
        let life = Lifecycle::new(GRACE);
        let (sender, signals) = signals();
        sender.send(Signal::Reload).await.unwrap();
        sender.send(Signal::Stop).await.unwrap();
        assert_eq!(life.run(signals, pending).await, Ending::Stopped);
    }

    #[tokio::test]
    async fn the_operating_system_is_heard() {
        let mut signals = Signals::listen().unwrap();
        let pid = std::process::id();
        for (name, expected) in [
            ("HUP", Signal::Reload),
            ("TERM", Signal::Stop),
            ("INT", Signal::Stop),
        ] {
            let command = format!("kill -{name} {pid}");
            let sent = std::process::Command::new("sh")
                .args(["-c", &command])
                .status()
                .unwrap();
            assert!(sent.success());
            assert_eq!(timeout(GRACE, signals.next()).await, Ok(expected), "{name}");
        }
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot write")]
        struct Outer(#[source] io::Error);
        assert_eq!(
            chain(&Outer(io::Error::other("disk full"))),
            "cannot write: disk full"
        );
    }
}
