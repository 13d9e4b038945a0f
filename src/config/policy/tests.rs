use super::*;
use usher_domain::ladder::StepState;
use usher_domain::time::{Timestamp, from_london, to_london};

fn at(local: &str) -> Timestamp {
    from_london(local.parse().unwrap()).unwrap()
}

fn built_in() -> Policy {
    let rules = Rules::built_in().unwrap();
    rules
        .policy(super::super::calendar::built_in(), BTreeMap::new())
        .unwrap()
}

/// The ladder of `track` for a check opened and heard at these London times, as `name time` lines.
fn check(track: Track, opened: &str, hearing: &str, wanted: &[&str]) {
    let steps = built_in().steps(track, None, at(opened), at(hearing));
    let shown: Vec<String> = steps
        .iter()
        .map(|step| {
            format!(
                "{} {}",
                step.name,
                to_london(step.due).strftime("%a %d %b %H:%M")
            )
        })
        .collect();
    assert_eq!(shown, wanted, "{track:?}");
    assert!(steps.iter().all(|step| step.state == StepState::Pending));
}

#[test]
fn an_oral_report_goes_by_the_minute() {
    check(
        Track::Oral,
        "2026-11-23T10:00",
        "2026-11-23T14:00",
        &[
            "chase Mon 23 Nov 10:15",
            "duty_manager Mon 23 Nov 10:45",
            "decision_point Mon 23 Nov 12:00",
            "hearing Mon 23 Nov 14:00",
            "after_1 Tue 24 Nov 14:00",
            "after_3 Thu 26 Nov 14:00",
            "after_10 Mon 07 Dec 14:00",
        ],
    );
    // Asked twenty minutes before the case is called: the decision is due at once, not in the past.
    check(
        Track::Oral,
        "2026-12-24T15:40",
        "2026-12-24T16:00",
        &[
            "decision_point Thu 24 Dec 15:40",
            "chase Thu 24 Dec 15:55",
            "hearing Thu 24 Dec 16:00",
            "duty_manager Thu 24 Dec 16:25",
            "after_1 Tue 29 Dec 16:00",
            "after_3 Thu 31 Dec 16:00",
            "after_10 Tue 12 Jan 16:00",
        ],
    );
}

#[test]
fn a_fast_report_goes_by_the_day() {
    check(
        Track::Fast,
        "2026-11-23T11:00",
        "2026-11-30T10:00",
        &[
            "acknowledge Mon 23 Nov 15:00",
            "reminder Wed 25 Nov 11:00",
            "team_manager Thu 26 Nov 11:00",
            "head_of_service Fri 27 Nov 10:00",
            "decision_point Fri 27 Nov 10:00",
            "hearing Mon 30 Nov 10:00",
            "after_1 Tue 01 Dec 10:00",
            "after_3 Thu 03 Dec 10:00",
            "after_10 Mon 14 Dec 10:00",
        ],
    );
}

#[test]
fn standard_reports_go_by_the_week_and_faster_in_custody() {
    check(
        Track::Standard,
        "2026-11-23T11:00",
        "2026-12-14T10:00",
        &[
            "acknowledge Tue 24 Nov 11:00",
            "reminder Mon 30 Nov 11:00",
            "team_manager Thu 03 Dec 11:00",
            "head_of_service Mon 07 Dec 11:00",
            "decision_point Thu 10 Dec 10:00",
            "hearing Mon 14 Dec 10:00",
            "after_1 Tue 15 Dec 10:00",
            "after_3 Thu 17 Dec 10:00",
            "after_10 Wed 30 Dec 10:00",
        ],
    );
    check(
        Track::StandardCustody,
        "2026-11-23T11:00",
        "2026-12-07T10:00",
        &[
            "acknowledge Tue 24 Nov 11:00",
            "reminder Thu 26 Nov 11:00",
            "team_manager Mon 30 Nov 11:00",
            "head_of_service Wed 02 Dec 11:00",
            "decision_point Thu 03 Dec 10:00",
            "hearing Mon 07 Dec 10:00",
            "after_1 Tue 08 Dec 10:00",
            "after_3 Thu 10 Dec 10:00",
            "after_10 Mon 21 Dec 10:00",
        ],
    );
}

#[test]
fn after_sentence_a_reply_is_due_in_ten_working_days() {
    let submitted = at("2026-12-21T11:00");
    let due = built_in().reply_by(Track::PostSentence, None, submitted);
    assert_eq!(
        to_london(due),
        to_london(at("2027-01-07T11:00")),
        "over Christmas and New Year"
    );
    check(
        Track::PostSentence,
        "2026-12-21T11:00",
        "2027-01-07T11:00",
        &[
            "reminder Wed 30 Dec 11:00",
            "overdue Thu 07 Jan 11:00",
            "head_of_service Thu 14 Jan 11:00",
        ],
    );
}

#[test]
fn a_referral_is_due_in_one_working_day_of_who_is_told() {
    let due = built_in().reply_by(Track::Referral, None, at("2026-11-27T11:00"));
    assert_eq!(to_london(due), to_london(at("2026-11-30T11:00")));
    check(
        Track::Referral,
        "2026-11-27T11:00",
        "2026-11-30T11:00",
        &[
            "referred Fri 27 Nov 11:00",
            "manager Mon 30 Nov 11:00",
            "operator Tue 01 Dec 11:00",
            "outcome Tue 01 Dec 11:00",
            "outcome_late Thu 03 Dec 11:00",
        ],
    );
}

#[test]
fn an_unread_answer_climbs_from_the_officer_to_the_operators() {
    let due = |answered: &str, hearing: &str| -> Vec<String> {
        let steps = built_in().unread_steps(None, at(answered), at(hearing));
        assert!(steps.iter().all(|step| step.kind == StepKind::Unread));
        let shown = steps
            .iter()
            .map(|step| to_london(step.due).strftime("%a %H:%M").to_string());
        shown.collect()
    };
    assert_eq!(
        due("2026-11-23T11:00", "2026-11-30T10:00"),
        ["Mon 12:00", "Tue 11:00", "Wed 11:00"]
    );
    // The case is called at noon: the officer must look before.
    assert_eq!(due("2026-11-23T11:30", "2026-11-23T12:00")[0], "Mon 11:50");
    // After the hearing: at once.
    assert_eq!(due("2026-11-23T15:00", "2026-11-23T12:00")[0], "Mon 15:00");
}

#[test]
fn lengths_outside_the_ladders_are_the_written_ones() {
    let policy = built_in();
    let lease = policy.lease;
    assert_eq!(lease.default.as_secs(), 120);
    assert_eq!((lease.min.as_secs(), lease.max.as_secs()), (5, 900));
    assert_eq!(lease.lost_before_alert, 3);
    assert_eq!(
        Rules::built_in().unwrap().absent_after,
        Duration::from_mins(5)
    );
    let until = policy.acknowledged_until(at("2026-11-23T16:00"), Track::Oral, None);
    assert_eq!(until, at("2026-11-23T16:15"));
    let until = policy.acknowledged_until(at("2026-11-23T16:00"), Track::Fast, None);
    assert_eq!(until, at("2026-11-24T12:00"));
}

#[test]
fn closing_for_another_reason_takes_two_persons() {
    assert_eq!(built_in().second_person, [CloseReason::Other].into());
}

fn check_refused(from: &str, to: &str, words: &str) {
    assert!(DEFAULTS.contains(from), "{from}");
    let source = Source {
        path: "policy.toml".into(),
        text: DEFAULTS.replacen(from, to, 1),
    };
    let faults = Rules::read(&source)
        .err()
        .unwrap_or_else(|| panic!("{to} passes"));
    let shown: Vec<String> = faults
        .iter()
        .map(|fault| fault.to_string().replace('\n', ""))
        .collect();
    assert!(
        shown.iter().any(|shown| shown.contains(words)),
        "{shown:#?} do not say {words:?}"
    );
    for fault in faults {
        assert!(
            matches!(fault.place, Place::File { at: Some(_), .. }),
            "{fault}"
        );
    }
}

/// What is written, what stands there instead, and what the fault says.
const REFUSED: [(&str, &str, &str); 21] = [
    (
        "= \"submitted + 15 min",
        "= \"submitted + 15 days",
        "expected a moment such as",
    ),
    (
        "= \"submitted + 15 min",
        "= \"submitted + 900 wd",
        "more than 120 days",
    ),
    (
        "hearing - 30 min",
        "hearing + 30",
        "expected a moment such as",
    ),
    (
        "unless = \"accepted\"",
        "unless = \"acepted\"",
        "did you mean `accepted`?",
    ),
    (
        "[\"adapter\", \"borough_desk\"]",
        "[\"adapter\", \"bourough_desk\"]",
        "did you mean `borough_desk`?",
    ),
    (
        "[\"adapter\", \"borough_desk\"]",
        "[]",
        "step chase: the audience is empty",
    ),
    (
        "name = \"chase\"",
        "nam = \"chase\"",
        "unknown key `nam`  did you mean `name`?",
    ),
    (
        "name = \"chase\"",
        "name = \"Chase!\"",
        "lower-case letters",
    ),
    (
        "name = \"duty_manager\"",
        "name = \"chase\"",
        "the name is used twice",
    ),
    (
        "[ladder.oral]\nack",
        "[ladder.orl]\nack",
        "did you mean `oral`?",
    ),
    (
        "acknowledgement = \"15 min\"",
        "",
        "acknowledgement is missing",
    ),
    (
        "acknowledgement = \"15 min\"",
        "acknowledgement = \"0 min\"",
        "longer than nothing",
    ),
    ("reply_within = \"10 wd\"", "", "reply_within is missing"),
    (
        "kind = \"hearing\"",
        "kind = \"escalate\"",
        "one step must have kind = \"hearing\"",
    ),
    (
        "default = \"2 min\"",
        "default = \"20 min\"",
        "min <= default <= max",
    ),
    (
        "min = \"5 s\"",
        "min = \"5\"",
        "is not a length such as 250 ms",
    ),
    (
        "lost_before_alert = 3",
        "lost_before_alert = 0",
        "expected a nonzero u32",
    ),
    ("answered + 2 wd", "hearing - 500 wd", "more than 120"),
    ("[\"other\"]", "[\"othr\"]", "did you mean `other`?"),
    (
        "[\"other\"]",
        "[\"withdrawn\"]",
        "withdrawn cannot take two persons",
    ),
    ("[close]\nsecond_person = [\"other\"]", "", "close"),
];

#[test]
fn a_policy_that_cannot_be_right_is_refused_with_its_line() {
    let before = &DEFAULTS[..DEFAULTS.find("at = \"submitted + 15 min\"").unwrap()];
    let line = before.matches('\n').count() + 1;
    check_refused(
        "at = \"submitted + 15 min",
        "at = \"submited + 15 min",
        &format!("policy.toml:{line}:6: \"submited + 15 min\": expected a moment such as"),
    );
    for (from, to, words) in REFUSED {
        check_refused(from, to, words);
    }
}

#[test]
fn a_ladder_that_could_end_with_nobody_looking_is_refused() {
    let text = DEFAULTS.replace(
        "at = \"hearing + 0 min\"",
        "at = \"hearing + 0 min\"\nunless = \"decided\"",
    );
    let text = text.replace(
        "at = \"hearing + 1 wd\"",
        "at = \"hearing + 1 wd\"\nunless = \"accepted\"",
    );
    let text = text.replace("at = \"hearing + 3 wd\"", "at = \"hearing - 3 h\"");
    let text = text.replace(
        "at = \"hearing + 10 wd\"",
        "at = [\"hearing + 10 wd\", \"hearing - 1 wd\"]",
    );
    let faults = Rules::read(&Source {
        path: "p".into(),
        text,
    });
    let shown = faults.unwrap_err()[0].to_string();
    assert!(
        shown.contains("ladder.oral: one step after the hearing must have unless"),
        "{shown}"
    );
}

#[test]
fn a_responder_changes_what_it_names_and_keeps_the_rest() {
    let rules = Rules::built_in().unwrap();
    let table: toml::Table = "[oral]\nacknowledgement = \"30 min\"\n[fast]\n\
        step = [\n\
        { name = \"decide\", kind = \"decision_point\", at = \"hearing - 1 wd\", audience = [\"officer\"] },\n\
        { name = \"hearing\", kind = \"hearing\", at = \"hearing + 0 min\", audience = [\"operator\"] },\n\
        { name = \"after\", at = \"hearing + 1 wd\", audience = [\"operator\"] },\n\
        ]\n"
        .parse()
        .unwrap();
    let terms = rules.terms(WorkingHours::office(), &table).unwrap();
    let oral = &terms.tracks[&Track::Oral];
    assert_eq!(oral.acknowledgement.amount, 30);
    assert_eq!(oral.steps, rules.general[&Track::Oral].steps);
    let fast = &terms.tracks[&Track::Fast];
    assert_eq!(
        fast.acknowledgement,
        rules.general[&Track::Fast].acknowledgement
    );
    assert_eq!(fast.steps.len(), 3);
    assert_eq!(terms.tracks.len(), 2);
    let hackney = ResponderId::parse("hackney").unwrap();
    let policy = rules
        .policy(
            super::super::calendar::built_in(),
            BTreeMap::from([(hackney.clone(), terms)]),
        )
        .unwrap();
    assert_eq!(
        policy
            .track(Track::Fast, Some(&hackney))
            .unwrap()
            .steps
            .len(),
        3
    );
    assert_eq!(policy.track(Track::Fast, None).unwrap().steps.len(), 9);
}

#[test]
fn a_responders_bad_ladder_is_named_by_its_part() {
    let rules = Rules::built_in().unwrap();
    let check = |text: &str, words: &str| {
        let table: toml::Table = text.parse().unwrap();
        let error = rules
            .terms(WorkingHours::office(), &table)
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{text}: {error}");
    };
    check("[orl]\n", "did you mean `oral`?");
    check(
        "[oral]\nsteps = 1\n",
        "unknown key `steps`; did you mean `step`?",
    );
    check(
        "[oral]\nstep = [{ name = \"x\", at = \"soon\", audience = [\"officer\"] }]\n",
        "ladder.oral.step[0].at: \"soon\": expected a moment",
    );
    let table: toml::Table =
        "[oral]\nstep = [{ name = \"x\", at = \"submitted + 1 min\", audience = [\"officer\"] }]\n"
            .parse()
            .unwrap();
    let terms = rules.terms(WorkingHours::office(), &table).unwrap();
    let hackney = ResponderId::parse("hackney").unwrap();
    let calendar = super::super::calendar::built_in();
    let error = rules
        .policy(calendar, BTreeMap::from([(hackney, terms)]))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("responder hackney, ladder.oral: one step after the hearing"),
        "{error}"
    );
}

#[test]
fn a_length_reads_or_is_refused_with_an_example() {
    for (text, millis) in [
        ("250 ms", 250),
        ("5s", 5_000),
        ("2 min", 120_000),
        ("24 h", 86_400_000),
    ] {
        assert_eq!(
            text.parse(),
            Ok(Length(Duration::from_millis(millis))),
            "{text}"
        );
    }
    for text in [
        "",
        "5",
        "s",
        "5 m",
        "-1 s",
        "1.5 s",
        "1 s 2",
        "99999999999999999999 s",
    ] {
        assert!(
            text.parse::<Length>().unwrap_err().contains("such as"),
            "{text}"
        );
    }
    for text in ["0 s", "25 h", "18446744073709551615 h"] {
        assert!(
            text.parse::<Length>().unwrap_err().contains("between"),
            "{text}"
        );
    }
}
