//! The command line: parse, run, exit code.

/// Tells whoever reads stderr. When nobody does any more, a closed terminal for one, nothing fails for that.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($words)*);
    }};
}

mod args;
mod compare;
mod db;
mod demo;
mod doctor;
mod failure;
mod ground;
mod headless;
mod interrupt;
mod plan;
mod recording;
mod replay;
mod report;
mod run;
mod scenarios;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::config;
use crate::terminal;

use args::{Cli, Command};
use failure::Failure;

/// Runs the command that was typed and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    // Its own message goes to stderr with exit code 2, and help to stdout with 0.
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(code) => code,
        Err(failure) => {
            say!("clearance: {failure}");
            failure.exit_code()
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command.unwrap_or_else(|| Command::Run(Box::new(cli.run))) {
        Command::Run(args) => run::run(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Scenarios { name, schema } => scenarios::scenarios(name.as_deref(), schema),
        Command::Report { recording, to, from, length } => {
            report::report(&recording, &to, report::part(from, length))
        }
        Command::Replay(args) => replay::replay(&args),
        Command::Demo(args) => demo::demo(*args),
        Command::Compare(args) => compare::compare(&args),
        Command::Db(command) => db::db(command),
        Command::Doctor { url, config } => doctor::doctor(url.database_url.as_deref(), config.given()),
        Command::Config => print(&config::template()).map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "clearance", &mut io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Prints to stdout; a reader who has had enough, such as `head`, is no failure, nor is a terminal that was closed.
fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe && !terminal::is_gone() => {
            Err(Failure::System(error))
        }
        _ => Ok(()),
    }
}

/// Runs a future to its end on a runtime of its own.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::System)?;
    runtime.block_on(future)
}
