//! The live display on stderr: redrawn in place on a terminal, a line every few seconds elsewhere.

use super::board::{Board, Picture, Row};
use super::borough::Presence;
use super::cast::Behaviour;
use crate::clock::{Clock as _, ScaledClock};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;
use usher_domain::time::to_london;

/// Between two drawings on a terminal.
const REDRAWN_EVERY: Duration = Duration::from_millis(250);
/// Between two lines elsewhere.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Lines that are no borough's, and the one below all that the cursor stands on.
const OTHER_LINES: usize = 6;

/// How much a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    width: usize,
    height: usize,
}

impl Size {
    /// Of the terminal at stderr, now: its window may change while the day is played. The smallest usual one when it does not tell.
    fn now() -> Self {
        match terminal_size::terminal_size_of(std::io::stderr()) {
            Some((width, height)) => Self {
                width: width.0.into(),
                height: height.0.into(),
            },
            None => Self {
                width: 80,
                height: 24,
            },
        }
    }
}

/// A borough as the display shows it.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) behaviour: Behaviour,
    pub(super) presence: Arc<Presence>,
}

/// Shows `board` until it is dropped.
pub(super) async fn show(clock: Arc<ScaledClock>, board: Arc<Board>, boroughs: Vec<Shown>) {
    if !std::io::stderr().is_terminal() {
        loop {
            tokio::time::sleep(LINE_EVERY).await;
            say(&headline(&clock, &board.picture()));
        }
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        bar.set_style(style);
    }
    let _cleared = Cleared(bar.clone());
    loop {
        let now = to_london(clock.now()).strftime("%a %-d %b %Y %H:%M");
        let frame = frame(&now.to_string(), &board.picture(), &boroughs, Size::now());
        bar.set_message(frame);
        tokio::time::sleep(REDRAWN_EVERY).await;
    }
}

/// Takes the drawing away when the display ends, however it ends.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Writes a line to stderr. A closed stderr is nobody's concern.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn headline(clock: &ScaledClock, picture: &Picture) -> String {
    let now = to_london(clock.now()).strftime("%a %-d %b %Y %H:%M");
    format!("{now} in London  {}", counts(picture))
}

fn counts(picture: &Picture) -> String {
    let Picture {
        total,
        enquiries,
        due,
        escalated,
        ..
    } = picture;
    format!(
        "{enquiries} enquiries  {open} checks open  {due} due  {escalated} escalations  {answered} answered ({late} late)",
        open = total.open(),
        answered = total.answered,
        late = total.late,
    )
}

/// Everything, within the size of the screen: of the boroughs those with most to show, by name, and how many more there are.
fn frame(now: &str, picture: &Picture, boroughs: &[Shown], size: Size) -> String {
    const HEAD: &str = "borough                wait held desk asks answ late alrt  adapter";
    let row = |shown: &Shown| picture.rows.get(&shown.id).copied().unwrap_or_default();
    let mut places: Vec<usize> = (0..boroughs.len()).collect();
    let fits = size.height.saturating_sub(OTHER_LINES).max(1);
    if boroughs.len() > fits {
        // The line that counts the others takes one.
        let busiest = |place: &usize| {
            let row = boroughs.get(*place).map(row).unwrap_or_default();
            std::cmp::Reverse((row.open(), row.alerts, row.answered))
        };
        places.sort_by_key(busiest);
        places.truncate(fits.saturating_sub(1).max(1));
        places.sort_unstable();
    }
    let chosen = places.iter().filter_map(|place| boroughs.get(*place));
    let mut lines = vec![
        format!("{now} in London"),
        counts(picture),
        String::new(),
        HEAD.to_owned(),
    ];
    lines.extend(chosen.map(|shown| {
        let state = format!("{}, {}", shown.presence.word(), shown.behaviour.word());
        line(&shown.id, row(shown), &state)
    }));
    if places.len() < boroughs.len() {
        lines.push(format!("and {} more", boroughs.len() - places.len()));
    }
    let operators = picture.rows.get("").copied().unwrap_or_default();
    lines.push(line("(operators' queue)", operators, ""));
    for line in &mut lines {
        if let Some((end, _)) = line.char_indices().nth(size.width.saturating_sub(1)) {
            line.truncate(end);
        }
    }
    lines.join("\n")
}

fn line(name: &str, row: Row, state: &str) -> String {
    format!(
        "{name:<22} {:>4} {:>4} {:>4} {:>4} {:>4} {:>4} {:>4}  {state}",
        row.waiting, row.leased, row.accepted, row.asked, row.answered, row.late, row.alerts
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boroughs, of which the ones with these numbers have a check open.
    fn drawn(size: Size, busy: &[usize]) -> String {
        let boroughs: Vec<Shown> = (0..33)
            .map(|number| Shown {
                id: format!("borough-{number:02}"),
                behaviour: Behaviour::AskingBack,
                presence: Arc::new(Presence::default()),
            })
            .collect();
        let mut picture = Picture::default();
        for number in busy {
            let row = Row {
                waiting: 1,
                ..Row::default()
            };
            picture.rows.insert(format!("borough-{number:02}"), row);
        }
        frame("Mon 23 Nov 2026 14:00", &picture, &boroughs, size)
    }

    #[test]
    fn the_display_fits_the_screen_and_shows_who_has_work() {
        for (width, height) in [(80, 24), (120, 40), (40, 12), (200, 60), (10, 3)] {
            let text = drawn(Size { width, height }, &[32, 7]);
            let lines: Vec<&str> = text.lines().collect();
            assert!(
                lines.len() < height.max(OTHER_LINES + 2),
                "{width}x{height}: {}",
                lines.len()
            );
            assert!(
                lines.iter().all(|line| line.chars().count() < width),
                "{width}x{height}: {text}"
            );
            if width >= 40 && height >= 12 {
                let place = |part: &str| text.find(part).unwrap();
                assert!(place("borough-07") < place("borough-32"), "{text}");
                assert!(text.contains("(operators' queue)"));
                let more = text.lines().any(|line| line.starts_with("and "));
                assert_eq!(more, height < 33 + OTHER_LINES, "{text}");
            }
        }
        let text = drawn(
            Size {
                width: 80,
                height: 24,
            },
            &[32],
        );
        assert!(
            text.contains("and 16 more") && text.contains("asks back"),
            "{text}"
        );
    }
}
