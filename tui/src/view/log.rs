//! What the program said.
//!
//! ```text
//! ┌ log · 120 lines ─────────────────────────────────────────┐
//! │00:12.345 WARN  acquirer::pubsub  listener lost replica=2 │
//! └ 40 newer below: G ───────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tracing::Level;

use super::format;
use super::paint::{frame, put, title};
use crate::log_ring::LogLine;
use crate::model::Model;
use crate::theme::{Role, Theme};

/// How many lines a screenful has; one at least, so that a page is a step.
pub(super) fn page(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2)).max(1)
}

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, log) = (&model.theme, &model.log);
    let separator = theme.glyphs.separator;
    let mut note = separator.trim_start().to_owned();
    note.extend([&*format::count(log.seen() as u64), " lines"]);
    if log.dropped > 0 {
        note.extend([separator, &format::count(log.dropped), " older ones dropped"]);
    }
    let inner = frame(buffer, area, &title("log", note, theme), theme);
    if log.seen() == 0 {
        return put(buffer, inner, 0, &Line::styled(" nothing was said yet", theme.style(Role::Dim)));
    }
    let rows = usize::from(inner.height);
    for (row, line) in (0..).zip(log.page(rows)) {
        put(buffer, inner, row, &written(line, theme, inner.width));
    }
    let below = log.back.min(log.seen().saturating_sub(rows));
    if below > 0 {
        let bottom = Rect {
            x: area.x + 2,
            y: area.bottom().saturating_sub(1),
            width: area.width.saturating_sub(4),
            height: 1,
        };
        let text = format!(" {} newer below: G ", format::count(below as u64));
        put(buffer, bottom, 0, &Line::styled(text, theme.style(Role::Key)));
    }
}

fn written<'a>(line: &'a LogLine, theme: &Theme, width: u16) -> Line<'a> {
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
    spans.push(Span::styled(line.text.as_str(), theme.style(role)));
    Line::from(spans)
}
