//! What each fault does to the figures of a real run, and that it ends clean.
//!
//! Every run is short and real: a cluster of its own or one that is shared, a report at the end. At the end of each,
//! [`Stage::play`](stage::Stage::play) says what must hold whatever had gone wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod changes;
mod controls;
mod deploys;
mod latency;
mod listener;
mod live;
mod load;
mod looking;
mod notices;
mod overlapping;
mod queue;
mod server;
mod sessions;
mod stage;
#[path = "../shared/until.rs"]
mod until;
