//! The whole way: an officer submits, a waiting adapter leases and answers, the officer's watch sees the answer.

use super::clients::Clients;
use super::message;
use crate::ids::{Ids as _, RandomIds};
use anyhow::{Context as _, anyhow};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use usher_domain::limits;
use usher_proto::v1;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;
use usher_proto::v1::court_service_client::CourtServiceClient;
use usher_proto::v1::watch_response::Payload;

/// How long an adapter waits for work, in seconds.
const WAIT_SECONDS: i64 = 30;
/// After so long without an answer, an adapter or the watch has ended.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Adapters and a watch, at work until dropped.
pub(super) struct RoundTrips {
    arrivals: Arc<Arrivals>,
    _tasks: JoinSet<Result<(), Status>>,
}

/// What came of an enquiry, or who waits for it: either may be first.
enum Arrival {
    Seen,
    Awaited(oneshot::Sender<()>),
}

/// Enquiries under way; as many as there are callers.
#[derive(Default)]
struct Arrivals(Mutex<HashMap<String, Arrival>>);

impl Arrivals {
    fn seen(&self, enquiry: String) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.remove(&enquiry) {
            // A caller that has gone waits for nothing.
            Some(Arrival::Awaited(caller)) => drop(caller.send(())),
            Some(Arrival::Seen) | None => drop(all.insert(enquiry, Arrival::Seen)),
        }
    }

    /// What to wait for, unless the answer has been seen.
    fn awaited(&self, enquiry: String) -> Option<oneshot::Receiver<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Arrival::Seen) = all.remove(&enquiry) {
            return None;
        }
        let (tell, told) = oneshot::channel();
        all.insert(enquiry, Arrival::Awaited(tell));
        Some(told)
    }
}

impl RoundTrips {
    /// Starts the watch and an adapter for each borough that answers.
    pub(super) async fn start(clients: &Clients) -> anyhow::Result<Self> {
        let arrivals = Arc::new(Arrivals::default());
        let stream = watch(clients).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(see(stream, Arc::clone(&arrivals)));
        for responder in responders(clients).await? {
            let adapter = AdapterServiceClient::new(clients.adapter()?);
            tasks.spawn(work(adapter, responder));
        }
        Ok(Self {
            arrivals,
            _tasks: tasks,
        })
    }

    /// Submits, and returns when the watch has seen the answer.
    pub(super) fn call(
        &self,
        mut court: CourtServiceClient<Channel>,
        request: v1::SubmitRequest,
    ) -> impl Future<Output = Result<(), Status>> + Send + use<> {
        let arrivals = Arc::clone(&self.arrivals);
        async move {
            let receipt = court.submit(request).await?.into_inner();
            match arrivals.awaited(receipt.enquiry_id) {
                None => Ok(()),
                Some(told) => timeout(ANSWER_LIMIT, told)
                    .await
                    .map_err(|_| Status::deadline_exceeded("no answer was seen"))?
                    .map_err(|_| Status::aborted("the watch has ended")),
            }
        }
    }
}

/// A watch of everything from now on.
pub(super) async fn watch(clients: &Clients) -> anyhow::Result<Streaming<v1::WatchResponse>> {
    let status = clients.status().await?;
    let request = v1::WatchRequest {
        resume_cursor: status.feed_cursor,
        ..v1::WatchRequest::default()
    };
    let mut watcher = CourtServiceClient::new(clients.officer()?);
    let stream = watcher.watch(request).await;
    Ok(stream.context("the watch was refused")?.into_inner())
}

/// Whose the boroughs' checks are, by the broker's own directory.
async fn responders(clients: &Clients) -> anyhow::Result<Vec<String>> {
    let mut court = CourtServiceClient::new(clients.officer()?);
    let mut found = Vec::new();
    for mut request in message::answering() {
        request.validate_only = true;
        let receipt = court.submit(request).await?.into_inner();
        let check = receipt.checks.first();
        let responder = check.map(|check| check.responder_id.clone());
        let known = responder.filter(|id| !id.is_empty());
        found.push(known.ok_or_else(|| anyhow!("a postcode of the bench leads nowhere"))?);
    }
    Ok(found)
}

async fn see(
    mut stream: Streaming<v1::WatchResponse>,
    arrivals: Arc<Arrivals>,
) -> Result<(), Status> {
    while let Some(message) = stream.message().await? {
        if let Some(Payload::Event(event)) = message.payload
            && event.r#type() == v1::EventType::Answered
        {
            arrivals.seen(event.enquiry_id);
        }
    }
    Ok(())
}

/// Leases as they come, and answers each without waiting for the others.
async fn work(mut adapter: AdapterServiceClient<Channel>, responder: String) -> Result<(), Status> {
    let mut answers = JoinSet::new();
    loop {
        let request = v1::LeaseChecksRequest {
            request_id: RandomIds.next().to_string(),
            responder_ids: vec![responder.clone()],
            max_checks: u32::try_from(limits::LEASE_BATCH_MAX).unwrap_or(u32::MAX),
            wait: Some(prost_types::Duration {
                seconds: WAIT_SECONDS,
                nanos: 0,
            }),
            lease: None,
            report: None,
        };
        let leased = adapter.lease_checks(request).await?.into_inner();
        for check in leased.checks {
            let mut adapter = adapter.clone();
            answers.spawn(async move { adapter.answer(message::answer(&check)).await });
        }
        while let Some(answered) = answers.try_join_next() {
            answered.map_err(|error| Status::internal(error.to_string()))??;
        }
    }
}
