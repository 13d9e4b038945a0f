//! Who a client is and what it may be: certificate → [`ClientId`] → [`Actor`], or the groups of a person who signed in → [`Actor`].
//!
//! A certificate proves one URI ([`certificate`]); the table in the configuration gives that URI a role and a scope.
//! Nothing is derived from the shape of the URI, and a URI that the table does not name is nobody. The table is
//! looked up for every request, so that a changed table holds at once for connections that are already open.
//! What an actor may do is not decided here but in `usher_domain::permit`.

pub mod certificate;
mod groups;

pub use groups::{GroupEntry, GroupError, GroupTable, Groups};

use arc_swap::ArcSwap;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;
use usher_domain::actor::{Actor, Courts, Person, Role};
use usher_domain::code::{ClientId, CourtCode, ResponderId};
use usher_domain::limits;

/// Clients of one table: every court and every responder of England and Wales several times over.
const IDENTITIES_MAX: usize = 10_000;
/// Courts or responders of one client: more than there are, so that a runaway file is noticed.
const SCOPE_MAX: usize = 1_000;
/// What `courts` says for every court.
const EVERY_COURT: &str = "*";

/// One client in the configuration: `[[identities]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityEntry {
    /// The one URI of the client's certificate, such as `spiffe://usher.example/court/B01IX/gateway`.
    pub uri: String,
    /// `officer`, `manager`, `adapter`, `operator` or `inspector`.
    pub role: String,
    /// Court OU codes, or `["*"]` for every court; empty for an adapter, and for no other role.
    #[serde(default)]
    pub courts: Vec<String>,
    /// The responders that an adapter answers for; empty for every other role.
    #[serde(default)]
    pub responders: Vec<String>,
    /// The person behind the client, where one certificate is one person.
    #[serde(default)]
    pub person: Option<PersonEntry>,
}

/// A person in the configuration. Staff data: no `Debug` that prints it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    /// The name, 1 to [`limits::LINE_CHARS_MAX`] characters.
    pub name: String,
    /// The post; may be empty.
    #[serde(default)]
    pub post: String,
    /// Telephone or monitored mailbox; may be empty.
    #[serde(default)]
    pub contact: String,
}

impl std::fmt::Debug for PersonEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonEntry(..)")
    }
}

/// Why a table of identities cannot be used. Every message names the entry and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// An entry says something that no client can be.
    #[error("identity {number} ({uri}): {problem}")]
    Entry {
        /// Which entry, counted from 1.
        number: usize,
        /// Its URI as written.
        uri: String,
        /// What is wrong and what a right one looks like.
        problem: String,
    },
    /// More entries than a table holds.
    #[error("{count} identities; a table holds at most {IDENTITIES_MAX}")]
    TooMany {
        /// How many there were.
        count: usize,
    },
}

/// Which client is which actor. Built once, whole and valid; replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityTable(HashMap<ClientId, Actor>);

impl IdentityTable {
    /// Reads the entries of the configuration.
    ///
    /// # Errors
    /// When a URI, role, court, responder or person cannot be read; a URI comes twice; the role is the scheduler's; an adapter
    /// has courts or no responders; anyone else has responders or no courts.
    pub fn new(entries: &[IdentityEntry]) -> Result<Self, IdentityError> {
        if entries.len() > IDENTITIES_MAX {
            return Err(IdentityError::TooMany {
                count: entries.len(),
            });
        }
        let mut table = HashMap::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let refused = |problem| IdentityError::Entry {
                number: index + 1,
                uri: entry.uri.clone(),
                problem,
            };
            let actor = actor(entry).map_err(refused)?;
            if table.insert(actor.client.clone(), actor).is_some() {
                return Err(refused(
                    "an earlier identity has the same uri; keep one of them".into(),
                ));
            }
        }
        Ok(Self(table))
    }

    /// The actor that `client` is, if the table names it.
    pub fn actor(&self, client: &ClientId) -> Option<&Actor> {
        self.0.get(client)
    }

    /// Every actor, in no particular order; for checks against the directory.
    pub fn actors(&self) -> impl Iterator<Item = &Actor> {
        self.0.values()
    }
}

/// The table in force. Cheap to look up, replaced without stopping anything.
#[derive(Debug)]
pub struct Identities {
    table: ArcSwap<IdentityTable>,
    replaced: watch::Sender<u64>,
}

impl Identities {
    /// Puts `table` in force.
    pub fn new(table: IdentityTable) -> Self {
        Self {
            table: ArcSwap::from_pointee(table),
            replaced: watch::Sender::new(0),
        }
    }

    /// The actor that `client` is at this moment; `None` when the table does not name it, or no longer does.
    pub fn actor(&self, client: &ClientId) -> Option<Actor> {
        self.table.load().actor(client).cloned()
    }

    /// Whether the table names `client` at this moment.
    pub fn know(&self, client: &ClientId) -> bool {
        self.table.load().actor(client).is_some()
    }

    /// Puts another table in force: from here on for every request, and connections of clients that it does not name are
    /// closed.
    pub fn replace(&self, table: IdentityTable) {
        self.table.store(Arc::new(table));
        self.replaced.send_modify(|count| *count += 1);
    }

    /// Tells of every [`Identities::replace`] from now on.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.replaced.subscribe()
    }
}

fn actor(entry: &IdentityEntry) -> Result<Actor, String> {
    let client = certificate::parse_uri(&entry.uri).map_err(|error| error.to_string())?;
    let (role, courts, responders) = standing(&entry.role, &entry.courts, &entry.responders)?;
    Ok(Actor {
        role,
        client,
        courts,
        responders,
        person: entry.person.as_ref().map(person).transpose()?,
    })
}

/// What a client or a group of people is: its role, and for which courts or responders.
fn standing(
    name: &str,
    codes: &[String],
    names: &[String],
) -> Result<(Role, Courts, Vec<ResponderId>), String> {
    let role = role(name)?;
    for (what, count) in [("courts", codes.len()), ("responders", names.len())] {
        if count > SCOPE_MAX {
            return Err(format!("{count} {what}; at most {SCOPE_MAX} may be listed"));
        }
    }
    if role == Role::Adapter {
        if names.is_empty() {
            return Err("an adapter needs responders = [\"…\"], those it answers for".into());
        }
        if !codes.is_empty() {
            return Err("an adapter belongs to no court; remove courts".into());
        }
    } else {
        if codes.is_empty() {
            let name = role.name();
            return Err(format!(
                "the role {name} needs courts = [\"B01IX\", …], or [\"*\"] for all"
            ));
        }
        if !names.is_empty() {
            return Err("only an adapter answers for responders; remove responders".into());
        }
    }
    let responders = names.iter().map(|text| {
        ResponderId::parse(text).map_err(|error| format!("responder {text:?}: {error}"))
    });
    Ok((role, courts(codes)?, responders.collect::<Result<_, _>>()?))
}

fn role(text: &str) -> Result<Role, String> {
    let clients = || Role::ALL.into_iter().filter(|role| *role != Role::Clock);
    clients().find(|role| role.name() == text).ok_or_else(|| {
        let names: Vec<_> = clients().map(Role::name).collect();
        format!("role {text:?} is none of {}", names.join(", "))
    })
}

fn courts(codes: &[String]) -> Result<Courts, String> {
    if codes == [EVERY_COURT] {
        return Ok(Courts::All);
    }
    if codes.iter().any(|code| code == EVERY_COURT) {
        return Err("\"*\" already means every court; list it alone or list courts".into());
    }
    let parse =
        |text: &String| CourtCode::parse(text).map_err(|error| format!("court {text:?}: {error}"));
    codes
        .iter()
        .map(parse)
        .collect::<Result<_, _>>()
        .map(Courts::Only)
}

fn person(entry: &PersonEntry) -> Result<Person, String> {
    let lines = [
        ("name", &entry.name),
        ("post", &entry.post),
        ("contact", &entry.contact),
    ];
    for (field, text) in lines {
        if text.chars().count() > limits::LINE_CHARS_MAX || text.chars().any(char::is_control) {
            let most = limits::LINE_CHARS_MAX;
            return Err(format!(
                "person.{field} must be one line of at most {most} characters"
            ));
        }
    }
    if entry.name.trim().is_empty() {
        return Err("person.name must not be empty; leave person out if there is none".into());
    }
    Ok(Person {
        name: entry.name.clone(),
        post: entry.post.clone(),
        contact: entry.contact.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICER: &str = "spiffe://usher.example/court/B01IX/gateway";
    const ADAPTER: &str = "spiffe://usher.example/borough/hackney/adapter";

    fn entry(uri: &str, role: &str, courts: &[&str], responders: &[&str]) -> IdentityEntry {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        IdentityEntry {
            uri: uri.into(),
            role: role.into(),
            courts: owned(courts),
            responders: owned(responders),
            person: None,
        }
    }

    fn check_refused(entries: &[IdentityEntry], words: &str) {
        let error = IdentityTable::new(entries).unwrap_err().to_string();
        assert!(error.contains(words), "{error:?} does not say {words:?}");
    }

    #[test]
    fn a_client_is_what_the_table_says() {
        let table = IdentityTable::new(&[
            entry(OFFICER, "officer", &["b01ix00"], &[]),
            entry(ADAPTER, "adapter", &[], &["hackney", "city-of-london"]),
            entry("spiffe://usher.example/desk", "operator", &["*"], &[]),
        ])
        .unwrap();
        let actor = |uri| table.actor(&ClientId::parse(uri).unwrap());
        let officer = actor(OFFICER).unwrap();
        assert_eq!(officer.role, Role::Officer);
        assert_eq!(
            officer.courts,
            Courts::Only(vec![CourtCode::parse("B01IX").unwrap()])
        );
        let adapter = actor(ADAPTER).unwrap();
        assert!(adapter.answers_for(&ResponderId::parse("city-of-london").unwrap()));
        assert_eq!(adapter.courts, Courts::Only(vec![]));
        assert_eq!(
            actor("spiffe://usher.example/desk").unwrap().courts,
            Courts::All
        );
        assert_eq!(actor("spiffe://usher.example/court/B01IX/gateway2"), None);
        assert_eq!(actor("usher:clock"), None);
    }

    #[test]
    fn what_no_client_can_be_is_refused_with_the_remedy() {
        let officer = entry(OFFICER, "officer", &["B01IX"], &[]);
        let rows = [
            (
                entry("https://usher.example/a", "officer", &["*"], &[]),
                "spiffe://",
            ),
            (
                entry(OFFICER, "judge", &["*"], &[]),
                "none of officer, manager, adapter",
            ),
            (
                entry(OFFICER, "clock", &["*"], &[]),
                "role \"clock\" is none of",
            ),
            (entry(OFFICER, "officer", &[], &[]), "needs courts"),
            (entry(OFFICER, "inspector", &[], &[]), "needs courts"),
            (
                entry(OFFICER, "officer", &["*", "B01IX"], &[]),
                "every court",
            ),
            (
                entry(OFFICER, "officer", &["Westminster"], &[]),
                "court \"Westminster\": expected",
            ),
            (
                entry(OFFICER, "officer", &["*"], &["hackney"]),
                "remove responders",
            ),
            (entry(ADAPTER, "adapter", &[], &[]), "needs responders"),
            (
                entry(ADAPTER, "adapter", &["*"], &["hackney"]),
                "remove courts",
            ),
            (
                entry(ADAPTER, "adapter", &[], &["Hackney!"]),
                "responder \"Hackney!\": expected",
            ),
        ];
        for (bad, words) in rows {
            check_refused(&[bad], words);
        }
        check_refused(&[officer.clone(), officer], "identity 2");
        check_refused(
            &vec![entry("", "", &[], &[]); IDENTITIES_MAX + 1],
            "at most 10000",
        );
    }

    #[test]
    fn a_person_is_one_line_and_never_printed() {
        let mut named = entry(OFFICER, "officer", &["*"], &[]);
        for (name, words) in [
            ("", "must not be empty"),
            ("A\nB", "one line"),
            (&"x".repeat(201), "one line"),
        ] {
            let person = PersonEntry {
                name: name.into(),
                post: String::new(),
                contact: String::new(),
            };
            named.person = Some(person);
            check_refused(&[named.clone()], words);
        }
        named.person = Some(PersonEntry {
            name: "Zxqv Canary".into(),
            post: "Desk".into(),
            contact: String::new(),
        });
        assert!(!format!("{named:?}").contains("Canary"));
        let table = IdentityTable::new(&[named]).unwrap();
        let actor = table.actor(&ClientId::parse(OFFICER).unwrap()).unwrap();
        assert_eq!(actor.person.as_ref().unwrap().name, "Zxqv Canary");
    }

    #[test]
    fn unknown_keys_are_refused() {
        let text = "uri = \"spiffe://a/b\"\nrole = \"officer\"\ncourt = [\"*\"]";
        let error = toml::from_str::<IdentityEntry>(text).unwrap_err();
        assert!(
            error.to_string().contains("unknown field `court`"),
            "{error}"
        );
    }

    #[test]
    fn a_replaced_table_holds_at_once_and_is_announced() {
        let table = |uri| IdentityTable::new(&[entry(uri, "officer", &["*"], &[])]).unwrap();
        let identities = Identities::new(table(OFFICER));
        let changes = identities.changes();
        let client = ClientId::parse(OFFICER).unwrap();
        assert!(identities.know(&client));
        identities.replace(table("spiffe://usher.example/other"));
        assert!(!identities.know(&client));
        assert_eq!(identities.actor(&client), None);
        assert!(changes.has_changed().unwrap());
    }
}
