//! The way to the broker: one connection, made anew when the certificate's files change, and calls that outlive a broker that is away.

use super::settings::BrokerSettings;
use crate::ids::{Ids as _, RandomIds};
use crate::rpc::client::{ClientError, ClientFiles, ClientTls, endpoint};
use arc_swap::ArcSwap;
use std::time::Duration;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;
use usher_proto::v1::ErrorReason;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;

/// How long one call may take; calls for work wait longer.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// Between two tries: doubled from the first to the last, and as much again by chance, so that a broker that comes back is not overrun.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(15);
/// A response holds at most so much, in bytes: what brokers send is below 4 MiB.
const RESPONSE_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// Between two looks at the certificate's files.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A client of the broker's adapter service.
pub(super) type Client = AdapterServiceClient<Channel>;

/// A refusal that trying again does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The lease ran out or is another's.
    LeaseLost,
    /// The check stands where the act is not possible, or is not ours any more.
    Overtaken,
    /// The agreement, or the broker's rules, do not allow it; in the broker's words.
    Forbidden(String),
}

/// One broker, and as whom it is called.
pub(super) struct Link {
    server: String,
    files: ClientFiles,
    connected: ArcSwap<Connected>,
}

struct Connected {
    tls: ClientTls,
    channel: Channel,
}

impl Link {
    /// Connects when it is first used, and again whenever it must.
    ///
    /// # Errors
    /// When the address is not one, or the certificate's files cannot be used.
    pub(super) fn open(settings: &BrokerSettings) -> Result<Self, ClientError> {
        let (server, files) = (settings.server.clone(), settings.files());
        let connected = connect(&server, ClientTls::load(&files)?)?;
        Ok(Self {
            server,
            files,
            connected: ArcSwap::from_pointee(connected),
        })
    }

    pub(super) fn client(&self) -> Client {
        AdapterServiceClient::new(self.connected.load().channel.clone())
            .max_decoding_message_size(RESPONSE_BYTES_MAX)
    }

    /// Takes up new certificates as they come; for ever.
    pub(super) async fn follow_files(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.reload();
        }
    }

    /// Connects anew where the files have changed. Files that cannot be used leave everything as it is.
    pub(super) fn reload(&self) {
        let loaded = ClientTls::load(&self.files);
        let news = loaded.map(|tls| (tls != self.connected.load().tls).then_some(tls));
        let connected = match news {
            Ok(None) => return,
            Ok(Some(tls)) => connect(&self.server, tls),
            Err(error) => Err(error),
        };
        match connected {
            Ok(connected) => {
                self.connected.store(connected.into());
                tracing::info!("Certificate changed: connecting anew");
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "New certificate cannot be used: going on with the old one"
            ),
        }
    }

    /// Calls until the broker says yes, or no for good.
    ///
    /// # Errors
    /// The refusal.
    pub(super) async fn call<Q: Clone, A>(
        &self,
        method: impl AsyncFn(Client, Request<Q>) -> Result<Response<A>, Status>,
        message: Q,
    ) -> Result<A, Refused> {
        let mut pause = Pause::default();
        loop {
            let mut request = Request::new(message.clone());
            request.set_timeout(CALL_LIMIT);
            let status = match method(self.client(), request).await {
                Ok(response) => return Ok(response.into_inner()),
                Err(status) => status,
            };
            match judge(&status) {
                Verdict::Refused(refused) => return Err(refused),
                Verdict::Passing => {
                    tracing::warn!(code = ?status.code(), "Broker is away or busy: trying again");
                }
                Verdict::NotNow => tracing::error!(
                    code = ?status.code(),
                    "Broker refuses this program: have its certificate and the broker's [[client]] looked at"
                ),
            }
            pause.wait().await;
        }
    }
}

fn connect(server: &str, tls: ClientTls) -> Result<Connected, ClientError> {
    let channel = endpoint(server, &tls)?.connect_lazy();
    Ok(Connected { tls, channel })
}

/// What a status means for whoever called.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The same call may do in a moment.
    Passing,
    /// The same call may do once somebody has mended the configuration.
    NotNow,
    /// The same call never will.
    Refused(Refused),
}

/// Reads a status by its reason, and by its code where it has none.
pub(super) fn judge(status: &Status) -> Verdict {
    let details = status.get_error_details();
    let reason = details
        .error_info()
        .and_then(|info| ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason)));
    match (status.code(), reason) {
        (_, Some(ErrorReason::LeaseLost)) => Verdict::Refused(Refused::LeaseLost),
        (_, Some(ErrorReason::WrongState)) | (Code::NotFound, _) => {
            Verdict::Refused(Refused::Overtaken)
        }
        (
            Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::AlreadyExists
            | Code::OutOfRange
            | Code::DataLoss,
            _,
        ) => Verdict::Refused(Refused::Forbidden(status.message().to_owned())),
        (Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented, _) => {
            Verdict::NotNow
        }
        _ => Verdict::Passing,
    }
}

/// The pauses between tries.
pub(super) struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pause {
    /// Waits, and longer the next time.
    pub(super) async fn wait(&mut self) {
        let chance = RandomIds.next().as_u64_pair().1 % 1_000;
        let by_chance = self
            .0
            .mul_f64(f64::from(u32::try_from(chance).unwrap_or(0)) / 1_000.0);
        tokio::time::sleep(self.0 + by_chance).await;
        self.0 = (self.0 * 2).min(LAST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn a_status_is_read_by_its_reason() {
        let because = |code, reason: &str| {
            let details = ErrorDetails::with_error_info(reason, "usher", []);
            judge(&Status::with_error_details(code, "", details))
        };
        let refused = Verdict::Refused;
        let precondition = Code::FailedPrecondition;
        assert_eq!(
            because(precondition, "LEASE_LOST"),
            refused(Refused::LeaseLost)
        );
        assert_eq!(
            because(precondition, "WRONG_STATE"),
            refused(Refused::Overtaken)
        );
        assert_eq!(
            because(Code::NotFound, "NOT_FOUND"),
            refused(Refused::Overtaken)
        );
        let forbidden = because(Code::InvalidArgument, "INVALID_FIELDS");
        assert_eq!(forbidden, refused(Refused::Forbidden(String::new())));
        assert_eq!(
            because(Code::PermissionDenied, "NOT_PERMITTED"),
            Verdict::NotNow
        );
        for passing in [
            Code::Unavailable,
            Code::DeadlineExceeded,
            Code::Aborted,
            Code::Unknown,
        ] {
            assert_eq!(judge(&Status::new(passing, "")), Verdict::Passing);
        }
    }
}
