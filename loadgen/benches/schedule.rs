//! How well the generator keeps its schedule, and what it costs itself.
//!
//! `cargo bench -p loadgen --bench schedule [-- --rounds N --fast]`
//!
//! Whole runs as `clearance run` makes them, on one cluster, in turns:
//!
//! - 2,000 jobs a second in batches of 20: how late posts begin, p50, p99 and at most, which is to be under 2 ms at
//!   the 99th percentile; what the generator used of a core. Beside it, at the same time, the floor: how late a bare
//!   thread wakes that sleeps to such moments. Where that is late, it's the machine;
//! - 10,000 workers in 100 domains, and 20,000 jobs that wait for them: how fast they are taken and finished, beside 100
//!   workers in as many domains, and what the generator used. Where the many are as fast as the few, the database is the limit.

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use hdrhistogram::Histogram;
use loadgen::database::Database;
use loadgen::database::schema::SchemaLease;
use loadgen::record::RecordOptions;
use loadgen::report::Report;
use loadgen::run::RunRequest;
use loadgen::scenario::{Overrides, Scenario, Source};
use loadgen::snapshot::DatabaseFacts;

use support::cluster;
use support::figures::{median, print_table, verdict};
use support::options::Options;
use support::scenario;

const LAG_P99_US_MAX: f64 = 2_000.0;
const DRAINED: usize = 20_000;
const DOMAINS: usize = 100;
/// In each domain.
const MANY: usize = 100;

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(3) else { return Ok(()) };
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = cluster::open(&options).await?;
        println!("the generator itself, {} rounds\n{}", options.rounds, cluster::describe(&database));
        let (mut batches, mut many, mut few) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let floor = Floor::start();
            let report = run(&database, scenario::batches(2_000, 20)).await?;
            batches.push((report, floor.end()));
            many.push(run(&database, scenario::drain(DRAINED, DOMAINS, MANY, "0s", "120s")).await?);
            few.push(run(&database, scenario::drain(DRAINED, DOMAINS, 1, "0s", "120s")).await?);
        }
        print_lag(&batches);
        print_drains(&many, &few);
        database.close().await?;
        Ok(())
    })
}

/// A bare thread that sleeps to one moment after the other, and takes down how late it wakes.
struct Floor {
    is_over: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Histogram<u64>>,
}

impl Floor {
    const GAP: Duration = Duration::from_millis(10);

    fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut late = Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds are in order");
            let mut due = Instant::now();
            while !stop.load(Ordering::Relaxed) {
                due += Self::GAP;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                late.saturating_record((due.elapsed().as_micros() as u64).max(1));
            }
            late
        });
        Self { is_over, thread }
    }

    fn end(self) -> Histogram<u64> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("it only sleeps")
    }
}

fn print_lag(runs: &[(Report, Histogram<u64>)]) {
    let heading = [
        "2,000 jobs/s, batch 20",
        "post lag p50 µs",
        "p99 µs",
        "max µs",
        "floor p50 µs",
        "p99 µs",
        "max µs",
        "achieved",
        "of a core",
    ];
    let mut table = vec![heading.map(str::to_owned).to_vec()];
    for (report, floor) in runs {
        let (lag, generator) = (&report.latency_us.post_lag, &report.generator);
        table.push(vec![
            if report.run.valid { "valid" } else { "INVALID" }.to_owned(),
            lag.p50.to_string(),
            lag.p99.to_string(),
            lag.max.to_string(),
            floor.value_at_quantile(0.5).to_string(),
            floor.value_at_quantile(0.99).to_string(),
            floor.max().to_string(),
            format!("{:.4}", generator.achieved_ratio),
            format!("{:.2}", generator.core_share),
        ]);
    }
    print_table(&table);
    let lags: Vec<f64> = runs.iter().map(|(report, _)| report.latency_us.post_lag.p99 as f64).collect();
    println!("goal: p99 of the post lag under 2 ms: {}", verdict(median(&lags) < LAG_P99_US_MAX));
}

fn print_drains(many: &[Report], few: &[Report]) {
    let heading = ["drain, 100 domains", "finished jobs/s", "CPU s of the generator"];
    let mut table = vec![heading.map(str::to_owned).to_vec()];
    for (name, reports) in [("10,000 workers", many), ("100 workers", few)] {
        let column = |of: fn(&Report) -> f64| median(&reports.iter().map(of).collect::<Vec<_>>());
        table.push(vec![
            name.to_owned(),
            format!("{:.0}", column(|report| report.jobs.completed as f64 / report.run.measured_seconds)),
            format!("{:.2}", column(|report| report.generator.core_share * report.run.measured_seconds)),
        ]);
    }
    print_table(&table);
}

async fn run(database: &Database, text: String) -> anyhow::Result<Report> {
    let lease = SchemaLease::take(database).await?;
    let source = Source { name: "schedule".to_owned(), text };
    let request = RunRequest {
        name: "schedule".to_owned(),
        scenario: Scenario::resolve(&source, &Overrides::default())?,
        database: database.connect_options(),
        server: database.control(),
        facts: DatabaseFacts {
            kind: database.kind().to_string(),
            version: database.server_version().to_owned(),
            durability: database.durability().to_string(),
        },
        connections_max: 80,
        record: RecordOptions::default(),
    };
    let report = loadgen::run::start(request).finish().await?;
    lease.release(false).await?;
    ensure!(report.audit.ok, "the audit failed");
    ensure!(report.jobs.completed == report.jobs.posted, "jobs are left");
    Ok(report)
}
