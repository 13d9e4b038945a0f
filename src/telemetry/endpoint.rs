//! The metrics and health port: `GET /metrics` (`OpenMetrics` text), `/livez` (the process answers), `/readyz` (it can
//! serve). Plain HTTP, by default on loopback alone; it tells nothing about people.

use super::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::limit::GlobalConcurrencyLimitLayer;

/// What `OpenMetrics` text is called.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Requests served at once: a collector and an orchestrator, several times over.
const REQUESTS_MAX: usize = 16;

/// Whether the broker can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It can, and somebody should look at this.
    ReadyBut(String),
    /// It cannot now, and why: starting, draining, store out of reach.
    NotReady(&'static str),
}

/// Tells whether the program can serve.
type Ready = Arc<dyn Fn() -> Readiness + Send + Sync>;

/// The routes of the port.
pub fn router(
    metrics: Arc<Metrics>,
    ready: impl Fn() -> Readiness + Send + Sync + 'static,
) -> Router {
    let metrics = Router::new()
        .route("/metrics", get(show_metrics))
        .with_state(metrics);
    bounded(health(Arc::new(ready)).merge(metrics))
}

fn health(ready: Ready) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(show_readiness))
        .with_state(ready)
}

fn bounded(router: Router) -> Router {
    router.layer(GlobalConcurrencyLimitLayer::new(REQUESTS_MAX))
}

/// Serves the port until `stop` is cancelled.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    ready: impl Fn() -> Readiness + Send + Sync + 'static,
    stop: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, router(metrics, ready))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

/// As [`serve`], of a program that keeps no metrics: its health alone.
///
/// # Errors
/// When the listener fails.
pub async fn serve_health(
    listener: TcpListener,
    ready: impl Fn() -> Readiness + Send + Sync + 'static,
    stop: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, bounded(health(Arc::new(ready))))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

async fn show_metrics(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.encode() {
        Ok(page) => ([(header::CONTENT_TYPE, OPEN_METRICS)], page).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn show_readiness(State(ready): State<Ready>) -> Response {
    match ready() {
        Readiness::Ready => "ready\n".into_response(),
        Readiness::ReadyBut(what) => format!("ready\n{what}\n").into_response(),
        Readiness::NotReady(why) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn ask(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn the_port_shows_metrics_and_health_and_stops() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let now = Arc::new(Mutex::new(Readiness::NotReady("starting")));
        let shown = Arc::clone(&now);
        let ready = move || shown.lock().unwrap().clone();
        let metrics = Arc::new(Metrics::new([]));
        metrics.alerts_open.set(5);
        let port = tokio::spawn(serve(listener, metrics, ready, stop.clone()));
        let check = async |request: &str, words: &[&str]| {
            let answer = ask(address, request).await;
            for word in words {
                assert!(answer.contains(word), "{request}: {answer}");
            }
        };
        check("GET /livez", &["200 OK", "ok\n"]).await;
        check("GET /readyz", &["503 Service Unavailable", "starting\n"]).await;
        *now.lock().unwrap() = Readiness::ReadyBut("look at this".into());
        check("GET /readyz", &["200 OK", "ready\nlook at this\n"]).await;
        *now.lock().unwrap() = Readiness::Ready;
        check("GET /readyz", &["200 OK", "ready\n"]).await;
        check(
            "GET /metrics",
            &["200 OK", OPEN_METRICS, "usher_alerts_open 5\n", "# EOF\n"],
        )
        .await;
        check("POST /metrics", &["405 Method Not Allowed"]).await;
        check("GET /other", &["404 Not Found"]).await;
        stop.cancel();
        port.await.unwrap().unwrap();
    }
}
