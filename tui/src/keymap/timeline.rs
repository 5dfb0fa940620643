//! What a person may want of the time that is shown: of a recording, or of a run that goes on, which is frozen first.

use super::Action as Any;
use crate::model::Mark;

/// What a person wants of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// So many seconds on, or with a negative number back.
    Step(i64),
    /// To the beginning.
    First,
    /// To the end.
    Last,
    /// Play faster, or with a negative number slower.
    Speed(isize),
    /// To the next of a kind, or to the one before.
    Jump {
        /// Of which kind.
        to: Mark,
        /// The next rather than the one before.
        forward: bool,
    },
}

pub(super) const fn jump(to: Mark, forward: bool) -> Any {
    Any::Timeline(Action::Jump { to, forward })
}
