//! The password of a project's container: made once, kept where only its user can read it.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::error::DockerError;

/// Reads a project's password, or makes one where there is none yet.
pub(super) fn get(project: &str) -> Result<String, DockerError> {
    let path = directory().join(format!("{project}.password"));
    get_at(&path).map_err(|cause| DockerError::Password { path: path.display().to_string(), cause })
}

fn directory() -> PathBuf {
    let given = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = given("XDG_STATE_HOME").or_else(|| given("HOME").map(|home| home.join(".local/state")));
    state.unwrap_or_else(env::temp_dir).join("clearance/docker")
}

fn get_at(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(password) if !password.trim().is_empty() => return Ok(password.trim().to_owned()),
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let password = uuid::Uuid::new_v4().simple().to_string();
    match File::options().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(password.as_bytes())?;
            Ok(password)
        }
        // Another run has just made one.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::read_to_string(path).map(|password| password.trim().to_owned())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_password_is_made_once_and_only_its_user_can_read_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("state/clearance/docker/clearance.password");
        let made = get_at(&path).unwrap();
        assert_eq!(made.len(), 32);
        assert_eq!(get_at(&path).unwrap(), made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
