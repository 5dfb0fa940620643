//! Where a report goes, checked before the run rather than after it.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::capacity::Findings;
use crate::whole_file;

use super::{Report, html, json};

/// A file that a report is to be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    path: PathBuf,
    kind: Kind,
}

/// What the file is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// For tools.
    Json,
    /// For people.
    Html,
}

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The ending doesn't say what to write.
    #[error("cannot report to {}: its ending says nothing of the kind of report; name a .json or an .html file", path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// A plan is a document for machines.
    #[error("cannot write what a plan finds to {}; name a .json file", path.display())]
    PlanUnsupported {
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
    /// The target at `path`. Refused when its ending is neither `.json` nor `.html`, or its directory doesn't exist.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, ReportError> {
        let path = path.into();
        let ending = path.extension().map(OsStr::to_ascii_lowercase);
        let kind = match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("json") => Kind::Json,
            Some("html") => Kind::Html,
            _ => return Err(ReportError::UnknownKind { path }),
        };
        directory(&path)?;
        Ok(Self { path, kind })
    }

    /// The target of what a plan finds. Refused when its ending isn't `.json`, or its directory doesn't exist.
    pub fn for_plan(path: impl Into<PathBuf>) -> Result<Self, ReportError> {
        let target = Self::new(path)?;
        match target.kind {
            Kind::Json => Ok(target),
            Kind::Html => Err(ReportError::PlanUnsupported { path: target.path }),
        }
    }

    /// Where it goes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the report, whole or not at all: a reader never sees half a file, and what was there before stays
    /// until the new one is complete.
    pub fn write(&self, report: &Report) -> Result<(), ReportError> {
        match self.kind {
            Kind::Json => self.put(json::render(report)),
            Kind::Html => self.put(Ok(html::render(report))),
        }
    }

    /// Writes what a plan found in the same way.
    pub fn write_plan(&self, found: &Findings) -> Result<(), ReportError> {
        self.put(json::render(found))
    }

    fn put(&self, text: Result<String, serde_json::Error>) -> Result<(), ReportError> {
        let failed = |source: io::Error| ReportError::Unwritable { path: self.path.clone(), source };
        let text = text.map_err(|error| failed(error.into()))?;
        directory(&self.path)?;
        whole_file::write(&self.path, |file| file.write_all(text.as_bytes())).map_err(failed)
    }
}

/// The directory that is to hold `path`.
fn directory(path: &Path) -> Result<&Path, ReportError> {
    whole_file::directory(path)
        .map_err(|directory| ReportError::NoDirectory { path: path.to_owned(), directory })
}
