//! How large a file, a function and `main` may be, and that no file lies forgotten.

use super::holds;
use super::source::{Source, is_word, sources};
use std::collections::BTreeSet;
use std::io;

/// Lines of one file.
const FILE_LINES_MAX: usize = 500;
/// Lines of code of one function's body: without comments and blank lines.
const FUNCTION_LINES_MAX: usize = 70;
/// The same for `src/main.rs` as a whole: it only puts together.
const MAIN_LINES_MAX: usize = 60;

/// A function with a body: its name, its line, and the lines of code in its body.
#[derive(Debug, PartialEq, Eq)]
struct Function<'a> {
    name: &'a str,
    line: usize,
    lines: usize,
}

/// Every function with a body in a code without comments and strings.
fn functions(code: &str) -> Vec<Function<'_>> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        let name = code[start + 3..]
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .next()
            .unwrap_or_default();
        if name.is_empty() || (start > 0 && is_word(bytes[start - 1])) {
            continue;
        }
        let Some(open) = body(bytes, start) else {
            continue;
        };
        let mut depth = 0_usize;
        let close = bytes[open..].iter().position(|byte| {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let inside = &code[open + 1..open + close.unwrap_or(1)];
        let lines = inside
            .lines()
            .filter(|line| !line.trim().is_empty())
            .count();
        found.push(Function {
            name,
            line: code[..start].matches('\n').count() + 1,
            lines,
        });
    }
    found
}

/// Where the body of the function that starts at `start` opens; a declaration has none.
fn body(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn too_large(source: &Source) -> Vec<String> {
    let path = &source.path;
    let lines = source.text.lines().count();
    let max = if path == "src/main.rs" {
        MAIN_LINES_MAX
    } else {
        FILE_LINES_MAX
    };
    let mut complaints = Vec::new();
    if lines > max {
        complaints.push(format!("{path}: {lines} lines, more than {max}"));
    }
    let long = functions(&source.code)
        .into_iter()
        .filter(|function| function.lines > FUNCTION_LINES_MAX);
    complaints.extend(long.map(|Function { name, line, lines }| {
        format!(
            "{path}:{line}: the body of `{name}` has {lines} lines, more than {FUNCTION_LINES_MAX}"
        )
    }));
    complaints
}

/// Files that no `mod` reaches, so that the compiler never sees them.
fn forgotten(sources: &[Source]) -> Vec<String> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    for source in sources {
        let stem = source.path.trim_end_matches(".rs");
        let file = stem.rsplit('/').next().unwrap_or(stem);
        let is_root = matches!(file, "lib" | "main") || roots_itself(&source.path);
        let folder = if is_root {
            stem.trim_end_matches(file).trim_end_matches('/')
        } else {
            stem
        };
        for child in children(&source.code) {
            reached.insert(format!("{folder}/{child}.rs"));
        }
    }
    let unreached = sources
        .iter()
        .map(|source| &source.path)
        .filter(|path| !reached.contains(*path) && !is_root(path));
    unreached
        .map(|path| format!("{path}: no `mod` reaches it"))
        .collect()
}

fn is_root(path: &str) -> bool {
    path.ends_with("/lib.rs") || path.ends_with("/main.rs") || roots_itself(path)
}

/// Whether Cargo compiles the file by itself: tests, examples and benchmarks of a member.
fn roots_itself(path: &str) -> bool {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    path.starts_with("crates/")
        && ["/tests", "/examples", "/benches"]
            .iter()
            .any(|folder| parent.ends_with(folder))
}

/// The names in `mod name;`.
fn children(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("mod ").filter_map(|(at, mark)| {
        let starts = at == 0 || !is_word(code.as_bytes()[at - 1]);
        let (name, _) = code[at + mark.len()..].split_once(';')?;
        (starts && name.bytes().all(is_word)).then_some(name)
    })
}

#[test]
fn files_and_functions_are_short() -> io::Result<()> {
    let complaints: Vec<String> = sources()?.iter().flat_map(too_large).collect();
    holds(
        &complaints,
        "split it along its meaning: details into a folder of the same name, steps into functions with names",
    );
    Ok(())
}

#[test]
fn modules_are_files_beside_their_folder() -> io::Result<()> {
    let complaints: Vec<String> = sources()?
        .into_iter()
        .map(|source| source.path)
        .filter(|path| path.ends_with("/mod.rs"))
        .collect();
    holds(
        &complaints,
        "name it like its folder and put it beside: `foo.rs` + `foo/`",
    );
    Ok(())
}

#[test]
fn no_file_is_forgotten() -> io::Result<()> {
    holds(
        &forgotten(&sources()?),
        "declare it with `mod` in the file beside its folder, or delete it",
    );
    Ok(())
}

#[test]
fn finds_a_long_function() {
    let body = |lines: usize| {
        format!(
            "trait T {{ fn a(&self, b: [u8; 2]); }}\nfn long(\n) {{\n{}}}\n",
            "    f();\n".repeat(lines)
        )
    };
    let check = |lines: usize, complaints: &[&str]| {
        assert_eq!(
            too_large(&Source::new("src/a.rs", &body(lines))),
            complaints,
            "a body of {lines} lines"
        );
    };
    check(FUNCTION_LINES_MAX, &[]);
    check(
        FUNCTION_LINES_MAX + 1,
        &["src/a.rs:2: the body of `long` has 71 lines, more than 70"],
    );
    let commented = format!("fn a() {{\n{}\n}}", "// why\n\n".repeat(FUNCTION_LINES_MAX));
    assert_eq!(
        functions(&Source::new("src/a.rs", &commented).code)[0].lines,
        0,
        "comments and blank lines are free"
    );
}

#[test]
fn finds_a_long_file() {
    let check = |path: &str, lines: usize, complaints: usize| {
        assert_eq!(
            too_large(&Source::new(path, &"\n".repeat(lines))).len(),
            complaints,
            "{path} of {lines} lines"
        );
    };
    check("src/a.rs", FILE_LINES_MAX, 0);
    check("src/a.rs", FILE_LINES_MAX + 1, 1);
    check("src/main.rs", MAIN_LINES_MAX, 0);
    check("src/main.rs", MAIN_LINES_MAX + 1, 1);
}

#[test]
fn finds_a_forgotten_file() {
    let files = [
        ("src/lib.rs", "pub mod a; // mod d;"),
        (
            "src/a.rs",
            "#[cfg(test)] mod tests; mod inline { fn f() {} }",
        ),
        ("src/a/tests.rs", ""),
        ("src/d.rs", ""),
        ("tests/it/main.rs", "mod e;"),
        ("tests/it/e.rs", ""),
        ("tests/it/e/f.rs", ""),
        ("crates/c/tests/g.rs", "mod h;"),
        ("crates/c/tests/h.rs", ""),
    ];
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source::new(path, text))
        .collect();
    assert_eq!(
        forgotten(&sources),
        [
            "src/d.rs: no `mod` reaches it",
            "tests/it/e/f.rs: no `mod` reaches it"
        ]
    );
}
