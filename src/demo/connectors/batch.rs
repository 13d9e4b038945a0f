//! A borough's batch: from time to time it reads the requests in the folder and drops one file of answers. It compares exactly, and says so
//! where somebody only bears the same name.

use super::families::Held;
use super::{System, quoted};
use crate::clock::{Clock as _, ScaledClock};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use usher_domain::time::Timestamp;

/// How often it runs, in simulated time; and in real time at most.
const EVERY: SignedDuration = SignedDuration::from_mins(10);
const REAL_LEAST: Duration = Duration::from_millis(25);

/// How the connector uses the folder. People are asked when half an hour is left.
const SETTINGS: &str = r#"requests = "json"
scan_seconds = 60
settle_seconds = 60
people_before_deadline_minutes = 30
"#;

/// The batch over a folder in `folder`; with the connector's settings.
///
/// # Errors
/// When the folder cannot be made.
pub(super) fn open(
    people: Vec<Held>,
    folder: &Path,
    clock: Arc<ScaledClock>,
) -> io::Result<(String, System)> {
    let exchange = folder.join("exchange");
    let settings = format!(
        "state = {}\n{SETTINGS}\n[connector.folder]\npath = {}\n",
        quoted(&folder.join("state")),
        quoted(&exchange)
    );
    fs::create_dir(&exchange)?;
    let people = Arc::new(people);
    let system: System = Box::pin(async move {
        for number in 0_u64.. {
            let next = clock.now().saturating_add(EVERY).unwrap_or(Timestamp::MAX);
            tokio::time::sleep(REAL_LEAST).await;
            while clock.now() < next {
                clock.sleep_until(next).await;
            }
            let (people, exchange) = (Arc::clone(&people), exchange.clone());
            let ran = tokio::task::spawn_blocking(move || run(&people, &exchange, number)).await;
            if let Ok(Err(error)) = ran {
                tracing::warn!(reason = %error, "a batch of the demo has failed");
            }
        }
    });
    Ok((settings, system))
}

/// Answers every request, in one file that gets its name when it is whole, and clears them away.
fn run(people: &[Held], exchange: &Path, number: u64) -> io::Result<()> {
    let out = exchange.join("out");
    if !out.is_dir() {
        // The adapter has not looked yet.
        return Ok(());
    }
    let (mut answers, mut read): (Vec<Value>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&out)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json")
            && let Ok(request) = serde_json::from_slice::<Value>(&fs::read(&path)?)
        {
            answers.push(answer(people, &request));
            read.push(path);
        }
    }
    if answers.is_empty() {
        return Ok(());
    }
    let (part, whole) = (format!("in/.{number}.part"), format!("in/{number}.json"));
    fs::write(exchange.join(&part), Value::Array(answers).to_string())?;
    fs::rename(exchange.join(part), exchange.join(whole))?;
    read.iter().try_for_each(fs::remove_file)
}

fn answer(people: &[Held], request: &Value) -> Value {
    let wanted = request["people"].as_array().into_iter().flatten();
    let (mut matches, mut episodes) = (Vec::new(), Vec::new());
    for person in wanted {
        let named = |held: &&Held| {
            person["names"][0]["family"] == held.family && person["names"][0]["given"] == held.given
        };
        let born = |held: &Held| person["born"] == held.born;
        let mut found: Vec<&Held> = people.iter().filter(named).collect();
        found.sort_by_key(|held| !born(held));
        let confidence = match found.first() {
            Some(held) if born(held) => {
                episodes.push(json!({
                    "who": person["who"], "kind": "cp-plan", "open": true, "start": held.plan, "category": "neglect",
                }));
                "certain"
            }
            Some(_) => "possible",
            None => "none",
        };
        matches.push(json!({ "who": person["who"], "confidence": confidence }));
    }
    let known = !episodes.is_empty();
    json!({
        "check_id": request["check_id"],
        "exchanges": request["exchanges"],
        "disposition": if known { "known-relevant" } else { "not-known" },
        "matches": matches,
        "episodes": episodes,
    })
}
