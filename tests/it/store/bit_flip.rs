//! A bit flipped in a closed data file is reported or harmless, and never brings the process down.
//!
//! redb proves its page checksums only in a check, not when it reads. So each value here carries a
//! CRC-32 over its key and body, as every record does, and a reader that finds it wrong reports it.

use super::disk::Disk;
use super::{Contents, contents};
use usher::store::kv::{KeyValue, Settings, Write};
use usher::store::redb::Redb;

const SMALL: Settings = Settings {
    cache_bytes: Settings::CACHE_BYTES_MIN,
};
const FLIPS: usize = 400;

fn sealed(key: &[u8], body: &[u8]) -> Vec<u8> {
    [&crc(key, body).to_le_bytes()[..], body].concat()
}

fn crc(key: &[u8], body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(body);
    crc.finalize()
}

fn is_intact(key: &[u8], value: &[u8]) -> bool {
    value
        .split_first_chunk()
        .is_some_and(|(seal, body)| u32::from_le_bytes(*seal) == crc(key, body))
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Harmless,
    AtOpening,
    AtReading,
    ByItsSeal,
    ByTheCheck,
    Unnoticed(String),
}

/// A store of a few hundred records, closed.
fn closed_store() -> (Vec<u8>, Contents) {
    let disk = Disk::default();
    let mut rng = fastrand::Rng::with_seed(8);
    let mut all = Contents::new();
    let engine = Redb::on(disk.clone(), SMALL).unwrap();
    for _ in 0..40 {
        let writes: Vec<_> = (0..8)
            .map(|_| {
                let key = rng.u32(..400).to_be_bytes();
                Write::put(key, sealed(&key, &super::random_bytes(&mut rng, 2_000)))
            })
            .collect();
        engine.commit(&writes).unwrap();
        super::apply(&mut all, &writes);
    }
    drop(engine);
    (disk.bytes(), all)
}

fn outcome(image: Vec<u8>, expected: &Contents) -> Outcome {
    let Ok(mut engine) = Redb::on(Disk::holding(image), SMALL) else {
        return Outcome::AtOpening;
    };
    let mut all_equal = true;
    for (key, value) in expected {
        match engine.read(key) {
            Err(_) => return Outcome::AtReading,
            Ok(Some(found)) if !is_intact(key, &found) => return Outcome::ByItsSeal,
            Ok(found) => all_equal &= found.as_ref() == Some(value),
        }
    }
    match contents(&engine) {
        Err(_) => return Outcome::AtReading,
        Ok(found) if found.iter().any(|(key, value)| !is_intact(key, value)) => {
            return Outcome::ByItsSeal;
        }
        Ok(found) => all_equal &= found == *expected,
    }
    match engine.check() {
        Err(_) => Outcome::ByTheCheck,
        Ok(_) if all_equal => Outcome::Harmless,
        Ok(condition) => Outcome::Unnoticed(format!("{condition:?}")),
    }
}

fn check_flips(name: &str, flips: impl Iterator<Item = usize>) {
    let (image, expected) = closed_store();
    assert_eq!(
        outcome(image.clone(), &expected),
        Outcome::Harmless,
        "with no bit flipped"
    );
    let mut tally = [0; 5];
    let mut unnoticed = Vec::new();
    for bit in flips.map(|bit| bit % (image.len() * 8)) {
        let mut flipped = image.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match outcome(flipped, &expected) {
            Outcome::Harmless => tally[0] += 1,
            Outcome::AtOpening => tally[1] += 1,
            Outcome::AtReading => tally[2] += 1,
            Outcome::ByItsSeal => tally[3] += 1,
            Outcome::ByTheCheck => tally[4] += 1,
            Outcome::Unnoticed(what) => {
                unnoticed.push(format!("byte {} bit {}: {what}", bit / 8, bit % 8))
            }
        }
    }
    let [harmless, opening, reading, seal, check] = tally;
    println!(
        "{name}: of {} bytes; harmless {harmless}, found at opening {opening}, reading {reading}, \
         by the seal {seal}, by the check {check}",
        image.len()
    );
    assert!(unnoticed.is_empty(), "{}: {unnoticed:#?}", unnoticed.len());
}

#[test]
fn a_flipped_bit_is_reported_or_harmless() {
    let mut rng = fastrand::Rng::with_seed(9);
    check_flips(
        "anywhere, seed 9",
        (0..FLIPS).map(|_| rng.usize(..usize::MAX / 2)),
    );
}

#[test]
fn a_flipped_bit_of_the_header_is_reported_or_harmless() {
    check_flips("header", 0..320 * 8);
}
