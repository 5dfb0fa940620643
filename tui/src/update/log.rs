//! What happens in the Log view.

use crate::keymap::Movement;
use crate::keymap::log::Action;
use crate::model::Model;
use crate::view;

use super::FILTER_CHARS_MAX;

/// So many characters further is read with one key.
const SHIFT_CHARS: isize = 20;
/// Nobody reads further.
const SHIFT_CHARS_MAX: usize = 2_000;

pub(super) fn act(model: &mut Model, action: Action) {
    match action {
        Action::Detail(steps) => model.log.detail(steps),
        Action::Shift(steps) => {
            let shift = model.log.shift.saturating_add_signed(steps * SHIFT_CHARS);
            model.log.shift = shift.min(SHIFT_CHARS_MAX);
        }
        Action::Hold => model.log.hold(!model.log.is_held()),
    }
}

pub(super) fn go(model: &mut Model, movement: Movement) {
    let page = view::log_page(model);
    let lines = model.log.count().cast_signed();
    let by = match movement {
        Movement::Up => 1,
        Movement::Down => -1,
        Movement::PageUp => page.cast_signed(),
        Movement::PageDown => -page.cast_signed(),
        Movement::First => lines,
        Movement::Last => -lines,
    };
    model.log.scroll(by, page);
}

pub(super) fn type_into_filter(model: &mut Model, c: char) {
    if model.log.written.chars().count() < FILTER_CHARS_MAX {
        model.log.written.push(c);
        model.log.sift();
    }
}

pub(super) fn erase_from_filter(model: &mut Model) {
    model.log.written.pop();
    model.log.sift();
}

/// Leaves the filter without one, whether it is being written or was.
pub(super) fn discard_filter(model: &mut Model) {
    model.log.editing = false;
    model.log.written.clear();
    model.log.sift();
}
