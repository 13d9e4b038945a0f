//! What is wrong with a configuration is told at the start, with its place, and nothing is sent.

use super::*;

fn told(care: &Care, text: &str) -> Vec<String> {
    let faults = join(care, text).err().unwrap_or_default();
    let told = faults
        .iter()
        .map(|fault| format!("{}:{} {}", fault.line, fault.column, fault.what));
    told.collect()
}

/// The line and column at which `part` stands in `text`.
fn place(text: &str, part: &str) -> String {
    let before = &text[..text.find(part).unwrap()];
    let line = 1 + before.matches('\n').count();
    format!(
        "{line}:{}",
        1 + before
            .chars()
            .rev()
            .take_while(|letter| *letter != '\n')
            .count()
    )
}

/// Asserts that the guide's search with `to` for its first `from` has one fault, at the first `at`.
fn check_search(care: &Care, from: &str, to: &str, at: &str, what: &str) {
    let text = guide("search").replacen(from, to, 1);
    assert_ne!(text, guide("search"), "{from}");
    let expected = [format!("{} {what}", place(&text, at))];
    assert_eq!(told(care, &text), expected, "{to}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_is_told_by_line_and_column() {
    let care = Care::start().await;
    let check =
        |from: &str, to: &str, at: &str, what: &str| check_search(&care, from, to, at, what);
    assert_eq!(told(&care, &guide("search")), [""; 0]);
    check(
        "block.born,",
        "block.borm,",
        "{ \"born\": block.borm",
        "a part of it that is not there, or that has no form in JSON",
    );
    check(
        "block.born,",
        "blokc.born,",
        "blokc.born",
        "no name `blokc` here",
    );
    check(
        "{ \"born\": block.born,",
        "{ \"born\": check.id,",
        "check.id",
        "no name `check` here",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_reading_of_answers_is_told_by_line_and_column() {
    let care = Care::start().await;
    let check =
        |from: &str, to: &str, at: &str, what: &str| check_search(&care, from, to, at, what);
    check(
        "answer.people",
        "answer.persons",
        "answer.persons",
        "something that is not there",
    );
    check(
        "answer.more",
        "answer.mroe",
        "answer.mroe",
        "something that is not there",
    );
    check(
        "next = \"answer.more\"\n",
        "",
        "\"people/search\"",
        "nothing tells whether an answer is all there is",
    );
    check(
        "by = [\"family\"]",
        "by = [\"postcode\"]",
        "\"people/search\"\nby = [\"postcode\"]",
        "a part of `block` that `by` does not name",
    );
    check(
        "\"surnameStarts\": block.family",
        "\"surnameStarts\": block.family, \"x\": wanted.given",
        "\"people/search\"\nby = [\"family\"]",
        "a search by parts that sends `wanted` too, which makes it narrower",
    );
    check(
        "by = [\"family\"]",
        "by = [\"family\"]\nwide = true",
        "\"people/search\"\nby = [\"family\"]",
        "a search by parts that is `wide`",
    );
    check(
        "row.surname",
        "row.lastname",
        "row.lastname",
        "something that is not there",
    );
    check(
        "CPP = ",
        "CP = ",
        "code('involvement')",
        "a code that the code table does not hold",
    );
    check(
        "\"cp-plan\"",
        "\"cpplan\"",
        "\"cpplan\"",
        "not a word of this standard set",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_limit_or_file_is_told_by_line_and_column() {
    let care = Care::start().await;
    let check =
        |from: &str, to: &str, at: &str, what: &str| check_search(&care, from, to, at, what);
    check(
        "\"people/search\"",
        "\"../search\"",
        "\"../search\"",
        "not a path",
    );
    check(
        "\"people/search\"",
        "\"search?all\"",
        "\"search?all\"",
        "not a path",
    );
    check(
        "base = \"https",
        "base = \"http",
        "\"http://care",
        "an address without TLS",
    );
    check(
        "https://login.example.gov.uk/token",
        "http://login.example/token",
        "\"http://login",
        "an address without TLS",
    );
    check(
        "https://care.",
        "https://me:you@care.",
        "\"https://me",
        "an address with a name or password in it",
    );
    for (key, usual, most) in [
        ("connect_seconds", "5", 300),
        ("whole_seconds", "20", 300),
        ("answer_bytes_max", "4_194_304", 67_108_864),
    ] {
        for wrong in [0, most + 1] {
            check(
                &format!("{key} = {usual}"),
                &format!("{key} = {wrong}"),
                "\"https://care",
                "a limit that is none",
            );
        }
    }
    for wrong in [0, 21] {
        check(
            "next = \"answer.more\"",
            &format!("pages_max = {wrong}\nnext = \"answer.more\""),
            "\"people/search\"",
            "a number of pages that is none",
        );
    }
    check(
        "\"tls/care-ca.pem\"",
        "\"secret\"",
        "\"https://care",
        "ca is not PEM that can be read",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_needed_and_must_reach_everything() {
    let care = Care::start().await;
    let text = guide("search");
    let (head, tail) = text.split_once("sample = '''").unwrap();
    let (sample, tail) = tail.split_once("'''").unwrap();
    let with = |sample: &str| told(&care, &format!("{head}sample = '''{sample}'''{tail}"));
    assert_eq!(with(sample), [""; 0]);
    let has = |sample: &str, expected: &str| {
        let told = with(sample);
        assert!(
            told.iter().any(|fault| fault.contains(expected)),
            "{expected}: {told:?}"
        );
    };
    has("{", "the sample is not JSON");
    has(
        r#"{ "people": [], "more": null, "refreshed": null }"#,
        "no record in the sample",
    );
    for list in ["aliases", "addresses", "involvements"] {
        let mut answer: serde_json::Value = serde_json::from_str(sample).unwrap();
        answer["people"][0][list] = given!([]);
        has(
            &answer.to_string(),
            "nothing in the sample comes as far as this",
        );
    }
    let missing = told(&care, &format!("{head}{tail}"));
    assert!(
        missing.iter().any(|fault| fault.contains("no sample")),
        "{missing:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_must_send_what_makes_an_absence_certain() {
    let care = Care::start().await;
    let own = |body: &str, known: &str| {
        let text = guide("mais").replace("preset = \"mais\"\n", &format!("path = \"ask\"\nbody = '{body}'\nknown = '{known}'\nsample = '{{ \"hit\": true }}'\n"));
        told(&care, &text)
    };
    let whole = "{\"f\": wanted.family, \"g\": wanted.given, \"b\": wanted.born, \"c\": check.reference, \"r\": reason}";
    assert_eq!(own(whole, "answer.hit"), [""; 0]);
    for (path, other) in [
        ("wanted.family", "1"),
        ("wanted.given", "1"),
        ("wanted.born", "1"),
    ] {
        let told = own(&whole.replace(path, other), "answer.hit");
        assert!(
            told[0].contains(&format!("does not send {path}")),
            "{told:?}"
        );
    }
    assert!(own(whole, "answer.hits")[0].contains("something that is not there"));
    assert!(own(whole, "\"yes\"")[0].contains("neither yes nor no"));
    assert!(own(whole, "wanted.born")[0].contains("no name `wanted` here"));
    let no_reason = guide("mais").replace("reason = ", "# ");
    assert!(told(&care, &no_reason)[0].contains("no reason of the question"));
    let both = guide("mais").replace("preset = \"mais\"", "preset = \"mais\"\npath = \"ask\"");
    assert!(told(&care, &both)[0].contains("a preset, and a question besides"));
    assert!(
        care.received().is_empty() && care.tokens() == 0,
        "nothing is sent at the start"
    );
}
