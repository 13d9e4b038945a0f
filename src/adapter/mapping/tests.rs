//! What a mapping reads, and what it refuses to read.

use super::*;
use crate::adapter::people::{Accuracy, Found};
use minijinja::value::Value;
use serde::Deserialize;
use serde_json::json as given;
use std::path::Path;
use usher_proto::v1;

/// Stands in every value of a row: no fault may repeat it.
const CANARY: &str = "Zqxcanary";

#[derive(Deserialize)]
struct File {
    record: Settings,
    #[serde(default)]
    codes: CodeSettings,
}

fn page(text: &str) -> Page {
    Page::new(Path::new("adapter.toml"), text)
}

fn compiled(text: &str) -> Result<Mapping, Vec<Fault>> {
    let file: File = toml::from_str(text).unwrap();
    Mapping::compile(&file.record, &file.codes, &page(text))
}

fn told(faults: &[Fault]) -> Vec<String> {
    faults
        .iter()
        .map(|fault| format!("{}:{} {}", fault.line, fault.column, fault.what))
        .collect()
}

const PERSON: &str = r#"[record]
key = "row.id"
family = "row.surname"
given = '[row.first, row.middle | default(none)] | join(" ")'
born = 'row.dob | date("%d/%m/%Y")'
accuracy = '"estimated" if row.dob_estimated else "known"'
sex = 'row.gender | code("gender")'
recent_contacts = "row.contacts | length"
last_contact = 'row.contacts | max'
worker = { name = "row.worker.name", team = "row.worker.team", phone = "row.worker.tel" }

[[record.former]]
each = "row.aliases"
family = "item.surname"
given = "item.first"

[[record.addresses]]
each = "row.addresses"
lines = '[item.line1, item.line2] | join(", ")'
postcode = "item.postcode"

[[record.episodes]]
each = "row.involvements"
when = "item.type != 'X'"
kind = 'item.type | code("involvement")'
start = 'item.from | date("%d/%m/%Y")'
end = 'item.to | date("%d/%m/%Y")'
category = 'item.category | code("abuse")'
legal_status = "item.status"
handling = '["probation-only", "ring-first"]'

[[record.episodes]]
when = "row.la_plan"
kind = "'cp-plan'"
open = "true"
other_authority = "true"

[codes.gender]
standard = "sex"
codes = { F = "female", 2 = "male", "" = "none" }

[codes.involvement]
standard = "episode-kind"
codes = { CP = "cp-plan", LAC = "looked-after", REF = "ignore" }

[codes.abuse]
standard = "abuse-category"
codes = { NEG = "neglect", "" = "none" }
"#;

fn person() -> serde_json::Value {
    given!({
        "id": 4_711, "surname": " Ngata ", "first": "Ana", "middle": "Mere", "dob": "03/02/2015", "dob_estimated": true,
        "gender": 2, "contacts": ["2026-01-02", "2026-03-04"],
        "worker": { "name": "W", "team": null, "tel": "020 7946 0000" },
        "aliases": [{ "surname": "Ngata-Smith", "first": "Ana" }],
        "addresses": [{ "line1": "1 Test Street", "line2": null, "postcode": "E8 1EA" }],
        "involvements": [
            { "type": "CP", "from": "01/02/2026", "to": null, "category": "NEG", "status": "" },
            { "type": "LAC", "from": "01/02/2020", "to": "05/06/2021", "category": null, "status": "C2" },
            { "type": "REF", "from": null, "to": null, "category": null, "status": null },
            { "type": "X", "from": "nonsense", "to": null, "category": null, "status": null },
        ],
        "la_plan": true,
    })
}

#[test]
fn a_row_becomes_somebody() {
    let mapping = compiled(PERSON).ok().unwrap();
    mapping.check(&[person()]).unwrap();
    let Found {
        key,
        identity,
        episodes,
        worker,
        recent_contacts,
        last_contact,
        partial: _,
    } = mapping.found(&person()).unwrap();
    assert_eq!(key, "4711");
    let names: Vec<String> = identity
        .names
        .iter()
        .map(|name| format!("{}/{}", name.family, name.given))
        .collect();
    assert_eq!(names, ["Ngata/Ana Mere", "Ngata-Smith/Ana"]);
    let born = identity.born.unwrap();
    assert!(born.date.to_string() == "2015-02-03" && born.accuracy == Accuracy::Estimated);
    assert!(identity.sex == Some(v1::Sex::Male));
    assert!(identity.places[0].lines == "1 Test Street" && identity.places[0].postcode == "E8 1EA");
    let told: Vec<_> = episodes
        .iter()
        .map(|episode| {
            let kind = episode.kind().as_str_name();
            (
                kind,
                episode.open,
                episode.start.as_str(),
                episode.end.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("EPISODE_KIND_CP_PLAN", true, "2026-02-01", ""),
            (
                "EPISODE_KIND_LOOKED_AFTER",
                false,
                "2020-02-01",
                "2021-06-05"
            ),
            ("EPISODE_KIND_CP_PLAN", true, "", ""),
        ]
    );
    assert_eq!(episodes[0].category(), v1::AbuseCategory::Neglect);
    assert_eq!(episodes[1].legal_status, "C2");
    assert!(episodes[2].other_authority && !episodes[0].other_authority);
    assert_eq!(episodes[0].handling().count(), 2);
    assert!(worker.is_some_and(|worker| worker.name == "W" && worker.team.is_empty()));
    assert_eq!(
        (recent_contacts, last_contact),
        (Some(2), "2026-03-04".parse().ok())
    );
}

fn check_row(path: &str, value: serde_json::Value, expected: &str) {
    let mut row = person();
    *row.pointer_mut(path).unwrap() = value;
    let found = compiled(PERSON).ok().unwrap().found(&row);
    let found = found.map(|_| ()).map_err(|fault| told(&[fault]));
    let expected = match expected {
        "" => Ok(()),
        expected => Err(vec![expected.to_owned()]),
    };
    assert_eq!(found, expected, "{path}");
}

#[test]
fn a_row_that_cannot_be_read_for_certain_is_a_fault_where_the_configuration_says_so() {
    check_row("/id", given!(""), "2:8 a person without a key");
    check_row("/id", given!(null), "2:8 a person without a key");
    check_row("/id", given!(["1"]), "2:8 neither text nor a number");
    check_row("/dob", given!(null), "");
    check_row(
        "/dob",
        given!("2015-02-03"),
        "5:19 a date that does not fit its format",
    );
    check_row(
        "/dob",
        given!("31/02/2015"),
        "5:19 a date that does not fit its format",
    );
    check_row("/dob_estimated", given!("Y"), "");
    check_row("/gender", given!("F "), "");
    check_row("/gender", given!(null), "");
    check_row(
        "/gender",
        given!("f"),
        "7:21 a code that the code table does not hold",
    );
    check_row(
        "/contacts",
        given!(["03/04/2026"]),
        "9:17 not a date of the form YYYY-MM-DD",
    );
}

#[test]
fn a_list_that_cannot_be_read_for_certain_is_a_fault_too() {
    check_row("/involvements", given!(null), "");
    check_row("/involvements", given!("CP"), "23:9 not a list");
    check_row(
        "/involvements/0/type",
        given!("CPP"),
        "25:21 a code that the code table does not hold",
    );
    check_row(
        "/involvements/0/type",
        given!("IGNORE"),
        "25:21 a code that the code table does not hold",
    );
    check_row(
        "/involvements/0/category",
        given!("PHY"),
        "28:29 a code that the code table does not hold",
    );
    check_row(
        "/involvements/0",
        given!({ "type": "CP" }),
        "26:22 something that is not there",
    );
    check_row(
        "/involvements/1/from",
        given!("06/06/2021"),
        "27:8 an involvement that ends before it starts",
    );
    check_row(
        "/involvements/1/status",
        given!("C2 and more"),
        "29:17 more than 8 characters",
    );
    check_row("/la_plan", given!("yes"), "33:9 neither true nor false");
    check_row("/worker/name", given!("w".repeat(200)), "");
    check_row(
        "/worker/name",
        given!("w".repeat(201)),
        "10:20 more than 200 characters",
    );
    check_row(
        "/aliases",
        given!(vec![given!({"surname": "A", "first": ""}); ITEMS_MAX]),
        "",
    );
    let many = vec![given!({"surname": "A", "first": ""}); ITEMS_MAX + 1];
    check_row("/aliases", given!(many), "13:9 more than 256 items");
}

#[test]
fn no_fault_repeats_a_value() {
    let mapping = compiled(PERSON).ok().unwrap();
    let mut faults = 0;
    for path in [
        "/id",
        "/surname",
        "/first",
        "/middle",
        "/dob",
        "/gender",
        "/contacts",
        "/contacts/0",
        "/worker",
        "/worker/name",
        "/aliases",
        "/aliases/0",
        "/addresses",
        "/addresses/0",
        "/addresses/0/line1",
        "/involvements",
        "/involvements/0",
        "/involvements/0/type",
        "/involvements/0/from",
        "/involvements/0/to",
        "/involvements/0/category",
        "/involvements/0/status",
        "/la_plan",
    ] {
        let long = CANARY.repeat(50);
        for value in [
            given!(CANARY),
            given!([CANARY]),
            given!({ CANARY: CANARY }),
            given!(long),
        ] {
            let mut row = person();
            *row.pointer_mut(path).unwrap() = value;
            if let Err(fault) = mapping.found(&row) {
                faults += 1;
                assert!(
                    !format!("{fault} {fault:?}").contains(CANARY),
                    "{path}: {fault}"
                );
            }
        }
    }
    assert!(faults > 50, "{faults}");
}

fn check_configuration(from: &str, to: &str, expected: &[&str]) {
    assert_eq!(PERSON.matches(from).count(), 1, "{from}");
    let faults = compiled(&PERSON.replace(from, to))
        .and_then(|mapping| mapping.check(&[person()]))
        .err()
        .unwrap_or_default();
    assert_eq!(told(&faults), expected, "{to}");
}

#[test]
fn a_wrong_expression_is_told_by_line_and_column() {
    check_configuration("\"row.id\"", "\"row.id\"", &[]);
    check_configuration("\"row.id\"", "\"row.id +\"", &["2:15 not an expression"]);
    check_configuration(
        "\"row.id\"",
        "\"'€' ~ rwo.id\"",
        &["2:14 no name `rwo` here"],
    );
    check_configuration(
        "\"row.id\"",
        "\"row.ident\"",
        &["2:8 something that is not there"],
    );
    check_configuration(
        "\"row.id\"",
        "\"row.id | upper | trimm\"",
        &["2:25 no filter of this name"],
    );
    check_configuration(
        "\"row.id\"",
        "\"row.id is odd\"",
        &["2:18 no test of this name"],
    );
    check_configuration(
        "\"row.id\"",
        "'''\nrow.id\n  ~ row.nope ~ ''\n'''",
        &["3:1 something that is not there"],
    );
    // Where escapes hide the place, the beginning is told.
    check_configuration(
        "\"row.id\"",
        "\"\\u0020row.nope ~ ''\"",
        &["2:7 something that is not there"],
    );
}

#[test]
fn a_wrong_table_or_list_is_told_by_line_and_column() {
    check_configuration(
        "F = \"female\"",
        "F = \"woman\"",
        &["40:15 not a word of this standard set"],
    );
    check_configuration(
        "code(\"gender\")",
        "code(\"sexes\")",
        &["7:21 no code table of this name"],
    );
    check_configuration(
        "'cp-plan'",
        "'cp plan'",
        &["34:9 not a word of the standard set"],
    );
    check_configuration(
        "row.dob | date(\"%d/%m/%Y\")",
        "row.dob | date(\"%d/%m/%y\")",
        &["5:19 a year of two figures, whose century would be a guess"],
    );
    check_configuration(
        "open = \"true\"\n",
        "",
        &["34:8 nothing says whether these involvements are open"],
    );
    check_configuration(
        "when = \"row.la_plan\"",
        "when = \"not row.la_plan\"",
        &["33:9 nothing in the sample comes as far as this"],
    );
    check_configuration(
        "key = \"row.id\"\nfamily = \"row.surname\"",
        "key = \"row.id(\"\nfamily = \"row.surname |\"",
        &["2:14 not an expression", "3:23 not an expression"],
    );
}

#[derive(Deserialize)]
struct One {
    expression: Written,
}

fn eval(text: &str) -> Result<Value, String> {
    let text = format!("expression = '''{text}'''");
    let one: One = toml::from_str(&text).unwrap();
    let row = value(&given!({ "there": "x", "nothing": null, "text": CANARY, "list": ["a", "b"] }));
    let scope = Value::from_pairs([("row", row)]);
    Expression::compile(&one.expression, &["row"], &page(&text))
        .and_then(|expression| expression.eval(&scope))
        .map_err(|fault| {
            assert!(!fault.to_string().contains(CANARY));
            fault.what
        })
}

#[test]
fn what_is_not_there_is_never_taken_for_something() {
    for text in [
        "row.nope",
        "row.nope.more",
        "row.nope == 'x'",
        "row.nope != 'x'",
        "row.nope < 2",
        "row.nope is none",
        "row.nope is not none",
        "row.nope is true",
        "row.nope is not eq('x')",
        "row.nope is in(['x'])",
        "row.nope in ['x']",
        "row.nope not in ['x']",
        "'x' in row.nope",
        "not row.nope",
        "row.nope or 'x'",
        "row.nope and 'x'",
        "'x' if row.nope else 'y'",
        "row.nope ~ 'x'",
        "row.nope + 'x'",
        "[row.nope] | join(' ')",
        "row.nope | upper",
        "row.nope | trim",
        "row.nope | string",
        "row.nope | int",
        "row.nope | bool",
        "row.nope | length",
        "row.nope | list",
        "[row.there, row.nope] | join",
        "[row.there, row.nope] | max",
        "[{'a': 1}] | where('b', 1)",
        "[{'a': 1}] | map(attribute='b') | join",
        "row.nope | date('%Y')",
        "row.nope | code('x')",
        "row.list[7]",
        "[] | first",
        "row.list | where('a', 'b')",
        "row.there if row.nothing",
    ] {
        assert!(eval(text).is_err(), "{text}: {:?}", eval(text).ok());
    }
    for text in [
        "row.nope | default(none)",
        "row.nope is defined",
        "row.nothing is none",
        "row.there == 'x'",
    ] {
        assert!(eval(text).is_ok(), "{text}: {:?}", eval(text));
    }
    // Undefined parts of a whole are found where it becomes JSON.
    for text in ["{'a': row.nope}", "[row.nope]", "{'a': [{'b': row.nope}]}"] {
        assert!(
            eval(text).map_or(true, |value| json(&value).is_none()),
            "{text}"
        );
    }
}

#[test]
fn an_expression_that_works_too_long_is_stopped() {
    for text in [
        "'x' * 100000000",
        "row.text | replace('Z', 'y' * 1000000)",
        "(row.text * 1000000) | upper | lower | upper | lower | upper | lower",
    ] {
        let outcome = eval(text).map(|_| ());
        let stopped = Err("more work than one expression may do".into());
        assert_eq!(outcome, stopped, "{text}");
    }
}

#[test]
fn json_goes_through_an_expression_unchanged() {
    let document = given!({ "a": [1, -2, 2.5, true, null, "ü\n"], "b": { "c": [] }, "d": 9_007_199_254_740_993_u64 });
    assert_eq!(json(&value(&document)), Some(document));
}
