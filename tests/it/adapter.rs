//! The adapter: its runtime and its connectors, against brokers and systems of the tests' own.

mod care;
mod drop;
mod outage;
mod prove;
mod rest;
mod runtime;
mod sql;

use crate::support::*;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use usher::adapter::{Adapter, BrokerSettings, Connector, Outcome, PaceSettings, Reply, Trouble};
use usher::clock::Clock;
use usher_proto::v1;

/// A connector that says what a test wants, in order, the last of it for ever.
struct Scripted {
    takes: Duration,
    says: Mutex<VecDeque<Says>>,
    asked: Arc<Mutex<Vec<String>>>,
    left: Arc<Mutex<Vec<v1::PeopleReason>>>,
}

#[derive(Clone)]
enum Says {
    Outcome(Outcome),
    Away,
    Broken,
    Silence,
}

#[async_trait::async_trait]
impl Connector for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn look_up(&self, check: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
        self.asked.lock().unwrap().push(check.id.clone());
        tokio::time::sleep(self.takes).await;
        let says = {
            let mut says = self.says.lock().unwrap();
            let next = says.front().cloned().unwrap();
            if says.len() > 1 {
                says.pop_front();
            }
            next
        };
        match says {
            Says::Outcome(outcome) => Ok(outcome),
            Says::Away => Err(away()),
            Says::Broken => Err(Trouble::Lasting {
                what: "the table is not there".into(),
                remedy: "make it".into(),
            }),
            Says::Silence => std::future::pending().await,
        }
    }

    async fn left_to_people(&self, _: &v1::AssignedCheck, why: v1::PeopleReason) {
        self.left.lock().unwrap().push(why);
    }

    async fn probe(&self) -> Result<(), Trouble> {
        match self.says.lock().unwrap().front() {
            Some(Says::Away) => Err(away()),
            _ => Ok(()),
        }
    }
}

fn away() -> Trouble {
    Trouble::Passing {
        what: "the system",
        source: None,
    }
}

fn reply(disposition: v1::Disposition) -> Says {
    Says::Outcome(Outcome::Answer(Box::new(Reply {
        disposition,
        content: v1::AnswerContent::default(),
        data_as_of: None,
        person: None,
    })))
}

fn unsettled(why: v1::PeopleReason) -> Says {
    Says::Outcome(Outcome::Unsettled(why))
}

/// An adapter at work.
struct Working {
    adapter: Arc<Adapter>,
    stop: CancellationToken,
    task: JoinHandle<()>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Why people have what was asked about, as the connectors heard it.
    left: Arc<Mutex<Vec<v1::PeopleReason>>>,
}

/// Starts an adapter of Hackney whose connectors say these things.
fn working(kit: &Kit, scripts: &[&[Says]]) -> Working {
    let pace = PaceSettings {
        patience_seconds: 1,
        ..PaceSettings::default()
    };
    working_at(kit, scripts, pace, Duration::ZERO)
}

/// As [`working`], at this pace, with connectors that take so long.
fn working_at(kit: &Kit, scripts: &[&[Says]], pace: PaceSettings, takes: Duration) -> Working {
    working_by(&kit.clock, kit, scripts, pace, takes)
}

/// As [`working_at`], by a clock that need not be the broker's.
fn working_by(
    clock: &Arc<TestClock>,
    kit: &Kit,
    scripts: &[&[Says]],
    mut pace: PaceSettings,
    takes: Duration,
) -> Working {
    let (asked, left) = (Arc::default(), Arc::default());
    let connector = |says: &&[Says]| -> Box<dyn Connector> {
        Box::new(Scripted {
            takes,
            says: Mutex::new(says.iter().cloned().collect()),
            asked: Arc::clone(&asked),
            left: Arc::clone(&left),
        })
    };
    let connectors = scripts.iter().map(connector).collect();
    pace.resolve(kit.folder());
    let (adapter, stop, task) = started(clock, kit, connectors, pace);
    Working {
        adapter,
        stop,
        task,
        asked,
        left,
    }
}

/// Starts an adapter of Hackney over `connectors`.
fn started(
    clock: &Arc<TestClock>,
    kit: &Kit,
    connectors: Vec<Box<dyn Connector>>,
    pace: PaceSettings,
) -> (Arc<Adapter>, CancellationToken, JoinHandle<()>) {
    let (certificate, key) = kit.client_files(HACKNEY, "adapter");
    let broker = BrokerSettings {
        server: format!("https://{}", kit.address()),
        certificate,
        key,
        ca: kit.folder().join("ca.pem"),
        server_name: Some("localhost".into()),
        responders: Vec::new(),
    };
    let stop = CancellationToken::new();
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let adapter = Adapter::open(&broker, pace, connectors, clock, stop.clone()).unwrap();
    let task = tokio::spawn(Arc::clone(&adapter).run());
    (adapter, stop, task)
}

/// Who Hackney's desk is shown that may be one of the people of `enquiry`.
async fn shown(kit: &Kit, enquiry: &str) -> Vec<v1::Candidate> {
    let request = v1::GetCheckRequest {
        check_id: format!("{enquiry}/1"),
    };
    let got = kit.adapter(HACKNEY_DESK).get_check(request).await.unwrap();
    got.into_inner().check.unwrap().candidates
}

impl Working {
    async fn stopped(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("it stops")
            .unwrap();
    }

    /// Ends it as a crash would: nothing more is told, and the journal is let go.
    async fn killed(self) {
        self.task.abort();
        drop(self.task.await);
        let gone = Arc::downgrade(&self.adapter);
        drop(self.adapter);
        until("the journal is let go", || gone.strong_count() == 0).await;
    }
}

/// What the journal in `folder` holds.
fn entries(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder.join("journal")).unwrap();
    files
        .filter(|file| {
            file.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "act")
        })
        .count()
}

/// Waits until the only check of `enquiry` stands in `state`.
async fn stands(kit: &Kit, enquiry: &str, state: v1::CheckState) -> v1::Check {
    let watch = usher::clock::Stopwatch::start();
    loop {
        let check = kit.get(enquiry).await.checks.remove(0);
        if check.state() == state {
            return check;
        }
        assert!(watch.elapsed() < PATIENCE, "it stands {:?}", check.state());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the only check of `enquiry` is left to people, for this reason.
async fn left(kit: &Kit, enquiry: &str, why: v1::PeopleReason) {
    let watch = usher::clock::Stopwatch::start();
    while kit.get(enquiry).await.checks[0].for_people() != why {
        assert!(watch.elapsed() < PATIENCE, "{why:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Moves the broker's clock on.
fn advance(kit: &Kit, seconds: i64) {
    kit.clock
        .set(kit.clock.now() + jiff::SignedDuration::from_secs(seconds));
}
