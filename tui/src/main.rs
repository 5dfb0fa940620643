//! The `clearance` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    clearance::cli::main()
}
