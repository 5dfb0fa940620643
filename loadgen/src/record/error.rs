//! Why a recording cannot be written or read.

use std::io;
use std::path::PathBuf;

use super::layout::VERSION;

/// A recording that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The ending doesn't say that it is a recording.
    #[error("cannot record to {}: a recording's name ends in .clr", path.display())]
    NotClr {
        /// The file.
        path: PathBuf,
    },
    /// There is nowhere to put it.
    #[error("cannot write {}: there is no directory {}; create it first", path.display(), directory.display())]
    NoDirectory {
        /// The file.
        path: PathBuf,
        /// The directory that should hold it.
        directory: PathBuf,
    },
    /// Writing failed.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It can't be opened or read.
    #[error("cannot read recording {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("{} is no recording; make one with \"clearance run --record FILE.clr\"", path.display())]
    Strange {
        /// The file.
        path: PathBuf,
    },
    /// It was made by another version of the tool.
    #[error(
        "{} is a recording of format {found}, and this clearance reads formats up to {VERSION}; \
        use the clearance that made it, or one that is newer", path.display()
    )]
    OfVersion {
        /// The file.
        path: PathBuf,
        /// The format's version.
        found: u32,
    },
    /// It ends before its run began.
    #[error("{} is cut off before its run begins: there is nothing to read; record the run again", path.display())]
    CutAtHead {
        /// The file.
        path: PathBuf,
    },
    /// What it says of the run doesn't fit.
    #[error("{} does not say what was run: {source}; record the run again", path.display())]
    BadHead {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}
