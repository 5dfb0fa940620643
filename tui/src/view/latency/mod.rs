//! How long jobs waited, where, and since when.
//!
//! ```text
//! ┌ queue wait over time ─────────────────────────────┐
//! │  1s │                    ░▒▒░                     │
//! │ 32ms│        ░           ▒                        │
//! │  1ms│▓▓█▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓  ▓▓▓▓▓▓▓▓▓▓             │
//! ├ stages ─── jobs ─── p50 ── p90 ── p99 ─── max ────┤
//! │ queue wait  8,123  1.8ms   4ms   31ms    0.4s     │
//! ├ percentiles ──────────────────────────────────────┤
//! │ (queue wait and response against 50 % … 99.99 %)  │
//! └───────────────────────────────────────────────────┘
//! ```

mod curve;
mod heat;
mod table;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{frame, title};
use crate::model::Model;

/// The least width in which the curve stands beside the table.
const WIDE: u16 = 110;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let area = area.intersection(buffer.area);
    let table_height = table::height(&model.shown).saturating_add(2);
    let heat_height = match area.height {
        // Where there is little, the figures go first.
        0..16 => 0,
        _ => area.height.saturating_sub(table_height).max(area.height / 3),
    };
    let heat = Rect { height: heat_height, ..area };
    if heat_height > 2 {
        let name = "queue wait over time";
        let note = heat::note(theme, usize::from(heat.width).saturating_sub(name.len() + 5));
        let inner = frame(buffer, heat, &title(name, note, theme), theme);
        heat::draw(&model.shown, theme, inner, buffer);
    }
    let below = Rect { y: area.y + heat_height, height: area.height - heat_height, ..area };
    let table_width = if area.width >= WIDE { area.width * 3 / 5 } else { area.width };
    let left = Rect { width: table_width, ..below };
    let inner = frame(buffer, left, &title("latencies", "after the warm-up", theme), theme);
    table::draw(&model.shown, theme, inner, buffer);
    let right = Rect { x: area.x + table_width, width: area.width - table_width, ..below };
    if right.width > 2 {
        let inner = frame(buffer, right, &title("percentiles", curve::note(theme), theme), theme);
        curve::draw(&model.shown, theme, inner, buffer);
    }
}
