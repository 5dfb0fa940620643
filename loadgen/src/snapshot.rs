//! What a run looks like at one moment: all that a dashboard, a progress line or a replay may see.
//!
//! Made by the run at its own pace and published through a `watch` channel, so that the latest wins
//! and a slow reader costs the load nothing.

mod page;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use crate::lint::{Warning, Warnings};
pub use acquirer::job::{Posting, ProvisionerType, Tags};
pub use acquirer::wakeup::{Cause, ClearanceId, DomainSpec, Policy, RootCause};

pub use crate::measure::{DomainNumber, Stage};
pub use crate::observe::{DatabaseSample, Statement, StatementCounts};
pub use page::{
    DomainPage, LISTED_MAX, PageAcquiree, PageClearance, PageLive, PageReplica, PageToken, ShapeBacklog,
};

/// One moment of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// What the scenario is called: a built-in's name, or a file's without its ending.
    pub scenario: String,
    /// The scenario's title.
    pub title: String,
    /// What the scenario says to watch for; empty when it doesn't say.
    pub watch: String,
    /// The database under the load.
    pub database: DatabaseFacts,
    /// The policy in words: `seed`, `default`, or what differs from the nearer of them.
    pub policy: String,
    /// The same, switch by switch.
    pub switches: Policy,
    /// The period of the backup poll.
    pub backup_poll: Duration,
    /// Where in its life the run is.
    pub phase: RunPhase,
    /// Since the posters started; zero before.
    pub elapsed: Duration,
    /// How long posters run in all.
    pub duration: Duration,
    /// Jobs that are queued before the posters start; while that goes on, `totals.posted` counts them.
    pub preload: u64,
    /// How many acquirers there are.
    pub replicas: usize,
    /// Each of them, by number. One that is deployed anew is missing until it is back.
    pub replica_rows: Vec<ReplicaRow>,
    /// How many workers live now, waiting or running a job.
    pub workers: usize,
    /// Every fleet, in the scenario's order.
    pub fleets: Arc<Vec<FleetRow>>,
    /// Every poster, in the scenario's order.
    pub posters: Vec<PosterRow>,
    /// Multiplies every poster's rate; 1.0 is the scenario's own.
    pub rate_factor: f64,
    /// What the posters should post now, in jobs per second, `rate_factor` included.
    pub target_rate: f64,
    /// What was changed by an order, or was asked for and refused; the oldest first, the last 1,000 at most.
    pub interventions: Arc<Vec<Intervention>>,
    /// Faults that are at work.
    pub faults: Vec<ActiveFault>,
    /// Faults that have begun, at work or over, in that order; of those that are over the last hundred or more.
    pub fault_records: Arc<Vec<Arc<FaultRecord>>>,
    /// For how long the database has not answered, when that is longer than a few seconds.
    pub database_silent_for: Option<Duration>,
    /// Events that a bounded ring had to drop.
    pub events_dropped: u64,
    /// Counts since the run began.
    pub totals: Totals,
    /// Rates over the last whole second, per second.
    pub rates: Rates,
    /// One entry per second, oldest first, the last 300 at most.
    pub seconds: Arc<Vec<Second>>,
    /// Queue wait (committed to acquired) of jobs acquired in the last ten seconds.
    pub queue_wait_recent: Latency,
    /// Latencies of the whole run after the warm-up, made anew once a second.
    pub latencies: Arc<Latencies>,
    /// Jobs by the root cause of the clearance that found them, over the last ten seconds.
    pub found_recent: BTreeMap<RootCause, u64>,
    /// Jobs by the root cause of the clearance that found them, since the run began.
    pub found: BTreeMap<RootCause, u64>,
    /// Of those found over the last ten seconds: by chaining or pending from their root cause.
    pub chained_recent: u64,
    /// Of those found since the run began: by chaining or pending from their root cause.
    pub chained: u64,
    /// What Postgres looked like beside the load, once a second, oldest first, the last 300 at most.
    pub database_samples: Arc<Vec<Arc<DatabaseSample>>>,
    /// What of it can't be seen, why, and what to do about it.
    pub database_missing: Arc<Vec<String>>,
    /// All domains that ever were, in order of their keys.
    pub domains: Arc<Vec<DomainRow>>,
    /// What looks wrong, and did.
    pub warnings: Arc<Warnings>,
}

/// The database under the load.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatabaseFacts {
    /// `local`, `docker` or `url`.
    pub kind: String,
    /// The server's version, such as `15.18`.
    pub version: String,
    /// `safe` or `fast`.
    pub durability: String,
}

/// Where in its life a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunPhase {
    /// Fleets and listeners are coming up.
    #[default]
    Starting,
    /// Under load, not yet measured.
    Warmup,
    /// Under load and measured.
    Measuring,
    /// Posters are done; what is queued is taken and finished.
    Draining,
    /// The ledger is checked against the table.
    Auditing,
    /// Over.
    Finished,
}

/// A replica as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplicaRow {
    /// Its number.
    pub number: usize,
    /// The policy that it follows, in words.
    pub policy: String,
    /// The period of its backup poll.
    pub backup_poll: Duration,
}

/// A fleet as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetRow {
    /// Its name.
    pub name: Arc<str>,
    /// How many of its workers live now, waiting or running a job.
    pub workers: usize,
}

/// A poster as it is now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PosterRow {
    /// Its name.
    pub name: String,
    /// Multiplies its rate, beside the factor of all posters; 1.0 unless somebody changed it.
    pub factor: f64,
    /// What it should post now, in jobs per second, all factors included.
    pub target_rate: f64,
}

/// Something that was changed in a run by an order, or that was asked for and refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intervention {
    /// When, since the posters started. Orders of one kind in quick succession are one.
    pub at: Duration,
    /// Who gave the order.
    pub by: By,
    /// What it is about, such as `rate`, or `fleet` and its name.
    pub subject: String,
    /// What was done or asked for, such as `policy becomes seed`.
    pub what: String,
    /// Why it was not done; `None` when it was.
    pub refused: Option<String>,
}

/// Who gives orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// A person, while the run went on.
    #[default]
    Hand,
    /// The scenario.
    Scenario,
}

/// A fault at work.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActiveFault {
    /// The scenario's key, such as `drop_notifications`.
    pub name: String,
    /// Its parameter in words, such as `100%`; empty when it has none.
    pub parameter: String,
    /// The replica that it hits; `None` is all of them.
    pub replica: Option<usize>,
    /// Since it began.
    pub age: Duration,
    /// Time left; `None` when it lasts until it is ended by hand.
    pub left: Option<Duration>,
}

/// A fault that has begun, and what happened meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultRecord {
    /// The scenario's key, such as `drop_notifications`.
    pub name: String,
    /// Its parameter in words, such as `100%`; empty when it has none.
    pub parameter: String,
    /// The replica that it hits; `None` is all of them.
    pub replica: Option<usize>,
    /// When it began, since the posters started.
    pub began: Duration,
    /// When it ended; `None` while it is at work.
    pub ended: Option<Duration>,
    /// Why it could not do what it was to do, where that is so.
    pub failure: Option<String>,
    /// What happened from its beginning until a backup poll's period after its end.
    pub meanwhile: Meanwhile,
}

/// What happened in a stretch of a run, whatever the reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Meanwhile {
    /// Jobs acquired more than a second after their commit.
    pub late: u64,
    /// The longest that a job acquired in it had waited.
    pub longest_wait: Duration,
    /// Jobs acquired by a clearance whose root cause is the backup poll.
    pub rescued: u64,
    /// Notifications that a fault swallowed.
    pub swallowed: u64,
    /// How often a listener said that messages may have been dropped.
    pub losses_signalled: u64,
    /// Acquire queries that failed.
    pub queries_failed: u64,
    /// Times that a worker died with a job in its hands.
    pub crashed: u64,
}

/// Counts since the run began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Jobs whose commit was seen.
    pub posted: u64,
    /// Jobs handed to a worker.
    pub acquired: u64,
    /// Jobs that ended well.
    pub completed: u64,
    /// Jobs that ended in failure.
    pub failed: u64,
    /// Posted, not acquired.
    pub backlog: u64,
    /// Acquired, not finished.
    pub in_flight: u64,
    /// Acquire queries that found a job.
    pub queries_found: u64,
    /// Acquire queries that found nothing: spurious wakeups.
    pub queries_empty: u64,
    /// Acquire queries that failed.
    pub queries_failed: u64,
    /// Notifications received by replicas.
    pub notifications_received: u64,
    /// Notifications that a fault swallowed.
    pub notifications_suppressed: u64,
    /// How often a listener said that messages may have been dropped.
    pub losses_signalled: u64,
    /// Jobs acquired by a clearance whose root cause is the backup poll.
    pub rescued: u64,
    /// Times that a worker died with a job in its hands.
    pub crashed: u64,
    /// Jobs of dead workers that were made available again.
    pub freed: u64,
    /// Of those, jobs whose posting should have woken somebody who slept, and didn't.
    pub wakeups_lost: u64,
    /// Jobs found for callers who had left, which the policy leaves marked as running (`W10`).
    pub stranded: u64,
}

/// Per second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Jobs committed.
    pub posted: f64,
    /// Jobs acquired.
    pub acquired: f64,
    /// Jobs finished.
    pub completed: f64,
    /// Acquire queries that found a job.
    pub queries_found: f64,
    /// Acquire queries that found nothing.
    pub queries_empty: f64,
    /// Acquire queries that failed.
    pub queries_failed: f64,
}

/// What happened in one second of the run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Second {
    /// Seconds since the posters started.
    pub second: u64,
    /// Jobs committed.
    pub posted: u64,
    /// Jobs acquired.
    pub acquired: u64,
    /// Jobs finished.
    pub completed: u64,
    /// Jobs acquired that the backup poll rescued.
    pub rescued: u64,
    /// Postings of which the wakeup was lost, as was found out when the backup poll rescued their jobs.
    pub wakeups_lost: u64,
    /// Posted, not acquired, at its end.
    pub backlog: u64,
    /// Acquire queries that found a job.
    pub found: u64,
    /// Acquire queries that found nothing.
    pub empty: u64,
    /// Acquire queries that failed.
    pub failed: u64,
    /// Notices that posters sent.
    pub notices_sent: u64,
    /// Notices that replicas heard, one for each replica that heard it.
    pub notices_heard: u64,
    /// Jobs whose posting began.
    pub posts_begun: u64,
    /// Those of them whose posting began more than a quarter of a second late.
    pub posts_late: u64,
    /// Median queue wait of jobs acquired in it; 0 when there were none.
    pub queue_wait_p50_us: u64,
    /// 99th percentile of the same.
    pub queue_wait_p99_us: u64,
    /// The same in buckets that double: entry `i` counts waits in `[2^i, 2^(i+1))` microseconds.
    pub queue_wait_log2: Vec<u64>,
    /// Names of the faults that were at work in it.
    pub faults: Vec<String>,
}

/// A distribution of latencies, small enough to show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Latency {
    /// How many were recorded.
    pub count: u64,
    /// Median, in microseconds.
    pub p50_us: u64,
    /// 90th percentile, in microseconds.
    pub p90_us: u64,
    /// 99th percentile, in microseconds.
    pub p99_us: u64,
    /// Largest, in microseconds.
    pub max_us: u64,
    /// Counts in buckets that double: entry `i` counts latencies in `[2^i, 2^(i+1))` microseconds,
    /// entry 0 those below two.
    pub buckets: Vec<u64>,
}

/// Latencies of the measured part.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Latencies {
    /// What a job goes through, in a job's order; empty before the run.
    pub by_stage: Vec<(Stage, Latency)>,
    /// Queue wait by the direct cause of the clearance that found the job; empty before the run.
    pub queue_wait_by_cause: Vec<(Cause, Latency)>,
}

impl Latencies {
    /// Those of a stage; `None` before the run.
    #[must_use]
    pub fn of(&self, wanted: Stage) -> Option<&Latency> {
        self.by_stage.iter().find(|(stage, _)| *stage == wanted).map(|(_, latency)| latency)
    }
}

/// One domain, over all replicas that have it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainRow {
    /// Its number, by which events name it.
    pub number: DomainNumber,
    /// The types that it accepts.
    pub provisioners: Vec<ProvisionerType>,
    /// The tags that its workers carry.
    pub tags: Tags,
    /// Its state on each replica that has it, by replica.
    pub replicas: Vec<DomainReplica>,
    /// Workers of the scenario that belong to it, waiting or running a job.
    pub workers: usize,
    /// Jobs posted and not acquired that it accepts.
    pub backlog: u64,
    /// How long the oldest of those has waited.
    pub oldest: Option<Duration>,
    /// Acquire queries in the last ten seconds, per second.
    pub queries_per_s: f64,
    /// Share of those that found nothing, 0 to 1; 0 when there were none.
    pub empty_share: f64,
    /// Jobs acquired since the run began.
    pub acquired: u64,
    /// Jobs that the backup poll rescued since the run began.
    pub rescued: u64,
    /// Jobs acquired in the last ten seconds.
    pub acquired_recent: u64,
    /// Those of them that the backup poll rescued.
    pub rescued_recent: u64,
    /// How long a query of its has been in flight; the longest of all replicas.
    pub querying_for: Option<Duration>,
    /// Cause of its last clearance.
    pub last_cause: Option<Cause>,
    /// Root cause of its last clearance.
    pub last_root: Option<RootCause>,
}

impl DomainRow {
    /// Acquirees that wait, over all replicas.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.replicas.iter().map(|replica| replica.waiting).sum()
    }

    /// Whether jobs wait for it and acquirees sleep, and nothing is on its way that would bring them together.
    #[must_use]
    pub fn sleeps_beside_work(&self) -> bool {
        let is_awake = |replica: &DomainReplica| replica.phase != DomainPhase::Idle || replica.pending;
        self.backlog > 0 && self.waiting() > 0 && !self.replicas.iter().any(is_awake)
    }
}

impl std::fmt::Display for DomainRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        DomainSpec::new(&self.provisioners, &self.tags).fmt(f)
    }
}

/// A domain's state on one replica.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainReplica {
    /// The replica's number, from 0.
    pub replica: usize,
    /// Acquirees that wait, the cleared one not counted.
    pub waiting: usize,
    /// Whether an acquiree is cleared or querying.
    pub phase: DomainPhase,
    /// Whether a posting is remembered for after the query.
    pub pending: bool,
    /// Time left to its backup poll.
    pub next_poll_in: Duration,
    /// The backup poll's period.
    pub backup_poll: Duration,
}

/// What a domain is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DomainPhase {
    /// All its acquirees sleep.
    #[default]
    Idle,
    /// One may query and hasn't begun.
    Cleared,
    /// One query is in flight.
    Querying,
}
