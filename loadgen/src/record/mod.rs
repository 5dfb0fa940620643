//! Recordings of runs: a file from which a run's figures can be made again, all of them.
//!
//! A recording holds what the recorder was told, input by input, and the code that measured the run reads it. So
//! a report from a recording is the run's own report, and a dashboard over it shows what was to be seen. It is
//! written while the run goes on, survives a crash up to its last second, and never holds the load up.

mod closing;
mod decode;
mod encode;
mod error;
mod hdr;
mod layout;
mod output;
mod read;
mod replay;
mod tags;
mod tape;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod trace;

use std::path::{Path, PathBuf};

use crate::whole_file;

pub(crate) use closing::Closing;
pub use error::RecordError;
pub use layout::Head;
pub use output::{Output, OutputError};
pub use read::{Cut, Missing};
pub use replay::{Replay, Survey};
pub(crate) use tape::{Recording, Tape};
pub use trace::Window;

/// What to keep of what happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordOptions {
    /// So many events are kept for whoever follows single wakeups. With none, nobody pays for them, nor for knowing
    /// since when each worker waits, which a domain's page shows.
    pub events_max: usize,
    /// The recording to make.
    pub file: Option<PathBuf>,
}

/// As many events as a dashboard keeps.
pub const EVENTS_MAX: usize = 100_000;

/// A file that a run can be recorded to: its name ends in `.clr`, and its directory exists.
pub fn target(path: &Path) -> Result<PathBuf, RecordError> {
    if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("clr")) {
        return Err(RecordError::NotClr { path: path.to_owned() });
    }
    directory(path)?;
    Ok(path.to_owned())
}

/// The directory that is to hold `path`.
fn directory(path: &Path) -> Result<&Path, RecordError> {
    whole_file::directory(path)
        .map_err(|directory| RecordError::NoDirectory { path: path.to_owned(), directory })
}
