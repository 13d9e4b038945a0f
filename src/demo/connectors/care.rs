//! A small care system with an HTTP interface, on loopback: it finds people by birth, by the beginning of the family name and by postcode.

use super::System;
use super::families::Held;
use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// How the connector asks it.
const SETTINGS: &str = r#"
absent_is_certain = true
sample = '''
{ "people": [{ "id": "P1", "family": "Example", "given": "Ada", "born": "2015-02-03", "postcode": "E8 1EA", "plan": "2026-09-01",
  "worker": "Sam Worker" }] }
'''

[[connector.search]]
path = "people/search"
by = ["born"]
body = '{ "born": block.born }'
records = "answer.people"
page_size = 1000

[[connector.search]]
path = "people/search"
by = ["family"]
body = '{ "family": block.family }'
records = "answer.people"
page_size = 1000

[[connector.search]]
path = "people/search"
by = ["postcode"]
body = '{ "postcode": block.postcode }'
records = "answer.people"
page_size = 1000

[connector.record]
key = "row.id"
family = "row.family"
given = "row.given"
born = "row.born"
worker = { name = "row.worker", team = "'Assessment team'" }

[[connector.record.addresses]]
postcode = "row.postcode"

[[connector.record.episodes]]
kind = "'cp-plan'"
open = "true"
start = "row.plan"
category = "'neglect'"
"#;

/// Opens it on a free port; answers with the connector's settings.
///
/// # Errors
/// When no port is free.
pub(super) async fn open(people: Vec<Held>) -> anyhow::Result<(String, System)> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .context("no port is free for the care system")?;
    let base = format!("base = \"http://{}\"", listener.local_addr()?);
    let search = post(search).with_state(Arc::new(people));
    let app = Router::new().route("/people/search", search);
    let system: System = Box::pin(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(reason = %error, "the care system of the demo has stopped");
        }
    });
    Ok((format!("{base}{SETTINGS}"), system))
}

async fn search(State(people): State<Arc<Vec<Held>>>, body: Bytes) -> Result<String, StatusCode> {
    let asked: Value = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let text = |key: &str| asked.get(key).and_then(Value::as_str);
    let fits = |held: &&Held| {
        let compact = held.postcode.replace(' ', "").to_lowercase();
        text("born").is_some_and(|born| held.born == born)
            || text("family").is_some_and(|start| held.family.to_lowercase().starts_with(start))
            || text("postcode").is_some_and(|postcode| compact == postcode)
    };
    let found: Vec<&Held> = people.iter().filter(fits).collect();
    Ok(json!({ "people": found }).to_string())
}
