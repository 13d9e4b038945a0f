//! An answer after the hearing, by the command line.

use super::*;

/// A hearing that has passed, on a day that goes on for a while: just before midnight it waits for the next.
fn passed_today() -> String {
    use usher::clock::Clock as _;
    loop {
        let now = usher_domain::time::to_london(usher::clock::SystemClock.now());
        if (now.hour(), now.minute()) < (23, 57) {
            return format!("{}T00:00", now.date());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn whoever_reads_a_late_answer_says_what_it_would_have_changed() {
    let home = home();
    let home = home.path();
    let served = serve(home);
    let submitted = served.call(home, "officer", &submission(&passed_today()));
    let reference = submitted["reference"].as_str().unwrap();
    let number = format!("{reference}/1");
    let leased = served.call(home, "hackney", &["check", "lease", "--wait", "10"]);
    let lease = leased["checks"][0]["leaseId"].as_str().unwrap();
    let answer = ["check", "answer", &number, "--disposition", "not-known"];
    served.call(
        home,
        "hackney",
        &[&answer[..], &["--lease", lease]].concat(),
    );

    let receive = [&["enquiry", "receive", &number][..], &PERSON].concat();
    let (_, err) = served.check(home, "officer", &receive, 2);
    assert!(
        err.contains("would_have_changed: the answer came late"),
        "{err}"
    );
    let said = [
        "--would-have-changed",
        "sentence",
        "--would-have-changed",
        "plan",
    ];
    let read = served.call(home, "officer", &[&receive[..], &said].concat());
    assert_eq!(
        read["checks"][0]["receipt"]["wouldHaveChanged"],
        serde_json::json!(["LATE_EFFECT_SENTENCE", "LATE_EFFECT_PLAN"])
    );
    for what in ["show", "history"] {
        let (page, _) = served.check(home, "officer", &["enquiry", what, reference], 0);
        assert!(page.contains("would have changed sentence, plan"), "{page}");
    }
}

#[test]
fn whoever_was_in_court_records_the_sentence() {
    let home = home();
    let home = home.path();
    let served = serve(home);
    let submitted = served.call(home, "officer", &submission(&passed_today()));
    let reference = submitted["reference"].as_str().unwrap();
    let record = ["enquiry", "record-sentence", reference, "--outcome"];
    let custody = [&record[..], &["custody"], &PERSON].concat();
    let recorded = served.call(home, "officer", &custody);
    let outcome = "SENTENCE_OUTCOME_CUSTODY";
    assert_eq!(recorded["sentence"]["outcome"], outcome);
    assert!(recorded["checks"][0]["sentencedOutstandingTime"].is_string());
    let date = recorded["sentence"]["sentenceDate"].as_str().unwrap();
    let (page, _) = served.check(home, "officer", &["enquiry", "show", reference], 0);
    let told = format!("Sentenced on {date}: custody, with 1 outstanding check");
    assert!(page.contains(&told), "{page}");
    let (page, _) = served.check(home, "officer", &["enquiry", "history", reference], 0);
    assert!(page.contains(&format!("custody on {date}")), "{page}");
    let adjourn = [
        "enquiry",
        "decide",
        reference,
        "--decision",
        "seek-adjournment",
    ];
    let next = ["--adjourned-to", "2099-12-07T10:00", "--note", "Adjourned"];
    let (_, err) = served.check(home, "officer", &[&adjourn[..], &next, &PERSON].concat(), 2);
    assert!(err.contains("550 days"), "{err}");
}
