//! What looks wrong: one line of it for the Overview, and the whole list over any view.
//!
//! ```text
//! ┌ warnings · 1 now, 1 over · Esc closes ─────────────────────────┐
//! │!! the listener of replica 0 is silent              since 00:12 │
//! │   nothing heard for 8 s, while 74 notices were sent            │
//! │   -> look for a pooler in transaction mode, a firewall or …    │
//! │                                                                │
//! │   echo is served by the backup poll alone          00:02-00:09 │
//! └────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Those that last come first, the gravest of them on top; then those that are over, the newest on top.

use std::time::Duration;

use loadgen::report::wrapped;
use loadgen::snapshot::{RunPhase, Warning};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};

use super::paint::{self, clip, frame, scrolled, title};
use super::{closing, format};
use crate::keymap::Action;
use crate::model::Model;
use crate::theme::{Role, Theme};

/// The columns before evidence and advice.
const INDENT: usize = 3;
/// An advice in fewer columns says nothing.
const ADVICE_MIN: usize = 24;

/// The gravest in one line, with as much of its advice as there is room for; `None` when nothing looks wrong.
pub(super) fn gravest(model: &Model, width: u16) -> Option<Line<'_>> {
    let (theme, open) = (&model.theme, &model.shown.warnings.open);
    let worst = open.first()?;
    let width = usize::from(width);
    let more = if open.len() > 1 { format!(" (+{})", open.len() - 1) } else { String::new() };
    let what = clip(&format!("!! {}", worst.what), width.saturating_sub(more.len()), theme);
    let mut line = Line::from(Span::styled(what + &more, theme.style(Role::Alarm)));
    let left = width.saturating_sub(line.width() + 2);
    if left >= ADVICE_MIN {
        let advice = clip(&worst.advice, left, theme);
        line.push_span(Span::styled(format!(": {advice}"), theme.style(Role::Text)));
    }
    Some(line)
}

/// The header's word, in fewer columns if it has to be brief; `None` when nothing looks wrong.
pub(super) fn alert(model: &Model, is_brief: bool) -> Option<String> {
    let count = match model.shown.warnings.open.len() {
        0 => return None,
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    };
    match model.keymap.key_for(model.view, Action::Warnings) {
        Some(key) if !is_brief => Some(format!("!! {count}: press {key}")),
        _ => Some(format!("!! {count}")),
    }
}

pub(super) fn draw(model: &Model, from: usize, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let (area, lines) = place(model, area);
    let area = area.intersection(buffer.area);
    Clear.render(area, buffer);
    let inner = frame(buffer, area, &heading(model), theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    scrolled(buffer, area, inner, &lines, from, theme);
}

pub(super) fn page(model: &Model, area: Rect) -> usize {
    usize::from(place(model, area).0.height.saturating_sub(2)).max(1)
}

/// By how many lines it can be scrolled, and one.
pub(super) fn positions(model: &Model, area: Rect) -> usize {
    paint::positions(place(model, area).1.len(), page(model, area))
}

/// In the middle, no wider than reads well and no higher than its lines need.
fn place(model: &Model, area: Rect) -> (Rect, Vec<Line<'static>>) {
    let width = area.width.min(100);
    let lines = lines(model, width.saturating_sub(4));
    let height = area.height.min(42).min(u16::try_from(lines.len() + 2).unwrap_or(u16::MAX));
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    (Rect { x, y, width, height }, lines)
}

fn heading(model: &Model) -> Line<'_> {
    let (theme, warnings) = (&model.theme, &model.shown.warnings);
    let (now, over) = (warnings.open.len(), warnings.past.len());
    let note = format!("{}{now} now, {over} over {}", theme.glyphs.separator.trim_start(), closing(model));
    title("warnings", note.trim_end(), theme)
}

fn lines(model: &Model, width: u16) -> Vec<Line<'static>> {
    let (theme, warnings) = (&model.theme, &model.shown.warnings);
    let width = usize::from(width);
    let mut lines = Vec::new();
    if warnings.open.is_empty() {
        let word = match model.shown.phase {
            RunPhase::Starting | RunPhase::Warmup => "Nothing is judged before the warm-up is over.",
            RunPhase::Measuring => "Nothing looks wrong now; it is looked at once a second.",
            _ if warnings.past.is_empty() => "Nothing looked wrong while the run was measured.",
            _ => "The run is no longer measured, and no longer judged.",
        };
        lines.extend(
            wrapped(word, width.max(10)).into_iter().map(|part| Line::styled(part, theme.style(Role::Dim))),
        );
    }
    for warning in warnings.open.iter().chain(warnings.past.iter().rev()) {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        entry(warning, theme, width, &mut lines);
    }
    if warnings.forgotten > 0 {
        lines.push(Line::default());
        let word = format!("{} older ones are no longer kept", format::count(warnings.forgotten));
        lines.push(Line::styled(word, theme.style(Role::Dim)));
    }
    lines
}

fn entry(warning: &Warning, theme: &Theme, width: usize, lines: &mut Vec<Line<'static>>) {
    let clock = |second: u64| format::clock(Duration::from_secs(second));
    let from = clock(warning.from_second);
    let (mark, role, when) = match warning.to_second {
        None => ("!! ", Role::Alarm, format!("since {from}")),
        Some(to) => ("   ", Role::Title, format!("{from}-{}", clock(to))),
    };
    let room = width.saturating_sub(INDENT).max(10);
    let mut what = wrapped(&warning.what, room);
    // When goes behind the last line of what, or below it where there is no room.
    let last = what.last().map_or(0, |part| Span::raw(part.as_str()).width());
    if last + 2 + when.len() > room {
        what.push(String::new());
    }
    let count = what.len();
    for (index, part) in what.into_iter().enumerate() {
        let mark = if index == 0 { mark } else { "   " };
        let used = Span::raw(part.as_str()).width();
        let mut line = Line::from(vec![
            Span::styled(mark, theme.style(Role::Alarm)),
            Span::styled(part, theme.style(role)),
        ]);
        if index + 1 == count {
            let gap = if used == 0 { 0 } else { room.saturating_sub(used + when.len()) };
            line.push_span(Span::styled(format!("{:gap$}{when}", ""), theme.style(Role::Dim)));
        }
        lines.push(line);
    }
    let mut below = |first: &'static str, text: &str, role: Role| {
        for (index, part) in wrapped(text, room.saturating_sub(first.len()).max(10)).into_iter().enumerate() {
            let lead = if index == 0 { first.to_owned() } else { " ".repeat(first.len()) };
            lines.push(Line::from(vec![
                Span::raw("   "),
                Span::styled(lead, theme.style(Role::Key)),
                Span::styled(part, theme.style(role)),
            ]));
        }
    };
    below("", &warning.evidence, Role::Text);
    below("-> ", &warning.advice, Role::Dim);
}
