//! What is wrong with the console's settings: nobody gets in whom nobody vouches for, and browsers find what they are sent to.

use super::{Fault, Place, collide, error_in, unknown_responders};
use crate::auth::{GroupEntry, GroupError, GroupTable};
use crate::config::settings::Config;
use crate::console::{ABSOLUTE_HOURS_MAX, CONNECTIONS_MAX, IDLE_MINUTES_MAX, Settings, SignInBy};
use std::collections::BTreeSet;
use std::path::PathBuf;
use usher_domain::code::ResponderId;

pub(super) fn check(
    config: &Config,
    responders: Option<&BTreeSet<ResponderId>>,
    faults: &mut Vec<Fault>,
) {
    let settings = &config.console;
    bounds(settings, faults);
    groups(&settings.groups, responders, faults);
    certificate(config, faults);
    if settings.sign_in == SignInBy::Off {
        return;
    }
    ports(config, faults);
    if settings.groups.is_empty() {
        let place = Place::Setting("console.groups".into());
        let remedy =
            "add a [[console.groups]] entry for each group; config/usher.toml has examples";
        let what = "there are none: nobody who signs in may do anything";
        faults.push(Fault::warning(place, what, remedy));
    }
    if settings.sign_in == SignInBy::Oidc {
        provider(settings, faults);
    } else if !settings.listen.ip().is_loopback() {
        let listen = settings.listen;
        let what = format!(
            "\"personas\" proves nobody's identity, and {listen} can be reached from other machines"
        );
        let remedy =
            "use \"oidc\"; or, to try it on this machine only, console.listen = \"127.0.0.1:7080\"";
        faults.push(error_in("console.sign_in", what, remedy));
    }
}

fn bounds(settings: &Settings, faults: &mut Vec<Fault>) {
    let connections = u64::try_from(settings.connections_max).unwrap_or(u64::MAX);
    let most = u64::try_from(CONNECTIONS_MAX).unwrap_or(u64::MAX);
    let bounded = [
        (
            "idle_minutes",
            settings.idle_minutes,
            IDLE_MINUTES_MAX,
            "30 does for most",
        ),
        (
            "absolute_hours",
            settings.absolute_hours,
            ABSOLUTE_HOURS_MAX,
            "10 is a working day",
        ),
        ("connections_max", connections, most, "4096 does for most"),
    ];
    for (name, value, most, remedy) in bounded {
        if !(1..=most).contains(&value) {
            let what = format!("{value} is not between 1 and {most}");
            faults.push(error_in(&format!("console.{name}"), what, remedy));
        }
    }
}

/// Each group that nobody can be in, and each responder that is none.
fn groups(
    entries: &[GroupEntry],
    responders: Option<&BTreeSet<ResponderId>>,
    faults: &mut Vec<Fault>,
) {
    let remedy = "config/usher.toml has examples";
    for (number, entry) in (1..).zip(entries) {
        let key = format!("console.groups.{number}");
        match GroupTable::new(std::slice::from_ref(entry)) {
            Err(GroupError::Entry { group, problem, .. }) => {
                let what = format!("group {number} ({group}): {problem}");
                faults.push(error_in(&key, what, remedy));
            }
            Ok(_) | Err(GroupError::TooMany { .. }) => {
                unknown_responders(&key, &entry.group, &entry.responders, responders, faults);
            }
        }
    }
    if let Err(error @ GroupError::TooMany { .. }) = GroupTable::new(entries) {
        let remedy = "have the identity provider put people into fewer, larger groups";
        faults.push(error_in("console.groups", error.to_string(), remedy));
    }
}

fn certificate(config: &Config, faults: &mut Vec<Fault>) {
    let (certificate, key) = (&config.tls.console_certificate, &config.tls.console_key);
    let alone = match (certificate, key) {
        (Some(_), None) => Some(("tls.console_certificate", "tls.console_key")),
        (None, Some(_)) => Some(("tls.console_key", "tls.console_certificate")),
        _ => None,
    };
    if let Some((given, missing)) = alone {
        let remedy =
            format!("give {missing} too, or leave out both: then browsers get the server's");
        faults.push(error_in(given, format!("{missing} is missing"), remedy));
    }
    file("tls.console_certificate", certificate.as_ref(), faults);
    file("tls.console_key", key.as_ref(), faults);
}

fn file(key: &str, path: Option<&PathBuf>, faults: &mut Vec<Fault>) {
    if let Some(path) = path.filter(|path| !path.is_file()) {
        let what = format!("there is no file {}", path.display());
        faults.push(error_in(
            key,
            what,
            "give its path; deploy/console.md says what it is",
        ));
    }
}

fn ports(config: &Config, faults: &mut Vec<Fault>) {
    let listen = config.console.listen;
    let others = [
        ("rpc.listen", config.rpc.listen),
        ("metrics.listen", config.metrics.listen),
    ];
    for (name, other) in others {
        if collide(listen, other) {
            let what = format!("{listen} is taken by {name} = \"{other}\"");
            faults.push(error_in("console.listen", what, "give each its own port"));
        }
    }
}

/// What signing in by a provider needs.
fn provider(settings: &Settings, faults: &mut Vec<Fault>) {
    let oidc = &settings.oidc;
    let needed = [
        (
            "public_url",
            settings.public_url.is_some(),
            "give the address that people type",
        ),
        (
            "oidc.issuer",
            oidc.issuer.is_some(),
            "give the provider's issuer URL, as its discovery document has it",
        ),
        (
            "oidc.client_id",
            oidc.client_id.is_some(),
            "give the id under which the provider knows usher",
        ),
        (
            "oidc.client_secret_file",
            oidc.client_secret_file.is_some(),
            "give the file of the secret that the provider gave usher",
        ),
    ];
    for (name, is_there, remedy) in needed {
        if !is_there {
            let what = "is needed to sign in by an identity provider";
            faults.push(error_in(&format!("console.{name}"), what, remedy));
        }
    }
    if let Some(url) = settings.public_url.as_deref().filter(|url| !is_origin(url)) {
        let what = format!("{url:?} is not https://host[:port]");
        faults.push(error_in(
            "console.public_url",
            what,
            "write it as \"https://usher.example:7080\", without a path",
        ));
    }
    if let Some(issuer) = oidc
        .issuer
        .as_deref()
        .filter(|url| !url.starts_with("https://"))
    {
        let what = format!("{issuer:?} does not start with https://");
        faults.push(error_in(
            "console.oidc.issuer",
            what,
            "a provider without TLS could be anybody",
        ));
    }
    if oidc.groups_claim.trim().is_empty() {
        let remedy = "\"groups\" with most providers; deploy/console.md says how to find out";
        faults.push(error_in("console.oidc.groups_claim", "is empty", remedy));
    }
    file(
        "console.oidc.client_secret_file",
        oidc.client_secret_file.as_ref(),
        faults,
    );
    file("console.oidc.ca", oidc.ca.as_ref(), faults);
}

/// Whether `url` is `https://host[:port]` and nothing else.
fn is_origin(url: &str) -> bool {
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (rest, "443"),
    };
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
    !host.is_empty() && host.chars().all(named) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::is_origin;
    use crate::config::check::tests::check;
    use std::fs;

    const GROUP: &str =
        "[[console.groups]]\ngroup = \"a\"\nrole = \"operator\"\ncourts = [\"*\"]\n";

    /// A configuration with these settings of the console, and a group.
    fn console(settings: &str, wanted: &[&str]) {
        let change = |root: &std::path::Path| {
            fs::write(root.join("tls/secret"), "").unwrap();
            fs::write(root.join("tls/console.pem"), "").unwrap();
        };
        check(&format!("{settings}\n{GROUP}"), change, wanted);
    }

    #[test]
    fn choosing_whom_to_be_is_for_this_machine_only() {
        let personas =
            |listen: &str| format!("[console]\nsign_in = \"personas\"\nlisten = \"{listen}\"");
        console(&personas("127.0.0.1:7080"), &[]);
        console(&personas("[::1]:7080"), &[]);
        let wanted = &[
            "console.sign_in: \"personas\" proves nobody's identity, and 0.0.0.0:7080 can be reached",
        ];
        console(&personas("0.0.0.0:7080"), wanted);
        console(&personas("10.0.0.1:7080"), &["use \"oidc\"; or, to try it"]);
    }

    #[test]
    fn a_provider_needs_all_of_its_settings() {
        console(
            "[console]\nsign_in = \"oidc\"",
            &[
                "setting console.public_url: is needed",
                "setting console.oidc.issuer: is needed",
                "setting console.oidc.client_id: is needed",
                "setting console.oidc.client_secret_file: is needed",
            ],
        );
        let given = |url: &str, issuer: &str, more: &str| {
            format!(
                "[console]\nsign_in = \"oidc\"\npublic_url = \"{url}\"\n[console.oidc]\nissuer = \"{issuer}\"\n\
                 client_id = \"usher\"\nclient_secret_file = \"tls/secret\"\n{more}"
            )
        };
        let (url, issuer) = ("https://usher.example:7080", "https://login.example/a");
        console(&given(url, issuer, ""), &[]);
        console(
            &given(
                "http://usher.example",
                "http://login.example",
                "ca = \"tls/none\"\ngroups_claim = \"\"",
            ),
            &[
                "console.public_url: \"http://usher.example\" is not https://host",
                "console.oidc.issuer: \"http://login.example\" does not start",
                "console.oidc.groups_claim: is empty",
                "console.oidc.ca: there is no file",
            ],
        );
        let nowhere = given(url, issuer, "").replace("tls/secret", "tls/none");
        console(
            &nowhere,
            &["console.oidc.client_secret_file: there is no file"],
        );
    }

    #[test]
    fn an_address_that_people_type_has_no_path() {
        for good in [
            "https://a",
            "https://usher.example:7080",
            "https://[::1]",
            "https://[::1]:7080",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http://a",
            "https://a/b",
            "https://a/",
            "https://a:0",
            "https://a:x",
            "https://a?b",
            "https://a b",
            "https://me@a",
            "https://:7080",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn values_out_of_bounds_are_refused_even_without_a_console() {
        console(
            "[console]\nidle_minutes = 0\nabsolute_hours = 25\nconnections_max = 10001",
            &[
                "console.idle_minutes: 0 is not between 1 and 1440",
                "console.absolute_hours: 25 is not between 1 and 24",
                "console.connections_max: 10001 is not between 1 and 10000",
            ],
        );
    }

    #[test]
    fn a_port_that_is_taken_is_refused_where_there_is_a_console() {
        let at = |by: &str, port: u16| {
            format!("[console]\nsign_in = \"{by}\"\nlisten = \"127.0.0.1:{port}\"")
        };
        console(
            &at("personas", 7443),
            &["console.listen: 127.0.0.1:7443 is taken by rpc.listen"],
        );
        console(
            &at("personas", 7090),
            &["console.listen: 127.0.0.1:7090 is taken by metrics.listen"],
        );
        console(&at("off", 7443), &[]);
    }

    #[test]
    fn a_group_that_nobody_can_be_in_is_named() {
        console(
            "[[console.groups]]\ngroup = \"b\"\nrole = \"judge\"\n\
             [[console.groups]]\ngroup = \"c\"\nrole = \"adapter\"\nresponders = [\"hackny\"]",
            &[
                "console.groups.1: group 1 (b): role \"judge\" is none of",
                "console.groups.2: c: there is no responder \"hackny\"  did you mean \"hackney\"?",
            ],
        );
        let alone = "[console]\nsign_in = \"personas\"\nlisten = \"127.0.0.1:7080\"\n";
        check(
            alone,
            |_| {},
            &["warning: setting console.groups: there are none"],
        );
        check("", |_| {}, &[]);
    }

    #[test]
    fn a_certificate_for_browsers_goes_with_its_key() {
        console(
            "[tls]\nconsole_certificate = \"tls/console.pem\"",
            &["tls.console_certificate: tls.console_key is missing"],
        );
        console(
            "[tls]\nconsole_key = \"tls/server.key\"",
            &["tls.console_key: tls.console_certificate is missing"],
        );
        let both = "[tls]\nconsole_certificate = \"tls/none\"\nconsole_key = \"tls/server.key\"";
        console(both, &["tls.console_certificate: there is no file"]);
        console(&both.replace("none", "console.pem"), &[]);
    }
}
