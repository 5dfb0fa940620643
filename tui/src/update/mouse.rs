//! What the mouse does, where somebody wants it: whatever it does, keys do as well.

use std::time::Duration;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{Command, domains, go, open, show, wakeups};
use crate::keymap::Movement;
use crate::model::Model;
use crate::view::{self, Spot};

/// How far a turn of the wheel goes.
const WHEEL_LINES: usize = 3;
/// The longest time between the two clicks of a double click.
const DOUBLE: Duration = Duration::from_millis(500);

pub(super) fn act(model: &mut Model, event: MouseEvent) -> Option<Command> {
    match event.kind {
        MouseEventKind::ScrollUp => wheel(model, Movement::Up),
        MouseEventKind::ScrollDown => wheel(model, Movement::Down),
        MouseEventKind::Down(MouseButton::Left) => {
            return click(model, Position::new(event.column, event.row));
        }
        _ => {}
    }
    None
}

/// Scrolls as the keys do.
fn wheel(model: &mut Model, movement: Movement) {
    model.dirty = true;
    model.clicked = None;
    for _ in 0..WHEEL_LINES {
        go(model, movement);
    }
}

/// Shows a view or selects a row, closes what lies over the view, and opens what the click before selected.
fn click(model: &mut Model, at: Position) -> Option<Command> {
    model.dirty = true;
    let before = model.clicked.take();
    if model.sheet.take().is_some() {
        return None;
    }
    // A row may have gone elsewhere since it was selected, and a hand shakes.
    let is_same = |(there, then): (Position, Duration)| {
        there.y == at.y && there.x.abs_diff(at.x) <= 1 && model.now.saturating_sub(then) <= DOUBLE
    };
    if before.is_some_and(is_same) && !model.is_writing() {
        return open(model);
    }
    match view::spot(model, at) {
        Some(Spot::Tab(view)) => {
            show(model, view);
            return None;
        }
        Some(Spot::Domain(row)) => {
            domains::accept_filter(model);
            domains::select(model, row);
        }
        Some(Spot::Lane(lane)) => wakeups::select(model, lane),
        Some(Spot::Fault(place)) => model.faults.place = place,
        None => {
            model.wakeups.story = None;
            return None;
        }
    }
    model.clicked = Some((at, model.now));
    None
}
