//! Why a command failed, in one line, and its exit code.

use std::io;
use std::process::ExitCode;

use loadgen::database::DatabaseError;
use loadgen::database::docker::DockerError;
use loadgen::report::ReportError;
use loadgen::run::RunError;
use loadgen::scenario::ScenarioError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The scenario is wrong, or not there.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A report can't be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// There is no database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Docker failed.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// The run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The dashboard failed.
    #[error("the dashboard failed: {0:#}")]
    Dashboard(anyhow::Error),
    /// Stdout or the runtime failed.
    #[error("cannot write or start: {0}")]
    Output(#[source] io::Error),
    /// Ctrl-C before there was anything to report.
    #[error("interrupted before the run began")]
    Interrupted,
}

impl Failure {
    /// The exit code of the contract.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Report(ReportError::Unwritable { .. }) => 1,
            Self::Scenario(_) | Self::Report(_) | Self::Database(DatabaseError::MalformedUrl { .. }) => 2,
            Self::Interrupted | Self::Run(RunError::Interrupted) => 130,
            _ => 1,
        })
    }
}
