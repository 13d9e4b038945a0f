//! A browser without scripts, at the console of a broker: it keeps one cookie, follows the redirects that follow a form, and says what a
//! page says.

use super::Kit;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Certificate, Client, RequestBuilder, StatusCode, redirect};
use std::net::SocketAddr;
use std::sync::Arc;
use usher::app::ConsoleParts;
use usher::auth::{GroupEntry, GroupTable, Groups};
use usher::console::{OidcSettings, Persona, Settings, SignIn, SignInBy};
use usher_domain::actor::Person;

/// Whom a browser may sign in as: group, role, courts, responders. Of [`super::words`], the office of `COURT` and Hackney's desk.
const GROUPS: [(&str, &str, &[&str], &[&str]); 8] = [
    ("officer", "officer", &["B01IX"], &[]),
    ("officer-elsewhere", "officer", &["B01DU"], &[]),
    ("manager", "manager", &["B01IX"], &[]),
    ("desk", "adapter", &[], &["hackney"]),
    ("desk-elsewhere", "adapter", &[], &["camden"]),
    ("operator", "operator", &["*"], &[]),
    ("operator-too", "operator", &["*"], &[]),
    ("inspector", "inspector", &["*"], &[]),
];
/// Redirects after one form.
const REDIRECTS_MAX: usize = 5;

/// A console that lets people choose whom to be.
pub(crate) fn personas(idle_minutes: u64) -> ConsoleParts {
    let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    let entries = GROUPS.map(|(group, role, courts, responders)| GroupEntry {
        group: group.into(),
        role: role.into(),
        courts: owned(courts),
        responders: owned(responders),
    });
    let persona = |(group, ..): &(&str, &str, &[&str], &[&str])| Persona {
        group: (*group).into(),
        person: Person {
            name: format!("Petra {group}"),
            post: "Test".into(),
            contact: String::new(),
        },
        about: String::new(),
    };
    ConsoleParts {
        settings: Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            sign_in: SignInBy::Personas,
            public_url: None,
            idle_minutes,
            absolute_hours: 10,
            connections_max: 64,
            oidc: OidcSettings {
                issuer: None,
                client_id: None,
                client_secret_file: None,
                ca: None,
                groups_claim: String::new(),
            },
            groups: Vec::new(),
        },
        groups: Arc::new(Groups::new(GroupTable::new(&entries).unwrap())),
        sign_in: SignIn::Personas(GROUPS.iter().map(persona).collect()),
    }
}

impl Kit {
    /// A browser in which somebody of this group has signed in.
    pub(crate) async fn signed_in(&self, group: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_in(group).await;
        browser
    }
}

pub(crate) struct Browser {
    client: Client,
    base: String,
    cookie: Option<String>,
}

/// What came of a request, after the redirects.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    /// Where it ended.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr, ca_pem: &str) -> Self {
        let ca = Certificate::from_pem(ca_pem.as_bytes()).unwrap();
        let client = Client::builder()
            .https_only(true)
            .tls_certs_only([ca])
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            client,
            base: format!("https://localhost:{}", address.port()),
            cookie: None,
        }
    }

    /// Where the console is, without a path.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// What the cookie is.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Goes on at `other`, which has the port after a restart, with the cookie that it has.
    pub(crate) fn go_on_at(&mut self, other: &Self) {
        self.base.clone_from(&other.base);
    }

    /// As another window: with a cookie of one's own choosing.
    pub(crate) fn with_cookie(&self, cookie: Option<String>) -> Self {
        Self {
            client: self.client.clone(),
            base: self.base.clone(),
            cookie,
        }
    }

    /// A request to `path` as this browser would make it, to be changed and sent by hand.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    pub(crate) async fn sign_in(&mut self, group: &str) {
        let shown = self.post("/sign-in", &[("persona", group)]).await;
        assert!(!shown.path.starts_with("/sign-in"), "{}", shown.path);
    }

    pub(crate) async fn get(&mut self, path: &str) -> Shown {
        let request = self.request("GET", path);
        self.follow(request, path).await
    }

    /// Sends a form as a browser does that shows it.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let request = self.request("POST", path).header("origin", &self.base);
        let request = request.header("sec-fetch-site", "same-origin").form(fields);
        self.follow(request, path).await
    }

    /// Opens the form at `path`, fills `fields` in, and sends it with its hidden fields.
    pub(crate) async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let form = self.get(path).await;
        assert_eq!(form.status, StatusCode::OK, "{path}: {}", form.html);
        self.send(path, &form, fields).await
    }

    /// Sends `fields` to `path`, and what `form` carries along hidden.
    pub(crate) async fn send(
        &mut self,
        path: &str,
        form: &Shown,
        fields: &[(&str, &str)],
    ) -> Shown {
        let hidden = form.hidden();
        let hidden = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| fields.iter().all(|(field, _)| field != name));
        let all: Vec<_> = hidden.chain(fields.iter().copied()).collect();
        self.post(path, &all).await
    }

    /// Sends `request` for `path`, and goes where the answers lead.
    pub(crate) async fn follow(&mut self, request: RequestBuilder, path: &str) -> Shown {
        let (mut request, mut path) = (request, path.to_owned());
        for _ in 0..REDIRECTS_MAX {
            let response = request.send().await.unwrap();
            for cookie in response.headers().get_all(SET_COOKIE) {
                let cookie = cookie.to_str().unwrap();
                let value = cookie.split(';').next().unwrap();
                self.cookie = (!cookie.contains("Max-Age=0")).then(|| value.to_owned());
            }
            let status = response.status();
            let headers = response.headers().clone();
            match headers.get(LOCATION) {
                Some(location) if status.is_redirection() => {
                    path = location.to_str().unwrap().to_owned();
                    request = self.request("GET", &path);
                }
                _ => {
                    let html = response.text().await.unwrap();
                    return Shown {
                        status,
                        path,
                        headers,
                        html,
                    };
                }
            }
        }
        panic!("{path} redirects for ever");
    }
}

impl Shown {
    /// Whether the page says `text`, as people read it: without tags.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The page without tags and with single spaces.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut is_tag = false;
        for c in self.html.chars() {
            match c {
                '<' => is_tag = true,
                '>' => {
                    is_tag = false;
                    text.push(' ');
                }
                c if !is_tag => text.push(c),
                _ => {}
            }
        }
        let text = text.replace("&#39;", "'").replace("&#38;", "&");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Where the link to the next page leads, where there is one.
    pub(crate) fn next(&self) -> Option<String> {
        let (before, _) = self.html.split_once("\" rel=\"next\"")?;
        let (_, link) = before.rsplit_once("href=\"")?;
        Some(link.replace("&#38;", "&"))
    }

    /// The hidden fields of its forms.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        let attribute = |tag: &str, name: &str| {
            let (_, rest) = tag.split_once(&format!("{name}=\""))?;
            Some(rest.split_once('"')?.0.replace("&#38;", "&"))
        };
        let tags = self.html.split("<input").skip(1);
        let hidden = tags.filter(|tag| tag.contains("type=\"hidden\""));
        let field = |tag: &str| Some((attribute(tag, "name")?, attribute(tag, "value")?));
        hidden.filter_map(field).collect()
    }
}
