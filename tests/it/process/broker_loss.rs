//! Brokers are lost under load: of three over one database, all but one at a time are killed, stopped for a while or restarted, at random,
//! while officers, adapters and watchers go on through those that are left. What everybody was told is held against the feed, which
//! is the database's own word, with the moments at which it committed.

mod caller;
mod clients;
mod losses;
mod proofs;
mod watcher;

use super::brokers::config_over;
use super::*;
use crate::support::postgres::{Postgres, prove};
use losses::{Losses, fate};
use proofs::Proofs;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Brokers over the one database.
const BROKERS: usize = 3;
/// Load of an ordinary run.
const LOAD: Duration = Duration::from_secs(35);
/// Load of a long one.
const LOAD_LONG: Duration = Duration::from_mins(5);
/// Officers that start at each broker.
const OFFICERS: usize = 2;
/// Within which something due is done, and committed, as long as one broker is there.
const LATE_MAX: jiff::SignedDuration = jiff::SignedDuration::from_secs(5);
/// The database says when it committed what, and has room for the connections of lost brokers.
const SERVER: [&str; 2] = ["track_commit_timestamp=on", "max_connections=100"];
/// In which all that is left over is answered, once nobody is lost any more.
const END_LIMIT: Duration = Duration::from_mins(2);

/// What everybody shares.
struct Scene {
    home: Home,
    /// Where each broker is, or was last.
    addresses: [Mutex<SocketAddr>; BROKERS],
    /// All but one may be away at a time.
    away: Semaphore,
    losses: Losses,
    told: Told,
    /// Nobody is lost any more, and nothing more is asked for: what is left is to be done.
    is_over: AtomicBool,
    /// The cursor of the last event there will be.
    end: watch::Sender<Option<String>>,
}

/// What clients were told.
#[derive(Default)]
struct Told {
    receipts: Mutex<BTreeMap<String, v1::SubmitRequest>>,
    /// Checks whose answer was taken.
    answered: Mutex<BTreeSet<String>>,
    /// Answers that went through another broker than their lease.
    answered_elsewhere: AtomicUsize,
    /// Leases that nobody used, by check, and through which broker they were taken.
    left: Mutex<BTreeMap<String, usize>>,
    left_leases: AtomicUsize,
    /// Checks that were leased again through another broker.
    leased_again_elsewhere: AtomicUsize,
    /// Answers that came too late for their lease.
    leases_lost: AtomicUsize,
    /// Calls that one broker did not answer and another did.
    went_on: AtomicUsize,
}

impl Scene {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Whether every check is answered: each enquiry has one.
    fn is_done(&self) -> bool {
        let answered = self.told.answered.lock().unwrap().len();
        self.is_over() && answered >= self.told.receipts.lock().unwrap().len()
    }
}

/// Steps that fall due at once, at a moment of the enquiry's own, and a minute later.
fn policy() -> String {
    let (before, after) = usher::config::policy::DEFAULTS
        .split_once("[ladder.post_sentence]")
        .unwrap();
    let edited = after
        .replacen("submitted + 5 wd", "submitted + 0 min", 1)
        .replacen("hearing + 5 wd", "hearing + 1 min", 1);
    assert!(edited.contains("submitted + 0 min") && edited.contains("hearing + 1 min"));
    format!("{before}[ladder.post_sentence]{edited}")
}

fn home_over(server: &Postgres) -> Home {
    let home = Home::new();
    home.write("policy.toml", &policy());
    let more = "[policy]\nfile = \"policy.toml\"\n";
    home.write("usher.toml", &(config_over(server) + more));
    home
}

#[expect(
    clippy::disallowed_methods,
    reason = "a run that failed is to be had again"
)]
fn seed() -> u64 {
    let wanted = std::env::var("USHER_TEST_LOSS_SEED");
    wanted.map_or_else(|_| fastrand::u64(..), |wanted| wanted.parse().unwrap())
}

async fn lose_brokers(load: Duration) {
    let Some(server) = Postgres::shaped(|_| SERVER.map(str::to_owned).to_vec()) else {
        return;
    };
    server.migrated().await;
    let seed = seed();
    println!("USHER_TEST_LOSS_SEED={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let home = home_over(&server);
    let serving = [(); BROKERS].map(|()| home.serve());
    let scene = Arc::new(Scene {
        addresses: [0, 1, 2].map(|place| Mutex::new(serving[place].address)),
        home,
        away: Semaphore::new(BROKERS - 1),
        losses: Losses::default(),
        told: Told::default(),
        is_over: AtomicBool::new(false),
        end: watch::Sender::new(None),
    });
    let watchers = watcher::start(&scene, &mut rng).await;
    let clients = clients::start(&scene, &mut rng);
    let mut fates = JoinSet::new();
    for (place, serving) in serving.into_iter().enumerate() {
        fates.spawn(fate(Arc::clone(&scene), place, serving, rng.fork()));
    }
    tokio::time::sleep(load).await;
    scene.is_over.store(true, Ordering::SeqCst);
    let mut serving = fates.join_all().await;
    // A loss may have begun before the end.
    tokio::time::timeout(END_LIMIT, clients.join_all())
        .await
        .expect("something is not answered");
    // What the last answers made due is raised by now.
    tokio::time::sleep(LATE_MAX.unsigned_abs()).await;
    let proofs = Proofs::read(&server).await;
    scene.end.send_replace(Some(proofs.last_cursor()));
    let watched = tokio::time::timeout(PATIENCE, watchers.join_all()).await;
    let watched = watched.expect("a watcher does not come to the end");
    proofs.receipts_are_there(&scene, &serving[0]).await;
    let steps = proofs.steps_are_raised_once_and_in_time(&scene);
    let leases = proofs.leases_return();
    proofs.watchers_saw_all(&watched);
    prove(&server.settings()).await;
    for serving in &mut serving {
        serving.signal("TERM");
        assert_eq!(serving.end(PATIENCE).code(), Some(0));
    }
    let config = ["store", "verify", "--config", "usher.toml"];
    let (code, out, err) = scene.home.run(&config);
    assert_eq!(code, Some(0), "{out}{err}");
    println!(
        "{load:?} of load\n{}\n{}\n{steps}\n{leases}",
        scene.losses, scene.told
    );
    let (events, resumes) = watcher::totals(&watched);
    println!(
        "{events} events watched, {resumes} resumes; {} in the feed",
        proofs.count()
    );
    scene.told.check();
}

impl Told {
    /// It has happened what is to be shown.
    fn check(&self) {
        for (what, count) in [
            ("answers elsewhere", &self.answered_elsewhere),
            ("leases that nobody used", &self.left_leases),
            (
                "checks leased again elsewhere",
                &self.leased_again_elsewhere,
            ),
            ("calls that went on", &self.went_on),
        ] {
            assert!(count.load(Ordering::Relaxed) > 0, "no {what}");
        }
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} receipts, {} answers ({} through another broker than the lease, {} too late), {} leases left unused, \
             {} checks leased again elsewhere, {} calls that went on to another broker",
            self.receipts.lock().unwrap().len(),
            self.answered.lock().unwrap().len(),
            self.answered_elsewhere.load(Ordering::Relaxed),
            self.leases_lost.load(Ordering::Relaxed),
            self.left_leases.load(Ordering::Relaxed),
            self.leased_again_elsewhere.load(Ordering::Relaxed),
            self.went_on.load(Ordering::Relaxed),
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_are_lost_at_random_and_nothing_with_them() {
    lose_brokers(LOAD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes six minutes: CONTRIBUTING.md says how to run it"]
async fn brokers_are_lost_at_random_for_five_minutes_and_nothing_with_them() {
    lose_brokers(LOAD_LONG).await;
}
