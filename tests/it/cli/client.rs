//! Commands that call a broker: how they find it, and what they say when it is not there.

use super::{check, home, pki, text, usher};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

const CLIENT: [&str; 6] = [
    "--cert",
    "tls/officer.pem",
    "--key",
    "tls/officer.key",
    "--ca",
    "tls/ca.pem",
];

/// The address of a port that nobody listens on.
fn dead_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("https://{}", listener.local_addr().unwrap())
}

#[test]
fn a_broker_that_is_not_there_is_told_with_a_remedy() {
    let home = home();
    pki(home.path());
    let address = dead_address();
    let (out, err) = check(
        home.path(),
        &[&["enquiry", "list", "--server", &address][..], &CLIENT].concat(),
        3,
    );
    assert!(out.is_empty(), "{out}");
    assert!(
        err.contains("cannot be reached") && err.contains("hint: check that the broker runs"),
        "{err}"
    );
}

#[test]
fn a_request_that_may_have_arrived_can_be_repeated() {
    let home = home();
    pki(home.path());
    let address = dead_address();
    let withdraw = [
        "enquiry",
        "withdraw",
        "018f3b8e-0000-5000-8000-000000000001",
        "--note",
        "n",
        "--server",
        &address,
    ];
    let id = "018f3b8e-7c1d-7a50-9b6e-3f8a0c4d2e10";
    let (_, err) = check(
        home.path(),
        &[&withdraw[..], &CLIENT, &["--request-id", id]].concat(),
        3,
    );
    assert!(err.contains(&format!("--request-id {id}")), "{err}");
    let (_, err) = check(home.path(), &[&withdraw[..], &CLIENT].concat(), 3);
    assert!(err.contains("--request-id "), "a fresh one is told: {err}");
}

#[test]
fn the_client_file_says_where_and_as_whom() {
    let home = home();
    pki(home.path());
    let (_, err) = check(home.path(), &["enquiry", "list"], 2);
    assert!(err.contains("usher-client.toml"), "{err}");
    let file = format!(
        "server = \"{}\"\ncert = \"tls/officer.pem\"\nkey = \"tls/officer.key\"\nca = \"tls/ca.pem\"\n",
        dead_address()
    );
    std::fs::write(home.path().join("usher-client.toml"), &file).unwrap();
    check(home.path(), &["enquiry", "list"], 3);
    let user = home.path().join(".config/usher");
    std::fs::create_dir_all(&user).unwrap();
    std::fs::write(
        user.join("client.toml"),
        "server = \"not an address\"\ncert = \"a\"\nkey = \"b\"\nca = \"c\"\n",
    )
    .unwrap();
    check(home.path(), &["enquiry", "list"], 2);
}

#[test]
fn a_key_open_to_others_is_not_used() {
    let home = home();
    pki(home.path());
    let key = home.path().join("tls/officer.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let address = dead_address();
    let (_, err) = check(
        home.path(),
        &[&["enquiry", "list", "--server", &address][..], &CLIENT].concat(),
        2,
    );
    assert!(err.contains("chmod 600"), "{err}");
}

#[test]
fn the_example_can_be_submitted_and_a_slip_in_it_is_told_without_its_value() {
    let home = home();
    pki(home.path());
    let (example, _) = check(home.path(), &["enquiry", "submit", "--example"], 0);
    let address = dead_address();
    let submit = [
        &["enquiry", "submit", "--file", "-", "--server", &address][..],
        &CLIENT,
    ]
    .concat();
    let told = |input: &str| {
        let mut child = usher(home.path(), &submit);
        let child = child
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), text(&output.stderr))
    };
    assert_eq!(
        told(&example).0,
        3,
        "it is read, and the broker is not there"
    );
    let (code, err) = told(&example.replace("PURPOSE_COURT_REPORT", "Sam Example"));
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("purpose") && !err.contains("Sam"), "{err}");
}
