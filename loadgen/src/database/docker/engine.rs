//! The Docker engine and the Compose tool, as far as they are there.
//!
//! Both are recognised by their answers, never by a file of their name: a client without an engine, and an
//! engine without permission, are different troubles with different remedies.

use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::COMMAND_PATIENCE;
use super::error::DockerError;

/// How long a question may take; an engine that starts up can be slow.
const QUESTION_PATIENCE: Duration = Duration::from_secs(20);

/// What became of asking for the Docker engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// It answers.
    Present {
        /// Its version.
        version: String,
    },
    /// It is there, but not for this user.
    PermissionDenied,
    /// There is a client, and no engine that answers it.
    Down {
        /// What the client said.
        cause: String,
    },
    /// There isn't even a client.
    Absent,
}

impl Engine {
    /// Asks.
    pub async fn find() -> Self {
        let output =
            match run("docker", &["info", "--format", "{{.ServerVersion}}"], None, &[], QUESTION_PATIENCE)
                .await
            {
                Ok(output) => output,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::Absent,
                Err(error) => return Self::Down { cause: error.to_string() },
            };
        let version = first_line(&output.stdout);
        let complaint = last_line(&output.stderr);
        if output.status.success() && !version.is_empty() {
            Self::Present { version }
        } else if complaint.contains("permission denied") {
            Self::PermissionDenied
        } else {
            Self::Down { cause: complaint }
        }
    }
}

/// The Compose tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compose {
    /// `docker compose`, a plugin of the client.
    Plugin {
        /// Its version.
        version: String,
    },
    /// `docker-compose`, a program of its own.
    Standalone {
        /// Its version.
        version: String,
    },
}

impl Compose {
    /// Asks for the plugin, then for the program.
    pub async fn find() -> Option<Self> {
        let ask = async |program, arguments: &[&str]| {
            let output = run(program, arguments, None, &[], QUESTION_PATIENCE).await.ok()?;
            output.status.success().then(|| first_line(&output.stdout)).filter(|version| !version.is_empty())
        };
        if let Some(version) = ask("docker", &["compose", "version", "--short"]).await {
            return Some(Self::Plugin { version });
        }
        let version = ask("docker-compose", &["version", "--short"]).await?;
        Some(Self::Standalone { version })
    }

    /// What a person types to call it.
    #[must_use]
    pub fn command(&self) -> &'static str {
        match self {
            Self::Plugin { .. } => "docker compose",
            Self::Standalone { .. } => "docker-compose",
        }
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        match self {
            Self::Plugin { version } | Self::Standalone { version } => version,
        }
    }

    /// The program to run and the arguments that come first.
    pub(super) fn program(&self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Plugin { .. } => ("docker", &["compose"]),
            Self::Standalone { .. } => ("docker-compose", &[]),
        }
    }
}

/// Gives an order to the engine, and answers with whatever came of it.
pub(super) async fn docker(
    doing: &'static str,
    arguments: &[&str],
    patience: Duration,
) -> Result<Output, DockerError> {
    run("docker", arguments, None, &[], patience)
        .await
        .map_err(|error| DockerError::Command { doing, cause: error.to_string() })
}

/// Gives an order to the engine, and answers with what it said when it did that.
pub(super) async fn order(doing: &'static str, arguments: &[&str]) -> Result<String, DockerError> {
    said(doing, &docker(doing, arguments, COMMAND_PATIENCE).await?)
}

/// What a tool said that did what it was told.
pub(super) fn said(doing: &'static str, output: &Output) -> Result<String, DockerError> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(DockerError::Command { doing, cause: last_line(&output.stderr) })
}

/// Runs a program to its end, within bounds.
pub(super) async fn run(
    program: &str,
    arguments: &[&str],
    input: Option<&str>,
    environment: &[(&str, String)],
    patience: Duration,
) -> io::Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments).envs(environment.iter().map(|(name, value)| (*name, value)));
    // A file named .env where the user happens to be is none of ours.
    command.current_dir("/").kill_on_drop(true);
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(input.as_bytes()).await?;
    }
    match tokio::time::timeout(patience, child.wait_with_output()).await {
        Ok(output) => output,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("{program} didn't end within {} s", patience.as_secs()),
        )),
    }
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().trim().to_owned()
}

/// The last line that says something: tools put the reason there, but for a farewell of the old Compose.
pub(super) fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let telling = |line: &&str| !line.is_empty() && !line.starts_with("Encountered errors");
    text.lines().map(str::trim).rfind(telling).unwrap_or("it said nothing").to_owned()
}
