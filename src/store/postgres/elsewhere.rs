//! What other brokers commit: told by NOTIFY, and looked for every second besides, so that a lost notification costs a second.
//!
//! It has a connection of its own, on which it also tells the others of what this broker commits, after the fact: a commit waits
//! for nobody, and a database without NOTIFY serves as well, a second later.

use super::connect::Connector;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Row};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

/// Between looks at the feed's head.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two tellings, which cost every broker as much for one commit as for many.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// Between two tries to connect.
const TRY_AGAIN: Duration = Duration::from_millis(500);
/// How long connecting, or one exchange, may take.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(5);

const LISTEN: &str = "LISTEN usher_feed";
/// A lost notification costs a second: none is worth a wait for the disk, which commits have better use for.
const HASTY: &str = "SET synchronous_commit = off";
const TELL: &str = "SELECT pg_notify('usher_feed', $1)";
const START: &str = "SELECT entry, gen_random_uuid() FROM feed_head WHERE one";
const LOOK: &str = "SELECT entry FROM feed_head WHERE one";

/// How far this broker and others have committed, in feed entries.
pub(super) struct Elsewhere {
    own: watch::Sender<u64>,
    others: watch::Sender<u64>,
    /// The entry that this broker is committing; 0 for none. Until its outcome is known it is nobody's.
    pending: AtomicU64,
    /// The upper half of the ids of this broker's commits.
    mark: AtomicU64,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Elsewhere {
    /// Everything up to the present end of the feed is old.
    pub(super) async fn start(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let row = client.query_one(START, &[]).await?;
        let (end, random) = (entry(&row)?, row.try_get::<_, Uuid>(1)?);
        Ok(Self::new(end, random))
    }

    fn new(end: u64, random: Uuid) -> Self {
        Self {
            own: watch::Sender::new(end),
            others: watch::Sender::new(end),
            pending: AtomicU64::new(0),
            mark: AtomicU64::new(random.as_u64_pair().0),
        }
    }

    /// The id of a commit of this broker, from a random one.
    pub(super) fn own_commit(&self, random: Uuid) -> Uuid {
        Uuid::from_u64_pair(self.mark.load(Ordering::SeqCst), random.as_u64_pair().1)
    }

    /// The first and the last id that a commit of this broker may have.
    pub(super) fn own_commits(&self) -> [Uuid; 2] {
        let mark = self.mark.load(Ordering::SeqCst);
        [0, u64::MAX].map(|half| Uuid::from_u64_pair(mark, half))
    }

    /// This broker is about to commit feed entry `entry`.
    pub(super) fn committing(&self, entry: u64) {
        self.pending.store(entry, Ordering::SeqCst);
    }

    /// This broker has committed feed entry `entry`.
    pub(super) fn committed(&self, entry: u64) {
        raise(&self.own, entry);
        self.settled();
    }

    /// What this broker was about to commit is known to be done, or not.
    pub(super) fn settled(&self) {
        self.pending.store(0, Ordering::SeqCst);
    }

    /// What became of what this broker was about to commit it will not learn: if it is there, somebody else wrote it.
    pub(super) fn given_up(&self) {
        self.mark.fetch_add(1, Ordering::SeqCst);
        self.settled();
    }

    /// The feed is at `entry`: what this broker has not committed, another has.
    pub(super) fn heard(&self, entry: u64) {
        // Looked at in this order: what is pending no longer is own already.
        let pending = self.pending.load(Ordering::SeqCst);
        if entry != pending && entry > *self.own.borrow() {
            raise(&self.others, entry);
        }
    }

    /// The last feed entry that is known to be of another broker.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.others.subscribe()
    }

    /// Listens and tells, over one connection after the other, for ever.
    pub(super) async fn run(self: Arc<Self>, connector: Connector) {
        loop {
            let Err(error) = self.serve(&connector).await;
            tracing::warn!(
                error = error.as_ref() as &dyn std::error::Error,
                "Not told of other brokers' commits: connecting again"
            );
            sleep(TRY_AGAIN).await;
        }
    }

    /// Listens and tells until the connection fails.
    async fn serve(&self, connector: &Connector) -> Result<std::convert::Infallible, Failure> {
        let (client, mut line) = timeout(EXCHANGE_LIMIT, connector.connect()).await??;
        let (told, mut news) = watch::channel(0);
        let _line = AbortOnDropHandle::new(tokio::spawn(async move {
            while let Some(Ok(message)) = std::future::poll_fn(|task| line.poll_message(task)).await
            {
                if let AsyncMessage::Notification(notification) = message {
                    raise(&told, notification.payload().parse().unwrap_or_default());
                }
            }
        }));
        // A database that cannot notify is only looked at.
        let can_notify = timeout(EXCHANGE_LIMIT, client.batch_execute(LISTEN)).await?;
        let can_notify = can_notify.is_ok();
        drop(timeout(EXCHANGE_LIMIT, client.batch_execute(HASTY)).await?);
        let mut own = self.own.subscribe();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut pause, mut rested) = (interval(TELL_EVERY), true);
        loop {
            tokio::select! {
                _ = look.tick() => {
                    let head = timeout(EXCHANGE_LIMIT, head(&client)).await??;
                    self.heard(head);
                }
                told = news.changed() => {
                    told?;
                    self.heard(*news.borrow_and_update());
                }
                _ = pause.tick(), if !rested => rested = true,
                changed = own.changed(), if can_notify && rested => {
                    changed?;
                    rested = false;
                    pause.reset();
                    let entry = own.borrow_and_update().to_string();
                    timeout(EXCHANGE_LIMIT, client.query_one(TELL, &[&entry])).await??;
                }
            }
        }
    }
}

/// The end of the feed.
async fn head(client: &Client) -> Result<u64, tokio_postgres::Error> {
    entry(&client.query_one(LOOK, &[]).await?)
}

fn entry(row: &Row) -> Result<u64, tokio_postgres::Error> {
    Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
}

/// Never back.
fn raise(end: &watch::Sender<u64>, entry: u64) {
    end.send_if_modified(|end| {
        let newer = entry > *end;
        *end = entry.max(*end);
        newer
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_ones_own_until_they_are_given_up() {
        let random = |number: u128| Uuid::from_u128(number * 0x0123_4567_89ab_cdef_1357_9bdf_0246);
        let (broker, other) = (Elsewhere::new(0, random(1)), Elsewhere::new(0, random(2)));
        let is_own = |broker: &Elsewhere, commit: Uuid| {
            let [first, last] = broker.own_commits();
            (first..=last).contains(&commit)
        };
        let commit = broker.own_commit(random(7));
        assert!(is_own(&broker, commit) && !is_own(&other, commit));
        assert_ne!(commit, broker.own_commit(random(8)));
        broker.given_up();
        assert!(!is_own(&broker, commit));
        assert!(is_own(&broker, broker.own_commit(random(9))));
    }
}
