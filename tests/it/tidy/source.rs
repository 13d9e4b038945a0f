//! Sources as the rules read them: the text, the code without comments and strings, the code without tests.

use crate::support::root;
use std::io;
use std::path::{Path, PathBuf};

/// One Rust file.
pub(super) struct Source {
    /// Where it is, from the root, with `/` between the parts.
    pub(super) path: String,
    /// All of it.
    pub(super) text: String,
    /// Without comments and without what strings say; lines stay where they are.
    pub(super) code: String,
    /// The same without test items; empty for a file of tests.
    pub(super) shipped: String,
}

impl Source {
    /// A file with this text.
    pub(super) fn new(path: &str, text: &str) -> Self {
        let code = code(text);
        let of_tests =
            path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs");
        let shipped = if of_tests {
            String::new()
        } else {
            without_tests(&code)
        };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            shipped,
        }
    }
}

/// The text of one file.
pub(super) fn read(path: &str) -> io::Result<String> {
    std::fs::read_to_string(root().join(path))
        .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}

/// Every Rust file of ours; generated code is not.
pub(super) fn sources() -> io::Result<Vec<Source>> {
    let mut all = Vec::new();
    for folder in ["src", "crates", "tests"] {
        for path in files(folder, "rs")?
            .iter()
            .filter(|path| !path.contains("/src/gen/"))
        {
            all.push(Source::new(path, &read(path)?));
        }
    }
    assert!(
        all.len() > 40,
        "only {} Rust files found: the rules would hold of nothing",
        all.len()
    );
    Ok(all)
}

/// The files under `folder` whose names end in `extension`, in order.
pub(super) fn files(folder: &str, extension: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let hidden = path
                .file_name()
                .is_none_or(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !hidden {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(from_root(&path));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn from_root(path: &Path) -> String {
    let path: PathBuf = path.strip_prefix(root()).unwrap_or(path).to_owned();
    path.to_string_lossy().replace('\\', "/")
}

/// The rows of the table under a heading of a Markdown text, without the head, as trimmed cells.
pub(super) fn table(markdown: &str, heading: &str) -> Vec<Vec<String>> {
    let section = markdown
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with("## "));
    let rows = section.filter_map(|line| line.trim().strip_prefix('|')?.strip_suffix('|'));
    rows.skip(2)
        .map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The words between backticks.
pub(super) fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The text without comments and without what strings say. Line breaks stay.
pub(super) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = token_end(bytes, at);
        let kept = end - at == 1;
        out.extend(
            bytes[at..end]
                .iter()
                .map(|byte| if kept || *byte == b'\n' { *byte } else { b' ' }),
        );
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where the comment, string or character at `at` ends; one byte on when it is none of them.
fn token_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let starts_word = at == 0 || !is_word(bytes[at - 1]);
    match rest {
        [b'/', b'/', ..] => {
            at + rest
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap_or(rest.len())
        }
        [b'/', b'*', ..] => at + block_comment(rest),
        [b'"', ..] => at + string(rest, 0),
        [b'r', b'"' | b'#', ..] if starts_word => {
            raw_string(rest, 1).map_or(at + 1, |length| at + length)
        }
        [b'b' | b'c', b'r', b'"' | b'#', ..] if starts_word => {
            raw_string(rest, 2).map_or(at + 1, |length| at + length)
        }
        [b'\'', b'\\', ..] => {
            at + 3
                + rest
                    .get(3..)
                    .unwrap_or_default()
                    .iter()
                    .position(|byte| *byte == b'\'')
                    .map_or(0, |end| end + 1)
        }
        [b'\'', ..] => at + character(rest),
        _ => at + 1,
    }
}

/// Whether a byte can be part of a name.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw_string(rest: &[u8], prefix: usize) -> Option<usize> {
    let hashes = rest[prefix..]
        .iter()
        .take_while(|byte| **byte == b'#')
        .count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&b'"') {
        return None; // a raw name such as r#type
    }
    let close = [b"\"", "#".repeat(hashes).as_bytes()].concat();
    let body = &rest[open + 1..];
    let end = body
        .windows(close.len())
        .position(|window| window == close)
        .unwrap_or(body.len());
    Some((open + 1 + end + close.len()).min(rest.len()))
}

/// A character's length; 1 for the tick of a lifetime.
fn character(rest: &[u8]) -> usize {
    let width = match rest.get(1) {
        Some(0xF0..) => 4,
        Some(0xE0..) => 3,
        Some(0xC0..) => 2,
        _ => 1,
    };
    if rest.get(1 + width) == Some(&b'\'') {
        width + 2
    } else {
        1
    }
}

/// `code` without the items under `#[cfg(test)]` and `#[test]`. Line breaks stay.
fn without_tests(code: &str) -> String {
    let mut out = code.as_bytes().to_vec();
    for mark in ["#[cfg(test)]", "#[cfg(all(test", "#[test]", "#[tokio::test"] {
        for (start, _) in code.match_indices(mark) {
            let end = start + item_length(&code.as_bytes()[start..]);
            for byte in out[start..end].iter_mut().filter(|byte| **byte != b'\n') {
                *byte = b' ';
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How far the item that starts with an attribute reaches: to its `;`, or to the end of its braces.
fn item_length(rest: &[u8]) -> usize {
    let (mut square, mut curly) = (0_usize, 0_usize);
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'[' => square += 1,
            b']' => square = square.saturating_sub(1),
            b'{' => curly += 1,
            b'}' if curly <= 1 => return at + 1,
            b'}' => curly -= 1,
            b';' if square == 0 && curly == 0 => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn code_has_neither_comments_nor_strings() {
    let check = |text: &str, expected: &str| {
        let squeezed = code(text).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed, expected, "of {text:?}");
    };
    check("a // b", "a");
    check("a /* b /* c */ d */ e", "a e");
    check(r#"f("} \" {") g"#, "f( ) g");
    check(r##"f(r#"a " b"#) g"##, "f( ) g");
    check("f(br\"x\") r#type", "f( ) r#type");
    check("'a' b 'b' '\\'' '}' &'c d", "b &'c d");
    check("'é' b", "b");
}

#[test]
fn shipped_code_has_no_tests() {
    let check = |text: &str, expected: &str| {
        let shipped = Source::new("src/a.rs", text).shipped;
        assert_eq!(
            shipped.split_whitespace().collect::<Vec<_>>().join(" "),
            expected,
            "of {text:?}"
        );
    };
    check(
        "fn a() {} #[cfg(test)] mod tests { fn b() { {} } } fn c() {}",
        "fn a() {} fn c() {}",
    );
    check("#[cfg(test)] mod tests; fn c() {}", "fn c() {}");
    check(
        "#[cfg(test)] const A: [u8; 2] = [0; 2]; fn c() {}",
        "fn c() {}",
    );
    assert_eq!(
        Source::new("src/a/tests.rs", "fn a() {}").shipped,
        "",
        "a file of tests ships nothing"
    );
}

#[test]
fn a_table_is_found_under_its_heading() {
    let markdown = "## A\n| x | y |\n|---|---|\n| `1` | 2 |\n\n## B\n| x |\n|---|\n| 3 |\n";
    assert_eq!(
        table(markdown, "## A"),
        [["`1`", "2"]],
        "the rows without the head"
    );
    assert_eq!(
        table(markdown, "## C"),
        Vec::<Vec<String>>::new(),
        "no heading, no rows"
    );
    assert_eq!(
        quoted("`a` and `b`").collect::<Vec<_>>(),
        ["a", "b"],
        "what stands in backticks"
    );
}
