//! pgbench, from where the cluster's own programs are.

use std::path::PathBuf;
use std::process::Command;

use acquirer::store::postgres::statements;
use anyhow::{Context as _, ensure};
use loadgen::database::Database;
use loadgen::database::binaries::{Binaries, Search};
use sqlx::postgres::PgConnectOptions;

/// Runs scripts with the planner settings of the store.
pub(crate) struct Pgbench {
    program: PathBuf,
    place: PgConnectOptions,
    script: tempfile::NamedTempFile,
}

impl Pgbench {
    /// Finds the program.
    pub(crate) fn find(database: &Database) -> anyhow::Result<Self> {
        let found = Search::of_this_machine().run();
        let of_cluster = |found: &&Binaries| found.version.to_string() == database.server_version();
        let found = found.iter().find(of_cluster).context("the cluster's programs are not found again")?;
        let program = found.program("pgbench");
        ensure!(program.is_file(), "there is no {}", program.display());
        Ok(Self { program, place: database.connect_options(), script: tempfile::NamedTempFile::new()? })
    }

    /// Runs a script so many times for each client; how often a second it ran, all clients together.
    pub(crate) fn run(
        &self,
        script: &str,
        clients: usize,
        times: usize,
        variables: &[(&str, String)],
    ) -> anyhow::Result<f64> {
        std::fs::write(self.script.path(), script)?;
        let settings = statements::SETTINGS.map(|(name, value)| format!("-c {name}={value}"));
        let output = Command::new(&self.program)
            .env("PGOPTIONS", settings.join(" "))
            .arg("-h")
            .arg(self.place.get_socket().context("a private cluster has a socket")?)
            .args(["-p", &self.place.get_port().to_string(), "-U", "postgres"])
            .args(["-n", "-M", "prepared", "-c", &clients.to_string(), "-j", &clients.min(2).to_string()])
            .args(["-t", &times.to_string()])
            .args(variables.iter().flat_map(|(name, value)| ["-D".to_owned(), format!("{name}={value}")]))
            .arg("-f")
            .arg(self.script.path())
            .arg("postgres")
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.with_context(|| format!("pgbench gave no rate: {said}"))
    }
}
