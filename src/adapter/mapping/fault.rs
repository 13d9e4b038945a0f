//! What is wrong with a configuration, and where.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A configuration file as it was read. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Page {
    path: Arc<Path>,
    text: Arc<str>,
}

impl Page {
    /// The file at `path`, which holds `text`.
    pub fn new(path: &Path, text: &str) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    /// The bytes of `span`, empty where it is not this file's.
    pub(super) fn slice(&self, span: &std::ops::Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// A fault at a byte of the file. Neither text may hold data of people.
    pub fn fault(&self, at: usize, what: impl Into<String>, remedy: impl Into<String>) -> Fault {
        let before = self.text.get(..at).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Fault {
            path: self.path.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

/// What is wrong at one place of a configuration. Holds words of the configuration, never data of people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {what}; {remedy}", path.display())]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}
