//! Every domain, sorted and filtered, one selected; or that one alone.
//!
//! ```text
//! ┌ domains ── waiting↓ ─ … ─ next poll ───────────────────────────────┐
//! │▶!terraform env=on-prem   41  …                                     │
//! └ 1 of 3 · 5 hidden · filter "on-prem" · ordered by waiting ↓ ───────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::domain_page;
use super::domain_table::{self, Table};
use super::paint::{Segment, bottom, fit, frame, put, title};
use crate::keymap::Action;
use crate::model::Model;
use crate::theme::Role;

/// How many rows the table has; one at least, so that a page is a step.
pub(super) fn page(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2)).max(1)
}

/// The row of the table at this line of the screen.
pub(super) fn row_at(model: &Model, area: Rect, y: u16) -> Option<usize> {
    if area.height < 3 || model.domains.is_on_page() {
        return None;
    }
    let room = area.height - 2;
    let line = y.checked_sub(area.y + 1).filter(|line| *line < room)?;
    let row = offset(model, usize::from(room)) + usize::from(line);
    (row < model.domains.rows.len()).then_some(row)
}

/// The first row that is shown. The screen may be smaller than the scroll position was made for.
fn offset(model: &Model, room: usize) -> usize {
    let state = &model.domains;
    state.offset.clamp((state.selected + 1).saturating_sub(room.max(1)), state.selected)
}

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    match model.domains.row(&model.shown).filter(|_| model.domains.detail) {
        Some(row) => domain_page::draw(model, row, area, buffer),
        None => draw_table(model, area, buffer),
    }
}

fn draw_table(model: &Model, area: Rect, buffer: &mut Buffer) {
    if area.height < 3 {
        return;
    }
    let (theme, state) = (&model.theme, &model.domains);
    let inner = frame(buffer, area, &title("domains", "", theme), theme);
    let bottom = bottom(area);
    put(buffer, bottom, 0, &status(model, bottom.width));
    let room = usize::from(inner.height);
    let offset = offset(model, room);
    let rows = state.rows.get(offset..).unwrap_or_default();
    if rows.is_empty() {
        let clears = model.keymap.key_for(model.view, Action::Back).filter(|_| !state.editing);
        let why = if model.shown.domains.is_empty() {
            " no domain yet: no worker has asked for a job".to_owned()
        } else {
            let clears = clears.map_or_else(String::new, |key| format!("; {key} clears it"));
            format!(" the filter hides every domain{clears}")
        };
        return put(buffer, inner, 0, &Line::styled(why, theme.style(Role::Dim)));
    }
    let rows = &rows[..rows.len().min(room)];
    let order = Some((state.sort, state.falls()));
    let table = Table { snapshot: &model.shown, theme, rows, selected: Some(state.selected - offset), order };
    domain_table::draw(&table, Rect { y: area.y, height: 1, ..inner }, inner, buffer);
}

/// Which of them there are and in what order; or what is wrong with the filter.
fn status(model: &Model, width: u16) -> Line<'_> {
    let (theme, state) = (&model.theme, &model.domains);
    let dim = |rank: u8, text: String| Segment::new(rank, vec![Span::styled(text, theme.style(Role::Dim))]);
    let mut segments = Vec::new();
    if let Some(mistake) = &state.mistake {
        let mistake = vec![Span::styled(mistake.to_string(), theme.style(Role::Warning))];
        segments.push(Segment::new(0, mistake));
    }
    segments.push(if state.rows.is_empty() {
        dim(1, format!("0 of {}", model.shown.domains.len()))
    } else {
        dim(1, format!("{} of {}", state.selected + 1, state.rows.len()))
    });
    let hidden = model.shown.domains.len().saturating_sub(state.rows.len());
    if hidden > 0 && !state.rows.is_empty() {
        segments.push(dim(2, format!("{hidden} hidden")));
    }
    if !state.editing && !state.written.is_empty() {
        let filter = vec![Span::styled(format!("filter \"{}\"", state.written), theme.style(Role::Text))];
        segments.push(Segment::new(1, filter));
    }
    let arrow = theme.glyphs.arrows[usize::from(state.falls())];
    segments.push(dim(3, format!("ordered by {} {arrow}", state.sort.name())));
    let mut line = Line::raw(" ");
    line.extend(fit(segments, theme.glyphs.separator, width.saturating_sub(2), theme));
    line.push_span(" ");
    line
}
