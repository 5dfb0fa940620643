//! The user that a private server runs as.
//!
//! Postgres refuses to run as root. For an ordinary user the server is simply the user's own process; for
//! root it runs as `postgres` where that user exists, else as `nobody`.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// Who the server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The user who runs the tool.
    Own,
    /// Another user, because the tool runs as root.
    Other {
        /// The user's name.
        name: String,
        /// The user's number.
        uid: u32,
        /// The number of the user's primary group.
        gid: u32,
    },
}

impl Account {
    /// The account for this process; `None` when it runs as root and no unprivileged user is known.
    #[must_use]
    pub fn choose() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return Some(Self::Own);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "_postgres", "nobody"].iter().find_map(|name| Self::named(name, &users))
    }

    /// The user's name, when it isn't the tool's own.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Own => None,
            Self::Other { name, .. } => Some(name),
        }
    }

    /// Whether this account can make a directory of its own in there.
    pub(super) fn can_use(&self, directory: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let mode = |path: &Path| fs::metadata(path).map_or(0, |m| m.mode());
        match self {
            Self::Own => true,
            // Others may pass through all of its parents, and write into the directory itself.
            Self::Other { .. } => {
                mode(directory) & 0o003 == 0o003
                    && directory.ancestors().all(|parent| mode(parent) & 0o001 != 0)
            }
        }
    }

    /// Makes a command run as this account. Supplementary groups go too: the standard library clears them
    /// when root sets a user.
    pub(super) fn apply(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    fn named(name: &str, users: &str) -> Option<Self> {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next() != Some(name) {
                return None;
            }
            // Some systems write the number of `nobody` as -2.
            let mut number = || Some(fields.next()?.parse::<i64>().ok()? as u32);
            let _password = number();
            let (uid, gid) = (number()?, number()?);
            (uid != 0).then(|| Self::Other { name: name.to_owned(), uid, gid })
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_from_the_list_of_users() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\nnobody:*:-2:-2::/var/empty:/bin/false\npostgres:x:101:104::/:\n";
        let named = |name| Account::named(name, users);
        assert_eq!(named("postgres"), Some(Account::Other { name: "postgres".into(), uid: 101, gid: 104 }));
        assert_eq!(
            named("nobody"),
            Some(Account::Other { name: "nobody".into(), uid: u32::MAX - 1, gid: u32::MAX - 1 })
        );
        assert_eq!(named("root"), None);
        assert_eq!(named("somebody"), None);
    }

    #[test]
    fn another_account_cannot_use_a_private_directory() {
        let private = tempfile::tempdir().unwrap();
        let other = Account::Other { name: "nobody".into(), uid: 1, gid: 1 };
        assert!(Account::Own.can_use(private.path()));
        assert!(!other.can_use(private.path()));
    }
}
