//! Who undoes what was done to a container, whatever becomes of the tool.
//!
//! A container outlives the tool. So whoever starts one for a run, pauses it, kills it or cuts it off first sets a
//! guardian beside it: a shell, in a process group of its own and deaf to signals, that waits for the end of a pipe
//! which only the tool holds open, and then gives one order to Docker. Ending it properly and losing the tool,
//! SIGKILL included, take the same way. A machine that crashes takes the guardian along: then the next use mends.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::engine::{Compose, said};
use super::error::DockerError;
use super::project::Project;
use super::{COMMAND_PATIENCE, COMPOSE_FILE, compose};

/// Waits for the end of its stdin, which it hands on to the order; tries again when the order meets another's.
const SCRIPT: &str = "\
trap '' HUP INT TERM QUIT
input=$(cat)
for pause in 1 2 4 0; do
    said=$(printf '%s' \"$input\" | \"$@\" 2>&1) && exit 0
    sleep $pause
done
printf '%s\\n' \"$said\" >&2
exit 1";

/// Gives its order when it is told to, or when the tool is gone.
#[derive(Debug)]
pub(super) struct Guardian {
    doing: &'static str,
    shell: Child,
}

impl Guardian {
    /// One that gives an order to Docker.
    pub(super) fn of_order(doing: &'static str, arguments: &[&str]) -> Result<Self, DockerError> {
        let mut command = shell("docker");
        command.args(arguments);
        Self::spawn(doing, command)
    }

    /// One that takes the project down.
    pub(super) async fn of_project(
        tool: &Compose,
        project: &Project,
        volumes: bool,
    ) -> Result<Self, DockerError> {
        let doing = "take postgres down";
        let (program, first) = tool.program();
        let mut command = shell(program);
        command.args(first).args(["-p", &project.name, "-f", "-"]).args(compose::down_arguments(volumes));
        command.envs(compose::environment(project, "unused", "on"));
        command.env("COMPOSE_PROFILES", compose::PROFILES);
        let mut guardian = Self::spawn(doing, command)?;
        if let Some(stdin) = &mut guardian.shell.stdin {
            let written = stdin.write_all(COMPOSE_FILE.as_bytes()).await;
            written.map_err(|cause| DockerError::Command { doing, cause: cause.to_string() })?;
        }
        Ok(guardian)
    }

    fn spawn(doing: &'static str, mut command: Command) -> Result<Self, DockerError> {
        command.current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let failed = |cause: std::io::Error| DockerError::Command { doing, cause: cause.to_string() };
        Ok(Self { doing, shell: command.spawn().map_err(failed)? })
    }

    /// Lets it go without its order: what it watches over is to stay.
    pub(super) fn dismiss(mut self) {
        // It hears no other signal. That it has ended already, which it can't, would be as good.
        let _ = self.shell.start_kill();
    }

    /// Lets it give its order, and waits until that is done.
    pub(super) async fn relieve(mut self) -> Result<(), DockerError> {
        let doing = self.doing;
        drop(self.shell.stdin.take());
        let done = tokio::time::timeout(COMMAND_PATIENCE, self.shell.wait_with_output()).await;
        let failed = |cause: String| DockerError::Command { doing, cause };
        let output = done.map_err(|_| failed("docker doesn't answer".to_owned()))?;
        said(doing, &output.map_err(|cause| failed(cause.to_string()))?).map(drop)
    }
}

fn shell(program: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT, "guardian", program]);
    command
}
