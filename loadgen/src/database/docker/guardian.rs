//! What is done to the project's container by a fault, and who undoes it.
//!
//! A container outlives the tool. So whoever pauses or kills it first sets a guardian beside it: a shell that
//! waits for the end of a pipe that only the tool holds open, and then wakes the container. Ending the fault and
//! ending the tool, SIGKILL included, take the same way.

use std::process::{Output, Stdio};

use sqlx::postgres::PgConnectOptions;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::engine::last_line;
use super::{COMMAND_PATIENCE, DockerError, PROJECT, answer, docker};

/// The project's container, as faults treat it.
pub(in super::super) struct DockerServer {
    options: PgConnectOptions,
    guardian: Mutex<Option<Guardian>>,
}

// The options hold a password; their own Debug shows it.
impl std::fmt::Debug for DockerServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DockerServer").field("guardian", &self.guardian).finish_non_exhaustive()
    }
}

/// Wakes a container when it is told to, or when the tool is gone.
#[derive(Debug)]
struct Guardian {
    shell: Child,
}

impl DockerServer {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self { options, guardian: Mutex::default() }
    }

    pub(in super::super) async fn pause(&self) -> Result<(), DockerError> {
        self.treat("pause postgres", &["pause"], "unpause").await
    }

    pub(in super::super) async fn kill(&self) -> Result<(), DockerError> {
        self.treat("kill postgres", &["kill"], "start").await
    }

    /// Not docker's own restart, which stops an image's server by whatever signal the image says.
    pub(in super::super) async fn restart(&self) -> Result<(), DockerError> {
        let doing = "restart postgres";
        self.treat(doing, &["kill", "--signal", "INT"], "start").await?;
        let stopped = docker(doing, &["wait", &container().await?], COMMAND_PATIENCE).await;
        self.wake().await?;
        said(doing, &stopped?)
    }

    /// Undoes a pause or a kill, and waits until the server answers; does nothing when there was none.
    pub(in super::super) async fn wake(&self) -> Result<(), DockerError> {
        let Some(guardian) = self.guardian.lock().await.take() else { return Ok(()) };
        guardian.wake().await?;
        answer(&self.options).await
    }

    async fn treat(
        &self,
        doing: &'static str,
        treatment: &[&str],
        undo: &'static str,
    ) -> Result<(), DockerError> {
        let container = container().await?;
        let mut guardian = self.guardian.lock().await;
        if let Some(before) = guardian.take() {
            before.wake().await?;
        }
        *guardian = Some(Guardian::set(&container, undo)?);
        let arguments: Vec<&str> = treatment.iter().copied().chain([container.as_str()]).collect();
        said(doing, &docker(doing, &arguments, COMMAND_PATIENCE).await?)
    }
}

impl Guardian {
    fn set(container: &str, undo: &str) -> Result<Self, DockerError> {
        let mut command = Command::new("/bin/sh");
        command.args([
            "-c",
            "trap '' HUP INT TERM QUIT; while read -r _; do :; done; exec docker \"$@\"",
            "guardian",
        ]);
        command.args([undo, container]).current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let shell = command.spawn().map_err(|cause| failed(cause.to_string()))?;
        Ok(Self { shell })
    }

    async fn wake(mut self) -> Result<(), DockerError> {
        drop(self.shell.stdin.take());
        let woken = tokio::time::timeout(COMMAND_PATIENCE, self.shell.wait_with_output()).await;
        let output = woken.map_err(|_| failed("docker doesn't answer".to_owned()))?;
        said("wake postgres", &output.map_err(|cause| failed(cause.to_string()))?)
    }
}

/// The id of the project's container.
async fn container() -> Result<String, DockerError> {
    let doing = "find postgres";
    let filter = format!("label=com.docker.compose.project={PROJECT}");
    let listing = docker(doing, &["ps", "--all", "--quiet", "--filter", &filter], COMMAND_PATIENCE).await?;
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    let first = listing.lines().next().map(str::to_owned);
    first.ok_or_else(|| DockerError::Command { doing, cause: "its container is gone".to_owned() })
}

fn said(doing: &'static str, output: &Output) -> Result<(), DockerError> {
    if output.status.success() {
        return Ok(());
    }
    Err(DockerError::Command { doing, cause: last_line(&output.stderr) })
}

fn failed(cause: String) -> DockerError {
    DockerError::Command { doing: "wake postgres", cause }
}
