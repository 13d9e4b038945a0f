//! Tables: what people copy or read aloud is never cut. A reference, an id, a date or a telephone number stands on one line
//! whole; where a terminal is too narrow for every column, the last ones are left out, and it is said which.

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle, Width};
use std::fmt;

/// How wide a table is that no terminal shows, in characters.
const WIDTH_ELSEWHERE: u16 = 160;
/// A text with a digit of at most so many characters is a fact to be kept whole: a date is 21, a UUID with a number 39.
const WHOLE_MAX: usize = 40;

/// One line under the headings, none elsewhere: rows stay on one screen.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Rows under headings, the most important columns first.
pub(in crate::cli) struct Rows {
    table: Table,
    headings: Vec<String>,
}

/// A table with these headings.
pub(in crate::cli) fn table(headings: &[&str]) -> Rows {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.enforce_styling(); // the way out takes colours away where they are not wanted
    table.set_header(headings.iter().copied());
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    let headings = headings.iter().map(ToString::to_string).collect();
    Rows { table, headings }
}

impl Rows {
    pub(in crate::cli) fn add_row(&mut self, row: impl Into<Row>) {
        self.table.add_row(row);
    }

    /// The table, at most `width` characters wide unless its first column alone is wider.
    fn within(&self, width: u16) -> String {
        let mut table = self.table.clone();
        table.set_width(width);
        let (mut used, mut left_out) = (0, Vec::new());
        for (place, heading) in self.headings.iter().enumerate() {
            let cells = table.column_cells_iter(place);
            let least = cells.flatten().map(|cell| unbroken(&cell.content())).max();
            let least = least.unwrap_or_default().max(longest_word(heading));
            let Some(column) = table.column_mut(place) else {
                continue;
            };
            let least = u16::try_from(least).unwrap_or(u16::MAX);
            let least = least.saturating_add(column.padding_width());
            // One more for the space between two columns.
            used += usize::from(least) + usize::from(place > 0);
            if place > 0 && (used > usize::from(width) || !left_out.is_empty()) {
                column.set_constraint(ColumnConstraint::Hidden);
                left_out.push(heading.as_str());
            } else {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
            }
        }
        let text = table.to_string();
        if left_out.is_empty() {
            return text;
        }
        format!(
            "{text}\n(not shown here, for want of room: {})",
            left_out.join(", ")
        )
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terminal = terminal_size::terminal_size_of(std::io::stdout());
        f.write_str(&self.within(terminal.map_or(WIDTH_ELSEWHERE, |(width, _)| width.0)))
    }
}

/// How many characters of a cell must stay on one line.
fn unbroken(text: &str) -> usize {
    let length = text.chars().count();
    if length <= WHOLE_MAX && text.contains(|letter: char| letter.is_ascii_digit()) {
        length
    } else {
        longest_word(text)
    }
}

fn longest_word(text: &str) -> usize {
    let lengths = text.split_whitespace().map(|word| word.chars().count());
    lengths.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "018f3b8e-0000-5000-8000-000000000001";

    fn rows() -> Rows {
        let mut rows = table(&["reference", "before", "defendant", "needs you", "id"]);
        rows.add_row([
            "7K3M-9QXA-A",
            "Mon 23 Nov 2026 14:00",
            "Alexandra Maria Example",
            "0",
            ID,
        ]);
        rows
    }

    #[test]
    fn what_people_copy_is_whole_or_left_out_and_named() {
        let check = |width: u16, whole: &[&str], left_out: &str| {
            let text = anstream::adapter::strip_str(&rows().within(width)).to_string();
            for line in text.lines().take_while(|line| !line.starts_with('(')) {
                assert!(line.chars().count() <= width.into(), "{width}: {text}");
            }
            for one in whole {
                assert!(text.contains(one), "{width}: {one}: {text}");
            }
            let said = text.lines().last().unwrap();
            assert_eq!(
                said.contains("for want of room"),
                !left_out.is_empty(),
                "{text}"
            );
            assert!(said.contains(left_out), "{width}: {text}");
        };
        let all = ["7K3M-9QXA-A", "Mon 23 Nov 2026 14:00", "reference", ID];
        check(160, &all, "");
        check(100, &all, "");
        check(80, &all[..3], ": id)");
        check(40, &all[..3], ": defendant, needs you, id)");
        check(20, &all[..1], ": before, defendant, needs you, id)");
    }

    #[test]
    fn a_long_text_is_broken_between_its_words() {
        let mut rows = table(&["check", "stands"]);
        let long = "answered elsewhere and then closed on 23 November by a person of the borough";
        rows.add_row(["1", long]);
        let text = rows.within(40);
        let words: Vec<&str> = text
            .split_whitespace()
            .skip(3)
            .filter(|word| *word != "1")
            .collect();
        assert_eq!(words.join(" ").replace("1 ", ""), long, "{text}");
    }
}
