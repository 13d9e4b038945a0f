//! Power cuts for the sled engine, at the level of its files.
//!
//! sled opens its files itself, so no simulated disk fits under it. But the recipe syncs as the last act
//! of each commit, so what the files held after one commit is on the disk, and what they hold after the
//! next has, before its sync, got there in any sectors or none. Images are made of such pairs: each
//! changed sector old or new, each length and each name old or new; also around closing and opening.
//!
//! What this proves: that sled with the recipe recovers from those states. What it does not: states of
//! a sector that was written twice between two syncs, cuts inside sled's opening between its own steps,
//! and that the recipe's syncs are really made (a build that leaves them out passes; `ARCHITECTURE.md`
//! has the figures of a file system that watched them). The canary leaves the syncs out of the model.

use super::{Contents, apply, contents, random_batch};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use usher::store::kv::{Guarded, KeyValue, KvError, Settings, Write};
use usher::store::sled::Sled;

const SMALL: Settings = Settings {
    cache_bytes: Settings::CACHE_BYTES_MIN,
};
const SECTOR_BYTES: usize = 512;
const COMMITS: usize = 32;
const IMAGES_PER_COMMIT: usize = 3;

/// Every file of a store's folder, by name.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn open(folder: &Path) -> Result<Guarded<Sled>, KvError> {
    Sled::open(folder, SMALL)
}

fn files_of(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    files
}

/// The second names of snapshots, which stand while sled opens.
fn kept_of(files: &Files) -> Files {
    let kept = |(name, bytes): (&PathBuf, &Vec<u8>)| {
        let rest = name.to_str()?.strip_prefix("usher.sled/snap.")?;
        Some((format!("usher.sled/kept.{rest}").into(), bytes.clone()))
    };
    files.iter().filter_map(kept).collect()
}

/// What a cut may leave between `synced` and `now`.
fn mixed(synced: &Files, now: &Files, rng: &mut fastrand::Rng) -> Files {
    let share = [0.0, 0.1, 0.5, 0.9, 1.0][rng.usize(..5)];
    let names: BTreeSet<_> = synced.keys().chain(now.keys()).collect();
    let mut image = Files::new();
    for name in names {
        match (synced.get(name), now.get(name)) {
            (Some(old), Some(new)) => {
                image.insert(name.clone(), mixed_bytes(old, new, share, rng));
            }
            // sled syncs a snapshot before it names it, so that a name stands for all of it.
            (old, new) => {
                let kept = if rng.f64() < share { new } else { old };
                image.extend(kept.map(|bytes| (name.clone(), bytes.clone())));
            }
        }
    }
    image
}

fn mixed_bytes(old: &[u8], new: &[u8], share: f64, rng: &mut fastrand::Rng) -> Vec<u8> {
    let len = if rng.f64() < share {
        new.len()
    } else {
        old.len()
    };
    let mut bytes = old.to_vec();
    bytes.resize(len, 0);
    for (nth, sector) in bytes.chunks_mut(SECTOR_BYTES).enumerate() {
        let at = nth * SECTOR_BYTES;
        let changed = new
            .get(at..at + sector.len())
            .filter(|new| *new != &*sector);
        if let Some(new) = changed.filter(|_| rng.f64() < share) {
            sector.copy_from_slice(new);
        }
    }
    bytes
}

/// Writes `files` into `folder`, leaving out long runs of zeros, which a sparse file has anyway.
fn lay_out(files: &Files, folder: &Path) {
    const RUN_BYTES: usize = 64 * 1_024;
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::create(path).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
        for (nth, run) in bytes.chunks(RUN_BYTES).enumerate() {
            if run.iter().any(|byte| *byte != 0) {
                file.write_all_at(run, (nth * RUN_BYTES) as u64).unwrap();
            }
        }
    }
}

/// Small batches, and some that fill an eighth of a segment, so that sled goes on to new segments and
/// collects old ones.
fn batch_for_segments(rng: &mut fastrand::Rng) -> Vec<Write> {
    if rng.u8(..) < 160 {
        return random_batch(rng);
    }
    (0..12)
        .map(|_| Write::put([0xff, rng.u8(..24)], super::random_bytes(rng, 128 * 1_024)))
        .collect()
}

/// Opens an image, which must hold `known`, or that and the batch in flight; writes on and reopens.
fn recovers(files: &Files, known: &Contents, in_flight: &[Write]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    lay_out(files, folder.path());
    let mut with_flight = known.clone();
    apply(&mut with_flight, in_flight);
    let told = |doing: &str, error: KvError| format!("{doing}: {error:?}");

    let engine = open(folder.path()).map_err(|error| told("opening", error))?;
    let found = contents(&engine).map_err(|error| told("reading", error))?;
    if found != *known && found != with_flight {
        let wrong = known
            .iter()
            .filter(|(key, value)| found.get(*key) != Some(value))
            .count();
        return Err(format!(
            "{wrong} of {} acknowledged entries are wrong",
            known.len()
        ));
    }
    let mark = Write::put("written after the cut", "1");
    engine
        .commit(std::slice::from_ref(&mark))
        .map_err(|error| told("writing on", error))?;
    drop(engine);
    let mut after = found;
    apply(&mut after, &[mark]);
    let engine = open(folder.path()).map_err(|error| told("opening again", error))?;
    let found = contents(&engine).map_err(|error| told("reading again", error))?;
    if found == after {
        Ok(())
    } else {
        Err("entries changed by opening again".to_owned())
    }
}

struct Tally {
    images: usize,
    failures: Vec<String>,
}

/// Runs a history and cuts it within each commit. With `syncs` false, as if nothing after the first
/// commit had ever been synced.
fn survey(seed: u64, commits: usize, syncs: bool) -> Tally {
    let mut rng = fastrand::Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Some(open(folder.path()).unwrap());
    let mut synced = files_of(folder.path());
    let mut known = Contents::new();
    let mut tally = Tally {
        images: 0,
        failures: Vec::new(),
    };
    for commit in 0..commits {
        let reopen = rng.u8(..) < 40;
        let mut in_flight = Vec::new();
        if reopen {
            drop(engine.take());
            engine = Some(open(folder.path()).unwrap());
        } else {
            in_flight = batch_for_segments(&mut rng);
            engine.as_ref().unwrap().commit(&in_flight).unwrap();
        }
        let mut now = files_of(folder.path());
        if reopen {
            // Its second name comes before sled opens, and goes when all else is on the disk.
            let kept = kept_of(&synced);
            synced.extend(kept.clone());
            now.extend(kept);
        }
        assert!(
            !now.keys().any(|name| name.starts_with("usher.sled/blobs")),
            "unsynced values"
        );
        for _ in 0..IMAGES_PER_COMMIT {
            tally.images += 1;
            if let Err(failure) = recovers(&mixed(&synced, &now, &mut rng), &known, &in_flight) {
                tally.failures.push(format!(
                    "seed {seed}, step {commit}, reopening {reopen}: {failure}"
                ));
            }
        }
        apply(&mut known, &in_flight);
        if syncs {
            synced = files_of(folder.path());
        }
    }
    tally
}

fn check_survives(seed: u64) {
    let tally = survey(seed, COMMITS, true);
    println!(
        "sled: seed {seed}, {COMMITS} commits, {} images",
        tally.images
    );
    assert!(
        tally.failures.is_empty(),
        "{} failures: {:#?}",
        tally.failures.len(),
        tally.failures
    );
}

#[test]
fn every_acknowledged_commit_survives_a_cut_seed_11() {
    check_survives(11);
}

#[test]
fn every_acknowledged_commit_survives_a_cut_seed_12() {
    check_survives(12);
}

#[test]
fn canary_commits_that_are_not_synced_are_found_lost() {
    let tally = survey(13, 8, false);
    println!(
        "sled without syncs: seed 13, {} images, {} failures",
        tally.images,
        tally.failures.len()
    );
    assert!(!tally.failures.is_empty());
}
