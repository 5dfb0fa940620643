//! `clearance compare`: two runs, or two sets of them, side by side.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use loadgen::compare::{self, SEED, Side, Unlikeness, Varying};

use super::failure::Failure;
use super::print;

/// What to compare, and how.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  clearance compare before.json after.json
  clearance compare seed.clr default.clr --varying policy
  clearance compare --a before/*.json --b after/*.json    sets of runs, and how runs differ
  clearance compare before/ after/ --json                 directories are sets as well

Runs that differ in scenario, policy, durability, Postgres or machine are refused, difference by
difference, unless it is named (--varying) or accepted (--anyway). Exit codes: 0 compared,
2 refused.")]
pub(super) struct CompareArgs {
    /// The first side, which the second is measured by: a .json report, a .clr recording, or a directory of them
    #[arg(value_name = "A", required_unless_present = "set_a", requires = "second")]
    first: Option<PathBuf>,
    /// The second side
    #[arg(value_name = "B")]
    second: Option<PathBuf>,
    /// Runs of the first side
    #[arg(long = "a", value_name = "RUN", num_args = 1.., conflicts_with = "first", requires = "set_b")]
    set_a: Vec<PathBuf>,
    /// Runs of the second side
    #[arg(long = "b", value_name = "RUN", num_args = 1.., requires = "set_a")]
    set_b: Vec<PathBuf>,
    /// What is meant to differ, by its key, such as policy, workers, rate, durability
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    varying: Vec<String>,
    /// Compare unlike runs all the same, and say in what they are unlike
    #[arg(long)]
    anyway: bool,
    /// Print all of it as JSON
    #[arg(long)]
    json: bool,
    /// Decides the draws behind the intervals
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
}

/// Reads, compares and prints. The exit code says whether that worked, and nothing of the result.
pub(super) fn compare(args: &CompareArgs) -> Result<ExitCode, Failure> {
    let paths =
        |one: &Option<PathBuf>, set: &[PathBuf]| -> Vec<PathBuf> { one.iter().chain(set).cloned().collect() };
    // Hidden by itself where nobody can see it.
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let read = |paths: &[PathBuf]| {
        Side::read(paths, |file| {
            spinner.set_message(format!("reading {}", file.display()));
            spinner.tick();
        })
    };
    let a = read(&paths(&args.first, &args.set_a))?;
    let b = read(&paths(&args.second, &args.set_b))?;
    let varying = Varying::new(args.varying.iter().cloned());
    let unlike = Unlikeness::between(&a, &b, &varying, args.anyway)?;
    let comparison = compare::compare(&a, &b, unlike, args.seed);
    spinner.finish_and_clear();
    if args.json {
        let json =
            serde_json::to_string_pretty(&comparison).map_err(|error| Failure::System(error.into()))?;
        print(&format!("{json}\n"))?;
    } else {
        print(&compare::text(&comparison))?;
    }
    Ok(ExitCode::SUCCESS)
}
