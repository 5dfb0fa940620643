//! What is said to Compose. It gets the embedded file on its stdin, so that the tool works from anywhere.

use super::engine::{Compose, last_line, run};
use super::error::DockerError;
use super::project::Project;
use super::{COMMAND_PATIENCE, COMPOSE_FILE};

/// Every profile, so that what runs beside the server goes down with it.
pub(super) const PROFILES: &str = "load,monitoring";

pub(super) fn down_arguments(volumes: bool) -> &'static [&'static str] {
    if volumes { &["down", "--volumes", "--timeout", "5"] } else { &["down", "--timeout", "5"] }
}

/// The variables of the compose file. It insists on a password even where none is used.
pub(super) fn environment(project: &Project, password: &str, durable: &str) -> Vec<(&'static str, String)> {
    let mut environment = Vec::from(project.variables());
    environment.push(("CLEARANCE_DB_PASSWORD", password.to_owned()));
    environment.push(("CLEARANCE_DB_DURABLE", durable.to_owned()));
    environment
}

/// Gives an order, and waits until it is done.
pub(super) async fn say(
    tool: &Compose,
    project: &Project,
    doing: &'static str,
    arguments: &[&str],
    password: &str,
    durable: &str,
) -> Result<(), DockerError> {
    let (program, first) = tool.program();
    let ours = ["-p", project.name.as_str(), "-f", "-"];
    let all: Vec<&str> = first.iter().chain(&ours).chain(arguments).copied().collect();
    let mut environment = environment(project, password, durable);
    if arguments.contains(&"down") {
        environment.push(("COMPOSE_PROFILES", PROFILES.to_owned()));
    }
    let failed = |cause| DockerError::Command { doing, cause };
    let output = run(program, &all, Some(COMPOSE_FILE), &environment, COMMAND_PATIENCE)
        .await
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(failed(last_line(&output.stderr))) }
}
