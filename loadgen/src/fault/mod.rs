//! What goes wrong, on purpose: begun and ended by a timeline or by hand, always undone at the end.

mod detour;
mod director;
mod effect;
mod ground;
mod listener;
mod load;
mod notice;
mod over;
pub mod proxy;
mod pubsub;
mod queue;
mod server;
mod session;
mod switch;
mod verdict;

pub(crate) use detour::Line;
pub(crate) use director::Director;
pub(crate) use ground::{Ground, ReplicaGround, ReplicaGrounds};
pub use pubsub::FaultyPubSub;
pub use switch::{NoticeRule, RuleGuard, Switch};
pub use verdict::Verdict;
