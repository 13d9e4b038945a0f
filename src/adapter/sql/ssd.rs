//! The Standard Safeguarding Dataset: its tables and columns, and what is read of them. Nothing else is: no ethnicity, no free text of
//! assessments, no identifiers of other services.

use super::settings::{Settings, is_name};
use super::statement::{Statement, Writer};
use crate::adapter::blocking::{Block, PREFIX};
use jiff::civil::Date;

/// What a query of people answers, in this order.
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
/// Rows of one kind that the few people in question may have together.
pub(super) const DETAIL_ROWS_MAX: usize = 5_000;

const PERSON: &str = "ssd_person";
const ADDRESS: &str = "ssd_address";
const CONTACT: &str = "ssd_contacts";
const INVOLVEMENTS: &str = "ssd_involvements";
const PROFESSIONALS: &str = "ssd_professionals";
const DEPARTMENT: &str = "ssd_department";

/// A table of involvement: columns by their names in the preset, empty where it has none.
struct Involvement {
    kind: &'static str,
    table: &'static str,
    person: &'static str,
    start: &'static str,
    end: &'static str,
    /// Category of abuse; a care leaver's eligibility.
    category: &'static str,
    /// In its place where that is not filled in.
    category_before: &'static str,
    legal_status: &'static str,
    other_authority: &'static str,
}

const fn involvement(
    kind: &'static str,
    table: &'static str,
    [person, start, end]: [&'static str; 3],
) -> Involvement {
    Involvement {
        kind,
        table,
        person,
        start,
        end,
        category: "",
        category_before: "",
        legal_status: "",
        other_authority: "",
    }
}

const INVOLVEMENT: [Involvement; 9] = [
    involvement(
        "referral",
        "ssd_cin_episodes",
        ["cine_person_id", "cine_referral_date", "cine_close_date"],
    ),
    involvement(
        "early-help",
        "ssd_early_help_episodes",
        [
            "earl_person_id",
            "earl_episode_start_date",
            "earl_episode_end_date",
        ],
    ),
    involvement(
        "assessment",
        "ssd_cin_assessments",
        [
            "cina_person_id",
            "cina_assessment_start_date",
            "cina_assessment_auth_date",
        ],
    ),
    involvement(
        "cin-plan",
        "ssd_cin_plans",
        [
            "cinp_person_id",
            "cinp_cin_plan_start_date",
            "cinp_cin_plan_end_date",
        ],
    ),
    involvement(
        "section-47",
        "ssd_s47_enquiry",
        ["s47e_person_id", "s47e_s47_start_date", "s47e_s47_end_date"],
    ),
    Involvement {
        category: "cppl_cp_plan_latest_category",
        category_before: "cppl_cp_plan_initial_category",
        other_authority: "cppl_cp_plan_ola",
        ..involvement(
            "cp-plan",
            "ssd_cp_plans",
            [
                "cppl_person_id",
                "cppl_cp_plan_start_date",
                "cppl_cp_plan_end_date",
            ],
        )
    },
    involvement(
        "child-looked-after",
        "ssd_cla_episodes",
        [
            "clae_person_id",
            "clae_cla_episode_start_date",
            "clae_cla_episode_ceased_date",
        ],
    ),
    Involvement {
        legal_status: "lega_legal_status",
        ..involvement(
            "legal-status",
            "ssd_legal_status",
            [
                "lega_person_id",
                "lega_legal_status_start_date",
                "lega_legal_status_end_date",
            ],
        )
    },
    Involvement {
        category: "clea_care_leaver_eligibility",
        ..involvement(
            "care-leaver",
            "ssd_care_leavers",
            ["clea_person_id", "", ""],
        )
    },
];

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

    /// Whoever fits all of `block`, with every address; one row an address. A block with dates asks twice, for the born and for the expected:
    /// a child who was expected when the record was made may have been born since, on another day; and each has an index of its own.
    pub(super) fn people(
        &self,
        writer: impl Fn() -> Writer,
        block: &Block,
        rows_max: u32,
    ) -> Vec<Statement> {
        if block.born_on.is_empty() && block.born_within.is_none() {
            return vec![self.people_by(writer(), block, None, rows_max)];
        }
        let around = Block {
            born_on: match block.born_within {
                Some(_) => Vec::new(),
                None => block.born_on.clone(),
            },
            ..block.clone()
        };
        [("pers_dob", block), ("pers_expected_dob", &around)]
            .into_iter()
            .map(|(date, block)| (self.column("p", date), block))
            .filter(|(date, _)| date != "NULL")
            .map(|(date, block)| self.people_by(writer(), block, Some(&date), rows_max))
            .collect()
    }

    fn people_by(
        &self,
        mut writer: Writer,
        block: &Block,
        date: Option<&str>,
        rows_max: u32,
    ) -> Statement {
        let surname = self.column("p", "pers_surname");
        let forename = self.column("p", "pers_forename");
        let (mut fits, mut days) = (Vec::new(), String::new());
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
        let names = [
            (&surname, &block.family_starts),
            (&forename, &block.given_starts),
        ];
        for (column, letters) in names {
            fits.extend(letters.as_ref().map(|letters| {
                let is_short = letters.chars().count() < PREFIX;
                if !block.postcodes.is_empty() || is_short && !days.is_empty() {
                    writer.starts_among_few(column, letters)
                } else {
                    writer.starts(column, letters)
                }
            }));
        }
        if !block.postcodes.is_empty() {
            let column = self.column("h", "addr_address_postcode");
            let column = format!("REPLACE(LOWER({column}), ' ', '')");
            let here = writer.one_of(&column, &block.postcodes);
            fits.push(format!(
                "{} IN (SELECT {} FROM {} h WHERE {here})",
                self.column("p", "pers_person_id"),
                self.column("h", "addr_person_id"),
                self.table(ADDRESS),
            ));
        }
        let inner = format!(
            "{} AS k, {surname} AS f, {forename} AS g, {} AS b, {} AS e, {} AS s FROM {} p{days} WHERE {}",
            self.column("p", "pers_person_id"),
            self.column("p", "pers_dob"),
            self.column("p", "pers_expected_dob"),
            self.column("p", "pers_sex"),
            self.table(PERSON),
            fits.join(" AND "),
        );
        let people = writer.first(u64::from(rows_max) + 1, &inner);
        let answered: Vec<String> = ["q.k", "q.f", "q.g", "q.b", "q.e", "NULL", "q.s"]
            .map(str::to_owned)
            .into_iter()
            .chain(
                ["addr_address_json", "addr_address_postcode"].map(|name| self.column("a", name)),
            )
            .map(|expression| writer.out(&expression))
            .collect();
        let sql = format!(
            "SELECT {} FROM ({people}) q LEFT JOIN {} a ON {} = q.k",
            answered.join(", "),
            self.table(ADDRESS),
            self.column("a", "addr_person_id"),
        );
        writer.end(sql, (rows_max as usize + 1) * ADDRESSES_EACH)
    }

    /// Involvement of the people with these keys: one statement a table.
    pub(super) fn episodes(&self, writer: impl Fn() -> Writer, keys: &[String]) -> Vec<Statement> {
        INVOLVEMENT
            .iter()
            .filter(|involvement| self.has(involvement.table))
            .map(|involvement| {
                let mut writer = writer();
                let column = |name| self.column("t", name);
                let person = column(involvement.person);
                let category = match involvement.category_before {
                    "" => column(involvement.category),
                    before => format!(
                        "COALESCE({}, {})",
                        column(involvement.category),
                        column(before)
                    ),
                };
                let chosen = writer.one_of(&person, keys);
                let answered = [
                    person,
                    format!("'{}'", involvement.kind),
                    column(involvement.start),
                    column(involvement.end),
                    category,
                    column(involvement.legal_status),
                    column(involvement.other_authority),
                ]
                .map(|expression| writer.out(&expression));
                let sql = format!(
                    "SELECT {} FROM {} t WHERE {chosen}",
                    answered.join(", "),
                    self.table(involvement.table),
                );
                writer.end(sql, DETAIL_ROWS_MAX)
            })
            .collect()
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
        let chosen = writer.one_of(&person, keys);
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
        let chosen = writer.one_of(&person, keys);
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
