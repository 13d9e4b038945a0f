//! The connector `drop`, by a folder and by a real SFTP server. Death between its steps is tested beside its code.

mod answers;
mod guide;
mod requests;
mod sftp;

use crate::support::TestClock;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use usher::adapter::drop::{Settings, connector};
use usher::adapter::{Connector, Outcome, Reply, Trouble};
use usher_proto::v1;

const ENQUIRY: &str = "0192f0c4-5d6e-7f80-9a1b-2c3d4e5f6071";
const HEADER: &str = "check_id,disposition,matches,worker_name,answered_by\r\n";
/// Longer than the connector leaves a folder alone, and than a file must have stood still.
const ROUND: Duration = Duration::from_secs(31);

fn id(number: u8) -> String {
    format!("{ENQUIRY}/{number}")
}

/// A check about a defendant and one child.
fn check(number: u8) -> v1::AssignedCheck {
    let name = |family: &str, given: &str| {
        Some(v1::PersonName {
            family: family.into(),
            given: given.into(),
        })
    };
    let address = |kind: v1::AddressKind, lines: &str, postcode: &str| v1::Address {
        kind: kind.into(),
        lines: lines.into(),
        postcode: postcode.into(),
        ..v1::Address::default()
    };
    v1::AssignedCheck {
        id: id(number),
        reference: "7K3M-9QXA-A".into(),
        personal: Some(v1::Personal {
            subject: Some(v1::Subject {
                name: name("Ólafsdóttir", "=Ann"),
                aliases: name("Former", "Ann").into_iter().collect(),
                born: Some(v1::Birth {
                    date: "1990-02-01".into(),
                    ..v1::Birth::default()
                }),
                pnc: "2000/0002697F".into(),
                ..v1::Subject::default()
            }),
            children: vec![v1::Child {
                name: name("Child", "Billy"),
                ..v1::Child::default()
            }],
            addresses: vec![
                address(v1::AddressKind::Given, "1 Some Street\nHackney", "E8 1EA"),
                address(v1::AddressKind::Withheld, "The hidden refuge", "N1 1AA"),
            ],
            offence_code: "TH68001".into(),
            ..v1::Personal::default()
        }),
        ..v1::AssignedCheck::default()
    }
}

/// A borough's folder, and the adapter that works there.
struct Place {
    dir: TempDir,
    clock: Arc<TestClock>,
    settings: String,
    connector: Option<Box<dyn Connector>>,
}

impl Place {
    fn new() -> Self {
        Self::with("")
    }

    /// With more lines of settings.
    fn with(settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("files")).unwrap();
        let settings = format!("state = \"state\"\nfolder.path = \"files\"\n{settings}");
        let mut place = Self {
            dir,
            clock: Arc::new(TestClock::at("2026-01-05T09:00:00Z".parse().unwrap())),
            settings,
            connector: None,
        };
        place.restart();
        place
    }

    fn restart(&mut self) {
        self.connector = None;
        self.connector = Some(self.another().unwrap());
    }

    /// Another connector over the same folders.
    fn another(&self) -> Result<Box<dyn Connector>, String> {
        let mut settings: Settings = toml::from_str(&self.settings).unwrap();
        settings.resolve(self.dir.path());
        connector(settings, self.clock.clone()).map_err(|unfit| unfit.to_string())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join("files").join(path)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path("in").join(name), bytes).unwrap();
    }

    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder))
    }

    fn read(&self, folder: &str, ending: &str) -> String {
        let names = self.names(folder);
        let name = names
            .iter()
            .find(|name| name.ends_with(ending))
            .unwrap_or_else(|| panic!("no {ending} among {names:?}"));
        fs::read_to_string(self.path(folder).join(name)).unwrap()
    }

    async fn try_look(&self, check: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
        self.connector.as_ref().unwrap().look_up(check).await
    }

    /// What a look-up comes to one round later.
    async fn look(&self, check: &v1::AssignedCheck) -> Outcome {
        self.clock.forward(ROUND);
        self.try_look(check).await.unwrap()
    }

    /// What it comes to when files have had the time to settle.
    async fn look_settled(&self, check: &v1::AssignedCheck) -> Outcome {
        self.look(check).await;
        self.look(check).await
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn reply(outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Answer(reply) => *reply,
        other => panic!("{} instead of an answer", word(&other)),
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answer(_) => "answer",
        Outcome::Unsettled(reason) => reason.as_str_name(),
        Outcome::Possible(_) => v1::PeopleReason::PossibleMatch.as_str_name(),
        Outcome::Redirect { .. } => "redirect",
        Outcome::Pending(_) => "pending",
    }
}

/// A line that settles a check for certain.
fn not_known(number: u8) -> String {
    format!("{},not-known,subject=none;child 1=none,,\r\n", id(number))
}

/// What is said against the settings; `taken` if nothing.
fn refused(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut settings: Settings = toml::from_str(text).unwrap();
    settings.resolve(dir.path());
    let clock = TestClock::at("2026-01-05T09:00:00Z".parse().unwrap());
    match connector(settings, Arc::new(clock)) {
        Ok(_) => "taken".to_owned(),
        Err(unfit) => unfit.to_string(),
    }
}

#[test]
fn settings_that_cannot_work_are_refused_with_the_remedy() {
    let usual = "state = \"state\"\nfolder.path = \"files\"\n";
    let check = |more: &str, said: &str| {
        let refused = refused(&format!("{usual}{more}"));
        assert!(refused.contains(said), "{more}: {refused}");
    };
    check("", "taken");
    for (key, most) in [
        ("scan_seconds", 3_600),
        ("settle_seconds", 3_600),
        ("folder.operation_seconds", 600),
        ("give_up_minutes", 172_800),
        ("file_bytes_max", 268_435_456),
        ("rows_max", 1_000_000),
        ("files_per_scan_max", 10_000),
        ("waiting_max", 100_000),
        ("remembered_max", 100_000),
        ("keep_days", 3_650),
    ] {
        let name = key.trim_start_matches("folder.");
        let remedy = format!("`{name}` is out of its bounds; write a number from 1 to {most}");
        check(&format!("{key} = 0"), &remedy);
        check(&format!("{key} = {}", most + 1), &remedy);
        check(&format!("{key} = {most}"), "taken");
    }
    check("folders = { out = \"in\" }", "not five plain names");
    check("folders = { bad = \"a/b\" }", "not five plain names");
    check("folders = { bad = \".bad\" }", "not five plain names");
    check("encoding = \"latin\"", "write `utf-8`");
    check("dates = \"%Y-%m\"", "write day, month and year");
    check("codes = { topic = { A = \"b\" } }", "no word of usher");
    let neither = refused("state = \"state\"\n");
    assert!(neither.contains("either `folder` or `sftp`"), "{neither}");
}
