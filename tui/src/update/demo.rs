//! What happens in a guided demo.

use crate::keymap::demo::Action;
use crate::model::Model;

use super::{database, domains, enter, notice, wakeups};

pub(super) fn act(model: &mut Model, action: Action) {
    let (latest, now) = (std::sync::Arc::clone(&model.latest), model.now);
    let Some(demo) = &mut model.demo else { return };
    let before = demo.place();
    let was_hidden = demo.hidden;
    match action {
        Action::Next => {
            let view = demo.next(&latest, now);
            let is_same = demo.place() == before && !was_hidden;
            enter(model, view.unwrap_or(model.view));
            if is_same {
                notice(model, "the next caption comes when what it speaks of happens".to_owned());
            }
        }
        Action::Previous => demo.previous(),
        Action::Hide => demo.hidden = !demo.hidden,
    }
    refresh(model);
}

/// Takes what is seen into account, unless the screen is held still.
pub(super) fn look(model: &mut Model) {
    if model.frozen_since.is_some() {
        return;
    }
    let Some(demo) = &mut model.demo else { return };
    let before = demo.caption().map(ToOwned::to_owned);
    let view = demo.look(&model.latest, model.now);
    if demo.caption() != before.as_deref() {
        enter(model, view.unwrap_or(model.view));
        model.dirty = true;
        refresh(model);
    }
}

/// The caption takes room from the views.
fn refresh(model: &mut Model) {
    domains::resized(model);
    wakeups::refresh(model);
    database::refresh(model);
}
