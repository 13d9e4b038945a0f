//! Invented people, the same for the same seed: names by frequency, as real ones are, with few of most and many of some.

use fastrand::Rng;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use std::fmt::Write as _;
use usher::adapter::{Accuracy, Born, Identity, Name, Place};

const GIVEN: [&str; 40] = [
    "Amelia", "Noah", "Olivia", "Muhammad", "Isla", "George", "Ava", "Oliver", "Mia", "Arthur",
    "Ivy", "Leo", "Lily", "Theo", "Zoë", "Samuel", "Chloé", "Daniel", "Fatima", "Yusuf", "Aaliyah",
    "Ibrahim", "Sofia", "Jakub", "Kofi", "Adaeze", "Priya", "Rohan", "Mei", "Wei", "Nia", "Rhys",
    "Siobhan", "Connor", "Grace", "Jack", "Evie", "Harry", "Poppy", "Thomas",
];
const FAMILY: [&str; 40] = [
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Johnson",
    "Davies",
    "Patel",
    "Robinson",
    "Wright",
    "Thompson",
    "Evans",
    "Walker",
    "White",
    "Roberts",
    "Green",
    "Hall",
    "Wood",
    "Jackson",
    "Clarke",
    "Khan",
    "Ahmed",
    "Begum",
    "Ali",
    "Hussain",
    "Nowak",
    "Kowalski",
    "Okafor",
    "Mensah",
    "Adeyemi",
    "Chen",
    "Li",
    "Nguyen",
    "O'Brien",
    "Murphy",
    "Kelly",
    "Rodríguez",
    "Silva",
    "Costa",
];
const START: [&str; 30] = [
    "Ba", "Be", "Bra", "Ca", "Che", "Da", "De", "Fa", "Fre", "Ga", "Gri", "Ha", "He", "Ka", "Ki",
    "La", "Le", "Ma", "Mo", "Na", "Pe", "Pri", "Ra", "Ro", "Sa", "She", "Ta", "Tre", "Va", "Wa",
];
const MIDDLE: [&str; 14] = [
    "ld", "rn", "ck", "mb", "st", "rr", "ll", "ng", "v", "th", "lk", "nd", "p", "gs",
];
const END: [&str; 12] = [
    "er", "son", "ton", "ley", "ham", "ford", "well", "man", "wood", "field", "ing", "by",
];

/// One invented person.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) key: String,
    pub(super) given: String,
    pub(super) family: String,
    pub(super) born: Date,
    /// Former ones first.
    pub(super) places: Vec<(String, String)>,
}

impl Person {
    /// The `number`th of the population of `seed`.
    pub(super) fn new(seed: u64, number: u32) -> Self {
        let mut random = Rng::with_seed(seed ^ (u64::from(number) << 20) ^ 0x5DEE_CE66);
        let given = name(&mut random, &GIVEN);
        let family = name(&mut random, &FAMILY);
        let days = random.i32(0..(24 * 365));
        let places = (0..=random.u32(0..3).min(2))
            .map(|_| place(&mut random))
            .collect();
        Self {
            key: format!("P{number}"),
            given,
            family,
            born: date(2002, 1, 1).saturating_add(days.days()),
            places,
        }
    }

    /// As an enquiry describes them.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            names: vec![Name {
                family: self.family.clone(),
                given: self.given.clone(),
            }],
            born: Some(Born {
                date: self.born,
                accuracy: Accuracy::Known,
            }),
            sex: None,
            places: vec![Place {
                lines: String::new(),
                postcode: self.places[0].1.clone(),
            }],
        }
    }
}

/// A quarter of a population bears few names, the first of them oftenest; the others vary as family names do.
fn name(random: &mut Rng, common: &[&str]) -> String {
    if random.u8(0..4) == 0 {
        // The product of two chances is small more often than large.
        let many = common.len();
        common[random.usize(0..many) * random.usize(0..many) / many].to_owned()
    } else {
        let part =
            |random: &mut Rng, parts: &[&str]| parts[random.usize(0..parts.len())].to_owned();
        part(random, &START) + &part(random, &MIDDLE) + &part(random, &END)
    }
}

fn place(random: &mut Rng) -> (String, String) {
    let area = ["E", "N", "SE", "SW", "NW", "W", "EC"][random.usize(0..7)];
    let letter = |random: &mut Rng| char::from(b"ABDEFGHJLNPQRSTUWXYZ"[random.usize(0..20)]);
    let mut postcode = format!("{area}{} {}", random.u32(1..20), random.u32(1..10));
    postcode.push(letter(random));
    postcode.push(letter(random));
    let street = START[random.usize(0..30)];
    let house = random.u32(1..200);
    let json = format!(
        "{{\"ROOM\":\"\",\"FLOOR\":\"\",\"FLAT\":\"\",\"BUILDING\":\"{house}\",\"HOUSE\":\"{house}\",\"STREET\":\"{street}ton Road\",\"TOWN\":\"London\",\"UPRN\":null}}"
    );
    (json, postcode)
}

/// What the borough does about one person, of another kind for each.
fn involvement(number: u32, key: &str, row: &mut dyn FnMut(&str, std::fmt::Arguments<'_>)) {
    match number % 8 {
        0 => row(
            "ssd_cin_plans",
            format_args!("I{number}\t{key}\t2025-12-01 00:00:00\t\\N"),
        ),
        1 => row(
            "ssd_cp_plans",
            format_args!("L{number}\t{key}\t2025-12-01 00:00:00\t\\N\tN\tNeglect\tEmotional Abuse"),
        ),
        2 => row(
            "ssd_s47_enquiry",
            format_args!("S{number}\t{key}\t2025-12-01 00:00:00\t2025-12-09 00:00:00"),
        ),
        3 => {
            row(
                "ssd_cla_episodes",
                format_args!("A{number}\t{key}\t2025-10-01 00:00:00\t\\N"),
            );
            row(
                "ssd_legal_status",
                format_args!("G{number}\t{key}\tC2\t2025-10-01 00:00:00\t\\N"),
            );
        }
        4 => row(
            "ssd_care_leavers",
            format_args!("V{number}\t{key}\tFormer relevant"),
        ),
        5 => row(
            "ssd_early_help_episodes",
            format_args!("E{number}\t{key}\t2025-12-01 00:00:00\t\\N"),
        ),
        6 => row(
            "ssd_cin_assessments",
            format_args!("M{number}\t{key}\t2026-02-01 00:00:00\t\\N"),
        ),
        _ => {}
    }
}

/// Rows of all tables, as COPY reads them.
pub(super) fn rows(seed: u64, count: u32) -> Vec<(&'static str, String)> {
    let mut tables: Vec<(&'static str, String)> = [
        "ssd_person",
        "ssd_address",
        "ssd_contacts",
        "ssd_cin_episodes",
        "ssd_cin_plans",
        "ssd_cp_plans",
        "ssd_s47_enquiry",
        "ssd_involvements",
        "ssd_cla_episodes",
        "ssd_legal_status",
        "ssd_care_leavers",
        "ssd_early_help_episodes",
        "ssd_cin_assessments",
    ]
    .map(|table| (table, String::new()))
    .into();
    for number in 0..count {
        let person = Person::new(seed, number);
        let key = &person.key;
        let sex = if number % 2 == 0 { "F" } else { "M" };
        let mut row = |table: &str, row: std::fmt::Arguments<'_>| {
            let (_, text) = tables.iter_mut().find(|(name, _)| *name == table).unwrap();
            text.write_fmt(row).unwrap();
            text.push('\n');
        };
        row(
            "ssd_person",
            format_args!(
                "{key}\t{}\t{}\t{sex}\tNOBT\t{} 00:00:00\t\\N",
                person.given, person.family, person.born
            ),
        );
        for (at, (json, postcode)) in person.places.iter().enumerate() {
            row(
                "ssd_address",
                format_args!("{key}-{at}\t{key}\t{postcode}\t{json}"),
            );
        }
        row(
            "ssd_contacts",
            format_args!("C{number}\t{key}\t2025-11-{:02} 09:30:00", 1 + number % 28),
        );
        row(
            "ssd_cin_episodes",
            format_args!("R{number}\t{key}\t2025-11-03 00:00:00\t\\N"),
        );
        involvement(number, key, &mut row);
        row(
            "ssd_involvements",
            format_args!(
                "W{number}\tprof{}\tteam{}\t{key}\t2025-12-01 00:00:00\t\\N",
                number % 100,
                number % 10
            ),
        );
    }
    let list =
        |count: usize, text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<String>();
    tables.push((
        "ssd_professionals",
        list(100, &|at| format!("prof{at}\tWorker {at}\n")),
    ));
    tables.push((
        "ssd_department",
        list(10, &|at| format!("team{at}\tTeam {at}\n")),
    ));
    tables
}
