//! Keys of the Overview alone.

use super::{Action, Binding, bind, faults};

pub(super) const BINDINGS: &[Binding] = &[bind(
    "overview.kill_listeners",
    &["k"],
    Action::Faults(faults::Action::Toggle("kill_listener")),
    "kill the listeners' connections once",
)];
