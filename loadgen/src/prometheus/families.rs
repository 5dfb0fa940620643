//! The names under which a run's figures are exposed. `METRICS.md` explains them; a test holds both against each
//! other and against a real page.
//!
//! Base units; counters end in `_total`, and every label has few values: domains past the first
//! [`DOMAINS_MAX`](super::DOMAINS_MAX) are one. What may go down is a gauge, though most of the time it goes up: a
//! counter that goes down counts as begun anew.

use prometheus_client::metrics::MetricType;

/// What stands before every name.
pub(super) const PREFIX: &str = "clearance";

/// Figures of one name.
#[derive(Debug)]
pub(super) struct Family {
    /// Without prefix and suffix.
    pub(super) name: &'static str,
    pub(super) kind: MetricType,
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
}

impl Family {
    /// As it is exposed.
    pub(super) fn full_name(&self) -> String {
        let suffix = match self.kind {
            MetricType::Counter => "_total",
            MetricType::Info => "_info",
            _ => "",
        };
        format!("{PREFIX}_{}{suffix}", self.name)
    }

    /// What a person calls its kind.
    pub(super) fn kind(&self) -> &'static str {
        match self.kind {
            MetricType::Counter => "counter",
            MetricType::Histogram => "histogram",
            _ => "gauge",
        }
    }
}

macro_rules! families {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(pub(super) const $constant: Family = Family {
            name: $name,
            kind: MetricType::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*
        /// All of them, in the order of the page.
        pub(super) const FAMILIES: &[Family] = &[$($constant),*];
    };
}

families! {
    RUN: Info "run" ["scenario", "policy", "database", "postgres_version", "durability", "version"]
        "What runs on what";
    RUN_PHASE: Gauge "run_phase" ["phase"]
        "1 for the phase that the run is in, 0 for the others";
    RUN_ELAPSED: Gauge "run_elapsed_seconds" []
        "Time since the posters started";
    CPU: Counter "cpu_seconds" []
        "Processor time that the load generator used";
    EVENTS_DROPPED: Counter "events_dropped" []
        "Events that a bounded ring had to drop";
    FAULT_ACTIVE: Gauge "fault_active" ["fault"]
        "1 for each fault that is at work";
    WORKERS: Gauge "workers" []
        "Workers that live, waiting or running a job";
    TARGET_POSTS: Gauge "target_posts_per_second" []
        "Jobs that the posters should post now";
    JOBS_POSTED: Counter "jobs_posted" []
        "Jobs whose commit was seen";
    JOBS_ACQUIRED: Counter "jobs_acquired" []
        "Jobs handed to a worker";
    JOBS_FINISHED: Counter "jobs_finished" ["outcome"]
        "Jobs that ended, completed or failed";
    JOBS_FOUND: Gauge "jobs_found" ["cause"]
        "Jobs acquired, by the root cause of the clearance that found them; one may still move to posting";
    JOBS_RESCUED: Gauge "jobs_rescued" []
        "Jobs that only the backup poll found; one whose notice comes after all counts no longer";
    JOBS_STRANDED: Counter "jobs_stranded" []
        "Jobs found for callers who had left, which the policy leaves marked as running";
    JOBS_QUEUED: Gauge "jobs_queued" []
        "Jobs posted and not acquired";
    JOBS_RUNNING: Gauge "jobs_running" []
        "Jobs acquired and not finished";
    CLEARANCES: Counter "clearances" ["cause"]
        "Permissions to query, by direct cause";
    ACQUIRE_QUERIES: Counter "acquire_queries" ["cause", "outcome"]
        "Acquire queries that ended, by the direct cause of their clearance: found, empty or failed";
    NOTICES_SENT: Counter "notices_sent" []
        "Notices that posters sent";
    NOTICES_RECEIVED: Counter "notices_received" []
        "Notices that replicas received, one for each replica that heard it";
    NOTICES_SUPPRESSED: Counter "notices_suppressed" []
        "Notices that a fault swallowed, one for each replica that did not hear it";
    NOTICES_MALFORMED: Counter "notices_malformed" []
        "Notices received that could not be read";
    LOSSES_SIGNALLED: Counter "losses_signalled" []
        "How often a listener said that notices may have been dropped";
    STAGE_LATENCY: Histogram "stage_latency_seconds" ["stage"]
        "How long each stage of a job took; jobs of the warm-up are left out";
    QUEUE_WAIT: Histogram "queue_wait_by_cause_seconds" ["cause"]
        "Committed to acquired, by the direct cause of the clearance that found the job; warm-up left out";
    DOMAIN_JOBS: Counter "domain_jobs_acquired" ["domain", "replica"]
        "Jobs that a domain acquired on a replica";
    DOMAIN_RESCUED: Gauge "domain_jobs_rescued" ["domain", "replica"]
        "Jobs of a domain that only the backup poll found, as jobs_rescued counts them";
    DOMAIN_QUERIES: Counter "domain_queries" ["domain", "replica"]
        "Acquire queries of a domain on a replica";
    DOMAIN_EMPTY: Counter "domain_queries_empty" ["domain", "replica"]
        "Acquire queries of a domain that found nothing";
    DOMAIN_WAITING: Gauge "domain_waiting" ["domain", "replica"]
        "Acquirees of a domain that wait on a replica, the cleared one not counted";
    DOMAIN_QUEUED: Gauge "domain_jobs_queued" ["domain"]
        "Jobs posted and not acquired that a domain accepts";
    DOMAIN_OLDEST: Gauge "domain_oldest_job_seconds" ["domain"]
        "How long the oldest of those has waited";
    DATABASE_SILENT: Gauge "database_silent_seconds" []
        "For how long the database has not answered; 0 while it does";
    CONNECTIONS: Gauge "postgres_connections" ["state"]
        "Client connections to the run's database; the tool's own are left out";
    WAITING_QUERIES: Gauge "postgres_waiting_queries" ["event"]
        "Queries under way by what they wait for, CPU for those that run";
    NOTIFY_LOCK: Gauge "postgres_notify_lock_waiters" []
        "Transactions that wait for the lock under which those with a NOTIFY commit";
    NOTIFY_QUEUE: Gauge "postgres_notify_queue_ratio" []
        "How full the queue of notices is, 0 to 1";
    JOB_ROWS: Gauge "postgres_job_rows" ["state"]
        "Rows of the job table, live and dead";
    JOB_BYTES: Gauge "postgres_job_table_bytes" ["part"]
        "What the job table and its indexes take on the disk";
    OLDEST_TRANSACTION: Gauge "postgres_oldest_transaction_seconds" []
        "How long the oldest transaction of the run's database has been open";
    XMIN_AGE: Gauge "postgres_xmin_age_transactions" []
        "How many transactions old the oldest snapshot of the run's database is";
    TRANSACTIONS: Counter "postgres_transactions" []
        "Transactions of the run's database, the tool's own left out";
    WAL: Counter "postgres_wal_bytes" []
        "Write-ahead log that the server wrote";
    CHECKPOINTS: Counter "postgres_checkpoints" []
        "Checkpoints that began";
    STATEMENT_CALLS: Counter "postgres_statement_calls" ["statement"]
        "Calls of the run's statements, as pg_stat_statements counts them";
    STATEMENT_TIME: Counter "postgres_statement_seconds" ["statement"]
        "What those calls took in the server";
    OWN_QUERIES: Counter "observer_queries" []
        "Queries of the tool itself, which are in none of the figures above";
    OWN_TIME: Counter "observer_seconds" []
        "How long the tool waited for their answers";
}
