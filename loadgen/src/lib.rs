//! Fleets, posters, faults and measurement around the job acquirer.

pub mod control;
pub mod measure;
pub mod snapshot;
