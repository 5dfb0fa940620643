//! Keys of the Log view alone.

use super::{Action, Binding, Movement, bind};

pub(super) const BINDINGS: &[Binding] =
    &[bind("log.up", &["k"], Action::Move(Movement::Up), "one up; the newest is followed")];
