//! What a run came to: the model of the JSON report, the file, and the summary for people.
//!
//! Keys are a contract (`schema_version` 1): more may be added, none is renamed. Times end in their unit,
//! rates are per second, shares go from 0 to 1. Where the whole run is counted (`jobs`, `queries`,
//! `notifications`, `wakeups`, `domains`, `audit`) the warm-up is included; `rates`, `latency_us` and
//! assertions leave it out. It measures nothing itself.

mod attribution;
mod database;
pub mod html;
mod json;
mod latency;
mod notes;
mod summary;
mod target;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod verdict;

use acquirer::job::{JobId, ProvisionerType, Tags};
use acquirer::wakeup::Policy;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::assert::{Expression, Unit};
use crate::lint::Warning;
use crate::scenario::Scenario;

pub use attribution::{
    ByRoot, IdleQueries, LostPostings, NaivePolling, SlowJob, SpuriousWakeups, WakeupsLost,
};
pub use database::{MeasuredDatabase, ObservedDatabase, Wait};
pub use latency::{ByCause, ByStage, DecodeError, LatencySummary};
pub use summary::summary;
pub(crate) use summary::words;
pub use summary::words::{count, plural, wrapped};
pub use target::{ReportError, Target};
pub use verdict::Verdict;

/// The version of the report's keys.
pub const SCHEMA_VERSION: u32 = 1;

/// One run's results.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What made it.
    pub tool: Tool,
    /// What was asked for, settled.
    pub scenario: Scenario,
    /// The acquirers' rules, every switch by name.
    pub policy: PolicyFacts,
    /// What it ran on.
    pub environment: Environment,
    /// The run itself.
    pub run: Run,
    /// Jobs of the whole run.
    pub jobs: Jobs,
    /// Rates of the measured part, per second.
    pub rates: Rates,
    /// Queries of the whole run.
    pub queries: Queries,
    /// Notifications of the whole run.
    pub notifications: Notifications,
    /// Clearances of the whole run and what came of them, by direct cause.
    pub wakeups: ByCause<Wakeups>,
    /// Jobs of the whole run that nothing but the backup poll led to: those found by its queries or by what chains
    /// from them, and those that lay there when it came and that its waiters, coming back, took.
    pub rescued_by_backup_poll: u64,
    /// Postings of the whole run whose wakeup was lost.
    #[serde(default)]
    pub wakeups_lost: WakeupsLost,
    /// Wakeups of the whole run that found nothing.
    #[serde(default)]
    pub spurious_wakeups: SpuriousWakeups,
    /// What looking costs while there is nothing to do.
    #[serde(default)]
    pub idle_queries: IdleQueries,
    /// What polling without any wakeups would have cost.
    #[serde(default)]
    pub naive_polling: NaivePolling,
    /// Jobs acquired in the whole run, by root cause.
    #[serde(default)]
    pub found_by_root: ByRoot<u64>,
    /// Latencies of the measured part, in microseconds.
    pub latency_us: ByStage<LatencySummary>,
    /// Latencies of the measured part by the direct cause of the clearance that found the job, in
    /// microseconds.
    pub latency_by_cause_us: ByCause<CauseLatency>,
    /// Latencies of the finished jobs of the measured part by the root cause, in microseconds.
    #[serde(default)]
    pub latency_by_root_us: ByRoot<CauseLatency>,
    /// The jobs of the measured part that waited longest, the longest first, ten at most.
    #[serde(default)]
    pub slowest_jobs: Vec<SlowJob>,
    /// What each domain did on each replica in the whole run, ordered by key, then by replica.
    pub domains: Vec<Domain>,
    /// One entry for each second since the posters started, warm-up and drain included.
    pub timeline: Vec<TimelineSecond>,
    /// What was changed by hand while the run went on, in order; the last 1,000 at most. A run with any is not the run
    /// that its scenario describes.
    #[serde(default)]
    pub interventions: Vec<Intervention>,
    /// What the scenario changed while the run went on, or could not, in order.
    #[serde(default)]
    pub changes: Vec<Intervention>,
    /// What Postgres looked like beside the load.
    #[serde(default)]
    pub database: ObservedDatabase,
    /// What looked wrong while it was measured, in the order of its end: at most the hundred newest.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// Whether every job is accounted for.
    pub audit: Audit,
    /// What the run was to hold, in the order of the command line.
    pub assertions: Vec<Assertion>,
    /// Whether the load generator itself kept up.
    pub generator: Generator,
}

/// Something that was changed while the run went on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intervention {
    /// In which second since the posters started.
    pub second: u64,
    /// What, such as `policy becomes seed`.
    pub what: String,
    /// Why it could not be; absent when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What made the report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `clearance`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The acquirers' rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFacts {
    /// In words: `default`, `seed`, or what differs from the nearer of them, such as `default with chain=always`.
    pub name: String,
    /// The value of every switch, under the name that it has in scenarios.
    #[serde(flatten)]
    pub switches: Policy,
}

impl From<Policy> for PolicyFacts {
    fn from(switches: Policy) -> Self {
        Self { name: switches.to_string(), switches }
    }
}

/// What the run ran on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The server's version, such as `15.18`.
    pub postgres_version: String,
    /// How the database was got: `local`, `docker` or `url`.
    pub database: String,
    /// Whether a commit that was answered survives the machine: `safe` or `fast`.
    pub durability: String,
    /// Processors that the load generator could use.
    pub cpus: usize,
    /// The operating system, such as `linux`.
    pub os: String,
}

/// The run itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Names it.
    pub id: Uuid,
    /// What decided its random draws.
    pub seed: u64,
    /// When the posters started.
    pub started_at: DateTime<Utc>,
    /// How long was measured, in seconds.
    pub measured_seconds: f64,
    /// How long the warm-up took, in seconds.
    pub warmup_seconds: f64,
    /// Somebody ended it early: there is no verdict.
    pub interrupted: bool,
    /// The generator kept its schedule.
    pub valid: bool,
    /// Why it isn't valid, in plain words.
    pub invalid_reasons: Vec<String>,
    /// The assertion that ended it early, since it could no longer hold.
    #[serde(default)]
    pub stopped_by: Option<String>,
    /// Why the run failed before its end, as when its database was lost: what was measured until then is here, and
    /// nothing was audited or judged. Such a run is `interrupted` as well.
    #[serde(default)]
    pub failed: Option<String>,
}

/// Jobs of the whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jobs {
    /// Those whose commit was seen.
    pub posted: u64,
    /// Those handed to a worker.
    pub acquired: u64,
    /// Those that ended well.
    pub completed: u64,
    /// Those that ended in failure.
    pub failed: u64,
    /// Those canceled before they were acquired.
    pub canceled: u64,
    /// Those still queued when the drain ended.
    pub queued_at_end: u64,
    /// Those still running when the drain ended.
    pub running_at_end: u64,
    /// How often a worker died with one in its hands.
    #[serde(default)]
    pub crashed: u64,
    /// Those of dead workers that were made available again when their lease had run out.
    #[serde(default)]
    pub freed: u64,
    /// Of those still running: their workers had died, and the lease had not run out.
    #[serde(default)]
    pub orphaned_at_end: u64,
}

/// Rates of the measured part, per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Jobs that the plan asked for, live changes included.
    pub target_post: f64,
    /// Jobs committed.
    pub posted: f64,
    /// Jobs acquired.
    pub acquired: f64,
    /// Jobs finished.
    pub completed: f64,
    /// Acquire queries.
    pub acquire_queries: f64,
    /// Acquire queries that found nothing.
    pub empty_queries: f64,
}

/// Queries of the whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Queries {
    /// Those that look for jobs.
    pub acquire: AcquireQueries,
    /// The tool's own, which look at the database.
    pub observer: ObserverQueries,
}

/// Queries that look for jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct AcquireQueries {
    /// All of them.
    pub total: u64,
    /// Those that found at least one job.
    pub found: u64,
    /// Those that found nothing.
    pub empty: u64,
    /// Those that failed.
    pub failed: u64,
    /// Queries for each acquired job; 0 when there was none.
    pub per_job: f64,
    /// The most that any domain of any replica had in flight at once (`EXCLUSIVE`: 1).
    pub max_in_flight_per_domain: u64,
}

/// The tool's own queries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ObserverQueries {
    /// All of them.
    pub total: u64,
    /// How long it waited for their answers, all together.
    #[serde(default)]
    pub seconds: f64,
}

/// Notifications of the whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    /// Those that posters sent.
    pub sent: u64,
    /// Those that a fault swallowed, one for each replica that didn't hear it.
    pub suppressed: u64,
    /// Those that replicas received, one for each replica that heard it.
    pub received: u64,
    /// Those received that couldn't be read.
    pub malformed: u64,
    /// How often a listener said that messages may have been dropped.
    pub losses_signalled: u64,
}

/// What came of the clearances with one cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wakeups {
    /// How many were given.
    pub clearances: u64,
    /// Those whose query found a job.
    pub found: u64,
    /// Those whose query found nothing: spurious wakeups.
    pub empty: u64,
    /// Those whose query failed.
    pub failed: u64,
}

/// Latencies of the jobs that clearances with one cause found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CauseLatency {
    /// Committed to acquired.
    pub queue_wait: LatencySummary,
}

/// What one domain did on one replica.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// What it accepts, in a line, such as `terraform environment=on-prem`.
    pub key: String,
    /// The replica's number, from 0.
    pub replica: usize,
    /// The types that it accepts.
    pub provisioners: Vec<ProvisionerType>,
    /// The tags that its workers carry.
    pub tags: Tags,
    /// Workers of the scenario that belong to it.
    pub workers: usize,
    /// Jobs acquired.
    pub acquired: u64,
    /// Acquire queries.
    pub queries: u64,
    /// Acquire queries that found nothing.
    pub empty: u64,
    /// Jobs that the backup poll rescued.
    pub rescued: u64,
}

/// One second of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineSecond {
    /// Since the posters started, from 0.
    pub second: u64,
    /// Jobs committed.
    pub posted: u64,
    /// Jobs acquired.
    pub acquired: u64,
    /// Jobs finished.
    pub completed: u64,
    /// Of the jobs acquired, those that the backup poll rescued.
    #[serde(default)]
    pub rescued: u64,
    /// Of the postings made in it, those whose wakeup was lost.
    #[serde(default)]
    pub wakeups_lost: u64,
    /// Posted, not acquired, at its end.
    pub backlog: u64,
    /// Acquire queries.
    pub queries: u64,
    /// Acquire queries that found nothing.
    pub empty: u64,
    /// Median queue wait of the jobs acquired in it, in microseconds; 0 when there were none.
    pub queue_wait_p50_us: u64,
    /// 99th percentile of the same.
    pub queue_wait_p99_us: u64,
    /// The same waits in buckets that double: entry `i` counts those of `[2^i, 2^(i+1))` microseconds, entry
    /// 0 those below two; it ends with the last that counts any.
    #[serde(default)]
    pub queue_wait_log2: Vec<u64>,
    /// Names of the faults that were at work in it.
    pub faults: Vec<String>,
}

/// Whether every job is accounted for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Nothing was lost, doubled or stranded.
    pub ok: bool,
    /// Jobs posted (commit seen) and not in the table as queued, running or finished.
    pub lost: Vec<JobId>,
    /// Jobs handed to two workers, or finished twice.
    pub doubled: Vec<JobId>,
    /// Jobs marked running in the table that no worker has.
    pub stranded: Vec<JobId>,
    /// How many of the stranded were found for callers who had left, and left so by the policy's
    /// `departed = "stranded"` (`W10`).
    pub stranded_by_policy: u64,
}

/// Something that the run was to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assertion {
    /// As it was asked for, such as `queue_wait.p99 < 250ms`.
    pub expression: String,
    /// What the run came to: microseconds for latencies, 1 for true and 0 for false, else the plain number;
    /// none when there were no observations, of which nothing holds.
    pub value: Option<f64>,
    /// Whether that satisfies it.
    pub held: bool,
}

impl Report {
    /// The seconds of the timeline that were measured from their beginning to their end.
    pub fn measured_timeline(&self) -> impl Iterator<Item = &TimelineSecond> {
        let from = self.run.warmup_seconds;
        let to = from + self.run.measured_seconds;
        let is_measured = move |second: u64| second as f64 >= from && second as f64 + 1.0 <= to;
        self.timeline.iter().filter(move |second| is_measured(second.second))
    }
}

impl Assertion {
    /// What the run came to, as people read it, such as `it was 310 ms` or `there were no observations`.
    #[must_use]
    pub fn value_in_words(&self) -> String {
        let unit = self.expression.parse::<Expression>().map_or(Unit::Number, |expression| expression.unit());
        self.value
            .map_or("there were no observations".to_owned(), |value| format!("it was {}", unit.show(value)))
    }
}

/// Whether the load generator itself kept up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// 99th percentile of how late posts began, in microseconds; waiting for the database is not in it.
    pub schedule_lag_p99_us: u64,
    /// Jobs whose commit was seen, of those that the plan asked for, as a share; 1 when it asked for none.
    pub achieved_ratio: f64,
    /// Events that a bounded ring had to drop.
    pub events_dropped: u64,
    /// Processor time that the load generator used, in seconds.
    pub cpu_seconds: f64,
    /// Processor time that it used in the measured part, as a share of one core's time; more than 1 on several.
    #[serde(default)]
    pub core_share: f64,
    /// The same as a share of all cores' time.
    #[serde(default)]
    pub cpu_share: f64,
}
