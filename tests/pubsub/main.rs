//! What a pubsub promises, checked against memory and Postgres alike, and what only one of them does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../shared/cluster.rs"]
mod cluster;
mod conformance;
mod memory;
mod postgres;
#[path = "../shared/until.rs"]
mod until;
