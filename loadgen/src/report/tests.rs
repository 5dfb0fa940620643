mod changed;
mod targets;

use std::time::Duration;

use acquirer::wakeup::{Cause, Chain, Departed, RootCause};
use hdrhistogram::Histogram;
use serde_json::Value;

use super::*;
use crate::observe::{DatabaseSample, Statement, StatementCounts};
use crate::scenario::{Overrides, builtin};

/// Microseconds around `median`, as many as `count`, with a tail ten times as long.
fn latencies(count: u64, median: u64) -> LatencySummary {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
    for index in 0..count {
        histogram
            .record(median / 2 + median * index / count + if index % 100 == 99 { median * 9 } else { 0 })
            .unwrap();
    }
    LatencySummary::of(&histogram)
}

fn domain(key: &str, replica: usize, acquired: u64) -> Domain {
    Domain {
        key: key.to_owned(),
        replica,
        provisioners: vec![ProvisionerType::Terraform],
        tags: Tags::from_pairs([("environment", "on-prem")]).unwrap(),
        workers: 20,
        acquired,
        queries: acquired + acquired / 10,
        empty: acquired / 10,
        rescued: u64::from(replica == 1) * 3,
    }
}

/// A role without rights looked at a busy server that didn't answer once.
fn database() -> ObservedDatabase {
    let sample = |second| DatabaseSample {
        second,
        over_us: 1_000_000 * (1 + second),
        connections: [("active".to_owned(), 9), ("idle".to_owned(), 31), ("unknown".to_owned(), 2)].into(),
        waits: [("CPU".to_owned(), 2), ("LWLock:WALWrite".to_owned(), 4), ("Lock:object".to_owned(), 3)]
            .into(),
        notify_lock_waiters: Some(3 * second),
        notify_queue_usage: Some(0.000_25),
        live_tuples: Some(12_000),
        dead_tuples: Some(1_400 * (1 + second)),
        table_bytes: Some(4_186_112),
        index_bytes: Some(3_100_000),
        transactions: Some(2_469),
        wal_bytes: Some(1_840_000),
        checkpoints: Some(second / 2),
        oldest_transaction_us: Some(41_000),
        xmin_age: Some(97),
        statements: [(Statement::Acquire, StatementCounts { calls: 470, mean_us: 71.25 })].into(),
        own_queries: 4,
        own_us: 2_100,
    };
    let missing = "what other roles' connections do and wait for: ada isn't in pg_read_all_stats; GRANT pg_read_all_stats TO ada";
    ObservedDatabase::new(vec![missing.to_owned()], vec![sample(0), sample(2)], 0..3)
}

/// A run with something of everything.
pub(super) fn fixed() -> Report {
    let source = builtin::get("backup-poll").unwrap();
    let overrides = Overrides { duration: Some(Duration::from_secs(30)), ..Overrides::default() };
    let scenario = Scenario::resolve(&source, &overrides).unwrap();
    let keys = [
        "terraform",
        "terraform environment=on-prem",
        "echo",
        "echo,terraform environment=on-prem region=amsterdam",
        "terraform accelerator=gpu",
        "terraform region=oslo",
    ];
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "clearance".to_owned(), version: "0.1.0".to_owned() },
        policy: scenario.policy.into(),
        environment: Environment {
            postgres_version: "15.18".to_owned(),
            database: "local".to_owned(),
            durability: "safe".to_owned(),
            cpus: 2,
            os: "linux".to_owned(),
        },
        run: Run {
            id: Uuid::from_u128(0x0193_f0a1_7c2e_7d11_9a5b_0123_4567_89ab),
            seed: scenario.seed,
            started_at: DateTime::from_timestamp(1_793_880_000, 0).unwrap(),
            measured_seconds: 28.0,
            warmup_seconds: 2.0,
            interrupted: false,
            valid: true,
            invalid_reasons: Vec::new(),
            stopped_by: None,
            failed: None,
        },
        jobs: Jobs {
            posted: 12_345,
            acquired: 12_340,
            completed: 12_300,
            failed: 30,
            queued_at_end: 5,
            running_at_end: 10,
            canceled: 0,
            crashed: 3,
            freed: 2,
            orphaned_at_end: 1,
        },
        rates: Rates {
            target_post: 412.0,
            posted: 411.6,
            acquired: 411.2,
            completed: 409.9,
            acquire_queries: 470.3,
            empty_queries: 58.1,
        },
        queries: Queries {
            acquire: AcquireQueries {
                total: 14_100,
                found: 12_340,
                empty: 1_759,
                failed: 1,
                per_job: 1.1426,
                max_in_flight_per_domain: 1,
            },
            observer: ObserverQueries { total: 61, seconds: 0.0734 },
        },
        notifications: Notifications {
            sent: 12_345,
            suppressed: 512,
            received: 24_178,
            malformed: 0,
            losses_signalled: 1,
        },
        wakeups: ByCause::from_fn(|cause| match cause {
            Cause::Posting => Wakeups { clearances: 10_000, found: 9_500, empty: 499, failed: 1 },
            Cause::Chained => Wakeups { clearances: 4_000, found: 2_833, empty: 1_167, failed: 0 },
            Cause::BackupPoll => Wakeups { clearances: 100, found: 7, empty: 93, failed: 0 },
            _ => Wakeups::default(),
        }),
        rescued_by_backup_poll: 7,
        wakeups_lost: WakeupsLost {
            total: 6,
            swallowed: 5,
            unheard: 0,
            forgotten: 1,
            by_posting: vec![LostPostings {
                provisioner: ProvisionerType::Terraform,
                tags: Tags::new(),
                lost: 6,
            }],
        },
        spurious_wakeups: SpuriousWakeups {
            total: 1_666,
            of_queries_share: 1_666.0 / 14_099.0,
            empty_share: ByCause::from_fn(|cause| match cause {
                Cause::Posting => 0.0499,
                Cause::Chained => 0.2918,
                Cause::BackupPoll => 0.93,
                _ => 0.0,
            }),
        },
        idle_queries: IdleQueries { domains: 12, predicted_per_day: 103_680.0, measured_per_day: 98_231.4 },
        naive_polling: NaivePolling {
            period_seconds: 1.0,
            waited_seconds: 1_012.6,
            queries: 13_353,
            of_queries_ratio: 13_353.0 / 14_100.0,
        },
        found_by_root: ByRoot::from_fn(|root| match root {
            RootCause::Posting => 12_301,
            RootCause::First => 32,
            RootCause::Recovered => 0,
            RootCause::BackupPoll => 7,
        }),
        latency_by_root_us: ByRoot::from_fn(|root| CauseLatency {
            queue_wait: latencies(if root == RootCause::BackupPoll { 7 } else { 0 }, 6_900_000),
        }),
        slowest_jobs: vec![SlowJob {
            job: Uuid::from_u128(0x0193_f0a1_0000_8000_8000_0000_0000_0007),
            intended_seconds: 11.25,
            domain: "terraform".to_owned(),
            replica: 1,
            cause: "backup_poll".to_owned(),
            root_cause: "backup_poll".to_owned(),
            wakeup_lost: Some("swallowed".to_owned()),
            post_lag_us: Some(310),
            notify_us: None,
            clearance_us: None,
            query_us: 610,
            handover_us: Some(35),
            queue_wait_us: 6_950_000,
            service_us: 120_400,
            response_us: 7_072_000,
        }],
        latency_us: ByStage::from_fn(|stage| latencies(1000, 300 * (stage as u64 + 1).pow(3))),
        latency_by_cause_us: ByCause::from_fn(|cause| CauseLatency {
            queue_wait: match cause {
                Cause::Posting => latencies(1000, 1_800),
                Cause::BackupPoll => latencies(7, 6_900_000),
                _ => latencies(0, 1),
            },
        }),
        domains: keys
            .iter()
            .flat_map(|key| {
                (0..2).map(move |replica| domain(key, replica, 100 * key.len() as u64 + replica as u64))
            })
            .collect(),
        changes: Vec::new(),
        interventions: Vec::new(),
        timeline: (0..2)
            .map(|second| TimelineSecond {
                second,
                posted: 412,
                acquired: 409,
                completed: 405,
                rescued: second * 7,
                wakeups_lost: second * 6,
                backlog: 3,
                queries: 470,
                empty: 61,
                queue_wait_p50_us: 1_800,
                queue_wait_p99_us: 31_000,
                queue_wait_log2: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 380, 10, 0, 0, 7],
                faults: if second == 1 { vec!["drop_notifications".to_owned()] } else { Vec::new() },
            })
            .collect(),
        database: database(),
        warnings: vec![Warning {
            name: "lost_wakeup".to_owned(),
            what: "terraform environment=on-prem sleeps beside its work".to_owned(),
            evidence: "12 jobs wait, the oldest for 3.4 s, beside 20 workers asleep, and nobody asks; likely cause: \
                       the fault drop_notifications"
                .to_owned(),
            advice: "follow such a job in the Wakeups view: was it announced, did a replica hear it, whom did it wake?"
                .to_owned(),
            from_second: 12,
            to_second: Some(24),
        }],
        audit: Audit { ok: true, ..Audit::default() },
        assertions: Vec::new(),
        generator: Generator {
            schedule_lag_p99_us: 870,
            achieved_ratio: 0.999,
            events_dropped: 0,
            cpu_seconds: 3.21,
            core_share: 0.107,
            cpu_share: 0.0535,
        },
        scenario,
    }
}

fn assertion(expression: &str, value: f64, held: bool) -> Assertion {
    Assertion { expression: expression.to_owned(), value: Some(value), held }
}

#[test]
fn the_summary_of_a_run_that_held() {
    insta::assert_snapshot!(summary(&fixed()));
}

#[test]
fn the_summary_of_a_run_in_trouble() {
    let mut report = fixed();
    report.run.valid = false;
    report.run.invalid_reasons = vec![
        "posts began 1.2 s late at the 99th percentile, where 50 ms are allowed; ask for a lower rate"
            .to_owned(),
    ];
    report.assertions = vec![
        assertion("queue_wait.p99 < 250ms", 310_000.0, false),
        assertion("rescued_by_backup_poll < 10", 7.0, true),
    ];
    report.audit = Audit {
        ok: false,
        lost: (1..=5).map(Uuid::from_u128).collect(),
        doubled: vec![Uuid::from_u128(9)],
        stranded: vec![Uuid::from_u128(10)],
        stranded_by_policy: 1,
    };
    report.scenario.policy =
        Policy { chain: Chain::Always, departed: Departed::Stranded, ..Policy::default() };
    report.policy = report.scenario.policy.into();
    report.environment.durability = "fast".to_owned();
    report.queries.acquire.max_in_flight_per_domain = 2;
    report.generator.events_dropped = 1_000;
    insta::assert_snapshot!(summary(&report));
}

#[test]
fn the_summary_of_nothing() {
    let mut report = fixed();
    report.latency_us = ByStage::default();
    report.latency_by_cause_us = ByCause::default();
    report.wakeups = ByCause::default();
    report.rescued_by_backup_poll = 0;
    report.wakeups_lost = WakeupsLost::default();
    report.rates = Rates::default();
    report.jobs = Jobs::default();
    report.queries = Queries::default();
    report.notifications = Notifications::default();
    report.domains.clear();
    report.database = ObservedDatabase::default();
    report.run.interrupted = true;
    report.scenario.notes.clear();
    insta::assert_snapshot!(summary(&report));
}

#[test]
fn no_line_of_the_summary_is_wider_than_a_terminal() {
    let mut report = fixed();
    report.scenario.title = "title ".repeat(40);
    report.environment.postgres_version = "version ".repeat(20);
    report.jobs.posted = u64::MAX;
    report.rates.posted = 1e12;
    report.domains[0].key = "terraform ".repeat(20);
    for line in summary(&report).lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert_eq!(line, line.trim_end());
    }
}

fn fall_short(report: &mut Report) {
    report.assertions = vec![assertion("a", 1.0, true), assertion("b", 1.0, false)];
}

#[test]
fn the_verdict_takes_the_gravest_first() {
    let code = |change: fn(&mut Report)| {
        let mut report = fixed();
        change(&mut report);
        report.exit_code()
    };
    assert_eq!(code(|_| {}), 0);
    assert_eq!(code(fall_short), 3);
    assert_eq!(code(|report| report.audit.ok = false), 4);
    assert_eq!(code(|report| report.run.valid = false), 5);
    assert_eq!(code(|report| report.run.interrupted = true), 130);
    assert_eq!(
        code(|report| {
            report.run.interrupted = true;
            report.run.failed = Some("the database was lost".to_owned());
        }),
        1
    );
    assert_eq!(
        code(|report| {
            fall_short(report);
            report.run.valid = false;
        }),
        5
    );
    assert_eq!(
        code(|report| {
            report.run.valid = false;
            report.audit.ok = false;
        }),
        4
    );
    assert_eq!(
        code(|report| {
            report.run.interrupted = true;
            report.audit.ok = false;
        }),
        130
    );
}

#[test]
fn the_json_report_of_a_run() {
    let mut json = serde_json::to_value(fixed()).unwrap();
    shorten_histograms(&mut json);
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

/// Histograms are long, and their compression may change with a dependency.
fn shorten_histograms(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "histogram" {
                    *value = Value::from("…");
                }
                shorten_histograms(value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(shorten_histograms),
        _ => {}
    }
}

#[test]
fn every_key_of_the_contract_is_there() {
    let json = serde_json::to_value(fixed()).unwrap();
    let contract = [
        (
            "",
            "schema_version tool scenario environment run jobs rates queries notifications wakeups \
              rescued_by_backup_poll latency_us latency_by_cause_us domains timeline database audit assertions generator",
        ),
        ("/tool", "name version"),
        ("/scenario", "title duration warmup drain seed replicas backup_poll policy"),
        ("/environment", "postgres_version database durability cpus os"),
        ("/run", "id seed started_at measured_seconds warmup_seconds interrupted valid invalid_reasons"),
        ("/jobs", "posted acquired completed failed canceled queued_at_end running_at_end"),
        ("/rates", "target_post posted acquired completed acquire_queries empty_queries"),
        ("/queries", "acquire observer"),
        ("/queries/acquire", "total found empty failed per_job max_in_flight_per_domain"),
        ("/queries/observer", "total seconds"),
        ("/database", "missing unseen measured series"),
        ("/notifications", "sent suppressed received malformed losses_signalled"),
        ("/wakeups", "first posting pending chained backup_poll recovered"),
        ("/wakeups/first", "clearances found empty failed"),
        ("/latency_us", "post_lag notify clearance query handover queue_wait service response"),
        ("/latency_us/post_lag", "count min mean p50 p90 p99 p999 max histogram"),
        ("/latency_by_cause_us", "first posting pending chained backup_poll recovered"),
        ("/latency_by_cause_us/first", "queue_wait"),
        ("/latency_by_cause_us/first/queue_wait", "count min mean p50 p90 p99 p999 max histogram"),
        ("/domains/0", "key replica provisioners tags workers acquired queries empty rescued"),
        (
            "/timeline/0",
            "second posted acquired completed rescued wakeups_lost backlog queries empty queue_wait_p50_us queue_wait_p99_us \
             queue_wait_log2 faults",
        ),
        ("/policy", "name chain postings route order departed after_error first_poll doubtful claim_batch"),
        ("/warnings/0", "name what evidence advice from_second to_second"),
        ("/audit", "ok lost doubled stranded stranded_by_policy"),
        ("/generator", "schedule_lag_p99_us achieved_ratio events_dropped cpu_seconds core_share cpu_share"),
        ("/wakeups_lost", "total swallowed unheard forgotten by_posting"),
        ("/wakeups_lost/by_posting/0", "provisioner tags lost"),
        ("/spurious_wakeups", "total of_queries_share empty_share"),
        ("/idle_queries", "domains predicted_per_day measured_per_day"),
        ("/naive_polling", "period_seconds waited_seconds queries of_queries_ratio"),
        ("/found_by_root", "posting first recovered backup_poll"),
        ("/latency_by_root_us/backup_poll/queue_wait", "count min mean p50 p90 p99 p999 max histogram"),
        (
            "/slowest_jobs/0",
            "job intended_seconds domain replica cause root_cause wakeup_lost post_lag_us notify_us clearance_us \
             query_us handover_us queue_wait_us service_us response_us",
        ),
    ];
    for (place, keys) in contract {
        let object = json.pointer(place).and_then(Value::as_object).unwrap_or_else(|| panic!("no {place}"));
        for key in keys.split_whitespace() {
            assert!(object.contains_key(key), "no {key} in {place:?}");
        }
    }
    let assertion = serde_json::to_value(assertion("a < 1", 0.5, true)).unwrap();
    assert_eq!(assertion, serde_json::json!({ "expression": "a < 1", "value": 0.5, "held": true }));
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["assertions"], serde_json::json!([]));
}

#[test]
fn every_figure_can_be_asserted() {
    let json = serde_json::to_value(fixed()).unwrap();
    let mut paths = Vec::new();
    leaves("", &json, &mut paths);
    assert!(paths.len() > 150, "{paths:?}");
    for path in paths {
        let limits = ["", " >= 0", " >= 0us"];
        let can_be = limits.iter().any(|limit| format!("{path}{limit}").parse::<Expression>().is_ok());
        assert!(can_be, "{path} is no figure");
    }
}

/// The paths of all numbers and truths that came out of the run, those in lists apart.
fn leaves(path: &str, value: &Value, paths: &mut Vec<String>) {
    match value {
        Value::Number(_) | Value::Bool(_) => paths.push(path.to_owned()),
        Value::Object(keys) => {
            for (key, value) in keys {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if !matches!(below.as_str(), "scenario" | "policy" | "tool" | "schema_version") {
                    leaves(&below, value, paths);
                }
            }
        }
        Value::Array(_) | Value::String(_) | Value::Null => {}
    }
}
