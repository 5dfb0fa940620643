//! What goes wrong on purpose now, what can, and what it did.
//!
//! ```text
//! ┌ faults · 1 at work ────────────────────────────────┐┌ what they did ───────────────┐
//! │   fault                    with  on  for  now      ││ 00:31 drop_notifications     │
//! │▶d drop_notifications       100%  all open for 12s  ││   10s 142 rescued, 12 late   │
//! │ D delay_notifications      500ms 1   10s           ││ 00:12 kill_listener          │
//! │ …                                                  ││   once 3 losses told         │
//! └────────────────────────────────────────────────────┘└──────────────────────────────┘
//! ```
//!
//! On a high screen the history lies below, in one line each; on a narrow one it is reached by going down.

mod history;
mod list;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::{Model, Place};

/// Below this width there is room for one list at a time.
const NARROW: u16 = 72;
/// The columns of the list of faults where another stands beside it.
const LIST: u16 = 53;
/// The most that the list of faults has use for.
const LIST_MAX: u16 = 92;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    if area.width < NARROW {
        return match model.faults.place {
            Place::Fault(_) => list::draw(model, area, buffer),
            Place::Past(_) => history::draw(model, area, buffer),
        };
    }
    let spare = area.height.saturating_sub(list::HEIGHT);
    if spare >= history::HEIGHT_MIN {
        let top = Rect { height: list::HEIGHT, ..area };
        list::draw(model, top, buffer);
        let below = Rect { y: area.y + top.height, height: area.height - top.height, ..area };
        return history::draw(model, below, buffer);
    }
    let width = LIST.max(area.width / 2).min(LIST_MAX);
    list::draw(model, Rect { width, ..area }, buffer);
    let beside = Rect { x: area.x + width, width: area.width - width, ..area };
    history::draw(model, beside, buffer);
}

/// The first of `count` rows to show in `rows`, so that the one `at` the cursor is in the middle where it can be.
fn first_row(at: usize, rows: usize, count: usize) -> usize {
    at.saturating_sub(rows / 2).min(count.saturating_sub(rows))
}
