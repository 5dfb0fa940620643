//! What Postgres does beside the load.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::format;
use super::paint::{frame, put, title};
use crate::model::Model;
use crate::theme::Role;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let inner = frame(buffer, area, &title("database", "in the last second", theme), theme);
    let Some(sample) = model.shown.database_samples.last() else {
        return put(buffer, inner, 0, &Line::styled(" nothing was seen yet", theme.style(Role::Dim)));
    };
    let counts = sample.connections.iter().map(|(state, count)| ("connections", state, *count));
    let waits = sample.waits.iter().map(|(event, count)| ("waits", event, *count));
    for (row, (what, name, count)) in (0..).zip(counts.chain(waits)) {
        put(buffer, inner, row, &Line::raw(format!(" {what:<12} {:>6}  {name}", format::count(count))));
    }
}
