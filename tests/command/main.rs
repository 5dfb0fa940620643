//! The whole command without a dashboard: what goes in, what comes out, and what is left behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asserting;
#[path = "../shared/await_that.rs"]
mod await_that;
mod bad_database;
mod bad_input;
mod beside;
mod clearance;
mod cluster;
mod comparing;
mod counts;
mod faults;
mod json;
#[path = "../shared/kill_postgres.rs"]
mod kill_postgres;
mod leftovers;
mod metrics;
mod overrides;
mod planning;
mod recordings;
mod scenarios;
mod server;
#[path = "../shared/trace_file.rs"]
mod trace_file;
mod words;
mod work;
