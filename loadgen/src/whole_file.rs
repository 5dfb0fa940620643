//! Files that are there whole or not at all: a reader never sees half of one, and what was there before stays
//! until the new one is complete.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Writes the file at `path`, whose directory exists, with what `fill` puts into it.
pub(crate) fn write<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&File>) -> Result<(), E>,
) -> Result<(), E> {
    let draft = draft().tempfile_in(parent(path))?;
    let mut writer = BufWriter::new(draft.as_file());
    fill(&mut writer)?;
    writer.flush()?;
    drop(writer);
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The directory that is to hold `path`; one that isn't there is the error.
pub(crate) fn directory(path: &Path) -> Result<&Path, PathBuf> {
    let directory = parent(path);
    if directory.is_dir() { Ok(directory) } else { Err(directory.to_owned()) }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that others may read as far as the umask lets them: temporary files are private by default.
fn draft() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".clearance-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}
