//! What happens in the Wakeups view. Whoever points at something or moves the window holds everything still.

use std::time::Duration;

use crate::keymap::Movement;
use crate::keymap::wakeups::Action;
use crate::model::{Landmark, Model, View};
use crate::view;

use super::{hold, moved, notice};

pub(super) fn act(model: &mut Model, action: Action) {
    let newest = newest(model);
    match action {
        Action::Zoom(steps) => model.wakeups.zoom(steps),
        Action::Scroll(halves) => {
            hold(model);
            model.wakeups.scroll(halves, newest);
        }
        Action::Jump { to, forward } => {
            hold(model);
            if model.wakeups.jump(to, forward, newest) {
                model.wakeups.story = model.wakeups.story.map(|_| 0);
                let page = view::wakeups_page(model);
                model.wakeups.scroll_to_lane(page);
            } else {
                notice(model, none_of(to, forward));
            }
        }
    }
}

fn none_of(what: Landmark, forward: bool) -> String {
    let what = match what {
        Landmark::Event => "event of this lane",
        Landmark::Rescued => "job that the backup poll rescued",
        Landmark::Swallowed => "notice that a fault swallowed",
        Landmark::Failed => "query that failed",
    };
    format!("no {} {what}", if forward { "later" } else { "earlier" })
}

/// Opens the story of what is pointed at, or closes it; what nothing is pointed at is the lane's latest event.
pub(super) fn open(model: &mut Model) {
    if model.wakeups.story.take().is_some() {
        return;
    }
    if model.wakeups.pointed.is_none() {
        act(model, Action::Jump { to: Landmark::Event, forward: false });
    }
    model.wakeups.story = model.wakeups.pointed.map(|_| 0);
}

/// Closes the story, then points at nothing.
pub(super) fn back(model: &mut Model) {
    if model.wakeups.story.take().is_none() {
        model.wakeups.pointed = None;
    }
}

pub(super) fn go(model: &mut Model, movement: Movement) {
    if let Some(scrolled) = model.wakeups.story {
        let (page, lines) = (view::wakeups_story_page(model), view::wakeups_story_lines(model));
        model.wakeups.story = Some(moved(scrolled, movement, page, lines));
        return;
    }
    let page = view::wakeups_page(model);
    select(model, moved(model.wakeups.lane, movement, page, model.wakeups.lanes.len()));
}

pub(super) fn select(model: &mut Model, lane: usize) {
    if lane != model.wakeups.lane {
        model.wakeups.pointed = None;
    }
    model.wakeups.lane = lane;
    refresh(model);
}

/// Takes another size or other domains into account, if the view is on the screen.
pub(super) fn refresh(model: &mut Model) {
    if model.view != View::Wakeups {
        return;
    }
    let page = view::wakeups_page(model);
    model.wakeups.scroll_to_lane(page);
}

/// How old the run is on the screen.
pub(super) fn newest(model: &Model) -> Duration {
    model.shown.elapsed
}
