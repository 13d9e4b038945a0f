//! Connector to a system with an HTTPS interface of JSON: `kind = "rest"`.
//!
//! Two forms. A system that is searched gives records, which usher compares itself: [`Rest::Source`]. A system that compares by itself is
//! asked whether it knows somebody: [`Rest::Connector`], with the preset `mais` for the national data exchange standard. Requests and
//! answers are mapped by expressions ([`mapping`]), compiled and tried on a sample at the start.
//!
//! It sends nothing but what the configuration's expressions name, and they see only who is wanted and which check it is. It follows no
//! redirect, speaks without TLS to its own machine alone, and puts nothing of a request or an answer into an error.

mod http;
mod login;
mod question;
mod request;
mod search;

pub use http::Limits;
pub use login::{ApiKey, OAuth2};
pub use question::{Preset, Settings as Question};
pub use request::Method;
pub use search::{Part, Settings as Search};

use super::connector::{Connector, Source, Trouble};
use super::mapping::{self, Fault, Page, Written};
use crate::clock::Clock;
use crate::ids::Ids;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// What a configuration says of one such system.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its name in logs and health.
    #[serde(default = "name")]
    pub name: String,
    /// Where its interface begins, such as `https://care.example.gov.uk/api`. HTTPS, or HTTP to this machine.
    pub base: Spanned<String>,
    /// The proxy through which the borough lets programs out, such as `http://proxy.example.gov.uk:3128`. The environment is not read.
    pub proxy: Option<Spanned<String>>,
    /// How long and how much.
    #[serde(default)]
    pub limits: Limits,
    /// Whose certificates are trusted, and with which one usher shows itself.
    #[serde(default)]
    pub tls: Tls,
    /// Login by `OAuth2` client credentials.
    pub oauth2: Option<OAuth2>,
    /// Login by a key in a header.
    pub api_key: Option<ApiKey>,
    /// A path that answers 2xx while the system works. Without this any answer below 500 counts.
    pub probe: Option<String>,
    /// Whether whom it does not find is certainly not there, although it was not searched for every mistake, or compares by itself. The
    /// borough answers for that; without it such absences are left to people.
    #[serde(default)]
    pub absent_is_certain: bool,
    /// A system that compares by itself: what it is asked.
    pub question: Option<Question>,
    /// A system that is searched: the ways to search.
    #[serde(default)]
    pub search: Vec<Search>,
    /// A system that is searched: how a record becomes somebody.
    pub record: Option<mapping::Settings>,
    /// Its code tables.
    #[serde(default)]
    pub codes: mapping::CodeSettings,
    /// An answer of the system as JSON, of invented people, on which every expression is tried at the start.
    pub sample: Option<Written>,
}

/// Certificates of one connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Authorities that the system's certificate may come from, PEM; without this the machine's own.
    pub ca: Option<PathBuf>,
    /// The certificate with which usher shows itself, PEM with its chain.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM, readable by its owner only.
    pub key: Option<PathBuf>,
}

fn name() -> String {
    "rest".into()
}

impl Settings {
    /// Makes its paths relative to `folder`, where the configuration lies.
    pub fn resolve(&mut self, folder: &Path) {
        let paths = [
            self.tls.ca.as_mut(),
            self.tls.certificate.as_mut(),
            self.tls.key.as_mut(),
            self.oauth2
                .as_mut()
                .map(|login| &mut login.client_secret_file),
            self.api_key.as_mut().map(|login| &mut login.key_file),
        ];
        for path in paths.into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }
}

/// A system, in one of the two forms.
pub enum Rest {
    /// Its records are compared by usher.
    Source(Box<dyn Source>),
    /// It compares by itself.
    Connector(Box<dyn Connector>),
}

/// The system that `settings` of `page` describe. Nothing is sent yet.
///
/// # Errors
/// Everything that is wrong with the settings, or with the files they name.
pub fn connector(
    settings: &Settings,
    page: &Page,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
) -> Result<Rest, Vec<Fault>> {
    let http = http::Http::new(settings, page, clock, ids).map_err(|fault| vec![fault])?;
    let at = settings.base.span().start;
    match (&settings.question, settings.search.is_empty()) {
        (Some(question), true) => {
            let asked = question::Asked::new(question, settings, http, page)?;
            Ok(Rest::Connector(Box::new(asked)))
        }
        (None, false) => Ok(Rest::Source(Box::new(search::Searched::new(
            settings, http, page,
        )?))),
        _ => Err(vec![page.fault(
            at,
            "neither a question nor a search, or both",
            "write one [connector.question], or [[connector.search]] and a [connector.record]",
        )]),
    }
}

/// The sample of an answer that the configuration gives; `at` is where one is missing.
fn sample(sample: Option<&Written>, at: usize, page: &Page) -> Result<serde_json::Value, Fault> {
    let Some(sample) = sample else {
        let remedy = "write one as JSON under `sample`, of invented people";
        return Err(page.fault(at, "no sample of an answer", remedy));
    };
    serde_json::from_str(sample.get_ref()).map_err(|error| {
        let what = format!("the sample is not JSON (its line {})", error.line());
        page.fault(sample.span().start, what, "correct it")
    })
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Unreadable {
            what: format!(
                "{}:{}:{}: {}",
                fault.path.display(),
                fault.line,
                fault.column,
                fault.what
            ),
            remedy: fault.remedy,
        }
    }
}
