use std::sync::Arc;
use std::time::Duration;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::wakeup::{Cause, DomainSpec, RootCause};

use super::families::FAMILIES;
use super::page::{Figures, Format, render};
use super::*;
use crate::measure::{DomainTally, Stage, Tallies};
use crate::observe::{Statement, StatementCounts};
use crate::snapshot::{
    ActiveFault, DatabaseFacts, DatabaseSample, DomainReplica, DomainRow, RunPhase, Snapshot, Totals,
};

const DOCUMENT: &str = include_str!("METRICS.md");

fn row(number: u32, replica: usize) -> DomainRow {
    let on = DomainReplica {
        replica,
        waiting: 3,
        phase: crate::snapshot::DomainPhase::Idle,
        pending: false,
        next_poll_in: Duration::ZERO,
        backup_poll: Duration::ZERO,
    };
    DomainRow {
        number,
        replicas: vec![on],
        backlog: 2,
        oldest: Some(Duration::from_millis(1_250)),
        ..DomainRow::default()
    }
}

fn snapshot() -> Snapshot {
    let sample = DatabaseSample {
        connections: [("idle in transaction".to_owned(), 2)].into(),
        waits: [("Lock:object".to_owned(), 1)].into(),
        notify_lock_waiters: Some(1),
        notify_queue_usage: Some(0.125),
        live_tuples: Some(10),
        dead_tuples: Some(5),
        table_bytes: Some(8_192),
        index_bytes: Some(24_576),
        oldest_transaction_us: Some(1_500_000),
        xmin_age: Some(7),
        ..DatabaseSample::default()
    };
    Snapshot {
        scenario: "say \"hi\"".to_owned(),
        policy: "default".to_owned(),
        database: DatabaseFacts {
            kind: "local".to_owned(),
            version: "15.18".to_owned(),
            durability: "safe".to_owned(),
        },
        phase: RunPhase::Measuring,
        elapsed: Duration::from_millis(12_500),
        workers: 40,
        target_rate: 200.0,
        faults: vec![ActiveFault {
            name: "drop_notifications".to_owned(),
            parameter: "100%".to_owned(),
            ..ActiveFault::default()
        }],
        totals: Totals {
            posted: 100,
            acquired: 98,
            completed: 90,
            failed: 3,
            backlog: 2,
            ..Totals::default()
        },
        found: [(RootCause::Posting, 97), (RootCause::BackupPoll, 1)].into(),
        domains: Arc::new(vec![row(0, 0), row(1, 0), row(7, 1)]),
        database_samples: Arc::new(vec![Arc::new(sample)]),
        ..Snapshot::default()
    }
}

fn tallies() -> Tallies {
    let mut tallies = Tallies { notifications_sent: 100, ..Tallies::default() };
    for (cause, found) in [(Cause::Posting, 97), (Cause::BackupPoll, 1)] {
        let counts = crate::measure::CauseCounts { clearances: found + 1, found, empty: 1, failed: 0 };
        tallies.wakeups.push((cause, counts));
    }
    for us in [80, 700, 700, 400_000_000] {
        tallies.stages[Stage::QueueWait as usize].record(Duration::from_micros(us));
    }
    tallies.queue_wait_by_cause[Cause::Posting as usize].record(Duration::from_millis(2));
    // Two that read alike, on the same replica.
    for (number, tags) in [(0, [("a", "b c=d")].as_slice()), (1, &[("a", "b"), ("c", "d")])] {
        let tags = Tags::from_pairs(tags.iter().copied()).unwrap();
        let spec = Arc::new(DomainSpec::new(&[ProvisionerType::Echo], &tags));
        let tally = DomainTally { acquired: 10, rescued: 1, queries: 12, empty: 2 };
        tallies.domains.insert((number, 0), (spec, tally));
    }
    tallies.further_domains.insert(1, DomainTally { acquired: 5, ..DomainTally::default() });
    tallies.database.transactions = Some(1_000);
    tallies.database.wal_bytes = Some(123_456);
    tallies.database.checkpoints = Some(1);
    let ran = StatementCounts { calls: 40, mean_us: 50.0 };
    tallies.database.statements.insert(Statement::Acquire, (ran.calls, ran.total()));
    tallies.database.own_queries = 9;
    tallies
}

fn page(format: Format) -> String {
    render(Figures { snapshot: Arc::new(snapshot()), tallies: tallies() }, format).unwrap()
}

/// Without what the machine decides.
fn fixed(page: &str) -> String {
    let lines = page.lines().filter(|line| !line.starts_with("clearance_cpu_seconds_total "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_page_has_everything() {
    insta::assert_snapshot!(fixed(&page(Format::Text)));
}

#[test]
fn open_metrics_end_as_they_must() {
    let page = page(Format::OpenMetrics);
    assert!(page.ends_with("# EOF\n"));
    assert!(
        page.contains("# TYPE clearance_jobs_posted counter\nclearance_jobs_posted_total 100\n"),
        "{page}"
    );
}

#[test]
fn every_name_on_a_page_is_documented_and_every_documented_one_is_on_it() {
    let page = page(Format::Text);
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let exposed: Vec<(&str, &str)> = types.collect();
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `clearance_"));
    let documented: Vec<(String, String)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            (format!("clearance_{}", cells[0].trim_end_matches('`')), cells[1].to_owned())
        })
        .collect();
    let documented: Vec<(&str, &str)> = documented.iter().map(|(name, kind)| (&**name, &**kind)).collect();
    assert_eq!(exposed, documented);
}

#[test]
fn the_document_says_what_the_page_says() {
    let rows = FAMILIES.iter().map(|family| {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind) = (family.full_name(), family.kind());
        format!("| `{name}` | {kind} | {} | {} |\n", labels.join(", "), family.help)
    });
    let table: String = rows.collect();
    assert!(DOCUMENT.contains(&table), "METRICS.md is to have this table:\n{table}");
}

#[test]
fn no_series_comes_twice() {
    let page = page(Format::Text);
    let mut series: Vec<&str> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit_once(' ').unwrap().0)
        .collect();
    let all = series.len();
    series.sort_unstable();
    series.dedup();
    assert_eq!(series.len(), all);
}

#[test]
fn an_address_is_a_host_and_a_port() {
    for sound in ["127.0.0.1:9187", "localhost:0", "[::1]:9187", "0.0.0.0:65535"] {
        assert!(sound.parse::<ExporterAddress>().is_ok(), "{sound}");
    }
    for malformed in
        ["", "9187", "127.0.0.1", ":9187", "localhost:", "localhost:65536", "::1:9187", "http://a:1"]
    {
        let error = malformed.parse::<ExporterAddress>().unwrap_err();
        assert!(matches!(error, ExporterError::Malformed), "{malformed}");
    }
}

#[test]
fn a_port_that_is_taken_is_told_from_a_place_that_is_elsewhere() {
    let first = Exporter::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
    let again = Exporter::bind(&first.address().to_string().parse().unwrap()).unwrap_err();
    assert!(matches!(again, ExporterError::Taken { .. }), "{again}");
    // A range that is kept for documents: no machine has it.
    let elsewhere = Exporter::bind(&"192.0.2.1:9187".parse().unwrap()).unwrap_err();
    assert!(matches!(elsewhere, ExporterError::NotHere { .. }), "{elsewhere}");
}
