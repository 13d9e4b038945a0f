//! How brokers are lost, and come back.

use super::*;

/// For how long nothing happens to a broker, in milliseconds.
const QUIET_MS: std::ops::Range<u64> = 1_000..6_000;
/// For how long a killed one stays away.
const DEAD_MS: std::ops::Range<u64> = 0..4_000;
/// For how long one stands still: shorter and longer than others count on it.
const STILL_MS: std::ops::Range<u64> = 200..9_000;

/// How often each happened.
#[derive(Default)]
pub(super) struct Losses {
    kills: AtomicUsize,
    pauses: AtomicUsize,
    restarts: AtomicUsize,
}

impl std::fmt::Display for Losses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [kills, pauses, restarts] =
            [&self.kills, &self.pauses, &self.restarts].map(|count| count.load(Ordering::Relaxed));
        write!(f, "{kills} kills, {pauses} pauses, {restarts} restarts")
    }
}

/// What happens to the broker at `place`, until it is over; then it serves.
pub(super) async fn fate(
    scene: Arc<Scene>,
    place: usize,
    mut serving: Serving,
    mut rng: fastrand::Rng,
) -> Serving {
    loop {
        sleep(&mut rng, QUIET_MS).await;
        let _away = scene.away.acquire().await.unwrap();
        let ended = serving.child.try_wait().unwrap();
        assert!(
            ended.is_none(),
            "it ended by itself: {}",
            serving.log.lock().unwrap()
        );
        if scene.is_over() {
            return serving;
        }
        let losses = &scene.losses;
        let told = |what: &str| println!("{} broker {place} {what}", SystemClock.now());
        match rng.u8(0..3) {
            0 => {
                losses.kills.fetch_add(1, Ordering::Relaxed);
                told("is killed");
                serving.kill();
                sleep(&mut rng, DEAD_MS).await;
                serving = serve(&scene, place).await;
            }
            1 => {
                losses.pauses.fetch_add(1, Ordering::Relaxed);
                told("is paused");
                serving.signal("STOP");
                sleep(&mut rng, STILL_MS).await;
                serving.signal("CONT");
            }
            _ => {
                losses.restarts.fetch_add(1, Ordering::Relaxed);
                told("is restarted");
                serving.signal("TERM");
                let ended = tokio::task::spawn_blocking(move || serving.end(PATIENCE).code());
                assert_eq!(ended.await.unwrap(), Some(0));
                serving = serve(&scene, place).await;
            }
        }
        told("is there again");
    }
}

async fn sleep(rng: &mut fastrand::Rng, milliseconds: std::ops::Range<u64>) {
    tokio::time::sleep(Duration::from_millis(rng.u64(milliseconds))).await;
}

/// Starts a broker at `place`.
async fn serve(scene: &Arc<Scene>, place: usize) -> Serving {
    let there = Arc::clone(scene);
    let serving = tokio::task::spawn_blocking(move || there.home.serve()).await;
    let serving = serving.unwrap();
    *scene.addresses[place].lock().unwrap() = serving.address;
    serving
}
