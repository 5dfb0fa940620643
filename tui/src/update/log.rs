//! What happens in the Log view.

use crate::keymap::Movement;
use crate::model::Model;
use crate::view;

pub(super) fn go(model: &mut Model, movement: Movement) {
    let page = view::log_page(model);
    let lines = model.log.seen().cast_signed();
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
