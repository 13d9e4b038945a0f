//! A client of another language and another gRPC implementation, over the same mutual TLS: `tests/python/client.py`. `scripts/test`
//! makes the environment that it runs in; without one the test says so and proves nothing.

use crate::support::*;
use std::path::PathBuf;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

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
