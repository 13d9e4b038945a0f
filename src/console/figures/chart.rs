//! A report as an SVG chart that stands alone: no script, no font or file from elsewhere. A bar for each row, made of the parts of the first
//! whole. Parts differ by pattern and by shade, so that they can be told apart in print without colour; every bar says its figures in
//! words, for those who hear it.

use super::{Cell, Column, Figures, Line, figure};
use std::fmt::Write as _;

/// Bars of one chart: more cannot be read. What is left out is said.
const BARS_MAX: usize = 60;
/// Characters of a name beside its bar; the whole name is in the words of the bar.
const NAME_CHARS_MAX: usize = 38;
const WIDTH: f64 = 960.0;
const BAR_LEFT: f64 = 270.0;
const BAR_WIDTH: f64 = 500.0;
const ROW_HEIGHT: f64 = 26.0;
const BAR_HEIGHT: f64 = 16.0;
const LEGEND_HEIGHT: f64 = 20.0;
/// Characters of one line of the legend: as many as the drawing is wide for.
const LEGEND_CHARS_MAX: usize = 125;
const TOP: f64 = 64.0;

/// What fills the parts, in order: shades and patterns that are told apart without colour.
const FILLS: [&str; 6] = [
    "#333333",
    "url(#~stripes)",
    "#bbbbbb",
    "url(#~dots)",
    "#ffffff",
    "url(#~grid)",
];
/// The mark stands for the prefix of ids, here and in [`FILLS`].
const PATTERNS: &str = r##"<defs>
<pattern id="~stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff"/><rect width="3" height="6" fill="#555555"/></pattern>
<pattern id="~dots" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#ffffff"/><circle cx="3" cy="3" r="1.5" fill="#333333"/></pattern>
<pattern id="~grid" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#dddddd"/><path d="M0 0H6M0 0V6" stroke="#333333"/></pattern>
</defs>
"##;

/// What the bars are made of: places of measures.
struct Parts {
    whole: usize,
    parts: Vec<usize>,
}

/// The report as a chart.
pub(super) fn svg(report: &Figures) -> String {
    let (prefix, parts) = (report.prefix, Parts::of(report));
    let rows: Vec<&Line> = report.lines.iter().take(BARS_MAX).collect();
    let left_out = report.lines.len().saturating_sub(rows.len());
    let legend = legend(report, &parts);
    let bars_top = TOP + LEGEND_HEIGHT * amount(legend.iter().map(|(_, lines)| lines.len()).sum());
    let height = bars_top + ROW_HEIGHT * amount(rows.len()) + 40.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-labelledby=\"{prefix}title {prefix}desc\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#000000\">\n\
         <title id=\"{prefix}title\">{}</title>\n<desc id=\"{prefix}desc\">{}</desc>\n{}\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"28\" font-size=\"18\" font-weight=\"bold\">{}</text>\n",
        escaped(&report.heading),
        escaped(&description(report)),
        PATTERNS.replace('~', prefix),
        escaped(&report.heading),
    );
    write_legend(&mut text, report, &legend);
    let longest = rows.iter().map(|row| length(row, &parts)).max();
    let scale = BAR_WIDTH / count(longest.unwrap_or_default().max(1));
    for (place, row) in rows.iter().enumerate() {
        let y = bars_top + ROW_HEIGHT * amount(place);
        bar(&mut text, report, row, &parts, (y, scale));
    }
    if left_out > 0 {
        let y = height - 14.0;
        let _ = writeln!(
            text,
            "<text x=\"16\" y=\"{y}\">and {left_out} more, not shown</text>"
        );
    }
    text + "</svg>\n"
}

impl Parts {
    /// The first whole and its parts.
    fn of(report: &Figures) -> Self {
        let name = report.columns.iter().find(|one| !one.part_of.is_empty());
        let name = name.map_or("", |part| part.part_of.as_str());
        let places = |wanted: &dyn Fn(&Column) -> bool| -> Vec<usize> {
            let all = report.columns.iter().enumerate();
            all.filter(|(_, one)| wanted(one))
                .map(|(place, _)| place)
                .collect()
        };
        let whole = places(&|one| one.name == name);
        Self {
            whole: whole.first().copied().unwrap_or_default(),
            parts: places(&|one| !name.is_empty() && one.part_of == name),
        }
    }
}

/// Each part's measure, with the lines that say what it means.
fn legend<'a>(report: &'a Figures, parts: &Parts) -> Vec<(&'a Column, Vec<String>)> {
    let measures = parts.parts.iter().map(|part| report.columns.get(*part));
    let said = |measure: &'a Column| (measure, lines(&measure.title, &measure.meaning));
    measures.flatten().map(said).collect()
}

/// `meaning` in lines; before the first one stands `title`.
fn lines(title: &str, meaning: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = LEGEND_CHARS_MAX.saturating_sub(title.chars().count());
    for word in meaning.split_whitespace() {
        let length = word.chars().count() + 1;
        match lines.last_mut() {
            Some(line) if length <= room || line.is_empty() => {
                line.push(' ');
                line.push_str(word);
                room = room.saturating_sub(length);
            }
            _ => {
                lines.push(word.into());
                room = LEGEND_CHARS_MAX.saturating_sub(length);
            }
        }
    }
    lines
}

fn write_legend(text: &mut String, report: &Figures, legend: &[(&Column, Vec<String>)]) {
    let mut y = TOP - 22.0;
    for ((measure, lines), fill) in legend.iter().zip(FILLS.iter().cycle()) {
        let _ = write!(
            text,
            "<rect x=\"16\" y=\"{y}\" width=\"22\" height=\"13\" fill=\"{}\" stroke=\"#000000\"/>\
             <text y=\"{}\"><tspan x=\"46\" font-weight=\"bold\">{}</tspan>:",
            fill.replace('~', report.prefix),
            y + 11.0,
            escaped(&measure.title),
        );
        for (place, line) in lines.iter().enumerate() {
            let next = format!(
                "<tspan x=\"46\" dy=\"{LEGEND_HEIGHT}\">{}</tspan>",
                escaped(line)
            );
            text.push_str(&if place == 0 { escaped(line) } else { next });
            y += LEGEND_HEIGHT;
        }
        text.push_str("</text>\n");
    }
}

fn bar(text: &mut String, report: &Figures, row: &Line, parts: &Parts, (y, scale): (f64, f64)) {
    let baseline = y + 13.0;
    let _ = writeln!(
        text,
        "<g role=\"img\" aria-label=\"{words}\"><title>{words}</title>\
         <text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text>",
        BAR_LEFT - 10.0,
        escaped(&short(&row.label)),
        words = escaped(&in_words(report, row)),
    );
    let mut x = BAR_LEFT;
    for (part, fill) in parts.parts.iter().zip(FILLS.iter().cycle()) {
        let width = count(shown(row, *part)) * scale;
        if width > 0.0 {
            let _ = writeln!(
                text,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" fill=\"{}\" stroke=\"#000000\"/>",
                fill.replace('~', report.prefix),
            );
            x += width;
        }
    }
    let _ = writeln!(
        text,
        "<text x=\"{:.1}\" y=\"{baseline}\">{}</text></g>",
        x + 8.0,
        escaped(&beside(report, row, parts)),
    );
}

/// What stands at the end of a bar: the whole, whether some of it is hidden, and how long half of it took.
fn beside(report: &Figures, row: &Line, parts: &Parts) -> String {
    let text = row.cells.get(parts.whole).copied();
    let mut text = text.map(figure).unwrap_or_default();
    let is_hidden = |part: &usize| row.cells.get(*part) == Some(&Cell::Hidden);
    if parts.parts.iter().any(is_hidden) {
        text += ", some hidden";
    }
    let median = report
        .columns
        .iter()
        .position(|one| one.name == "median_hours");
    let median = median.and_then(|place| row.cells.get(place));
    if let Some(hours @ Cell::Minutes(_)) = median {
        let _ = write!(text, ", median {} h", figure(*hours));
    }
    text
}

/// A row with all of its figures.
fn in_words(report: &Figures, row: &Line) -> String {
    let figures = report.columns.iter().zip(&row.cells);
    let figures = figures.map(|(column, one)| format!("{} {}", column.title, figure(*one)));
    format!("{}: {}", row.label, figures.collect::<Vec<_>>().join("; "))
}

/// What the chart shows, for those who do not see it.
fn description(report: &Figures) -> String {
    let total = report.all().last().map(|row| in_words(report, row));
    let days = &report.day;
    format!(
        "{}. The day that counts: {days}.",
        total.unwrap_or_default()
    )
}

fn length(row: &Line, parts: &Parts) -> u64 {
    parts.parts.iter().map(|part| shown(row, *part)).sum()
}

/// A count that is shown; nothing for others.
fn shown(row: &Line, place: usize) -> u64 {
    let cell = row.cells.get(place).copied();
    cell.and_then(Cell::count).unwrap_or_default()
}

fn short(label: &str) -> String {
    if label.chars().count() <= NAME_CHARS_MAX {
        return label.into();
    }
    let cut: String = label.chars().take(NAME_CHARS_MAX - 1).collect();
    format!("{cut}…")
}

/// Text that is nothing but text, in XML.
fn escaped(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[expect(clippy::cast_precision_loss, reason = "places on a chart")]
fn amount(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "lengths on a chart")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_chart_stands_alone_and_says_its_figures() {
        let text = svg(&sample());
        for wanted in [
            "<title id=\"title\">timeliness by office, 2026-11-01 to 2026-11-30",
            "aria-label=\"North: asked 30; answered 20; not answered 10; median hours 7.5\"",
            "width=\"333.3\"",
            "=1+1, &quot;&lt;b&gt;&amp;",
            "[c], some hidden",
            "30, median 7.5 h",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        for unwanted in ["<b>", "<script", "href", "@import", "font-face"] {
            assert!(!text.contains(unwanted), "{unwanted}: {text}");
        }
        let addresses: Vec<_> = text.match_indices("http").collect();
        assert_eq!(addresses.len(), 1, "its namespace only: {text}");
    }

    #[test]
    fn a_legend_stays_within_the_drawing() {
        let mut report = sample();
        let parts = Parts::of(&report);
        let measure = &mut report.columns[parts.parts[0]];
        measure.meaning = "of these, answered ".repeat(20);
        let (title, meaning) = (measure.title.clone(), measure.meaning.trim().to_owned());
        let told = lines(&title, &meaning);
        assert!(told.len() > 2);
        assert_eq!(told.join(" ").trim(), meaning);
        assert!((title.clone() + &told[0]).chars().count() <= LEGEND_CHARS_MAX);
        assert!(
            told.iter()
                .all(|line| line.chars().count() <= LEGEND_CHARS_MAX)
        );
        let text = svg(&report);
        assert_eq!(text.matches("dy=").count(), told.len() - 1);
        assert_eq!(lines(&title, ""), [""]);
    }

    #[test]
    fn a_chart_has_room_for_its_bars_and_says_what_it_leaves_out() {
        let mut report = sample();
        let first = report.lines[0].clone();
        report.lines = vec![first; BARS_MAX + 5];
        let text = svg(&report);
        assert_eq!(text.matches("<g role=").count(), BARS_MAX);
        assert!(text.contains("and 5 more, not shown"));
        report.lines.clear();
        assert!(
            svg(&report).ends_with("</svg>\n"),
            "nothing to show is no trouble"
        );
        report.columns.clear();
        assert!(svg(&report).ends_with("</svg>\n"));
    }
}
