//! A small adapter that does everything right but for one planted fault.

use super::Known;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status};
use usher::ids::{Ids as _, RandomIds};
use usher::prove::{Place, UnderTest};
use usher::rpc::client::{ClientFiles, ClientTls, endpoint};
use usher_proto::v1;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;
use uuid::Uuid;

type Client = AdapterServiceClient<tonic::transport::Channel>;

/// What it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    AnswersTwice,
    RepeatsRefused,
    NewIdOnRepeat,
    Loops,
    ForgetsOnRestart,
    NeverReconnects,
    Storms,
    KeepsCertificate,
    Invalid,
    NamesPerson,
    TooSure,
    BelievesEstimates,
    SkipsAliases,
    Hoards,
    LetsRunOut,
    OnceOnly,
    IgnoresStop,
    DropsAtStop,
    FallsOver,
    FirstOnly,
    InventsLeases,
}

/// Whom the system behind them all holds.
pub(super) fn known() -> Known {
    Known {
        family: "Quillon".into(),
        given: "Ivo".into(),
        born: jiff::civil::date(1990, 1, 1),
    }
}

/// Whether it looks for those whom an enquiry names so, or so, and finds none of them: were it good, it would look for them otherwise.
fn misses(fault: Fault, subject: &v1::Subject) -> bool {
    let is_known = |name: &v1::PersonName| name.family == known().family;
    match fault {
        Fault::TooSure => true,
        Fault::BelievesEstimates => subject
            .born
            .as_ref()
            .is_some_and(|born| born.accuracy() == v1::BirthAccuracy::Estimated),
        Fault::SkipsAliases => {
            !subject.name.iter().any(is_known) && subject.aliases.iter().any(is_known)
        }
        _ => false,
    }
}

pub(super) struct Planted {
    fault: Fault,
    starts: u32,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Planted {
    pub(super) fn new(fault: Fault) -> Self {
        Self {
            fault,
            starts: 0,
            stop: CancellationToken::new(),
            task: None,
        }
    }
}

#[async_trait::async_trait]
impl UnderTest for Planted {
    async fn start(&mut self, place: &Place) -> anyhow::Result<()> {
        self.starts += 1;
        self.stop = CancellationToken::new();
        let program = Arc::new(Running {
            fault: self.fault,
            starts: self.starts,
            place: place.clone(),
            seen: Mutex::default(),
        });
        self.task = Some(tokio::spawn(program.run(self.stop.clone())));
        Ok(())
    }

    async fn stop(&mut self, limit: Duration) -> anyhow::Result<bool> {
        self.stop.cancel();
        let Some(mut task) = self.task.take() else {
            return Ok(true);
        };
        let ended = timeout(limit, &mut task).await.is_ok();
        if !ended {
            task.abort();
        }
        Ok(ended)
    }

    async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(task) = self.task.take() {
            task.abort();
            drop(task.await);
        }
        Ok(())
    }

    fn is_over(&mut self) -> bool {
        self.task.as_ref().is_some_and(JoinHandle::is_finished)
    }
}

struct Running {
    fault: Fault,
    starts: u32,
    place: Place,
    seen: Mutex<HashSet<String>>,
}

impl Running {
    fn tls(&self) -> Option<ClientTls> {
        let files = ClientFiles {
            certificate: self.place.certificate.clone(),
            key: self.place.key.clone(),
            ca: self.place.ca.clone(),
            server_name: None,
        };
        ClientTls::load(&files).ok()
    }

    fn client(&self, tls: &ClientTls) -> Option<Client> {
        let channel = endpoint(&self.place.server, tls).ok()?.connect_lazy();
        Some(AdapterServiceClient::new(channel).max_decoding_message_size(8 << 20))
    }

    async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut works = JoinSet::new();
        let mut tls = self.tls().unwrap();
        let mut client = self.client(&tls).unwrap();
        loop {
            while works.try_join_next().is_some() {}
            if let Some(new) = self.tls()
                && new != tls
                && self.fault != Fault::KeepsCertificate
                && let Some(connected) = self.client(&new)
            {
                (tls, client) = (new, connected);
            }
            let leased = tokio::select! {
                () = stop.cancelled(), if self.fault != Fault::IgnoresStop => break,
                leased = self.lease(client.clone()) => leased,
            };
            for leased in leased {
                let check = leased.check.as_ref().unwrap();
                if self.fault == Fault::FallsOver
                    && !check.personal.as_ref().unwrap().note.is_empty()
                {
                    return;
                }
                works.spawn(Arc::clone(&self).work(client.clone(), leased));
            }
        }
        if self.fault != Fault::DropsAtStop {
            while works.join_next().await.is_some() {}
        }
    }

    /// One call for work. A call whose reply was lost is made again.
    async fn lease(&self, mut client: Client) -> Vec<v1::LeasedCheck> {
        let wait = if self.fault == Fault::Loops { 0 } else { 2 };
        let most_in_hand = if self.fault == Fault::Hoards { 2 } else { 0 };
        let request = v1::LeaseChecksRequest {
            request_id: RandomIds.next().to_string(),
            max_checks: 64,
            wait: prost_types::Duration::try_from(Duration::from_secs(wait)).ok(),
            report: Some(v1::AdapterReport {
                most_in_hand,
                ..v1::AdapterReport::default()
            }),
            ..v1::LeaseChecksRequest::default()
        };
        if self.fault == Fault::Invalid {
            let max_checks = 65;
            drop(
                client
                    .lease_checks(v1::LeaseChecksRequest {
                        max_checks,
                        ..request.clone()
                    })
                    .await,
            );
        }
        loop {
            match client.lease_checks(request.clone()).await {
                Ok(response) => return response.into_inner().checks,
                Err(status) if is_broken(&status) && self.fault == Fault::NeverReconnects => {
                    std::future::pending::<()>().await;
                }
                Err(status) if is_broken(&status) && self.fault == Fault::Storms => {}
                Err(_) => sleep(Duration::from_millis(150)).await,
            }
        }
    }

    async fn work(self: Arc<Self>, mut client: Client, leased: v1::LeasedCheck) {
        let (check, lease) = (leased.check.unwrap(), leased.lease_id);
        let subject = check.personal.unwrap_or_default().subject;
        let misses = misses(self.fault, &subject.unwrap_or_default());
        let check = check.id;
        let first = self.seen.lock().unwrap().insert(check.clone());
        let ignored = match self.fault {
            Fault::OnceOnly => !first,
            Fault::LetsRunOut => first && check.ends_with("/2"),
            Fault::FirstOnly => !check.ends_with("/1"),
            _ => false,
        };
        if ignored {
            return;
        }
        let disposition = match self.fault {
            _ if misses => v1::Disposition::NotKnown,
            Fault::ForgetsOnRestart if self.starts.is_multiple_of(2) => {
                v1::Disposition::KnownRelevant
            }
            _ => v1::Disposition::KnownNothingRelevant,
        };
        let space = Uuid::parse_str(&lease).unwrap();
        let mut request = v1::AnswerRequest {
            request_id: Uuid::new_v5(&space, b"answer").to_string(),
            person: (self.fault == Fault::NamesPerson).then(|| v1::Person {
                name: "Wren Worker".into(),
                post: "Duty social worker".into(),
                ..v1::Person::default()
            }),
            check_id: check,
            lease_id: match self.fault {
                Fault::InventsLeases => RandomIds.next().to_string(),
                _ => lease,
            },
            disposition: disposition.into(),
            ..v1::AnswerRequest::default()
        };
        let mut refused = 0;
        loop {
            match client.answer(Request::new(request.clone())).await {
                Ok(_) => break,
                Err(status) if is_passing(status.code()) => {
                    sleep(Duration::from_millis(150)).await;
                    if self.fault == Fault::NewIdOnRepeat {
                        request.request_id = RandomIds.next().to_string();
                    }
                }
                Err(_) if self.fault == Fault::RepeatsRefused && refused < 10 => {
                    refused += 1;
                    sleep(Duration::from_millis(20)).await;
                }
                Err(_) => return,
            }
        }
        if self.fault == Fault::AnswersTwice {
            request.request_id = RandomIds.next().to_string();
            drop(client.answer(request).await);
        }
    }
}

/// Whether the connection is gone, which no broker says.
fn is_broken(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable
            | Code::Unknown
            | Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
    )
}
