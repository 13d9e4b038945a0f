//! Answers: what becomes of them, and of what is none.

use super::*;
use usher::clock::Stopwatch;
use usher_proto::v1;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_may_be_meant_is_searched_for_page_by_page() {
    let care = Care::start().await;
    let joined = join(&care, &guide("search")).ok().unwrap();
    // Born on the day (two pages), by family name, by the other name as such, by postcode, by it mistyped.
    care.answers([
        json(&page(&[1, 2], Some("cursor-2"))),
        json(&page(&[3], None)),
        json(&page(&[3, 4], None)),
        json(&page(&[], None)),
        json(&page(&[], None)),
        json(&page(&[5], None)),
        json(&page(&[], None)),
    ]);
    let found = joined.source().candidates(&wanted()).await.ok().unwrap();
    let keys: Vec<&str> = found
        .people
        .iter()
        .map(|person| person.key.as_str())
        .collect();
    assert_eq!(keys, ["1", "2", "3", "4", "5"]);
    assert!(!found.cut, "every block has its search");
    assert_eq!(found.as_of, "2026-11-23T02:00:00Z".parse().ok());
    assert!(found.people[0].episodes[0].kind() == v1::EpisodeKind::CpPlan);
    let bodies: Vec<serde_json::Value> = care
        .received()
        .iter()
        .map(|one| serde_json::from_str(&one.body).unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            given!({ "born": "2015-02-03", "after": null }),
            given!({ "born": "2015-02-03", "after": "cursor-2" }),
            given!({ "surnameStarts": "zqx", "after": null }),
            given!({ "surnameStarts": "ada", "after": null }),
            given!({ "postcode": "E81EA", "after": null }),
            given!({ "postcode": "E18EA", "after": null }),
            given!({ "postcode": "E81AE", "after": null }),
        ],
        "and nothing else of the person"
    );
}

/// Asserts that a search as `text` has it asks as often as there are `answers`, and whether it may lack somebody.
async fn check_cut(text: &str, wanted: &Identity, answers: Vec<Answer>, cut: bool) {
    let care = Care::start().await;
    let asked = answers.len();
    care.answers(answers);
    let joined = join(&care, text).ok().unwrap();
    let found = joined.source().candidates(wanted).await.ok().unwrap();
    assert_eq!((found.cut, care.received().len()), (cut, asked));
}

fn empty() -> Answer {
    json(&page(&[], None))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_certainly_absent_where_a_block_has_no_search() {
    let text = guide("search");
    let all = (0..6).map(|_| empty()).collect();
    check_cut(&text, &wanted(), all, false).await;
    let (head, tail) = text.rsplit_once("[[connector.search]]").unwrap();
    let (_, tail) = tail.split_once("# How a record becomes somebody.").unwrap();
    let no_postcode = format!("{head}{tail}");
    let fewer = (0..3).map(|_| empty()).collect();
    check_cut(&no_postcode, &wanted(), fewer, true).await;
    check_cut(&text, &Identity::default(), vec![], true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_certainly_absent_where_not_every_mistake_is_searched_for() {
    let check = async |text: &str, wanted: &Identity, narrow: bool| {
        let care = Care::start().await;
        care.answers((0..10).map(|_| empty()));
        let joined = join(&care, text).ok().unwrap();
        let found = joined.source().candidates(wanted).await.ok().unwrap();
        assert!(!found.cut && found.narrow == narrow, "{text}");
    };
    let text = guide("search");
    check(&text, &wanted(), true).await;
    let answered_for = text.replace("# absent_is_certain", "absent_is_certain");
    assert_ne!(text, answered_for);
    check(&answered_for, &wanted(), false).await;
    // One that goes by the given name serves what is left, and the one by postcode need not.
    let given = r#"[[connector.search]]
path = "people/search"
by = ["given"]
body = '{ "forenamesStart": block.given, "after": next }'
records = "answer.people"
next = "answer.more"

"#;
    let (head, searches) = text.split_once("[[connector.search]]").unwrap();
    let whole = searches.replacen(
        "# How a record becomes somebody.",
        &format!("{given}# How a record becomes somebody."),
        1,
    );
    check(
        &format!("{head}[[connector.search]]{whole}"),
        &wanted(),
        false,
    )
    .await;
    let (by_others, by_postcode) = searches.rsplit_once("[[connector.search]]").unwrap();
    let (by_postcode, tail) = by_postcode
        .split_once("# How a record becomes somebody.")
        .unwrap();
    let first = format!(
        "{head}[[connector.search]]{by_postcode}[[connector.search]]{by_others}{given}# How a record{tail}"
    );
    check(&first, &wanted(), false).await;
    let family_only = Identity {
        names: vec![Name {
            family: CANARY.into(),
            given: String::new(),
        }],
        places: vec![],
        ..wanted()
    };
    check(&text, &family_only, false).await;
    // A year around a birth holds few of those whose year is mistaken.
    let within = text.replace(
        r#"by = ["family"]
body = '{ "surnameStarts": block.family,"#,
        r#"by = ["family", "within"]
body = '{ "surnameStarts": block.family, "from": block.from, "until": block.until,"#,
    );
    assert_ne!(text, within);
    check(&within, &family_only, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_certainly_absent_where_there_are_more_pages() {
    // One search on the day of birth, one by family name.
    let somebody = Identity {
        names: vec![Name {
            family: CANARY.into(),
            given: String::new(),
        }],
        places: vec![],
        ..wanted()
    };
    let next = |at: u32| json(&page(&[at], Some(&format!("after {at}"))));
    let mut endless: Vec<Answer> = (1..=5).map(next).collect();
    endless.push(empty());
    check_cut(&guide("search"), &somebody, endless, true).await;
    let to_itself = vec![
        json(&page(&[1], Some("same"))),
        json(&page(&[2], Some("same"))),
        empty(),
    ];
    check_cut(&guide("search"), &somebody, to_itself, true).await;
    let full: Vec<u32> = (1..=50).collect();
    let pages = |ids| vec![json(&page(ids, None))];
    check_cut(&one_search(), &wanted(), pages(&full[1..]), false).await;
    check_cut(&one_search(), &wanted(), pages(&full), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_certainly_absent_by_a_search_that_is_not_wide() {
    let wide = one_search();
    let narrow = wide.replace("wide = true\n", "");
    check_cut(&wide, &wanted(), vec![empty()], false).await;
    check_cut(&narrow, &wanted(), vec![empty()], true).await;
    let by_date = wide.replace("wanted.family", "wanted.born");
    let mut estimated = wanted();
    estimated.born = estimated.born.map(|born| Born {
        accuracy: Accuracy::Estimated,
        ..born
    });
    check_cut(&by_date, &wanted(), vec![empty()], false).await;
    check_cut(&by_date, &estimated, vec![empty()], true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_goes_to_people() {
    let care = Care::start().await;
    let joined = join(&care, &one_search()).ok().unwrap();
    let with = |path: &str, value: serde_json::Value| {
        let mut answer = page(&[1], None);
        *answer.pointer_mut(path).unwrap() = value;
        json(&answer)
    };
    let table: Vec<(Answer, &str)> = vec![
        (
            Answer::Says(200, None, format!("{{ \"people\": \"{CANARY}")),
            "not JSON",
        ),
        (
            Answer::Says(200, None, format!("<html>{CANARY}</html>")),
            "not JSON",
        ),
        (
            json(&given!({ "error": CANARY })),
            "something that is not there",
        ),
        (
            with("/people", given!({ CANARY: 1 })),
            "not a list of records",
        ),
        (
            with("/people/0/involvements/0/type", given!(CANARY)),
            "a code that the code table does not hold",
        ),
        (
            with("/people/0/gender", given!(CANARY)),
            "a code that the code table does not hold",
        ),
        (
            with("/people/0/dob", given!(CANARY)),
            "a date that does not fit its format",
        ),
        (with("/people/0/id", given!(null)), "a person without a key"),
        (
            with("/people/0", given!({ "id": CANARY })),
            "something that is not there",
        ),
        (with("/refreshed", given!(CANARY)), "not an instant"),
    ];
    for (answer, expected) in table {
        care.answers([answer]);
        let trouble = joined.trouble().await.unwrap();
        assert_eq!(trouble.reason(), v1::PeopleReason::Unreadable, "{trouble}");
        assert!(trouble.to_string().contains(expected), "{trouble}");
    }
    care.answers([with("/people/0/gender", given!(CANARY))]);
    let trouble = joined.trouble().await.unwrap().to_string();
    let text = one_search();
    let line = 1 + text
        .lines()
        .position(|line| line.starts_with("sex = "))
        .unwrap();
    assert!(
        trouble.starts_with(&format!("adapter.toml:{line}:21: ")),
        "{trouble}"
    );
}

/// Asserts what becomes of a search that is answered so: how often it asks, what it tells, and for how many seconds it waits at
/// least. It never waits much longer.
async fn check_trouble(answers: Vec<Answer>, asked: usize, told: &str, seconds: u64) {
    let care = Care::start().await;
    let text = one_search().replace("whole_seconds = 20", "whole_seconds = 1");
    let text = text.replace("answer_bytes_max = 4_194_304", "answer_bytes_max = 1_000");
    let joined = join(&care, &text).ok().unwrap();
    care.answers(answers);
    let watch = Stopwatch::start();
    let trouble = joined.trouble().await;
    let took = watch.elapsed().as_secs();
    let trouble = trouble.map(|trouble| trouble.to_string());
    match &trouble {
        Some(trouble) => assert!(!told.is_empty() && trouble.contains(told), "{trouble}"),
        None => assert_eq!(told, ""),
    }
    assert_eq!(care.received().len(), asked, "{trouble:?}");
    assert!(
        (seconds..seconds + 10).contains(&took),
        "{trouble:?}: {took} s"
    );
}

fn says(status: u16) -> Answer {
    Answer::Says(status, None, CANARY.into())
}

const BUSY: &str = "cannot be reached or is busy";

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_at_once_and_no_redirect_is_followed() {
    check_trouble(vec![empty()], 1, "", 0).await;
    let elsewhere = ("location", "https://127.0.0.1:1/people".into());
    let redirect = Answer::Says(302, Some(elsewhere), CANARY.into());
    check_trouble(vec![redirect], 1, "sends elsewhere (302)", 0).await;
    for (status, told) in [
        (400, "does not understand the request (400)"),
        (403, "does not allow this (403)"),
        (404, "no such path (404)"),
        (500, BUSY),
    ] {
        check_trouble(vec![says(status)], 1, told, 0).await;
    }
    let large = |bytes| Answer::Says(200, None, format!("{:bytes$}", page(&[], None).to_string()));
    check_trouble(vec![large(1_000)], 1, "", 0).await;
    check_trouble(vec![large(1_001)], 1, "more than 1000 bytes", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_system_is_asked_again_when_it_says_and_a_silent_one_is_not() {
    let later = |when: &str| Answer::Says(429, Some(("retry-after", when.into())), CANARY.into());
    check_trouble(vec![later("1"), empty()], 2, "", 1).await;
    let moment = later("Mon, 23 Nov 2026 10:00:02 GMT");
    check_trouble(vec![moment, empty()], 2, "", 2).await;
    check_trouble(vec![says(503), says(429), empty()], 3, "", 0).await;
    check_trouble(vec![says(503), says(503), says(503)], 3, BUSY, 0).await;
    check_trouble(vec![later("21")], 1, BUSY, 0).await;
    check_trouble(vec![Answer::Hangs], 1, BUSY, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_not_there_is_tried_again_and_told_by_the_probe() {
    let care = Care::start().await;
    let joined = join(&care, &one_search()).ok().unwrap();
    care.answers([status(204), status(500), status(404)]);
    assert!(joined.source().probe().await.is_ok());
    assert!(joined.source().probe().await.is_err(), "500");
    assert!(
        joined.source().probe().await.is_err(),
        "404 of a path that must be there"
    );
    assert!(
        care.received()
            .iter()
            .all(|one| one.uri.path() == "/api/health")
    );
    let gone = {
        let gone = Care::start().await;
        gone.address
    };
    let text = one_search().replace("care.example.gov.uk", &gone.to_string());
    let joined = join(&care, &text).ok().unwrap();
    let watch = Stopwatch::start();
    assert!(matches!(
        joined.trouble().await,
        Some(Trouble::Passing { .. })
    ));
    assert!(
        watch.elapsed() > Duration::from_millis(700),
        "two waits: {:?}",
        watch.elapsed()
    );
    assert!(joined.source().probe().await.is_err());
}
