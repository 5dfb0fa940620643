//! The JSON report as a file.

use std::io::{self, Write};
use std::path::Path;

use super::{Report, ReportError};

/// Writes the report to `path`, whole or not at all: a reader never sees half a file, and what was there
/// before stays until the new one is complete.
pub fn write(path: &Path, report: &Report) -> Result<(), ReportError> {
    let directory = super::target::directory(path)?;
    let failed = |source: io::Error| ReportError::Unwritable { path: path.to_owned(), source };
    let mut text = serde_json::to_vec_pretty(report).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    let mut file = draft().tempfile_in(directory).map_err(failed)?;
    file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A file that others may read as far as the umask lets them: temporary files are private by default.
fn draft() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".report-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}
