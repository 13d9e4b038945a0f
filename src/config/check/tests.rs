use super::*;
use crate::config::environment::Environment;
use crate::config::fault::Severity;
use crate::config::load;
use jiff::civil::date;
use std::fs;

const TODAY: Date = date(2026, 11, 23);

/// A folder with everything that the defaults name, and a configuration of `text` in it.
pub(super) fn check(text: &str, change: impl Fn(&Path), wanted: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["tls", "responders", "agreements", "data"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    for name in ["tls/server.pem", "tls/server.key", "tls/ca.pem"] {
        fs::write(root.join(name), "").unwrap();
    }
    let agreed = include_str!("../../../config/agreements/pan-london.toml");
    let (head, tail) = agreed.split_once("parties = [").unwrap();
    let tail = tail.split_once(']').unwrap().1;
    let agreed = format!("{head}parties = [\"hackney\"]{tail}").replace("example-1", "1");
    fs::write(root.join("agreements/pan-london.toml"), agreed).unwrap();
    change(root);
    let base = "[[identities]]\nuri = \"spiffe://a/b\"\nrole = \"adapter\"\nresponders = [\"hackney\"]\n\
        [store]\npath = \"data/store\"\n";
    let path = root.join("usher.toml");
    fs::write(&path, format!("{base}{text}")).unwrap();
    let config = load(Some(&path), &Environment::default(), &[])
        .unwrap()
        .config;
    let responders = BTreeSet::from([ResponderId::parse("hackney").unwrap()]);
    let faults = super::check(&config, Some(&responders), TODAY);
    assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
    for (fault, wanted) in faults.iter().zip(wanted) {
        let shown = fault.to_string().replace('\n', "");
        assert!(shown.contains(wanted), "{shown:?} does not say {wanted:?}");
    }
}

#[test]
fn a_whole_configuration_has_no_faults() {
    check("", |_| {}, &[]);
}

#[test]
fn files_that_are_not_there_are_all_named() {
    check(
        "[policy]\nfile = \"p.toml\"\nbank_holidays = \"b.json\"\n[directory]\npostcodes = \"x.fst\"\n",
        |root| {
            fs::remove_file(root.join("tls/server.key")).unwrap();
            fs::remove_dir(root.join("responders")).unwrap();
            fs::remove_dir_all(root.join("agreements")).unwrap();
            fs::remove_dir(root.join("data")).unwrap();
        },
        &[
            "setting tls.key: there is no file",
            "setting directory.postcodes: there is no file",
            "setting directory.responders: there is no folder",
            "setting agreements.folder: there is no folder",
            "setting store.path: the folder above",
            "p.toml: cannot be read",
            "b.json: cannot be read",
        ],
    );
    check(
        "",
        |root| fs::write(root.join("data/store"), "").unwrap(),
        &["is a file; the store needs a folder"],
    );
}

#[test]
fn ports_that_collide_are_refused() {
    let ports = |rpc: &str, metrics: &str| {
        format!("[rpc]\nlisten = \"{rpc}\"\n[metrics]\nlisten = \"{metrics}\"\n")
    };
    check(
        &ports("0.0.0.0:7090", "127.0.0.1:7090"),
        |_| {},
        &["is taken by rpc.listen"],
    );
    check(
        &ports("127.0.0.1:7090", "127.0.0.1:7090"),
        |_| {},
        &["is taken by rpc.listen"],
    );
    check(&ports("127.0.0.1:0", "127.0.0.1:0"), |_| {}, &[]);
    check(&ports("10.0.0.1:7090", "127.0.0.1:7090"), |_| {}, &[]);
    check(
        &ports("127.0.0.1:1", "0.0.0.0:2"),
        |_| {},
        &["warning: setting metrics.listen"],
    );
}

#[test]
fn values_out_of_bounds_are_refused() {
    check(
        "cache_mib = 0\n",
        |_| {},
        &["store.cache_mib: 0 is not between"],
    );
    check(
        "[scheduler]\nsweep_seconds = 3601\n",
        |_| {},
        &["sweep_seconds: 3601 is not between"],
    );
    check("[scheduler]\nsweep_seconds = 3600\n", |_| {}, &[]);
    check(
        "[log]\nfilter = \"usher=loud\"\n",
        |_| {},
        &["setting log.filter"],
    );
    let no_sled: &[&str] = &["this build has no sled"];
    check(
        "engine = \"sled\"\n",
        |_| {},
        if cfg!(feature = "sled") { &[] } else { no_sled },
    );
}

#[test]
fn an_adapter_of_no_responder_is_named() {
    let adapter = "[[identities]]\nuri = \"spiffe://a/c\"\nrole = \"adapter\"\nresponders = [\"hackny\", \"leeds\"]\n";
    check(
        adapter,
        |_| {},
        &[
            "no responder \"hackny\"  did you mean \"hackney\"?",
            "add leeds.toml",
        ],
    );
}

#[test]
fn an_identity_that_no_client_can_have_is_named() {
    let entry = "[[identities]]\nuri = \"spiffe://a/c\"\nrole = \"judge\"\n";
    check(
        entry,
        |_| {},
        &["identity 2 (spiffe://a/c): role \"judge\" is none of"],
    );
}

#[test]
fn without_identities_a_warning_says_so() {
    let config = load(None, &Environment::default(), &[]).unwrap().config;
    let faults = super::check(&config, Some(&BTreeSet::new()), TODAY);
    let found = faults
        .iter()
        .find(|fault| fault.place == Place::Setting("identities".into()))
        .unwrap();
    assert_eq!(found.severity, Severity::Warning);
}

#[test]
fn a_list_of_holidays_that_runs_out_is_announced() {
    let config = load(None, &Environment::default(), &[]).unwrap().config;
    let told = |today| {
        let faults = super::check(&config, Some(&BTreeSet::new()), today);
        faults
            .iter()
            .any(|fault| fault.what.contains("known until 2028-12-31"))
    };
    // A hearing may lie 550 days ahead.
    assert!(!told(date(2027, 6, 30)));
    assert!(told(date(2027, 7, 1)));
}
