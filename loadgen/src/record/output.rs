//! What can be made from a recording, by the name of the file that is to hold it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::report::{ReportError, Target};
use crate::whole_file;

use super::directory;
use super::error::RecordError;
use super::replay::Replay;
use super::trace::Window;

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
    Trace(Window),
}

/// A file that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The name doesn't say what to make.
    #[error(
        "cannot make {} from a recording: its name says nothing of what it is to be; end it in .html or .json for \
        a report, .hlog for HdrHistograms, or trace.json for a Perfetto trace", path.display()
    )]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// It is made of the whole run.
    #[error("cannot make a part of {}: --from and --for choose a part of a trace.json", path.display())]
    Whole {
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
            Some("json") if is_trace(path) => Kind::Trace(Window::default()),
            Some("json" | "html") => Kind::Report(Target::new(path)?),
            _ => return Err(OutputError::UnknownKind { path: path.to_owned() }),
        };
        directory(path)?;
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Only this part of the run, which is for traces: other files are made of the whole.
    pub fn part(self, window: Window) -> Result<Self, OutputError> {
        match self.kind {
            Kind::Trace(_) => Ok(Self { kind: Kind::Trace(window), ..self }),
            Kind::Report(_) | Kind::Hlog => Err(OutputError::Whole { path: self.path }),
        }
    }

    /// Where it goes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it, whole or not at all, and answers with what its reader should know. `progress` is told how far it
    /// is, 0 to 1.
    pub fn write(
        &self,
        recording: &mut Replay,
        progress: impl FnMut(f64),
    ) -> Result<Option<String>, OutputError> {
        let path = &self.path;
        let mut full_at = None;
        let written = match &self.kind {
            Kind::Report(target) => target.write(&recording.report(progress)?).map_err(OutputError::from),
            Kind::Hlog => whole_file::write(path, |file| recording.hdr_log(file)),
            Kind::Trace(window) => whole_file::write(path, |file| {
                full_at = recording.trace(*window, file)?;
                Ok(())
            }),
        };
        written.map_err(|error| match error {
            OutputError::Io(source) => RecordError::Unwritable { path: path.clone(), source }.into(),
            other => other,
        })?;
        Ok(full_at.map(|full_at| {
            format!(
                "{} ends {:.3} s into the run, where it has all that viewers open; choose a part by --from and --for",
                path.display(),
                full_at.as_secs_f64()
            )
        }))
    }
}

fn is_trace(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::to_ascii_lowercase);
    name.as_ref().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with("trace.json"))
}
