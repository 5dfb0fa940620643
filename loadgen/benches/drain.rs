//! How fast a queue is drained, against pgbench with the same acquire statement.
//!
//! `cargo bench -p loadgen --bench drain [-- --rounds N --fast]`
//!
//! 20,000 queued jobs in 4 domains, interleaved, policy seed, service time 0. On one cluster, in turns:
//!
//! - pgbench, 4 clients (`-M prepared -c 4 -j 2`), each acquiring for a domain of its own;
//! - the library: one `Acquirer`, 4 × 16 acquirees, nobody looking on, jobs not marked as done;
//! - `clearance run --headless` with more workers than jobs, none of which ever finishes its job: how
//!   completion is left out of a run. Its workers all wait at once, 5,500 to a domain;
//! - pgbench, the same and each job marked as done before the next is acquired;
//! - `clearance run --headless`, 4 × 16 workers, every job marked as done.
//!
//! Both runs measure and audit all that they do.
//!
//! pgbench acquires with the statement and the planner settings of the store. Only parameters differ that
//! pgbench cannot make: the time is the server's, and the tags are put together from the client's number.

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use std::path::{Path, PathBuf};

use acquirer::store::postgres::statements;
use acquirer::wakeup::Policy;
use anyhow::ensure;
use loadgen::database::Database;
use loadgen::database::schema::SchemaLease;
use sqlx::{ConnectOptions as _, Executor as _};

use support::figures::{median, print_table, ratio, verdict};
use support::options::Options;
use support::pgbench::Pgbench;
use support::queue::{self, Turn};
use support::scenario;
use support::{cluster, command};

const DOMAINS: usize = 4;
const ACQUIREES: usize = 16;
const JOBS: usize = 20_000;
/// Of pgbench's acquire rate.
const GOAL: f64 = 0.8;

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(5) else { return Ok(()) };
    let directory = tempfile::tempdir()?;
    let clearance = command::build()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = cluster::open(&options).await?;
        println!(
            "drain of {JOBS} jobs in {DOMAINS} domains, {} rounds\n{}",
            options.rounds,
            cluster::describe(&database)
        );
        let bench =
            Bench { pgbench: Pgbench::find(&database)?, clearance, directory: directory.path(), database };
        let mut turns = [const { Vec::new() }; 5];
        for round in 0..options.rounds {
            // Whoever goes first meets the coldest caches: the order is turned each time.
            for place in 0..turns.len() {
                let contestant = (place + round) % turns.len();
                turns[contestant].push(bench.turn(contestant).await?);
            }
        }
        print(&turns);
        bench.database.close().await?;
        Ok(())
    })
}

fn print(turns: &[Vec<Turn>; 5]) {
    let column = |of: fn(&Turn) -> f64, turns: &[Turn]| turns.iter().map(of).collect::<Vec<_>>();
    let jobs = |contestant: usize| column(|turn| turn.jobs_per_s, &turns[contestant]);
    let line = |name: &str, contestant: usize, against: &str| {
        let (rates, queries) = (jobs(contestant), column(|turn| turn.queries_per_s, &turns[contestant]));
        let spread = |end: fn(f64, f64) -> f64, from: f64| rates.iter().copied().fold(from, end);
        vec![
            name.to_owned(),
            format!("{:.0}", median(&rates)),
            format!("{:.0}–{:.0}", spread(f64::min, f64::MAX), spread(f64::max, 0.0)),
            format!("{:.0}", median(&queries)),
            against.to_owned(),
        ]
    };
    let library = ratio(&jobs(LIBRARY), &jobs(PGBENCH));
    let without = ratio(&jobs(CLEARANCE), &jobs(PGBENCH));
    let with = ratio(&jobs(CLEARANCE_DONE), &jobs(PGBENCH_DONE));
    print_table(&[
        ["", "jobs/s", "range", "acquire queries/s", "ratio"].map(str::to_owned).to_vec(),
        line("pgbench, acquire", PGBENCH, "1"),
        line("acquirer, acquire", LIBRARY, &format!("{library:.2}")),
        line("clearance run, acquire", CLEARANCE, &format!("{without:.2}")),
        line("pgbench, acquire + complete", PGBENCH_DONE, "1"),
        line("clearance run, acquire + complete", CLEARANCE_DONE, &format!("{with:.2}")),
    ]);
    println!("goal: at least {GOAL} of pgbench");
    println!("  completion left out of both: {without:.2}, {}", verdict(without >= GOAL));
    println!("  completion included in both: {with:.2}, {}", verdict(with >= GOAL));
    let across = ratio(&jobs(CLEARANCE_DONE), &jobs(PGBENCH));
    println!("clearance run with completion against pgbench without: {across:.2}");
}

const PGBENCH: usize = 0;
const LIBRARY: usize = 1;
const CLEARANCE: usize = 2;
const PGBENCH_DONE: usize = 3;
const CLEARANCE_DONE: usize = 4;

struct Bench<'a> {
    database: Database,
    pgbench: Pgbench,
    clearance: PathBuf,
    directory: &'a Path,
}

impl Bench<'_> {
    async fn turn(&self, contestant: usize) -> anyhow::Result<Turn> {
        let mut connection = self.database.connect_options().connect().await?;
        // Full pages are written to the log after each checkpoint: nobody is to pay for another's.
        connection.execute("CHECKPOINT").await?;
        if matches!(contestant, CLEARANCE | CLEARANCE_DONE) {
            return self.run_clearance(contestant == CLEARANCE_DONE);
        }
        let lease = SchemaLease::take(&self.database).await?;
        queue::fill(&mut connection, JOBS, DOMAINS).await?;
        let turn = match contestant {
            LIBRARY => {
                let place = self.database.connect_options();
                queue::acquire_all(place, Policy::seed(), JOBS, DOMAINS, ACQUIREES).await?
            }
            contestant => self.run_pgbench(contestant == PGBENCH_DONE)?,
        };
        queue::ensure_drained(&mut connection).await?;
        lease.release(false).await?;
        Ok(turn)
    }

    fn run_pgbench(&self, completes: bool) -> anyhow::Result<Turn> {
        let (acquire, variables) = queue::pgbench_acquire(1)?;
        let finish = statements::FINISH
            .replace("$1", ":id")
            .replace("$2", ":workers")
            .replace("$3", "now()")
            .replace("$4", "NULL");
        let script =
            if completes { format!("{acquire} \\gset\n{finish};\n") } else { format!("{acquire};\n") };
        let rate = self.pgbench.run(&script, DOMAINS, JOBS / DOMAINS, &variables)?;
        Ok(Turn { jobs_per_s: rate, queries_per_s: rate })
    }

    fn run_clearance(&self, completes: bool) -> anyhow::Result<Turn> {
        let report =
            command::run(&self.clearance, &self.database, self.directory, &scenario_text(completes), &[])?;
        let number = |pointer: &str| command::number(&report, pointer);
        let done = if completes { "/jobs/completed" } else { "/jobs/acquired" };
        ensure!(command::count(&report, done)? == JOBS as u64, "{done} of clearance's report is not {JOBS}");
        if completes {
            return Ok(Turn {
                jobs_per_s: number("/rates/completed")?,
                queries_per_s: number("/rates/acquire_queries")?,
            });
        }
        // What is preloaded waits from the beginning, so that the longest wait is the time that it all took.
        let seconds = number("/latency_us/queue_wait/max")? / 1e6;
        let queries = number("/queries/acquire/total")?;
        Ok(Turn { jobs_per_s: JOBS as f64 / seconds, queries_per_s: queries / seconds })
    }
}

fn scenario_text(completes: bool) -> String {
    // Without completion the run lasts as long as its scenario says.
    let (workers, service, duration) =
        if completes { (ACQUIREES, "0s", "2m") } else { (JOBS / DOMAINS + 500, "1h", "15s") };
    scenario::drain(JOBS, DOMAINS, workers, service, duration)
}
