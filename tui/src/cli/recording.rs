//! What a run is recorded to: the file that was asked for, or one that lives until the histogram log is made of it.

use std::path::{Path, PathBuf};

use loadgen::record::{self, Output, RecordError, Replay};
use tempfile::TempPath;

use super::args::RunArgs;
use super::failure::Failure;

/// What a run is recorded to.
pub(super) struct Recording {
    file: Option<File>,
    hdr: Option<Output>,
}

enum File {
    Kept(PathBuf),
    /// Beside the log that is made of it, so that the same disk has room for both or for neither.
    Passing(TempPath),
}

impl Recording {
    /// Checked before the run rather than after it.
    pub(super) fn plan(args: &RunArgs) -> Result<Self, Failure> {
        let hdr = args.hdr.as_deref().map(hdr).transpose()?;
        let file = match (&args.record, &hdr) {
            (Some(path), _) => Some(File::Kept(record::target(path)?)),
            (None, Some(log)) => Some(File::Passing(passing(log.path())?)),
            (None, None) => None,
        };
        Ok(Self { file, hdr })
    }

    /// Where to record to, if anywhere.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| match file {
            File::Kept(path) => path.as_path(),
            File::Passing(path) => path,
        })
    }

    /// The run is over: makes the log, and says what was written. `failed` is why the recording breaks off.
    pub(super) fn conclude(self, failed: Option<RecordError>) -> Result<(), Failure> {
        if let Some(failed) = failed {
            return Err(failed.into());
        }
        if let Some(File::Kept(path)) = &self.file {
            say!("clearance: wrote {}", path.display());
        }
        if let (Some(file), Some(log)) = (self.file(), &self.hdr) {
            let mut replay = Replay::open(file, 0)?;
            let missing = replay.missing();
            if !missing.is_nothing() {
                say!("clearance: {missing}");
            }
            log.write(&mut replay, |_| {})?;
            say!("clearance: wrote {}", log.path().display());
        }
        Ok(())
    }
}

fn hdr(path: &Path) -> Result<Output, Failure> {
    if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("hlog")) {
        return Err(Failure::HdrEnding(path.to_owned()));
    }
    Ok(Output::new(path)?)
}

fn passing(log: &Path) -> Result<TempPath, Failure> {
    let directory = log.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::Builder::new().prefix(".clearance-").suffix(".clr").tempfile_in(directory);
    let failed = |source| RecordError::Unwritable { path: log.to_owned(), source };
    Ok(file.map_err(failed)?.into_temp_path())
}
