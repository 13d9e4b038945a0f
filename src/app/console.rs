//! The console as part of an app: from its settings to an open port.

use super::AppError;
use crate::auth::Groups;
use crate::broker::Broker;
use crate::config::settings::Config;
use crate::console::{self, Oidc, OidcError, Persona, Server, Settings, SignIn, SignInBy};
use crate::lifecycle::Lifecycle;
use crate::pki::files::{self, FileError};
use crate::rpc::tls::Reloader;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use usher_domain::actor::Person;

/// Everything that a console is made of, but for the broker.
pub struct ConsoleParts {
    /// Its port and the lengths of its sessions.
    pub settings: Settings,
    /// What people in which groups may be.
    pub groups: Arc<Groups>,
    /// How they sign in.
    pub sign_in: SignIn,
}

/// Why there is no console although one is wanted.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The identity provider's settings.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// The file of the client's secret, or of the provider's authorities.
    #[error(transparent)]
    File(#[from] FileError),
}

impl ConsoleParts {
    /// The console of `config`; none where nobody signs in. The files of the identity provider are read.
    ///
    /// # Errors
    /// When a setting of the provider is missing, or a file cannot be read.
    pub fn of(config: &Config, groups: &Arc<Groups>) -> Result<Option<Self>, ConsoleError> {
        let settings = config.console.clone();
        let sign_in = match settings.sign_in {
            SignInBy::Off => return Ok(None),
            SignInBy::Personas => SignIn::Personas(personas(&settings)),
            SignInBy::Oidc => SignIn::Oidc(Box::new(oidc(&settings)?)),
        };
        Ok(Some(Self {
            settings,
            groups: Arc::clone(groups),
            sign_in,
        }))
    }
}

fn oidc(settings: &Settings) -> Result<Oidc, ConsoleError> {
    let oidc = &settings.oidc;
    let file = oidc.client_secret_file.as_deref();
    let secret = files::read_private(file.ok_or(OidcError::Missing("oidc.client_secret_file"))?)?;
    let secret = String::from_utf8_lossy(&secret).trim().to_owned();
    let authorities = oidc.ca.as_deref().map(files::read).transpose()?;
    let base = settings.public_url.as_deref();
    Ok(Oidc::new(oidc, base, secret, authorities.as_deref())?)
}

/// One for each group.
fn personas(settings: &Settings) -> Vec<Persona> {
    let mut personas: Vec<Persona> = Vec::new();
    for entry in &settings.groups {
        if personas.iter().all(|one| one.group != entry.group) {
            personas.push(Persona {
                group: entry.group.clone(),
                person: Person {
                    name: format!("Somebody of {}", entry.group),
                    ..Person::default()
                },
                about: format!(
                    "As {}, for {}",
                    entry.role,
                    scope(&entry.courts, &entry.responders)
                ),
            });
        }
    }
    personas
}

fn scope(courts: &[String], responders: &[String]) -> String {
    match (courts, responders) {
        ([every], _) if every == "*" => "every court".into(),
        ([], responders) => responders.join(", "),
        (courts, _) => format!("courts {}", courts.join(", ")),
    }
}

/// A console that has its port and does not serve yet.
pub(super) struct Console {
    parts: ConsoleParts,
    server: Server,
}

impl Console {
    /// Takes the port.
    pub(super) async fn open(parts: ConsoleParts, tls: &Arc<Reloader>) -> Result<Self, AppError> {
        let (listen, most) = (parts.settings.listen, parts.settings.connections_max);
        let tls = Arc::clone(tls);
        let server = Server::bind(listen, most, move || tls.current().console()).await;
        let server = server.map_err(|source| AppError::Listen {
            address: listen,
            source,
        })?;
        Ok(Self { parts, server })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Serves as a task of `lifecycle` until it stops.
    pub(super) fn start(self, broker: &Arc<Broker>, lifecycle: &Lifecycle) {
        let Self { parts, server } = self;
        let stop = lifecycle.soft();
        let router = console::router(console::Parts {
            broker: Arc::clone(broker),
            groups: parts.groups,
            sign_in: parts.sign_in,
            settings: parts.settings,
            stop: stop.clone(),
        });
        lifecycle.spawn("console", async move {
            server.serve(router, stop).await;
            Ok::<(), Infallible>(())
        });
    }
}
