//! The directory of a private cluster, and the watchdog that outlives the tool.
//!
//! A [`Home`] promises that its directory, and whatever runs in it, is gone when the tool is: by its own
//! `Drop` where the tool gets that far, else by the watchdog, a shell that waits for the end of a pipe only
//! the tool holds open. It knows nothing about Postgres but the signals that stop it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::account::Account;

const WATCHDOG: &str = include_str!("watchdog.sh");

/// The room that the address of a unix socket has on the narrowest system, end mark left out.
const SOCKET_PATH_MAX: usize = 103;

/// A directory of the server's user, watched over.
#[derive(Debug)]
pub(super) struct Home {
    directory: PathBuf,
    account: Account,
    kept: bool,
    watchdog: Child,
}

impl Home {
    /// Makes the directory. The watchdog itself makes it, so that there is no moment at which a directory
    /// exists and nobody would remove it. With `keep` the watchdog stops a server, but leaves the directory.
    pub(super) fn create(account: &Account, keep: bool) -> io::Result<Self> {
        let mut refused = None;
        for parent in [std::env::temp_dir(), PathBuf::from("/tmp")] {
            let name = format!("clearance-{}", &uuid::Uuid::new_v4().simple().to_string()[..10]);
            let directory = parent.join(name);
            let socket_path = directory.join(".s.PGSQL.5432.lock");
            if socket_path.as_os_str().as_bytes().len() > SOCKET_PATH_MAX || !account.can_use(&parent) {
                continue;
            }
            match Self::create_at(directory, account, keep) {
                Ok(home) => return Ok(home),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused
            .unwrap_or_else(|| io::Error::other("neither the temporary directory nor /tmp can be used")))
    }

    fn create_at(directory: PathBuf, account: &Account, keep: bool) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(WATCHDOG).arg("clearance-watchdog").arg(&directory);
        command.arg(if keep { "keep" } else { "remove" });
        command.current_dir("/").process_group(0);
        clean_environment(&mut command);
        account.apply(&mut command);
        let mut watchdog =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stdout, stderr) = (watchdog.stdout.take(), watchdog.stderr.take());
        let mut ready = [0; 6];
        let said = stdout.ok_or_else(|| io::Error::other("no pipe"))?.read_exact(&mut ready);
        if said.is_err() || ready != *b"ready\n" {
            let mut complaint = String::new();
            stderr.ok_or_else(|| io::Error::other("no pipe"))?.read_to_string(&mut complaint)?;
            watchdog.wait()?;
            return Err(io::Error::other(complaint.trim().to_owned()));
        }
        Ok(Self { directory, account: account.clone(), kept: false, watchdog })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// From now on the directory is worth something, and dropping the home leaves it there.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }

    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }

    /// A command that will run in the directory, as the directory's user, in a process group of its own (so
    /// that Ctrl-C reaches the tool first), with its number in `<role>.pid` before it begins: there the
    /// watchdog finds it. What it prints goes to `<role>.log`.
    pub(super) fn command(&self, role: &str, program: &Path) -> io::Result<Command> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo $$ > \"$0.pid\" && exec \"$@\"", role]).arg(program);
        command.current_dir(&self.directory).process_group(0);
        clean_environment(&mut command);
        self.account.apply(&mut command);
        let log = File::options().create(true).append(true).open(self.log(role))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    /// Says that the process with this role has ended and was waited for, so that its number means nothing.
    pub(super) fn forget(&self, role: &str) {
        // A number that can't be removed goes with the directory.
        let _ = fs::remove_file(self.directory.join(role).with_extension("pid"));
    }

    pub(super) fn log(&self, role: &str) -> PathBuf {
        self.directory.join(role).with_extension("log")
    }

    /// The end of a log, to be quoted in an error.
    pub(super) fn last_words(&self, role: &str) -> String {
        const LINES_MAX: usize = 5;
        let bytes = fs::read(self.log(role)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            return "it said nothing".to_owned();
        }
        lines[lines.len().saturating_sub(LINES_MAX)..].join(" / ")
    }

    /// Removes the directory, whatever may still be writing into it for a moment.
    fn remove(&self) {
        const PATIENCE: Duration = Duration::from_secs(2);
        let begun = Instant::now();
        while let Err(error) = fs::remove_dir_all(&self.directory) {
            if error.kind() == io::ErrorKind::NotFound || begun.elapsed() > PATIENCE {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !self.kept {
            self.remove();
        }
        // The end of the pipe ends the watchdog, which removes what could not be removed here.
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// A process in a [`Home`] that must not outlive its owner: dropping it kills its whole group.
#[derive(Debug)]
pub(super) struct Group<'a> {
    home: &'a Home,
    role: &'a str,
    child: Child,
}

impl<'a> Group<'a> {
    pub(super) fn spawn(home: &'a Home, role: &'a str, command: &mut Command) -> io::Result<Self> {
        Ok(Self { home, role, child: command.spawn()? })
    }

    /// Waits without blocking the thread.
    pub(super) async fn wait(&mut self) -> io::Result<std::process::ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = self.child.wait();
        }
        self.home.forget(self.role);
    }
}

/// Leaves nothing of the caller's environment but what finds libraries: a private server answers to its own
/// configuration only.
fn clean_environment(command: &mut Command) {
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
    // Without it initdb compares every known time zone with the system's.
    command.env("TZ", "UTC");
    for name in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}
