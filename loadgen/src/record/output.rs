//! What can be made from a recording, by the name of the file that is to hold it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::report::{ReportError, Target};
use crate::whole_file;

use super::directory;
use super::error::RecordError;
use super::replay::Replay;

/// A file to be made from a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Report(Target),
    Hlog,
}

/// A file that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The name doesn't say what to make.
    #[error(
        "cannot make {} from a recording: its name says nothing of what it is to be; end it in .html or .json for \
        a report, .hlog for HdrHistograms", path.display()
    )]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// It is a report that cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The recording can't be read, or there is nowhere to put the file.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Output {
    /// The file to make at `path`. Refused when its name says nothing, or its directory doesn't exist.
    pub fn new(path: &Path) -> Result<Self, OutputError> {
        let ending = path.extension().map(OsStr::to_ascii_lowercase);
        let kind = match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("hlog") => Kind::Hlog,
            Some("json" | "html") => Kind::Report(Target::new(path)?),
            _ => return Err(OutputError::UnknownKind { path: path.to_owned() }),
        };
        directory(path)?;
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Where it goes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it, whole or not at all. `progress` is told how far it is, 0 to 1.
    pub fn write(&self, recording: &mut Replay, progress: impl FnMut(f64)) -> Result<(), OutputError> {
        let written = match &self.kind {
            Kind::Report(target) => target.write(&recording.report(progress)?).map_err(OutputError::from),
            Kind::Hlog => whole_file::write(&self.path, |file| recording.hdr_log(file)),
        };
        written.map_err(|error| match error {
            OutputError::Io(source) => RecordError::Unwritable { path: self.path.clone(), source }.into(),
            other => other,
        })
    }
}
