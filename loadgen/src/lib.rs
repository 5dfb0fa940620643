//! Fleets, posters, faults, measurement and databases for the job acquirer.

pub mod assert;
pub mod capacity;
pub mod compare;
pub mod control;
pub mod database;
pub mod fault;
mod fleet;
pub mod lint;
pub mod measure;
pub mod observe;
pub mod plan;
mod poster;
pub mod prometheus;
pub mod record;
pub mod report;
pub mod run;
pub mod scenario;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod scripted;
pub mod snapshot;
mod whole_file;
