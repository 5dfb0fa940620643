//! Everything at a glance.
//!
//! ```text
//! ┌ jobs/s ──────────────┐┌ queue wait (last 10s) ┐
//! │ jobs                 ││ queue_wait            │
//! ├ acquire queries/s ───┤├ how jobs were found ──┤
//! │ queries              ││ found                 │
//! └──────────────────────┘└───────────────────────┘
//! ┌ domains ─── waiting ─ … ─ next poll ──────────┐
//! │ domain_table                                  │
//! └───────────────────────────────────────────────┘
//! ```
//!
//! A warning takes a line above them. With more height the backlog and the queue wait over time join in; with too
//! little room for frames every panel becomes one line, and the table has the rest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::domain_table::{self, Table};
use super::paint::{bottom, divider, frame, put, title};
use super::{found, jobs, period, queries, queue_wait, warnings};
use crate::keymap::Action;
use crate::model::{Model, View, worst_first};
use crate::theme::Role;

/// The least room that frames are drawn in.
const FRAMED: (u16, u16) = (72, 17);
/// The least height, frames apart, that a warning takes a line of.
const LINES_MIN: u16 = 8;
/// The least height of the panels above the table.
const PANELS_MIN: u16 = 11;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let area = below_warning(model, area, buffer);
    if area.width < FRAMED.0 || area.height < FRAMED.1 {
        return draw_lines(model, area, buffer);
    }
    let wanted = u16::try_from(model.shown.domains.len().max(2)).unwrap_or(u16::MAX).saturating_add(2);
    let least = PANELS_MIN.max(area.height * 2 / 5);
    let height = area.height.saturating_sub(wanted).max(least);
    let width = area.width.div_ceil(2);
    let left = Rect { width, height, ..area };
    let right = Rect { x: area.x + width, width: area.width - width, height, ..area };
    draw_left(model, left, buffer);
    draw_right(model, right, buffer);
    draw_table(model, Rect { y: area.y + height, height: area.height - height, ..area }, buffer);
}

/// The gravest warning in the first line, and the area that is left; the whole of it where there is no room.
fn below_warning(model: &Model, area: Rect, buffer: &mut Buffer) -> Rect {
    // It doesn't take the frames away, nor the last rows of the table.
    let has_room = area.height > FRAMED.1 || (LINES_MIN..FRAMED.1).contains(&area.height);
    let Some(line) = warnings::gravest(model, area.width.saturating_sub(2)).filter(|_| has_room) else {
        return area;
    };
    let inner = Rect { x: area.x + u16::from(area.width > 60), ..area };
    put(buffer, inner, 0, &line);
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

fn draw_left(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, snapshot) = (&model.theme, &*model.shown);
    let (jobs_name, jobs_note) = period::per_second(snapshot, "jobs");
    let (queries_name, queries_note) = period::per_second(snapshot, "acquire queries");
    let inner = frame(buffer, area, &title(jobs_name, jobs_note, theme), theme);
    let rows = inner.height;
    // One row of each part is its divider.
    let parts: &[u16] = match rows {
        0..14 => &[rows - 2, 2],
        14..28 => &[rows - rows * 2 / 5, rows * 2 / 5],
        _ => &[rows - 2 * (rows / 3), rows / 3, rows / 3],
    };
    let mut y = 0;
    for (index, part) in parts.iter().enumerate() {
        let skip = u16::from(index > 0);
        let room = Rect { y: inner.y + y + skip, height: part - skip, ..inner };
        match index {
            0 => jobs::draw(snapshot, theme, room, buffer),
            1 => {
                divider(buffer, area, y + 1, &title(&*queries_name, queries_note, theme), theme);
                queries::draw(snapshot, theme, room, buffer);
            }
            _ => {
                divider(buffer, area, y + 1, &title("jobs in the queue", "", theme), theme);
                jobs::draw_backlog(snapshot, theme, room, buffer);
            }
        }
        y += part;
    }
}

fn draw_right(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, snapshot) = (&model.theme, &*model.shown);
    let inner = frame(buffer, area, &title("queue wait", period::note(snapshot), theme), theme);
    let rows = inner.height;
    let found_rows = 1 + if rows < 17 { 4 } else { found::LINES_MAX };
    let waits = rows.saturating_sub(found_rows);
    let over_time = if waits >= 17 { waits / 2 } else { 0 };
    let now = Rect { height: waits - over_time, ..inner };
    queue_wait::draw(snapshot, theme, now, buffer);
    if over_time > 0 {
        divider(buffer, area, 1 + now.height, &title("queue wait over time", "", theme), theme);
        let room = Rect { y: now.bottom() + 1, height: over_time - 1, ..inner };
        queue_wait::draw_over_time(snapshot, theme, room, buffer);
    }
    divider(buffer, area, 1 + waits, &found::heading(snapshot, theme, area.width.saturating_sub(4)), theme);
    let room = Rect { y: inner.y + waits + 1, height: rows - waits - 1, ..inner };
    found::draw(snapshot, theme, room, buffer);
}

fn draw_table(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let inner = frame(buffer, area, &title("domains", "", theme), theme);
    let table = Table {
        snapshot: &model.shown,
        theme,
        rows: &rows(model, inner.height),
        selected: None,
        order: None,
    };
    if model.shown.domains.is_empty() {
        put(
            buffer,
            inner,
            0,
            &Line::styled(" no domain yet: no worker has asked for a job", theme.style(Role::Dim)),
        );
        return;
    }
    let titles = Rect { y: area.y, height: 1, ..inner };
    domain_table::draw(&table, titles, inner, buffer);
    let hidden = model.shown.domains.len().saturating_sub(usize::from(inner.height));
    if hidden > 0 {
        let key = model.keymap.key_for(model.view, Action::Show(View::Domains));
        let more = key.map_or_else(|| format!("{hidden} more"), |key| format!("{hidden} more: press {key}"));
        let note =
            Line::from(vec![Span::raw(" "), Span::styled(more, theme.style(Role::Key)), Span::raw(" ")]);
        put(buffer, bottom(area), 0, &note);
    }
}

/// All domains in order of their keys when they fit, so that rows keep their places; else the worst.
fn rows(model: &Model, room: u16) -> Vec<usize> {
    let count = model.shown.domains.len();
    if count <= usize::from(room) {
        (0..count).collect()
    } else {
        worst_first(&model.shown, usize::from(room))
    }
}

fn draw_lines(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, snapshot) = (&model.theme, &*model.shown);
    let over = period::is_over(snapshot);
    let (jobs_name, queries_name) = if over { ("jobs  ", "queries ") } else { ("jobs/s ", "queries/s ") };
    let lines = [
        ("found ", found::summary(snapshot, theme, area.width.saturating_sub(6))),
        ("wait  ", queue_wait::figures(period::queue_wait(snapshot), theme, area.width.saturating_sub(6))),
        (jobs_name, jobs::figures(snapshot, theme, area.width.saturating_sub(7), false)),
        (queries_name, queries::figures(snapshot, theme, area.width.saturating_sub(10))),
    ];
    // The table needs its titles and three rows to be of use.
    let shown = area.height.saturating_sub(4).clamp(1, 4).min(area.height);
    for (row, (name, figures)) in (0..shown).zip(lines) {
        let mut line = Line::from(Span::styled(name, theme.style(Role::Title)));
        line.extend(figures);
        put(buffer, area, row, &line);
    }
    if area.height > shown {
        let titles = Rect { y: area.y + shown, height: 1, ..area };
        let room = Rect { y: titles.bottom(), height: area.height - shown - 1, ..area };
        let table = Table { snapshot, theme, rows: &rows(model, room.height), selected: None, order: None };
        domain_table::draw(&table, titles, room, buffer);
    }
}
