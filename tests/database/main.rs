//! Databases to run against: how they come, and that they go.

mod local;
mod process;
