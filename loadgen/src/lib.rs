//! Fleets, posters, faults, measurement and databases for the job acquirer.

pub mod database;
