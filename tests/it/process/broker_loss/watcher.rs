//! Watchers that go on by their cursor at another broker whenever theirs is silent, or when they please.

use super::caller::Caller;
use super::*;
use tokio_stream::StreamExt as _;
use v1::watch_response::Payload;

/// Who watches: each may see everything of the court.
const WATCHERS: [&str; BROKERS] = [OFFICER, COLLEAGUE, MANAGER];
/// After so long without a word another broker is asked: under load there is always something.
const SILENCE_LIMIT: Duration = Duration::from_secs(2);
/// Events after which a watcher goes elsewhere without need.
const EVENTS: std::ops::Range<usize> = 100..1_000;

/// What one watcher saw.
pub(super) struct Watched {
    pub(super) events: Vec<v1::Event>,
    resumes: usize,
}

pub(super) fn totals(watched: &[Watched]) -> (usize, usize) {
    let events = watched.iter().map(|one| one.events.len()).sum();
    (events, watched.iter().map(|one| one.resumes).sum())
}

/// Starts them, and waits until each has its first cursor.
pub(super) async fn start(scene: &Arc<Scene>, rng: &mut fastrand::Rng) -> JoinSet<Watched> {
    let mut watchers = JoinSet::new();
    for (place, who) in WATCHERS.into_iter().enumerate() {
        let mut caller = Caller::new(scene, who, place);
        let mut first = open(&mut caller, "").await.unwrap();
        let message = first.next().await.unwrap().unwrap();
        let Payload::SnapshotEnd(end) = message.payload.unwrap() else {
            panic!("there is nothing yet");
        };
        watchers.spawn(watch(caller, end.cursor, rng.fork()));
    }
    watchers
}

type Stream = tonic::Streaming<v1::WatchResponse>;

async fn open(caller: &mut Caller, cursor: &str) -> Option<Stream> {
    let request = v1::WatchRequest {
        resume_cursor: cursor.into(),
        ..v1::WatchRequest::default()
    };
    let mut court = CourtServiceClient::new(caller.channel());
    let opened = tokio::time::timeout(SILENCE_LIMIT, court.watch(request)).await;
    match opened {
        Ok(Ok(stream)) => Some(stream.into_inner()),
        Ok(Err(status)) => {
            assert_ne!(status.code(), tonic::Code::InvalidArgument, "{status:?}");
            None
        }
        Err(_) => None,
    }
}

async fn watch(mut caller: Caller, mut cursor: String, mut rng: fastrand::Rng) -> Watched {
    let mut watched = Watched {
        events: Vec::new(),
        resumes: 0,
    };
    let scene = Arc::clone(&caller.scene);
    loop {
        let leave_at = watched.events.len() + rng.usize(EVENTS);
        if let Some(mut stream) = open(&mut caller, &cursor).await {
            watched.resumes += 1;
            while watched.events.len() < leave_at {
                let next = tokio::time::timeout(SILENCE_LIMIT, stream.next()).await;
                let Ok(Some(Ok(message))) = next else { break };
                match message.payload.unwrap() {
                    Payload::Event(event) => {
                        cursor.clone_from(&event.cursor);
                        watched.events.push(event);
                    }
                    Payload::Heartbeat(heartbeat) => cursor = heartbeat.cursor,
                    other => panic!("a resumed watch has events only: {other:?}"),
                }
            }
        }
        if scene.end.borrow().as_ref() == Some(&cursor) {
            return watched;
        }
        caller.go_on();
    }
}
