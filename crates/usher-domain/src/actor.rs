//! Who acts: a client program by its certificate, the role and scope that the configuration gives it, and the person behind it.

use crate::code::{ClientId, CourtCode, ResponderId};
use core::fmt;

/// What an actor is, and so which commands it may give; see [`crate::permit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A court officer, or the system that acts for court officers.
    Officer,
    /// The officers' manager.
    Manager,
    /// A borough's adapter or desk.
    Adapter,
    /// Whoever watches overdue alerts for the whole service.
    Operator,
    /// Reads everything in scope and changes nothing; that it was shown something is kept.
    Inspector,
    /// The scheduler.
    Clock,
}

impl Role {
    /// Every role, in the order of the permission matrix.
    pub const ALL: [Self; 6] = [
        Self::Officer,
        Self::Manager,
        Self::Adapter,
        Self::Operator,
        Self::Inspector,
        Self::Clock,
    ];

    /// The role's name in configuration, history and the permission matrix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Manager => "manager",
            Self::Adapter => "adapter",
            Self::Operator => "operator",
            Self::Inspector => "inspector",
            Self::Clock => "clock",
        }
    }
}

/// A named person. Staff data, yet no `Debug` that prints it.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Person {
    /// The name, 1 to [`crate::limits::LINE_CHARS_MAX`] characters.
    pub name: String,
    /// The post, such as "Probation officer, court duty"; may be empty.
    pub post: String,
    /// Where to reach the person: telephone or monitored mailbox; may be empty.
    pub contact: String,
}

impl Person {
    /// Whether it may be `other`: the same name, and no post and no contact that both give and that differ; case and blanks do not
    /// matter. Clients name people as they know them, so that what one leaves out tells nobody apart.
    pub fn may_be(&self, other: &Self) -> bool {
        let words = |text: &str| -> String {
            let words: Vec<&str> = text.split_whitespace().collect();
            words.join(" ").to_lowercase()
        };
        let same = |one: &str, two: &str| words(one) == words(two);
        let agree =
            |one: &str, two: &str| one.trim().is_empty() || two.trim().is_empty() || same(one, two);
        same(&self.name, &other.name)
            && agree(&self.post, &other.post)
            && agree(&self.contact, &other.contact)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

/// The part of the probation service that asks.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Unit {
    /// The probation region; may be empty.
    pub region: String,
    /// The office or delivery unit; may be empty.
    pub office: String,
    /// The team; may be empty.
    pub team: String,
    /// A mailbox that is read when the officer is away; may be empty.
    pub mailbox: String,
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unit(..)")
    }
}

/// Which courts an actor belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Courts {
    /// Every court: operators, inspectors of the whole service.
    All,
    /// These courts only.
    Only(Vec<CourtCode>),
}

impl Courts {
    /// Whether `court` is among them.
    pub fn contain(&self, court: CourtCode) -> bool {
        match self {
            Self::All => true,
            Self::Only(courts) => courts.contains(&court),
        }
    }
}

/// Who gives a command or asks to see something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What it may do.
    pub role: Role,
    /// The program, by its certificate.
    pub client: ClientId,
    /// The courts it belongs to; empty for adapters.
    pub courts: Courts,
    /// The responders it answers for; empty for all but adapters.
    pub responders: Vec<ResponderId>,
    /// The person behind the program, as the program names them.
    pub person: Option<Person>,
}

impl Actor {
    /// The scheduler.
    pub fn clock() -> Self {
        Self {
            role: Role::Clock,
            client: ClientId::clock(),
            courts: Courts::All,
            responders: Vec::new(),
            person: None,
        }
    }

    /// Whether the actor answers for `responder`.
    pub fn answers_for(&self, responder: &ResponderId) -> bool {
        self.role == Role::Adapter && self.responders.contains(responder)
    }
}

/// Who did something, as events and records keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// In which role.
    pub role: Role,
    /// Through which program.
    pub client: ClientId,
    /// Which person, where one was named.
    pub person: Option<Person>,
}

impl By {
    /// Whether `actor` may be the same person, through whatever client and in whatever role; whoever is not named may be anybody.
    pub fn may_be(&self, actor: &Actor) -> bool {
        match (&self.person, &actor.person) {
            (Some(one), Some(other)) => one.may_be(other),
            _ => true,
        }
    }
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        Self {
            role: actor.role,
            client: actor.client.clone(),
            person: actor.person.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Person;

    #[test]
    fn people_are_told_apart_by_what_is_said_of_both() {
        let person = |[name, post, contact]: [&str; 3]| Person {
            name: name.into(),
            post: post.into(),
            contact: contact.into(),
        };
        let roe = ["R. Roe", "Probation officer", "roe@court.example"];
        for (other, same) in [
            (roe, true),
            (
                [" r. roe ", "PROBATION OFFICER", "Roe@court.example "],
                true,
            ),
            (["R. Roe", "", ""], true),
            (["R. Roe", " ", "roe@court.example"], true),
            (["R. Rowe", "", ""], false),
            (["R. Rowe", "Probation officer", "roe@court.example"], false),
            (["R. Roe", "Operator", "roe@court.example"], false),
            (["R. Roe", "", "rr@court.example"], false),
        ] {
            let (one, two) = (person(roe), person(other));
            assert_eq!(
                (one.may_be(&two), two.may_be(&one)),
                (same, same),
                "{other:?}"
            );
        }
    }
}
