//! How well people are matched, on data that nobody here made: the FEBRL sets, in which each person has records with the mistakes that
//! people make. `scripts/febrl` fetches them; without them the tests say so and prove nothing.
//!
//! Every record of one side is searched for among all of the other side, as an adapter would: what [`blocks`] fetches is settled. Then
//! again with the person's own records taken out, as if they were not in the system.

use crate::support::root;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use usher::adapter::blocking::{Block, blocks};
use usher::adapter::{
    Accuracy, Born, Candidates, Found, Identity, Name, Outcome, Place, Wanted, settle,
};
use usher_proto::v1::Disposition;

/// One record: whose it is, whether it is the first of them, and what it says.
struct Record {
    person: String,
    is_original: bool,
    identity: Identity,
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the sets are is the machine's to say"
)]
fn folder() -> PathBuf {
    std::env::var_os("USHER_FEBRL").map_or_else(|| root().join("target/febrl"), PathBuf::from)
}

/// The records of one file, or nothing where it is not there.
fn read(name: &str) -> Option<Vec<Record>> {
    let path = folder().join(name).with_extension("csv");
    let Ok(mut reader) = csv::Reader::from_path(&path) else {
        println!("skipped: no {}; scripts/febrl fetches it", path.display());
        return None;
    };
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    Some(rows.map(|row| record(&row.unwrap())).collect())
}

/// The number `soc_sec_id` is left out: it is the key.
fn record(row: &BTreeMap<String, String>) -> Record {
    let mut id = row["rec_id"].split('-').skip(1);
    let born = Date::strptime("%Y%m%d", &row["date_of_birth"]).ok();
    Record {
        person: id.next().unwrap().to_owned(),
        is_original: id.next() == Some("org"),
        identity: Identity {
            names: vec![Name {
                family: row["surname"].clone(),
                given: row["given_name"].clone(),
            }],
            born: born.map(|date| Born {
                date,
                accuracy: Accuracy::Known,
            }),
            sex: None,
            places: vec![Place {
                lines: format!(
                    "{} {}, {}, {}",
                    row["street_number"], row["address_1"], row["address_2"], row["suburb"]
                ),
                postcode: row["postcode"].clone(),
            }],
        },
    }
}

/// Records as a system keeps them, with the indexes by which it finds them.
struct System {
    people: Vec<(String, Found)>,
    born: BTreeSet<(Date, usize)>,
    families: BTreeSet<(String, usize)>,
    givens: BTreeSet<(String, usize)>,
    postcodes: BTreeSet<(String, usize)>,
}

impl System {
    fn of(records: &[Record]) -> Self {
        let each = |text: fn(&Identity) -> &String| {
            let texts = records
                .iter()
                .map(|record| text(&record.identity).to_lowercase());
            texts.zip(0..).collect()
        };
        let dates = records.iter().map(|record| record.identity.born).zip(0..);
        Self {
            people: records
                .iter()
                .enumerate()
                .map(|(number, record)| {
                    let found = Found {
                        key: number.to_string(),
                        identity: record.identity.clone(),
                        recent_contacts: Some(0),
                        ..Found::default()
                    };
                    (record.person.clone(), found)
                })
                .collect(),
            born: dates
                .filter_map(|(born, number)| Some((born?.date, number)))
                .collect(),
            families: each(|identity| &identity.names[0].family),
            givens: each(|identity| &identity.names[0].given),
            postcodes: each(|identity| &identity.places[0].postcode),
        }
    }

    /// Whoever fits any of `blocks`, each once.
    fn search(&self, blocks: &[Block]) -> BTreeSet<usize> {
        blocks
            .iter()
            .flat_map(|block| self.fitting(block))
            .collect()
    }

    fn fitting(&self, block: &Block) -> BTreeSet<usize> {
        let Block {
            born_on,
            born_within,
            family_starts,
            given_starts,
            postcodes,
            is_further: _,
        } = block;
        let mut parts: Vec<BTreeSet<usize>> = Vec::new();
        for (index, starts) in [
            (&self.families, family_starts),
            (&self.givens, given_starts),
        ] {
            if let Some(starts) = starts {
                let from = index.range((Bound::Included((starts.clone(), 0)), Bound::Unbounded));
                let fit = from.take_while(|(text, _)| text.starts_with(starts.as_str()));
                parts.push(fit.map(|(_, number)| *number).collect());
            }
        }
        if !postcodes.is_empty() {
            let at = |postcode: &String| {
                let (from, to) = ((postcode.clone(), 0), (postcode.clone(), usize::MAX));
                self.postcodes.range(from..=to).map(|(_, number)| *number)
            };
            parts.push(postcodes.iter().flat_map(at).collect());
        }
        let between = |from: Date, to: Date| self.born.range((from, 0)..=(to, usize::MAX));
        if let Some((from, to)) = born_within.filter(|_| born_on.is_empty()) {
            parts.push(between(from, to).map(|(_, number)| *number).collect());
        }
        if !born_on.is_empty() {
            let days = born_on.iter().flat_map(|day| between(*day, *day));
            parts.push(days.map(|(_, number)| *number).collect());
        }
        let all = parts.into_iter().reduce(|a, b| &a & &b);
        all.expect("a block says something")
    }
}

/// What came of the searches in one system.
#[derive(Default)]
struct Report {
    searched: usize,
    /// Of those who are in the system: all, answered as not known, answered as known, left to people.
    present: [usize; 4],
    /// The same, with their own records taken out.
    absent: [usize; 4],
    fetched: usize,
    took: Duration,
}

/// Which of the counts of [`Report`] an outcome raises.
fn column(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Answer(reply) if reply.disposition == Disposition::NotKnown => 1,
        Outcome::Answer(_) => 2,
        Outcome::Unsettled(_) | Outcome::Possible(_) => 3,
        Outcome::Redirect { .. } | Outcome::Pending(_) => unreachable!("settling does neither"),
    }
}

/// How widely a system is searched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// For all that [`blocks`] asks, as the SQL connector does.
    Whole,
    /// No more than a borough may rely on by its own word.
    Enough,
}

fn measure(wanted: &[Record], records: &[Record], width: Width) -> Report {
    let system = System::of(records);
    let people: BTreeSet<&str> = records
        .iter()
        .map(|record| record.person.as_str())
        .collect();
    let mut report = Report::default();
    for record in wanted {
        let person = [Wanted {
            who: "subject".into(),
            identity: record.identity.clone(),
        }];
        #[expect(clippy::disallowed_methods, reason = "a measurement")]
        let started = Instant::now();
        let mut blocks = blocks(&record.identity);
        if width == Width::Enough {
            blocks.retain(|block| !block.is_further);
            for block in blocks.iter_mut().filter(|block| block.needs_days()) {
                block.born_on.clear();
            }
        }
        let found = system.search(&blocks);
        let found = found.into_iter().map(|number| &system.people[number]);
        let (own, others): (Vec<_>, Vec<_>) = found.partition(|(key, _)| *key == record.person);
        let among = |some: &[&[&(String, Found)]]| {
            let people = some.iter().copied().flatten();
            let candidates = Candidates {
                people: people.map(|(_, found)| found.clone()).collect(),
                ..Candidates::default()
            };
            column(&settle(&person, &[candidates]))
        };
        let outcome = among(&[&own, &others]);
        report.took += started.elapsed();
        report.searched += 1;
        report.fetched += own.len() + others.len();
        if people.contains(record.person.as_str()) {
            report.present[0] += 1;
            report.present[outcome] += 1;
        }
        report.absent[0] += 1;
        report.absent[among(&[&others])] += 1;
    }
    report
}

/// Prints what was seen, and holds it against the goals.
fn hold(name: &str, wanted: &[Record], records: &[Record]) {
    let Report {
        present: [all, missed, ..],
        ..
    } = measure(wanted, records, Width::Enough);
    println!("{name}: without further blocks not known {missed} of {all}");
    assert!(
        missed * 250 <= all,
        "{name}: {missed} of {all} would have been answered as not known, where a search is no wider than it must be"
    );
    let report = measure(wanted, records, Width::Whole);
    let Report {
        searched,
        present: [all, missed, certain, people],
        absent: [gone, clear, wrong, doubted],
        ..
    } = report;
    let count = |number: usize| f64::from(u32::try_from(number).unwrap());
    let percent = |part: usize, whole: usize| 100.0 * count(part) / count(whole);
    println!(
        "{name}: {searched} searched for among {}, {:.1} fetched each\n  \
         in the system {all}: not known {missed} ({:.2} in 1,000), known {certain} ({:.1} %), to people {people} ({:.1} %)\n  \
         taken out {gone}: not known {clear} ({:.1} %), known as somebody else {wrong}, to people {doubted} ({:.2} %)\n  \
         {:.0} searches per second on one core, as built for tests",
        records.len(),
        count(report.fetched) / count(searched),
        10.0 * percent(missed, all),
        percent(certain, all),
        percent(people, all),
        percent(clear, gone),
        percent(doubted, gone),
        count(searched) / report.took.as_secs_f64(),
    );
    assert!(all > 0 && certain > 0, "{name}: nobody was searched for");
    assert!(
        missed * 1000 <= all,
        "{name}: {missed} of {all} would have been answered as not known"
    );
    assert!(
        wrong * 1000 <= certain,
        "{name}: {wrong} certain matches beside {certain} are of others"
    );
    // No goals of their own, but a matcher that leaves everybody to people meets the others. Who is in a system twice does go to people.
    assert!(
        doubted * 50 <= gone,
        "{name}: {doubted} of {gone} who are absent go to people"
    );
    let people_of = |record: &Record| record.person.clone();
    let once = records.iter().map(people_of).collect::<BTreeSet<_>>().len() == records.len();
    assert!(
        !once || people * 2 <= all,
        "{name}: {people} of {all} who are known go to people"
    );
}

/// One file of originals and their duplicates, the ones searched for among the others and the other way round.
fn hold_both_ways(name: &str) {
    let Some(records) = read(name) else { return };
    let (originals, copies): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record| record.is_original);
    hold(&format!("{name}, copies"), &copies, &originals);
    hold(&format!("{name}, originals"), &originals, &copies);
}

#[test]
fn febrl_1_meets_the_goals_of_matching() {
    hold_both_ways("dataset1");
}

#[test]
fn febrl_2_meets_the_goals_of_matching() {
    hold_both_ways("dataset2");
}

#[test]
fn febrl_3_meets_the_goals_of_matching() {
    hold_both_ways("dataset3");
}

#[test]
fn febrl_4_meets_the_goals_of_matching() {
    let (Some(originals), Some(copies)) = (read("dataset4a"), read("dataset4b")) else {
        return;
    };
    hold("dataset4, copies", &copies, &originals);
    hold("dataset4, originals", &originals, &copies);
}
