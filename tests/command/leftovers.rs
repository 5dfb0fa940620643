//! What a run may not leave behind: processes and directories.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory in a line such as `clearance: using local PG 15.18 at DIRECTORY/postgres, durability safe`.
pub(crate) fn cluster_in(line: &str) -> Option<PathBuf> {
    let (_, place) = line.strip_prefix("clearance: using local PG ")?.split_once(" at ")?;
    let (socket, _) = place.split_once("/postgres, ")?;
    Some(socket.into())
}

/// Every process whose command line names the directory.
pub(crate) fn processes_in(directory: &Path) -> Vec<String> {
    let listing = Command::new("ps").args(["-A", "-o", "pid=,stat=,args="]).output().unwrap();
    assert!(listing.status.success());
    String::from_utf8_lossy(&listing.stdout)
        .lines()
        .filter(|line| line.contains(&*directory.to_string_lossy()))
        .map(str::to_owned)
        .collect()
}

/// Fails unless neither a process nor a directory is left of a private cluster.
#[track_caller]
pub(crate) fn expect_nothing_left(cluster: &Path) {
    assert!(!cluster.exists(), "{} is left", cluster.display());
    assert!(!cluster.with_extension("gone").exists(), "{} is left under its other name", cluster.display());
    assert_eq!(processes_in(cluster), [""; 0]);
}
