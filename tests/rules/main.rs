//! The rules of the seed on the pure machine, one test for each and named by what it does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backup_poll;
mod chaining;
mod clearing;
mod domain_key;
mod input;
mod leaving;
mod messages_lost;
mod pending;
mod posting;
mod properties;
mod weaknesses;
mod world;
