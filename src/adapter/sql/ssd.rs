//! The Standard Safeguarding Dataset: its tables and columns, and what is read of them. Nothing else is: no ethnicity, no free text of
//! assessments, no identifiers of other services.

use super::involvement::{INVOLVEMENT, Involvement};
use super::settings::{Settings, is_name};
use super::statement::{Statement, Writer};
use crate::adapter::blocking::{Block, PREFIX};
use jiff::civil::Date;

/// What a query of people answers, in this order; the preset's leaves out the last two.
pub(super) const PEOPLE: [&str; 9] = [
    "person",
    "family",
    "given",
    "born",
    "expected",
    "estimated",
    "sex",
    "lines",
    "postcode",
];
/// What a query of involvement answers, in this order.
pub(super) const EPISODES: [&str; 7] = [
    "person",
    "kind",
    "start_date",
    "end_date",
    "category",
    "legal_status",
    "other_authority",
];
/// What a query of contacts answers, in this order.
pub(super) const CONTACTS: [&str; 3] = ["person", "contacts", "last_contact"];
/// What a query of workers answers, in this order; the one to speak to first.
pub(super) const WORKERS: [&str; 5] = ["person", "worker", "team", "phone", "email"];

/// Addresses of one person that are reckoned with: more rows than this for each, and the look-up says that it was cut.
pub(super) const ADDRESSES_EACH: usize = 8;
/// Keys in one question for addresses, where each is a value: fewer than any database takes.
const KEYS_AT_ONCE: usize = 512;
/// Rows of one kind that the few people in question may have together.
pub(super) const DETAIL_ROWS_MAX: usize = 5_000;

const PERSON: &str = "ssd_person";
const ADDRESS: &str = "ssd_address";
const CONTACT: &str = "ssd_contacts";
const INVOLVEMENTS: &str = "ssd_involvements";
const PROFESSIONALS: &str = "ssd_professionals";
const DEPARTMENT: &str = "ssd_department";

/// Columns that people are searched by.
const SEARCHED_BY: [&str; 6] = [
    "pers_person_id",
    "pers_surname",
    "pers_forename",
    "pers_dob",
    "addr_person_id",
    "addr_address_postcode",
];

/// The preset as a borough has it.
pub(super) struct Ssd<'a> {
    settings: &'a Settings,
}

impl<'a> Ssd<'a> {
    pub(super) fn of(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// A table that `without` or `columns` names and the preset has not.
    pub(super) fn stranger(settings: &Settings) -> Option<&str> {
        let tables: Vec<&str> = all_tables().collect();
        let columns = settings.columns.keys().map(String::as_str);
        let unknown_table = (settings.without.iter().map(String::as_str))
            .find(|name| !tables.contains(name) || [PERSON, ADDRESS].contains(name));
        unknown_table.or_else(|| {
            columns
                .into_iter()
                .find(|name| !is_name(name) || !is_column(name))
        })
    }

    /// Whether a column is said not to be there without which people who are there would not be found.
    pub(super) fn is_blind(settings: &Settings) -> bool {
        let name = |column: &&str| settings.columns.get(*column);
        SEARCHED_BY.iter().filter_map(name).any(String::is_empty)
    }

    fn has(&self, table: &str) -> bool {
        !self.settings.without.iter().any(|without| without == table)
    }

    fn table(&self, name: &str) -> String {
        match &self.settings.schema {
            Some(schema) => format!("{schema}.{name}"),
            None => name.to_owned(),
        }
    }

    /// A column as it is called here, or nothing where there is none.
    fn column(&self, alias: &str, name: &str) -> String {
        match self.settings.columns.get(name).map(String::as_str) {
            Some("") => "NULL".to_owned(),
            Some(other) => format!("{alias}.{other}"),
            None if name.is_empty() => "NULL".to_owned(),
            None => format!("{alias}.{name}"),
        }
    }

    /// Whether every table holds anything, and that of people enough: one that is being filled anew would make everybody unknown.
    pub(super) fn filled(&self, writer: Writer) -> Statement {
        let tables = all_tables().filter(|table| self.has(table));
        let held = tables.map(|table| (table, self.table(table)));
        let least = self.settings.people_min;
        writer.filled(held, least.map(|least| (least, self.table(PERSON))))
    }

    /// Whoever fits all of one of `blocks`, which differ in names alone, without addresses. Blocks with dates ask in two
    /// ways, for the born and for the expected: a child who was expected when the record was made may have been born since, on another day;
    /// and each has an index of its own.
    pub(super) fn people(&self, writer: Writer, blocks: &[Block], rows_max: u32) -> Statement {
        let has_dates = |block: &Block| !block.born_on.is_empty() || block.born_within.is_some();
        if !blocks.iter().any(has_dates) {
            return self.people_by(writer, &[(None, blocks)], rows_max);
        }
        let around: Vec<Block> = blocks
            .iter()
            .map(|block| Block {
                born_on: match block.born_within {
                    Some(_) => Vec::new(),
                    None => block.born_on.clone(),
                },
                ..block.clone()
            })
            .collect();
        let ways = [("pers_dob", blocks), ("pers_expected_dob", &around)];
        let ways: Vec<_> = ways
            .into_iter()
            .map(|(date, blocks)| (Some(self.column("p", date)), blocks))
            .filter(|(date, _)| date.as_deref() != Some("NULL"))
            .collect();
        self.people_by(writer, &ways, rows_max)
    }

    /// Whoever fits in any of these ways: a date, and blocks.
    fn people_by(
        &self,
        mut writer: Writer,
        ways: &[(Option<String>, &[Block])],
        rows_max: u32,
    ) -> Statement {
        let people: Vec<String> = ways
            .iter()
            .map(|(date, blocks)| {
                let (days, fits) = self.fits(&mut writer, blocks, date.as_deref());
                let told = [
                    ("k", self.column("p", "pers_person_id")),
                    ("f", self.column("p", "pers_surname")),
                    ("g", self.column("p", "pers_forename")),
                    ("b", self.column("p", "pers_dob")),
                    ("e", self.column("p", "pers_expected_dob")),
                    ("n", "NULL".to_owned()),
                    ("s", self.column("p", "pers_sex")),
                ]
                .map(|(name, column)| format!("{} AS {name}", writer.out(&column)));
                let person = format!(
                    "{} FROM {} p{days} WHERE {fits}",
                    told.join(", "),
                    self.table(PERSON),
                );
                writer.first(u64::from(rows_max) + 1, &person)
            })
            .collect();
        let sql = match &people[..] {
            [people] => people.clone(),
            people => people
                .iter()
                .map(|people| format!("SELECT * FROM ({people}) w"))
                .collect::<Vec<_>>()
                .join(" UNION ALL "),
        };
        writer.end(sql, (rows_max as usize + 1) * ways.len())
    }

    /// Every address of the people with these keys, one a row. Asked of all of them at once and in the order of their keys, it takes a
    /// fraction of what it takes to join it to each.
    pub(super) fn addresses(&self, writer: impl Fn() -> Writer, keys: &[String]) -> Vec<Statement> {
        let together = if writer().takes_lists() {
            keys.len().max(1)
        } else {
            KEYS_AT_ONCE
        };
        let asked = keys.chunks(together).map(|keys| {
            let mut writer = writer();
            let person = self.column("a", "addr_person_id");
            let [key, lines, postcode] = [
                person.clone(),
                self.column("a", "addr_address_json"),
                self.column("a", "addr_address_postcode"),
            ]
            .map(|column| writer.out(&column));
            let person = writer.key(&person);
            let sql = format!(
                "SELECT {key}, {lines}, {postcode} FROM {} a WHERE {}",
                self.table(ADDRESS),
                writer.one_of(&person, keys),
            );
            writer.end(sql, keys.len() * ADDRESSES_EACH)
        });
        asked.collect()
    }

    /// Asks whether a person fits one of `blocks`: what to join, and what to ask.
    fn fits(&self, writer: &mut Writer, blocks: &[Block], date: Option<&str>) -> (String, String) {
        let (mut fits, mut days) = (Vec::new(), String::new());
        let block = blocks.first().cloned().unwrap_or_default();
        match (date, block.born_within) {
            (Some(date), Some(within)) if block.born_on.is_empty() => {
                fits.push(writer.within(date, within));
            }
            (Some(date), _) => {
                let (joined, fit) = writer.on(date, &block.born_on);
                (days, fits) = (joined, vec![fit]);
            }
            (None, _) => {}
        }
        let names: Vec<String> = blocks
            .iter()
            .map(|block| self.named(writer, block, !days.is_empty()))
            .collect();
        fits.push(format!("({})", names.join(" OR ")));
        if !block.postcodes.is_empty() {
            let column = self.column("h", "addr_address_postcode");
            let column = writer.key(&format!("REPLACE(LOWER({column}), ' ', '')"));
            let here = writer.one_of(&column, &block.postcodes);
            fits.push(format!(
                "{} IN (SELECT {} FROM {} h WHERE {here})",
                writer.key(&self.column("p", "pers_person_id")),
                self.column("h", "addr_person_id"),
                self.table(ADDRESS),
            ));
        }
        (days, fits.join(" AND "))
    }

    /// Asks whether the names begin as those of `block`.
    fn named(&self, writer: &mut Writer, block: &Block, has_days: bool) -> String {
        let names = [
            ("pers_surname", &block.family_starts),
            ("pers_forename", &block.given_starts),
        ];
        let mut fits = vec!["1 = 1".to_owned()];
        for (column, letters) in names {
            let column = self.column("p", column);
            fits.extend(letters.as_ref().map(|letters| {
                let is_short = letters.chars().count() < PREFIX;
                if !block.postcodes.is_empty() || is_short && has_days {
                    writer.starts_among_few(&column, letters)
                } else {
                    writer.starts(&column, letters)
                }
            }));
        }
        fits.join(" AND ")
    }

    /// Involvement of the people with these keys: in one statement, where each table's columns are text.
    pub(super) fn episodes(&self, writer: impl Fn() -> Writer, keys: &[String]) -> Vec<Statement> {
        let tables = INVOLVEMENT.iter().filter(|of| self.has(of.table));
        let tables: Vec<&Involvement> = tables.collect();
        let together = if writer().is_text() { tables.len() } else { 1 };
        tables
            .chunks(together.max(1))
            .map(|tables| {
                let mut writer = writer();
                let asked = tables.iter().map(|of| self.involved(&mut writer, of, keys));
                let asked: Vec<String> = asked.collect();
                writer.end(asked.join(" UNION ALL "), DETAIL_ROWS_MAX * tables.len())
            })
            .collect()
    }

    fn involved(&self, writer: &mut Writer, of: &Involvement, keys: &[String]) -> String {
        let column = |name| self.column("t", name);
        let person = column(of.person);
        let category = match of.category_before {
            "" => column(of.category),
            before => format!("COALESCE({}, {})", column(of.category), column(before)),
        };
        let chosen = writer.one_of(&writer.key(&person), keys);
        let answered = [
            person,
            format!("'{}'", of.kind),
            column(of.start),
            column(of.end),
            category,
            column(of.legal_status),
            column(of.other_authority),
        ]
        .map(|expression| writer.out(&expression));
        format!(
            "SELECT {} FROM {} t WHERE {chosen}",
            answered.join(", "),
            self.table(of.table),
        )
    }

    /// Contacts about the people with these keys: how many since `since`, and the last.
    pub(super) fn contacts(
        &self,
        mut writer: Writer,
        keys: &[String],
        since: Date,
    ) -> Option<Statement> {
        let (person, date) = (
            self.column("t", "cont_person_id"),
            self.column("t", "cont_contact_date"),
        );
        let since = writer.date(since);
        let chosen = writer.one_of(&writer.key(&person), keys);
        let answered = [
            person.clone(),
            format!("COUNT(CASE WHEN {date} >= {since} THEN 1 END)"),
            format!("MAX({date})"),
        ]
        .map(|expression| writer.out(&expression));
        let sql = format!(
            "SELECT {} FROM {} t WHERE {chosen} GROUP BY {person}",
            answered.join(", "),
            self.table(CONTACT),
        );
        self.has(CONTACT).then(|| writer.end(sql, DETAIL_ROWS_MAX))
    }

    /// Workers who are allocated now, the last allocated first.
    pub(super) fn workers(
        &self,
        mut writer: Writer,
        keys: &[String],
        today: Date,
    ) -> Option<Statement> {
        let (person, end) = (
            self.column("t", "invo_person_id"),
            self.column("t", "invo_involvement_end_date"),
        );
        let chosen = writer.one_of(&writer.key(&person), keys);
        let today = writer.date(today);
        let (mut joined, mut team) = (String::new(), self.column("t", "invo_professional_team"));
        if self.has(DEPARTMENT) {
            joined = format!(
                " LEFT JOIN {} d ON {} = {team}",
                self.table(DEPARTMENT),
                self.column("d", "dept_team_id"),
            );
            team = format!("COALESCE({}, {team})", self.column("d", "dept_team_name"));
        }
        let answered = [
            person,
            self.column("w", "prof_professional_name"),
            team,
            "NULL".to_owned(),
            "NULL".to_owned(),
        ]
        .map(|expression| writer.out(&expression));
        let sql = format!(
            "SELECT {} FROM {} t LEFT JOIN {} w ON {} = {}{joined} WHERE {chosen} AND ({end} IS NULL OR {end} > {today}) ORDER BY {} DESC",
            answered.join(", "),
            self.table(INVOLVEMENTS),
            self.table(PROFESSIONALS),
            self.column("w", "prof_professional_id"),
            self.column("t", "invo_professional_id"),
            self.column("t", "invo_involvement_start_date"),
        );
        let known = self.has(INVOLVEMENTS) && self.has(PROFESSIONALS);
        known.then(|| writer.end(sql, DETAIL_ROWS_MAX))
    }
}

fn all_tables() -> impl Iterator<Item = &'static str> {
    [
        PERSON,
        ADDRESS,
        CONTACT,
        INVOLVEMENTS,
        PROFESSIONALS,
        DEPARTMENT,
    ]
    .into_iter()
    .chain(INVOLVEMENT.iter().map(|involvement| involvement.table))
}

fn is_column(name: &str) -> bool {
    const OTHERS: [&str; 17] = [
        "pers_person_id",
        "pers_surname",
        "pers_forename",
        "pers_dob",
        "pers_expected_dob",
        "pers_sex",
        "addr_person_id",
        "addr_address_json",
        "addr_address_postcode",
        "cont_person_id",
        "cont_contact_date",
        "invo_person_id",
        "invo_professional_id",
        "invo_professional_team",
        "invo_involvement_start_date",
        "invo_involvement_end_date",
        "prof_professional_id",
    ];
    const WORDS: [&str; 3] = ["prof_professional_name", "dept_team_id", "dept_team_name"];
    let of_tables = INVOLVEMENT.iter().flat_map(|of| {
        [
            of.person,
            of.start,
            of.end,
            of.category,
            of.category_before,
            of.legal_status,
            of.other_authority,
        ]
    });
    OTHERS
        .into_iter()
        .chain(WORDS)
        .chain(of_tables)
        .any(|known| known == name)
}
