//! What goes wrong on purpose.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::format;
use super::paint::{frame, put, title};
use crate::model::Model;
use crate::theme::Role;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let inner = frame(buffer, area, &title("faults", "at work", theme), theme);
    if model.shown.faults.is_empty() {
        return put(buffer, inner, 0, &Line::styled(" none", theme.style(Role::Dim)));
    }
    for (row, fault) in (0..).zip(&model.shown.faults) {
        let left = fault.left.map(format::countdown).unwrap_or_default();
        put(buffer, inner, row, &Line::raw(format!(" {} {} {left}", fault.name, fault.parameter)));
    }
}
