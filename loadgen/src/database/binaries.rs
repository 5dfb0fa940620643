//! Postgres installations on this machine.
//!
//! Finds directories that hold both `initdb` and `postgres`, names their versions, and sorts them newest
//! first. It looks and asks for versions; it never starts a server, and it never judges whether one would
//! start.

use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The environment variable that names the one directory to take Postgres from.
pub const OVERRIDE: &str = "CLEARANCE_PG_BIN";

/// The oldest major version that a private cluster is made from: the oldest one that still had fixes when
/// the settings were written.
pub const OLDEST_MAJOR: u32 = 13;

/// A Postgres version, ordered as releases are: 17.2 before 18beta1 before 18.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The major version: 15 in 15.18.
    pub major: u32,
    /// The minor version: 18 in 15.18; absent in betas and release candidates.
    pub minor: Option<u32>,
}

impl Version {
    /// Reads the answer of `postgres --version` or of `SHOW server_version`.
    #[must_use]
    pub fn parse(answer: &str) -> Option<Self> {
        let number = answer.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
        let digits = |text: &str| {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            text[..end].parse().ok()
        };
        let major = digits(number)?;
        let minor = number.split_once('.').and_then(|(_, minor)| digits(minor));
        Some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            Some(minor) => write!(f, "{}.{minor}", self.major),
            None => write!(f, "{} (pre-release)", self.major),
        }
    }
}

/// One installation: a directory with everything that a private cluster needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// Where `initdb` and `postgres` are, symbolic links resolved.
    pub directory: PathBuf,
    /// What `postgres --version` says.
    pub version: Version,
    /// Whether the library of `pg_stat_statements` is installed beside it.
    pub statement_statistics: bool,
}

impl Binaries {
    /// The full path of one program of this installation.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Whether a private cluster can be made from it.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        self.version.major >= OLDEST_MAJOR
    }

    fn inspect(directory: &Path) -> Option<Self> {
        let executable = |path: &Path| {
            fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
        };
        let listed = directory.join("postgres");
        if !executable(&listed) {
            return None;
        }
        // A link in /usr/local/bin leads to the real place, where the libraries are found by relative paths;
        // a wrapper (Nix has them) stays where it is.
        let real = fs::canonicalize(&listed).ok()?.parent()?.to_path_buf();
        let directory = if executable(&real.join("initdb")) && executable(&real.join("postgres")) {
            real
        } else if executable(&directory.join("initdb")) {
            directory.to_path_buf()
        } else {
            return None;
        };
        let version = Version::parse(&answer(&directory.join("postgres"), "--version")?)?;
        let statement_statistics = has_statement_statistics(&directory);
        Some(Self { directory, version, statement_statistics })
    }
}

/// Where to look. Everything the search depends on is in here, so that a test can give a world of its own.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The directory named by [`OVERRIDE`]: when given, nothing else counts.
    pub only: Option<PathBuf>,
    /// Single directories, in no order.
    pub directories: Vec<PathBuf>,
}

impl Search {
    /// This machine: the override, `PATH`, `pg_config --bindir` and the places of the usual packagers.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let only = env::var_os(OVERRIDE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let path = env::var_os("PATH").unwrap_or_default();
        let mut directories: Vec<PathBuf> = env::split_paths(&path).filter(|p| p.is_absolute()).collect();
        if only.is_none() {
            directories.extend(answer(Path::new("pg_config"), "--bindir").map(PathBuf::from));
        }
        for (parent, prefix, suffix) in [
            ("/usr/lib/postgresql", "", "bin"),
            ("/usr", "pgsql-", "bin"),
            ("/opt/homebrew/opt", "postgresql", "bin"),
            ("/usr/local/opt", "postgresql", "bin"),
            ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
            ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
        ] {
            directories.extend(children(Path::new(parent), prefix).map(|child| child.join(suffix)));
        }
        directories.push(PathBuf::from("/usr/local/pgsql/bin"));
        Self { only, directories }
    }

    /// What is there, newest first; each installation once, however many links lead to it.
    #[must_use]
    pub fn run(&self) -> Vec<Binaries> {
        let listed = match &self.only {
            Some(only) => std::slice::from_ref(only),
            None => self.directories.as_slice(),
        };
        let unique: BTreeSet<PathBuf> = listed
            .iter()
            .filter_map(|directory| fs::canonicalize(directory.join("postgres")).ok().zip(Some(directory)))
            .scan(BTreeSet::new(), |seen, (real, directory)| {
                Some(seen.insert(real).then(|| directory.clone()))
            })
            .flatten()
            .collect();
        let mut found: Vec<Binaries> = unique.iter().filter_map(|d| Binaries::inspect(d)).collect();
        found.sort_by(|a, b| b.version.cmp(&a.version).then_with(|| a.directory.cmp(&b.directory)));
        found
    }
}

fn children(parent: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
}

fn answer(program: &Path, question: &str) -> Option<String> {
    let output = Command::new(program).arg(question).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn has_statement_statistics(directory: &Path) -> bool {
    let holds = |lib: &Path| {
        ["so", "dylib"].iter().any(|ending| lib.join("pg_stat_statements").with_extension(ending).is_file())
    };
    ["../lib", "../lib/postgresql", "../lib64/pgsql", "../lib/pgsql"].iter().any(|lib| holds(&directory.join(lib)))
        // Last, for it costs a process.
        || answer(&directory.join("pg_config"), "--pkglibdir").is_some_and(|lib| holds(Path::new(&lib)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn installation(root: &Path, name: &str, version: &str) -> PathBuf {
        let directory = root.join(name).join("bin");
        fs::create_dir_all(&directory).unwrap();
        for program in ["initdb", "postgres"] {
            let path = directory.join(program);
            fs::write(&path, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        directory
    }

    #[test]
    fn versions_are_read_and_ordered_as_releases_are() {
        let read = |text| Version::parse(text).unwrap();
        let debian = read("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)");
        assert_eq!(debian, Version { major: 15, minor: Some(18) });
        assert_eq!(debian.to_string(), "15.18");
        assert_eq!(read("18.0"), Version { major: 18, minor: Some(0) });
        assert!(read("17.2") < read("postgres (PostgreSQL) 18beta1"));
        assert!(read("postgres (PostgreSQL) 18beta1") < read("18.0"));
        assert!(Version::parse("no number here").is_none());
    }

    #[test]
    fn installations_come_newest_first_and_once_each() {
        let root = tempfile::tempdir().unwrap();
        let old = installation(root.path(), "old", "14.9");
        let new = installation(root.path(), "new", "17.1 (Somewhere 17.1-1)");
        let links = root.path().join("links");
        fs::create_dir(&links).unwrap();
        for program in ["initdb", "postgres"] {
            std::os::unix::fs::symlink(old.join(program), links.join(program)).unwrap();
        }
        fs::create_dir_all(new.join("../lib")).unwrap();
        fs::write(new.join("../lib/pg_stat_statements.so"), "").unwrap();

        let search = Search { only: None, directories: vec![links, old.clone(), root.path().into(), new] };
        let found = search.run();

        let versions: Vec<String> = found.iter().map(|b| b.version.to_string()).collect();
        assert_eq!(versions, ["17.1", "14.9"]);
        assert_eq!(found[1].directory, fs::canonicalize(old).unwrap());
        assert_eq!(found.iter().map(|b| b.statement_statistics).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn an_override_leaves_the_rest_out() {
        let root = tempfile::tempdir().unwrap();
        let old = installation(root.path(), "old", "14.9");
        let new = installation(root.path(), "new", "17.1");
        let search = Search { only: Some(old), directories: vec![new] };
        assert_eq!(search.run().iter().map(|b| b.version.major).collect::<Vec<_>>(), [14]);
    }

    #[test]
    fn a_directory_without_initdb_is_no_installation() {
        let root = tempfile::tempdir().unwrap();
        let half = installation(root.path(), "half", "16.1");
        fs::remove_file(half.join("initdb")).unwrap();
        assert!(Search { only: None, directories: vec![half] }.run().is_empty());
    }
}
