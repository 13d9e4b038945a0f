//! A report's figures as people get them outside a table: as a chart and as a sheet. The pages and the command line draw the same.

mod chart;
mod sheet;

pub use usher_domain::report::Cell;

/// What stands for a figure that is hidden, as official statistics have it: confidential.
pub const HIDDEN: &str = "[c]";

/// A report, with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Before every id in the chart, where a page has several charts.
    pub prefix: &'static str,
    /// What it is, in one line.
    pub heading: String,
    /// Which day of a thing says whether it belongs to the period.
    pub day: String,
    /// What the cells of each line are, in order.
    pub columns: Vec<Column>,
    /// The lines.
    pub lines: Vec<Line>,
    /// Everything together.
    pub total: Option<Line>,
}

/// What one cell of every line is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its name for programs.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What is counted.
    pub meaning: String,
    /// The name of the column of which it is a part; empty for others.
    pub part_of: String,
}

/// One line of figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its name for programs.
    pub key: String,
    /// Its name for people.
    pub label: String,
    /// A figure for each column.
    pub cells: Vec<Cell>,
}

impl Figures {
    /// Every line, the total last.
    pub fn all(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().chain(&self.total)
    }

    /// As an SVG that stands alone.
    pub fn svg(&self) -> String {
        chart::svg(self)
    }

    /// As CSV.
    ///
    /// # Errors
    /// When memory is out.
    pub fn csv(&self) -> Result<String, csv::Error> {
        sheet::csv(self)
    }
}

/// A figure as people read it: hours with one decimal.
pub fn figure(cell: Cell) -> String {
    match cell {
        Cell::Count(count) => count.to_string(),
        Cell::Minutes(minutes) => format!("{:.1}", f64::from(minutes) / 60.0),
        Cell::Hidden => HIDDEN.into(),
        Cell::Nothing => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two offices; the second has figures hidden, and a name that would be a formula and a tag.
    pub(super) fn sample() -> Figures {
        let column = |name: &str, part_of: &str| Column {
            name: name.into(),
            title: name.replace('_', " "),
            meaning: format!("what {name} means"),
            part_of: part_of.into(),
        };
        let line = |key: &str, label: &str, cells: [Cell; 4]| Line {
            key: key.into(),
            label: label.into(),
            cells: cells.into(),
        };
        let (count, hours, hidden) = (Cell::Count, Cell::Minutes(450), Cell::Hidden);
        Figures {
            prefix: "",
            heading: "timeliness by office, 2026-11-01 to 2026-11-30".into(),
            day: "the day on which it was asked".into(),
            columns: vec![
                column("asked", ""),
                column("answered", "asked"),
                column("not_answered", "asked"),
                column("median_hours", ""),
            ],
            lines: vec![
                line("North", "North", [count(30), count(20), count(10), hours]),
                line(
                    "=1+1",
                    "=1+1, \"<b>&",
                    [hidden, hidden, count(0), Cell::Nothing],
                ),
            ],
            total: Some(line(
                "total",
                "total",
                [count(40), hidden, count(10), hours],
            )),
        }
    }
}
