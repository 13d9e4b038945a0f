//! What goes out: once, whole, under the check's id, and no more than is needed.

use super::{Place, ROUND, check, id, names, word};
use std::time::Duration;
use usher_proto::v1;

#[tokio::test]
async fn a_check_goes_out_once_whatever_happens() {
    let mut place = Place::new();
    assert_eq!(word(&place.try_look(&check(1)).await.unwrap()), "pending");
    let name = format!("{}.0.csv", id(1).replace('/', "_"));
    assert_eq!(
        place.names("out"),
        [name.as_str()],
        "one whole file, and its name is the check's id"
    );
    std::fs::remove_file(place.path("out").join(&name)).unwrap(); // the system took it
    assert_eq!(word(&place.look(&check(1)).await), "pending");
    place.restart();
    assert_eq!(word(&place.look(&check(1)).await), "pending");
    assert!(place.names("out").is_empty(), "nothing is asked twice");
    let mut replied = check(1);
    replied.exchanges.push(v1::Exchange {
        question: "Which school?".into(),
        reply: "None".into(),
        ..v1::Exchange::default()
    });
    assert_eq!(word(&place.look(&replied).await), "pending");
    assert_eq!(
        place.names("out"),
        [name.replace(".0.csv", ".1.csv")],
        "a reply to a question asks anew"
    );
    assert!(place.read("out", ".csv").contains("Which school?,None"));
}

#[tokio::test]
async fn a_request_says_who_is_wanted_and_nothing_that_need_not_be_known() {
    for (settings, ending) in [
        ("", ".csv"),
        ("requests = \"json\"", ".json"),
        ("guard_formulas = true\nbyte_order_mark = true", ".csv"),
    ] {
        let place = Place::with(settings);
        place.try_look(&check(1)).await.unwrap();
        let text = place.read("out", ending);
        for said in [
            &id(1),
            "Ólafsdóttir",
            "Former",
            "1990-02-01",
            "Billy",
            "E8 1EA",
            "child 1",
        ] {
            assert!(text.contains(said), "{said} is missing in {text}");
        }
        for hidden in ["refuge", "N1 1AA", "2000/0002697F", "TH68001"] {
            assert!(!text.contains(hidden), "{hidden} was sent");
        }
        let guarded = settings.contains("guard");
        assert_eq!(
            text.contains("'=Ann"),
            guarded,
            "apostrophes only where they are wished"
        );
        assert_eq!(
            text.starts_with('\u{feff}'),
            guarded,
            "and the mark likewise"
        );
    }
}

#[tokio::test]
async fn a_case_of_limited_access_is_never_written_to_a_folder() {
    let place = Place::new();
    let mut limited = check(1);
    let personal = limited.personal.as_mut().unwrap();
    personal.subject.as_mut().unwrap().limited_access = true;
    assert_eq!(
        word(&place.try_look(&limited).await.unwrap()),
        "PEOPLE_REASON_OTHER"
    );
    assert!(place.names("out").is_empty());
}

#[tokio::test]
async fn people_are_asked_when_no_answer_comes_or_none_can_come_in_time() {
    let place = Place::with("give_up_minutes = 60\npeople_before_deadline_minutes = 30");
    let due = |minutes: i64| {
        let at = "2026-01-05T09:00:00Z"
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_second()
            + minutes * 60;
        let mut check = check(u8::try_from(minutes).unwrap());
        check.deadline = Some(v1::Deadline {
            kind: Some(v1::deadline::Kind::ReplyBy(v1::ReplyBy {
                court_code: "B01IX".into(),
                reply_by_time: Some(prost_types::Timestamp {
                    seconds: at,
                    nanos: 0,
                }),
            })),
        });
        check
    };
    assert_eq!(
        word(&place.try_look(&due(30)).await.unwrap()),
        "PEOPLE_REASON_OTHER",
        "too near to ask a program"
    );
    assert!(place.names("out").is_empty());
    assert_eq!(word(&place.try_look(&due(31)).await.unwrap()), "pending");
    assert_eq!(word(&place.try_look(&due(200)).await.unwrap()), "pending");
    assert_eq!(word(&place.look(&due(31)).await), "pending");
    assert_eq!(
        word(&place.look(&due(31)).await),
        "PEOPLE_REASON_OTHER",
        "half an hour is left for people"
    );
    assert_eq!(word(&place.look(&due(200)).await), "pending");
    place.clock.forward(Duration::from_secs(3_600));
    assert_eq!(
        word(&place.look(&due(200)).await),
        "PEOPLE_REASON_SYSTEM_AWAY"
    );
    assert_eq!(names(&place.path("out")).len(), 2);
}

#[tokio::test]
async fn no_more_requests_wait_than_may() {
    let place = Place::with("waiting_max = 1");
    assert_eq!(word(&place.try_look(&check(1)).await.unwrap()), "pending");
    place.try_look(&check(2)).await.err().unwrap();
    assert_eq!(place.names("out").len(), 1);
    assert_eq!(
        word(&place.try_look(&check(1)).await.unwrap()),
        "pending",
        "the first one is not in its own way"
    );
}

#[tokio::test]
async fn a_share_that_is_not_mounted_is_no_empty_folder() {
    let place = Place::new();
    std::fs::remove_dir(place.path("")).unwrap();
    let away = place.try_look(&check(1)).await.err().unwrap().to_string();
    assert!(away.contains("make it, or mount its share"), "{away}");
    assert!(!place.path("").exists());
    std::fs::create_dir(place.path("")).unwrap();
    place.try_look(&check(1)).await.err().unwrap();
    place.clock.forward(ROUND);
    assert_eq!(
        word(&place.try_look(&check(1)).await.unwrap()),
        "pending",
        "it is tried again after a while"
    );
}

#[tokio::test]
async fn one_memory_serves_one_adapter() {
    let place = Place::new();
    let refused = place.another().err().unwrap();
    assert!(refused.contains("another adapter uses"), "{refused}");
}
