//! Fleets, posters, faults, measurement and databases for the job acquirer.

pub mod control;
pub mod database;
pub mod measure;
pub mod snapshot;
