//! Where a report goes, checked before the run rather than after it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::{Report, json};

/// A file that a report is to be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    path: PathBuf,
}

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// HTML comes later.
    #[error("cannot report to {}: .html reports are not supported yet; name a .json file", path.display())]
    HtmlUnsupported {
        /// The file.
        path: PathBuf,
    },
    /// The ending doesn't say what to write.
    #[error("cannot report to {}: its ending says nothing of the kind of report; name a .json file", path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// There is nowhere to put it.
    #[error("cannot report to {}: there is no directory {}; create it first", path.display(), directory.display())]
    NoDirectory {
        /// The file.
        path: PathBuf,
        /// The directory that should hold it.
        directory: PathBuf,
    },
    /// Writing failed.
    #[error("cannot write report {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Target {
    /// The target at `path`. Refused when its ending isn't `.json`, or its directory doesn't exist.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, ReportError> {
        let path = path.into();
        let ending = path.extension().map(OsStr::to_ascii_lowercase);
        match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("json") => {}
            Some("html") => return Err(ReportError::HtmlUnsupported { path }),
            _ => return Err(ReportError::UnknownKind { path }),
        }
        directory(&path)?;
        Ok(Self { path })
    }

    /// Where it goes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the report, whole or not at all.
    pub fn write(&self, report: &Report) -> Result<(), ReportError> {
        json::write(&self.path, report)
    }
}

/// The directory that holds `path`.
pub(super) fn directory(path: &Path) -> Result<&Path, ReportError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if directory.is_dir() {
        Ok(directory)
    } else {
        Err(ReportError::NoDirectory { path: path.to_owned(), directory: directory.to_owned() })
    }
}
