//! What a pubsub promises, checked against memory and Postgres alike, and what only one of them does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod conformance;
mod memory;
mod postgres;
