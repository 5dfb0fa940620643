//! The command line as it is typed: names, flags and help. Settles nothing.

mod plan;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use loadgen::assert::Expression;
use loadgen::database::{Durability, How};
use loadgen::prometheus::ExporterAddress;
use loadgen::scenario::Overrides;
use loadgen::scenario::policy::{Policy, parse_policy};
use loadgen::scenario::quantity::{parse_duration, parse_rate};

use crate::config::{self, Config, ConfigError};
use crate::dashboard::{self, DashboardOptions};

use super::compare::CompareArgs;
use crate::model::Demo;

pub(super) use plan::PlanArgs;

/// See every wakeup of a Postgres job queue: a load generator with a live dashboard.
///
/// Many workers share one acquirer. It groups those that accept the same jobs into domains, lets one of a
/// domain query at a time, and puts the rest to sleep until a NOTIFY arrives or the backup poll comes round.
/// clearance runs that acquirer under the load of a scenario against a real Postgres, and shows why each job
/// waited.
#[derive(Debug, Parser)]
#[command(
    name = "clearance",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  clearance                                    the default scenario, live, on a Postgres of its own
  clearance run backup-poll                    watch jobs wait for the poll, and be rescued
  clearance run --headless --report out.json   for scripts and CI: figures instead of a screen
  clearance run --record out.clr               keep the whole run; later show it again, or report on it:
  clearance replay out.clr
  clearance report out.clr --to out.json
  clearance plan default --find max-rate --slo 'queue_wait.p99 < 250ms'      how much it takes
  clearance scenarios default > mine.toml      a scenario to edit; then: clearance run mine.toml

Exit codes: 0 all held, 1 the run failed, 2 usage or scenario error, 3 an assertion fell short,
4 the audit failed (a job lost, doubled or stranded), 5 the run is INVALID (the generator did
not keep its schedule), 130 interrupted. Of several, the first of 130, 4, 5, 3."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario, live or headless (the default)
    Run(Box<RunArgs>),
    /// Find the highest posting rate, or the fewest workers, that holds an SLO
    Plan(Box<PlanArgs>),
    /// Show a guided demo: a built-in scenario with captions that say what happens; without NAME list them
    Demo(Box<DemoArgs>),
    /// List the built-in scenarios; with NAME print its TOML, ready to edit
    ///
    /// A file of your own is checked while you write it by an editor that knows the language: write
    /// `clearance scenarios --schema > clearance.schema.json`, and in the first line of the scenario
    /// `#:schema ./clearance.schema.json`.
    Scenarios {
        /// The scenario to print
        name: Option<String>,
        /// Print the language as a JSON Schema (draft 2020-12) for editors
        #[arg(long, conflicts_with = "name")]
        schema: bool,
    },
    /// Make a report, a histogram log or a trace from a recorded run
    Report {
        /// The recording, made by `clearance run --record FILE`
        recording: PathBuf,
        /// What to make, by its ending: .html, .json, .hlog, trace.json; repeatable
        #[arg(long, value_name = "FILE", required = true)]
        to: Vec<PathBuf>,
        /// Where a trace begins, since the posters started
        #[arg(long, value_name = "TIME", value_parser = duration)]
        from: Option<Duration>,
        /// How much of the run a trace shows
        #[arg(long = "for", value_name = "TIME", value_parser = duration)]
        length: Option<Duration>,
    },
    /// Show a recorded run in the dashboard: play, pause, go anywhere in it
    Replay(ReplayArgs),
    /// Compare two runs, or two sets of runs, with significance
    Compare(CompareArgs),
    /// The Postgres that `--db docker` uses
    #[command(subcommand)]
    Db(DbCommand),
    /// Tell what was found: Postgres binaries, Docker engine, terminal; and what to do about what is missing
    Doctor {
        #[command(flatten)]
        url: UrlArg,
        #[command(flatten)]
        config: ConfigArg,
    },
    /// Print a configuration to begin with: how the dashboard looks, and all its keys
    ///
    /// Write `clearance config > ~/.config/clearance/config.toml`, and take the # before what you change.
    Config,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Which recorded run to show, and how.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The recording, made by `clearance run --record FILE`
    pub(super) recording: PathBuf,
    /// Where to begin, since the posters started, such as 30s
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) from: Option<Duration>,
    /// Mark the seconds whose queue wait at p99 is above this, such as 250ms; without it, above ten times what is
    /// usual in the run, 10ms at least
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) breach: Option<Duration>,
    #[command(flatten)]
    pub(super) look: LookArgs,
}

/// What to do with the Postgres in Docker.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum DbCommand {
    /// Start it and leave it running; one that runs is used as it is
    Up {
        /// How it treats commits
        #[arg(long, value_name = "safe|fast", default_value = "safe")]
        db_durability: DurabilityArg,
    },
    /// Stop and remove it, with what runs beside it
    Down {
        /// Remove its data as well
        #[arg(long)]
        volumes: bool,
    },
    /// Tell whether it runs, and where
    Status,
    /// Open psql in it, such as `clearance db psql -c 'SELECT count(*) FROM clearance.jobs'`
    Psql {
        /// What psql is told
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
        arguments: Vec<String>,
    },
}

/// An existing database.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct UrlArg {
    /// An existing Postgres; only the schema `clearance` in it is touched
    #[arg(long = "database-url", value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(super) database_url: Option<String>,
}

impl UrlArg {
    /// An empty one, as of an empty variable, counts as none.
    pub(super) fn is_given(&self) -> bool {
        self.database_url.as_ref().is_some_and(|url| !url.is_empty())
    }
}

/// Which database.
#[derive(Debug, Clone, Args)]
pub(super) struct DatabaseArgs {
    #[command(flatten)]
    pub(super) url: UrlArg,
    /// How to get a database when no URL is given: binaries of this machine, else Docker
    #[arg(long, value_name = "auto|local|docker", default_value = "auto", help_heading = "Database")]
    pub(super) db: DbArg,
    /// How a database that is started for the run treats commits: `fast` turns fsync off, for demos
    #[arg(long, value_name = "safe|fast", default_value = "safe", help_heading = "Database")]
    pub(super) db_durability: DurabilityArg,
    /// Leave the schema (and a local cluster's directory) behind
    #[arg(long, help_heading = "Database")]
    pub(super) keep: bool,
}

/// Which demo to show.
#[derive(Debug, Clone, Args)]
pub(super) struct DemoArgs {
    /// The demo to show
    #[arg(value_name = "NAME", value_parser = demo_parser())]
    pub(super) demo: Option<Demo>,
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
    #[command(flatten)]
    pub(super) look: LookArgs,
}

fn demo_parser() -> impl TypedValueParser<Value = Demo> {
    PossibleValuesParser::new(Demo::ALL.map(Demo::name)).map(|name| {
        let named = Demo::ALL.into_iter().find(|demo| demo.name() == name);
        named.expect("only names of demos are possible values")
    })
}

/// How to run a scenario.
#[derive(Debug, Clone, Args)]
pub(super) struct RunArgs {
    /// A built-in scenario (see `clearance scenarios`) or a path to a TOML file
    #[arg(default_value = "default")]
    pub(super) scenario: String,

    #[command(flatten)]
    pub(super) database: DatabaseArgs,

    /// No dashboard: progress on stderr, summary on stdout (also when stdout is no terminal)
    #[arg(long, help_heading = "Output")]
    pub(super) headless: bool,
    /// Write a report; repeatable; .html for people, .json for tools
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) report: Vec<PathBuf>,
    /// Write the latencies as an HDR histogram log, tagged by stage, one interval a second; .hlog
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) hdr: Option<PathBuf>,
    /// Record the whole run, for `clearance replay` and `clearance report`; .clr
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) record: Option<PathBuf>,
    /// Something that the run is to hold, such as `queue_wait.p99 < 250ms` or `audit.ok`; repeatable; any figure of
    /// the JSON report by its path, any percentile of a latency
    #[arg(long = "assert", value_name = "EXPRESSION", value_parser = expression, help_heading = "Output")]
    pub(super) expectations: Vec<Expression>,
    /// Serve the figures to Prometheus while the run lasts, at http://HOST:PORT/metrics, such as 127.0.0.1:9187
    #[arg(long, value_name = "HOST:PORT", help_heading = "Output")]
    pub(super) metrics: Option<ExporterAddress>,
    #[command(flatten)]
    pub(super) look: LookArgs,

    /// How long jobs are posted, such as 30s
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Overriding the scenario")]
    pub(super) duration: Option<Duration>,
    /// How much of that is left out of rates and latencies
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Overriding the scenario")]
    pub(super) warmup: Option<Duration>,
    #[command(flatten)]
    pub(super) load: LoadArgs,
    /// The guided demo that it is.
    #[arg(skip)]
    pub(super) demo: Option<Demo>,
}

/// How the dashboard looks.
#[derive(Debug, Clone, Args)]
pub(super) struct LookArgs {
    /// Draw the dashboard without box and braille characters
    #[arg(long, help_heading = "Output")]
    pub(super) ascii: bool,
    #[command(flatten)]
    pub(super) config: ConfigArg,
}

/// Which configuration.
#[derive(Debug, Clone, Args)]
pub(super) struct ConfigArg {
    /// How the dashboard looks and its keys: a file such as `clearance config` prints; when left out, the usual one
    /// that `clearance doctor` names
    // An empty variable counts as none, which a path's own parser would refuse.
    #[arg(
        long,
        value_name = "FILE",
        env = "CLEARANCE_CONFIG",
        hide_env_values = true,
        help_heading = "Output"
    )]
    config: Option<OsString>,
}

impl ConfigArg {
    /// The file that was asked for.
    pub(super) fn given(&self) -> Option<&Path> {
        self.config.as_deref().filter(|path| !path.is_empty()).map(Path::new)
    }
}

impl LookArgs {
    /// How the dashboard is to look. Where none is shown only a file that was asked for is read.
    pub(super) fn options(&self, is_live: bool) -> Result<DashboardOptions, ConfigError> {
        let mut config = Config::default();
        if is_live || self.config.given().is_some() {
            config = config::load(self.config.given())?.config;
        }
        config.ascii |= self.ascii;
        Ok(DashboardOptions::of(&config, dashboard::no_color_wanted()))
    }
}

/// What changes a scenario's load.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct LoadArgs {
    /// Decides every random draw
    #[arg(long, value_name = "N", help_heading = "Overriding the scenario")]
    pub(super) seed: Option<u64>,
    /// Workers, all fleets together
    #[arg(long, value_name = "N", help_heading = "Overriding the scenario")]
    pub(super) workers: Option<usize>,
    /// Mean posting rate, all posters together, such as 200/s
    #[arg(long, value_name = "RATE", value_parser = rate, allow_hyphen_values = true, help_heading = "Overriding the scenario")]
    pub(super) rate: Option<f64>,
    /// Acquirers, each with a listener of its own
    #[arg(long, value_name = "N", help_heading = "Overriding the scenario")]
    pub(super) replicas: Option<usize>,
    /// How long a domain sleeps at most when no notice reaches it
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Overriding the scenario")]
    pub(super) backup_poll: Option<Duration>,
    /// The acquirers' rules: a preset, or single switches over the default such as `chain=always,claim_batch=1`
    #[arg(long, value_name = "default|seed", value_parser = policy, help_heading = "Overriding the scenario")]
    pub(super) policy: Option<Policy>,
}

impl RunArgs {
    /// The run of a demo.
    pub(super) fn of_demo(demo: Demo, database: DatabaseArgs, look: LookArgs) -> Self {
        Self {
            scenario: demo.name().to_owned(),
            database,
            headless: false,
            report: Vec::new(),
            hdr: None,
            record: None,
            expectations: Vec::new(),
            metrics: None,
            look,
            duration: None,
            warmup: None,
            load: LoadArgs::default(),
            demo: Some(demo),
        }
    }

    /// What the flags change in the scenario.
    pub(super) fn overrides(&self) -> Overrides {
        Overrides { duration: self.duration, warmup: self.warmup, ..self.load.overrides() }
    }
}

impl LoadArgs {
    /// What the flags change in the scenario.
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            duration: None,
            warmup: None,
            seed: self.seed,
            workers: self.workers,
            rate: self.rate,
            replicas: self.replicas,
            backup_poll: self.backup_poll,
            policy: self.policy,
        }
    }
}

/// How to get a database.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DbArg {
    /// Binaries of this machine, else Docker
    Auto,
    /// Binaries of this machine
    Local,
    /// Docker Compose
    Docker,
}

impl From<DbArg> for How {
    fn from(arg: DbArg) -> Self {
        match arg {
            DbArg::Auto => Self::Auto,
            DbArg::Local => Self::Local,
            DbArg::Docker => Self::Docker,
        }
    }
}

/// How a database treats commits.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DurabilityArg {
    /// A commit that was answered is on the disk
    Safe,
    /// It may be lost with the machine
    Fast,
}

impl From<DurabilityArg> for Durability {
    fn from(arg: DurabilityArg) -> Self {
        match arg {
            DurabilityArg::Safe => Self::Safe,
            DurabilityArg::Fast => Self::Fast,
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

fn expression(text: &str) -> Result<Expression, String> {
    text.parse::<Expression>().map_err(|error| error.to_string())
}

fn rate(text: &str) -> Result<f64, String> {
    parse_rate(text).map_err(|error| error.to_string())
}

fn policy(text: &str) -> Result<Policy, String> {
    parse_policy(text).map_err(|error| error.to_string())
}
