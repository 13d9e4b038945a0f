//! Officers who ask, and adapters that answer, or die with what they have leased.

use super::caller::Caller;
use super::*;
use futures_util::{StreamExt as _, stream};
use tonic::Code;

/// Of an officer between two enquiries.
const OFFICER_PAUSE: Duration = Duration::from_millis(250);
/// Of an adapter between two calls.
const ADAPTER_PAUSE: Duration = Duration::from_millis(300);
/// From asking to the moment by which a reply is due, in milliseconds.
const REPLY_WITHIN_MS: std::ops::Range<i64> = 8_000..25_000;
/// How long a check is kept: the shortest lease there is, and one for whom nobody is lost.
const LEASE_SECONDS: i64 = 5;
const LEASE_SECONDS_AT_THE_END: i64 = 30;
/// Answers that one adapter gives at once.
const ANSWERED_AT_ONCE: usize = 8;

/// Each borough's adapter, and how many in ten of the leases it takes are left unused, as by one that dies.
const ADAPTERS: [(&str, &str, u8); BROKERS] = [
    (HACKNEY, IN_HACKNEY, 1),
    (CAMDEN, IN_CAMDEN, 3),
    (LAMBETH, IN_LAMBETH, 10),
];

pub(super) fn start(scene: &Arc<Scene>, rng: &mut fastrand::Rng) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    for place in 0..BROKERS * OFFICERS {
        clients.spawn(officer(Caller::new(scene, OFFICER, place), rng.fork()));
    }
    for (place, (who, _, leaves)) in ADAPTERS.into_iter().enumerate() {
        clients.spawn(adapter(Caller::new(scene, who, place), leaves, rng.fork()));
    }
    clients
}

/// An enquiry after sentence, whose deadline is an instant: so steps fall due at any moment.
fn request(rng: &mut fastrand::Rng) -> v1::SubmitRequest {
    let within = jiff::SignedDuration::from_millis(rng.i64(REPLY_WITHIN_MS));
    let reply_by = v1::ReplyBy {
        court_code: COURT.into(),
        reply_by_time: Some(wire(SystemClock.now() + within)),
    };
    let (_, postcode, _) = ADAPTERS[rng.usize(..ADAPTERS.len())];
    let mut request = enquiry_at("", &[postcode]);
    request.purpose = v1::Purpose::StartOfSentence.into();
    request.report = v1::ReportType::Unspecified.into();
    request.deadline = Some(v1::Deadline {
        kind: Some(v1::deadline::Kind::ReplyBy(reply_by)),
    });
    let personal = request.personal.as_mut().unwrap();
    personal.note = format!("planted {}", request.request_id);
    personal.marking = v1::Marking::OfficialSensitive.into();
    request
}

async fn officer(mut caller: Caller, mut rng: fastrand::Rng) {
    while !caller.scene.is_over() {
        let request = request(&mut rng);
        let receipt = caller.insist(|channel| {
            let request = request.clone();
            async move { CourtServiceClient::new(channel).submit(request).await }
        });
        let id = receipt.await.unwrap().enquiry_id;
        caller.scene.told.receipt(id, request);
        tokio::time::sleep(OFFICER_PAUSE).await;
    }
}

async fn adapter(mut caller: Caller, leaves: u8, mut rng: fastrand::Rng) {
    while !caller.scene.is_done() {
        let is_over = caller.scene.is_over();
        let call = v1::LeaseChecksRequest {
            max_checks: if is_over { 32 } else { 4 },
            wait: Some(seconds(1)),
            lease: Some(seconds(if is_over {
                LEASE_SECONDS_AT_THE_END
            } else {
                LEASE_SECONDS
            })),
            ..lease()
        };
        let leased = caller.insist(|channel| {
            let call = call.clone();
            async move { AdapterServiceClient::new(channel).lease_checks(call).await }
        });
        let leased = leased.await.unwrap().checks;
        let answered = leased.into_iter().filter_map(|leased| {
            let check = leased.check.unwrap().id;
            caller.scene.told.leased(&check, caller.place);
            if !is_over && rng.u8(0..10) < leaves {
                caller.scene.told.left(check, caller.place);
                return None;
            }
            Some(answer_through_another(
                caller.clone(),
                check,
                leased.lease_id,
            ))
        });
        stream::iter(answered)
            .buffer_unordered(ANSWERED_AT_ONCE)
            .collect::<Vec<()>>()
            .await;
        if !is_over {
            tokio::time::sleep(ADAPTER_PAUSE).await;
        }
    }
}

/// Answers through the broker after the one that gave the lease.
async fn answer_through_another(mut caller: Caller, check: String, lease: String) {
    let leased_from = caller.place;
    caller.go_on();
    let request = answer(&check, &lease);
    let taken = caller.insist(|channel| {
        let request = request.clone();
        async move { AdapterServiceClient::new(channel).answer(request).await }
    });
    let taken = taken.await;
    let told = &caller.scene.told;
    match taken {
        Ok(_) => {
            let elsewhere = usize::from(caller.place != leased_from);
            told.answered_elsewhere
                .fetch_add(elsewhere, Ordering::Relaxed);
            told.answered.lock().unwrap().insert(check);
        }
        Err(status) => {
            assert_eq!(
                status.code(),
                Code::FailedPrecondition,
                "{check}: {status:?}"
            );
            told.leases_lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Told {
    fn receipt(&self, id: String, request: v1::SubmitRequest) {
        self.receipts.lock().unwrap().insert(id, request);
    }

    fn leased(&self, check: &str, place: usize) {
        let left = self.left.lock().unwrap().remove(check);
        let elsewhere = left.is_some_and(|left| left != place);
        let elsewhere = usize::from(elsewhere);
        self.leased_again_elsewhere
            .fetch_add(elsewhere, Ordering::Relaxed);
    }

    fn left(&self, check: String, place: usize) {
        self.left_leases.fetch_add(1, Ordering::Relaxed);
        self.left.lock().unwrap().insert(check, place);
    }
}
