//! Answers that nobody waits for any more, or not yet: none is lost, and none stays where nobody sees it.

use super::super::{HEADER, Place, ROUND, check, id, not_known, word};
use std::fs;
use std::time::Duration;
use usher::adapter::Outcome;
use usher_proto::v1::PeopleReason;

/// Longer than anybody waits for an answer, with a look before and after.
async fn wait_for_nobody(place: &Place) {
    let connector = place.connector.as_ref().unwrap();
    for minutes in [1, 17] {
        place.clock.forward(Duration::from_mins(minutes));
        connector.probe().await.unwrap();
    }
}

fn forward_days(place: &Place, days: u64) {
    place.clock.forward(Duration::from_hours(24 * days));
}

#[tokio::test]
async fn an_answer_to_a_check_that_was_not_asked_is_kept_until_it_is() {
    let mut place = Place::new();
    place.try_look(&check(1)).await.unwrap();
    place.put("night.json", format!("[{{\"check_id\": \"{}\", \"disposition\": \"redirect\", \"redirect_to\": \"E09000012\"}}]", id(9)));
    assert_eq!(word(&place.look_settled(&check(1)).await), "pending");
    assert_eq!(place.names("done").len(), 1);
    place.restart();
    wait_for_nobody(&place).await;
    forward_days(&place, 59);
    place.connector.as_ref().unwrap().probe().await.unwrap();
    let redirected = place.look(&check(9)).await;
    assert!(matches!(redirected, Outcome::Redirect { to, person: None } if to == "E09000012"));
}

#[tokio::test]
async fn an_answer_after_its_check_was_left_to_people_is_theirs_once() {
    let mut place = Place::with("give_up_minutes = 60");
    let mut limited = check(2);
    let personal = limited.personal.as_mut().unwrap();
    personal.subject.as_mut().unwrap().limited_access = true;
    place.try_look(&check(1)).await.unwrap();
    place.clock.forward(Duration::from_hours(1));
    assert_eq!(
        word(&place.look(&check(1)).await),
        "PEOPLE_REASON_SYSTEM_AWAY"
    );
    assert_eq!(
        word(&place.try_look(&limited).await.unwrap()),
        "PEOPLE_REASON_OTHER"
    );
    place.restart();
    let late = HEADER.to_owned() + &not_known(1) + &not_known(2);
    place.put("late.csv", &late);
    place.look_settled(&check(3)).await;
    let reasons = place.read("bad", ".rows.reason.txt");
    assert_eq!(reasons.lines().count(), 2);
    assert!(
        reasons.lines().all(|reason| reason
            .contains("left to people at 2026-01-05T10:00:31Z, before this answer came")
            && reason.contains("usher check answer")),
        "{reasons}"
    );
    assert_eq!(place.read("bad", ".rows.csv").lines().count(), 3);
    assert_eq!(place.connector.as_ref().unwrap().set_aside(), 1);
    // As after a crash before it was filed away.
    for name in place.names("bad") {
        fs::remove_file(place.path("bad").join(name)).unwrap();
    }
    let done = place.path("done").join(&place.names("done")[0]);
    fs::rename(done, place.path("taken/late.csv")).unwrap();
    place.look_settled(&check(3)).await;
    assert_eq!(place.names("bad").len(), 2, "a file that is read again");
    place.put("again.csv", &late);
    wait_for_nobody(&place).await;
    assert_eq!(place.names("done").len(), 2);
    assert_eq!(place.names("bad").len(), 2, "a repetition says nothing new");
    assert_eq!(
        word(&place.look(&check(1)).await),
        "PEOPLE_REASON_SYSTEM_AWAY",
        "no program answers what people have"
    );
}

#[tokio::test]
async fn an_answer_that_nobody_collects_is_brought_to_people() {
    let mut place = Place::new();
    let aside = |place: &Place| place.connector.as_ref().unwrap().set_aside();
    for number in [1, 2] {
        place.try_look(&check(number)).await.unwrap();
    }
    place.put("one.csv", HEADER.to_owned() + &not_known(1));
    place.look_settled(&check(3)).await;
    place.clock.forward(Duration::from_mins(15));
    place.look(&check(3)).await;
    assert_eq!(aside(&place), 0, "whoever waits may still come");
    wait_for_nobody(&place).await;
    assert_eq!(aside(&place), 1);
    let reason = place.read("bad", ".rows.reason.txt");
    assert!(reason.contains("usher check answer"), "{reason}");
    assert!(place.read("bad", ".rows.json").contains(&id(1)));
    for name in place.names("bad") {
        fs::remove_file(place.path("bad").join(name)).unwrap();
    }
    place.put("two.csv", HEADER.to_owned() + &not_known(2));
    place.look_settled(&check(3)).await;
    place.restart();
    wait_for_nobody(&place).await;
    assert_eq!(aside(&place), 1, "each once, also after a restart");
    assert!(place.read("bad", ".rows.json").contains(&id(2)));
    let requests = place.names("out");
    assert_eq!(word(&place.look(&check(1)).await), "answer");
    assert_eq!(place.names("out"), requests, "nothing is asked twice");
}

#[tokio::test]
async fn an_answer_that_was_not_given_is_brought_to_people_once() {
    let mut place = Place::new();
    let elsewhere = format!(
        "[{{\"check_id\": \"{}\", \"disposition\": \"redirect\", \"redirect_to\": \"E09000012\"}}]",
        id(2)
    );
    let left = async |place: &Place| {
        for number in 1..=3 {
            let connector = place.connector.as_ref().unwrap();
            let why = PeopleReason::Agreement;
            connector.left_to_people(&check(number), why).await;
        }
    };
    for number in 1..=3 {
        place.try_look(&check(number)).await.unwrap();
    }
    place.put("one.csv", HEADER.to_owned() + &not_known(1));
    place.put("two.json", elsewhere);
    assert_eq!(word(&place.look_settled(&check(3)).await), "pending");
    assert_eq!(word(&place.look(&check(1)).await), "answer");
    assert_eq!(word(&place.look(&check(2)).await), "redirect");
    left(&place).await;
    place.restart();
    wait_for_nobody(&place).await;
    assert_eq!(place.connector.as_ref().unwrap().set_aside(), 2);
    let reason = place.read("bad", ".rows.reason.txt");
    assert!(
        reason.contains("`agreement`") && reason.contains("usher check answer"),
        "{reason}"
    );
    let rows = place.names("bad").into_iter();
    let rows = rows.filter(|name| name.ends_with(".rows.json"));
    let rows: String = rows
        .map(|name| fs::read_to_string(place.path("bad").join(name)).unwrap())
        .collect();
    assert!(rows.contains(&id(1)) && rows.contains(&id(2)), "{rows}");
    for name in place.names("bad") {
        fs::remove_file(place.path("bad").join(name)).unwrap();
    }
    left(&place).await;
    place.restart();
    wait_for_nobody(&place).await;
    assert_eq!(place.names("bad"), Vec::<String>::new());
    assert_eq!(word(&place.look(&check(1)).await), "answer");
}

#[tokio::test]
async fn answers_that_nobody_collects_do_not_fill_the_memory_for_ever() {
    let place = Place::with("remembered_max = 2\nkeep_days = 5");
    place.try_look(&check(1)).await.unwrap();
    let rows = |numbers: &[u8]| {
        let rows: String = numbers.iter().copied().map(not_known).collect();
        HEADER.to_owned() + &rows
    };
    place.put("old.csv", rows(&[1, 2]));
    place.put("other.csv", rows(&[3]));
    let probe = async || place.connector.as_ref().unwrap().probe().await;
    for _ in 0..2 {
        place.clock.forward(ROUND);
        let _ = probe().await;
    }
    probe().await.unwrap_err();
    place.clock.forward(Duration::from_mins(17));
    let _ = probe().await;
    let json = |name: &String| name.ends_with(".rows.json");
    assert_eq!(
        place.names("bad").iter().filter(|name| json(name)).count(),
        2
    );
    forward_days(&place, 6);
    for _ in 0..2 {
        place.clock.forward(ROUND);
        let _ = probe().await;
    }
    probe().await.unwrap();
    assert_eq!(word(&place.look(&check(3)).await), "answer");
}

#[tokio::test]
async fn checks_do_not_wait_for_the_folder_of_bad_files() {
    let place = Place::new();
    place.try_look(&check(1)).await.unwrap();
    place.put("bad.csv", "no header");
    assert_eq!(word(&place.look_settled(&check(1)).await), "pending");
    fs::rename(place.path("bad"), place.path("elsewhere")).unwrap();
    fs::write(place.path("bad"), "no folder").unwrap();
    assert_eq!(word(&place.look(&check(1)).await), "pending");
    assert_eq!(word(&place.look(&check(2)).await), "pending");
    assert_eq!(
        place.connector.as_ref().unwrap().set_aside(),
        1,
        "as it was last known"
    );
}
