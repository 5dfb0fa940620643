//! The sudden death of a private cluster's server.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

use crate::await_that::await_that;
use crate::leftovers::processes_in;

/// Kills the server of a cluster, and waits for the end of its sessions.
pub(crate) fn kill_postgres(cluster: &Path) {
    let lock = fs::read_to_string(cluster.join("data/postmaster.pid")).unwrap();
    let postmaster: i32 = lock.lines().next().unwrap().parse().unwrap();
    kill_process(Pid::from_raw(postmaster).unwrap(), Signal::KILL).unwrap();
    await_that("its sessions have ended", || {
        processes_in(cluster).iter().all(|process| !process.contains("-D") || process.contains(" Z"))
    });
}
