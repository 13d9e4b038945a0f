//! kill -9 under load: every receipt that left the broker is for an enquiry that is there, whole; every step that fell due was raised
//! once. `USHER_TEST_KILL_CYCLES` sets how often it is killed.

use super::*;
use futures_util::StreamExt as _;
use std::collections::BTreeMap;
use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};
use tonic::Code;
use v1::{EventType, StepState};

/// Kills in an ordinary run: about 70 s on two quiet cores.
const CYCLES: usize = 100;
const OFFICERS: usize = 6;
/// Receipts of one cycle, at most.
const RECEIPTS_MAX: usize = 40;

/// What was submitted with each receipt, by the enquiry's id.
pub(super) type Receipts = BTreeMap<String, v1::SubmitRequest>;

#[derive(Clone, Default)]
struct Kept {
    receipts: Arc<Mutex<Receipts>>,
    /// Sent, and the reply did not come: it may be stored or not.
    unanswered: Arc<Mutex<Vec<v1::SubmitRequest>>>,
    /// Receipts of this cycle.
    count: Arc<AtomicUsize>,
}

fn policy() -> String {
    let text = usher::config::policy::DEFAULTS
        .replacen("submitted + 15 min", "submitted + 0 min", 1)
        .replacen("submitted + 45 min", "submitted + 1 min", 1);
    assert!(text.contains("submitted + 0 min") && text.contains("submitted + 1 min"));
    text
}

/// An enquiry whose hearing is in a minute: its decision point is due at once, its hearing soon, and the rest later.
fn soon() -> v1::SubmitRequest {
    let minute = jiff::SignedDuration::from_mins(1);
    let hearing = to_london(SystemClock.now() + minute);
    enquiry_at(
        &hearing.strftime("%Y-%m-%dT%H:%M").to_string(),
        &[IN_HACKNEY],
    )
}

/// Submits one after the other until the broker goes away.
async fn submit_on(mut court: CourtServiceClient<Channel>, kept: Kept) {
    loop {
        let earlier = kept.unanswered.lock().unwrap().pop();
        let request = earlier.unwrap_or_else(|| {
            let mut request = soon();
            let id = request.request_id.clone();
            let personal = request.personal.as_mut().unwrap();
            personal.note = format!("planted {id} ").repeat(20);
            personal.marking = v1::Marking::OfficialSensitive.into();
            request
        });
        match court.submit(request.clone()).await {
            Ok(receipt) => {
                let id = receipt.into_inner().enquiry_id;
                kept.receipts.lock().unwrap().insert(id, request);
                kept.count.fetch_add(1, Ordering::Relaxed);
            }
            Err(status) => {
                assert_ne!(status.code(), Code::AlreadyExists, "{status}");
                kept.unanswered.lock().unwrap().push(request);
                return;
            }
        }
    }
}

/// Leases, and answers every other check, until the broker goes away.
async fn answer_on(mut adapter: AdapterServiceClient<Channel>) {
    loop {
        let call = v1::LeaseChecksRequest {
            max_checks: 2,
            wait: Some(seconds(5)),
            lease: Some(seconds(5)),
            ..lease()
        };
        let Ok(leased) = adapter.lease_checks(call).await else {
            return;
        };
        for leased in leased.into_inner().checks.iter().skip(1) {
            let check = leased.check.as_ref().unwrap();
            let request = answer(&check.id, &leased.lease_id);
            if adapter.answer(request).await.is_err() {
                return;
            }
        }
    }
}

/// Every receipt so far is for an enquiry that holds what was submitted.
pub(super) async fn check_receipts(home: &Home, serving: &Serving, receipts: &Receipts) {
    let court = home.court(serving, OFFICER);
    let found = receipts.iter().map(|(id, request)| {
        let mut court = court.clone();
        async move {
            let get = v1::GetRequest {
                enquiry_id: id.clone(),
            };
            let got = court.get(get).await;
            let got =
                got.unwrap_or_else(|lost| panic!("the receipt of {id} is for nothing: {lost}"));
            let found = got.into_inner().enquiry.unwrap();
            assert!(
                found.personal == request.personal,
                "{id} is not what was submitted"
            );
            assert_eq!(found.checks.len(), 1, "{id}");
        }
    });
    futures_util::stream::iter(found)
        .buffer_unordered(64)
        .collect::<Vec<()>>()
        .await;
}

/// Both at one moment: steps are raised while this reads.
async fn enquiry_and_history(
    court: &mut CourtServiceClient<Channel>,
    id: &str,
) -> (v1::Enquiry, Vec<v1::Event>) {
    let history = v1::HistoryRequest {
        enquiry_id: id.to_owned(),
        page_size: 1_000,
        ..v1::HistoryRequest::default()
    };
    let get = v1::GetRequest {
        enquiry_id: id.to_owned(),
    };
    loop {
        let before = court.get(get.clone()).await.unwrap().into_inner().enquiry;
        let events = court.history(history.clone()).await.unwrap().into_inner();
        let after = court.get(get.clone()).await.unwrap().into_inner().enquiry;
        if before == after {
            return (after.unwrap(), events.events);
        }
    }
}

/// Every step that has fallen due was raised once, or had become needless.
async fn check_steps(home: &Home, serving: &Serving, receipts: &Receipts) -> usize {
    let mut court = home.court(serving, OFFICER);
    let mut raised = 0;
    for id in receipts.keys() {
        let (enquiry, events) = enquiry_and_history(&mut court, id).await;
        let now = SystemClock.now();
        for step in &enquiry.checks[0].steps {
            let told = events
                .iter()
                .filter(|event| event.r#type() == EventType::StepRaised && event.step == step.name);
            let count = told.count();
            match step.state() {
                StepState::Raised => assert_eq!(count, 1, "{id} {}", step.name),
                StepState::Pending => {
                    assert_eq!(count, 0, "{id} {}", step.name);
                    let due = instant(step.due_time);
                    let lag = jiff::SignedDuration::from_secs(5);
                    assert!(due > now - lag, "{id} {} was not raised", step.name);
                }
                StepState::Moot | StepState::Unspecified => {}
            }
            raised += count;
        }
    }
    raised
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long this test may take is the machine's to say"
)]
fn cycles() -> usize {
    let wanted = env::var("USHER_TEST_KILL_CYCLES");
    wanted.map_or(CYCLES, |wanted| wanted.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_receipt_is_lost_and_no_step_is_raised_twice_however_often_it_is_killed() {
    let home = Home::new();
    home.write("policy.toml", &policy());
    let config = Home::config(&EVERYBODY, "") + "[policy]\nfile = \"policy.toml\"\n";
    home.write("usher.toml", &config);
    let seed = 7;
    let mut rng = fastrand::Rng::with_seed(seed);
    let kept = Kept::default();
    let cycles = cycles();
    for _ in 0..cycles {
        let serving = home.serve();
        let so_far = kept.receipts.lock().unwrap().clone();
        check_receipts(&home, &serving, &so_far).await;
        kept.count.store(0, Ordering::Relaxed);
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..OFFICERS {
            clients.spawn(submit_on(home.court(&serving, OFFICER), kept.clone()));
        }
        clients.spawn(answer_on(AdapterServiceClient::new(
            home.channel(&serving, HACKNEY),
        )));
        let receipts = rng.usize(1..=RECEIPTS_MAX);
        until("the receipts of a cycle", || {
            kept.count.load(Ordering::Relaxed) >= receipts
        })
        .await;
        tokio::time::sleep(Duration::from_micros(rng.u64(0..20_000))).await;
        serving.kill();
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
    }
    let mut serving = home.serve();
    let receipts = kept.receipts.lock().unwrap().clone();
    check_receipts(&home, &serving, &receipts).await;
    // Whatever fell due is raised, and nothing due is left.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let raised = check_steps(&home, &serving, &receipts).await;
    assert!(
        raised >= receipts.len(),
        "{raised} steps of {} enquiries",
        receipts.len()
    );
    let mut operations = OperationsServiceClient::new(home.channel(&serving, OPERATOR));
    let status = operations
        .get_status(v1::GetStatusRequest {})
        .await
        .unwrap();
    assert_eq!(status.into_inner().unreadable_records, 0);
    serving.signal("TERM");
    assert_eq!(serving.end(PATIENCE).code(), Some(0));
    let (code, out, err) = home.run(&["store", "verify", "--path", "store", "--format", "json"]);
    assert_eq!(code, Some(0), "{out}\n{err}");
    println!(
        "seed {seed}: {cycles} kills, {} receipts, {raised} steps raised",
        receipts.len()
    );
}
