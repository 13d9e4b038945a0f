//! How many look-ups one core makes against a million people.

use super::over;
use super::population::Person;
use super::tables::Tables;
use std::fs;
use usher::clock::Stopwatch;

const PEOPLE: u32 = 1_000_000;
const LOOK_UPS: u32 = 2_000;
/// Made before: a replica in use has most of its pages in memory, and a connection that lasts has them mapped.
const WARMING: u32 = 2_000;

/// Measured in time of the processor, of the server's process and of this one, so that what else the machine does counts little.
#[tokio::test]
#[ignore = "makes a database of a million people: some minutes"]
async fn look_ups_against_a_million_people() {
    let Some(tables) = Tables::shaped(PEOPLE, &["shared_buffers=2GB"]).await else {
        return;
    };
    tables.run("VACUUM ANALYZE").await;
    let source = over(&tables, "connections_max = 1\n");
    let mut people = 0;
    let mut look_up = async |number: u32| {
        let wanted = Person::new(1, number * 479 % PEOPLE).identity();
        people += source.candidates(&wanted).await.unwrap().people.len();
    };
    for number in 0..WARMING {
        look_up(number).await;
    }
    let backend = backend(&tables).await;
    let (server, client, waited) = (cpu(&backend), cpu("self"), Stopwatch::start());
    for number in 0..LOOK_UPS {
        look_up(WARMING + number).await;
    }
    let (server, client) = (cpu(&backend) - server, cpu("self") - client);
    let each = |seconds: f64| seconds * 1_000.0 / f64::from(LOOK_UPS);
    println!(
        "{LOOK_UPS} look-ups against {PEOPLE} people, {} candidates each on average: {:.2} ms of the server's and {:.2} ms of the \
         client's processor, {:.2} ms of time; {:.0} a second for each core of the server, {:.0} for each core of both",
        people / (LOOK_UPS + WARMING) as usize,
        each(server),
        each(client),
        each(waited.elapsed().as_secs_f64()),
        f64::from(LOOK_UPS) / server,
        f64::from(LOOK_UPS) / (server + client),
    );
    assert!(people > LOOK_UPS as usize, "hardly anybody was found");
}

/// The process that serves the connector.
async fn backend(tables: &Tables) -> String {
    let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'usher-adapter'";
    let row = tables.client.query_one(sql, &[]).await.unwrap();
    row.get::<_, i32>(0).to_string()
}

/// Seconds of the processor that a process has had.
fn cpu(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, after) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = after.split(' ').collect();
    let ticks: u32 = [11, 12]
        .iter()
        .map(|at| fields[*at].parse::<u32>().unwrap())
        .sum();
    f64::from(ticks) / 100.0
}
