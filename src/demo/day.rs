//! One day: who plays, and the order in which they come and go.

use super::board::Board;
use super::borough::{Borough, Presence};
use super::cast::{Behaviour, behaviours};
use super::client::{Client, Common};
use super::connectors::{Held, Kind, Place, held, join};
use super::console::Pages;
use super::display::{self, Shown};
use super::list::{Case, List, ListError};
use super::officer::Office;
use super::operator::Operators;
use super::pace::Plan;
use super::records::Records;
use super::script::Script;
use super::stage::{OFFICES_MAX, Running, Stage, Who};
use super::track::Track;
use super::{Options, display::say};
use crate::clock::{ScaledClock, Stopwatch};
use crate::config::settings::PostgresSettings;
use crate::directory::{Directory, PostcodeOutcome};
use anyhow::{Context as _, bail};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use usher_domain::code::{CourtCode, Postcode, ResponderId, ResponderKind};
use usher_domain::time::{Timestamp, from_london};

/// How often the day looks whether the broker still lives.
const LOOKED_AFTER_EVERY: Duration = Duration::from_millis(200);
/// How long submissions may still be on their way when the plan has ended, in real time, and how often that is looked at.
const SETTLES_WITHIN: Duration = Duration::from_secs(20);
const SETTLED_EVERY: Duration = Duration::from_millis(10);
/// How fast the clock runs meanwhile: officers do in a second what takes them minutes.
const SETTLES_AT_SPEED: u32 = 120;
/// A dying adapter dies so long before the hearings of the busiest day begin, at the earliest.
const DIES_BEFORE_HEARINGS: SignedDuration = SignedDuration::from_mins(60);

/// A day that was played, everybody gone and the app stopped.
pub(super) struct Played {
    pub(super) stage: Stage,
    pub(super) records: Arc<Records>,
    pub(super) track: Track,
    /// The lines of rows that came to nothing: neither a receipt nor a refusal.
    pub(super) unplayed: Vec<u64>,
    /// The boroughs on a connector.
    pub(super) connected: BTreeMap<Kind, ResponderId>,
}

/// A day, ready to be played.
pub(super) struct Day {
    common: Common,
    stage: Stage,
    plan: Plan,
    records: Arc<Records>,
    /// The lines of the rows that are played.
    lines: Vec<u64>,
    /// The cases of each office.
    offices: Vec<Vec<Script>>,
    cast: BTreeMap<ResponderId, Behaviour>,
    /// Whom the systems of boroughs on a connector hold.
    people: BTreeMap<ResponderId, Vec<Held>>,
    replica: Option<PostgresSettings>,
    dies_from: Timestamp,
    not_in_time: u32,
}

impl Day {
    /// Writes the scripts, plans the pace, casts the boroughs and sets the stage in a fresh folder in `options.folder`.
    ///
    /// # Errors
    /// [`ListError::NothingToPlay`], or what keeps the stage from being set.
    pub(super) fn prepare(
        list: List,
        options: &Options,
        records: Arc<Records>,
    ) -> anyhow::Result<Self> {
        let directory = Arc::new(Directory::built_in()?);
        let mut scripts = Vec::with_capacity(list.cases.len());
        for case in list.cases {
            match Script::write(case, options.seed, options.forget) {
                Ok(script) => scripts.push(script),
                Err(rejected) => records.reject(rejected),
            }
        }
        let events: Vec<Timestamp> = scripts.iter().flat_map(Script::events).collect();
        let Some(plan) = Plan::new(&events, options.speed) else {
            return Err(ListError::NothingToPlay.into());
        };
        let start = plan.start;
        let lines = scripts.iter().map(|script| script.case.line).collect();
        let clock = Arc::new(ScaledClock::new(start, 1));
        let responders = boroughs(&directory);
        let cast = behaviours(
            options.seed,
            &responders,
            &work(&directory, cases(&scripts)),
        );
        let people = people(&cast, &directory, &scripts, options.seed);
        let dies_from = first_hearing_of_the_busiest_day(&scripts).unwrap_or(start);
        let (courts, offices) = offices(scripts);
        let common = Common {
            clock: Arc::clone(&clock),
            seed: options.seed,
            stop: CancellationToken::new(),
            lag: Arc::default(),
        };
        let pages = options.keep_running.then(|| pages(&cast, &directory));
        let database = options.database.clone();
        let mut stage = Stage::set(&options.folder, directory, clock, &courts, database)?;
        stage.console = pages.transpose()?;
        Ok(Self {
            common,
            stage,
            plan,
            records,
            lines,
            offices,
            cast,
            people,
            replica: options.replica.clone(),
            not_in_time: options.not_in_time,
            dies_from: dies_from.saturating_sub(DIES_BEFORE_HEARINGS)?,
        })
    }

    /// Plays it: the app starts, clients come, the clock runs to the end of the plan, clients go, the app stops.
    pub(super) async fn play(mut self) -> anyhow::Result<Played> {
        let running = self.stage.start().await?;
        if let Some(console) = &self.stage.console {
            say(&format!(
                "the console is at {}: sign in as somebody and take part; your browser will warn, since the certificate is the demo's own",
                console.address()
            ));
        }
        let track = Track::default();
        let board = Arc::new(Board::default());
        let (mut clients, shown) = self.enter(&running, &board).await?;
        let mut display = JoinSet::new();
        display.spawn(display::show(Arc::clone(&self.common.clock), board, shown));
        let led = self.lead(&running, &track).await;
        if self.stage.console.is_some() {
            say("the day is over: the console is away for a moment, while the store is verified");
        }
        self.common.stop.cancel();
        // The display clears itself when it is dropped: that comes before anything else is written.
        display.shutdown().await;
        clients.shutdown().await;
        let stopped = running.stop().await;
        led?;
        stopped?;
        Ok(Played {
            unplayed: self.records.unplayed(&self.lines),
            stage: self.stage,
            records: self.records,
            track,
            connected: connected(&self.cast).collect(),
        })
    }

    async fn lead(&self, running: &Running, track: &Track) -> anyhow::Result<()> {
        say(&format!(
            "playing {} cases in about {} s; people and boroughs' answers are invented",
            self.lines.len(),
            self.plan.real().as_secs()
        ));
        for (kind, borough) in connected(&self.cast) {
            say(&format!(
                "{borough} is on the connector {}{}",
                kind.word(),
                match kind {
                    Kind::Sql if self.replica.is_none() =>
                        ", over an embedded engine (SQLite): give a PostgreSQL with --replica",
                    Kind::Sql => ", over the PostgreSQL of --replica",
                    Kind::Rest => ", over an HTTP interface on loopback",
                    Kind::Drop => ", over a folder and a batch",
                    Kind::Desk => ": people answer everything",
                }
            ));
        }
        let look_after = async {
            while !running.is_over() {
                tokio::time::sleep(LOOKED_AFTER_EVERY).await;
            }
        };
        let whole = async {
            self.plan.lead(&self.common, track).await;
            self.settle(track).await;
        };
        tokio::select! {
            () = whole => Ok(()),
            () = look_after => bail!("the broker stopped in the middle of the day; the log says why"),
        }
    }

    /// Waits for the submissions that are still on their way, and for officers who were reminded at the last moment: some minutes of the
    /// clock, which must not stand still for them.
    async fn settle(&self, track: &Track) {
        let watch = Stopwatch::start();
        if !self.records.unplayed(&self.lines).is_empty() {
            track.set(&self.common.clock, SETTLES_AT_SPEED, Timestamp::MAX);
        }
        while watch.elapsed() < SETTLES_WITHIN && !self.records.unplayed(&self.lines).is_empty() {
            tokio::time::sleep(SETTLED_EVERY).await;
        }
        track.set(&self.common.clock, 1, Timestamp::MAX);
    }

    /// Sends every client program on stage.
    async fn enter(
        &mut self,
        running: &Running,
        board: &Arc<Board>,
    ) -> anyhow::Result<(JoinSet<()>, Vec<Shown>)> {
        let address = running.address;
        let mut clients = JoinSet::new();
        let mut shown = Vec::new();
        clients.spawn(Arc::clone(board).watch(self.stage.client(&Who::Inspector, address)?));
        clients.spawn(
            Operators {
                common: self.common.clone(),
                client: self.stage.client(&Who::Operators, address)?,
                records: Arc::clone(&self.records),
                authorities: self.stage.authorities(None),
            }
            .play(),
        );
        let mut people = std::mem::take(&mut self.people);
        for (id, behaviour) in &self.cast {
            let joined = match behaviour {
                Behaviour::Connected(kind) => {
                    let people = people.remove(id).unwrap_or_default();
                    Some(join(*kind, id, people, &self.place(address)).await?)
                }
                _ => None,
            };
            let borough = self.borough(id, *behaviour, address)?;
            shown.push(Shown {
                id: id.to_string(),
                behaviour: *behaviour,
                presence: Arc::clone(&borough.presence),
            });
            clients.spawn(borough.play(joined));
        }
        for (number, scripts) in std::mem::take(&mut self.offices).into_iter().enumerate() {
            let client = self.stage.client(&Who::Office(number), address)?;
            let office = Office::new(
                self.common.clone(),
                client,
                Arc::clone(&self.records),
                scripts,
            );
            clients.spawn(office.play());
        }
        Ok((clients, shown))
    }

    fn place(&self, broker: SocketAddr) -> Place<'_> {
        Place {
            folder: self.stage.folder.path(),
            certificates: self.stage.folder.certificates(),
            broker,
            clock: Arc::clone(&self.common.clock),
            stop: self.common.stop.clone(),
            replica: self.replica.as_ref(),
        }
    }

    fn borough(
        &self,
        id: &ResponderId,
        behaviour: Behaviour,
        address: SocketAddr,
    ) -> anyhow::Result<Borough> {
        let who = Who::Borough(id.clone());
        let tls = self.stage.tls(&who)?;
        Ok(Borough {
            common: self.common.clone(),
            connect: Box::new(move || Client::new(&format!("https://{address}"), &tls).ok()),
            records: Arc::clone(&self.records),
            presence: Arc::new(Presence::default()),
            id: id.to_string(),
            behaviour,
            not_in_time: self.not_in_time,
            dies_from: self.dies_from,
            others: self.stage.authorities(Some(id)),
            is_shared: self.stage.console.is_some(),
        })
    }
}

/// Children's social care of each borough.
pub(super) fn boroughs(directory: &Directory) -> Vec<ResponderId> {
    let all = directory.responders();
    let all = all.of_kind(ResponderKind::ChildrenSocialCare);
    all.map(|responder| responder.id.clone()).collect()
}

/// The boroughs on a connector.
fn connected(cast: &BTreeMap<ResponderId, Behaviour>) -> impl Iterator<Item = (Kind, ResponderId)> {
    cast.iter().filter_map(|(id, behaviour)| match behaviour {
        Behaviour::Connected(kind) => Some((*kind, id.clone())),
        _ => None,
    })
}

/// Whom the systems of boroughs on a connector hold.
fn people(
    cast: &BTreeMap<ResponderId, Behaviour>,
    directory: &Directory,
    scripts: &[Script],
    seed: u64,
) -> BTreeMap<ResponderId, Vec<Held>> {
    let held = |(_, id): (Kind, ResponderId)| {
        let cases: Vec<&Case> = cases(scripts)
            .filter(|case| reached(directory, case).contains(&id))
            .collect();
        let people = held(seed, id.as_str(), &cases);
        (id, people)
    };
    connected(cast).map(held).collect()
}

fn cases(scripts: &[Script]) -> impl Iterator<Item = &Case> {
    scripts.iter().map(|script| &script.case)
}

/// How much of the day is likely to reach each responder: once per address.
pub(super) fn work<'c>(
    directory: &Directory,
    cases: impl Iterator<Item = &'c Case>,
) -> BTreeMap<ResponderId, usize> {
    let mut work = BTreeMap::new();
    for case in cases {
        for responder in reached(directory, case) {
            *work.entry(responder).or_default() += 1;
        }
    }
    work
}

/// Whom an enquiry about the case is likely to reach.
pub(super) fn reached(directory: &Directory, case: &Case) -> BTreeSet<ResponderId> {
    let day = case.requested_at.date();
    let one = [
        &case.home_postcode,
        &case.curfew_postcode,
        &case.partner_postcode,
    ];
    let all = one.into_iter().chain(&case.child_postcodes);
    let find = |text: &String| match directory.lookup(&Postcode::parse(text).ok()?, day) {
        PostcodeOutcome::Authority { code, .. } => directory.responder_for(code, day),
        _ => None,
    };
    all.filter_map(find)
        .map(|responder| responder.id.clone())
        .collect()
}

fn first_hearing_of_the_busiest_day(scripts: &[Script]) -> Option<Timestamp> {
    let mut days = BTreeMap::new();
    for Script { case, .. } in scripts {
        let (count, first) = days
            .entry(case.hearing_at.date())
            .or_insert((0, case.hearing_at));
        *count += 1;
        *first = case.hearing_at.min(*first);
    }
    let (_, first) = days.into_values().max_by_key(|(count, _)| *count)?;
    from_london(first).ok()
}

/// The console, with the desk of the borough whose people answer everything by hand.
fn pages(cast: &BTreeMap<ResponderId, Behaviour>, directory: &Directory) -> anyhow::Result<Pages> {
    let by_hand = connected(cast).find(|(kind, _)| *kind == Kind::Desk);
    let borough = by_hand.map(|(_, borough)| borough);
    let borough = borough.or_else(|| cast.keys().next().cloned());
    let borough = borough.context("there is no borough")?;
    let found = directory.responders().iter().find(|one| one.id == borough);
    Pages::new(&borough, found.map_or("", |one| &one.name))
}

/// One office per court; with very many courts, several share one.
fn offices(scripts: Vec<Script>) -> (Vec<Vec<CourtCode>>, Vec<Vec<Script>>) {
    let courts: BTreeSet<CourtCode> = scripts.iter().map(|script| script.case.court).collect();
    let count = courts.len().min(OFFICES_MAX);
    let mut of_office = vec![Vec::new(); count];
    let mut places = BTreeMap::new();
    for (number, court) in courts.into_iter().enumerate() {
        places.insert(court, number % count);
        of_office[number % count].push(court);
    }
    let mut cases: Vec<Vec<Script>> = vec![Vec::new(); count];
    for script in scripts {
        if let Some(office) = places
            .get(&script.case.court)
            .and_then(|place| cases.get_mut(*place))
        {
            office.push(script);
        }
    }
    (of_office, cases)
}
