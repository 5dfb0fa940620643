//! What the program said.
//!
//! ```text
//! ┌ log · following · every level · 120 lines ───────────────┐
//! │00:12.345 WARN  acquirer::pubsub  listener lost replica=2 │
//! └ filter "pubsub" · 40 newer below: G ─────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tracing::Level;

use super::format;
use super::paint::{Segment, bottom, clip, fit, frame, put};
use crate::keymap::log::Action as Log;
use crate::keymap::{Action, Movement};
use crate::log_ring::LogLine;
use crate::model::{Model, View};
use crate::theme::{Role, Theme};

/// How many lines a screenful has; one at least, so that a page is a step.
pub(super) fn page(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2)).max(1)
}

/// The lowest line on the screen; `None` while there is none.
pub(super) fn copied(model: &Model, area: Rect) -> Option<String> {
    let line = model.log.page(page(area)).last()?;
    let LogLine { at, level, target, text, .. } = line;
    Some(format!("{}.{:03} {level} {target} {text}", format::clock(*at), at.subsec_millis()))
}

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, log) = (&model.theme, &model.log);
    let inner = frame(buffer, area, &heading(model, area.width.saturating_sub(4)), theme);
    let rows = usize::from(inner.height);
    let bottom = bottom(area);
    put(buffer, bottom, 0, &status(model, rows, bottom.width));
    if log.count() == 0 {
        let why = match log.all() {
            0 if model.is_recording() => " a recording holds what was measured, not what was said",
            0 => " nothing was said yet",
            _ => " level and filter hide every line",
        };
        return put(buffer, inner, 0, &Line::styled(why, theme.style(Role::Dim)));
    }
    for (row, line) in (0..).zip(log.page(rows)) {
        put(buffer, inner, row, &written(line, log.shift, theme, inner.width));
    }
}

/// Whether it moves, down to which level, and how much there is of it.
fn heading<'a>(model: &Model, width: u16) -> Line<'a> {
    let (theme, log) = (&model.theme, &model.log);
    let dim = |rank: u8, text: String| Segment::new(rank, vec![Span::styled(text, theme.style(Role::Dim))]);
    let state = match (log.follows(), model.frozen_since) {
        (true, _) => Span::styled("following", theme.style(Role::Found)),
        (false, None) => {
            let key = model.keymap.key_for(View::Log, Action::Log(Log::Hold));
            let text = key.map_or_else(|| "HELD".to_owned(), |key| format!("HELD: {key} follows"));
            Span::styled(text, theme.style(Role::Frozen))
        }
        (false, Some(_)) => Span::styled("FROZEN", theme.style(Role::Frozen)),
    };
    let level = if log.level == Level::TRACE {
        "every level".to_owned()
    } else {
        format!("{} and worse", log.level.as_str().to_lowercase())
    };
    let hidden = log.all() - log.count();
    let mut segments = vec![
        Segment::new(0, vec![Span::styled("log", theme.style(Role::Title))]),
        Segment::new(0, vec![state]),
        dim(2, level),
        dim(3, format!("{} lines", format::count(log.count() as u64))),
    ];
    if hidden > 0 {
        segments.push(dim(1, format!("{} hidden", format::count(hidden as u64))));
    }
    if log.dropped > 0 {
        segments.push(dim(4, format!("{} older dropped", format::count(log.dropped))));
    }
    fit(segments, theme.glyphs.separator, width, theme)
}

/// What is asked for, and what lies below the last line.
fn status<'a>(model: &Model, rows: usize, width: u16) -> Line<'a> {
    let (theme, log) = (&model.theme, &model.log);
    let mut segments = Vec::new();
    if !log.written.is_empty() {
        let text = format!("filter \"{}\"", log.written);
        segments.push(Segment::new(1, vec![Span::styled(text, theme.style(Role::Text))]));
    }
    let below = log.below(rows);
    if below > 0 {
        let key = model.keymap.key_for(View::Log, Action::Move(Movement::Last));
        let key = key.map_or_else(String::new, |key| format!(": {key}"));
        let text = format!("{} newer below{key}", format::count(below as u64));
        segments.push(Segment::new(0, vec![Span::styled(text, theme.style(Role::Key))]));
    }
    if segments.is_empty() {
        return Line::default();
    }
    let mut line = Line::raw(" ");
    line.extend(fit(segments, theme.glyphs.separator, width.saturating_sub(2), theme));
    line.push_span(" ");
    line
}

fn written<'a>(line: &'a LogLine, shift: usize, theme: &Theme, width: u16) -> Line<'a> {
    let role = match line.level {
        Level::ERROR => Role::Alarm,
        Level::WARN => Role::Warning,
        Level::INFO => Role::Text,
        _ => Role::Dim,
    };
    let wide = width >= 70;
    let clock = if wide {
        format!("{}.{:03} ", format::clock(line.at), line.at.subsec_millis())
    } else {
        format!("{} ", format::clock(line.at))
    };
    let mut spans = vec![
        Span::styled(clock, theme.style(Role::Dim)),
        Span::styled(format!("{:<5} ", line.level), theme.style(role)),
    ];
    if wide {
        spans.push(Span::styled(format!("{} ", line.target), theme.style(Role::Dim)));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let text: String = line.text.chars().skip(shift).collect();
    // What is left out is marked at either end.
    let (before, room) = match shift {
        0 => ("", usize::from(width).saturating_sub(used)),
        _ => (theme.glyphs.ellipsis, usize::from(width).saturating_sub(used + 1)),
    };
    spans.push(Span::styled(format!("{before}{}", clip(&text, room, theme)), theme.style(role)));
    Line::from(spans)
}
