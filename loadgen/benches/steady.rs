//! What a job costs while jobs come one by one: queries, and how long it waits.
//!
//! `cargo bench -p loadgen --bench steady [-- --rounds N --fast]`
//!
//! On one cluster, in turns, whole runs as `clearance run` makes them, of 10 s each, arrivals Poisson, 96 workers:
//!
//! - 200 jobs a second, one replica and three, policies seed and default: acquire queries for each job. The
//!   backup poll comes round every 5 s, so that a job that was left to it is found, and counted as rescued;
//! - 1,000 jobs a second, one replica, policy default: the queue wait's p99 against its median.

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use anyhow::ensure;
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

struct Case {
    policy: &'static str,
    replicas: usize,
    rate: usize,
    /// At most so many queries for each job.
    queries_max: Option<f64>,
    /// The queue wait's p99 is at most so many times its median.
    tail_max: Option<f64>,
}

const CASES: [Case; 6] = [
    Case { policy: "seed", replicas: 1, rate: 200, queries_max: None, tail_max: None },
    Case { policy: "default", replicas: 1, rate: 200, queries_max: Some(1.1), tail_max: None },
    Case { policy: "seed", replicas: 3, rate: 200, queries_max: None, tail_max: None },
    Case { policy: "default", replicas: 3, rate: 200, queries_max: Some(3.1), tail_max: None },
    Case { policy: "seed", replicas: 1, rate: 1_000, queries_max: None, tail_max: None },
    Case { policy: "default", replicas: 1, rate: 1_000, queries_max: None, tail_max: Some(4.0) },
];

/// What one run came to.
struct Outcome {
    queries_per_job: f64,
    rescued: f64,
    p50_us: f64,
    p99_us: f64,
    schedule_lag_p99_us: f64,
}

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(3) else { return Ok(()) };
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = cluster::open(&options).await?;
        println!("jobs one by one, {} rounds\n{}", options.rounds, cluster::describe(&database));
        let mut outcomes = [const { Vec::new() }; CASES.len()];
        for round in 0..options.rounds {
            for place in 0..CASES.len() {
                let number = (place + round) % CASES.len();
                outcomes[number].push(run(&database, &CASES[number]).await?);
            }
        }
        print(&outcomes);
        database.close().await?;
        Ok(())
    })
}

fn print(outcomes: &[Vec<Outcome>; CASES.len()]) {
    let heading = [
        "policy",
        "replicas",
        "jobs/s",
        "queries/job",
        "rescued",
        "p50 µs",
        "p99 µs",
        "p99/p50",
        "post lag p99 µs",
    ];
    let mut table = vec![heading.map(str::to_owned).to_vec()];
    let mut goals = Vec::new();
    for (case, outcomes) in CASES.iter().zip(outcomes) {
        let column = |of: fn(&Outcome) -> f64| outcomes.iter().map(of).collect::<Vec<_>>();
        let queries = median(&column(|outcome| outcome.queries_per_job));
        let rescued: f64 = column(|outcome| outcome.rescued).iter().sum();
        let tail = median(&column(|outcome| outcome.p99_us / outcome.p50_us));
        table.push(vec![
            case.policy.to_owned(),
            case.replicas.to_string(),
            case.rate.to_string(),
            format!("{queries:.2}"),
            format!("{rescued:.0}"),
            format!("{:.0}", median(&column(|outcome| outcome.p50_us))),
            format!("{:.0}", median(&column(|outcome| outcome.p99_us))),
            format!("{tail:.1}"),
            format!("{:.0}", median(&column(|outcome| outcome.schedule_lag_p99_us))),
        ]);
        let named = format!("policy {}, {} replicas, {} jobs/s", case.policy, case.replicas, case.rate);
        if let Some(most) = case.queries_max {
            let reached = verdict(queries <= most && rescued == 0.0);
            goals.push(format!("{named}: at most {most} queries for each job, none rescued: {reached}"));
        }
        if let Some(most) = case.tail_max {
            let reached = verdict(tail <= most);
            goals.push(format!("{named}: p99 of the queue wait at most {most} times its median: {reached}"));
        }
    }
    print_table(&table);
    for goal in goals {
        println!("goal: {goal}");
    }
}

async fn run(database: &Database, case: &Case) -> anyhow::Result<Outcome> {
    let lease = SchemaLease::take(database).await?;
    let text = scenario::steady(case.policy, case.replicas, case.rate);
    let source = Source { name: "steady".to_owned(), text };
    let facts = DatabaseFacts {
        kind: database.kind().to_string(),
        version: database.server_version().to_owned(),
        durability: database.durability().to_string(),
    };
    let request = RunRequest {
        name: "steady".to_owned(),
        scenario: Scenario::resolve(&source, &Overrides::default())?,
        database: database.connect_options(),
        server: database.control(),
        facts,
        connections_max: 80,
        record: RecordOptions::default(),
    };
    let report: Report = loadgen::run::start(request).finish().await?;
    lease.release(false).await?;
    ensure!(report.audit.ok, "the audit failed");
    ensure!(report.jobs.acquired == report.jobs.posted, "jobs are left");
    Ok(Outcome {
        queries_per_job: report.queries.acquire.per_job,
        rescued: report.rescued_by_backup_poll as f64,
        p50_us: report.latency_us.queue_wait.p50 as f64,
        p99_us: report.latency_us.queue_wait.p99 as f64,
        schedule_lag_p99_us: report.generator.schedule_lag_p99_us as f64,
    })
}
