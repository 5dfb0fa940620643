//! A large run made by hand: ten thousand domains on three replicas, two thousand jobs a second, a fault now and then.
//!
//! Nothing in it is drawn by chance: every figure follows from the tick.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clearance::log_ring::{LOG_LINES_MAX, LogLine};
use loadgen::measure::{Events, FaultName, LoggedEvent, What};
use loadgen::snapshot::{
    ActiveFault, Cause, ClearanceId, DatabaseFacts, DatabaseSample, DomainPage, DomainPhase, DomainReplica,
    DomainRow, DomainSpec, FaultRecord, FleetRow, LISTED_MAX, Latencies, Latency, PageAcquiree,
    PageClearance, PageLive, PageReplica, PageToken, PosterRow, Posting, ProvisionerType, Rates, ReplicaRow,
    RootCause, RunPhase, Second, ShapeBacklog, Snapshot, Stage, Statement, StatementCounts, Tags, Totals,
};
use tracing::Level;

pub(crate) const DOMAINS: usize = 10_000;
pub(crate) const JOBS_PER_S: u64 = 2_000;
/// Snapshots come so often.
pub(crate) const TICKS_PER_S: u64 = 10;
const REPLICAS: u64 = 3;
const POLL: Duration = Duration::from_secs(30);
/// As many as a snapshot shows.
const SECONDS: u64 = 300;
/// Rows of domains are made for so many ticks, and come again.
const FRESH: usize = 8;

/// What never changes, and what comes again.
pub(crate) struct World {
    specs: Arc<Vec<Arc<DomainSpec>>>,
    shapes: Arc<[Posting]>,
    faults: Arc<Vec<FaultName>>,
    rows: Vec<Arc<Vec<DomainRow>>>,
    fixed: Snapshot,
}

impl World {
    pub(crate) fn new() -> Self {
        let tags: Vec<Tags> = (0..DOMAINS).map(tags).collect();
        let kind = ProvisionerType::Terraform;
        let spec = |tags| Arc::new(DomainSpec::new(&[kind], tags));
        let shape = |tags: &Tags| Posting { provisioner: kind, tags: tags.clone(), job_id: None };
        let fault = FaultName { name: "drop_notifications".into(), parameter: "50%".into() };
        Self {
            specs: Arc::new(tags.iter().map(spec).collect()),
            shapes: tags.iter().map(shape).collect(),
            faults: Arc::new(vec![fault]),
            rows: (0..FRESH).map(|fresh| Arc::new(rows(&tags, fresh))).collect(),
            fixed: fixed(),
        }
    }

    /// What the run looks like after so many ticks.
    pub(crate) fn snapshot(&self, tick: u64) -> Snapshot {
        let second = tick / TICKS_PER_S;
        let all = (second.saturating_sub(SECONDS)..second).map(made_second);
        let samples = (second.saturating_sub(SECONDS)..second).map(|second| Arc::new(sample(second)));
        let done = tick * JOBS_PER_S / TICKS_PER_S;
        let rate = |part: u64| JOBS_PER_S as f64 * part as f64 / 100.0 + (tick % 17) as f64;
        Snapshot {
            elapsed: moment(tick),
            totals: Totals {
                posted: done,
                acquired: done.saturating_sub(900 + tick % 13),
                completed: done.saturating_sub(1_200 + tick % 7),
                backlog: 900 + tick % 13,
                in_flight: 300,
                queries_found: done,
                queries_empty: done / 7,
                notifications_received: done * REPLICAS,
                ..Totals::default()
            },
            rates: Rates {
                posted: rate(100),
                acquired: rate(99),
                completed: rate(98),
                queries_found: rate(99),
                queries_empty: rate(14),
                queries_failed: 0.0,
            },
            seconds: Arc::new(all.collect()),
            database_samples: Arc::new(samples.collect()),
            queue_wait_recent: latency(tick),
            domains: Arc::clone(&self.rows[tick as usize % FRESH]),
            ..self.fixed.clone()
        }
    }

    /// What happens between the first and the second of these jobs, by number, in the order of time.
    pub(crate) fn events(&self, first: u64, jobs: std::ops::Range<u64>) -> Events {
        let all: Vec<LoggedEvent> = jobs.flat_map(way).collect();
        let mut events = Events::of(first, &all);
        events.domains = Arc::clone(&self.specs);
        events.shapes = Arc::clone(&self.shapes);
        events.faults = Arc::clone(&self.faults);
        events
    }
}

/// A hundred regions with a hundred teams each.
fn tags(number: usize) -> Tags {
    let pairs = [
        ("environment", "on-prem".to_owned()),
        ("region", format!("region-{:02}", number / 100)),
        ("team", format!("team-{:02}", number % 100)),
    ];
    Tags::from_pairs(pairs).expect("no NUL in these")
}

fn moment(tick: u64) -> Duration {
    Duration::from_secs(tick) / TICKS_PER_S as u32
}

/// The domain that takes a job.
fn domain_of(job: u64) -> u32 {
    (job * 7_919 % DOMAINS as u64) as u32
}

fn rows(tags: &[Tags], fresh: usize) -> Vec<DomainRow> {
    let row = |(number, tags): (usize, &Tags)| {
        let turn = (number * 31 + fresh * 7) % 101;
        let replica = |replica: usize| DomainReplica {
            replica,
            waiting: (turn + replica) % 9,
            phase: if turn.is_multiple_of(10) { DomainPhase::Querying } else { DomainPhase::Idle },
            pending: turn.is_multiple_of(20),
            next_poll_in: POLL.mul_f64(turn as f64 / 101.0),
            backup_poll: POLL,
        };
        DomainRow {
            number: number as u32,
            provisioners: vec![ProvisionerType::Terraform],
            tags: tags.clone(),
            replicas: (0..REPLICAS as usize).map(replica).collect(),
            workers: 30,
            backlog: if turn.is_multiple_of(7) { turn as u64 } else { 0 },
            oldest: (turn.is_multiple_of(7)).then(|| Duration::from_millis(turn as u64 * 20)),
            queries_per_s: turn as f64 / 10.0,
            empty_share: turn as f64 / 202.0,
            acquired: (number * 13 + fresh) as u64,
            rescued: u64::from(turn.is_multiple_of(50)),
            last_cause: Some(Cause::ALL[turn % Cause::ALL.len()]),
            last_root: Some(RootCause::ALL[turn % RootCause::ALL.len()]),
            ..DomainRow::default()
        }
    };
    tags.iter().enumerate().map(row).collect()
}

/// The events of one job's way: every twentieth job's notice is swallowed, and the poll rescues it.
fn way(job: u64) -> Vec<LoggedEvent> {
    let domain = domain_of(job);
    let replica = (job % REPLICAS) as u16;
    let at = Duration::from_secs(job) / JOBS_PER_S as u32;
    let clearance = ClearanceId(job);
    let is_rescued = job.is_multiple_of(20);
    let event = |us, domain, what| LoggedEvent {
        at: at + Duration::from_micros(us),
        replica: Some(replica),
        domain,
        what,
    };
    let here = Some(domain);
    let (cause, root) = if is_rescued {
        (Cause::BackupPoll, RootCause::BackupPoll)
    } else {
        (Cause::Posting, RootCause::Posting)
    };
    let notice = if is_rescued {
        event(10, None, What::NoticeSwallowed { job: Some(job), shape: Some(domain) })
    } else {
        event(10, here, What::NoticeReceived { job: Some(job) })
    };
    vec![
        LoggedEvent { at, replica: None, domain: None, what: What::Posted { job, shape: domain } },
        notice,
        event(10, here, What::Cleared { clearance, cause, root, parent: None }),
        event(20, here, What::QueryStarted { clearance, acquirees: 1 }),
        event(420, here, What::QueryFound { clearance, jobs: 1 }),
        event(430, here, What::HandedOver { job, clearance, is_rescued }),
    ]
}

fn made_second(second: u64) -> Second {
    let posted = JOBS_PER_S + second * 37 % 50;
    Second {
        second,
        posted,
        acquired: posted - second % 7,
        completed: posted - second % 11,
        rescued: posted / 20,
        backlog: 900 + second % 17,
        found: posted,
        empty: posted / 7,
        queue_wait_p50_us: 1_700 + second % 90,
        queue_wait_p99_us: 24_000 + second % 170,
        queue_wait_log2: (0..22).map(|bucket| posted * (bucket % 5) / 10).collect(),
        faults: if second % 60 < 10 { vec!["drop_notifications".to_owned()] } else { Vec::new() },
        ..Second::default()
    }
}

fn sample(second: u64) -> DatabaseSample {
    let counts = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), count + second % 3)).collect()
    };
    DatabaseSample {
        second,
        over_us: 1_000_000,
        connections: counts(&[("active", 20), ("idle", 30), ("idle in transaction", 2)]),
        waits: counts(&[("CPU", 6), ("Lock:object", 3), ("LWLock:WALWrite", 8), ("IO:WALSync", 2)]),
        notify_lock_waiters: Some(second % 9),
        notify_queue_usage: Some(0.01),
        live_tuples: Some(100_000 + second),
        dead_tuples: Some(40_000 + second * 100 % 9_000),
        table_bytes: Some(64_000_000),
        index_bytes: Some(32_000_000),
        transactions: Some(6_000 + second % 100),
        wal_bytes: Some(9_000_000 + second % 1_000),
        checkpoints: Some(0),
        oldest_transaction_us: Some(30_000),
        xmin_age: Some(200),
        statements: [Statement::Acquire, Statement::Complete]
            .map(|statement| (statement, StatementCounts { calls: JOBS_PER_S, mean_us: 80.0 }))
            .into(),
        own_queries: 3,
        own_us: 900,
    }
}

fn latency(tick: u64) -> Latency {
    let buckets: Vec<u64> =
        (0..32).map(|bucket| if bucket < 22 { 40 + (tick + bucket) % 60 } else { 0 }).collect();
    let count = buckets.iter().sum();
    Latency { count, p50_us: 1_800, p90_us: 4_000, p99_us: 31_000 + tick % 100, max_us: 400_000, buckets }
}

fn fixed() -> Snapshot {
    let record = |number: u64| FaultRecord {
        name: "drop_notifications".to_owned(),
        parameter: "50%".to_owned(),
        began: Duration::from_secs(number * 60),
        ended: Some(Duration::from_secs(number * 60 + 10)),
        ..FaultRecord::default()
    };
    let fleet = |number| FleetRow { name: format!("fleet-{number}").into(), workers: 30 };
    Snapshot {
        scenario: "large".to_owned(),
        database: DatabaseFacts { kind: "local".into(), version: "15.18".into(), durability: "safe".into() },
        policy: "default".to_owned(),
        backup_poll: POLL,
        phase: RunPhase::Measuring,
        duration: Duration::from_hours(1),
        replicas: REPLICAS as usize,
        replica_rows: (0..REPLICAS as usize)
            .map(|number| ReplicaRow { number, policy: "default".to_owned(), backup_poll: POLL })
            .collect(),
        workers: DOMAINS * 30,
        fleets: Arc::new((0..DOMAINS).map(fleet).collect()),
        posters: vec![PosterRow { name: "builds".to_owned(), factor: 1.0, target_rate: JOBS_PER_S as f64 }],
        rate_factor: 1.0,
        target_rate: JOBS_PER_S as f64,
        faults: vec![ActiveFault {
            name: "drop_notifications".to_owned(),
            parameter: "50%".to_owned(),
            left: Some(Duration::from_secs(7)),
            ..ActiveFault::default()
        }],
        fault_records: Arc::new((0..100).map(|number| Arc::new(record(number))).collect()),
        latencies: Arc::new(Latencies {
            by_stage: Stage::ALL.into_iter().map(|stage| (stage, latency(stage as u64))).collect(),
            queue_wait_by_cause: Cause::ALL.into_iter().map(|cause| (cause, latency(cause as u64))).collect(),
        }),
        found_recent: RootCause::ALL.into_iter().map(|root| (root, 5_000)).collect(),
        found: RootCause::ALL.into_iter().map(|root| (root, 500_000)).collect(),
        chained_recent: 4_000,
        chained: 400_000,
        ..Snapshot::default()
    }
}

/// The page of a domain as full as it can be.
pub(crate) fn page(number: u32, tick: u64) -> DomainPage {
    let shape =
        |number: usize| Posting { provisioner: ProvisionerType::Terraform, tags: tags(number), job_id: None };
    let replica = |replica: usize| PageReplica {
        replica,
        clearance: Some(PageClearance {
            cause: Cause::Posting,
            root: RootCause::Posting,
            phase: DomainPhase::Querying,
            since: Duration::from_micros(4_200 + tick),
        }),
        acquirees: (0..LISTED_MAX)
            .map(|place| PageAcquiree {
                worker: format!("fleet-{number} {place}"),
                waited: moment(tick) / (place as u32 + 1),
            })
            .collect(),
        live: Some(PageLive {
            cleared: 1,
            tokens: (0..20)
                .map(|number| PageToken { shape: shape(number), named: 3, is_open: false })
                .collect(),
        }),
        ..PageReplica::default()
    };
    let backlog = |number| ShapeBacklog {
        shape: shape(number),
        queued: 6,
        oldest: Duration::from_millis(1_400),
        accepted_by: 8,
    };
    DomainPage {
        number,
        at: moment(tick),
        replicas: (0..REPLICAS as usize).map(replica).collect(),
        backlog: (0..20).map(backlog).collect(),
        backlog_more: 3,
        queue_wait: latency(tick),
    }
}

/// As many lines as are kept.
pub(crate) fn log_lines() -> Vec<Arc<LogLine>> {
    let line = |sequence: u64| LogLine {
        sequence,
        at: Duration::from_millis(sequence * 337),
        level: [Level::INFO, Level::DEBUG, Level::WARN, Level::ERROR][sequence as usize % 4],
        target: "loadgen::run".to_owned(),
        text: format!("the listener of replica {} was lost and is there again, try={sequence}", sequence % 3),
    };
    (0..LOG_LINES_MAX as u64).map(|sequence| Arc::new(line(sequence))).collect()
}
