//! Fleets, posters, faults and measurement around the job acquirer.

pub mod control;
pub mod plan;
pub mod scenario;
pub mod snapshot;
