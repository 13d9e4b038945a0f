//! How usher shows that it may ask: a key in a header, or a token by `OAuth2` client credentials (RFC 6749, section 4.4).

use super::http::Http;
use crate::adapter::connector::Trouble;
use crate::adapter::mapping::{Fault, Page};
use crate::pki::files;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;
use toml::Spanned;

/// Bytes of the answer that holds a token.
const TOKEN_BYTES_MAX: usize = 64 * 1_024;
/// For how long a token holds whose server does not say.
const TOKEN_SECONDS_USUAL: u64 = 300;
/// Nothing is believed to hold longer.
const TOKEN_SECONDS_MAX: u64 = 86_400;
/// A token is not used so shortly before it ends, or in the last tenth of its time.
const TOKEN_SECONDS_LEFT_MIN: u64 = 30;

/// Login by `OAuth2` client credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// Where tokens are given. HTTPS, or HTTP to this machine.
    pub token_url: Spanned<String>,
    /// Who asks, as the system's administrator registered it.
    pub client_id: String,
    /// Holds the secret and nothing else; readable by its owner only. Read anew for each token.
    pub client_secret_file: PathBuf,
    /// What is asked for; may be absent.
    pub scope: Option<String>,
    /// Sends id and secret in the body, for servers that take no `Authorization` header.
    #[serde(default)]
    pub secret_in_body: bool,
}

/// Login by a key in a header.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The header, such as `X-Api-Key`.
    pub header: Spanned<String>,
    /// Holds the key and nothing else; readable by its owner only. Read anew when the system refuses the one before.
    pub key_file: PathBuf,
}

/// The login of one connector, and what it holds meanwhile.
pub(super) struct Login {
    kind: Kind,
    held: Mutex<Option<Held>>,
}

enum Kind {
    None,
    Key(HeaderName, PathBuf),
    Token(Url, OAuth2),
}

/// A header, and until when it is used.
#[derive(Clone)]
struct Held {
    value: HeaderValue,
    until: Timestamp,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    /// Seconds. Some servers write them as text.
    expires_in: Option<serde_json::Value>,
}

impl Token {
    fn seconds(&self) -> Option<u64> {
        let written = self.expires_in.as_ref()?;
        written.as_u64().or_else(|| written.as_str()?.parse().ok())
    }
}

impl Login {
    pub(super) fn new(
        oauth2: Option<&OAuth2>,
        api_key: Option<&ApiKey>,
        page: &Page,
    ) -> Result<Self, Fault> {
        let kind = match (oauth2, api_key) {
            (None, None) => Kind::None,
            (Some(oauth2), None) => {
                let url = super::http::url(&oauth2.token_url, page)?;
                let at = oauth2.token_url.span().start;
                secret(&oauth2.client_secret_file).map_err(|error| error.fault(at, page))?;
                Kind::Token(url, oauth2.clone())
            }
            (None, Some(api_key)) => {
                let at = api_key.header.span().start;
                let name = api_key.header.get_ref().parse().map_err(|_| {
                    page.fault(
                        at,
                        "not the name of a header",
                        "write one such as X-Api-Key",
                    )
                })?;
                secret(&api_key.key_file).map_err(|error| error.fault(at, page))?;
                Kind::Key(name, api_key.key_file.clone())
            }
            (Some(oauth2), Some(_)) => {
                let at = oauth2.token_url.span().start;
                return Err(page.fault(at, "two logins", "keep oauth2 or api_key"));
            }
        };
        Ok(Self {
            kind,
            held: Mutex::default(),
        })
    }

    /// The header to send; none where none is needed. One caller fetches a token, the others wait for it.
    pub(super) async fn header(
        &self,
        http: &Http,
    ) -> Result<Option<(HeaderName, HeaderValue)>, Trouble> {
        let mut held = self.held.lock().await;
        let fresh = held.clone().filter(|held| http.now() < held.until);
        let (name, now) = match &self.kind {
            Kind::None => return Ok(None),
            Kind::Key(name, path) => match fresh {
                Some(held) => return Ok(Some((name.clone(), held.value))),
                None => (name.clone(), key(path)?),
            },
            Kind::Token(url, login) => match fresh {
                Some(held) => return Ok(Some((AUTHORIZATION, held.value))),
                None => (AUTHORIZATION, token(http, url, login).await?),
            },
        };
        let value = now.value.clone();
        *held = Some(now);
        Ok(Some((name, value)))
    }

    /// Forgets `refused`, unless another has been fetched since.
    pub(super) async fn forget(&self, refused: &HeaderValue) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.value == *refused) {
            *held = None;
        }
    }
}

/// Why a secret cannot be used. Holds the file's name, never what is in it.
struct NoSecret {
    what: String,
    remedy: &'static str,
}

impl NoSecret {
    fn fault(self, at: usize, page: &Page) -> Fault {
        page.fault(at, self.what, self.remedy)
    }
}

impl From<NoSecret> for Trouble {
    fn from(error: NoSecret) -> Self {
        Self::Lasting {
            what: error.what,
            remedy: error.remedy.into(),
        }
    }
}

fn secret(path: &Path) -> Result<String, NoSecret> {
    let bytes = files::read_private(path).map_err(|error| NoSecret {
        what: error.to_string(),
        remedy: "then start again",
    })?;
    let text = String::from_utf8(bytes).ok();
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty() && !text.contains(char::is_control))
        .ok_or_else(|| NoSecret {
            what: format!("{} does not hold one line of text", path.display()),
            remedy: "put the secret there, and nothing else",
        })
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn key(path: &Path) -> Result<Held, Trouble> {
    let value = sensitive(&secret(path)?).ok_or_else(|| Trouble::Lasting {
        what: format!("{} holds what no header can carry", path.display()),
        remedy: "put the key there, and nothing else".into(),
    })?;
    Ok(Held {
        value,
        until: Timestamp::MAX,
    })
}

async fn token(http: &Http, url: &Url, login: &OAuth2) -> Result<Held, Trouble> {
    let secret = secret(&login.client_secret_file)?;
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(login.scope.as_deref().map(|scope| ("scope", scope)));
    if login.secret_in_body {
        form.push(("client_id", &login.client_id));
        form.push(("client_secret", &secret));
    }
    let request = |client: &reqwest::Client| {
        let request = client.post(url.clone()).form(&form);
        if login.secret_in_body {
            request
        } else {
            request.basic_auth(
                form_encoded(url, &login.client_id),
                Some(form_encoded(url, &secret)),
            )
        }
    };
    let asked = http.now();
    let (status, body) = http
        .exchange("the login server", TOKEN_BYTES_MAX, request)
        .await?;
    let refused = |what: &str, remedy: &str| Trouble::Lasting {
        what: format!("the login server {what}"),
        remedy: remedy.into(),
    };
    if !status.is_success() {
        let what = format!("refuses to give a token ({})", status.as_u16());
        let remedy = "check the client id, the secret's file and the scope with whoever runs it";
        return Err(refused(&what, remedy));
    }
    let token: Option<Token> = serde_json::from_slice(&body).ok();
    let held = token.and_then(|token| {
        let seconds = token
            .seconds()
            .unwrap_or(TOKEN_SECONDS_USUAL)
            .min(TOKEN_SECONDS_MAX);
        let left = TOKEN_SECONDS_LEFT_MIN.min(seconds / 10);
        let used = SignedDuration::from_secs(i64::try_from(seconds - left).ok()?);
        Some(Held {
            value: sensitive(&format!("Bearer {}", token.access_token))?,
            until: asked.checked_add(used).ok()?,
        })
    });
    held.ok_or_else(|| refused("gives no token that can be read", "check the token_url"))
}

/// `text` as RFC 6749 (2.3.1) wants ids and secrets before they are put together.
fn form_encoded(url: &Url, text: &str) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.query_pairs_mut().append_key_only(text);
    url.query().unwrap_or_default().to_owned()
}
