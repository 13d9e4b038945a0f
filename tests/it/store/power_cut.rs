//! Power cuts under the real redb engine: a long random history on a recording disk is cut at every
//! write, change of length and sync; of each cut several disk images are made; from each image the
//! store must open with every acknowledged commit whole and the one in flight whole or absent, take new
//! commits, and open once more, even if the power is cut again while it recovers.
//!
//! Canaries: a disk that lies about syncs, and an engine that acknowledges without one, must be found by
//! this same harness, or its silence about redb would mean nothing.

use super::disk::{Cut, Disk, Fate, Fault, Op};
use super::{Contents, apply, contents, random_batch};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use usher::store::kv::{
    Condition, Guarded, KeyRange, KeyValue, KvError, Order, Settings, Visit, Write,
};
use usher::store::redb::Redb;

const SMALL: Settings = Settings {
    cache_bytes: Settings::CACHE_BYTES_MIN,
};

/// A run of an engine on a disk: what was committed, and how far the disk was when each was
/// acknowledged.
struct History {
    seed: u64,
    record: Vec<Op>,
    batches: Vec<Vec<Write>>,
    /// Length of the record at each acknowledgement; the first stands for the making of the store.
    acknowledged_at: Vec<usize>,
}

type OpenOn = fn(Disk) -> Result<Box<dyn KeyValue>, KvError>;

fn open_redb(disk: Disk) -> Result<Box<dyn KeyValue>, KvError> {
    Ok(Box::new(Redb::on(disk, SMALL)?))
}

/// Runs `commits` random batches, closing and opening the store now and then.
fn run(open: OpenOn, disk: &Disk, seed: u64, commits: usize) -> History {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut engine = open(disk.clone()).unwrap();
    let mut history = History {
        seed,
        record: Vec::new(),
        batches: Vec::new(),
        acknowledged_at: vec![disk.record_len()],
    };
    for _ in 0..commits {
        if rng.u8(..) < 8 {
            drop(engine);
            engine = open(disk.clone()).unwrap();
        }
        if rng.u8(..) < 40 {
            engine.settle().unwrap();
        }
        let batch = random_batch(&mut rng);
        engine.commit(&batch).unwrap();
        history.acknowledged_at.push(disk.record_len());
        history.batches.push(batch);
    }
    history.record = disk.record();
    history
}

#[derive(Default)]
struct Tally {
    cuts: usize,
    images: usize,
    failures: Vec<String>,
}

/// Cuts `history` after each operation since the store was made. One image for each cut, and one of
/// every fate before each sync, where most is pending.
fn survey(history: &History) -> Tally {
    let mut rng = fastrand::Rng::with_seed(!history.seed);
    let mut tally = Tally::default();
    let mut cut = Cut::default();
    let mut known = Contents::new();
    let mut acknowledged = 0;
    for (position, op) in history.record.iter().enumerate() {
        let before_sync = matches!(op, Op::Sync);
        let made = position >= history.acknowledged_at[0];
        while history
            .acknowledged_at
            .get(acknowledged + 1)
            .is_some_and(|at| *at <= position)
        {
            apply(&mut known, &history.batches[acknowledged]);
            acknowledged += 1;
        }
        if made && !cut.is_quiet() {
            tally.cuts += 1;
            let one = [Fate::ALL[rng.usize(..Fate::ALL.len())]];
            let fates: &[Fate] = if before_sync { &Fate::ALL } else { &one };
            for fate in fates {
                tally.images += 1;
                let image = cut.image(*fate, &mut rng);
                let in_flight = history
                    .batches
                    .get(acknowledged)
                    .map_or(&[][..], Vec::as_slice);
                if let Err(failure) = recovers(image, &known, in_flight, &mut rng) {
                    let seed = history.seed;
                    tally.failures.push(format!(
                        "seed {seed}, cut {position}, {fate:?}, {acknowledged} acknowledged: {failure}"
                    ));
                }
            }
        }
        cut.pass(op);
    }
    tally
}

/// Opens `image`, which must hold `known`, or that and the batch in flight; writes on, cuts again, and
/// opens again.
fn recovers(
    image: Vec<u8>,
    known: &Contents,
    in_flight: &[Write],
    rng: &mut fastrand::Rng,
) -> Result<(), String> {
    let mut with_flight = known.clone();
    apply(&mut with_flight, in_flight);
    let disk = Disk::holding(image.clone());
    let found = opened(&disk, &[known, &with_flight])?;

    let batch = random_batch(rng);
    let mut after = found.clone();
    apply(&mut after, &batch);
    {
        let engine = open_redb(disk.clone()).map_err(told("opening again"))?;
        engine.commit(&batch).map_err(told("writing on"))?;
        opened(&Disk::holding(disk.bytes()), &[&after])?;
    }
    let record = disk.record();
    let mut again = Cut::of(image);
    for op in &record[..rng.usize(..record.len())] {
        again.pass(op);
    }
    let second = again.image(Fate::ALL[rng.usize(..Fate::ALL.len())], rng);
    opened(&Disk::holding(second), &[&found, &after]).map(|_| ())
}

/// Opens the store on `disk`, which must hold exactly one of `expected`; returns that.
fn opened(disk: &Disk, expected: &[&Contents]) -> Result<Contents, String> {
    let mut engine = open_redb(disk.clone()).map_err(told("opening"))?;
    let found = contents(&*engine).map_err(told("reading"))?;
    if !expected.contains(&&found) {
        let mut difference = format!("has {} entries, none of the states allowed:", found.len());
        for state in expected {
            let missing = state
                .iter()
                .filter(|(key, value)| found.get(*key) != Some(value));
            let _ = write!(difference, " {} of {} wrong;", missing.count(), state.len());
        }
        return Err(difference);
    }
    engine.check().map_err(told("checking"))?;
    Ok(found)
}

fn told(doing: &str) -> impl Fn(KvError) -> String {
    move |error| format!("{doing}: {error:?}")
}

fn check_survives(seed: u64) {
    let history = run(open_redb, &Disk::default(), seed, 60);
    let tally = survey(&history);
    println!(
        "redb: seed {seed}, {} cuts, {} images",
        tally.cuts, tally.images
    );
    assert!(
        tally.failures.is_empty(),
        "{} failures: {:#?}",
        tally.failures.len(),
        tally.failures
    );
    assert!(
        tally.images >= 700,
        "too few images to mean much: {}",
        tally.images
    );
}

#[test]
fn every_acknowledged_commit_survives_a_cut_seed_1() {
    check_survives(1);
}

#[test]
fn every_acknowledged_commit_survives_a_cut_seed_2() {
    check_survives(2);
}

#[test]
fn every_acknowledged_commit_survives_a_cut_seed_3() {
    check_survives(3);
}

#[test]
fn canary_a_disk_that_lies_about_syncs_is_found() {
    let disk = Disk::default();
    drop(open_redb(disk.clone()).unwrap());
    disk.set_fault(Fault::LyingSync);
    let tally = survey(&run(open_redb, &disk, 4, 4));
    println!(
        "lying disk: seed 4, {} images, {} failures",
        tally.images,
        tally.failures.len()
    );
    assert!(!tally.failures.is_empty());
}

#[test]
fn canary_an_engine_that_acknowledges_without_a_sync_is_found() {
    let open: OpenOn = |disk| Ok(Box::new(Guarded::new(Careless::on(disk))));
    let tally = survey(&run(open, &Disk::default(), 5, 12));
    println!(
        "careless engine: seed 5, {} images, {} failures",
        tally.images,
        tally.failures.len()
    );
    assert!(!tally.failures.is_empty());
}

/// redb with `Durability::None` for all but every fourth commit: nothing lost while the process lives.
struct Careless {
    database: redb::Database,
    commits: std::sync::atomic::AtomicUsize,
}

const TABLE: redb::TableDefinition<'static, &[u8], &[u8]> = redb::TableDefinition::new("records");

impl Careless {
    fn on(disk: Disk) -> Self {
        let database = redb::Database::builder().create_with_backend(disk).unwrap();
        let engine = Self {
            database,
            commits: std::sync::atomic::AtomicUsize::new(0),
        };
        engine.commit(&[]).unwrap();
        engine
    }
}

impl KeyValue for Careless {
    fn read(&self, _: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
        Ok(None)
    }

    fn scan(&self, _: KeyRange<'_>, _: Order, _: &mut Visit<'_>) -> Result<(), KvError> {
        Ok(())
    }

    fn commit(&self, writes: &[Write]) -> Result<(), KvError> {
        let nth = self
            .commits
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut transaction = self.database.begin_write().unwrap();
        if !nth.is_multiple_of(4) {
            transaction.set_durability(redb::Durability::None).unwrap();
        }
        {
            let mut table = transaction.open_table(TABLE).unwrap();
            for Write { key, value } in writes {
                match value {
                    Some(value) => table.insert(&**key, &**value).unwrap(),
                    None => table.remove(&**key).unwrap(),
                };
            }
        }
        transaction.commit().unwrap();
        Ok(())
    }

    fn check(&mut self) -> Result<Condition, KvError> {
        Ok(Condition::Sound)
    }
}

const COMMITS_UNTIL_FELT_MAX: usize = 100;

/// Commits on a disk that breaks, until one fails; then nothing is served, and whatever the disk kept,
/// the store opens with all that was acknowledged.
fn check_stops(fault: Fault, is_right: fn(&KvError) -> bool) {
    let mut rng = fastrand::Rng::with_seed(6);
    let disk = Disk::default();
    let mut known = Contents::new();
    let engine = open_redb(disk.clone()).unwrap();
    let made = disk.bytes();
    let start = disk.record_len();
    disk.set_fault(fault);
    let in_flight = (0..COMMITS_UNTIL_FELT_MAX).find_map(|_| {
        let batch = random_batch(&mut rng);
        match engine.commit(&batch) {
            Ok(()) => {
                apply(&mut known, &batch);
                None
            }
            Err(error) => {
                assert!(is_right(&error), "{fault:?} gave {error:?}");
                Some(batch)
            }
        }
    });
    let in_flight = in_flight.unwrap_or_else(|| panic!("{fault:?} was never felt"));

    disk.set_fault(Fault::None);
    assert!(
        matches!(engine.commit(&[]), Err(KvError::Stopped)),
        "a commit after {fault:?}"
    );
    assert!(
        matches!(engine.read(b"a"), Err(KvError::Stopped)),
        "a read after {fault:?}"
    );
    let everything = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
    let scanned = engine.scan(everything, Order::Ascending, &mut |_, _| {
        ControlFlow::Break(())
    });
    assert!(
        matches!(scanned, Err(KvError::Stopped)),
        "a scan after {fault:?}"
    );
    let until = disk.record_len();
    drop(engine);

    let mut cut = Cut::of(made);
    disk.record()[start..until]
        .iter()
        .for_each(|op| cut.pass(op));
    for fate in Fate::ALL {
        let image = cut.image(fate, &mut rng);
        recovers(image, &known, &in_flight, &mut rng)
            .unwrap_or_else(|failure| panic!("{fault:?}, {fate:?}: {failure}"));
    }
    recovers(disk.bytes(), &known, &in_flight, &mut rng)
        .unwrap_or_else(|failure| panic!("{fault:?}, without a cut: {failure}"));
}

#[test]
fn a_failed_sync_stops_the_store() {
    for after in 0..24 {
        check_stops(Fault::FailingSync { after }, |error| {
            matches!(error, KvError::Unavailable { .. })
        });
    }
}

#[test]
fn a_full_disk_is_an_error_and_the_store_opens_again_intact() {
    for after in 0..80 {
        check_stops(Fault::Full { after }, |error| {
            matches!(error, KvError::Full { .. })
        });
    }
}
