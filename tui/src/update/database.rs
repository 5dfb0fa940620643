//! What happens in the Database view.

use crate::keymap::Movement;
use crate::model::Model;
use crate::view;

use super::moved;

pub(super) fn go(model: &mut Model, movement: Movement) {
    let (page, positions) = (view::database_page(model), view::database_positions(model));
    model.database.scrolled = moved(model.database.scrolled, movement, page, positions);
}

/// Takes another snapshot or size into account.
pub(super) fn refresh(model: &mut Model) {
    if model.database.scrolled > 0 {
        model.database.scrolled = model.database.scrolled.min(view::database_positions(model) - 1);
    }
}
