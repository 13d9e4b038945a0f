//! What people may be who sign in to the console: the groups that the identity provider says they are in → [`Actor`].
//!
//! As with certificates, nothing is derived from the shape of a group's name: the table in the configuration gives it a role and a scope,
//! and whoever is in no group of the table is nobody. The table is looked up for every request.

use super::standing;
use arc_swap::ArcSwap;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use usher_domain::actor::{Actor, Courts, Person, Role};
use usher_domain::code::{ClientId, ResponderId};
use usher_domain::limits;

/// Groups of one table: every court and every responder of England and Wales several times over.
const GROUPS_MAX: usize = 10_000;

/// One group in the configuration: `[[console.groups]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// The group as the identity provider names it, 1 to [`limits::LINE_CHARS_MAX`] characters.
    pub group: String,
    /// `officer`, `manager`, `adapter` (a borough's desk), `operator` or `inspector`.
    pub role: String,
    /// Court OU codes, or `["*"]` for every court; empty for a desk, and for no other role.
    #[serde(default)]
    pub courts: Vec<String>,
    /// The responders that a desk answers for; empty for every other role.
    #[serde(default)]
    pub responders: Vec<String>,
}

/// Why a table of groups cannot be used. Every message names the entry and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// An entry says something that no group can be.
    #[error("group {number} ({group}): {problem}")]
    Entry {
        /// Which entry, counted from 1.
        number: usize,
        /// Its name as written.
        group: String,
        /// What is wrong and what a right one looks like.
        problem: String,
    },
    /// More entries than a table holds.
    #[error("{count} groups; a table holds at most {GROUPS_MAX}")]
    TooMany {
        /// How many there were.
        count: usize,
    },
}

/// Which group is what. Built once, whole and valid; replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupTable(Vec<(String, Standing)>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    role: Role,
    courts: Courts,
    responders: Vec<ResponderId>,
}

impl GroupTable {
    /// Reads the entries of the configuration. A group may stand in several, such as one for each role that its people have.
    ///
    /// # Errors
    /// When a name is empty or too long, or a role, court or responder cannot be read or does not go with the others.
    pub fn new(entries: &[GroupEntry]) -> Result<Self, GroupError> {
        if entries.len() > GROUPS_MAX {
            return Err(GroupError::TooMany {
                count: entries.len(),
            });
        }
        let mut table = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let refused = |problem| GroupError::Entry {
                number: index + 1,
                group: entry.group.clone(),
                problem,
            };
            let most = limits::LINE_CHARS_MAX;
            if entry.group.trim().is_empty() || entry.group.chars().count() > most {
                return Err(refused(format!(
                    "the name must have 1 to {most} characters"
                )));
            }
            let (role, courts, responders) =
                standing(&entry.role, &entry.courts, &entry.responders).map_err(refused)?;
            let standing = Standing {
                role,
                courts,
                responders,
            };
            table.push((entry.group.clone(), standing));
        }
        Ok(Self(table))
    }

    /// What `person`, who is in `groups`, may be: one actor for each role, with the scopes of all groups that have it.
    pub fn actors(&self, groups: &[String], person: &Person) -> Vec<Actor> {
        let mut actors: BTreeMap<Role, Actor> = BTreeMap::new();
        let theirs = self.0.iter().filter(|(group, _)| groups.contains(group));
        for (_, standing) in theirs {
            let actor = actors.entry(standing.role).or_insert_with(|| Actor {
                role: standing.role,
                client: ClientId::console(),
                courts: Courts::Only(Vec::new()),
                responders: Vec::new(),
                person: Some(person.clone()),
            });
            actor.courts = union(&actor.courts, &standing.courts);
            for responder in &standing.responders {
                if !actor.responders.contains(responder) {
                    actor.responders.push(responder.clone());
                }
            }
        }
        actors.into_values().collect()
    }

    /// Every responder that a desk of the table answers for; for checks against the directory.
    pub fn responders(&self) -> impl Iterator<Item = &ResponderId> {
        self.0.iter().flat_map(|(_, standing)| &standing.responders)
    }
}

fn union(one: &Courts, other: &Courts) -> Courts {
    match (one, other) {
        (Courts::Only(one), Courts::Only(other)) => {
            let new = other.iter().filter(|court| !one.contains(court));
            Courts::Only(one.iter().chain(new).copied().collect())
        }
        _ => Courts::All,
    }
}

/// The table in force, replaced without stopping anything.
#[derive(Debug, Default)]
pub struct Groups(ArcSwap<GroupTable>);

impl Groups {
    /// Puts `table` in force.
    pub fn new(table: GroupTable) -> Self {
        Self(ArcSwap::from_pointee(table))
    }

    /// As [`GroupTable::actors`], by the table in force.
    pub fn actors(&self, groups: &[String], person: &Person) -> Vec<Actor> {
        self.0.load().actors(groups, person)
    }

    /// Puts another table in force, from the next request on.
    pub fn replace(&self, table: GroupTable) {
        self.0.store(Arc::new(table));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_domain::code::CourtCode;

    fn entry(group: &str, role: &str, courts: &[&str], responders: &[&str]) -> GroupEntry {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        GroupEntry {
            group: group.into(),
            role: role.into(),
            courts: owned(courts),
            responders: owned(responders),
        }
    }

    fn person() -> Person {
        Person {
            name: "Zxqv Canary".into(),
            ..Person::default()
        }
    }

    #[test]
    fn scopes_of_one_role_join_and_roles_stay_apart() {
        let table = GroupTable::new(&[
            entry("city", "officer", &["B01IX"], &[]),
            entry("north", "officer", &["B01IX", "B01EF"], &[]),
            entry("north", "manager", &["B01EF"], &[]),
            entry("desk", "adapter", &[], &["hackney"]),
            entry("all", "operator", &["*"], &[]),
        ])
        .unwrap();
        let court = |text| CourtCode::parse(text).unwrap();
        let groups = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let actors = table.actors(&groups(&["city", "north", "unheard-of"]), &person());
        let [officer, manager] = actors.as_slice() else {
            panic!("{} actors", actors.len());
        };
        let both = Courts::Only(vec![court("B01IX"), court("B01EF")]);
        assert_eq!((officer.role, &officer.courts), (Role::Officer, &both));
        let north = Courts::Only(vec![court("B01EF")]);
        assert_eq!((manager.role, &manager.courts), (Role::Manager, &north));
        assert_eq!(officer.client, ClientId::console());
        assert_eq!(officer.person.as_ref().unwrap().name, "Zxqv Canary");
        let desk = &table.actors(&groups(&["desk"]), &person())[0];
        assert!(desk.answers_for(&ResponderId::parse("hackney").unwrap()));
        let operator = &table.actors(&groups(&["all"]), &person())[0];
        assert_eq!(operator.courts, Courts::All);
        assert!(table.actors(&groups(&["CITY"]), &person()).is_empty());
        assert!(table.actors(&[], &person()).is_empty());
    }

    #[test]
    fn what_no_group_can_be_is_refused_with_the_remedy() {
        let rows = [
            (entry(" ", "officer", &["*"], &[]), "1 to"),
            (entry("a", "judge", &["*"], &[]), "none of officer"),
            (entry("a", "officer", &[], &[]), "needs courts"),
            (entry("a", "adapter", &[], &[]), "needs responders"),
        ];
        for (bad, words) in rows {
            let error = GroupTable::new(&[bad]).unwrap_err().to_string();
            assert!(error.contains(words), "{error:?} does not say {words:?}");
        }
        let many = vec![entry("a", "operator", &["*"], &[]); GROUPS_MAX + 1];
        assert!(GroupTable::new(&many).is_err());
    }
}
