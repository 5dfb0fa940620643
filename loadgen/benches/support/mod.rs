//! What the measurements share.

pub(crate) mod cluster;
pub(crate) mod command;
pub(crate) mod figures;
pub(crate) mod options;
pub(crate) mod pgbench;
pub(crate) mod queue;
pub(crate) mod scenario;
