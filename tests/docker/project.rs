//! One test's own project, and the binary as a person calls it there.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::stand_in;

/// Jobs that are there before the run. Nothing is posted by a timetable, so that no machine is too busy to keep it.
pub(crate) const QUEUED: &str = "preload = 60";

/// A project that nobody else has. Dropping it takes it down with its data.
pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) port: u16,
    /// Where the tool keeps the password, and where a test may put files.
    pub(crate) desk: TempDir,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("clearance-test-{}-{number}", std::process::id());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { name, port, desk: tempfile::tempdir().unwrap() }
    }

    /// The binary, with this project's environment and nothing of the caller's that could change what it does.
    pub(crate) fn clearance<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clearance"));
        command.args(arguments).stdin(Stdio::null());
        for name in ["CLEARANCE_DB_PASSWORD", "CLEARANCE_DB_CONNECTIONS", "DATABASE_URL", "RUST_LOG"] {
            command.env_remove(name);
        }
        command
            .env("POSTGRES_IMAGE", stand_in::image())
            .env("CLEARANCE_DB_PROJECT", &self.name)
            .env("CLEARANCE_DB_PORT", self.port.to_string())
            // Engines on busy machines take their time.
            .env("CLEARANCE_DB_PATIENCE", "180")
            .env("POSTGRES_INITDB_ARGS", "--no-sync")
            .env("XDG_STATE_HOME", self.desk.path());
        command
    }

    /// Runs the binary to its end, which is to be a good one.
    #[track_caller]
    pub(crate) fn held<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Said {
        let said = Said::of(self.clearance(arguments));
        assert_eq!(said.code, Some(0), "{said:?}");
        said
    }

    /// A scenario's file, as [`story`] writes it.
    pub(crate) fn story(&self, duration: &str, poster: &str, faults: &str) -> PathBuf {
        story(self.desk.path(), duration, poster, faults)
    }

    /// Brings the database up, not durable, as that is quicker.
    #[track_caller]
    pub(crate) fn up(&self) -> Said {
        self.held(["db", "up", "--db-durability", "fast"])
    }

    /// The id of the server's container, running or not.
    pub(crate) fn container(&self) -> Option<String> {
        let ours = self.label();
        let server = "label=com.docker.compose.service=postgres";
        let arguments = ["ps", "--all", "--quiet", "--no-trunc", "--filter", &ours, "--filter", server];
        docker(arguments).unwrap().lines().next().map(str::to_owned)
    }

    /// What the engine says of the server's container.
    pub(crate) fn inspect(&self, format: &str) -> Option<String> {
        docker(["inspect", "--format", format, &self.container()?]).ok()
    }

    pub(crate) fn volume(&self) -> String {
        format!("{}_data", self.name)
    }

    /// Whatever the engine still has of this project.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let label = self.label();
        let kinds = [&["container", "ls", "--all"][..], &["network", "ls"], &["volume", "ls"]];
        let listing = |kind: &[&str]| {
            let arguments = kind.iter().copied().chain(["--quiet", "--filter", &label]);
            docker(arguments).unwrap().lines().map(|id| format!("{} {id}", kind[0])).collect::<Vec<_>>()
        };
        kinds.into_iter().flat_map(listing).collect()
    }

    /// Takes it down with its data, after which nothing is left.
    #[track_caller]
    pub(crate) fn down(&self) {
        self.held(["db", "down", "--volumes"]);
        assert_eq!(self.leftovers(), [""; 0]);
    }

    fn label(&self) -> String {
        format!("label=com.docker.compose.project={}", self.name)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // Also after a failure in the middle; what this can't take down is told by nobody else either.
        if !self.leftovers().is_empty() {
            let _ = Said::of(self.clearance(["db", "down", "--volumes"]));
        }
    }
}

/// Writes a scenario: twenty workers, one poster, and a poll that rescues nothing.
pub(crate) fn story(desk: &Path, duration: &str, poster: &str, faults: &str) -> PathBuf {
    let path = desk.join("story.toml");
    let story = format!(
        "duration = {duration:?}\ndrain = \"60s\"\nwarmup = \"0s\"\nbackup_poll = \"1h\"\n\
         [[fleet]]\nworkers = 20\nprovisioners = [\"echo\"]\nservice_time = {{ constant = \"2ms\" }}\n\
         [[poster]]\n{poster}\n[[poster.mix]]\nprovisioner = \"echo\"\n{faults}"
    );
    fs::write(&path, story).unwrap();
    path
}

impl Said {
    pub(crate) fn of(mut command: Command) -> Self {
        Self::from(command.output().unwrap())
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Asks the engine; its complaint when it refuses.
pub(crate) fn docker<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    let said = Said::from(Command::new("docker").args(arguments).stdin(Stdio::null()).output().unwrap());
    if said.code == Some(0) { Ok(said.stdout.trim().to_owned()) } else { Err(said.stderr) }
}
