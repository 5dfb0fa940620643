//! Keys of the Overview alone.

use super::{Action, Binding, bind};

pub(super) const BINDINGS: &[Binding] =
    &[bind("overview.kill_listeners", &["k"], Action::KillListeners, "kill the listeners' connections once")];
