//! What the sampler sees of a real Postgres, and what it says where it may not see.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../shared/cluster.rs"]
mod cluster;
mod gaps;
mod lock;
mod looker;
mod rights;
mod work;
