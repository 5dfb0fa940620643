//! The binary as it is now, and runs with it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use loadgen::database::Database;
use serde_json::Value;

/// Builds the binary beside the bench.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    let built =
        Command::new(env!("CARGO")).args(["build", "--release", "--quiet", "-p", "clearance"]).status()?;
    ensure!(built.success(), "clearance does not build");
    let beside = std::env::current_exe()?;
    let beside = beside.parent().and_then(Path::parent).context("a bench lies in target/release/deps")?;
    Ok(beside.join("clearance"))
}

/// Runs a scenario headless on a private cluster, with more arguments; its report.
pub(crate) fn run(
    clearance: &Path,
    database: &Database,
    directory: &Path,
    scenario: &str,
    more: &[&OsStr],
) -> anyhow::Result<Value> {
    let (file, report) = (directory.join("bench.toml"), directory.join("bench.json"));
    std::fs::write(&file, scenario)?;
    let place = database.connect_options();
    let socket = place.get_socket().context("a private cluster has a socket")?.display().to_string();
    let url = format!("postgres://postgres@localhost/postgres?host={socket}&port={}", place.get_port());
    let output = Command::new(clearance)
        .args(["run", "--headless", "--database-url", &url, "--report"])
        .arg(&report)
        .args(more)
        .arg(&file)
        .stdin(Stdio::null())
        .output()?;
    ensure!(output.status.success(), "clearance: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&std::fs::read(&report)?)?)
}

/// A count of a report.
pub(crate) fn count(report: &Value, pointer: &str) -> anyhow::Result<u64> {
    report.pointer(pointer).and_then(Value::as_u64).with_context(|| format!("the report has no {pointer}"))
}

/// A number of a report.
pub(crate) fn number(report: &Value, pointer: &str) -> anyhow::Result<f64> {
    report.pointer(pointer).and_then(Value::as_f64).with_context(|| format!("the report has no {pointer}"))
}
