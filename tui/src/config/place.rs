//! Where a configuration is looked for.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Config, ConfigError, read};

/// A configuration and where it is from.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What is set.
    pub config: Config,
    /// The file; `None` where nothing is set.
    pub path: Option<PathBuf>,
}

/// The file in the usual place, whether it is there or not: `$XDG_CONFIG_HOME/clearance/config.toml`, or below
/// `~/.config`. `None` for somebody without a home.
#[must_use]
pub fn usual_path() -> Option<PathBuf> {
    // The convention has relative paths ignored.
    let set = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = set.or_else(|| Some(env::home_dir()?.join(".config")))?;
    Some(directory.join("clearance").join("config.toml"))
}

/// Reads the file that was `given`, which must be there, or else that in the usual place.
pub fn load(given: Option<&Path>) -> Result<Found, ConfigError> {
    let Some(path) = given.map(Path::to_owned).or_else(usual_path) else { return Ok(Found::default()) };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return if given.is_some() { Err(ConfigError::Missing { path }) } else { Ok(Found::default()) };
        }
        Err(source) => return Err(ConfigError::Unreadable { path, source }),
    };
    let mut config = read(&path.display().to_string(), &text)?;
    if let (Ok(below), Some(home)) = (config.save_directory.strip_prefix("~"), env::home_dir()) {
        config.save_directory = home.join(below);
    }
    Ok(Found { config, path: Some(path) })
}
