//! An enquiry from court to borough and back, by the command line alone, over a broker that `usher serve` runs.

mod late;
mod report;

use super::{check, home, shipped, usher};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How long the broker may take to say where it serves: longer than any busy machine needs.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A broker; killed when it is dropped.
struct Served {
    child: Child,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The clients of the broker: the name of their files, their role, and their scope as the configuration says it.
const CLIENTS: [(&str, &str, &str); 3] = [
    ("officer", "officer", "courts = [\"B01IX\"]"),
    ("hackney", "adapter", "responders = [\"hackney\"]"),
    ("operator", "operator", "courts = [\"*\"]"),
];

/// Certificates, a configuration, and a broker that serves by them.
fn serve(home: &Path) -> Served {
    let issue = |arguments: &[&str]| {
        check(
            home,
            &[&["pki", "issue", "--dir", "tls"], arguments].concat(),
            0,
        )
    };
    check(
        home,
        &[
            "pki",
            "init",
            "--dir",
            "tls",
            "--trust-domain",
            "usher.example",
        ],
        0,
    );
    issue(&["--name", "server", "--server", "--host", "127.0.0.1"]);
    issue(&[
        "--name",
        "stranger",
        "--uri",
        "spiffe://usher.example/stranger",
    ]);
    let mut config = format!(
        "[rpc]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n\
         [tls]\ncertificate = \"tls/server.pem\"\nkey = \"tls/server.key\"\nclient_ca = \"tls/ca.pem\"\n\
         [store]\npath = \"store\"\n[agreements]\nfolder = {:?}\n[directory]\nresponders = {:?}\n",
        shipped("config/agreements"),
        shipped("config/responders")
    );
    for (name, role, scope) in CLIENTS {
        let uri = format!("spiffe://usher.example/{name}");
        issue(&["--name", name, "--uri", &uri]);
        let entry = [
            "[[identities]]\nuri = \"",
            &uri,
            "\"\nrole = \"",
            role,
            "\"\n",
            scope,
            "\n",
        ];
        config.extend(entry);
    }
    std::fs::write(home.join("usher.toml"), config).unwrap();
    let mut command = usher(home, &["serve", "--config", "usher.toml"]);
    let mut child = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let address = told(&mut child);
    let address = address.recv_timeout(START_LIMIT);
    let mut served = Served {
        child,
        address: String::new(),
    };
    served.address = format!("https://{}", address.expect("the broker serves"));
    served
}

/// Where the address will come that a broker tells in its log.
fn told(child: &mut Child) -> std::sync::mpsc::Receiver<String> {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (found, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if line["message"] == "usher is serving" {
                let _ = found.send(line["address"].as_str().unwrap().to_owned());
            }
        }
    });
    address
}

impl Served {
    /// Runs a command as `client` and reads what it writes as JSON.
    fn call(&self, home: &Path, client: &str, arguments: &[&str]) -> Value {
        let (out, _) = self.check(
            home,
            client,
            &[arguments, &["--format", "json"]].concat(),
            0,
        );
        serde_json::from_str(&out).unwrap()
    }

    /// Runs a command as `client` and checks its exit code.
    fn check(&self, home: &Path, client: &str, arguments: &[&str], code: i32) -> (String, String) {
        let (cert, key) = (format!("tls/{client}.pem"), format!("tls/{client}.key"));
        let connect = [
            "--server",
            &self.address,
            "--cert",
            &cert,
            "--key",
            &key,
            "--ca",
            "tls/ca.pem",
        ];
        check(home, &[arguments, &connect].concat(), code)
    }
}

const PERSON: [&str; 2] = ["--person-name", "A Person"];

/// Monday to Friday or not, there is a hearing in a few days.
fn hearing() -> String {
    use usher::clock::Clock as _;
    let now = usher_domain::time::to_london(usher::clock::SystemClock.now());
    let day = now.date().checked_add(jiff::Span::new().days(6)).unwrap();
    format!("{day}T14:00")
}

/// Asks Hackney about one person.
fn submission(hearing: &str) -> Vec<&str> {
    let fields = [
        "enquiry",
        "submit",
        "--court",
        "B01IX",
        "--hearing",
        hearing,
        "--report",
        "oral",
        "--family",
        "Example",
        "--home",
        "E8 1EA",
    ];
    [&fields[..], &PERSON].concat()
}

#[test]
fn an_enquiry_goes_to_the_borough_and_back_by_the_command_line_alone() {
    let home = home();
    let home = home.path();
    let served = serve(home);
    let hearing = hearing();
    let (none, _) = served.check(home, "operator", &["alert", "list"], 0);
    assert!(none.contains("nothing waits"), "{none}");
    let (_, none) = served.check(home, "hackney", &["check", "lease", "--wait", "0"], 0);
    assert!(none.contains("usher check accept"), "{none}");
    let submit = submission(&hearing);
    let trial = served.call(
        home,
        "officer",
        &[&submit[..], &["--validate-only"]].concat(),
    );
    assert_eq!(trial["validateOnly"], true);
    let receipt = served.call(home, "officer", &submit);
    let reference = receipt["reference"].as_str().unwrap();
    let check_id = receipt["checks"][0]["checkId"].as_str().unwrap();
    assert_eq!(receipt["checks"][0]["responderId"], "hackney");

    let leased = served.call(home, "hackney", &["check", "lease", "--wait", "10"]);
    assert_eq!(leased["checks"][0]["check"]["id"], check_id);
    let lease = leased["checks"][0]["leaseId"].as_str().unwrap();
    // What people say on the telephone does for a borough too.
    let said = format!("{}/1", reference.to_lowercase());
    let shown = served.call(home, "hackney", &["check", "show", &said]);
    assert_eq!(shown["id"], check_id);
    let other = format!("{reference}/2");
    served.check(home, "hackney", &["check", "show", &other], 5);
    let answer = [
        "check",
        "answer",
        &said,
        "--lease",
        lease,
        "--disposition",
        "not-known",
    ];
    let answered = served.call(home, "hackney", &answer);
    assert_eq!(answered["state"], "CHECK_STATE_ANSWERED");

    let (page, _) = served.check(home, "officer", &["enquiry", "show", reference], 0);
    assert!(
        page.contains("does not mean no risk") && page.contains("NOT READ"),
        "{page}"
    );
    let number = format!("{reference}/1");
    let receive = [&["enquiry", "receive", &number][..], &PERSON].concat();
    assert_eq!(served.call(home, "officer", &receive)["open"], false);
    let history = served.call(home, "officer", &["enquiry", "history", reference]);
    let types: Vec<&str> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    for wanted in [
        "EVENT_TYPE_SUBMITTED",
        "EVENT_TYPE_LEASED",
        "EVENT_TYPE_ANSWERED",
        "EVENT_TYPE_RECEIVED",
    ] {
        assert!(types.contains(&wanted), "{wanted}: {types:?}");
    }
}

#[test]
fn an_operator_records_what_was_said_on_the_telephone() {
    let home = home();
    let home = home.path();
    let served = serve(home);
    let hearing = hearing();
    let receipt = served.call(home, "officer", &submission(&hearing));
    let number = format!("{}/1", receipt["reference"].as_str().unwrap());
    let told = [
        "check",
        "answer-by-phone",
        &number,
        "--disposition",
        "known-relevant",
        "--remark",
        "An open plan since May.",
        "--given-by",
        "Dana Desk",
        "--given-by-post",
        "MASH duty desk",
        "--number",
        "020 7946 0123",
    ];
    let told = [&told[..], &PERSON].concat();
    let (_, err) = served.check(home, "officer", &told, 4);
    assert!(err.contains("usher check answer-by-phone"), "{err}");
    let answered = served.call(home, "operator", &told);
    let answer = &answered["checks"][0]["answers"][0];
    assert_eq!(answer["byPhone"]["givenBy"]["name"], "Dana Desk");
    assert_eq!(answer["byPhone"]["number"], "020 7946 0123");
    assert_eq!(answer["by"]["person"]["name"], "A Person");

    let said = "Dana Desk, MASH duty desk by telephone (020 7946 0123)";
    let reads = |client: &str, arguments: &[&str], wanted: &str| {
        let (page, _) = served.check(home, client, arguments, 0);
        assert!(page.contains(wanted), "{arguments:?}: {page}");
    };
    let (reference, _) = number.split_once('/').unwrap();
    let recorded = format!("{said}, recorded by A Person");
    reads("officer", &["enquiry", "show", reference], &recorded);
    reads("hackney", &["check", "show", &number], &recorded);
    let happened = format!("given by {said}  by A Person");
    reads("officer", &["enquiry", "history", reference], &happened);
}

#[test]
fn lists_are_the_contracts_responses_and_a_responder_tells_who_is_there() {
    let home = home();
    let home = home.path();
    let served = serve(home);
    let list = |client: &str, noun: &str, more: &[&str], key: &str| {
        let response = served.call(home, client, &[&[noun, "list"], more].concat());
        assert_eq!(response["nextPageToken"], "", "proto3 JSON: {response}");
        assert!(response[key].is_array(), "{response}");
        response
    };
    list("officer", "enquiry", &[], "enquiries");
    list("operator", "alert", &["--each"], "alerts");
    list("hackney", "check", &[], "checks");
    let responders = list("operator", "responder", &[], "responders");
    assert_eq!(responders["responders"][0]["waitingCount"], 0);
    let leased = served.call(home, "hackney", &["check", "lease", "--wait", "0"]);
    assert!(leased["checks"].is_array(), "{leased}");
    let show = |id: &str| {
        served
            .check(home, "operator", &["responder", "show", id], 0)
            .0
    };
    assert!(show("hackney").contains("1 connected"));
    assert!(show("camden").contains("none connected since "));
}

#[test]
fn refusals_have_their_exit_codes() {
    let home = home();
    let home = home.path();
    let served = serve(home);
    let unknown = "018f3b8e-0000-5000-8000-000000000001";
    served.check(home, "officer", &["enquiry", "show", unknown], 5);
    let show = ["enquiry", "show", unknown, "--format", "json"];
    let (_, err) = served.check(home, "officer", &show, 5);
    let told: Value = serde_json::from_str(&err).unwrap();
    assert_eq!(
        (&told["reason"], &told["exit"]),
        (&"NOT_FOUND".into(), &5.into())
    );
    let (_, err) = check(home, &["enquiry", "lisst", "--format=json"], 2);
    let told: Value = serde_json::from_str(&err).unwrap();
    assert_eq!(told["exit"], 2, "a slip too: {err}");
    let (_, err) = served.check(home, "stranger", &["enquiry", "list"], 4);
    assert!(err.contains("[[identities]]"), "{err}");
    let hearing = hearing();
    let submit = [
        "enquiry",
        "submit",
        "--court",
        "B01IX",
        "--hearing",
        &hearing,
        "--family",
        "Example",
    ];
    let (_, err) = served.check(home, "hackney", &[&submit[..], &PERSON].concat(), 4);
    assert!(err.contains("adapters `usher check list`"), "{err}");
    let (_, err) = served.check(home, "officer", &submit, 2);
    assert!(err.contains("person"), "{err}");
    let wrong = [&submit[..], &PERSON, &["--crn", "1"]].concat();
    let (_, err) = served.check(home, "officer", &wrong, 2);
    assert!(err.contains("--crn (personal.subject.crn): "), "{err}");
    assert!(!err.contains("--request-id"), "nothing was done: {err}");
    let receipt = served.call(home, "officer", &[&submit[..], &PERSON].concat());
    let check_id = receipt["checks"][0]["checkId"].as_str().unwrap();
    let (_, err) = served.check(
        home,
        "officer",
        &[&["enquiry", "receive", check_id][..], &PERSON].concat(),
        6,
    );
    assert!(err.contains("hint:"), "{err}");
    let reroute = [
        &["check", "reroute", check_id, "--responder", "hackney"][..],
        &PERSON,
    ]
    .concat();
    let alert = format!("{}/1", receipt["reference"].as_str().unwrap());
    let acknowledge = [&["alert", "acknowledge", &alert][..], &PERSON].concat();
    let taken_on = served.call(home, "operator", &acknowledge);
    assert_eq!(taken_on["state"], "ALERT_STATE_ACKNOWLEDGED");
    let (_, err) = served.check(home, "hackney", &acknowledge, 5);
    assert!(err.contains("no alert"), "a borough has none here: {err}");
    let routed = served.call(home, "operator", &reroute);
    assert_eq!(routed["checks"][1]["responderId"], "hackney");
    let (_, err) = check(home, &["store", "verify", "--config", "usher.toml"], 1);
    assert!(err.contains("stop the broker first"), "{err}");
}

/// A client's flags.
fn connect(served: &Served, client: &str) -> Vec<String> {
    let file = |ending: &str| format!("tls/{client}.{ending}");
    let (cert, key) = (file("pem"), file("key"));
    let flags = [
        ["--server", &served.address],
        ["--cert", &cert],
        ["--key", &key],
        ["--ca", "tls/ca.pem"],
    ];
    flags.concat().into_iter().map(Into::into).collect()
}

#[test]
fn a_broker_that_dies_under_a_call_is_unreachable_in_plain_words() {
    let home = home();
    let home = home.path();
    let mut served = serve(home);
    let start = |client: &str, arguments: &[&str]| {
        usher(home, arguments)
            .args(connect(&served, client))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut watch = start("officer", &["enquiry", "watch", "--format", "json"]);
    // Its first line is the end of the snapshot: the broker has answered.
    let mut told = BufReader::new(watch.stdout.take().unwrap()).lines();
    told.next().unwrap().unwrap();
    let wait = start("hackney", &["check", "lease", "--wait", "60"]);
    // The lease is on its way when the other client has had time to connect.
    std::thread::sleep(Duration::from_secs(2));
    served.child.kill().unwrap();
    served.child.wait().unwrap();
    for called in [watch, wait] {
        let output = called.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{err}");
        assert!(
            err.contains("the connection to the broker was lost"),
            "{err}"
        );
        assert!(
            err.contains("check that the broker runs") && !err.contains("docs.rs"),
            "{err}"
        );
    }
}

#[test]
fn a_certificate_of_a_remade_authority_is_refused_as_such() {
    let home = home();
    let home = home.path();
    let served = serve(home);
    let remade = ["pki", "init", "--dir", "remade", "--trust-domain"];
    check(home, &[&remade[..], &["usher.example"]].concat(), 0);
    let issue = ["pki", "issue", "--dir", "remade", "--name", "officer"];
    let uri = ["--uri", "spiffe://usher.example/officer"];
    check(home, &[&issue[..], &uri].concat(), 0);
    let (cert, key) = ("remade/officer.pem", "remade/officer.key");
    let list = ["enquiry", "list", "--server", &served.address];
    let flags = ["--cert", cert, "--key", key, "--ca", "tls/ca.pem"];
    let (_, err) = check(home, &[&list[..], &flags].concat(), 4);
    // The alert may be lost when the broker hangs up behind it.
    assert!(err.contains("authority that the broker trusts"), "{err}");
}

#[test]
fn a_broker_that_is_told_to_stop_ends_with_nothing_to_complain() {
    let home = home();
    let mut served = serve(home.path());
    let pid = served.child.id().to_string();
    let told = std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .unwrap();
    assert!(told.success());
    #[expect(clippy::disallowed_methods, reason = "a time limit of the test")]
    let started = Instant::now();
    loop {
        if let Some(status) = served.child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(0));
            break;
        }
        assert!(started.elapsed() < START_LIMIT, "it stops");
        std::thread::sleep(Duration::from_millis(20));
    }
    let (out, _) = check(
        home.path(),
        &["store", "verify", "--config", "usher.toml"],
        0,
    );
    assert!(out.contains("The store is sound."), "{out}");
}
