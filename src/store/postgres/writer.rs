//! The one writer of this broker: takes the commits that wait, makes them one transaction, then answers each.
//!
//! Revisions are compared by their column, and the record itself is not read: whoever decided on a revision has its state whole, so a record
//! that was damaged since is written anew, and mended by that. Nobody decides on what cannot be read, because nobody can load it.
//!
//! A transaction takes two exchanges: the first takes `feed_head` and reads revisions, the second writes and commits, pipelined. When
//! the answer to the second is lost, the outcome is asked for, behind `feed_head` again, before anybody is told: whoever has the row
//! knows that the lost transaction has ended, since it held the row from before its first write.

use super::group::{Group, Revisions, Size, gather, ids};
use super::put::{UNHURRIED, change, make};
use super::read::Arguments;
use super::rows::Batch;
use super::{ConnectError, Shared, unavailable};
use crate::clock::Stopwatch;
use crate::store::{Committed, Revision, StoreError};
use deadpool_postgres::Object;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_postgres::Row;
use usher_domain::id::RecordId;
use usher_domain::limits::{FEED_ENTRY_BYTES_MAX, GROUP_COMMIT_MAX};
use uuid::Uuid;

/// The records of one group, in bytes: bounds the memory and the length of one transaction.
const GROUP_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// How long a group is tried, from connecting to knowing its outcome, before its callers are told that the store cannot serve. A
/// failover fits in.
const GROUP_LIMIT: Duration = Duration::from_secs(40);
/// How long one exchange with the database may take: a frozen server answers nothing and closes nothing.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(10);
/// Between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// Classes of SQLSTATE that pass: connections, read-only servers after a failover, serialization, resources, locks, operators, disks.
const PASSING_CLASSES: [&str; 7] = ["08", "25", "40", "53", "55", "57", "58"];

pub(super) const HEAD: &str = "SELECT entry, gen_random_uuid() FROM feed_head WHERE one FOR UPDATE";
const REVISIONS: &str = "SELECT id, revision FROM enquiry WHERE id = ANY($1)";
const PUT_HISTORY: &str =
    "INSERT INTO history (enquiry, entry) SELECT id, $2 FROM unnest($1::uuid[]) AS id";
const PUT_FEED: &str = "INSERT INTO feed (entry, commit, bytes) VALUES ($1, $2, $3)";
pub(super) const MOVE_HEAD: &str = "UPDATE feed_head SET entry = $1 WHERE one";
const COMMIT_OF: &str = "SELECT commit FROM feed WHERE entry = $1";

type Answer = Result<Committed, StoreError>;

/// A commit, and who waits for it.
pub(super) struct Job {
    pub(super) batch: Batch,
    pub(super) reply: oneshot::Sender<Answer>,
}

/// The commits of one group, and who waits for them.
#[derive(Default)]
struct Taken {
    batches: Vec<Batch>,
    replies: Vec<oneshot::Sender<Answer>>,
    size: Size,
}

impl Taken {
    fn has_room(&self, job: &Job) -> bool {
        self.size
            .has_room(&job.batch, FEED_ENTRY_BYTES_MAX, GROUP_BYTES_MAX)
    }

    fn add(&mut self, job: Job) {
        self.size.add(&job.batch);
        self.batches.push(job.batch);
        self.replies.push(job.reply);
    }
}

/// The task's state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    jobs: mpsc::Receiver<Job>,
    /// Taken from the queue, and for the next group.
    next: Option<Job>,
}

/// Why a try did not end in answers.
enum Failure {
    /// Nothing was written; another try may do.
    NotDone(StoreError),
    /// Nothing was written, and another try would end in the same way.
    Refused(StoreError),
    /// The answer to COMMIT was lost.
    Unknown {
        number: u64,
        commit: Uuid,
        answers: Vec<Answer>,
    },
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, jobs: mpsc::Receiver<Job>) -> Self {
        Self {
            shared,
            jobs,
            next: None,
        }
    }

    /// Starts it, on a thread of its own: what holds `feed_head` must not wait until requests leave it a worker.
    ///
    /// # Errors
    /// [`ConnectError::Thread`].
    pub(super) fn start(self) -> Result<(), ConnectError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ConnectError::Thread)?;
        let thread = std::thread::Builder::new().name("usher-writer".into());
        let started = thread.spawn(move || runtime.block_on(self.run()));
        started.map(drop).map_err(ConnectError::Thread)
    }

    /// Works until the store is dropped.
    async fn run(mut self) {
        loop {
            let first = match self.next.take() {
                Some(job) => Some(job),
                None => self.jobs.recv().await,
            };
            let Some(first) = first else { return };
            let mut taken = Taken::default();
            taken.add(first);
            self.top_up(&mut taken);
            let watch = Stopwatch::start();
            let mut standing = Standing::NotDone;
            let settled = timeout(GROUP_LIMIT, self.settle(&mut taken, &mut standing)).await;
            let answers = settled.unwrap_or_else(|late| {
                self.shared.elsewhere.given_up();
                refused(taken.replies.len(), &unavailable(standing.doing())(late))
            });
            let done = answers.iter().filter(|answer| answer.is_ok()).count();
            if let (Some(observer), 1..) = (self.shared.observer.get(), done) {
                observer(done, watch.elapsed());
            }
            for (reply, answer) in taken.replies.into_iter().zip(answers) {
                // A caller that has gone needs no answer.
                drop(reply.send(answer));
            }
        }
    }

    /// Takes what waits, up to the bounds of a group. Never waits for more.
    fn top_up(&mut self, taken: &mut Taken) {
        while taken.batches.len() < GROUP_COMMIT_MAX {
            match self.next.take().or_else(|| self.jobs.try_recv().ok()) {
                Some(job) if taken.has_room(&job) => taken.add(job),
                other => {
                    self.next = other;
                    break;
                }
            }
        }
    }

    /// Tries until the outcome is known; the caller bounds the time.
    async fn settle(&mut self, taken: &mut Taken, standing: &mut Standing) -> Vec<Answer> {
        loop {
            *standing = Standing::NotDone;
            match self.transact(taken, standing).await {
                Ok(answers) => return answers,
                Err(Failure::Refused(error)) => return refused(taken.replies.len(), &error),
                Err(Failure::NotDone(error)) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "Commit did not happen: trying again"
                    );
                }
                Err(Failure::Unknown {
                    number,
                    commit,
                    answers,
                }) => {
                    tracing::warn!(
                        entry = number,
                        "Answer to a commit was lost: asking for its outcome"
                    );
                    if self.learn(number, commit).await {
                        self.shared.elsewhere.committed(number);
                        return answers;
                    }
                    self.shared.elsewhere.settled();
                }
            }
            sleep(TRY_AGAIN).await;
        }
    }

    /// One transaction.
    async fn transact(
        &mut self,
        taken: &mut Taken,
        standing: &mut Standing,
    ) -> Result<Vec<Answer>, Failure> {
        let client = self
            .shared
            .writing_client()
            .await
            .map_err(Failure::NotDone)?;
        // A connection leaves the pool unless its transaction has ended as it should.
        let begun = match timeout(EXCHANGE_LIMIT, self.begin(&client, taken)).await {
            Ok(Ok(begun)) => begun,
            Ok(Err(error)) => {
                self.shared.give_up(client);
                return Err(not_done(error));
            }
            Err(late) => {
                self.shared.give_up(client);
                return Err(Failure::NotDone(unavailable("committing")(late)));
            }
        };
        let (number, random, revisions) = begun;
        let commit = self.shared.elsewhere.own_commit(random);
        self.shared.elsewhere.heard(number - 1);
        let group = gather(&taken.batches, revisions, number);
        let Some(entry) = &group.entry else {
            if client.batch_execute("ROLLBACK").await.is_err() {
                self.shared.give_up(client);
            }
            return Ok(group.answers);
        };
        self.shared.elsewhere.committing(number);
        *standing = Standing::Unknown;
        match timeout(EXCHANGE_LIMIT, finish(&client, &group, entry, commit)).await {
            Ok(Ok(())) => {
                self.shared.elsewhere.committed(number);
                Ok(group.answers)
            }
            Ok(Err(Unfinished::BeforeCommit(error))) if error.as_db_error().is_some() => {
                self.shared.elsewhere.settled();
                self.shared.give_up(client);
                Err(not_done(error))
            }
            Ok(Err(_)) | Err(_) => {
                self.shared.give_up(client);
                Err(Failure::Unknown {
                    number,
                    commit,
                    answers: group.answers,
                })
            }
        }
    }

    /// Takes the feed's head, which makes this the only writer, and reads the revisions. Where another broker had the head for so long that
    /// as many commits wait as were taken, they come along: whoever waits for the head then writes as much as one broker would.
    async fn begin(
        &mut self,
        client: &Object,
        taken: &mut Taken,
    ) -> Result<Begun, tokio_postgres::Error> {
        let first = taken.batches.len();
        let (number, random, mut revisions) = begin(client, &taken.batches).await?;
        if self.jobs.len() >= first {
            self.top_up(taken);
            let more = taken.batches.get(first..).unwrap_or_default();
            revisions.extend(revisions_of(client, more).await?);
        }
        Ok((number, random, revisions))
    }

    /// Whether the transaction that was to write feed entry `number` has ended well.
    async fn learn(&self, number: u64, commit: Uuid) -> bool {
        loop {
            if let Ok(client) = self.shared.writing_client().await {
                match timeout(EXCHANGE_LIMIT, commit_of(&client, number)).await {
                    Ok(Ok(found)) => return found == Some(commit),
                    Ok(Err(_)) | Err(_) => self.shared.give_up(client),
                }
            }
            sleep(TRY_AGAIN).await;
        }
    }
}

/// What is known of a group when its time is up.
#[derive(Clone, Copy)]
enum Standing {
    NotDone,
    Unknown,
}

impl Standing {
    fn doing(self) -> &'static str {
        match self {
            Self::NotDone => "committing",
            Self::Unknown => "finding out whether a commit was done; the same request again tells",
        }
    }
}

/// Everybody is told the same.
fn refused(count: usize, error: &StoreError) -> Vec<Answer> {
    let told = || match error {
        StoreError::Unavailable { doing, source } => StoreError::Unavailable {
            doing,
            source: source.to_string().into(),
        },
        other => StoreError::Unavailable {
            doing: "committing",
            source: other.to_string().into(),
        },
    };
    (0..count).map(|_| Err(told())).collect()
}

/// Nothing was written: for a passing reason, or for one that stays.
fn not_done(error: tokio_postgres::Error) -> Failure {
    let passes = error.code().is_none_or(|state| {
        PASSING_CLASSES
            .iter()
            .any(|class| state.code().starts_with(class))
    });
    let error = unavailable("committing")(error);
    if passes {
        Failure::NotDone(error)
    } else {
        Failure::Refused(error)
    }
}

type Begun = (u64, Uuid, Revisions);

/// Takes the feed's head, and reads the revisions of what `batches` are about.
async fn begin(client: &Object, batches: &[Batch]) -> Result<Begun, tokio_postgres::Error> {
    let head = client.prepare_cached(HEAD).await?;
    let (begun, head, revisions) = tokio::join!(
        client.batch_execute("BEGIN"),
        client.query_one(&head, &[]),
        revisions_of(client, batches),
    );
    begun?;
    let head = head?;
    let number = u64::try_from(head.try_get::<_, i64>(0)?).unwrap_or_default() + 1;
    Ok((number, head.try_get(1)?, revisions?))
}

async fn revisions_of(
    client: &Object,
    batches: &[Batch],
) -> Result<Revisions, tokio_postgres::Error> {
    let revisions = client.prepare_cached(REVISIONS).await?;
    let ids = ids(batches);
    let of_ids: Arguments<'_> = &[&ids];
    let found = client.query(&revisions, of_ids).await?;
    found.iter().map(revision_of).collect()
}

fn revision_of(row: &Row) -> Result<(RecordId, Revision), tokio_postgres::Error> {
    let revision = u64::try_from(row.try_get::<_, i64>(1)?).ok();
    // The table admits none below 1.
    let revision = revision.and_then(Revision::new).unwrap_or(Revision::MIN);
    Ok((RecordId::from_uuid(row.try_get(0)?), revision))
}

/// Where a transaction failed.
enum Unfinished {
    /// The database says that a write failed, and so did the transaction; or the connection was lost, and nothing is known.
    BeforeCommit(tokio_postgres::Error),
    /// COMMIT was not answered as it should be: nothing is known.
    AtCommit,
}

impl From<tokio_postgres::Error> for Unfinished {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::BeforeCommit(error)
    }
}

/// Writes the group and commits, in one exchange.
async fn finish(
    client: &Object,
    group: &Group<'_>,
    entry: &[u8],
    commit: Uuid,
) -> Result<(), Unfinished> {
    let number = i64::try_from(group.number).unwrap_or(i64::MAX);
    let history = client.prepare_cached(PUT_HISTORY).await?;
    let feed = client.prepare_cached(PUT_FEED).await?;
    let head = client.prepare_cached(MOVE_HEAD).await?;
    let made = make(client, &group.made).await?;
    let changed = change(client, &group.changed).await?;
    let ids: Vec<Uuid> = [&group.made, &group.changed]
        .into_iter()
        .flat_map(|rows| rows.id.iter().copied())
        .collect();
    let of_history: Arguments<'_> = &[&ids, &number];
    let of_feed: Arguments<'_> = &[&number, &commit, &entry];
    let of_head: Arguments<'_> = &[&number];
    let (made, changed, history, feed, head, unhurried, committed) = tokio::join!(
        made.run(),
        changed.run(),
        client.execute(&history, of_history),
        client.execute(&feed, of_feed),
        client.execute(&head, of_head),
        client.batch_execute(UNHURRIED),
        client.batch_execute("COMMIT"),
    );
    // The first to fail says why; all after it only that the transaction is over.
    made?;
    changed?;
    for outcome in [history, feed, head] {
        outcome?;
    }
    unhurried?;
    committed.map_err(|_| Unfinished::AtCommit)
}

/// Which commit wrote feed entry `number`, once no transaction is under way, and every server that must have it does.
async fn commit_of(client: &Object, number: u64) -> Result<Option<Uuid>, tokio_postgres::Error> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let held = client.prepare_cached(HEAD).await?;
    let commit_of = client.prepare_cached(COMMIT_OF).await?;
    client.batch_execute("BEGIN").await?;
    client.query_one(&held, &[]).await?;
    let row = client.query_opt(&commit_of, &[&number]).await?;
    let commit = row.map(|row| row.try_get(0)).transpose()?;
    // Holding the row is written down, too: when this commits, whoever follows has all that came before it.
    client.batch_execute(UNHURRIED).await?;
    client.batch_execute("COMMIT").await?;
    Ok(commit)
}
