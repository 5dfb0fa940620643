//! Why a command failed, in one line, and its exit code.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use loadgen::compare::{SourceError, UnlikenessError};
use loadgen::database::DatabaseError;
use loadgen::database::docker::DockerError;
use loadgen::prometheus::ExporterError;
use loadgen::record::{OutputError, RecordError};
use loadgen::report::ReportError;
use loadgen::run::RunError;
use loadgen::scenario::ScenarioError;

use crate::config::ConfigError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The scenario is wrong, or not there.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The configuration is wrong, or not there.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A report can't be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A recording can't be written or read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The histogram log's name is another file's.
    #[error("cannot write histograms to {}: a histogram log's name ends in .hlog", .0.display())]
    HdrEnding(PathBuf),
    /// A file can't be made from a recording.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Runs to compare can't be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Runs are not to be compared.
    #[error(transparent)]
    Unlike(#[from] UnlikenessError),
    /// The metrics' port isn't to be had.
    #[error(transparent)]
    Exporter(#[from] ExporterError),
    /// A demo is for eyes.
    #[error("a demo needs a terminal on stdin and stdout; for figures write: clearance run {0} --headless")]
    DemoWithoutTerminal(&'static str),
    /// There is no database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Docker failed.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// The run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A recording can be shown to people alone.
    #[error("replay needs a terminal; for figures, use \"clearance report FILE.clr --to FILE.json\"")]
    NoTerminal,
    /// The dashboard failed.
    #[error("the dashboard failed: {0:#}")]
    Dashboard(anyhow::Error),
    /// Stdout or the runtime failed.
    #[error("cannot write or start: {0}")]
    System(#[source] io::Error),
    /// Ctrl-C before there was anything to report.
    #[error("interrupted before the run began")]
    Interrupted,
}

impl Failure {
    /// The exit code of the contract.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Report(error) | Self::Output(OutputError::Report(error)) => report_exit_code(error),
            Self::Record(error) | Self::Output(OutputError::Record(error)) => record_exit_code(error),
            Self::Scenario(_)
            | Self::Config(_)
            | Self::HdrEnding(_)
            | Self::DemoWithoutTerminal(_)
            | Self::Exporter(_)
            | Self::Source(_)
            | Self::Unlike(_)
            | Self::NoTerminal
            | Self::Output(OutputError::UnknownKind { .. } | OutputError::Whole { .. })
            | Self::Database(DatabaseError::MalformedUrl { .. }) => 2,
            Self::Interrupted | Self::Run(RunError::Interrupted) => 130,
            _ => 1,
        })
    }
}

/// A disk that fails is no mistake of whoever typed.
fn report_exit_code(error: &ReportError) -> u8 {
    if matches!(error, ReportError::Unwritable { .. }) { 1 } else { 2 }
}

fn record_exit_code(error: &RecordError) -> u8 {
    if matches!(error, RecordError::Unwritable { .. }) { 1 } else { 2 }
}
