//! What goes wrong, on purpose: begun and ended by a timeline or by hand, always undone at the end.

mod director;
pub mod proxy;
mod switch;

pub use director::Director;
pub use switch::{FaultyPubSub, Switch, Verdict};
