//! One shared broker of job queries for many workers over a queue in Postgres.

pub mod job;
#[cfg(feature = "runtime")]
pub mod pubsub;
#[cfg(feature = "runtime")]
pub mod store;
pub mod wakeup;
