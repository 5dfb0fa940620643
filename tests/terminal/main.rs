//! The dashboard for real: in a pseudo-terminal, on a Postgres of its own, with keys and signals.
//!
//! Nothing here waits for a time: every step waits for what the screen shows next.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../shared/await_that.rs"]
mod await_that;
mod demo;
mod endings;
#[path = "../shared/kill_postgres.rs"]
mod kill_postgres;
#[path = "../command/leftovers.rs"]
mod leftovers;
mod manners;
mod panics;
mod replay;
mod run;
mod session;
mod terminal;
