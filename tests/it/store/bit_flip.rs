//! A bit flipped in a data file is reported or harmless, and never brings the process down.
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
    Unnoticed,
}

/// A store of a few hundred records, closed in order or killed.
fn stored(in_order: bool) -> (Vec<u8>, Contents) {
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
    let killed = disk.bytes();
    drop(engine);
    (if in_order { disk.bytes() } else { killed }, all)
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
        Ok(_) => Outcome::Unnoticed,
    }
}

/// Flips each of `bits` on its own, in the store; returns those that nobody noticed.
fn unnoticed(name: &str, in_order: bool, bits: impl Iterator<Item = usize>) -> Vec<String> {
    let (image, expected) = stored(in_order);
    assert_eq!(
        outcome(image.clone(), &expected),
        Outcome::Harmless,
        "with no bit flipped"
    );
    let mut tally = [0; 5];
    let mut unnoticed = Vec::new();
    for bit in bits.map(|bit| bit % (image.len() * 8)) {
        let mut flipped = image.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match outcome(flipped, &expected) {
            Outcome::Harmless => tally[0] += 1,
            Outcome::AtOpening => tally[1] += 1,
            Outcome::AtReading => tally[2] += 1,
            Outcome::ByItsSeal => tally[3] += 1,
            Outcome::ByTheCheck => tally[4] += 1,
            Outcome::Unnoticed => unnoticed.push(format!("byte {} bit {}", bit / 8, bit % 8)),
        }
    }
    let [harmless, opening, reading, seal, check] = tally;
    println!(
        "{name}: file of {} bytes; harmless {harmless}, found at opening {opening}, at reading \
         {reading}, by the seal {seal}, by the check {check}",
        image.len()
    );
    unnoticed
}

const HEADER_BITS: usize = 320 * 8;

fn check_anywhere(seed: u64, in_order: bool) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let bits = (0..FLIPS).map(|_| rng.usize(..usize::MAX / 2));
    assert_eq!(unnoticed(&format!("seed {seed}"), in_order, bits), [""; 0]);
}

#[test]
fn a_flipped_bit_of_a_closed_store_is_reported_or_harmless() {
    check_anywhere(9, true);
}

#[test]
fn a_flipped_bit_of_a_killed_store_is_reported_or_harmless() {
    check_anywhere(10, false);
}

#[test]
fn a_flipped_bit_of_the_header_is_reported_or_harmless() {
    assert_eq!(unnoticed("header", true, 0..HEADER_BITS), [""; 0]);
}

/// A known limit. Of a store that was killed, both of the last two states are whole, and one bit says
/// which is the newer: flipped, it takes back the last commit. Closing in order makes both states equal.
/// With commits of a single phase, some thousand bits of this header could hide so.
#[test]
fn of_a_killed_store_one_bit_of_the_header_can_hide() {
    assert_eq!(
        unnoticed("header, killed", false, 0..HEADER_BITS),
        ["byte 9 bit 0"]
    );
}
