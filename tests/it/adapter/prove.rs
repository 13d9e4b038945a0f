//! `usher adapter check` passes good adapters and fails bad ones for the very clauses that they break.

mod planted;

use super::*;
use planted::{Fault, Planted};
use serde_json::Value;
use std::path::PathBuf;
use tokio::process::Command;
use usher::prove::{Clause, Known, Pace, Program, Report, UnderTest, prove};

/// Everything short, so that what is broken is seen soon.
fn brisk() -> Pace {
    let seconds = Duration::from_secs;
    Pace {
        lease: seconds(2),
        start: seconds(10),
        patience: seconds(8),
        repeat: seconds(3),
        slow: seconds(1),
        away: seconds(1),
        reconnect: seconds(8),
        certificate: seconds(6),
        idle: seconds(3),
        stop: seconds(4),
        settle: Duration::from_millis(700),
        huge: 12,
    }
}

async fn proved(adapter: &mut dyn UnderTest, pace: Pace) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let (known, say) = (Some(planted::known()), |what: &str| println!("{what}"));
    let report = prove(adapter, folder.path(), pace, known, &say);
    let report = report.await.unwrap();
    println!("{}", report.table());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    report
}

/// A good adapter but for one thing fails these clauses and no others.
async fn fails(fault: Fault, clauses: &[Clause]) {
    let report = proved(&mut Planted::new(fault), brisk()).await;
    let mut failed = report.failed();
    // A door that closes just after the broker has replied loses a reply that the tape has as given: then a new id is a second end.
    if fault == Fault::NewIdOnRepeat {
        failed.retain(|clause| *clause != Clause::Once);
    }
    assert_eq!(failed, clauses, "{fault:?}");
}

macro_rules! planted {
    ($($name:ident { $($fault:ident => $($clause:ident)*;)* })*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                // All at once: most of the time each waits.
                tokio::join!($(fails(Fault::$fault, &[$(Clause::$clause),*])),*);
            }
        )*
    };
}

planted! {
    good_ones_pass_and_who_repeats_or_answers_twice_is_found {
        None => ;
        AnswersTwice => Once;
        RepeatsRefused => NoLoop;
        NewIdOnRepeat => SameRequest;
        LetsRunOut => Renews;
    }
    who_does_not_bear_restarts_and_outages_is_found {
        ForgetsOnRestart => Killed;
        NeverReconnects => Reconnects;
        Storms => Patient;
        KeepsCertificate => Certificate;
        FallsOver => Huge StaysUp;
    }
    who_says_what_it_may_not_is_found {
        Invalid => Valid;
        NamesPerson => Person;
        TooSure => Certain;
        BelievesEstimates => Certain;
        SkipsAliases => Certain;
        Hoards => InHand;
        InventsLeases => Takes LeaseShown Renews;
    }
    who_leaves_checks_or_the_broker_no_peace_is_found {
        Loops => Idle;
        OnceOnly => Renews Expired Question;
        IgnoresStop => Stops;
        DropsAtStop => Stops;
        FirstOnly => Renews Redirected;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_adapter_fails_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("adapter.toml");
    std::fs::write(&config, DESK).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_usher"));
    let pace = Pace {
        // It looks for a new certificate every ten seconds.
        certificate: Duration::from_secs(20),
        reconnect: Duration::from_secs(20),
        ..brisk()
    };
    let report = proved(&mut Program::ours(program, config, None), pace).await;
    assert_eq!(report.failed(), []);
}

#[test]
fn the_guide_has_every_clause() {
    let guide = std::fs::read_to_string(root().join("deploy/adapters/README.md")).unwrap();
    let guide = guide.replace('`', "");
    for clause in Clause::ALL {
        let (id, demands, tried) = (clause.id(), clause.demands(), clause.tried());
        let row = format!("\n| {id} | {demands} | {tried} |\n");
        assert!(guide.contains(&row), "{row}");
    }
}

#[tokio::test]
async fn an_adapter_that_takes_nothing_is_told_how_long_it_was_waited_for() {
    let pace = Pace {
        start: Duration::from_secs(2),
        patience: Duration::from_secs(1),
        ..brisk()
    };
    let command = ["sleep", "60"].map(Into::into).into();
    let mut idle = Program::vendors(command, ".".into(), None);
    let report = proved(&mut idle, pace).await;
    assert_eq!(report.failed(), [Clause::Takes]);
    let why = report.findings[0].verdict.reason();
    let wanted = "it did not take the check within 3 s; --adapter-log FILE keeps its own words";
    assert_eq!(why, wanted);
}

/// Nothing of its [broker] is used.
const DESK: &str = "[broker]\nserver = \"https://b.example:7443\"\ncertificate = \"a.pem\"\nkey = \"a.key\"\nca = \"ca.pem\"\n\n[[connector]]\nkind = \"desk\"\n";

#[tokio::test]
async fn a_program_that_does_nothing_fails_and_ends_with_7() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("check.toml");
    let command = "[check]\ncommand = [\"sh\", \"-c\", \"env; exit 1\"]\n";
    std::fs::write(&config, command).unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command
        .args(["adapter", "check", "--format", "json", "--config"])
        .arg(&config)
        .arg("--adapter-log")
        .arg(&log)
        .env("TMPDIR", folder.path())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("it ends").unwrap();
    assert_eq!(output.status.code(), Some(7));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["passed"], false);
    let clauses = report["clauses"].as_array().unwrap();
    assert_eq!(clauses.len(), Clause::ALL.len());
    for clause in clauses {
        let wanted = match clause["id"].as_str().unwrap() {
            "takes" => "failed",
            _ => "not_exercised",
        };
        assert_eq!(clause["verdict"], wanted, "{clause}");
        if wanted == "failed" {
            let why = clause["reason"].as_str().unwrap();
            assert!(why.contains("in the file of --adapter-log"), "{why}");
        }
    }
    let told = std::fs::read_to_string(log).unwrap();
    for name in [
        "SERVER=https://127.0.0.1:",
        "CA=/",
        "CERTIFICATE=/",
        "KEY=/",
        "RESPONDER=hackney",
    ] {
        assert!(told.contains(&format!("USHER_{name}")), "{name}: {told}");
    }
    // Its folder is gone.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
