//! Requests to one system: limits on time and size, what is tried again and what is not, and errors that hold nothing of a request.

use super::login::Login;
use super::{Settings, Tls};
use crate::adapter::connector::Trouble;
use crate::adapter::mapping::{Fault, Page};
use crate::clock::Clock;
use crate::ids::Ids;
use crate::pki::files;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Client, Identity, RequestBuilder, StatusCode, Url, redirect};
use serde::Deserialize;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use toml::Spanned;

/// How often one request is sent where the system is busy or not there.
const TRIES_MAX: u32 = 3;
/// The wait before the second try; before the third it is twice as long. Each is varied by half.
const RETRY_WAIT: Duration = Duration::from_millis(500);
/// Whoever wants to be left alone for longer is asked again by the runtime, in its own time.
const RETRY_AFTER_SECONDS_MAX: u64 = 20;
/// Connections that are kept open.
const IDLE_CONNECTIONS_MAX: usize = 4;

const SECONDS_MAX: u64 = 300;
const ANSWER_BYTES_LIMIT: usize = 64 * 1_024 * 1_024;

/// How long and how much one request may take.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// To connect, in seconds: 1 to 300.
    pub connect_seconds: u64,
    /// From the beginning to the last byte of the answer, in seconds: 1 to 300.
    pub whole_seconds: u64,
    /// Bytes of an answer, at most 64 MiB.
    pub answer_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_seconds: 5,
            whole_seconds: 20,
            answer_bytes_max: 4 * 1_024 * 1_024,
        }
    }
}

/// One system, and the connections to it.
pub(super) struct Http {
    client: Client,
    base: Url,
    probe: Option<Url>,
    login: Login,
    answer_bytes_max: usize,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Http {
    pub(super) fn new(
        settings: &Settings,
        page: &Page,
        clock: &Arc<dyn Clock>,
        ids: &Arc<dyn Ids>,
    ) -> Result<Self, Fault> {
        let mut base = url(&settings.base, page)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let at = settings.base.span().start;
        let Limits {
            connect_seconds,
            whole_seconds,
            answer_bytes_max,
        } = settings.limits;
        let seconds = 1..=SECONDS_MAX;
        let in_bounds = seconds.contains(&connect_seconds)
            && seconds.contains(&whole_seconds)
            && (1..=ANSWER_BYTES_LIMIT).contains(&answer_bytes_max);
        if !in_bounds {
            let remedy = "write 1 to 300 seconds, and at most 67108864 bytes";
            return Err(page.fault(at, "a limit that is none", remedy));
        }
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(connect_seconds))
            .timeout(Duration::from_secs(whole_seconds))
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX);
        if let Some(proxy) = &settings.proxy {
            let proxy_at = proxy.span().start;
            let proxy = reqwest::Proxy::all(proxy.get_ref().as_str()).map_err(|_| {
                page.fault(
                    proxy_at,
                    "not a proxy",
                    "write one such as http://proxy.example:3128",
                )
            })?;
            builder = builder.proxy(proxy);
        }
        builder = with_tls(builder, &settings.tls, at, page)?;
        let client = builder.build().map_err(|_| {
            let remedy = "check that the files of [connector.tls] belong together";
            page.fault(at, "no TLS client can be made", remedy)
        })?;
        let probe = settings.probe.as_deref().map(|path| join(&base, path));
        Ok(Self {
            client,
            probe: probe
                .transpose()
                .map_err(|what| page.fault(at, what, PATH_REMEDY))?,
            login: Login::new(settings.oauth2.as_ref(), settings.api_key.as_ref(), page)?,
            base,
            answer_bytes_max,
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The address of `path` below the base.
    pub(super) fn address(&self, path: &Spanned<String>, page: &Page) -> Result<Url, Fault> {
        join(&self.base, path.get_ref())
            .map_err(|what| page.fault(path.span().start, what, PATH_REMEDY))
    }

    /// Sends `request` with the login, and reads the answer as JSON.
    pub(super) async fn ask(
        &self,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<serde_json::Value, Trouble> {
        let (status, body) = self.send(request).await?;
        if !status.is_success() {
            return Err(refusal(status));
        }
        serde_json::from_slice(&body).map_err(|_| Trouble::Unreadable {
            what: "the system answers something that is not JSON".into(),
            remedy: "check the path, and the system".into(),
        })
    }

    /// Whether the system answers.
    pub(super) async fn probe(&self) -> Result<(), Trouble> {
        let url = self.probe.as_ref().unwrap_or(&self.base);
        let (status, _) = self.send(|client| client.get(url.clone())).await?;
        let works = match &self.probe {
            Some(_) => status.is_success(),
            None => !status.is_server_error(),
        };
        if works { Ok(()) } else { Err(refusal(status)) }
    }

    /// Sends `request` with the login; where it is refused, once more with a new one.
    async fn send(
        &self,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), Trouble> {
        let mut refused = None;
        loop {
            let header = self.login.header(self).await?;
            let with_login = |client: &Client| {
                let request = request(client);
                match &header {
                    Some((name, value)) => request.header(name, value),
                    None => request,
                }
            };
            let answer = self
                .exchange("the system", self.answer_bytes_max, with_login)
                .await?;
            let value = header.map(|(_, value)| value);
            if answer.0 != StatusCode::UNAUTHORIZED || value.is_none() || refused.is_some() {
                return Ok(answer);
            }
            if let Some(value) = &value {
                self.login.forget(value).await;
            }
            refused = value;
        }
    }

    /// Sends `request` until it is answered, as often as may be, and reads the answer. What is busy or cannot be connected to has
    /// done nothing with it, so it may have it again; what was sent and not answered in time is not sent again.
    pub(super) async fn exchange(
        &self,
        what: &'static str,
        bytes_max: usize,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), Trouble> {
        let mut tried = 1;
        loop {
            let wait = match request(&self.client).send().await {
                Ok(answer) if is_busy(answer.status()) => {
                    let asked = retry_after(answer.headers(), self.now());
                    asked.unwrap_or_else(|| self.jittered(tried))
                }
                Ok(answer) => return self.read(what, bytes_max, answer).await,
                Err(error) => match failure(what, error) {
                    (true, Trouble::Passing { .. }) => self.jittered(tried),
                    (_, trouble) => return Err(trouble),
                },
            };
            if tried == TRIES_MAX || wait > Duration::from_secs(RETRY_AFTER_SECONDS_MAX) {
                return Err(Trouble::Passing { what, source: None });
            }
            tried += 1;
            tokio::time::sleep(wait).await;
        }
    }

    async fn read(
        &self,
        what: &'static str,
        bytes_max: usize,
        mut answer: reqwest::Response,
    ) -> Result<(StatusCode, Vec<u8>), Trouble> {
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| failure(what, error).1)?
        {
            if body.len() + chunk.len() > bytes_max {
                return Err(Trouble::Unreadable {
                    what: format!("{what} answers with more than {bytes_max} bytes"),
                    remedy: "let it answer with less, or raise answer_bytes_max".into(),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, body))
    }

    /// The wait after so many tries, varied so that adapters do not come back all at once.
    fn jittered(&self, tried: u32) -> Duration {
        let random = self.ids.next().as_u128() % 1_000;
        let part = u32::try_from(random).unwrap_or_default();
        let wait = RETRY_WAIT * 2_u32.pow(tried - 1);
        wait / 2 + wait * part / 1_000
    }
}

const PATH_REMEDY: &str = "write a path below `base`, such as people/search";

/// An address that may be spoken to: HTTPS, or HTTP to this machine; without a name, a password, a query.
pub(super) fn url(written: &Spanned<String>, page: &Page) -> Result<Url, Fault> {
    let fault = |what| {
        let remedy = "write one such as https://care.example.gov.uk/api";
        page.fault(written.span().start, what, remedy)
    };
    let url = Url::parse(written.get_ref()).map_err(|_| fault("not an address"))?;
    let here = match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse()
            .is_ok_and(|ip: std::net::Ipv4Addr| ip.is_loopback()),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && here) {
        return Err(fault("an address without TLS"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fault("an address with a name or password in it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("an address with a query in it"));
    }
    Ok(url)
}

/// `path` below `base`, and nowhere else.
fn join(base: &Url, path: &str) -> Result<Url, &'static str> {
    let mut url = base.clone();
    let path = path.trim_start_matches('/');
    if path.split('/').any(|part| part == "." || part == "..") || path.contains(['?', '#', '%']) {
        return Err("not a path");
    }
    url.set_path(&format!("{}{path}", base.path()));
    Ok(url)
}

fn with_tls(
    mut builder: reqwest::ClientBuilder,
    tls: &Tls,
    at: usize,
    page: &Page,
) -> Result<reqwest::ClientBuilder, Fault> {
    let unread = |error: files::FileError| page.fault(at, error.to_string(), "then start again");
    let unfit = |what: &str| {
        let what = format!("{what} is not PEM that can be read");
        page.fault(at, what, "check the files of [connector.tls]")
    };
    if let Some(path) = &tls.ca {
        let pem = files::read(path).map_err(unread)?;
        let authorities = Certificate::from_pem_bundle(&pem).ok();
        let authorities = authorities.filter(|authorities| !authorities.is_empty());
        builder = builder.tls_certs_only(authorities.ok_or_else(|| unfit("ca"))?);
    }
    match (&tls.certificate, &tls.key) {
        (Some(certificate), Some(key)) => {
            let mut pem = files::read_private(key).map_err(unread)?;
            pem.push(b'\n');
            pem.extend(files::read(certificate).map_err(unread)?);
            let identity = Identity::from_pem(&pem).map_err(|_| unfit("certificate or key"))?;
            Ok(builder.identity(identity))
        }
        (None, None) => Ok(builder),
        _ => {
            let what = "a certificate without its key, or a key without its certificate";
            Err(page.fault(at, what, "write both or neither"))
        }
    }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// How long the system wants to be left alone: seconds, or a moment.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(moment.duration_since(now).try_into().unwrap_or_default())
}

/// What a status that is no success means.
fn refusal(status: StatusCode) -> Trouble {
    let lasting = |what: &str, remedy: &str| Trouble::Lasting {
        what: format!("the system {what} ({})", status.as_u16()),
        remedy: remedy.into(),
    };
    match status.as_u16() {
        300..=399 => lasting(
            "sends elsewhere",
            "write the address it sends to under `base`",
        ),
        401 => lasting(
            "does not accept the login",
            "check the login with whoever runs it",
        ),
        403 => lasting(
            "does not allow this",
            "ask whoever runs it for the right to search",
        ),
        404 => lasting("has no such path", "check `base` and the path"),
        408 | 429 | 500..=599 => Trouble::Passing {
            what: "the system",
            source: None,
        },
        _ => lasting(
            "does not understand the request",
            "check the request's expressions",
        ),
    }
}

/// A failure on the way, and whether the system has seen nothing of the request. The address goes: a query may hold data of people.
fn failure(what: &'static str, error: reqwest::Error) -> (bool, Trouble) {
    let error = error.without_url();
    let unsent = error.is_connect();
    let refused = |why: &str, remedy: &str| Trouble::Lasting {
        what: format!("{what} {why}"),
        remedy: remedy.into(),
    };
    let trouble = match tls_failure(&error) {
        Some(rustls::Error::AlertReceived(_)) => refused(
            "refuses the TLS connection",
            "check `certificate` and `key` with whoever runs it",
        ),
        Some(_) => refused(
            "shows a certificate that is not trusted",
            "check `ca` and the address",
        ),
        None => Trouble::Passing {
            what,
            source: Some(Box::new(error)),
        },
    };
    (unsent, trouble)
}

/// What TLS says of a failure, however deep it lies.
fn tls_failure<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref().and_then(std::io::Error::get_ref);
        let found = error.downcast_ref().or_else(|| inner?.downcast_ref());
        if found.is_some() {
            return found;
        }
        next = error
            .source()
            .or_else(|| Some(inner? as &(dyn Error + 'static)));
    }
    None
}
