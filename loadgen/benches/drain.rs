//! How fast a queue is drained, against pgbench with the same acquire statement.
//!
//! `cargo bench -p loadgen --bench drain [-- --rounds N --fast]`
//!
//! 20,000 queued jobs in 4 domains, interleaved, policy seed, service time 0. On one cluster, in turns:
//!
//! - pgbench, 4 clients (`-M prepared -c 4 -j 2`), each acquiring for a domain of its own;
//! - the library: one [`Acquirer`], 4 × 16 acquirees, nobody looking on, jobs not marked as done;
//! - `clearance run --headless` with more workers than jobs, none of which ever finishes its job: how
//!   completion is left out of a run. Its workers all wait at once, 5,500 to a domain;
//! - pgbench, the same and each job marked as done before the next is acquired;
//! - `clearance run --headless`, 4 × 16 workers, every job marked as done.
//!
//! Both runs measure and audit all that they do.
//!
//! pgbench acquires with the statement and the planner settings of the store. Only parameters differ that
//! pgbench cannot make: the time is the server's, and the tags are put together from the client's number.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acquirer::job::{Job, JobId, Posting, ProvisionerType, Tags, WorkerId};
use acquirer::pubsub::PostgresPubSub;
use acquirer::store::postgres::statements;
use acquirer::store::{AcquireRequest, Claim, JobStore, PostgresStore, StoreError};
use acquirer::wakeup::Policy;
use acquirer::{Acquirer, AcquirerOptions};
use anyhow::{Context as _, ensure};
use futures::future::BoxFuture;
use loadgen::database::Database;
use loadgen::database::binaries::{Binaries, Search};
use loadgen::database::schema::SchemaLease;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _};

use support::cluster;
use support::figures::{median, print_table, ratio, verdict};
use support::options::Options;
use support::scenario;

const DOMAINS: usize = 4;
const ACQUIREES: usize = 16;
const JOBS: usize = 20_000;
/// Of pgbench's acquire rate.
const GOAL: f64 = 0.8;

/// One contestant's turn.
#[derive(Debug, Clone, Copy)]
struct Turn {
    jobs_per_s: f64,
    queries_per_s: f64,
}

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(5) else { return Ok(()) };
    let directory = tempfile::tempdir()?;
    let clearance = build_clearance()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = cluster::open(&options).await?;
        println!(
            "drain of {JOBS} jobs in {DOMAINS} domains, {} rounds\n{}",
            options.rounds,
            cluster::describe(&database)
        );
        let bench = Bench { pgbench: pgbench(&database)?, clearance, directory: directory.path(), database };
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
    pgbench: PathBuf,
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
        fill(&mut connection).await?;
        let turn = match contestant {
            LIBRARY => acquire_all(self.database.connect_options()).await?,
            contestant => self.run_pgbench(contestant == PGBENCH_DONE)?,
        };
        let left: i64 =
            sqlx::query_scalar("SELECT count(*) FROM clearance.provisioner_jobs WHERE started_at IS NULL")
                .fetch_one(&mut connection)
                .await?;
        ensure!(left == 0, "{left} jobs are left");
        lease.release(false).await?;
        Ok(turn)
    }

    fn run_pgbench(&self, completes: bool) -> anyhow::Result<Turn> {
        let script = self.directory.join("drain.sql");
        std::fs::write(&script, pgbench_script(completes))?;
        let place = self.database.connect_options();
        let settings = statements::SETTINGS.map(|(name, value)| format!("-c {name}={value}"));
        let output = Command::new(&self.pgbench)
            .env("PGOPTIONS", settings.join(" "))
            .arg("-h")
            .arg(place.get_socket().context("a private cluster has a socket")?)
            .args(["-p", &place.get_port().to_string(), "-U", "postgres"])
            .args(["-n", "-M", "prepared", "-c", &DOMAINS.to_string(), "-j", "2"])
            .args(["-t", &(JOBS / DOMAINS).to_string()])
            .args(["-D", "types={terraform}", "-D", "worker=00000000-0000-4000-8000-000000000001"])
            .arg("-f")
            .arg(&script)
            .arg("postgres")
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        let rate: f64 = rate.with_context(|| format!("pgbench gave no rate: {said}"))?;
        Ok(Turn { jobs_per_s: rate, queries_per_s: rate })
    }

    fn run_clearance(&self, completes: bool) -> anyhow::Result<Turn> {
        let (scenario, report) = (self.directory.join("drain.toml"), self.directory.join("drain.json"));
        std::fs::write(&scenario, scenario_text(completes))?;
        let place = self.database.connect_options();
        let socket = place.get_socket().context("a private cluster has a socket")?.display().to_string();
        let url = format!("postgres://postgres@localhost/postgres?host={socket}&port={}", place.get_port());
        let output = Command::new(&self.clearance)
            .args(["run", "--headless", "--database-url", &url, "--report"])
            .arg(&report)
            .arg(&scenario)
            .stdin(Stdio::null())
            .output()?;
        ensure!(output.status.success(), "clearance: {}", String::from_utf8_lossy(&output.stderr));
        let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&report)?)?;
        let number = |pointer: &str| report.pointer(pointer).and_then(serde_json::Value::as_f64);
        let done = if completes { "/jobs/completed" } else { "/jobs/acquired" };
        ensure!(number(done) == Some(JOBS as f64), "{done} of clearance's report is not {JOBS}");
        if completes {
            return Ok(Turn {
                jobs_per_s: number("/rates/completed").context("no rate of jobs")?,
                queries_per_s: number("/rates/acquire_queries").context("no rate of queries")?,
            });
        }
        // What is preloaded waits from the beginning, so that the longest wait is the time that it all took.
        let seconds = number("/latency_us/queue_wait/max").context("no queue wait")? / 1e6;
        let queries = number("/queries/acquire/total").context("no queries")?;
        Ok(Turn { jobs_per_s: JOBS as f64 / seconds, queries_per_s: queries / seconds })
    }
}

/// As clearance preloads it: ids in order, all of one type, the domains mixed.
async fn fill(connection: &mut sqlx::PgConnection) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO clearance.provisioner_jobs
            (id, created_at, updated_at, organization_id, initiator_id, provisioner, type, input, tags)
        SELECT ('00000000-0000-8000-8000-' || lpad(to_hex(place), 12, '0'))::uuid, stamp, stamp,
            '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000',
            'terraform', 'workspace_build', '{}', jsonb_build_object('domain', 'd' || number % $2)
        FROM (SELECT number, row_number() OVER (ORDER BY hashint4(number)) AS place
            FROM generate_series(0, $1 - 1) AS number) AS job,
            LATERAL (SELECT now() + place * interval '1 microsecond' AS stamp) AS clock
        ORDER BY place",
    )
    .bind(i32::try_from(JOBS)?)
    .bind(i32::try_from(DOMAINS)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Acquires every job through one acquirer; how fast, from the first call to the last job.
async fn acquire_all(database: PgConnectOptions) -> anyhow::Result<Turn> {
    let queries = Arc::new(AtomicUsize::new(0));
    let store = PostgresStore::connect(database.clone(), DOMAINS).await?;
    let store = CountedStore { store, queries: Arc::clone(&queries) };
    let options = AcquirerOptions { policy: Policy::seed(), ..AcquirerOptions::default() };
    let acquirer = Acquirer::connect(store, PostgresPubSub::new(database), options).await?;
    let (taken, mut jobs) = tokio::sync::mpsc::unbounded_channel();
    let began = Instant::now();
    for acquiree in 0..DOMAINS * ACQUIREES {
        let (acquirer, taken) = (acquirer.clone(), taken.clone());
        let tags = Tags::from_pairs([("domain", format!("d{}", acquiree % DOMAINS))])?;
        tokio::spawn(async move {
            let worker = uuid::Uuid::new_v4();
            while acquirer.acquire_job(worker, &[ProvisionerType::Terraform], &tags).await.is_ok() {
                let _ = taken.send(());
            }
        });
    }
    for _ in 0..JOBS {
        let job = tokio::time::timeout(Duration::from_mins(1), jobs.recv()).await;
        job.context("no job for a minute")?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let queries = queries.load(Ordering::Relaxed);
    acquirer.close().await;
    Ok(Turn { jobs_per_s: JOBS as f64 / seconds, queries_per_s: queries as f64 / seconds })
}

/// Counts the queries that an acquirer makes.
struct CountedStore {
    store: PostgresStore,
    queries: Arc<AtomicUsize>,
}

impl JobStore for CountedStore {
    fn acquire<'a>(&'a self, request: AcquireRequest<'a>) -> BoxFuture<'a, Result<Vec<Job>, StoreError>> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.store.acquire(request)
    }

    fn release(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.store.release(job, worker)
    }

    fn available<'a>(
        &'a self,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        self.store.available(types, tags, most)
    }

    fn release_claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        self.store.release_claim(claim)
    }
}

/// The store's acquire statement, and its way to mark a job as done.
fn pgbench_script(completes: bool) -> String {
    let acquire = statements::ACQUIRE_ONE
        .replace("$1", "now()")
        .replace("$2", ":worker")
        .replace("$3", ":types")
        .replace("$4", r#"(SELECT ('{"domain":"d' || :client_id::text || '"}')::jsonb)"#);
    if !completes {
        return format!("{acquire};\n");
    }
    let finish = statements::FINISH
        .replace("$1", ":id")
        .replace("$2", ":worker")
        .replace("$3", "now()")
        .replace("$4", "NULL");
    format!("{acquire} \\gset\n{finish};\n")
}

fn scenario_text(completes: bool) -> String {
    // Without completion the run lasts as long as its scenario says.
    let (workers, service, duration) =
        if completes { (ACQUIREES, "0s", "2m") } else { (JOBS / DOMAINS + 500, "1h", "15s") };
    scenario::drain(JOBS, DOMAINS, workers, service, duration)
}

/// pgbench, from where the cluster's own programs are.
fn pgbench(database: &Database) -> anyhow::Result<PathBuf> {
    let found = Search::of_this_machine().run();
    let of_cluster = |found: &&Binaries| found.version.to_string() == database.server_version();
    let found = found.iter().find(of_cluster).context("the cluster's programs are not found again")?;
    let pgbench = found.program("pgbench");
    ensure!(pgbench.is_file(), "there is no {}", pgbench.display());
    Ok(pgbench)
}

/// The binary as it is now, built beside this bench.
fn build_clearance() -> anyhow::Result<PathBuf> {
    let built =
        Command::new(env!("CARGO")).args(["build", "--release", "--quiet", "-p", "clearance"]).status()?;
    ensure!(built.success(), "clearance does not build");
    let beside = std::env::current_exe()?;
    let beside = beside.parent().and_then(Path::parent).context("a bench lies in target/release/deps")?;
    Ok(beside.join("clearance"))
}
