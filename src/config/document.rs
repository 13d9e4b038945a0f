//! Reads one TOML document into a type and collects every fault, each with line and column: after a fault its entry is
//! taken out and the rest is read again.

use super::fault::{Fault, Place, Source, suggestion};
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

/// Faults shown of one file; more would hide the first.
const FAULTS_MAX: usize = 32;

/// Reads `source` as a `T`. Without a fault there is a value; with one there is none.
///
/// # Errors
/// Every fault found, at most [`FAULTS_MAX`].
pub(super) fn read<T: DeserializeOwned>(source: &Source) -> Result<T, Vec<Fault>> {
    read_over(source, Clone::clone)
}

/// As [`read`], of what `fill` makes of the document; entries that it adds must have empty spans.
///
/// # Errors
/// As [`read`].
pub(super) fn read_over<'i, T: DeserializeOwned>(
    source: &'i Source,
    fill: impl Fn(&Spanned<DeTable<'i>>) -> Spanned<DeTable<'i>>,
) -> Result<T, Vec<Fault>> {
    let (mut root, errors) = DeTable::parse_recoverable(&source.text);
    let syntax = |error: &Error| {
        let remedy = "this is not TOML; see https://toml.io for its form";
        Fault::error(source.place(error.span()), error.message(), remedy)
    };
    if !errors.is_empty() {
        return Err(errors.iter().take(FAULTS_MAX).map(syntax).collect());
    }
    let (mut faults, mut taken) = (Vec::new(), Vec::new());
    // Each round takes an entry out, so that there are no more rounds than entries.
    loop {
        let error = match T::deserialize(Deserializer::from(fill(&root))) {
            Ok(value) if faults.is_empty() => return Ok(value),
            Ok(_) => return Err(in_order(faults)),
            Err(error) => error,
        };
        // What is missing only because it was taken out is no fault of its own.
        if !missing(error.message()).is_some_and(|key| taken.iter().any(|taken| taken == key)) {
            let (what, remedy) = explain(error.message());
            faults.push(Fault::error(source.place(error.span()), what, remedy));
        }
        match error.span().and_then(|span| remove(root.get_mut(), &span)) {
            Some(key) if faults.len() < FAULTS_MAX => taken.push(key),
            _ => return Err(in_order(faults)),
        }
    }
}

fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

fn in_order(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by_key(|fault| match &fault.place {
        Place::File { at, .. } => *at,
        _ => None,
    });
    faults
}

/// Turns serde's message into what is wrong and what to do.
pub(super) fn explain(message: &str) -> (String, String) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (Some((word, known)), Some(what)) = (quoted.split_first(), subject(message)) else {
        let what = message.trim_end().replace('\n', "; ");
        let remedy = form(&what);
        return (what, remedy);
    };
    let remedy = match suggestion(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "remove it".into(),
        None => format!("known here: {}", known.join(", ")),
    };
    (format!("{what} `{word}`"), remedy)
}

/// What to write instead, as far as serde's message tells.
fn form(what: &str) -> String {
    if let Some(key) = missing(what) {
        return format!("add `{key}`; the file of this name in config/ shows it");
    }
    if what.starts_with("invalid socket address") {
        return "write an IP address and a port, such as \"127.0.0.1:7443\"; names are not looked up".into();
    }
    let Some((_, expected)) = what.rsplit_once("expected ") else {
        return "the file of this name in config/ shows the form".into();
    };
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" | "a nonzero u32" => {
            "write a whole number, without quotes, that is not too large".into()
        }
        "a string" | "a borrowed string" | "path string" => "write a text in quotes".into(),
        "a boolean" => "write true or false, without quotes".into(),
        "a sequence" => "write a list in brackets, such as [\"one\", \"two\"]".into(),
        _ => format!("write {expected}; the file of this name in config/ shows the form"),
    }
}

fn subject(message: &str) -> Option<&'static str> {
    if message.starts_with("unknown field") {
        return Some("unknown key");
    }
    message
        .starts_with("unknown variant")
        .then_some("unknown word")
}

/// Takes the innermost entry at `span` out of `table`, and returns its key.
fn remove(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let within = |(_, value): (_, &mut Spanned<DeValue<'_>>)| remove_within(value.get_mut(), span);
    if let Some(key) = table.iter_mut().find_map(within) {
        return Some(key);
    }
    let (key, _) = table
        .iter()
        .find(|(key, value)| covers(&key.span(), span) || covers(&value.span(), span))?;
    let key = key.get_ref().to_string();
    table.remove(key.as_str()).map(|_| key)
}

/// As [`remove`]; an item of an array has no key.
fn remove_within(value: &mut DeValue<'_>, span: &Range<usize>) -> Option<String> {
    match value {
        DeValue::Table(table) => remove(table, span),
        DeValue::Array(items) => {
            let within = |item: &mut Spanned<DeValue<'_>>| remove_within(item.get_mut(), span);
            if let Some(key) = items.iter_mut().find_map(within) {
                return Some(key);
            }
            let before = items.len();
            let rest = items.iter().filter(|item| !covers(&item.span(), span));
            *items = rest.cloned().collect();
            (items.len() < before).then(String::new)
        }
        _ => None,
    }
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && outer.start < outer.end
}

/// The dotted path of every entry of a document, and where its key stands. Items of a list are numbered from 1.
pub(super) fn spans(root: &DeTable<'_>) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    collect(root, "", &mut found);
    found
}

fn collect(table: &DeTable<'_>, prefix: &str, found: &mut Vec<(String, Range<usize>)>) {
    for (key, value) in table {
        let path = format!("{prefix}{}", key.get_ref());
        found.push((path.clone(), key.span()));
        match value.get_ref() {
            DeValue::Table(inner) => collect(inner, &format!("{path}."), found),
            DeValue::Array(items) => {
                let numbered = (1..).zip(items.iter());
                found.extend(
                    numbered.map(|(number, item)| (format!("{path}.{number}"), item.span())),
                );
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its form matters")]
    struct Form {
        #[serde(default)]
        server: Server,
        #[serde(default)]
        item: Vec<Item>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Server {
        listen: u16,
        key: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its form matters")]
    struct Item {
        name: String,
    }

    fn check(text: &str, wanted: &[&str]) {
        let source = Source {
            path: "f".into(),
            text: text.into(),
        };
        let faults = read::<Form>(&source).err().unwrap_or_default();
        let shown: Vec<String> = faults
            .iter()
            .map(|fault| fault.to_string().replace('\n', ""))
            .collect();
        assert_eq!(shown.len(), wanted.len(), "{text}: {shown:#?}");
        for (shown, wanted) in shown.iter().zip(wanted) {
            assert!(
                shown.contains(wanted),
                "{text}: {shown:?} does not say {wanted:?}"
            );
        }
    }

    #[test]
    fn a_good_document_has_no_faults() {
        check("", &[]);
        check("[server]\nlisten = 1\n[[item]]\nname = \"a\"\n", &[]);
    }

    #[test]
    fn every_fault_is_found_with_line_and_column() {
        check(
            "[server]\n lisen = 1\n",
            &["f:2:2: unknown key `lisen`  did you mean `listen`?"],
        );
        check(
            "[sever]\nlisten = 1\n",
            &["f:1:2: unknown key `sever`  did you mean `server`?"],
        );
        check("[server]\npassword = 1\n", &["known here: listen, key"]);
        check(
            "[server]\nlisten = \"x\"\n",
            &["f:2:10: invalid type: string \"x\", expected u16"],
        );
        check("[server]\nlisten = 70000\n", &["f:2:10: invalid value"]);
        check(
            "[[item]]\nname = \"a\"\n[[item]]\n",
            &["f:3:1: missing field `name`"],
        );
        check(
            "[server]\nlisen = 1\nkey = 2\n[[item]]\nnam = \"a\"\nname = \"b\"\n[other]\nx = 1\n",
            &[
                "f:2:1",
                "f:3:7",
                "f:5:1: unknown key `nam`  did you mean `name`?",
                "f:7:2: unknown key `other`",
            ],
        );
        check(
            "server = { lisen = 1 }\nitem = [{ name = 1 }, { name = 2 }]",
            &["f:1:12", "f:2:18", "f:2:32"],
        );
    }

    #[test]
    fn what_is_not_toml_is_said_with_its_place() {
        check("[server\nlisten = 1\n", &["f:1:8"]);
        check("a = 1\na = 2\n", &["f:2:1: duplicate key"]);
    }

    #[test]
    fn keys_are_found_where_they_stand() {
        let root = DeTable::parse("a = 1\n[b]\nc.d = 2\n").unwrap();
        let found = spans(root.get_ref());
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["a", "b", "b.c", "b.c.d"]);
        assert_eq!(found[3].1, 12..13);
    }
}
