//! The way from a command to the broker: flags over the client file, one time limit per call, one request id per
//! invocation.
//!
//! The client file holds no secret, only the paths of certificate and key. It is `--client FILE`, else
//! `usher/client.toml` in the user's configuration folder, else `usher-client.toml` in the working directory.

use super::connection::Connection;
use super::failure::{Exit, Failure};
use crate::config::environment::Environment;
use crate::ids::{Ids as _, RandomIds};
use crate::rpc::client::{ClientFiles, channel};
use clap::Args;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tonic::{Request, Response, Status};
use usher_domain::id::RequestId;
use usher_domain::limits;
use usher_proto::v1;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;
use usher_proto::v1::court_service_client::CourtServiceClient;
use usher_proto::v1::operations_service_client::OperationsServiceClient;

/// The client file in the working directory.
const LOCAL_FILE: &str = "usher-client.toml";
/// The client file in the user's configuration folder.
const USER_FILE: &str = "usher/client.toml";
/// A client file is never larger, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1_024;

/// What a client file is, at length.
const FILE_HELP: &str = r#"File with server, cert, key, ca and person, with paths from its own folder [default: usher/client.toml in the configuration folder of the user, else ./usher-client.toml]. Such as:
server = "https://localhost:7443"
ca = "tls/ca.pem"
cert = "tls/court.pem"
key = "tls/court.key"
person = { name = "A Name", post = "Court duty", contact = "020 7946 0123" }"#;

/// Where the broker is, and as whom to call.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectArgs {
    /// Address of the broker
    #[arg(long, value_name = "https://HOST:PORT")]
    server: Option<String>,
    /// Client certificate, PEM
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Its private key, PEM, readable by its owner only
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Authority of the broker's certificate, PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Name in the broker's certificate, where it is not the host of the address
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// File with server, cert, key, ca and person [default: usher/client.toml in the configuration folder of the user,
    /// else ./usher-client.toml]
    #[arg(long, value_name = "FILE", long_help = FILE_HELP)]
    client: Option<PathBuf>,
    /// How long one call may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

impl ConnectArgs {
    /// Whether flags say where a broker is.
    pub(super) fn names_a_broker(&self) -> bool {
        self.server.is_some() || self.client.is_some()
    }
}

/// As [`ConnectArgs`], and who acts.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ActArgs {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    actor: ActorArgs,
}

impl ActArgs {
    /// Whether a flag gives the request id.
    pub(super) fn repeats(&self) -> bool {
        self.actor.request_id.is_some()
    }

    /// Whether a flag names the person.
    pub(super) fn names_a_person(&self) -> bool {
        self.actor.person_name.is_some()
    }
}

/// Who acts, and under which request id.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Person")]
struct ActorArgs {
    /// Who acts [default: the person of the client file]
    #[arg(long, value_name = "NAME")]
    person_name: Option<String>,
    /// Their post
    #[arg(long, value_name = "POST")]
    person_post: Option<String>,
    /// Their telephone or monitored mailbox
    #[arg(long, value_name = "CONTACT")]
    person_contact: Option<String>,
    /// Repeat the request with this id: what was done already is not done twice [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<RequestId>,
}

impl std::fmt::Debug for ActorArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActorArgs")
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// What a client file says.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ClientFile {
    server: Option<String>,
    server_name: Option<String>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    ca: Option<PathBuf>,
    person: Option<FilePerson>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FilePerson {
    name: String,
    post: String,
    contact: String,
}

/// A broker to call.
pub(super) struct Client {
    connection: Connection,
    limit: Duration,
    person: Option<v1::Person>,
    request_id: RequestId,
    acts: bool,
}

impl Client {
    /// For commands that only read.
    ///
    /// # Errors
    /// When neither flags nor file say where the broker is and as whom to call, or the files cannot be used.
    pub(super) fn reading(args: &ConnectArgs, environment: &Environment) -> Result<Self, Failure> {
        Self::open(args, &ActorArgs::default(), environment, false)
    }

    /// For commands that change something.
    ///
    /// # Errors
    /// As [`Client::reading`].
    pub(super) fn acting(args: &ActArgs, environment: &Environment) -> Result<Self, Failure> {
        Self::open(&args.connect, &args.actor, environment, true)
    }

    fn open(
        connect: &ConnectArgs,
        actor: &ActorArgs,
        environment: &Environment,
        acts: bool,
    ) -> Result<Self, Failure> {
        let file = ClientFile::find(connect.client.as_deref(), environment)?;
        let person = person(actor, file.person.as_ref());
        let server = connect
            .server
            .clone()
            .or(file.server)
            .ok_or_else(|| missing("--server"))?;
        let files = ClientFiles {
            certificate: connect
                .cert
                .clone()
                .or(file.cert)
                .ok_or_else(|| missing("--cert"))?,
            key: connect
                .key
                .clone()
                .or(file.key)
                .ok_or_else(|| missing("--key"))?,
            ca: connect
                .ca
                .clone()
                .or(file.ca)
                .ok_or_else(|| missing("--ca"))?,
            server_name: connect.server_name.clone().or(file.server_name),
        };
        let channel = channel(&server, &files).map_err(|error| {
            Failure::caused(
                Exit::Usage,
                &error,
                "check --server, --cert, --key and --ca",
            )
        })?;
        Ok(Self {
            connection: Connection::new(channel),
            limit: Duration::from_secs(connect.timeout),
            person,
            request_id: actor.request_id.unwrap_or_else(|| RandomIds.request()),
            acts,
        })
    }

    /// The officers' service.
    pub(super) fn court(&self) -> CourtServiceClient<Connection> {
        CourtServiceClient::new(self.connection.clone())
            .max_decoding_message_size(limits::RESPONSE_BYTES_MAX)
    }

    /// The adapters' service.
    pub(super) fn adapter(&self) -> AdapterServiceClient<Connection> {
        AdapterServiceClient::new(self.connection.clone())
            .max_decoding_message_size(limits::RESPONSE_BYTES_MAX)
    }

    /// The operators' service.
    pub(super) fn operations(&self) -> OperationsServiceClient<Connection> {
        OperationsServiceClient::new(self.connection.clone())
            .max_decoding_message_size(limits::RESPONSE_BYTES_MAX)
    }

    /// The person who acts, where one is named.
    pub(super) fn person(&self) -> Option<v1::Person> {
        self.person.clone()
    }

    /// The id of this invocation's request.
    pub(super) fn request_id(&self) -> String {
        self.request_id.to_string()
    }

    /// `message` with the time limit of one call.
    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        within(message, self.limit)
    }

    /// As [`Client::request`], for a call that waits for `wait` by itself.
    pub(super) fn request_waiting<T>(&self, message: T, wait: Duration) -> Request<T> {
        within(message, self.limit.saturating_add(wait))
    }

    /// The message of a response, or why there is none; for an act that may have been done all the same, with how to repeat
    /// it safely.
    ///
    /// # Errors
    /// When the call failed.
    pub(super) fn take<T>(&self, result: Result<Response<T>, Status>) -> Result<T, Failure> {
        self.take_as(result, &self.request_id())
    }

    /// As [`Client::take`], of an act that was called under `request_id`.
    ///
    /// # Errors
    /// When the call failed.
    pub(super) fn take_as<T>(
        &self,
        result: Result<Response<T>, Status>,
        request_id: &str,
    ) -> Result<T, Failure> {
        result.map(Response::into_inner).map_err(|status| {
            let failure = Failure::from(status);
            if self.acts && failure.leaves_open() {
                return failure.detail(format!(
                    "to repeat this very request: --request-id {request_id}"
                ));
            }
            failure
        })
    }
}

impl ClientFile {
    /// The file that applies, empty when there is none.
    fn find(given: Option<&Path>, environment: &Environment) -> Result<Self, Failure> {
        if let Some(path) = given {
            return Self::read(path);
        }
        let folder = environment
            .path("XDG_CONFIG_HOME")
            .or_else(|| environment.path("HOME").map(|home| home.join(".config")));
        let user = folder.map(|folder| folder.join(USER_FILE));
        let local = Some(PathBuf::from(LOCAL_FILE));
        match [user, local]
            .into_iter()
            .flatten()
            .find(|path| path.is_file())
        {
            Some(path) => Self::read(&path),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let text = read_text(path, FILE_BYTES_MAX)?;
        let mut file: Self = toml::from_str(&text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
            let what = error.message().lines().next().unwrap_or_default().to_owned();
            let hint = "the file has server, server_name, cert, key, ca, and [person] with name, post, contact";
            Failure::usage(format!("{}:{line}: {what}", path.display()), hint)
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for path in [&mut file.cert, &mut file.key, &mut file.ca]
            .into_iter()
            .flatten()
        {
            *path = folder.join(&*path);
        }
        Ok(file)
    }
}

fn within<T>(message: T, limit: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

/// Flags over the file, field by field.
fn person(args: &ActorArgs, file: Option<&FilePerson>) -> Option<v1::Person> {
    let file = file.cloned().unwrap_or_default();
    let person = v1::Person {
        name: args.person_name.clone().unwrap_or(file.name),
        post: args.person_post.clone().unwrap_or(file.post),
        contact: args.person_contact.clone().unwrap_or(file.contact),
    };
    (!person.name.is_empty()).then_some(person)
}

fn missing(flag: &str) -> Failure {
    Failure::usage(
        format!("no {flag} is given, and no client file says it"),
        "give --server, --cert, --key and --ca, or write them into usher-client.toml as server, cert, key, ca \
         (`usher pki issue` makes certificates for development)",
    )
}

/// Reads a text file of at most `bytes_max`; `-` is the standard input.
///
/// # Errors
/// When it cannot be read, is larger, or not UTF-8. Nothing of it is repeated.
pub(super) fn read_text(path: &Path, bytes_max: u64) -> Result<String, Failure> {
    use std::io::Read as _;
    let name = if path == Path::new("-") {
        "standard input".into()
    } else {
        path.display().to_string()
    };
    let unreadable = |error: std::io::Error| {
        Failure::caused(
            Exit::Usage,
            &error,
            "check the path, and that you may read it",
        )
        .detail(format!("while reading {name}"))
    };
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(bytes_max + 1)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(bytes_max + 1).read_to_string(&mut text))
    };
    let length = u64::try_from(read.map_err(unreadable)?).unwrap_or(u64::MAX);
    if length > bytes_max {
        let what = format!("{name} is larger than {bytes_max} bytes");
        return Err(Failure::usage(what, "check that it is the right file"));
    }
    Ok(text)
}

/// Text from a flag; `-` reads it from the standard input, so that it stands in no list of processes.
///
/// # Errors
/// When the standard input cannot be read.
pub(super) fn words_or_stdin(given: &str) -> Result<String, Failure> {
    const NOTE_BYTES_MAX: u64 = 256 * 1_024;
    if given != "-" {
        return Ok(given.into());
    }
    read_text(Path::new("-"), NOTE_BYTES_MAX).map(|text| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_field_by_field() {
        let file = FilePerson {
            name: "A".into(),
            post: "B".into(),
            contact: "C".into(),
        };
        let check = |name: Option<&str>,
                     post: Option<&str>,
                     wanted: Option<(&str, &str, &str)>,
                     file: Option<&FilePerson>| {
            let args = ActorArgs {
                person_name: name.map(Into::into),
                person_post: post.map(Into::into),
                ..ActorArgs::default()
            };
            let found =
                person(&args, file).map(|person| (person.name, person.post, person.contact));
            assert_eq!(
                found,
                wanted.map(|(a, b, c)| (a.into(), b.into(), c.into()))
            );
        };
        check(None, None, Some(("A", "B", "C")), Some(&file));
        check(Some("D"), None, Some(("D", "B", "C")), Some(&file));
        check(Some("D"), Some(""), Some(("D", "", "C")), Some(&file));
        check(Some("D"), None, Some(("D", "", "")), None);
        check(None, Some("E"), None, None);
    }

    #[test]
    fn a_client_file_is_read_from_its_own_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.toml");
        std::fs::write(
            &path,
            "server = \"https://b.example:7443\"\ncert = \"a.pem\"\nkey = \"/k/a.key\"\n",
        )
        .unwrap();
        let file = ClientFile::read(&path).unwrap();
        assert_eq!(file.cert, Some(folder.path().join("a.pem")));
        assert_eq!(file.key, Some("/k/a.key".into()));
        assert_eq!(file.ca, None);
    }

    #[test]
    fn the_client_file_of_the_help_is_one() {
        let (_, example) = FILE_HELP.split_once(":\n").unwrap();
        let file: ClientFile = toml::from_str(example).unwrap();
        assert!(file.server.is_some() && file.cert.is_some() && file.key.is_some());
        assert!(file.ca.is_some() && file.person.is_some());
    }

    #[test]
    fn a_slip_in_a_client_file_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.toml");
        std::fs::write(&path, "server = \"x\"\ncrt = \"a.pem\"\n").unwrap();
        let Err(failure) = ClientFile::read(&path) else {
            panic!("accepted")
        };
        assert!(
            failure.render().contains("client.toml:2: unknown field"),
            "{}",
            failure.render()
        );
        assert_eq!(failure.exit(), Exit::Usage);
    }
}
