//! One domain: who waits in it, for what, and what woke it.
//!
//! ```text
//! ┌ terraform env=on-prem · 1 of 8 ─────────────────────────────────────────┐
//! │ ! jobs wait while workers sleep         │ queue wait since the warm-up  │
//! │ backlog 12  oldest 0.3s  workers 75     │ p50 1.8ms  p90 4ms  p99 31ms  │
//! │ replica  phase        waiting  …  poll  │   ▂▅█▇▄▂▁                     │
//! │ 0        querying 4ms      41     21s   │ last wakeups                  │
//! │ jobs that wait, by what they demand     │ 00:41.250 posting  found 1    │
//! │ postings remembered                     │                               │
//! │ who waits, longest first                │                               │
//! └─────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The left side is scrolled. Where there is no room for two, the right side's lines stand in the middle of it.

mod sections;

use loadgen::snapshot::DomainRow;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::paint::{self, clip, frame, put, scrolled, title};
use super::queue_wait;
use crate::model::{Model, row_label};
use crate::theme::Role;

/// From this width on there are two sides.
const TWO_SIDES_MIN: u16 = 100;
/// The least height of a histogram beside the lines.
const HISTOGRAM_ROWS_MIN: u16 = 6;
/// So many wakeups stand among the lines of a page with one side.
const WAKEUPS_AMONG_LINES: usize = 8;

/// How many lines of the scrolled side are on the screen; one at least, so that a page is a step.
pub(super) fn page(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2)).max(1)
}

/// By how many lines it can be scrolled, and one.
pub(super) fn positions(model: &Model, area: Rect) -> usize {
    let Some(row) = model.domains.row(&model.shown) else { return 1 };
    let (left, right) = sides(Rect { height: area.height.saturating_sub(2), ..area });
    paint::positions(lines(model, row, (left.width, 0), right.is_none()).len(), page(area))
}

pub(super) fn draw(model: &Model, row: &DomainRow, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let place = format!(
        "{}{} of {}",
        theme.glyphs.separator.trim_start(),
        model.domains.selected + 1,
        model.domains.rows.len()
    );
    let room = usize::from(area.width).saturating_sub(place.chars().count() + 7);
    let name = clip(&row_label(row), room, theme);
    let inner = frame(buffer, area, &title(name, place, theme), theme);
    let (left, right) = sides(inner);
    let lines = lines(model, row, (left.width, left.height), right.is_none());
    scrolled(buffer, area, left, &lines, model.domains.page.scroll, theme);
    if let Some(right) = right {
        draw_right(model, row, right, buffer);
    }
}

/// The scrolled side, and the other one where there is room for it.
fn sides(inner: Rect) -> (Rect, Option<Rect>) {
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    if inner.width < TWO_SIDES_MIN {
        return (inner, None);
    }
    let width = inner.width * 2 / 5;
    let right = Rect { x: inner.right() - width, width, ..inner };
    (Rect { width: inner.width - width - 2, ..inner }, Some(right))
}

/// The lines of the scrolled side, of which so many `rows` are on the screen; of the whole page where it `is_alone`.
fn lines<'a>(
    model: &'a Model,
    row: &'a DomainRow,
    (width, rows): (u16, u16),
    is_alone: bool,
) -> Vec<Line<'a>> {
    let theme = &model.theme;
    let page = model.domains.page.of(row.number);
    let mut lines = vec![sections::meaning(row, theme, width)];
    lines.extend(sections::figures(row, theme, width));
    lines.push(Line::default());
    lines.extend(sections::replicas(row, page, theme, width));
    let Some(page) = page else {
        let why = if model.frozen_since.is_some() {
            "who waits and for what was not looked at in this moment"
        } else {
            "looking closer"
        };
        lines.extend([Line::default(), Line::styled(why, theme.style(Role::Dim))]);
        return lines;
    };
    let mut add = |section: Vec<Line<'a>>| {
        lines.push(Line::default());
        lines.extend(section);
    };
    if is_alone {
        let mut wait = vec![Line::styled(sections::QUEUE_WAIT, theme.style(Role::Title))];
        wait.push(queue_wait::figures(&page.queue_wait, theme, width));
        add(wait);
    }
    add(sections::backlog(page, theme));
    add(sections::tokens(page, theme));
    if is_alone {
        add(sections::wakeups(&model.domains.page.wakeups, WAKEUPS_AMONG_LINES, theme));
    }
    lines.push(Line::default());
    let (above, rows) = (lines.len(), usize::from(rows));
    let last = (above + sections::acquirees_len(page)).saturating_sub(rows);
    let from = model.domains.page.scroll.min(last);
    let shown = from.saturating_sub(above)..(from + rows).saturating_sub(above);
    lines.extend(sections::acquirees(page, &shown, theme));
    lines
}

/// The histogram, and what woke the domain last.
fn draw_right(model: &Model, row: &DomainRow, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let Some(page) = model.domains.page.of(row.number) else { return };
    put(buffer, area, 0, &Line::styled(sections::QUEUE_WAIT, theme.style(Role::Title)));
    put(buffer, area, 1, &queue_wait::figures(&page.queue_wait, theme, area.width));
    let rows = (area.height / 3).max(HISTOGRAM_ROWS_MIN).min(area.height.saturating_sub(2));
    let plot = Rect { y: area.y + 2, height: rows, ..area };
    queue_wait::histogram(&page.queue_wait, theme, plot, buffer);
    let below = Rect { y: plot.bottom() + 1, height: area.height.saturating_sub(rows + 3), ..area };
    let wakeups = &model.domains.page.wakeups;
    let lines = sections::wakeups(wakeups, usize::from(below.height.saturating_sub(1)), theme);
    for (at, line) in (0..below.height).zip(&lines) {
        put(buffer, below, at, line);
    }
}
