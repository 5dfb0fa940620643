//! The flags of `clearance plan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use loadgen::assert::Expression;
use loadgen::capacity::{Goal, Vary};

use super::{DatabaseArgs, LoadArgs};

/// What to look for, and how.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  clearance plan default --slo 'queue_wait.p99 < 250ms' --find max-rate
  clearance plan mine.toml --slo 'response.p99 < 5s' --find min-workers --rate 400/s
  clearance plan mine.toml --slo 'queue_wait.p99 < 250ms' --slo 'queries.acquire.per_job <= 1.5' \\
      --find max-rate --vary replicas=1,3,10 --vary policy=default,seed --report grid.json

A step is accepted when every SLO holds, the backlog doesn't grow, and the generator kept its
schedule. Each poster posts evenly at its mean rate, in the scenario's proportions.

Exit codes: 0 a level holds, 1 the database was lost, 3 no level holds, 4 an audit failed, 5 the
generator gave out before any level held, 130 interrupted: what was known by then.")]
pub(in super::super) struct PlanArgs {
    /// A built-in scenario (see `clearance scenarios`) or a path to a TOML file
    pub(in super::super) scenario: String,

    /// What is to hold, such as `queue_wait.p99 < 250ms`; repeatable: all of them; any figure of the JSON report
    #[arg(long, value_name = "EXPRESSION", value_parser = super::expression, required = true)]
    pub(in super::super) slo: Vec<Expression>,
    /// The highest posting rate that holds it, or the fewest workers
    #[arg(long, value_name = "max-rate|min-workers")]
    pub(in super::super) find: FindArg,
    /// Search under each of several values and compare; repeatable, which makes a grid. Keys: replicas, policy,
    /// `backup_poll`, workers, rate, batch, seed, a switch such as `policy.claim_batch`, or a key of the scenario such
    /// as `fleet.NAME.workers` or `poster.batch`
    #[arg(long, value_name = "KEY=A,B,C")]
    pub(in super::super) vary: Vec<Vary>,

    /// How long each step is measured
    #[arg(long, value_name = "TIME", value_parser = super::duration, default_value = "10s", help_heading = "Search")]
    pub(in super::super) step: Duration,
    /// How long each step runs before that [default: 2s, or two jobs of the slowest fleet]
    #[arg(long, value_name = "TIME", value_parser = super::duration, help_heading = "Search")]
    pub(in super::super) warmup: Option<Duration>,
    /// How often the answer has to hold
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=20), default_value = "3", help_heading = "Search")]
    pub(in super::super) repeat: u8,
    /// How close the ends of the answer are to be, as a share of it
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "5%", help_heading = "Search")]
    pub(in super::super) precision: f64,
    /// The first rate or number of workers to try [default: the scenario's own]
    #[arg(long, value_name = "LEVEL", help_heading = "Search")]
    pub(in super::super) start: Option<String>,
    /// Try nothing below [default: a thousandth of the start, or a worker for each fleet]
    #[arg(long, value_name = "LEVEL", help_heading = "Search")]
    pub(in super::super) min: Option<String>,
    /// Try nothing above [default: a thousand times the start, or 16 times its workers]
    #[arg(long, value_name = "LEVEL", help_heading = "Search")]
    pub(in super::super) max: Option<String>,
    /// Print what would be done, and how long it may take
    #[arg(long, help_heading = "Search")]
    pub(in super::super) dry_run: bool,

    /// Write the answer and every step; repeatable; .json by its ending
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(in super::super) report: Vec<PathBuf>,
    #[command(flatten)]
    pub(in super::super) database: DatabaseArgs,
    #[command(flatten)]
    pub(in super::super) load: LoadArgs,
}

/// What to look for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in super::super) enum FindArg {
    /// The highest posting rate
    MaxRate,
    /// The fewest workers
    MinWorkers,
}

impl From<FindArg> for Goal {
    fn from(arg: FindArg) -> Self {
        match arg {
            FindArg::MaxRate => Self::MaxRate,
            FindArg::MinWorkers => Self::MinWorkers,
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |percent| (percent, 100.0));
    let number: f64 = number.trim().parse().map_err(|_| format!("{text:?} is no share; write 5% or 0.05"))?;
    Ok(number / scale)
}
