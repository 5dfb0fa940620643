//! What goes wrong with a real Postgres, and that nothing is lost by it.
//!
//! The backup poll is an hour away in every test: it can't be what finds a job. At the end of each,
//! [`World::expect_all_well`](world::World::expect_all_well) says what must hold.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancels;
#[path = "../shared/cluster.rs"]
mod cluster;
mod dropping;
mod exhausted;
mod listener;
mod lost_answers;
mod payloads;
mod racing;
mod server;
#[path = "../shared/until.rs"]
mod until;
mod world;
