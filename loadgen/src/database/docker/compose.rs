//! What is said to Compose. It gets the embedded file on its stdin, so that the tool works from anywhere.

use super::engine::{Compose, run, said};
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

/// Brings the server up.
pub(super) async fn up(
    tool: &Compose,
    project: &Project,
    password: &str,
    durable: &str,
) -> Result<(), DockerError> {
    let doing = "bring postgres up";
    let (program, first) = tool.program();
    let arguments = ["-p", &project.name, "-f", "-", "up", "-d", "postgres"];
    let all: Vec<&str> = first.iter().copied().chain(arguments).collect();
    let environment = environment(project, password, durable);
    let output = run(program, &all, Some(COMPOSE_FILE), &environment, COMMAND_PATIENCE)
        .await
        .map_err(|error| DockerError::Command { doing, cause: error.to_string() })?;
    said(doing, &output).map(drop)
}
