//! What a job store promises, checked against memory and Postgres alike, and what only Postgres does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claims;
#[path = "../shared/cluster.rs"]
mod cluster;
mod conformance;
mod connections;
mod plan;
mod posting;
mod schema;
mod table;
#[path = "../shared/until.rs"]
mod until;
