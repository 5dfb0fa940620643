//! The acquirer as its callers see it, over the stores and pubsubs in memory.
//!
//! Time is virtual: it passes only when nothing else can happen, and the backup poll is further away than
//! any test lasts unless it is what the test is about.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closing;
mod dropping;
mod errors;
mod harness;
mod limits;
mod reading;
mod subscribing;
mod unknown;
mod upstream;
