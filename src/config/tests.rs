use super::*;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let owned = variables
        .iter()
        .map(|(name, value)| ((*name).to_string(), (*value).to_string()));
    owned.collect()
}

fn flag(key: &str, value: &str) -> Flag {
    Flag {
        name: format!("--set {key}"),
        key: key.into(),
        value: value.into(),
    }
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usher.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn check_refused(text: &str, variables: &[(&str, &str)], flags: &[Flag], wanted: &[&str]) {
    let (_folder, path) = file(text);
    let faults = load(Some(&path), &environment(variables), flags).unwrap_err();
    assert_eq!(faults.0.len(), wanted.len(), "{faults}");
    for (fault, wanted) in faults.0.iter().zip(wanted) {
        let shown = fault.to_string().replace('\n', "");
        assert!(shown.contains(wanted), "{shown:?} does not say {wanted:?}");
    }
}

#[test]
fn the_defaults_are_the_shipped_file() {
    let config = load(None, &Environment::default(), &[]).unwrap().config;
    assert_eq!(config.rpc, crate::rpc::server::Settings::default());
    assert_eq!(config.metrics.listen.to_string(), "127.0.0.1:7090");
    assert_eq!(config.store.engine, settings::Engine::Redb);
    assert_eq!(config.store.cache_bytes(), 64 * 1_024 * 1_024);
    assert_eq!(config.scheduler.sweep_every(), Duration::from_mins(5));
    assert_eq!(config.directory.postcodes, None);
    assert!(config.identities.is_empty());
}

#[test]
fn later_layers_win_and_are_named() {
    let text = "[rpc]\nlisten = \"127.0.0.1:1\"\nstreams_max = 2\ndrain_seconds = 3\n[log]\nfilter = \"warn\"\n";
    let (_folder, path) = file(text);
    let variables = [
        ("USHER_RPC__STREAMS_MAX", "20"),
        ("USHER_RPC__DRAIN_SECONDS", "30"),
        ("USHER_LOG__FORMAT", "json"),
        ("USHER_CONFIG", "ignored here"),
        ("HOME", "x"),
    ];
    let flags = [flag("rpc.drain_seconds", "300"), flag("store.path", "/s")];
    let loaded = load(Some(&path), &environment(&variables), &flags).unwrap();
    assert_eq!(loaded.config.rpc.streams_max, 20);
    assert_eq!(loaded.config.rpc.drain_seconds, 300);
    assert_eq!(loaded.config.log.format, crate::telemetry::LogFormat::Json);
    let check = |key: &str, value: &str, origin: &str| {
        let found = loaded
            .settings()
            .iter()
            .find(|setting| setting.key == key)
            .unwrap();
        assert_eq!(found.value, value, "{key}");
        assert!(
            found.origin.to_string().ends_with(origin),
            "{key}: {}",
            found.origin
        );
    };
    check("rpc.listen", "\"127.0.0.1:1\"", "usher.toml:2");
    check(
        "rpc.streams_max",
        "20",
        "environment USHER_RPC__STREAMS_MAX",
    );
    check("rpc.drain_seconds", "300", "flag --set rpc.drain_seconds");
    check("rpc.connections_max", "4096", "default");
    check("log.filter", "\"warn\"", "usher.toml:6");
    check("log.format", "\"json\"", "environment USHER_LOG__FORMAT");
    check("store.path", "\"/s\"", "flag --set store.path");
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let (folder, path) = file("[policy]\nfile = \"p/policy.toml\"\n[store]\npath = \"data\"\n");
    let config = load(Some(&path), &Environment::default(), &[])
        .unwrap()
        .config;
    assert_eq!(
        config.policy.file,
        Some(folder.path().join("p/policy.toml"))
    );
    assert_eq!(config.store.path, folder.path().join("data"));
    assert_eq!(config.tls.key, folder.path().join("tls/server.key"));
    let absolute = [flag("store.path", "/elsewhere")];
    let config = load(Some(&path), &Environment::default(), &absolute)
        .unwrap()
        .config;
    assert_eq!(config.store.path, PathBuf::from("/elsewhere"));
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_remedy() {
    check_refused(
        "[rpc]\nlisten = \"nowhere\"\nsteams_max = 1\n[stor]\nx = 1\n[store]\nengine = \"rocks\"\n",
        &[],
        &[],
        &[
            "usher.toml:2:10: invalid socket address syntax  write an IP address and a port",
            "usher.toml:3:1: unknown key `steams_max`  did you mean `streams_max`?",
            "usher.toml:4:2: unknown key `stor`  did you mean `store`?",
            "usher.toml:7:10: unknown word `rocks`  known here: redb, sled",
        ],
    );
    check_refused("[rpc\n", &[], &[], &["usher.toml:1:5"]);
    check_refused(
        "[[identities]]\nuri = \"spiffe://a/b\"\n[[identities]]\nuri = \"spiffe://a/c\"\nrole = \"officer\"\ncourt = [\"B01IX\"]\n",
        &[],
        &[],
        &[
            "usher.toml:1:1: missing field `role`",
            "usher.toml:6:1: unknown key `court`  did you mean `courts`?",
        ],
    );
    check_refused(
        "",
        &[
            ("USHER_RPC__LISTN", "x"),
            ("USHER_RPC__STREAMS_MAX", "many"),
            ("USHER_LOG__FILTER", "5"),
        ],
        &[flag("rpc.listen.port", "1"), flag("nonsense", "1")],
        &[
            "environment variable USHER_RPC__LISTN: unknown key `listn`  did you mean `listen`?",
            "environment variable USHER_RPC__STREAMS_MAX: invalid type: string \"many\", expected u32",
            "flag --set rpc.listen.port: invalid type",
            "flag --set nonsense: unknown key `nonsense`",
        ],
    );
    let missing = load(
        Some(Path::new("no/usher.toml")),
        &Environment::default(),
        &[],
    );
    let text = missing.unwrap_err().to_string();
    assert!(
        text.contains("no/usher.toml: cannot be read") && text.contains("check the path"),
        "{text}"
    );
}

#[test]
fn a_text_that_looks_like_a_number_stays_a_text() {
    let variables = [("USHER_STORE__PATH", "7"), ("USHER_STORE__CACHE_MIB", "8")];
    let config = load(None, &environment(&variables), &[]).unwrap().config;
    assert_eq!(config.store.path, PathBuf::from("7"));
    assert_eq!(config.store.cache_mib, 8);
}

#[test]
fn identities_are_read_and_counted_but_not_shown() {
    let text = "[[identities]]\nuri = \"spiffe://a/b\"\nrole = \"officer\"\ncourts = [\"*\"]\n\
        person = { name = \"Zxqv Canary\", post = \"\", contact = \"\" }\n";
    let (_folder, path) = file(text);
    let loaded = load(Some(&path), &Environment::default(), &[]).unwrap();
    assert_eq!(loaded.config.identities.len(), 1);
    let shown = loaded
        .settings()
        .iter()
        .find(|setting| setting.key == "identities")
        .unwrap();
    assert_eq!(shown.value, "1 entries");
    assert!(!format!("{loaded:?}").contains("Canary"));
}

/// The keys of a section, as serde names them when it is given one that is not among them.
fn keys_of(section: &str, entry: &str) -> Vec<String> {
    let text = format!("{entry}\nno_such_key = 1\n");
    let source = Source {
        path: "f".into(),
        text,
    };
    let root = DeTable::parse(DEFAULTS).unwrap().into_inner();
    let root = Spanned::new(NOWHERE, unplaced(root));
    let faults = document::read_over::<Config>(&source, |over| filled(&root, over)).unwrap_err();
    let unknown = faults
        .iter()
        .find(|fault| fault.what.contains("no_such_key"))
        .unwrap();
    let known = unknown.remedy.strip_prefix("known here: ");
    let known = known.unwrap_or_else(|| panic!("{section}: {}", unknown.remedy));
    known.split(", ").map(str::to_string).collect()
}

#[test]
fn every_key_is_documented() {
    let mut sections = keys_of("the file", "");
    assert!(sections.len() >= 9, "{sections:?}");
    let inner = |section: &String| DEFAULTS.contains(&format!("[{section}]"));
    for outer in ["store", "console"] {
        let within = |key: &String| format!("{outer}.{key}");
        let keys: Vec<_> = keys_of(outer, &format!("[{outer}]"))
            .iter()
            .map(within)
            .collect();
        sections.extend(keys.into_iter().filter(inner));
    }
    for section in &sections {
        let list = ["identities", "console.groups"].contains(&section.as_str());
        let header = if list {
            format!("[[{section}]]")
        } else {
            format!("[{section}]")
        };
        let at = DEFAULTS
            .find(&format!("\n{header}"))
            .or_else(|| DEFAULTS.find(&format!("\n# {header}")))
            .unwrap_or_else(|| panic!("{header} is not documented"));
        let body = &DEFAULTS[at + header.len() + 1..];
        let end = if list { "\n[" } else { "\n\n" };
        let body = &body[..body.find(end).unwrap_or(body.len())];
        let keys = keys_of(section, &header);
        assert!(!keys.is_empty(), "{section}");
        for key in keys {
            if sections.contains(&format!("{section}.{key}")) {
                continue;
            }
            let line = body.lines().find(|line| {
                let line = line.trim_start_matches("# ");
                line.strip_prefix(key.as_str())
                    .is_some_and(|rest| rest.starts_with(" = "))
            });
            let line = line.unwrap_or_else(|| panic!("{section}.{key} is not documented"));
            assert!(
                line.contains(" # "),
                "{section}.{key} has no sentence: {line}"
            );
        }
    }
}

#[test]
fn what_stands_as_a_comment_is_right_too() {
    let setting = |line: &str| {
        let text = line.trim_start_matches("# ");
        let key = text.split(" = ").next().unwrap_or_default();
        text.starts_with("[[") || (text.contains(" = ") && !key.contains(' '))
    };
    let lines = DEFAULTS.lines().map(|line| {
        if setting(line) {
            line.trim_start_matches("# ")
        } else {
            line
        }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let (folder, path) = file(&text);
    let config = load(Some(&path), &Environment::default(), &[])
        .unwrap()
        .config;
    assert_eq!(config.identities.len(), 2);
    assert_eq!(config.tls.crl, Some(folder.path().join("tls/clients.crl")));
    assert_eq!(
        config.policy.bank_holidays,
        Some(folder.path().join("bank-holidays.json"))
    );
    let named = [
        (config.directory.postcodes, "postcodes.bin"),
        (config.directory.authorities, "authorities.csv"),
        (config.directory.districts, "districts.csv"),
    ];
    for (path, name) in named {
        assert_eq!(path, Some(folder.path().join(name)));
    }
}

#[test]
fn the_shipped_configuration_for_postgres_can_be_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/usher.postgres.toml");
    let config = load(Some(&path), &Environment::default(), &[])
        .unwrap()
        .config;
    assert_eq!(config.store.engine, settings::Engine::Postgres);
    let defaults = load(None, &Environment::default(), &[]).unwrap().config;
    let (given, default) = (config.store.postgres, defaults.store.postgres);
    assert_eq!(default, settings::PostgresSettings::default());
    assert_eq!(given.connections_max, default.connections_max);
    assert!(given.url.is_some() && given.ca.is_some() && given.password_file.is_some());
}
