//! `usher bench --console`: how fast the console's pages are with many enquiries open, and how soon an alert is on many open boards.
//!
//! Requests to one page start at a fixed rate, whatever became of those before, and count from the moment at which they were to start. What
//! is measured is the whole answer in the browser's process on the same machine: the server's time and a little more.

use super::load;
use super::message::To;
use super::open::fill;
use super::process::Process;
use super::report::{Percentiles, Target};
use super::stage::Who;
use super::{Ground, Options};
use crate::app::ConsoleParts;
use crate::auth::{GroupEntry, GroupTable, Groups};
use crate::clock::Stopwatch;
use crate::console::{OidcSettings, Persona, Settings, SignIn, SignInBy};
use anyhow::{Context as _, anyhow, bail};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};
use hdrhistogram::Histogram;
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Certificate, Client, redirect};
use serde::Serialize;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use usher_domain::actor::Person;
use usher_proto::v1;

/// Requests a second to one page.
const PER_SECOND: u32 = 50;
/// What a page may take, in milliseconds.
const MEDIAN_MS_MAX: f64 = 10.0;
const P99_MS_MAX: f64 = 50.0;
/// Boards that are open when an alert comes, and how long it may take until the last has it, in milliseconds.
const BOARDS: usize = 500;
const BOARDS_MS_MAX: f64 = 1_000.0;
/// Alerts that come, one after the other.
const ALERTS: usize = 5;
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// People of one desk who open their queue for the first time: each name on it is put on record.
const DESK_PEOPLE: usize = 10;
/// Pages by the role that looks, with what is sent as a form, if anything; `{enquiry}` is one that is open, `{reference}` its reference.
const PAGES: [(&str, &str, &str); 14] = [
    ("officer", "/hearings", ""),
    ("officer", "/enquiries/{enquiry}", ""),
    ("officer", "/cases", ""),
    ("officer", "/alerts", ""),
    ("officer", "/ask", ""),
    ("officer", "/search", "reference={reference}"),
    ("adapter", "/desk", ""),
    ("adapter", "/desk/checks/{enquiry}/1", ""),
    ("adapter", "/desk/figures", ""),
    ("operator", "/board", ""),
    ("operator", "/unroutable", ""),
    ("operator", "/responders", ""),
    ("manager", "/outstanding", ""),
    ("manager", "/reports/coverage", ""),
];

/// The console of a bench: whoever comes is whom they say.
pub(super) fn console(responders: &[String]) -> anyhow::Result<ConsoleParts> {
    let entry = |group: &String| {
        let role = group.split('-').next().unwrap_or_default();
        let is_desk = role == "adapter";
        let of_desk = is_desk.then(|| responders.to_vec());
        let of_court = (!is_desk).then(|| vec!["*".into()]);
        GroupEntry {
            group: group.clone(),
            role: role.into(),
            courts: of_court.unwrap_or_default(),
            responders: of_desk.unwrap_or_default(),
        }
    };
    let groups = ["officer", "manager", "adapter", "operator"].map(String::from);
    let groups: Vec<String> = groups.into_iter().chain(desk_people()).collect();
    let entries: Vec<GroupEntry> = groups.iter().map(entry).collect();
    let persona = |group: &String| Persona {
        group: group.clone(),
        person: Person {
            name: format!("Bench {group}"),
            ..Person::default()
        },
        about: String::new(),
    };
    Ok(ConsoleParts {
        settings: Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            sign_in: SignInBy::Personas,
            public_url: None,
            idle_minutes: 60,
            absolute_hours: 24,
            connections_max: 2 * BOARDS,
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
        sign_in: SignIn::Personas(groups.iter().map(persona).collect()),
    })
}

fn desk_people() -> impl Iterator<Item = String> {
    (1..=DESK_PEOPLE).map(|number| format!("adapter-{number}"))
}

/// What was measured of the console.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PagesReport {
    /// Enquiries that were open.
    pub enquiries: usize,
    /// Requests a second to each page.
    pub per_second: u32,
    /// Each page.
    pub pages: Vec<PageTimes>,
    /// The desk's queue, the first time that each of several people opens it, one after the other.
    pub first_queue: Percentiles,
    /// Boards that were open.
    pub boards: usize,
    /// From the answer that the enquiry behind an alert was taken until each board had the alert.
    pub alert_on_boards: Percentiles,
    /// What was to be reached.
    pub targets: Vec<Target>,
}

/// How fast one page is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageTimes {
    /// Who looks.
    pub role: &'static str,
    /// The page.
    pub path: &'static str,
    /// From the moment at which a request was to start until its answer was there.
    pub times: Percentiles,
}

/// Measures all of it.
pub(super) async fn run(
    ground: &Ground,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<PagesReport> {
    say(&format!("opening {} enquiries", options.open));
    let broker = ground.broker("open").await?;
    fill(ground, &broker, options.open).await?;
    let receipt = submit(ground, &broker, None).await?;
    let mut pages = Vec::new();
    say("first looks at a queue");
    let first_queue = Percentiles::of(&first_looks(ground, &broker).await?);
    for (role, path, form) in PAGES {
        let browser = Browser::signed_in(ground, &broker, role).await?;
        say(&format!("{path} as {role}"));
        let at = path.replace("{enquiry}", &receipt.enquiry_id);
        let form = form.replace("{reference}", &receipt.reference);
        let times = browser.measured(&at, &form, options).await?;
        pages.push(PageTimes {
            role,
            path,
            times: Percentiles::of(&times),
        });
    }
    say(&format!("{BOARDS} open boards"));
    let alert_on_boards = Percentiles::of(&boards(ground, &broker).await?);
    broker.kill().await?;
    let worst = |of: fn(&Percentiles) -> f64| {
        let found = pages.iter().map(|page| of(&page.times));
        found.fold(0.0, f64::max)
    };
    let target = |name, bound, found| Target {
        name,
        bound,
        found,
        reached: found <= bound,
    };
    let targets = vec![
        target(
            "slowest page's median, ms",
            MEDIAN_MS_MAX,
            worst(|times| times.p50_ms),
        ),
        target(
            "slowest page's p99, ms",
            P99_MS_MAX,
            worst(|times| times.p99_ms),
        ),
        target(
            "an alert on the last board, ms",
            BOARDS_MS_MAX,
            alert_on_boards.max_ms,
        ),
    ];
    Ok(PagesReport {
        enquiries: options.open,
        per_second: PER_SECOND,
        pages,
        first_queue,
        boards: BOARDS,
        alert_on_boards,
        targets,
    })
}

/// Submits one more; at `postcode`, where one is given.
async fn submit(
    ground: &Ground,
    broker: &Process,
    postcode: Option<&str>,
) -> anyhow::Result<v1::SubmitResponse> {
    let mut message = ground.stage.enquiries.next(To::Waiting);
    let addresses = message
        .personal
        .as_mut()
        .map(|personal| &mut personal.addresses);
    for address in addresses.into_iter().flatten() {
        if let Some(postcode) = postcode {
            address.postcode = postcode.into();
        }
    }
    let mut court = v1::court_service_client::CourtServiceClient::new(broker.clients.officer()?);
    Ok(court.submit(message).await?.into_inner())
}

/// A browser without scripts, in which somebody has signed in.
struct Browser {
    client: Client,
    base: String,
    cookie: String,
}

impl Browser {
    async fn signed_in(ground: &Ground, broker: &Process, role: &str) -> anyhow::Result<Self> {
        let ca = Certificate::from_pem(ground.stage.tls(Who::Officer).ca_pem.as_bytes())?;
        let client = Client::builder()
            .https_only(true)
            .http1_only()
            .pool_max_idle_per_host(2 * BOARDS)
            .redirect(redirect::Policy::none())
            .tls_certs_only([ca])
            .build()?;
        let base = format!("https://localhost:{}", broker.console.port());
        let answer = client
            .post(format!("{base}/sign-in"))
            .header(ORIGIN, &base)
            .form(&[("persona", role)])
            .send()
            .await?;
        let cookie = answer.headers().get(SET_COOKIE);
        let cookie = cookie.and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        Ok(Self {
            cookie: cookie.context("nobody was signed in")?.to_owned(),
            client,
            base,
        })
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.get(format!("{}{path}", self.base));
        request.header(COOKIE, &self.cookie)
    }

    /// As [`Self::get`]; the form is sent, where there is one.
    fn ask(&self, path: &str, form: &str) -> reqwest::RequestBuilder {
        if form.is_empty() {
            return self.get(path);
        }
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header(COOKIE, &self.cookie);
        let request = request.header(ORIGIN, &self.base);
        let kind = "application/x-www-form-urlencoded";
        request.header(CONTENT_TYPE, kind).body(form.to_owned())
    }

    /// The times of the requests of one run.
    async fn measured(
        &self,
        path: &str,
        form: &str,
        options: &Options,
    ) -> anyhow::Result<Histogram<u64>> {
        // Connections and caches are warm before the first that counts.
        for _ in 0..PER_SECOND / 5 {
            self.ask(path, form)
                .send()
                .await?
                .error_for_status()?
                .bytes()
                .await?;
        }
        let rounds = u32::try_from(options.rounds).unwrap_or(1);
        let whole = options.round.saturating_mul(rounds);
        let count = (whole.as_secs_f64() * f64::from(PER_SECOND)).ceil();
        let mut ticks = interval(Duration::from_secs(1) / PER_SECOND);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut running = JoinSet::new();
        let mut started = 0.0;
        while started < count {
            let due = ticks.tick().await;
            let request = self.ask(path, form);
            running.spawn(async move {
                let answer = request.send().await?.error_for_status()?;
                answer.bytes().await?;
                Ok::<_, reqwest::Error>(due.elapsed())
            });
            started += 1.0;
        }
        let mut times = load::histogram()?;
        while let Some(ended) = running.join_next().await {
            let took = ended?.with_context(|| format!("{path} failed"))?;
            times.saturating_record(load::microseconds(took));
        }
        Ok(times)
    }
}

/// How long the queue takes each time that somebody else opens it for the first time.
async fn first_looks(ground: &Ground, broker: &Process) -> anyhow::Result<Histogram<u64>> {
    let mut times = load::histogram()?;
    for group in desk_people() {
        let browser = Browser::signed_in(ground, broker, &group).await?;
        let watch = Stopwatch::start();
        let answer = browser.get("/desk").send().await?.error_for_status()?;
        answer.bytes().await?;
        times.saturating_record(load::microseconds(watch.elapsed()));
    }
    Ok(times)
}

/// How long an alert takes to each of many open boards.
async fn boards(ground: &Ground, broker: &Process) -> anyhow::Result<Histogram<u64>> {
    let browser = Browser::signed_in(ground, broker, "operator").await?;
    let (seen, mut shown) = mpsc::channel(BOARDS);
    let mut open = JoinSet::new();
    for _ in 0..BOARDS {
        let request = browser
            .get("/board/live")
            .header("accept", "text/event-stream");
        let line = request.send().await?.error_for_status()?;
        open.spawn(watch(line, seen.clone()));
    }
    // The first event of each is the board as it stands.
    for _ in 0..BOARDS {
        next(&mut shown, &mut open).await?;
    }
    let mut times = load::histogram()?;
    for _ in 0..ALERTS {
        let watch = Stopwatch::start();
        // In Scotland: no borough is found, which is an alert at once.
        let receipt = submit(ground, broker, Some("EH1 1RE")).await?;
        let started = watch.elapsed();
        let reference = receipt.reference;
        let mut left = BOARDS;
        while left > 0 {
            if next(&mut shown, &mut open).await?.contains(&reference) {
                let took = watch.elapsed().saturating_sub(started);
                times.saturating_record(load::microseconds(took));
                left -= 1;
            }
        }
    }
    Ok(times)
}

/// What one board is sent, one event at a time.
async fn watch(mut line: reqwest::Response, seen: mpsc::Sender<Arc<str>>) -> anyhow::Result<()> {
    let mut text = String::new();
    while let Some(chunk) = line.chunk().await? {
        text.push_str(&String::from_utf8_lossy(&chunk));
        while let Some((event, rest)) = text.split_once("\n\n") {
            if event.contains("data:") && seen.send(event.into()).await.is_err() {
                return Ok(());
            }
            text = rest.to_owned();
        }
    }
    bail!("a board's line ended")
}

async fn next(
    shown: &mut mpsc::Receiver<Arc<str>>,
    open: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<Arc<str>> {
    tokio::select! {
        event = timeout(PATIENCE, shown.recv()) => {
            event.context("a board was not told in time")?.context("the boards are closed")
        }
        Some(ended) = open.join_next() => Err(ended?.err().unwrap_or_else(|| anyhow!("a board closed"))),
    }
}

impl PagesReport {
    /// The figures as one JSON object on one line.
    ///
    /// # Errors
    /// Never: numbers and texts can be written.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The figures as tables for people.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table
            .load_style(UTF8_HORIZONTAL_ONLY)
            .set_header(["page", "as", "requests", "p50 ms", "p90", "p99", "max"]);
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let mut row = |path: &str, role: &str, times: &Percentiles| {
            let cells = [times.p50_ms, times.p90_ms, times.p99_ms, times.max_ms];
            let cells = cells.map(|ms| format!("{ms:.1}"));
            let head = [path.to_owned(), role.to_owned(), times.count.to_string()];
            table.add_row(head.into_iter().chain(cells));
        };
        for page in &self.pages {
            row(page.path, page.role, &page.times);
        }
        row("/desk, first look", "adapter", &self.first_queue);
        let boards = format!("an alert on {} boards", self.boards);
        row(&boards, "operator", &self.alert_on_boards);
        let mut text = format!(
            "{} enquiries open, {} requests a second to one page at a time.\n{table}\n",
            self.enquiries, self.per_second
        );
        for target in &self.targets {
            let reached = if target.reached { "reached" } else { "missed" };
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n{}: {:.1} of at most {:.0}, {reached}",
                target.name, target.found, target.bound
            );
        }
        text
    }
}
