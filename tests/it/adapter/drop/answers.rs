//! What comes in: whole files alone, read as they are meant; what cannot be read lies aside with the reason.

mod late;

use super::{HEADER, Place, check, id, not_known, reply, word};
use std::fs::{self, File};
use std::io::Write as _;
use usher_proto::v1;

#[tokio::test]
async fn a_file_that_grows_is_left_until_it_has_stopped() {
    let place = Place::new();
    place.try_look(&check(1)).await.unwrap();
    let path = place.path("in/night.csv");
    let mut file = File::create(&path).unwrap();
    for piece in [
        HEADER,
        &not_known(1)[..20],
        &not_known(1)[20..],
        &not_known(2),
    ] {
        file.write_all(piece.as_bytes()).unwrap();
        assert_eq!(word(&place.look(&check(1)).await), "pending");
        assert_eq!(place.names("in"), ["night.csv"]);
    }
    // As long as before, and written since.
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_modified(modified + std::time::Duration::from_secs(1))
        .unwrap();
    assert_eq!(word(&place.look(&check(1)).await), "pending");
    let reply = reply(place.look(&check(1)).await);
    assert_eq!(reply.disposition, v1::Disposition::NotKnown);
    assert!(reply.person.is_none() && reply.content.matches.len() == 2);
    assert!(
        place.names("in").is_empty()
            && place.names("taken").is_empty()
            && place.names("bad").is_empty()
    );
    assert_eq!(place.names("done").len(), 1);
}

#[tokio::test]
async fn a_file_is_left_while_it_settles_also_between_close_looks() {
    let place = Place::with("scan_seconds = 1\nsettle_seconds = 10");
    place.try_look(&check(1)).await.unwrap();
    place.put("night.csv", HEADER.to_owned() + &not_known(1));
    for second in 0..11 {
        place.clock.forward(std::time::Duration::from_secs(1));
        let word = word(&place.try_look(&check(1)).await.unwrap());
        assert_eq!(
            word,
            if second < 10 { "pending" } else { "answer" },
            "after {second} s"
        );
    }
}

#[tokio::test]
async fn what_is_half_written_is_never_taken() {
    let place = Place::new();
    place.try_look(&check(1)).await.unwrap();
    let whole = HEADER.to_owned() + &not_known(1);
    for name in [
        ".night.csv.part",
        "night.csv.filepart",
        "night.csv.tmp",
        "~night.csv",
    ] {
        place.put(name, &whole);
    }
    place.put("empty.csv", "");
    assert_eq!(word(&place.look_settled(&check(1)).await), "pending");
    assert_eq!(place.names("in").len(), 5);
    // Its writer died; nobody can tell what is missing.
    place.put("cut.csv", whole.trim_end());
    place.put(
        "quote.csv",
        format!("{HEADER}{},known-relevant,child 1=certain,\"Zo\r\n", id(1)),
    );
    place.put(
        "cut.json",
        format!("[{{\"check_id\": \"{}\", \"dispo", id(1)),
    );
    assert_eq!(word(&place.look_settled(&check(1)).await), "pending");
    assert_eq!(place.names("bad").len(), 6);
    for name in place
        .names("bad")
        .iter()
        .filter(|name| name.ends_with(".reason.txt"))
    {
        let reason = fs::read_to_string(place.path("bad").join(name)).unwrap();
        assert!(reason.contains("may be cut off"), "{reason}");
    }
}

#[tokio::test]
async fn accents_are_read_as_they_were_written() {
    let name = "Zoë Núñez";
    let line = |worker: &str| {
        format!(
            "{HEADER}{},known-nothing-relevant,,{worker},Ms Ó Briain\r\n",
            id(1)
        )
    };
    let western = line(name)
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap())
        .collect::<Vec<u8>>();
    let little = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let files = [
        ("windows-1252", western.clone()),
        ("utf-8", line(name).into_bytes()),
        (
            "windows-1252",
            [b"\xEF\xBB\xBF", line(name).as_bytes()].concat(),
        ),
        (
            "utf-8",
            [b"\xFF\xFE", little(&line(name)).as_slice()].concat(),
        ),
    ];
    for (encoding, bytes) in files {
        let place = Place::with(&format!("encoding = \"{encoding}\""));
        place.try_look(&check(1)).await.unwrap();
        place.put("night.csv", bytes);
        let reply = reply(place.look_settled(&check(1)).await);
        assert_eq!(reply.content.worker.unwrap().name, name, "{encoding}");
        assert_eq!(reply.person.unwrap().name, "Ms Ó Briain", "{encoding}");
    }
    let place = Place::new();
    place.try_look(&check(1)).await.unwrap();
    place.put("night.csv", western);
    assert_eq!(
        word(&place.look_settled(&check(1)).await),
        "pending",
        "nothing is guessed"
    );
    assert!(place.read("bad", ".reason.txt").contains("not UTF-8"));
}

#[tokio::test]
async fn a_bad_file_lies_aside_whole_with_a_reason_that_says_nothing_of_people() {
    let place = Place::with("file_bytes_max = 2000\nrows_max = 2");
    place.try_look(&check(1)).await.unwrap();
    let many: String = (1..4).map(not_known).collect();
    let files = [
        (
            "column.csv",
            format!("check_id,disposition,Canary\n{},not-known,Canary\n", id(1)),
            "column 3",
        ),
        (
            "twice.csv",
            "check_id,disposition,check_id\n".into(),
            "twice",
        ),
        (
            "missing.csv",
            "check_id,matches\n".into(),
            "`disposition` is missing",
        ),
        ("large.csv", "Canary".repeat(400), "larger than 2000"),
        ("many.csv", format!("{HEADER}{many}"), "more than 2"),
        ("list.json", "\"Canary\"".into(), "neither a list"),
        ("letter.docx", "Canary".into(), "neither in .csv"),
    ];
    for (name, text, _) in &files {
        place.put(name, text);
    }
    assert_eq!(word(&place.look_settled(&check(1)).await), "pending");
    assert!(
        place.names("in").is_empty()
            && place.names("taken").is_empty()
            && place.names("done").is_empty()
    );
    let bad = place.names("bad");
    for (name, text, expected) in files {
        let stem = name.split_once('.').unwrap().0;
        let own: Vec<&String> = bad
            .iter()
            .filter(|bad| bad.starts_with(&format!("{stem}.")))
            .collect();
        let [file, reason] = own.as_slice() else {
            panic!("{own:?} of {name}");
        };
        assert_eq!(
            fs::read_to_string(place.path("bad").join(file)).unwrap(),
            text
        );
        assert_eq!(**reason, format!("{file}.reason.txt"));
        let reason = fs::read_to_string(place.path("bad").join(reason)).unwrap();
        assert!(
            reason.contains(expected) && !reason.contains("Canary"),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn bad_rows_go_to_people_and_good_rows_of_the_same_file_are_given() {
    let place = Place::with("[codes.disposition]\nNK = \"not-known\"");
    for number in 1..7 {
        place.try_look(&check(number)).await.unwrap();
    }
    let rows = [
        not_known(1).replace("not-known", "NK"),
        not_known(2).replace("not-known", "Canary"),
        format!("{},known-relevant,child 1=possible,,\r\n", id(3)),
        format!("{},not-known\r\n", id(4)),
        not_known(5),
        not_known(5).replace("not-known", "known-relevant"),
        format!("{},not-known,child 7=none;subject=none,,\r\n", id(6)),
        "Canary,not-known,,,\r\n".to_owned(),
    ];
    place.put("night.csv", HEADER.to_owned() + &rows.concat());
    place.look(&check(1)).await;
    assert_eq!(word(&place.look(&check(1)).await), "answer");
    let (unreadable, possible) = ("PEOPLE_REASON_UNREADABLE", "PEOPLE_REASON_POSSIBLE_MATCH");
    for (number, expected) in [
        (2, unreadable),
        (3, possible),
        (4, unreadable),
        (5, unreadable),
        (6, unreadable),
    ] {
        assert_eq!(
            word(&place.try_look(&check(number)).await.unwrap()),
            expected,
            "of check {number}"
        );
    }
    let reasons = place.read("bad", ".rows.reason.txt");
    assert_eq!(
        reasons
            .lines()
            .map(|line| line.split_once(':').unwrap().0)
            .collect::<Vec<_>>(),
        ["3", "5", "6", "7", "9"]
    );
    assert!(
        !reasons.contains("Canary") && reasons.contains("of the kind `disposition`"),
        "{reasons}"
    );
    let rows = place.read("bad", ".rows.csv");
    assert_eq!(rows.lines().count(), 6);
    assert!(
        rows.contains(",Canary,") && !rows.contains(&id(1)),
        "the rows as they came"
    );
    assert_eq!(place.names("done").len(), 1);
}

#[tokio::test]
async fn what_was_given_stays_and_a_correction_before_counts() {
    let mut place = Place::new();
    place.try_look(&check(1)).await.unwrap();
    place.put(
        "first.csv",
        format!("{HEADER}{},known-relevant,child 1=possible,,\r\n", id(1)),
    );
    place.look(&check(2)).await;
    place.look(&check(2)).await;
    place.put("second.csv", HEADER.to_owned() + &not_known(1));
    place.look(&check(2)).await;
    place.look(&check(2)).await;
    assert_eq!(
        word(&place.try_look(&check(1)).await.unwrap()),
        "answer",
        "the correction came before anybody asked"
    );
    place.put(
        "third.csv",
        format!("{HEADER}{},known-relevant,child 1=possible,,\r\n", id(1)),
    );
    assert_eq!(word(&place.look_settled(&check(1)).await), "answer");
    place.restart();
    assert_eq!(
        word(&place.look(&check(1)).await),
        "answer",
        "never two different ones"
    );
    assert_eq!(place.names("done").len(), 3);
    // A person is told, and hears it until the reason is gone.
    let reason = place.read("bad", ".rows.reason.txt");
    let told = "2: its check was answered already, or left to people, at 2026-01-05T09:";
    assert!(
        reason.starts_with(told) && reason.contains("usher check answer"),
        "{reason}"
    );
    assert!(place.read("bad", ".rows.csv").contains("known-relevant"));
    let aside = |place: &Place| place.connector.as_ref().unwrap().set_aside();
    assert_eq!(aside(&place), 1);
    place.put("again.csv", HEADER.to_owned() + &not_known(1));
    place.look_settled(&check(1)).await;
    assert_eq!(aside(&place), 1, "what says the same is no correction");
    for name in place.names("bad") {
        fs::remove_file(place.path("bad").join(name)).unwrap();
    }
    place.look(&check(1)).await;
    assert_eq!(aside(&place), 0);
}

#[tokio::test]
async fn an_answer_to_the_question_before_is_not_one_to_the_reply() {
    let place = Place::new();
    let mut replied = check(1);
    replied.exchanges.push(v1::Exchange::default());
    place.try_look(&check(1)).await.unwrap();
    place.try_look(&replied).await.unwrap();
    let line = |exchanges: &str| {
        format!(
            "check_id,exchanges,disposition,matches\n{},{exchanges},not-known,subject=none;child 1=none\n",
            id(1)
        )
    };
    place.put("old.csv", line("0"));
    assert_eq!(word(&place.look_settled(&replied).await), "pending");
    let reason = place.read("bad", ".rows.reason.txt");
    assert!(reason.contains("the officer has replied"), "{reason}");
    place.put("new.csv", line("1"));
    assert_eq!(word(&place.look_settled(&replied).await), "answer");
}

#[tokio::test]
async fn an_answer_without_a_number_is_held_where_a_check_was_asked_about_twice() {
    let place = Place::new();
    let mut replied = check(1);
    replied.exchanges.push(v1::Exchange::default());
    place.try_look(&check(1)).await.unwrap();
    place.try_look(&replied).await.unwrap();
    place.put("night.csv", HEADER.to_owned() + &not_known(1));
    assert_eq!(
        word(&place.look_settled(&replied).await),
        "PEOPLE_REASON_UNREADABLE"
    );
    let reason = place.read("bad", ".rows.reason.txt");
    assert!(reason.contains("without `exchanges`"), "{reason}");
}

#[tokio::test]
async fn a_file_that_repeats_an_answer_to_an_earlier_question_does_no_harm() {
    let place = Place::new();
    let mut replied = check(1);
    replied.exchanges.push(v1::Exchange::default());
    place.try_look(&check(1)).await.unwrap();
    let first = HEADER.to_owned() + &not_known(1);
    place.put("first.csv", &first);
    assert_eq!(word(&place.look_settled(&check(1)).await), "answer");
    place.try_look(&replied).await.unwrap();
    let second = "check_id,exchanges,disposition,answered_by\n".to_owned();
    place.put(
        "second.csv",
        second + &format!("{},1,known-relevant,C. Duty\n", id(1)),
    );
    assert_eq!(word(&place.look_settled(&replied).await), "answer");
    place.put("again.csv", &first);
    place.look_settled(&replied).await;
    assert_eq!(place.names("done").len(), 3);
    assert!(place.names("bad").is_empty());
}

#[tokio::test]
async fn rows_of_one_check_with_and_without_a_number_contradict() {
    let place = Place::new();
    place.try_look(&check(1)).await.unwrap();
    let row = |exchanges: &str| {
        format!(
            "{},{exchanges},not-known,subject=none;child 1=none\n",
            id(1)
        )
    };
    let header = "check_id,exchanges,disposition,matches\n";
    place.put("night.csv", format!("{header}{}{}", row(""), row("0")));
    assert_eq!(
        word(&place.look_settled(&check(1)).await),
        "PEOPLE_REASON_UNREADABLE"
    );
    let reasons = place.read("bad", ".rows.reason.txt");
    assert_eq!(reasons.lines().count(), 2);
    assert!(reasons.contains("has no `exchanges`"), "{reasons}");
}
