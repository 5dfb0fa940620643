//! The binary as a person or a script starts it, and everything it says.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::leftovers::cluster_in;

/// No command of these tests may take longer.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the caller's environment could change; a test says itself what it wants of it.
const ENVIRONMENT: &[&str] = &[
    "CLEARANCE_CONFIG",
    "CLEARANCE_PG_BIN",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "DATABASE_URL",
    "PGDATABASE",
    "PGHOST",
    "PGPASSFILE",
    "PGPASSWORD",
    "PGPORT",
    "PGSSLMODE",
    "PGUSER",
    "RUST_LOG",
];

/// The command, with an environment in which nothing is asked for.
pub(crate) fn clearance<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clearance"));
    command.args(arguments).stdin(Stdio::null());
    for name in ENVIRONMENT {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
pub(crate) fn outcome(command: Command) -> Said {
    Running::start(command).end()
}

/// What a command said, and how it ended.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Fails, telling everything, unless the command ended with this code.
    #[track_caller]
    pub(crate) fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// The private cluster's directory, which a run names before it begins.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.stderr.lines().find_map(cluster_in).expect("stderr names the cluster")
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// One that is under way. Killed when it is dropped before its end.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<Line>,
    said: Said,
}

enum Line {
    Stdout(String),
    Stderr(String),
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        read(child.stdout.take().unwrap(), Line::Stdout, sender.clone());
        read(child.stderr.take().unwrap(), Line::Stderr, sender);
        let said = Said { code: None, stdout: String::new(), stderr: String::new() };
        Self { child, lines, said }
    }

    /// Waits for a line of stderr that `find` finds something in.
    #[track_caller]
    pub(crate) fn await_stderr<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            match self.next(begun) {
                Some(Line::Stderr(line)) => {
                    if let Some(found) = find(&line) {
                        return found;
                    }
                }
                Some(Line::Stdout(_)) => {}
                None => panic!("it ended before {what}\n{}", self.said),
            }
        }
    }

    /// Waits until the posters are at work.
    #[track_caller]
    pub(crate) fn await_measuring(&mut self) {
        self.await_stderr("it measured", |line| line.starts_with("measuring").then_some(()));
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.child.id().cast_signed()).unwrap(), signal).unwrap();
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Said {
        let begun = Instant::now();
        while self.next(begun).is_some() {}
        // Nobody holds the pipes any more, so that this is a matter of moments.
        self.said.code = self.child.wait().unwrap().code();
        self.said.clone()
    }

    #[track_caller]
    fn next(&mut self, begun: Instant) -> Option<Line> {
        let line = match self.lines.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => panic!("it went on for too long\n{}", self.said),
        };
        let (all, line_) = match &line {
            Line::Stdout(line) => (&mut self.said.stdout, line),
            Line::Stderr(line) => (&mut self.said.stderr, line),
        };
        all.extend([line_.as_str(), "\n"]);
        Some(line)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Does nothing to one that has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(pipe: impl Read + Send + 'static, kind: fn(String) -> Line, lines: Sender<Line>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            if lines.send(kind(line.unwrap())).is_err() {
                return;
            }
        }
    });
}

/// A directory of a test's own, for scenarios, reports and as temporary directory of what it starts.
pub(crate) struct Desk {
    directory: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        // The server of a run by root belongs to another user, who makes a directory in here.
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o1777)).unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The full path of a file, which need not exist.
    pub(crate) fn file(&self, name: &str) -> String {
        self.path().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and answers with its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path().join(name), text).unwrap();
        self.file(name)
    }

    /// Everything in it, as names.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
