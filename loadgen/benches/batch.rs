//! How fast a queue is drained with `claim_batch`, against pgbench with the same batched statement.
//!
//! `cargo bench -p loadgen --bench batch [-- --rounds N --fast]`
//!
//! 5,000 queued jobs, in one domain and in four, 64 acquirees each. On one cluster, in turns:
//!
//! - one `Acquirer` under the policy seed;
//! - one under the default policy with a `claim_batch` of 1, 4, 16 and 64;
//! - pgbench, as many clients as there are domains, with the statement for as many workers.
//!
//! Nobody looks on, and jobs aren't marked as done.

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use acquirer::wakeup::Policy;
use loadgen::database::Database;
use loadgen::database::schema::SchemaLease;
use sqlx::{ConnectOptions as _, Executor as _};

use support::cluster;
use support::figures::{median, print_table, ratio, verdict};
use support::options::Options;
use support::pgbench::Pgbench;
use support::queue::{self, Turn};

const JOBS: usize = 5_000;
const ACQUIREES: usize = 64;
const BATCHES: [usize; 4] = [1, 4, 16, 64];
/// Of the policy seed, in one domain.
const GOAL_SEED: f64 = 5.0;
/// Of pgbench, in one domain.
const GOAL_PGBENCH: f64 = 0.8;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Contestant {
    Seed,
    Default { batch: usize },
    Pgbench { batch: usize },
}

impl Contestant {
    fn all() -> Vec<Self> {
        let ours = BATCHES.map(|batch| Self::Default { batch });
        let theirs = BATCHES.map(|batch| Self::Pgbench { batch });
        [Self::Seed].into_iter().chain(ours).chain(theirs).collect()
    }

    fn name(self) -> String {
        match self {
            Self::Seed => "policy seed".to_owned(),
            Self::Default { batch } => format!("policy default, claim_batch {batch}"),
            Self::Pgbench { batch } => format!("pgbench, {batch} at once"),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(3) else { return Ok(()) };
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = cluster::open(&options).await?;
        println!(
            "drain of {JOBS} jobs, {} rounds, {ACQUIREES} acquirees in each domain\n{}",
            options.rounds,
            cluster::describe(&database)
        );
        let pgbench = Pgbench::find(&database)?;
        for domains in [1, 4] {
            measure(&database, &pgbench, domains, options.rounds).await?;
        }
        database.close().await?;
        Ok(())
    })
}

async fn measure(
    database: &Database,
    pgbench: &Pgbench,
    domains: usize,
    rounds: usize,
) -> anyhow::Result<()> {
    let contestants = Contestant::all();
    let mut turns = vec![Vec::new(); contestants.len()];
    for round in 0..rounds {
        // Whoever goes first meets the coldest caches: the order is turned each time.
        for place in 0..contestants.len() {
            let number = (place + round) % contestants.len();
            turns[number].push(turn(database, pgbench, domains, contestants[number]).await?);
        }
    }
    let rates = |contestant: Contestant| {
        let number = contestants.iter().position(|other| *other == contestant);
        number.map_or_else(Vec::new, |number| {
            turns[number].iter().map(|turn: &Turn| turn.jobs_per_s).collect::<Vec<_>>()
        })
    };
    let mut table = vec![["", "jobs/s", "queries/s", "× seed", "× pgbench"].map(str::to_owned).to_vec()];
    for (contestant, turns) in contestants.iter().zip(&turns) {
        let queries: Vec<f64> = turns.iter().map(|turn| turn.queries_per_s).collect();
        let against_pgbench = match *contestant {
            Contestant::Default { batch } => {
                format!("{:.2}", ratio(&rates(*contestant), &rates(Contestant::Pgbench { batch })))
            }
            Contestant::Seed | Contestant::Pgbench { .. } => String::new(),
        };
        table.push(vec![
            contestant.name(),
            format!("{:.0}", median(&rates(*contestant))),
            format!("{:.0}", median(&queries)),
            format!("{:.2}", ratio(&rates(*contestant), &rates(Contestant::Seed))),
            against_pgbench,
        ]);
    }
    println!("\n{domains} {}", if domains == 1 { "domain" } else { "domains" });
    print_table(&table);
    if domains == 1 {
        let batch = Policy::default().claim_batch;
        let ours = rates(Contestant::Default { batch });
        let seed = ratio(&ours, &rates(Contestant::Seed));
        let floor = ratio(&ours, &rates(Contestant::Pgbench { batch }));
        println!("goals for the default, claim_batch {batch}:");
        println!("  at least {GOAL_SEED} of the policy seed: {seed:.2}, {}", verdict(seed >= GOAL_SEED));
        println!("  at least {GOAL_PGBENCH} of pgbench: {floor:.2}, {}", verdict(floor >= GOAL_PGBENCH));
    }
    Ok(())
}

async fn turn(
    database: &Database,
    pgbench: &Pgbench,
    domains: usize,
    contestant: Contestant,
) -> anyhow::Result<Turn> {
    let place = database.connect_options();
    let mut connection = place.connect().await?;
    // Full pages are written to the log after each checkpoint: nobody is to pay for another's.
    connection.execute("CHECKPOINT").await?;
    let lease = SchemaLease::take(database).await?;
    queue::fill(&mut connection, JOBS, domains).await?;
    let acquire_all = |policy| queue::acquire_all(place.clone(), policy, JOBS, domains, ACQUIREES);
    let turn = match contestant {
        Contestant::Seed => acquire_all(Policy::seed()).await?,
        Contestant::Default { batch } => {
            acquire_all(Policy { claim_batch: batch, ..Policy::default() }).await?
        }
        Contestant::Pgbench { batch } => {
            let (statement, variables) = queue::pgbench_acquire(batch)?;
            let times = (JOBS / domains).div_ceil(batch);
            let rate = pgbench.run(&format!("{statement};\n"), domains, times, &variables)?;
            // The last claim of each client may find fewer.
            let jobs = JOBS as f64 / (times * domains) as f64;
            Turn { jobs_per_s: rate * jobs, queries_per_s: rate }
        }
    };
    queue::ensure_drained(&mut connection).await?;
    lease.release(false).await?;
    Ok(turn)
}
