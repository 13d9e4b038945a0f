//! The console of a demo that goes on running: whoever sits before it chooses whom to be, and takes part in the day.

use crate::app::ConsoleParts;
use crate::auth::{GroupEntry, GroupTable, Groups};
use crate::console::{OidcSettings, Persona, Settings, SignIn, SignInBy};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use usher_domain::actor::Person;
use usher_domain::code::ResponderId;

/// Where the console is, unless something else is there.
const PORT: u16 = 7080;
/// People may leave it open all day.
const HOURS: u64 = 24;
const CONNECTIONS_MAX: usize = 1_024;

/// The console: its port, and whom people may choose to be.
pub(super) struct Pages {
    settings: Settings,
    groups: Arc<Groups>,
    personas: Vec<Persona>,
}

impl Pages {
    /// On the usual port, or on another one where that is taken; `desk` is the borough whose people answer by hand.
    ///
    /// # Errors
    /// When no port can be had.
    pub(super) fn new(desk: &ResponderId, name: &str) -> anyhow::Result<Self> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let free = TcpListener::bind(local(PORT)).or_else(|_| TcpListener::bind(local(0)))?;
        let (entries, personas): (Vec<_>, Vec<_>) = cast(desk, name).into_iter().unzip();
        Ok(Self {
            settings: Settings {
                listen: free.local_addr()?,
                sign_in: SignInBy::Personas,
                public_url: None,
                idle_minutes: HOURS * 60,
                absolute_hours: HOURS,
                connections_max: CONNECTIONS_MAX,
                oidc: OidcSettings {
                    issuer: None,
                    client_id: None,
                    client_secret_file: None,
                    ca: None,
                    groups_claim: String::new(),
                },
                groups: Vec::new(),
            },
            groups: Arc::new(Groups::new(GroupTable::new(&entries)?)),
            personas,
        })
    }

    /// The address to type.
    pub(super) fn address(&self) -> String {
        format!("https://localhost:{}", self.settings.listen.port())
    }

    /// What an app is given.
    pub(super) fn parts(&self) -> ConsoleParts {
        ConsoleParts {
            settings: self.settings.clone(),
            groups: Arc::clone(&self.groups),
            sign_in: SignIn::Personas(self.personas.clone()),
        }
    }
}

/// Whom people may choose to be: nobody of these exists.
fn cast(desk: &ResponderId, borough: &str) -> Vec<(GroupEntry, Persona)> {
    let one = |role: &str, name: &str, post: &str, about: String| {
        let is_desk = role == "adapter";
        let entry = GroupEntry {
            group: role.into(),
            role: role.into(),
            courts: if is_desk { vec![] } else { vec!["*".into()] },
            responders: if is_desk {
                vec![desk.to_string()]
            } else {
                vec![]
            },
        };
        let person = Person {
            name: name.into(),
            post: post.into(),
            contact: "020 7946 0000".into(),
        };
        let group = entry.group.clone();
        (
            entry,
            Persona {
                group,
                person,
                about,
            },
        )
    };
    vec![
        one(
            "officer",
            "Ayesha Sample",
            "Court officer",
            "Asks, reads answers, records what was decided at court.".into(),
        ),
        one(
            "adapter",
            "Bola Sample",
            "Desk worker",
            format!("Answers for {borough}: takes checks on, asks back, answers."),
        ),
        one(
            "operator",
            "Carol Sample",
            "Operator",
            "Watches what is overdue in all courts, and sees that somebody looks after it.".into(),
        ),
        one(
            "manager",
            "Dev Sample",
            "Manager",
            "Sees what is outstanding, how much is asked and answered in time, and by whom.".into(),
        ),
        one(
            "inspector",
            "Ewa Sample",
            "Inspector",
            "Reads everything and changes nothing.".into(),
        ),
    ]
}
