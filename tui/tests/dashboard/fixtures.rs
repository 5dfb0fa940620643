//! Runs made by hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clearance::log_ring::LogLine;
use loadgen::control::Control;
use loadgen::measure::{Events, LoggedEvent, What};
use loadgen::scenario::{Fault, FaultKind};
use loadgen::snapshot::{
    ActiveFault, Cause, ClearanceId, DatabaseFacts, DomainPage, DomainPhase, DomainReplica, DomainRow,
    FleetRow, Latencies, Latency, PageAcquiree, PageClearance, PageLive, PageReplica, PageToken, Policy,
    PosterRow, Posting, ProvisionerType, Rates, ReplicaRow, RootCause, RunPhase, Second, ShapeBacklog,
    Snapshot, Stage, Tags, Totals, Warning, Warnings,
};
use tracing::Level;

/// Nothing has come yet.
pub(crate) fn starting() -> Snapshot {
    Snapshot::default()
}

/// A run without trouble.
pub(crate) fn calm() -> Snapshot {
    let seconds = (0..42).map(|second| calm_second(second, 400 + (second * 37) % 50)).collect();
    Snapshot {
        scenario: "default".to_owned(),
        database: DatabaseFacts { kind: "local".into(), version: "15.18".into(), durability: "safe".into() },
        policy: "default".to_owned(),
        phase: RunPhase::Measuring,
        elapsed: Duration::from_secs(42),
        duration: Duration::from_mins(1),
        replicas: 3,
        replica_rows: (0..3)
            .map(|number| ReplicaRow {
                number,
                policy: "default".to_owned(),
                backup_poll: Duration::from_secs(30),
            })
            .collect(),
        switches: Policy::default(),
        backup_poll: Duration::from_secs(30),
        fleets: Arc::new(
            [("cloud", 360), ("on-prem", 240)]
                .map(|(name, workers)| FleetRow { name: name.into(), workers })
                .into(),
        ),
        posters: [("builds", 392.0), ("checks", 20.0)]
            .map(|(name, target_rate)| PosterRow { name: name.to_owned(), factor: 1.0, target_rate })
            .into(),
        workers: 600,
        rate_factor: 1.0,
        target_rate: 412.0,
        totals: Totals {
            posted: 17_304,
            acquired: 17_290,
            completed: 17_100,
            failed: 12,
            backlog: 14,
            in_flight: 178,
            queries_found: 17_290,
            queries_empty: 2_500,
            notifications_received: 51_912,
            ..Totals::default()
        },
        rates: Rates {
            posted: 412.0,
            acquired: 409.0,
            completed: 405.0,
            queries_found: 409.0,
            queries_empty: 61.0,
            queries_failed: 0.0,
        },
        seconds: Arc::new(seconds),
        queue_wait_recent: latency([(9, 300), (10, 1_800), (11, 1_200), (12, 500), (14, 60), (18, 3)]),
        found_recent: BTreeMap::from([(RootCause::Posting, 4_080), (RootCause::First, 10)]),
        chained_recent: 490,
        found: BTreeMap::from([
            (RootCause::Posting, 17_200),
            (RootCause::First, 48),
            (RootCause::BackupPoll, 42),
        ]),
        chained: 2_100,
        latencies: Arc::new(latencies()),
        domains: Arc::new((0..8).map(calm_domain).collect()),
        ..Snapshot::default()
    }
}

/// A run whose notifications are dropped: two domains sleep beside their work, and the poll rescues.
pub(crate) fn dropping() -> Snapshot {
    let calm = calm();
    let mut seconds = (*calm.seconds).clone();
    for second in &mut seconds[30..] {
        second.faults = vec!["drop_notifications".to_owned()];
        second.acquired = 120;
        second.completed = 118;
        second.found = 120;
        second.empty = 4;
        second.backlog = (second.second - 29) * 250;
        second.queue_wait_p99_us = 2_800_000;
        second.queue_wait_log2 = [0; 10].into_iter().chain([30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 70]).collect();
        second.rescued = 90;
    }
    let mut domains = (*calm.domains).clone();
    for row in [1, 5] {
        let row = &mut domains[row];
        row.backlog = 1_234;
        row.oldest = Some(Duration::from_millis(9_400));
        row.rescued = 71;
        row.last_cause = Some(Cause::Chained);
        row.last_root = Some(RootCause::BackupPoll);
        for replica in &mut row.replicas {
            replica.phase = DomainPhase::Idle;
            replica.pending = false;
        }
    }
    domains[2].oldest = Some(Duration::from_millis(1_400));
    domains[2].backlog = 8;
    Snapshot {
        faults: vec![ActiveFault {
            name: "drop_notifications".to_owned(),
            parameter: "100%".to_owned(),
            age: Duration::from_secs(13),
            left: Some(Duration::from_secs(7)),
            ..ActiveFault::default()
        }],
        events_dropped: 1_024,
        totals: Totals { rescued: 142, notifications_suppressed: 5_012, losses_signalled: 1, ..calm.totals },
        rates: Rates {
            acquired: 120.0,
            completed: 118.0,
            queries_found: 120.0,
            queries_empty: 4.0,
            ..calm.rates
        },
        seconds: Arc::new(seconds),
        queue_wait_recent: latency([(10, 800), (11, 300), (20, 200), (21, 700), (22, 120)]),
        found_recent: BTreeMap::from([
            (RootCause::Posting, 2_080),
            (RootCause::Recovered, 12),
            (RootCause::BackupPoll, 1_020),
        ]),
        chained_recent: 900,
        domains: Arc::new(domains),
        ..calm
    }
}

/// The order to begin a fault of this kind on every replica, until it is ended.
pub(crate) fn begin(kind: FaultKind) -> Control {
    Control::BeginFault { fault: Fault { at: Duration::ZERO, length: None, replica: None, kind } }
}

/// The same, and what is to be said of it: two things now, and one that is over.
pub(crate) fn warned() -> Snapshot {
    let warning = |name: &str, what: &str, evidence: &str, advice: &str, from_second, to_second| Warning {
        name: name.to_owned(),
        what: what.to_owned(),
        evidence: evidence.to_owned(),
        advice: advice.to_owned(),
        from_second,
        to_second,
    };
    let silent = warning(
        "listener_silent",
        "all 3 listeners are silent",
        "nothing heard for 11 s, while 4,512 notices were sent; likely cause: the fault drop_notifications",
        "look for a pooler in transaction mode, a firewall or a dead connection between it and Postgres: LISTEN needs \
         a session of its own",
        35,
        None,
    );
    let lost = warning(
        "lost_wakeup",
        "terraform env=on-prem sleeps beside its work",
        "1,234 jobs wait, the oldest for 9.4 s, beside 18 workers asleep, and nobody asks; the same in 1 domain more",
        "follow such a job in the Wakeups view: was it announced, did a replica hear it, whom did it wake?",
        33,
        None,
    );
    let over = warning(
        "generator_behind",
        "the load generator is behind its schedule",
        "210 of 2,060 jobs of the last 5 s (10.2%) were begun more than 250 ms late",
        "lower the rate, give the posters a larger batch, or free this machine for it",
        8,
        Some(12),
    );
    let warnings = Warnings { open: vec![silent, lost], past: vec![over], forgotten: 0 };
    Snapshot { warnings: Arc::new(warnings), events_dropped: 0, ..dropping() }
}

/// A run that is over.
pub(crate) fn finished() -> Snapshot {
    let calm = calm();
    let mut domains = (*calm.domains).clone();
    for row in &mut domains {
        row.replicas.clear();
        row.workers = 0;
        row.queries_per_s = 0.0;
    }
    Snapshot {
        phase: RunPhase::Finished,
        elapsed: Duration::from_secs(71),
        workers: 0,
        totals: Totals { rescued: 42, ..calm.totals },
        target_rate: 0.0,
        rates: Rates::default(),
        queue_wait_recent: Latency::default(),
        found_recent: BTreeMap::new(),
        chained_recent: 0,
        domains: Arc::new(domains),
        ..calm
    }
}

fn calm_second(second: u64, posted: u64) -> Second {
    Second {
        second,
        posted,
        acquired: posted - posted % 7,
        completed: posted - posted % 11,
        backlog: posted % 17,
        found: posted - posted % 7,
        empty: 50 + posted % 13,
        queue_wait_p50_us: 1_700 + posted % 90,
        queue_wait_p99_us: 24_000 + posted * 17,
        queue_wait_log2: [0; 9]
            .into_iter()
            .chain([posted / 3, posted / 2, posted / 7, 3, 0, second % 3])
            .collect(),
        ..Second::default()
    }
}

fn latency<const N: usize>(filled: [(usize, u64); N]) -> Latency {
    let mut buckets = vec![0; 32];
    for (bucket, count) in filled {
        buckets[bucket] = count;
    }
    let last = filled.last().map_or(0, |(bucket, _)| *bucket);
    Latency {
        count: buckets.iter().sum(),
        p50_us: 1_800,
        p90_us: 4_000,
        p99_us: 1 << (last - 3),
        max_us: 3 << (last - 1),
        buckets,
    }
}

fn latencies() -> Latencies {
    let by_stage = Stage::ALL.into_iter().enumerate().map(|(place, stage)| {
        let latency = match stage {
            Stage::QueueWait => {
                latency([(9, 1_300), (10, 7_800), (11, 5_200), (12, 2_500), (14, 460), (20, 30)])
            }
            _ => latency([(6 + place, 9_000), (8 + place, 7_000), (12 + place, 160), (14 + place, 3)]),
        };
        (stage, latency)
    });
    let by_cause = [Cause::Posting, Cause::Chained, Cause::BackupPoll].into_iter();
    Latencies {
        by_stage: by_stage.collect(),
        queue_wait_by_cause: by_cause.map(|cause| (cause, latency([(10, 8_000), (22, 42)]))).collect(),
    }
}

fn calm_domain(number: usize) -> DomainRow {
    let tags: &[(&str, &str)] = match number {
        0 => &[],
        1 => &[("env", "on-prem")],
        2 => &[("env", "cloud")],
        3 => &[("datacenter", "chicago"), ("env", "on-prem")],
        4 => &[("datacenter", "paris"), ("env", "on-prem")],
        5 => &[("env", "cloud"), ("region", "eu")],
        6 => &[("gpu", "yes")],
        _ => &[("owner", ""), ("scope", "organization")],
    };
    let busy = number.is_multiple_of(2);
    let replica = |replica: usize| DomainReplica {
        replica,
        waiting: number * 5 + replica,
        phase: if busy && replica < 1 + number / 4 { DomainPhase::Querying } else { DomainPhase::Idle },
        pending: number == 4 && replica == 0,
        next_poll_in: Duration::from_millis(29_500 - (number * 3_100 + replica * 900) as u64),
        backup_poll: Duration::from_secs(30),
    };
    DomainRow {
        number: number as u32,
        provisioners: vec![ProvisionerType::Terraform],
        tags: Tags::from_pairs(tags.iter().copied()).expect("no NUL"),
        replicas: (0..3).map(replica).collect(),
        workers: 75,
        backlog: if busy { number as u64 } else { 0 },
        oldest: (busy && number > 0).then(|| Duration::from_millis(120)),
        queries_per_s: 11.5 * number as f64,
        empty_share: 0.03 * number as f64,
        acquired: 2_000 + 17 * number as u64,
        rescued: 0,
        last_cause: Some([Cause::Posting, Cause::Chained, Cause::Pending, Cause::First][number % 4]),
        last_root: Some(RootCause::Posting),
        ..DomainRow::default()
    }
}

/// The page of the domain of [`dropping`] that has this number: replica 0 queries for two, replica 1 pauses after an
/// error, and replica 2 sleeps with more waiting than are listed.
pub(crate) fn domain_page(number: u32) -> DomainPage {
    let shape = |pairs: &[(&str, &str)]| Posting {
        provisioner: ProvisionerType::Terraform,
        tags: Tags::from_pairs(pairs.iter().copied()).expect("no NUL"),
        job_id: None,
    };
    let acquirees = |count: u64| -> Vec<PageAcquiree> {
        let acquiree = |place: u64| PageAcquiree {
            worker: format!("cloud {}", (place * 7 + 3) % 75),
            waited: Duration::from_millis(1_900 - place * 71),
        };
        (0..count).map(acquiree).collect()
    };
    let tokens = vec![
        PageToken { shape: shape(&[("env", "cloud")]), named: 3, is_open: false },
        PageToken { shape: shape(&[]), named: 64, is_open: true },
    ];
    let replicas = vec![
        PageReplica {
            replica: 0,
            clearance: Some(PageClearance {
                cause: Cause::Posting,
                root: RootCause::Posting,
                phase: DomainPhase::Querying,
                since: Duration::from_micros(4_200),
            }),
            acquirees: acquirees(7),
            live: Some(PageLive { cleared: 2, tokens }),
            ..PageReplica::default()
        },
        PageReplica {
            replica: 1,
            pause_left: Some(Duration::from_millis(1_200)),
            acquirees: acquirees(6),
            live: Some(PageLive::default()),
            ..PageReplica::default()
        },
        PageReplica {
            replica: 2,
            acquirees: acquirees(20),
            acquirees_more: 1_312,
            live: Some(PageLive::default()),
            ..PageReplica::default()
        },
    ];
    let backlog = |pairs: &[(&str, &str)], queued, ms, accepted_by| ShapeBacklog {
        shape: shape(pairs),
        queued,
        oldest: Duration::from_millis(ms),
        accepted_by,
    };
    DomainPage {
        number,
        at: Duration::from_secs(42),
        replicas,
        backlog: vec![backlog(&[("env", "cloud")], 6, 1_400, 1), backlog(&[], 2, 70, 8)],
        backlog_more: 3,
        queue_wait: latency([(9, 100), (10, 800), (11, 300), (20, 90), (22, 20)]),
    }
}

/// What a recording knows of the same.
pub(crate) fn recorded_page(number: u32) -> DomainPage {
    let mut page = domain_page(number);
    for replica in &mut page.replicas {
        (replica.live, replica.pause_left) = (None, None);
    }
    page
}

/// Wakeups of the domain with this number: one found, one found nothing, the poll's failed, one is under way.
pub(crate) fn domain_events(number: u32) -> Events {
    let cleared = |clearance, cause, root| What::Cleared { clearance, cause, root, parent: None };
    let (one, two, three, four) = (ClearanceId(1), ClearanceId(2), ClearanceId(3), ClearanceId(4));
    let all = [
        (40_000, 0, cleared(one, Cause::Posting, RootCause::Posting)),
        (40_002, 0, What::QueryStarted { clearance: one, acquirees: 1 }),
        (40_004, 0, What::QueryFound { clearance: one, jobs: 1 }),
        (40_004, 0, cleared(two, Cause::Chained, RootCause::BackupPoll)),
        (40_005, 0, What::QueryStarted { clearance: two, acquirees: 1 }),
        (40_009, 0, What::QueryEmpty { clearance: two }),
        (41_000, 1, cleared(three, Cause::BackupPoll, RootCause::BackupPoll)),
        (41_001, 1, What::QueryStarted { clearance: three, acquirees: 1 }),
        (41_251, 1, What::QueryFailed { clearance: three }),
        (41_995, 0, cleared(four, Cause::Posting, RootCause::Posting)),
    ];
    let event = |(ms, replica, what)| LoggedEvent {
        at: Duration::from_millis(ms),
        replica: Some(replica),
        domain: Some(number),
        what,
    };
    Events::of(0, &all.map(event))
}

/// Some lines of a log.
pub(crate) fn log_lines(count: u64) -> Vec<Arc<LogLine>> {
    (0..count)
        .map(|sequence| {
            let level = [Level::INFO, Level::DEBUG, Level::WARN, Level::ERROR][(sequence % 4) as usize];
            Arc::new(LogLine {
                sequence,
                at: Duration::from_millis(sequence * 337),
                level,
                target: "loadgen::run".to_owned(),
                text: format!("line {sequence} replica=2"),
            })
        })
        .collect()
}
