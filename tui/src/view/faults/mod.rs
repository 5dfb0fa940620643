//! What goes wrong on purpose now, what can, what else can be turned, and what it did.
//!
//! ```text
//! ┌ faults · 1 at work ──────────────────────────────┐┌ controls ────────────────────┐
//! │   fault                    with  on  for  now    ││ policy               default │
//! │▶d drop_notifications       100%  all open for 12s││ queries/job ▇▇▇▅▂▁▁▁    1.02 │
//! │ D delay_notifications      500ms 1   10s         │├ what was done ───────────────┤
//! │ …                                                ││ 00:31 drop_notifications     │
//! │                                                  ││   10s 142 rescued, 12 late   │
//! └──────────────────────────────────────────────────┘└──────────────────────────────┘
//! ```
//!
//! On a high screen what was done lies below, in one line each. On a narrow one there is one list at a time, and the
//! next one below its end.

mod controls;
mod history;
mod list;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::{Model, Place, faults};

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
            Place::Dial(_) => controls::draw(model, area, buffer),
            Place::Past(_) => history::draw(model, area, buffer),
        };
    }
    let width = LIST.max(area.width / 2).min(LIST_MAX);
    let beside = |top: u16, height: u16| Rect {
        x: area.x + width,
        y: area.y + top,
        width: area.width - width,
        height: height.min(area.height - top),
    };
    let spare = area.height.saturating_sub(list::HEIGHT);
    if spare >= history::HEIGHT_MIN {
        list::draw(model, Rect { width, height: list::HEIGHT, ..area }, buffer);
        controls::draw(model, beside(0, list::HEIGHT), buffer);
        let below = Rect { y: area.y + list::HEIGHT, height: spare, ..area };
        return history::draw(model, below, buffer);
    }
    list::draw(model, Rect { width, ..area }, buffer);
    let half = area.height.div_ceil(2);
    controls::draw(model, beside(0, half), buffer);
    history::draw(model, beside(half, area.height), buffer);
}

/// What is selected, for other programs; `None` for what can be turned, which is a figure among others.
pub(super) fn copied(model: &Model) -> Option<String> {
    match model.faults.place {
        Place::Fault(place) => {
            let plan = model.faults.plans.get(place)?;
            Some(faults::in_words(plan.kind.name(), &plan.kind.parameter(), plan.replica(&model.shown)))
        }
        Place::Dial(_) => None,
        Place::Past(place) => {
            let deeds = faults::deeds(&model.shown);
            deeds.get(place).map(|deed| history::copied(deed, &model.theme))
        }
    }
}

/// The first of `count` rows to show in `rows`, so that the one `at` the cursor is in the middle where it can be.
fn first_row(at: usize, rows: usize, count: usize) -> usize {
    at.saturating_sub(rows / 2).min(count.saturating_sub(rows))
}
