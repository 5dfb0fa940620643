//! Databases to run against: how they come, that they go, and what is said when they don't come.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../shared/await_that.rs"]
mod await_that;
mod docker;
mod local;
mod process;
mod schema;
mod url;
