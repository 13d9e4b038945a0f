//! Where a command's results and messages go: results to standard output, as tables for people or JSON for programs;
//! messages to standard error. Colour only where a terminal shows it and nobody forbade it.
//!
//! Text from elsewhere is cleaned of control characters: no answer may steer a reader's terminal.

mod rows;

pub(super) use rows::table;

use super::failure::{Exit, Failure};
use super::json::{self, Named};
use clap::ValueEnum;
use comfy_table::{Cell, Color};
use serde_json::{Value, json};
use std::io::{ErrorKind, IsTerminal as _, Write as _};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: JSON.
    Json,
    /// For spreadsheets: reports only.
    Csv,
    /// A chart: reports only.
    Svg,
}

impl Format {
    /// Whether only reports are written so.
    pub fn is_of_reports(self) -> bool {
        matches!(self, Self::Csv | Self::Svg)
    }
}

/// The way out.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    format: Format,
}

impl Output {
    /// Writes in `format`.
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// How results are written.
    pub(super) fn format(self) -> Format {
        self.format
    }

    /// Whether programs read the results.
    pub fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Writes text and a line's end to standard output.
    ///
    /// # Errors
    /// When it cannot be written; silent when the reader has gone.
    pub fn print(self, text: &str) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        let ended = if text.ends_with('\n') { "" } else { "\n" };
        let written = write!(out, "{text}{ended}").and_then(|()| out.flush());
        written.map_err(|error| unwritten(&error))
    }

    /// Writes bytes as they are to standard output.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub fn print_raw(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes)
            .and_then(|()| out.flush())
            .map_err(|error| unwritten(&error))
    }

    /// Writes a message to standard error. When even that cannot be written there is nobody to tell.
    pub fn note(self, text: &str) {
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    /// Writes a JSON value.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub fn value(self, value: &Value) -> Result<(), Failure> {
        self.print(&format!("{value:#}"))
    }

    /// Writes a JSON value on one line.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub fn line(self, value: &Value) -> Result<(), Failure> {
        self.print(&value.to_string())
    }

    /// Writes one message: as JSON, or as `render` says.
    pub(super) fn message<T: Named>(
        self,
        message: &T,
        render: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.value(&json::to_value(message)?),
            Format::Table | Format::Csv | Format::Svg => self.print(&render(message)),
        }
    }

    /// Writes a list: `response` as JSON, or its `items` as `render` says and where they go on.
    pub(super) fn list<T: Named, I>(
        self,
        response: &T,
        items: &[I],
        next_page_token: &str,
        render: impl FnOnce(&[I]) -> String,
    ) -> Result<(), Failure> {
        if self.is_json() {
            return self.value(&json::to_value(response)?);
        }
        if items.is_empty() {
            self.note("nothing to show");
        } else {
            self.print(&render(items))?;
        }
        if !next_page_token.is_empty() {
            self.note(&format!("there is more: --page-token {next_page_token}"));
        }
        Ok(())
    }

    /// Writes a list that no broker sent as JSON: `{"items": [...]}`.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub fn items(self, items: &[Value]) -> Result<(), Failure> {
        self.value(&json!({ "items": items }))
    }
}

fn unwritten(error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::BrokenPipe {
        return Failure::new(Exit::Ok, "", "");
    }
    Failure::caused(
        Exit::Failure,
        error,
        "check the disk or the program that reads",
    )
}

/// Whether a person sits at the terminal and can be asked.
pub(super) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A cell with text from elsewhere.
pub(super) fn cell(text: impl AsRef<str>) -> Cell {
    Cell::new(clean(text.as_ref()))
}

/// Whom to ring: the duty desk, and the emergency duty team where the broker says that it may be rung.
pub(super) fn phones(duty: &str, emergency: &str) -> String {
    if emergency.is_empty() {
        return duty.into();
    }
    format!("{duty}, emergency duty team {emergency}")
}

/// How much a cell asks for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody must act.
    Bad,
    /// Somebody should look.
    Doubtful,
    /// All is well.
    Good,
    /// Nothing to say about it.
    Plain,
}

/// A cell in the colour of its tone. The text alone must say it too.
pub(super) fn toned(text: impl AsRef<str>, tone: Tone) -> Cell {
    let cell = cell(text);
    match tone {
        Tone::Bad => cell
            .fg(Color::Red)
            .add_attribute(comfy_table::Attribute::Bold),
        Tone::Doubtful => cell.fg(Color::Yellow),
        Tone::Good => cell.fg(Color::Green),
        Tone::Plain => cell,
    }
}

/// `text` without characters that steer a terminal; an empty text reads `-`.
pub(super) fn clean(text: &str) -> String {
    if text.is_empty() {
        return "-".into();
    }
    let steers = |c: char| c.is_control() && c != '\n';
    // Marks that turn the direction of writing can make a line read as another.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = |c: char| if steers(c) || turns(c) { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_cannot_steer_the_terminal() {
        let check = |text, shown| assert_eq!(clean(text), shown);
        check("plain é", "plain é");
        check("", "-");
        check("two\nlines", "two\nlines");
        check("\u{1b}[2Jgone", "\u{fffd}[2Jgone");
        check("a\rb", "a\u{fffd}b");
        check("\u{202e}drawkcab", "\u{fffd}drawkcab");
        check("\u{9b}31m", "\u{fffd}31m");
    }

    #[test]
    fn a_table_has_its_headings_and_cells() {
        let mut table = table(&["id", "name"]);
        table.add_row([cell("1"), toned("Hackney", Tone::Bad)]);
        let text = anstream::adapter::strip_str(&table.to_string()).to_string();
        assert!(text.contains("id") && text.contains("Hackney"), "{text}");
    }
}
