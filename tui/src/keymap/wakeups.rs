//! Keys of the Wakeups view alone.

use super::{Action as Any, Binding, Movement, bind};
use crate::model::Landmark;

/// What a person wants of the Wakeups view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Show more time, or less.
    Zoom(isize),
    /// Move the window by so many halves of itself.
    Scroll(i32),
    /// Point at the next of a kind, or at the one before.
    Jump {
        /// Of which kind.
        to: Landmark,
        /// The next rather than the one before.
        forward: bool,
    },
}

const fn jump(to: Landmark, forward: bool) -> Any {
    Any::Wakeups(Action::Jump { to, forward })
}

pub(super) const BINDINGS: &[Binding] = &[
    bind("wakeups.up", &["k"], Any::Move(Movement::Up), "the lane above"),
    bind("wakeups.step", &["Right", "l"], jump(Landmark::Event, true), "point at the lane's next event"),
    bind("wakeups.step_back", &["Left", "h"], jump(Landmark::Event, false), "point at the event before"),
    bind("wakeups.zoom_in", &["z"], Any::Wakeups(Action::Zoom(-1)), "show less time, closer"),
    bind("wakeups.zoom_out", &["Z"], Any::Wakeups(Action::Zoom(1)), "show more time"),
    bind("wakeups.earlier", &["["], Any::Wakeups(Action::Scroll(-1)), "half a window back in time"),
    bind("wakeups.later", &["]"], Any::Wakeups(Action::Scroll(1)), "half a window on"),
    bind("wakeups.next_rescued", &["r"], jump(Landmark::Rescued, true), "the next job that the poll rescued"),
    bind("wakeups.last_rescued", &["R"], jump(Landmark::Rescued, false), "the rescued job before"),
    bind(
        "wakeups.next_swallowed",
        &["m"],
        jump(Landmark::Swallowed, true),
        "the next notice that was swallowed",
    ),
    bind("wakeups.last_swallowed", &["M"], jump(Landmark::Swallowed, false), "the swallowed notice before"),
    bind("wakeups.next_failed", &["f"], jump(Landmark::Failed, true), "the next query that failed"),
    bind("wakeups.last_failed", &["F"], jump(Landmark::Failed, false), "the failed query before"),
];
