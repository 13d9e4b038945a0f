//! The door of the test broker: the adapter service over mutual TLS, which passes each call on to the broker behind it, keeps what it saw, and
//! does to some what networks and brokers do: loses them, holds them up, loses their replies.

use super::tape::{Act, Lent, Said, Tape, Verb, What};
use crate::clock::{Clock as _, SystemClock};
use crate::rpc::listener::Peer;
use prost::Message;
use std::collections::HashMap;
use std::mem::take;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_types::StatusExt as _;
use usher_proto::v1;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;
use usher_proto::v1::adapter_service_server::AdapterService;

/// How long a caller waits who calls too often.
const TOO_OFTEN: Duration = Duration::from_secs(1);

pub(super) type Client = AdapterServiceClient<Channel>;

/// What is done to the acts on one check.
#[derive(Clone)]
pub(super) enum Trap {
    /// The broker has the next one, and its reply is lost.
    LoseReply,
    /// The reply to the next one takes so long.
    Slow(Duration),
    /// They wait at the gate, then go on.
    Hold(Gate),
    /// Those under this lease wait at the first gate, others at the second, then go on.
    HoldApart(String, Gate, Gate),
    /// They wait at the gate, then are lost.
    Swallow(Gate),
    /// The broker has them; the replies wait at the gate, then are lost.
    Mute(Gate),
}

impl Trap {
    fn gate(&self) -> Option<&Gate> {
        match self {
            Self::LoseReply | Self::Slow(_) => None,
            Self::Hold(gate)
            | Self::HoldApart(_, _, gate)
            | Self::Swallow(gate)
            | Self::Mute(gate) => Some(gate),
        }
    }
}

/// Where calls wait.
#[derive(Clone, Default)]
pub(super) struct Gate {
    came: CancellationToken,
    opened: CancellationToken,
}

impl Gate {
    /// Waits until an act has come; whether one did in time.
    pub(super) async fn came(&self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.came.cancelled())
            .await
            .is_ok()
    }

    /// Lets everybody pass.
    pub(super) fn open(&self) {
        self.opened.cancel();
    }

    async fn pass(&self) {
        self.came.cancel();
        self.opened.cancelled().await;
    }
}

/// What is done to calls.
#[derive(Default)]
pub(super) struct Traps {
    acts: Mutex<HashMap<String, Trap>>,
    lose_lending: AtomicBool,
}

impl Traps {
    pub(super) fn set(&self, check: &str, trap: Trap) {
        self.acts().insert(check.into(), trap);
    }

    /// Opens the gate of `check`, where it has one, and does nothing more to it.
    pub(super) fn free(&self, check: &str) {
        let trap = self.acts().remove(check);
        if let Some(gate) = trap.as_ref().and_then(Trap::gate) {
            gate.open();
        }
    }

    /// Loses the next reply that lends something.
    pub(super) fn lose_lending(&self, lose: bool) {
        self.lose_lending.store(lose, Ordering::Relaxed);
    }

    /// The trap of `check` for an act under `lease`; those without a gate catch one act.
    fn spring(&self, check: &str, lease: &str) -> Option<Trap> {
        let mut acts = self.acts();
        let trap = acts.get(check)?.clone();
        if let Trap::HoldApart(one, first, _) = &trap
            && one == lease
        {
            return Some(Trap::Hold(first.clone()));
        }
        if trap.gate().is_none() {
            acts.remove(check);
        }
        Some(trap)
    }

    fn is_held(&self, check: &str) -> bool {
        self.acts()
            .get(check)
            .is_some_and(|trap| trap.gate().is_some())
    }

    fn acts(&self) -> std::sync::MutexGuard<'_, HashMap<String, Trap>> {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service at the door.
pub(super) struct Front {
    pub(super) tape: Arc<Tape>,
    pub(super) traps: Arc<Traps>,
    /// To the broker, as the adapter.
    pub(super) client: Client,
}

type Reply<T> = Result<Response<T>, Status>;

impl Front {
    /// Notes a call.
    async fn begin<Q>(&self, request: &Request<Q>, what: What) -> Result<usize, Status> {
        let serial = Peer::of(request).map_or_else(|| "".into(), |peer| Arc::clone(&peer.serial));
        if let Some(number) = self.tape.begin(serial, what) {
            Ok(number)
        } else {
            sleep(TOO_OFTEN).await;
            Err(Status::resource_exhausted("far too many calls"))
        }
    }

    /// Notes what came of it, and says it.
    fn end<T>(&self, number: usize, outcome: Reply<T>) -> Reply<T> {
        self.tape.end(number, said(&outcome), |_| ());
        outcome.map(bare).map_err(|status| plain(&status))
    }

    fn lost<T>(&self, number: usize, done: bool) -> Reply<T> {
        self.tape.end(number, Said::Lost { done }, |_| ());
        Err(away())
    }

    async fn act<Q: Acting, A>(
        &self,
        request: Request<Q>,
        call: impl AsyncFnOnce(Client, Q) -> Reply<A>,
    ) -> Reply<A> {
        let act = request.get_ref().act();
        let (check, lease) = (act.check.clone(), act.lease.clone());
        let number = self.begin(&request, What::Act(act)).await?;
        let (client, message) = (self.client.clone(), request.into_inner());
        match self.traps.spring(&check, &lease) {
            None => self.end(number, call(client, message).await),
            Some(Trap::LoseReply) => {
                let done = call(client, message).await.is_ok();
                self.lost(number, done)
            }
            Some(Trap::Slow(long)) => {
                let outcome = call(client, message).await;
                sleep(long).await;
                self.end(number, outcome)
            }
            Some(Trap::Hold(gate) | Trap::HoldApart(_, _, gate)) => {
                gate.pass().await;
                self.end(number, call(client, message).await)
            }
            Some(Trap::Swallow(gate)) => {
                gate.pass().await;
                self.lost(number, false)
            }
            Some(Trap::Mute(gate)) => {
                let done = call(client, message).await.is_ok();
                self.tape.end(number, Said::Lost { done }, |_| ());
                gate.pass().await;
                Err(away())
            }
        }
    }

    async fn read<Q, A>(
        &self,
        request: Request<Q>,
        call: impl AsyncFnOnce(Client, Q) -> Reply<A>,
    ) -> Reply<A> {
        let number = self.begin(&request, What::Read).await?;
        let outcome = call(self.client.clone(), request.into_inner()).await;
        self.end(number, outcome)
    }

    /// The moment on the tape that `at` is.
    fn moment(&self, at: Option<prost_types::Timestamp>) -> Duration {
        let until = at.and_then(|at| {
            Duration::try_from(
                SystemClock
                    .now()
                    .duration_until(jiff::Timestamp::new(at.seconds, at.nanos).ok()?),
            )
            .ok()
        });
        self.tape.now() + until.unwrap_or_default()
    }
}

#[tonic::async_trait]
impl AdapterService for Front {
    async fn lease_checks(
        &self,
        request: Request<v1::LeaseChecksRequest>,
    ) -> Reply<v1::LeaseChecksResponse> {
        let report = request.get_ref().report.as_ref();
        let what = What::Lease {
            most_in_hand: report.map_or(0, |report| report.most_in_hand),
            lent: Vec::new(),
        };
        let number = self.begin(&request, what).await?;
        let outcome = self.client.clone().lease_checks(request.into_inner()).await;
        let leased = outcome
            .as_ref()
            .map(|response| response.get_ref().checks.as_slice());
        let lent: Vec<Lent> = leased
            .unwrap_or_default()
            .iter()
            .map(|leased| Lent {
                check: leased
                    .check
                    .as_ref()
                    .map(|check| check.id.clone())
                    .unwrap_or_default(),
                lease: leased.lease_id.clone(),
                until: self.moment(leased.expire_time),
            })
            .collect();
        let lose = !lent.is_empty() && self.traps.lose_lending.swap(false, Ordering::Relaxed);
        let heard = if lose {
            Said::Lost { done: true }
        } else {
            said(&outcome)
        };
        self.tape.end(number, heard, |what| {
            if let What::Lease { lent: noted, .. } = what {
                *noted = lent;
            }
        });
        if lose {
            return Err(away());
        }
        outcome.map(bare).map_err(|status| plain(&status))
    }

    async fn renew(&self, request: Request<v1::RenewRequest>) -> Reply<v1::RenewResponse> {
        let message = request.get_ref();
        let check = message.check_id.clone();
        let what = What::Renew {
            check: check.clone(),
            lease: message.lease_id.clone(),
            until: Duration::ZERO,
        };
        let number = self.begin(&request, what).await?;
        if self.traps.is_held(&check) {
            return self.lost(number, false);
        }
        let outcome = self.client.clone().renew(request.into_inner()).await;
        let until = outcome
            .as_ref()
            .ok()
            .map(|response| self.moment(response.get_ref().expire_time));
        self.tape.end(number, said(&outcome), |what| {
            if let (What::Renew { until: noted, .. }, Some(until)) = (what, until) {
                *noted = until;
            }
        });
        outcome.map(bare).map_err(|status| plain(&status))
    }

    async fn accept(&self, request: Request<v1::AcceptRequest>) -> Reply<v1::AcceptResponse> {
        self.act(request, async |mut client, message| {
            client.accept(message).await
        })
        .await
    }

    async fn answer(&self, request: Request<v1::AnswerRequest>) -> Reply<v1::AnswerResponse> {
        self.act(request, async |mut client, message| {
            client.answer(message).await
        })
        .await
    }

    async fn release(&self, request: Request<v1::ReleaseRequest>) -> Reply<v1::ReleaseResponse> {
        self.act(request, async |mut client, message| {
            client.release(message).await
        })
        .await
    }

    async fn ask(&self, request: Request<v1::AskRequest>) -> Reply<v1::AskResponse> {
        self.act(request, async |mut client, message| {
            client.ask(message).await
        })
        .await
    }

    async fn redirect(&self, request: Request<v1::RedirectRequest>) -> Reply<v1::RedirectResponse> {
        self.act(request, async |mut client, message| {
            client.redirect(message).await
        })
        .await
    }

    async fn get_check(
        &self,
        request: Request<v1::GetCheckRequest>,
    ) -> Reply<v1::GetCheckResponse> {
        self.read(request, async |mut client, message| {
            client.get_check(message).await
        })
        .await
    }

    async fn list_checks(
        &self,
        request: Request<v1::ListChecksRequest>,
    ) -> Reply<v1::ListChecksResponse> {
        self.read(request, async |mut client, message| {
            client.list_checks(message).await
        })
        .await
    }
}

/// A request that is an act.
trait Acting: Message + Clone {
    fn act(&self) -> Act;
}

/// `acting!(Request, |request| verb, |request| whether it says NOT_KNOWN, |request| what of the body is no decision goes)`.
macro_rules! acting {
    ($request:ident, $verb:expr, $not_known:expr, $strip:expr) => {
        impl Acting for v1::$request {
            fn act(&self) -> Act {
                let mut rest = self.clone();
                let (request_id, lease) = (take(&mut rest.request_id), take(&mut rest.lease_id));
                let body = rest.encode_to_vec();
                let strip: fn(&mut Self) = $strip;
                strip(&mut rest);
                let verb: fn(&Self) -> Verb = $verb;
                let not_known: fn(&Self) -> bool = $not_known;
                Act {
                    verb: verb(self),
                    check: self.check_id.clone(),
                    lease,
                    request_id,
                    named: self.person.is_some(),
                    not_known: not_known(self),
                    body,
                    decision: rest.encode_to_vec(),
                }
            }
        }
    };
}

acting!(AcceptRequest, |_| Verb::Accept, |_| false, |request| {
    request.expected_by_time = None;
});
acting!(
    AnswerRequest,
    |_| Verb::Answer,
    |request| request.disposition() == v1::Disposition::NotKnown,
    |request| request.data_as_of_time = None
);
acting!(
    ReleaseRequest,
    |request| match request.for_people() {
        v1::PeopleReason::Unspecified => Verb::GiveBack,
        _ => Verb::LeaveToPeople,
    },
    |_| false,
    |_| ()
);
acting!(AskRequest, |_| Verb::Ask, |_| false, |_| ());
acting!(RedirectRequest, |_| Verb::Redirect, |_| false, |_| ());

fn said<T>(outcome: &Reply<T>) -> Said {
    match outcome {
        Ok(_) => Said::Yes,
        Err(status) => Said::No {
            code: status.code(),
            reason: status
                .get_details_error_info()
                .map(|info| info.reason)
                .unwrap_or_default(),
        },
    }
}

/// The message without what the connection behind the door added to it.
fn bare<T>(response: Response<T>) -> Response<T> {
    Response::new(response.into_inner())
}

fn plain(status: &Status) -> Status {
    Status::with_details(
        status.code(),
        status.message(),
        status.details().to_vec().into(),
    )
}

fn away() -> Status {
    Status::unavailable("the connection to the broker was lost")
}
