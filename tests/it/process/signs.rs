//! What a broker tells to whoever watches the machine: its metrics, and a log that a file can hold.

use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A page of a broker's metrics port.
pub(super) async fn page(serving: &Serving, path: &str) -> String {
    let log = serving.log.lock().unwrap().clone();
    let mut entries = log
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let address = entries
        .find_map(|entry| Some(entry["metrics"].as_str()?.to_owned()))
        .expect("the log has the address");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

/// The number of a metric, once the page has it.
async fn number(serving: &Serving, metric: &str) -> f64 {
    let stopwatch = Stopwatch::start();
    loop {
        let page = page(serving, "/metrics").await;
        let found = page.lines().find_map(|line| line.strip_prefix(metric));
        let number = found.map_or(0.0, |number| number.trim().parse().unwrap());
        if number > 0.0 {
            return number;
        }
        assert!(stopwatch.elapsed() < PATIENCE, "{metric}:\n{page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn refused_connections_and_commits_are_counted_and_the_refused_named() {
    let home = Home::new();
    let serving = home.serve();
    let mut court = home.court(&serving, OFFICER);
    court.submit(enquiry_for_real()).await.unwrap();
    let mut stream = TcpStream::connect(serving.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let refused = "usher_connections_refused_total{cause=\"handshake_failed\"}";
    assert!(number(&serving, refused).await >= 1.0);
    assert!(number(&serving, "usher_store_commit_duration_seconds_count").await >= 1.0);
    assert!(number(&serving, "usher_store_commit_members_sum").await >= 1.0);
    serving.logged("A connection was refused").await;
    let log = serving.log.lock().unwrap().clone();
    let line = log.lines().find(|line| line.contains("was refused"));
    assert!(line.unwrap().contains("\"peer\":\"127.0.0.1\""), "{line:?}");
}

#[test]
fn a_log_that_no_terminal_shows_has_no_colours() {
    let home = Home::new();
    let config = Home::config(&EVERYBODY, "");
    home.write("usher.toml", &config.replace("\"json\"", "\"text\""));
    let mut child = home
        .usher(&["serve", "--config", "usher.toml"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.find_map(|line| line.ok().filter(|line| line.contains("is serving")));
    let _ = child.kill();
    child.wait().unwrap();
    let line = line.expect("it serves");
    assert!(
        line.contains("INFO") && !line.contains('\u{1b}'),
        "{line:?}"
    );
}
