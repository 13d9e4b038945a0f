//! The live display on stderr: redrawn in place on a terminal, a line every few seconds elsewhere.

use super::board::{Board, Picture, Row};
use super::borough::Presence;
use super::cast::Behaviour;
use crate::clock::{Clock as _, ScaledClock};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;
use usher_domain::time::to_london;

/// Between two drawings on a terminal.
const REDRAWN_EVERY: Duration = Duration::from_millis(250);
/// Between two lines elsewhere.
const LINE_EVERY: Duration = Duration::from_secs(5);

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
        let picture = board.picture();
        bar.set_message(format!(
            "{}\n{}",
            headline(&clock, &picture),
            table(&picture, &boroughs)
        ));
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
    let Picture {
        total,
        enquiries,
        due,
        escalated,
        ..
    } = picture;
    format!(
        "{now} in London  {enquiries} enquiries  {open} checks open  {due} due  {escalated} escalations  {answered} answered ({late} late)",
        open = total.open(),
        answered = total.answered,
        late = total.late,
    )
}

fn table(picture: &Picture, boroughs: &[Shown]) -> String {
    const HEAD: &str = "borough                  wait held desk asks  answ late alrt  adapter";
    let operators = picture.rows.get("").copied().unwrap_or_default();
    let mut lines: Vec<String> = boroughs
        .iter()
        .map(|shown| {
            let row = picture.rows.get(&shown.id).copied().unwrap_or_default();
            line(
                &shown.id,
                row,
                &format!("{}, {}", shown.presence.word(), shown.behaviour.word()),
            )
        })
        .collect();
    lines.push(line("(operators' queue)", operators, ""));
    let mut text = format!("{HEAD}\n");
    for line in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

fn line(name: &str, row: Row, state: &str) -> String {
    format!(
        "{name:<24} {:>4} {:>4} {:>4} {:>4}  {:>4} {:>4} {:>4}  {state}",
        row.waiting, row.leased, row.accepted, row.asked, row.answered, row.late, row.alerts
    )
}
