//! That the guide is true: its configuration is one, and its examples are what the connector writes and reads.

use super::{Place, check, reply, word};
use crate::support::root;
use std::fs;
use usher::adapter::drop::{Settings, connector};
use usher_proto::v1;

const GUIDE: &str = "deploy/adapters/drop.md";

/// The blocks of code of one language.
fn blocks(language: &str) -> Vec<String> {
    let guide = fs::read_to_string(root().join(GUIDE)).unwrap();
    let opening = format!("```{language}\n");
    let blocks = guide
        .split(&opening)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

#[test]
fn the_configurations_of_the_guide_are_configurations() {
    let blocks = blocks("toml");
    assert_eq!(blocks.len(), 2, "one by folder, one by SFTP");
    for block in blocks {
        let mut whole: toml::Table = toml::from_str(&block).unwrap();
        let mut connectors = whole
            .remove("connector")
            .unwrap()
            .as_array()
            .unwrap()
            .clone();
        let mut own = connectors.remove(0).as_table().unwrap().clone();
        assert_eq!(own.remove("kind").unwrap().as_str(), Some("drop"));
        let mut settings: Settings = own.try_into().unwrap();
        let dir = tempfile::tempdir().unwrap();
        // Paths of the borough's machine are not here.
        settings.state = "state".into();
        if let Some(folder) = settings.folder.as_mut() {
            folder.path = "files".into();
        }
        settings.resolve(dir.path());
        if let Some(sftp) = &settings.sftp {
            let key = sftp.key_file.as_ref().unwrap();
            fs::create_dir_all(key.parent().unwrap()).unwrap();
            if !super::sftp::make_key(key) {
                println!(
                    "skipped: no ssh-keygen (Debian: apt-get install openssh-client), so no SFTP configuration"
                );
                continue;
            }
        }
        let clock = std::sync::Arc::new(usher::clock::SystemClock);
        assert_eq!(
            connector(settings, clock)
                .map(|made| made.name().to_owned())
                .unwrap(),
            "drop"
        );
    }
}

#[tokio::test]
async fn the_examples_of_answers_are_read_as_the_guide_says() {
    for language in ["csv", "json"] {
        let blocks = blocks(language);
        let [request, answers] = blocks.as_slice() else {
            panic!("{} blocks of {language}", blocks.len());
        };
        let place = Place::with(&format!("requests = \"{language}\""));
        place.try_look(&check(1)).await.unwrap();
        let header = |text: &str| text.lines().next().unwrap().trim().to_owned();
        let written = place.read("out", language);
        assert_eq!(
            header(request),
            header(&written),
            "the example of a request has the columns of one"
        );
        for name in [
            "check_id",
            "exchanges",
            "reply_by",
            "born_accuracy",
            "officer_contact",
        ] {
            assert!(request.contains(name) && written.contains(name), "{name}");
        }
        place.put(&format!("night.{language}"), answers);
        let known = reply(place.look_settled(&check(1)).await);
        assert_eq!(known.disposition, v1::Disposition::KnownRelevant);
        assert!(
            known.person.is_some()
                && known.content.episodes.len() == 1
                && known.content.remarks.len() == 1
        );
        assert!(known.data_as_of.is_some() && known.content.worker.is_some());
        let absent = reply(place.try_look(&check(2)).await.unwrap());
        assert!(absent.disposition == v1::Disposition::NotKnown && absent.person.is_none());
        assert_eq!(word(&place.try_look(&check(3)).await.unwrap()), "redirect");
        assert!(place.names("bad").is_empty());
    }
}

#[test]
fn the_guide_names_every_column() {
    let guide = fs::read_to_string(root().join(GUIDE)).unwrap();
    let own = |text: &str| text.lines().next().unwrap().trim().to_owned();
    let columns: Vec<String> = blocks("csv").iter().map(|block| own(block)).collect();
    assert_eq!(columns.len(), 2);
    for column in columns.iter().flat_map(|header| header.split(',')) {
        assert!(
            guide.contains(&format!("| `{column}` |")),
            "{column} is not explained"
        );
    }
    for word in [
        "not-known",
        "redirect",
        "certain",
        "cp-plan",
        "neglect",
        "may-cite",
        "curfew-advice",
    ] {
        assert!(
            guide.contains(&format!("`{word}`")),
            "{word} is not explained"
        );
    }
}
