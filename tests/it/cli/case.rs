//! A court's list on the command line: imported, changed, shown, set aside.

use super::*;
use crate::support::*;
use serde_json::json;

/// An officer's command line beside a broker.
struct Office {
    home: TempDir,
    flags: Vec<String>,
}

impl Office {
    fn new(kit: &Kit, who: &str) -> Self {
        let (cert, key) = kit.client_files(who, "office");
        let server = format!("https://localhost:{}", kit.address().port());
        let files = [
            ("--cert", cert),
            ("--key", key),
            ("--ca", kit.folder().join("ca.pem")),
        ];
        let files = files.map(|(flag, path)| [flag.into(), path.display().to_string()]);
        let flags = [vec!["--server".into(), server], files.concat()].concat();
        Self {
            home: home(),
            flags,
        }
    }

    /// Runs `usher case` in the name of an officer, and checks the exit code; returns standard output.
    fn run(&self, words: &[&str], acts: bool, code: i32) -> String {
        self.call("case", words, acts, code)
    }

    /// As [`Self::run`], for another group of commands.
    fn call(&self, group: &str, words: &[&str], acts: bool, code: i32) -> String {
        let person = ["--person-name", "Olive Officer"];
        let flags = self.flags.iter().map(String::as_str);
        let arguments = [group].into_iter().chain(words.iter().copied());
        let arguments = arguments
            .chain(flags)
            .chain(person.into_iter().filter(|_| acts));
        let arguments: Vec<&str> = arguments.collect();
        tokio::task::block_in_place(|| check(self.home.path(), &arguments, code)).0
    }

    fn import(&self, list: &str, flags: &[&str], code: i32) -> Value {
        let path = self.home.path().join("monday.csv");
        std::fs::write(&path, list).unwrap();
        let path = path.display().to_string();
        let words = [&["import", "--list", &path, "--format", "json"], flags].concat();
        serde_json::from_str(&self.run(&words, true, code)).unwrap()
    }
}

const HEADER: &str = "case,hearing_at,court,report,indicators,family_name,child_postcodes";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_imported_changed_and_told_row_by_row() {
    let kit = Kit::start().await;
    let office = Office::new(&kit, OFFICER);
    let example = office.run(&["import", "--example"], false, 0);
    let example = office.import(&example, &[], 0);
    assert_eq!(example["registeredCount"], 3);
    let first = format!(
        "{HEADER}\n\
         a/1,2026-11-23T14:00,B01IX,oral,lives-with-children,Example,E8 1EA\n\
         b/1,2026-11-23T14:00,B01IX,oral,cares_for_children;violent-offence,Sample,\n\
         c/1,2026-11-23T14:00,B01IX,oral,no-such-thing,Sample,\n\
         d/1,2026-11-23T25:00,B01IX,oral,,Sample,\n"
    );
    let told = office.import(&first, &["--complete"], 7);
    assert_eq!(told["takenOffCount"], 0);
    let refused = json!([
        { "line": 4, "reason": "indicators: expected one of lives-with-children, cares-for-children, contact-with-children, domestic-abuse, sexual-offence, violent-offence, curfew-proposed, adult-at-risk, release-address" },
        { "line": 5, "reason": "hearing.local_time: expected a London date and time such as 2026-11-23T14:00" },
    ]);
    assert_eq!(
        (&told["registeredCount"], &told["refused"]),
        (&json!(2), &refused)
    );
    let second = format!(
        "{HEADER}\n\
         a/1,2026-11-23T15:30,B01IX,oral,lives-with-children,Example,E8 1EA\n\
         e/1,2026-11-23T14:00,B01IX,oral,,Other,\n"
    );
    let told = office.import(&second, &["--complete"], 0);
    let counts = [
        "registeredCount",
        "changedCount",
        "unchangedCount",
        "takenOffCount",
    ];
    assert_eq!(
        counts.map(|name| told[name].clone()),
        [1, 1, 0, 1].map(|count| json!(count))
    );
    let shown = office.run(&["show", "a/1"], false, 0);
    for wanted in [
        "Case a/1",
        "court list monday.csv",
        "not asked yet",
        "children social care",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    assert!(office.run(&["show", "b/1"], false, 0).contains("Off list"));
    let listed = office.run(&["list", "--open"], false, 0);
    assert!(
        listed.contains("a/1") && listed.contains("b/1") && !listed.contains("e/1"),
        "{listed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_case_needs_is_set_aside_reassigned_and_told() {
    let kit = Kit::start().await;
    let office = Office::new(&kit, OFFICER);
    let list = format!("{HEADER}\na/1,2026-11-23T14:00,B01IX,oral,lives-with-children,Example,\n");
    office.import(&list, &[], 0);
    let words = [
        "set-aside",
        "a/1",
        "--requirement",
        "1",
        "--reason",
        "not-indicated",
    ];
    let shown = office.run(&words, true, 0);
    assert!(
        shown.contains("set aside") && shown.contains("not indicated"),
        "{shown}"
    );
    let again = [
        "set-aside",
        "a/1",
        "--requirement",
        "1",
        "--reason",
        "case-ended",
    ];
    office.run(&again, true, 6);
    let words = ["enter-stage", "a/1", "--stage", "start-of-sentence"];
    assert!(office.run(&words, true, 0).contains("children_later"));
    let words = [
        "reassign",
        "a/1",
        "--to",
        "Kim Practitioner",
        "--office",
        "North London",
    ];
    let shown = office.run(&words, true, 0);
    assert!(
        shown.contains("Kim Practitioner") && shown.contains("North London"),
        "{shown}"
    );
    office.run(&["reassign", "a/1"], true, 2);
    assert!(
        office
            .run(&["take-off", "a/1"], true, 0)
            .contains("Off list")
    );
    let history = office.run(&["history", "a/1"], false, 0);
    let kinds = [
        "registered",
        "stage entered",
        "needed",
        "set aside",
        "reassigned",
        "taken off",
    ];
    for wanted in kinds {
        assert!(history.contains(wanted), "{wanted}: {history}");
    }
    office.run(&["show", "no-such-case/1"], false, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enquiry_is_said_later_to_be_about_a_case() {
    let kit = Kit::start().await;
    let office = Office::new(&kit, OFFICER);
    let list = format!("{HEADER}\na/1,2026-11-23T14:00,B01IX,oral,lives-with-children,,\n");
    office.import(&list, &[], 0);
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let words = ["cover", &receipt.reference, "--case", "a/1"];
    let shown = office.call("enquiry", &words, true, 0);
    assert!(shown.contains(&receipt.enquiry_id), "{shown}");
    let history = office.call("enquiry", &["history", &receipt.reference], false, 0);
    assert!(history.contains("linked"), "{history}");
}
