//! The REST connector against a real server over TLS, with the configurations of its guide.

mod answers;
mod faults;
mod logins;
mod questions;

use super::care::{Answer, Care, Received, json, status};
use crate::support::{TestClock, root};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json as given;
use std::sync::Arc;
use std::time::Duration;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use usher::adapter::mapping::{Fault, Page};
use usher::adapter::people::{Accuracy, Born, Identity, Name, Place};
use usher::adapter::rest::{Rest, Settings, connector};
use usher::adapter::{Connector, Source, Trouble};
use usher::clock::Clock;
use usher::ids::{Ids, RandomIds};

/// Stands in all that is asked for and all that is answered: no error may repeat it.
const CANARY: &str = "Zqxcanary";

/// One of the guide's configurations.
fn guide(form: &str) -> String {
    let text = std::fs::read_to_string(root().join("deploy/adapters/rest.md")).unwrap();
    let (_, from) = text.split_once(&format!("```toml {form}\n")).unwrap();
    from.split_once("\n```\n").unwrap().0.to_owned() + "\n"
}

/// The settings of the only connector of `text`, as the runtime reads them: each value keeps its place in the file.
fn settings(text: &str) -> Settings {
    let mut file = DeTable::parse(text).unwrap().into_inner();
    let DeValue::Array(connectors) = file.remove("connector").unwrap().into_inner() else {
        panic!("no list of connectors");
    };
    let mut table = connectors.into_iter().next().unwrap();
    let DeValue::Table(fields) = table.get_mut() else {
        panic!("no table");
    };
    assert_eq!(
        fields.remove("kind").unwrap().get_ref().as_str(),
        Some("rest")
    );
    Settings::deserialize(ValueDeserializer::from(table)).unwrap()
}

/// A connector to `care`, and the clock by which its tokens end.
struct Joined {
    rest: Rest,
    clock: Arc<TestClock>,
}

fn now() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn join(care: &Care, text: &str) -> Result<Joined, Vec<Fault>> {
    let text = text
        .replace(
            "https://care.example.gov.uk",
            &format!("https://{}", care.address),
        )
        .replace(
            "https://mais.example.gov.uk",
            &format!("https://{}", care.address),
        )
        .replace(
            "https://login.example.gov.uk",
            &format!("https://{}", care.address),
        )
        .replace("tls/care-ca.pem", "ca.pem")
        .replace("secrets/care", "secret");
    let mut settings = settings(&text);
    settings.resolve(care.folder.path());
    let clock = Arc::new(TestClock::at(now()));
    let as_clock: Arc<dyn Clock> = Arc::clone(&clock) as _;
    let ids: Arc<dyn Ids> = Arc::new(RandomIds);
    let page = Page::new("adapter.toml".as_ref(), &text);
    let rest = connector(&settings, &page, &as_clock, &ids)?;
    Ok(Joined { rest, clock })
}

impl Joined {
    fn source(&self) -> &dyn Source {
        match &self.rest {
            Rest::Source(source) => source.as_ref(),
            Rest::Connector(_) => panic!("a connector"),
        }
    }

    fn connector(&self) -> &dyn Connector {
        match &self.rest {
            Rest::Connector(connector) => connector.as_ref(),
            Rest::Source(_) => panic!("a source"),
        }
    }

    /// Looks for `wanted` where the test cares for trouble alone.
    async fn trouble(&self) -> Option<Trouble> {
        self.source()
            .candidates(&wanted())
            .await
            .err()
            .inspect(assert_clean)
    }
}

/// Asserts that nothing of a person and no secret is told, however deep one looks.
fn assert_clean(trouble: &Trouble) {
    let mut told = vec![format!("{trouble:?}")];
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(trouble);
    while let Some(error) = next {
        told.push(format!("{error} {error:?}"));
        next = error.source();
    }
    for secret in [
        CANARY,
        "2015-02-03",
        "E8 1EA",
        super::care::SECRET,
        "token-",
    ] {
        assert!(told.iter().all(|text| !text.contains(secret)), "{told:?}");
    }
}

fn wanted() -> Identity {
    Identity {
        names: vec![Name {
            family: CANARY.into(),
            given: "Ada".into(),
        }],
        born: Some(Born {
            date: "2015-02-03".parse().unwrap(),
            accuracy: Accuracy::Known,
        }),
        sex: None,
        places: vec![Place {
            lines: String::new(),
            postcode: "E8 1EA".into(),
        }],
    }
}

/// A page of the searched system.
fn page(ids: &[u32], more: Option<&str>) -> serde_json::Value {
    let people: Vec<serde_json::Value> = ids.iter().map(|id| person(*id)).collect();
    given!({ "refreshed": "2026-11-23T02:00:00Z", "more": more, "people": people })
}

fn person(id: u32) -> serde_json::Value {
    given!({
        "id": id, "surname": CANARY, "forenames": "Ada", "dob": "03/02/2015", "gender": "F", "aliases": [],
        "addresses": [], "involvements": [{ "type": "CPP", "from": "01/09/2026", "to": null, "category": "NEG" }],
        "worker": { "name": "Sam Worker", "team": null, "phone": null },
    })
}

/// The search by family name alone, which the tests of logins and limits use: one request for each person.
fn one_search() -> String {
    let text = guide("search");
    let (head, searches) = text.split_once("[[connector.search]]").unwrap();
    let (_, tail) = searches
        .split_once("# How a record becomes somebody.")
        .unwrap();
    let search = r#"[[connector.search]]
path = "people/search"
body = '{ "surname": wanted.family }'
wide = true
records = "answer.people"
page_size = 50
as_of = "answer.refreshed"

"#;
    format!("{head}{search}{tail}")
}
