use super::*;
use crate::config::fault::Severity;
use jiff::civil::date;
use std::fs;
use usher_domain::agreement::DataCategory;
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::Purpose;

const TODAY: jiff::civil::Date = date(2026, 11, 23);

const GOOD: &str = r#"id = "one"
version = "1"
title = "One"
from = 2026-01-01
to = 2027-12-31
parties = ["hackney", "camden"]
automatic_answers = false
retention_days = 30
categories = ["identity", "note"]
[purposes]
permit = ["court_report"]
review = ["release"]
[[basis]]
code = "OMA2007-s14"
title = "Offender Management Act 2007, section 14"
from = 2008-04-01
[[contact]]
name = "Gwen Governance"
contact = "020 7946 0900"
[[contact]]
party = "camden"
name = "Carl Camden"
post = "Front door"
contact = "020 7946 0007"
"#;

fn faults(files: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (number, text) in (1..).zip(files) {
        fs::write(folder.path().join(format!("{number}.toml")), text).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "not read").unwrap();
    let told = |fault: &Fault| {
        let shown = fault.to_string().replace('\n', "");
        let root = format!("{}/", folder.path().display());
        shown.replace(&root, "")
    };
    let faults = load(folder.path()).err().unwrap_or_default();
    faults.iter().map(told).collect()
}

#[track_caller]
fn check(files: &[&str], wanted: &[&str]) {
    let told = faults(files);
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    for (told, wanted) in told.iter().zip(wanted) {
        assert!(told.contains(wanted), "{told:?} does not say {wanted:?}");
    }
}

#[track_caller]
fn changed(from: &str, to: &str, wanted: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    check(&[&GOOD.replacen(from, to, 1)], wanted);
}

#[test]
fn a_good_file_reads_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.toml"), GOOD).unwrap();
    let files = load(folder.path()).unwrap();
    let one = files.agreements.iter().next().unwrap();
    assert_eq!(one.reference().to_string(), "one 1");
    assert_eq!(
        (one.term.from, one.term.to),
        (date(2026, 1, 1), Some(date(2027, 12, 31)))
    );
    assert_eq!(one.categories, [DataCategory::Identity, DataCategory::Note]);
    assert_eq!(
        (&*one.permit, &*one.review),
        (&[Purpose::CourtReport][..], &[Purpose::Release][..])
    );
    assert!(!one.automatic_answers);
    let contacts = |id| {
        let id = ResponderId::parse(id).unwrap();
        one.contacts_of(&id)
            .map(|person| person.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(contacts("hackney"), ["Gwen Governance"]);
    assert_eq!(contacts("camden"), ["Gwen Governance", "Carl Camden"]);
    check(&[], &[]);
}

#[test]
#[rustfmt::skip] // a row a line
fn every_fault_has_its_line_column_and_remedy() {
    changed("id = \"one\"", "id = \"One!\"", &["error: 1.toml:1:6: expected the id of an agreement"]);
    changed("version = \"1\"", "version = \"\"", &["1.toml:2:11: must be 1 to 32 characters"]);
    changed("from = 2026-01-01", "from = \"2026-01-01\"", &["1.toml:4:8: "]);
    changed("from = 2026-01-01", "from = 2026-01-01T10:00:00", &["1.toml:4:8: expected a date without quotes and time"]);
    changed("to = 2027-12-31", "to = 2025-12-31", &["1.toml:4:8: `to` lies before `from`"]);
    changed("[\"hackney\", \"camden\"]", "[\"camden\", \"camden\"]", &["1.toml:6:22: camden stands twice  keep one"]);
    changed("[\"hackney\", \"camden\"]", "[\"camden\", \"Hack ney\"]", &["1.toml:6:22: expected a responder id"]);
    changed("automatic_answers = false\n", "", &["missing field `automatic_answers`"]);
    changed("retention_days = 30", "retention_days = 0", &["1.toml:8:18: 0 days are none"]);
    changed("[\"identity\", \"note\"]", "[\"note\"]", &["1.toml:9:14: without `identity` nobody can be looked up"]);
    changed("\"note\"]", "\"notes\"]", &["1.toml:9:14: unknown word `notes`  did you mean `note`?"]);
    changed("[\"court_report\"]", "[\"court_reports\"]", &["did you mean"]);
    changed("[\"release\"]", "[\"court_report\"]", &["1.toml:10:1: `court_report` is permitted and left to review"]);
    changed("party = \"camden\"", "party = \"barnet\"", &["\"barnet\" is no party of this agreement"]);
    changed("from = 2008-04-01", "from = 2008-04-01\nto = 2007-01-01", &["`to` lies before `from`"]);
    changed("post = \"Front door\"", "phone = \"Front door\"", &["unknown key `phone`"]);
    assert!(faults(&["id = 1"])[0].starts_with("error: 1.toml:1:"), "{:?}", faults(&["id = 1"]));
    check(&["[["], &["1.toml:1:"]);
}

#[test]
fn two_files_never_speak_of_the_same_day() {
    let second = GOOD.replace("version = \"1\"", "version = \"2\"");
    check(
        &[GOOD, &second],
        &[
            "2.toml:6:12: hackney has another agreement on the same days: one 1  end the one with `to`",
        ],
    );
    let later = second.replace("from = 2026-01-01\nto = 2027-12-31", "from = 2028-01-01");
    check(&[GOOD, &later], &[]);
    check(&[GOOD, GOOD], &["2.toml:2:11: "]);
}

fn warnings(text: &str, responders: &[&str], today: jiff::civil::Date) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.toml"), text).unwrap();
    let files = load(folder.path()).unwrap();
    let known = responders
        .iter()
        .map(|id| ResponderId::parse(id).unwrap())
        .collect();
    let faults = files.check(Some(&known), today);
    assert!(
        faults
            .iter()
            .all(|fault| fault.severity == Severity::Warning)
    );
    faults.into_iter().map(|fault| fault.what).collect()
}

#[test]
#[rustfmt::skip] // a row a line
fn what_people_should_look_at_is_warned_of() {
    let check = |text: &str, responders: &[&str], today, wanted: &[&str]| {
        let told = warnings(text, responders, today);
        assert_eq!(told.len(), wanted.len(), "{told:#?}");
        for (told, wanted) in told.iter().zip(wanted) {
            assert!(told.contains(wanted), "{told:?} does not say {wanted:?}");
        }
    };
    let both = ["hackney", "camden"];
    check(GOOD, &both, TODAY, &[]);
    check(GOOD, &["hackney"], TODAY, &["parties without a responder's file: camden"]);
    check(GOOD, &["hackney", "camden", "barnet"], TODAY, &["no agreement is in force: barnet"]);
    check(GOOD, &both, date(2027, 10, 1), &[]);
    check(GOOD, &both, date(2027, 10, 2), &["one 1 ends on 2027-12-31, 90 days from now; then nothing may be asked of hackney, camden"]);
    check(GOOD, &both, date(2028, 1, 1), &["no agreement is in force: camden, hackney"]);
    check(&GOOD.replace("version = \"1\"", "version = \"example-1\""), &both, TODAY, &["one example-1 is an example"]);
    check(&GOOD.replace("from = 2008-04-01", "from = 2027-01-01"), &both, TODAY, &["no basis of one 1 is in force"]);
}

#[test]
fn the_example_that_ships_permits_what_the_readme_does() {
    let files = built_in().unwrap();
    let responders =
        crate::directory::Responders::built_in(&crate::directory::Authorities::built_in().unwrap());
    let responders = responders.unwrap();
    assert_eq!(responders.iter().count(), 68);
    for responder in responders.of_kind(ResponderKind::ChildrenSocialCare) {
        for purpose in Purpose::ALL {
            let ruling = files.agreements.ruling(&responder.id, *purpose, TODAY);
            let told = *purpose == Purpose::Referral;
            assert_eq!(
                ruling.automatic_answers(),
                !told,
                "{} {purpose:?}",
                responder.id
            );
            assert_eq!(ruling.categories(), DataCategory::ALL);
        }
    }
    let known = responders.iter().map(|one| one.id.clone()).collect();
    let told: Vec<String> = files
        .check(Some(&known), TODAY)
        .into_iter()
        .map(|fault| fault.what)
        .collect();
    assert_eq!(
        told,
        [
            "london-adults example-1 is an example that nobody has signed",
            "london-police example-1 is an example that nobody has signed",
            "pan-london example-1 is an example that nobody has signed"
        ]
    );
}
