//! A borough's system with an HTTPS interface: TLS, logins, and answers that a test writes. It keeps what it was asked.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use usher::clock::{Clock, SystemClock};
use usher::pki::{Authority, IssueRequest, files, write_issued};

/// What the system was asked.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// What it answers.
pub(crate) enum Answer {
    /// A status, one header and a body.
    Says(u16, Option<(&'static str, String)>, String),
    /// Nothing at all.
    Hangs,
}

pub(crate) fn json(body: &serde_json::Value) -> Answer {
    Answer::Says(200, None, body.to_string())
}

pub(crate) fn status(status: u16) -> Answer {
    Answer::Says(status, None, String::new())
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    received: Vec<Received>,
    tokens: u32,
    token_seconds: u64,
    refused_tokens: Vec<String>,
}

/// The system. Its folder holds `ca.pem`, the client certificate `client.pem` and `client.key`, and `secret`.
pub(crate) struct Care {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<Script>>,
    task: JoinHandle<()>,
}

pub(crate) const SECRET: &str = "s3cret+/ of the client";

impl Care {
    pub(crate) async fn start() -> Self {
        Self::with_clients(false).await
    }

    /// Lets in only who shows a certificate of its authority.
    pub(crate) async fn with_clients(known: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemClock.now();
        let authority = Authority::create("care.example", now).unwrap();
        let server = IssueRequest::server("server", &["localhost", "127.0.0.1"], 30);
        let client = IssueRequest::client("client", "spiffe://care.example/usher", 30);
        for (name, request) in [("server", server), ("client", client)] {
            let issued = authority.issue(&request, now).unwrap();
            write_issued(&issued, name, folder.path(), false).unwrap();
        }
        let ca = authority.certificate_pem().as_bytes();
        files::write(&folder.path().join("ca.pem"), ca, false).unwrap();
        files::write_private(&folder.path().join("secret"), SECRET.as_bytes(), false).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(Script {
            token_seconds: 300,
            ..Script::default()
        }));
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&script));
        let listener = Tls {
            listener,
            acceptor: TlsAcceptor::from(Arc::new(tls(folder.path(), known))),
        };
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self {
            folder,
            address,
            script,
            task,
        }
    }

    /// Answers so, after what it was told before; what is asked beyond is answered with 418.
    pub(crate) fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.lock().unwrap().answers.extend(answers);
    }

    /// For how long its tokens hold.
    pub(crate) fn token_seconds(&self, seconds: u64) {
        self.script.lock().unwrap().token_seconds = seconds;
    }

    /// Accepts no token that it has given so far.
    pub(crate) fn refuse_tokens(&self) {
        let mut script = self.script.lock().unwrap();
        script.refused_tokens = (1..=script.tokens)
            .map(|number| format!("Bearer token-{number}"))
            .collect();
    }

    /// How many tokens it has given.
    pub(crate) fn tokens(&self) -> u32 {
        self.script.lock().unwrap().tokens
    }

    /// What it was asked since this was last called, requests for tokens aside.
    pub(crate) fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.script.lock().unwrap().received)
    }
}

impl Drop for Care {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let answer = {
        let mut script = script.lock().unwrap();
        if uri.path() == "/token" {
            token(&mut script, &headers, &body)
        } else {
            let login = headers
                .get("authorization")
                .map(|value| value.to_str().unwrap().to_owned());
            let refused = login.is_some_and(|login| script.refused_tokens.contains(&login));
            script.received.push(Received {
                method,
                uri,
                headers,
                body,
            });
            if refused {
                status(401)
            } else {
                script.answers.pop_front().unwrap_or_else(|| status(418))
            }
        }
    };
    let Answer::Says(status, header, body) = answer else {
        tokio::time::sleep(Duration::from_secs(600)).await;
        unreachable!("nobody waits so long");
    };
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    if let Some((name, value)) = header {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).unwrap()
}

/// The token endpoint of RFC 6749: id and secret, encoded as forms are, in the header.
fn token(script: &mut Script, headers: &HeaderMap, body: &str) -> Answer {
    // "client+1" and the secret, as forms are encoded, joined by a colon.
    let right = "Basic Y2xpZW50JTJCMTpzM2NyZXQlMkIlMkYrb2YrdGhlK2NsaWVudA==";
    if headers
        .get("authorization")
        .is_none_or(|login| login != right)
    {
        return Answer::Says(401, None, r#"{"error":"invalid_client"}"#.into());
    }
    assert_eq!(body, "grant_type=client_credentials&scope=people.read");
    script.tokens += 1;
    json(&serde_json::json!({
        "access_token": format!("token-{}", script.tokens),
        "token_type": "Bearer",
        "expires_in": script.token_seconds,
    }))
}

fn tls(folder: &Path, clients: bool) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if clients {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap();
        roots.add(ca).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let certificate = CertificateDer::from_pem_file(folder.join("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    builder.with_single_cert(vec![certificate], key).unwrap()
}

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
