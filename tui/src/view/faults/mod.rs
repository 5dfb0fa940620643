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
use ratatui::layout::{Position, Rect};

use crate::model::{Model, Place, faults};

/// Below this width there is room for one list at a time.
const NARROW: u16 = 72;
/// The columns of the list of faults where another stands beside it.
const LIST: u16 = 53;
/// The most that the list of faults has use for.
const LIST_MAX: u16 = 92;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let parts = Parts::of(model, area);
    for (part, draw) in [
        (parts.list, list::draw as fn(&Model, Rect, &mut Buffer)),
        (parts.controls, controls::draw),
        (parts.history, history::draw),
    ] {
        if let Some(area) = part {
            draw(model, area, buffer);
        }
    }
}

/// What lies at a place of the screen.
pub(super) fn place_at(model: &Model, area: Rect, at: Position) -> Option<Place> {
    let parts = Parts::of(model, area);
    let inside = |part: Option<Rect>| part.filter(|part| part.contains(at));
    if let Some(area) = inside(parts.list) {
        return list::place_at(model, area, at.y).map(Place::Fault);
    }
    if let Some(area) = inside(parts.controls) {
        return controls::place_at(model, area, at.y).map(Place::Dial);
    }
    history::place_at(model, inside(parts.history)?, at.y).map(Place::Past)
}

/// Where the lists are; where there is room for one alone, it is that of what is selected.
#[derive(Default)]
struct Parts {
    list: Option<Rect>,
    controls: Option<Rect>,
    history: Option<Rect>,
}

impl Parts {
    fn of(model: &Model, area: Rect) -> Self {
        if area.width < NARROW {
            return match model.faults.place {
                Place::Fault(_) => Self { list: Some(area), ..Self::default() },
                Place::Dial(_) => Self { controls: Some(area), ..Self::default() },
                Place::Past(_) => Self { history: Some(area), ..Self::default() },
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
            return Self {
                list: Some(Rect { width, height: list::HEIGHT, ..area }),
                controls: Some(beside(0, list::HEIGHT)),
                history: Some(Rect { y: area.y + list::HEIGHT, height: spare, ..area }),
            };
        }
        let half = area.height.div_ceil(2);
        Self {
            list: Some(Rect { width, ..area }),
            controls: Some(beside(0, half)),
            history: Some(beside(half, area.height)),
        }
    }
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
