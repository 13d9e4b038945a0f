//! Another language and another gRPC implementation, over the same mutual TLS: a client, `tests/python/client.py`, and the example of an
//! adapter, `deploy/examples/python/adapter.py`. `scripts/test` makes the environment that they run in; without one the tests say so and
//! prove nothing.

use crate::support::*;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use usher_proto::v1;
use v1::PeopleReason as Why;

/// Python with gRPC and its code generator: that of `scripts/test`, or the system's.
async fn python() -> Option<PathBuf> {
    let own = root().join("tests/python/.venv/bin/python");
    for candidate in [own, "python3".into()] {
        let mut command = Command::new(&candidate);
        command.args(["-c", "import grpc, grpc_tools"]);
        let found = command.output().await;
        if found.is_ok_and(|output| output.status.success()) {
            return Some(candidate);
        }
    }
    None
}

#[tokio::test]
async fn a_client_in_python_does_its_work_over_mutual_tls() {
    let Some(python) = python().await else {
        println!(
            "skipped: there is no Python with grpcio and grpcio-tools; scripts/test installs them"
        );
        return;
    };
    let kit = Kit::start().await;
    kit.client_files(OFFICER, "officer");
    kit.client_files(HACKNEY, "adapter");
    let mut command = Command::new(python);
    command
        .arg(root().join("tests/python/client.py"))
        .arg("--address")
        .arg(kit.address().to_string())
        .arg("--tls")
        .arg(kit.folder())
        .args(["--hearing", "2026-11-23T14:00"])
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(60), command.output()).await;
    let output = output.expect("it ends").unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("answered, watched and received"), "{out}");
    let report = kit.verified().await;
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!((report.checks.all, report.checks.received), (1, 1));
}

/// The people of the example's system: one with open involvement, one without.
const PEOPLE: &str = "import sqlite3, sys
system = sqlite3.connect(sys.argv[1])
system.execute('CREATE TABLE person (family TEXT, given TEXT, born TEXT, open INTEGER)')
rows = [('Open', 'Ann', '1990-01-01', 1), ('Closed', 'Ben', '1991-02-03', 0)]
system.executemany('INSERT INTO person VALUES (?, ?, ?, ?)', rows)
system.commit()";

#[tokio::test]
async fn the_example_of_an_adapter_answers_what_is_certain_and_leaves_the_rest_to_people() {
    let Some(python) = python().await else {
        println!(
            "skipped: there is no Python with grpcio and grpcio-tools; scripts/test installs them"
        );
        return;
    };
    let kit = Kit::start().await;
    let mut adapter = example(&kit, &python).await;
    let (nobody, possible) = (
        about("Example", "Zoe", "2001-05-06"),
        Err(Why::PossibleMatch),
    );
    for (request, wanted) in [
        (nobody.clone(), Ok(v1::Disposition::NotKnown)),
        (
            about("closed", "BEN", "1991-02-03"),
            Ok(v1::Disposition::KnownNothingRelevant),
        ),
        (about("Open", "Ann", "1990-01-01"), Err(Why::Other)),
        (about("Open", "Anna", "1985-07-07"), possible),
        (about("Opan", "Una", "1985-07-07"), possible),
        (about("Ann", "Open", "1985-07-07"), possible),
        (about("Other", "Ben", "1991-02-03"), possible),
        (about("Example", "Zoe", "1991-03-02"), possible),
        (aliased(nobody.clone(), "Closed", "Ben"), possible),
        (estimated(nobody), Err(Why::TooLittle)),
        (
            estimated(about("Closed", "Ben", "1991-02-03")),
            Err(Why::TooLittle),
        ),
        (about("Example", "Zoe", ""), Err(Why::TooLittle)),
    ] {
        let case = format!("{:?}", request.personal.as_ref().unwrap().subject);
        let asked = kit.submit(request).await;
        let watch = usher::clock::Stopwatch::start();
        let found = loop {
            let check = kit.get(&asked.enquiry_id).await.checks.remove(0);
            match check.answers.first() {
                Some(answer) => break Ok(answer.disposition()),
                None if check.for_people() != Why::Unspecified => break Err(check.for_people()),
                None => {}
            }
            assert!(watch.elapsed() < PATIENCE, "{case}: {:?}", check.state());
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(found, wanted, "{case}");
    }
    let id = i32::try_from(adapter.id().unwrap()).unwrap();
    let asked_to_stop = Command::new("kill").arg(id.to_string()).status().await;
    assert!(asked_to_stop.unwrap().success());
    let ended = timeout(PATIENCE, adapter.wait()).await.expect("it stops");
    assert!(ended.unwrap().success());
    assert!(kit.verified().await.is_sound());
}

/// The example, at work for Hackney.
async fn example(kit: &Kit, python: &Path) -> Child {
    let (certificate, key) = kit.client_files(HACKNEY, "adapter");
    let people = kit.folder().join("people.sqlite");
    let mut made = Command::new(python);
    let made = made.args(["-c", PEOPLE]).arg(&people).status().await;
    assert!(made.unwrap().success());
    let mut command = Command::new(python);
    command
        .arg(root().join("deploy/examples/python/adapter.py"))
        .arg("--people")
        .arg(&people)
        .arg("--journal")
        .arg(kit.folder().join("journal.sqlite"))
        .env("USHER_SERVER", format!("https://{}", kit.address()))
        .env("USHER_SERVER_NAME", "localhost")
        .env("USHER_CA", kit.folder().join("ca.pem"))
        .env("USHER_CERTIFICATE", certificate)
        .env("USHER_KEY", key)
        .kill_on_drop(true);
    command.spawn().unwrap()
}

/// An enquiry about one person alone.
fn about(family: &str, given: &str, born: &str) -> v1::SubmitRequest {
    let mut request = enquiry(&[IN_HACKNEY]);
    let personal = request.personal.as_mut().unwrap();
    personal.children.clear();
    personal.others.clear();
    let subject = personal.subject.as_mut().unwrap();
    subject.name = Some(v1::PersonName {
        family: family.into(),
        given: given.into(),
    });
    subject.born = (!born.is_empty()).then(|| v1::Birth {
        date: born.into(),
        ..v1::Birth::default()
    });
    request
}

/// The same about somebody who is also called otherwise.
fn aliased(mut request: v1::SubmitRequest, family: &str, given: &str) -> v1::SubmitRequest {
    let subject = request.personal.as_mut().unwrap().subject.as_mut().unwrap();
    subject.aliases.push(v1::PersonName {
        family: family.into(),
        given: given.into(),
    });
    request.request_id = fresh();
    request
}

/// The same with a date of birth that somebody estimated.
fn estimated(mut request: v1::SubmitRequest) -> v1::SubmitRequest {
    let subject = request.personal.as_mut().unwrap().subject.as_mut().unwrap();
    subject
        .born
        .as_mut()
        .unwrap()
        .set_accuracy(v1::BirthAccuracy::Estimated);
    request.request_id = fresh();
    request
}
