//! A client as it should be: it calls one broker after the other until one answers.

use super::*;
use tonic::{Code, Response, Status};

/// For one call to one broker, which may stand still.
const CALL_LIMIT: Duration = Duration::from_secs(3);
/// For a call to one broker after the other: one of them is there.
const CALLS_LIMIT: Duration = Duration::from_secs(30);
/// Between two brokers.
const GO_ON_AFTER: Duration = Duration::from_millis(20);

/// The client, at the broker of `place`.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) scene: Arc<Scene>,
    tls: ClientTls,
    pub(super) place: usize,
    open: Option<(SocketAddr, Channel)>,
}

impl Caller {
    pub(super) fn new(scene: &Arc<Scene>, who: &str, place: usize) -> Self {
        Self {
            scene: Arc::clone(scene),
            tls: scene.home.tls(who),
            place: place % BROKERS,
            open: None,
        }
    }

    /// The way to the broker where it is.
    pub(super) fn channel(&mut self) -> Channel {
        let address = *self.scene.addresses[self.place].lock().unwrap();
        match &self.open {
            Some((known, channel)) if *known == address => channel.clone(),
            _ => {
                let endpoint = endpoint(&format!("https://{address}"), &self.tls);
                let channel = endpoint.unwrap().connect_lazy();
                self.open = Some((address, channel.clone()));
                channel
            }
        }
    }

    /// To the next broker.
    pub(super) fn go_on(&mut self) {
        self.place = (self.place + 1) % BROKERS;
        self.open = None;
    }

    /// The same call through one broker after the other, until it is answered, or refused for good.
    pub(super) async fn insist<T, F>(&mut self, call: impl Fn(Channel) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let insisted = Stopwatch::start();
        loop {
            let answered = tokio::time::timeout(CALL_LIMIT, call(self.channel())).await;
            let failed = match answered {
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(status)) if is_refused(&status) => return Err(status),
                Ok(Err(status)) => format!("{status:?}"),
                Err(late) => late.to_string(),
            };
            assert!(
                insisted.elapsed() < CALLS_LIMIT,
                "no broker answers: {failed}"
            );
            self.scene.told.went_on.fetch_add(1, Ordering::Relaxed);
            self.go_on();
            tokio::time::sleep(GO_ON_AFTER).await;
        }
    }
}

/// Whether a broker has decided; everything else is one that is away or has no time.
fn is_refused(status: &Status) -> bool {
    match status.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => true,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Internal
        | Code::Unavailable => false,
    }
}
