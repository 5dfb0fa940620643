//! `clearance db`: the Postgres in Docker that stays between runs.

use std::process::ExitCode;

use loadgen::database::docker;

use super::args::DbCommand;
use super::failure::Failure;
use super::{block_on, print};

/// Does what was asked with the container.
pub(super) fn db(command: DbCommand) -> Result<ExitCode, Failure> {
    match command {
        DbCommand::Up { db_durability } => block_on(async {
            let progress = |doing: &str| say!("clearance: {doing}");
            let database = docker::up(db_durability.into(), &progress).await?;
            print(&format!("up at {}; use it with: clearance run --db docker\n", database.place()))?;
            Ok(ExitCode::SUCCESS)
        }),
        DbCommand::Down { volumes } => block_on(async {
            docker::down(volumes).await?;
            print("down\n")?;
            Ok(ExitCode::SUCCESS)
        }),
        DbCommand::Status => block_on(async {
            let status = docker::status().await?;
            let container =
                status.container.as_deref().unwrap_or("not there; start it with: clearance db up");
            let ports = status.ports.as_deref().unwrap_or("none");
            let volume = match &status.volume {
                Some(volume) => format!("in volume {volume}"),
                None => "none".to_owned(),
            };
            print(&format!("container  {container}\nports      {ports}\ndata       {volume}\n"))?;
            Ok(ExitCode::SUCCESS)
        }),
        DbCommand::Psql { arguments } => {
            let mut command = block_on(async { Ok(docker::psql(&arguments).await?) })?;
            // Ctrl-C is psql's, which ends a query by it and not itself.
            become_it(&mut command)
        }
    }
}

/// Runs a program in place of this one; comes back only when it can't.
fn become_it(command: &mut std::process::Command) -> Result<ExitCode, Failure> {
    Err(Failure::System(std::os::unix::process::CommandExt::exec(command)))
}
