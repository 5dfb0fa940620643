//! Keys of the Database view alone.

use super::{Action, Binding, Movement, bind};

pub(super) const BINDINGS: &[Binding] = &[bind("database.up", &["k"], Action::Move(Movement::Up), "one up")];
