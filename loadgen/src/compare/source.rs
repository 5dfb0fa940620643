//! Where the runs of a side come from: JSON reports, recordings, or directories of both.

use std::io;
use std::path::{Path, PathBuf};

use super::Side;
use crate::record::{RecordError, Replay};
use crate::report::{Report, SCHEMA_VERSION};

/// Runs that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is nothing, or it can't be opened.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of another kind.
    #[error("cannot compare {}: it is neither a .json report nor a .clr recording", path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// A directory without runs.
    #[error("cannot compare {}: there is no .json report and no .clr recording in it", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// JSON that is no report.
    #[error("cannot compare {}: it is no report of clearance run: {reason}", path.display())]
    NoReport {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A recording that can't be read.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl Side {
    /// Reads the runs of a side. A run that is there twice, as a report and as a recording, counts once. `progress`
    /// is told what is read.
    pub fn read(paths: &[PathBuf], mut progress: impl FnMut(&Path)) -> Result<Self, SourceError> {
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                files.extend(runs_in(path)?);
            } else {
                files.push(path.clone());
            }
        }
        let mut runs: Vec<Report> = Vec::new();
        for file in &files {
            progress(file);
            let run = read(file)?;
            if runs.iter().all(|known| known.run.id != run.run.id) {
                runs.push(run);
            }
        }
        let source: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        Ok(Self { source: source.join(" "), runs })
    }
}

/// The reports and recordings right in a directory, in order of their names.
fn runs_in(directory: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |source| SourceError::Unreadable { path: directory.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if Kind::of(&path).is_some() && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() { Err(SourceError::Empty { path: directory.to_owned() }) } else { Ok(files) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Report,
    Recording,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?;
        if ending.eq_ignore_ascii_case("json") {
            Some(Self::Report)
        } else if ending.eq_ignore_ascii_case("clr") {
            Some(Self::Recording)
        } else {
            None
        }
    }
}

fn read(path: &Path) -> Result<Report, SourceError> {
    match Kind::of(path) {
        None => Err(SourceError::UnknownKind { path: path.to_owned() }),
        Some(Kind::Recording) => Ok(Replay::open(path, 0)?.report(|_| {})?),
        Some(Kind::Report) => {
            let failed = |source| SourceError::Unreadable { path: path.to_owned(), source };
            let text = std::fs::read_to_string(path).map_err(failed)?;
            parse(&text).map_err(|reason| SourceError::NoReport { path: path.to_owned(), reason })
        }
    }
}

fn parse(text: &str) -> Result<Report, String> {
    #[derive(serde::Deserialize)]
    struct Version {
        schema_version: Option<u64>,
    }
    let version: Version = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match version.schema_version {
        None => Err("it has no schema_version".to_owned()),
        Some(version) if version != u64::from(SCHEMA_VERSION) => {
            Err(format!("its schema_version is {version}, and this program reads {SCHEMA_VERSION}"))
        }
        Some(_) => serde_json::from_str(text).map_err(|error| error.to_string()),
    }
}
