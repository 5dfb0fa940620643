//! How long a job waits on an idle machine, against a bare listener that acquires by itself.
//!
//! `cargo bench -p loadgen --bench chain_floor [-- --rounds N --fast]`
//!
//! A job every 5 ms, and in a second pass one every 50 ms, inserted and then announced by a poster with a thread and
//! a runtime of its own, as posters have that live in other processes. In turns, on one cluster:
//!
//! - an [`Acquirer`] with one domain of 8 waiting workers, under the default policy;
//! - the same under the seed's, which makes a second query for each job;
//! - the *chain floor*: one task that listens, and makes the same acquire query on a connection of its own as soon
//!   as it hears something, and reads the job that it gets;
//! - the same with a query that was *encoded once*, as the acquirer's store does it for each domain: what the acquirer
//!   costs beside its store.
//!
//! What is measured is the queue wait: from the insert's commit, as its poster sees it, to the job in its
//! worker's hands. The first jobs of each turn warm the connections and are left out. Turns are short and many: how
//! long the disk takes to sync drifts, and contestants are compared that take their turns next to each other.
//!
//! The goal is one for the steady rate of `steady.rs`, 200 jobs a second. At the slower pace caches have gone cold from
//! job to job, and what is compared is how much code and memory a wakeup comes by.

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use std::time::{Duration, Instant};

use acquirer::job::{JobId, ProvisionerType, Tags};
use acquirer::pubsub::{JOB_POSTED_CHANNEL, PostgresPubSub};
use acquirer::store::postgres::queries::DomainQuery;
use acquirer::store::postgres::{acquire, statements};
use acquirer::store::{JobTable as _, NewJob, PostgresStore};
use acquirer::wakeup::Policy;
use acquirer::{Acquirer, AcquirerOptions};
use anyhow::Context as _;
use chrono::Utc;
use loadgen::database::schema::SchemaLease;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use support::cluster;
use support::figures::{median, print_table, ratios, verdict};
use support::options::Options;

const STEADY: Pace = Pace { period: Duration::from_millis(5), jobs: 60 };
const SLOW: Pace = Pace { period: Duration::from_millis(50), jobs: 20 };
const WORKERS: usize = 8;
/// Jobs of a turn that are left out.
const COLD: usize = 10;
/// Of the chain floor.
const GOAL: f64 = 1.05;

/// How jobs come.
struct Pace {
    period: Duration,
    /// In a turn.
    jobs: usize,
}

/// A job is in its worker's hands.
type Acquired = (JobId, Instant);

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(40) else { return Ok(()) };
    let contestants = Runtime::new()?;
    let poster = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    poster.block_on(async {
        let database = cluster::open(&options).await?;
        let lease = SchemaLease::take(&database).await?;
        println!("{} rounds\n{}", options.rounds, cluster::describe(&database));
        let server = database.connect_options();
        let steady = compare(&contestants, &server, &STEADY, options.rounds).await?;
        compare(&contestants, &server, &SLOW, options.rounds).await?;
        println!(
            "\ngoal: at most {GOAL} × the bare listener at {} jobs/s: {steady:.2}, {}",
            STEADY.period.as_secs_f64().recip(),
            verdict(steady <= GOAL)
        );
        lease.release(false).await?;
        database.close().await?;
        Ok(())
    })
}

/// Queue waits at a pace; those of the default policy's acquirer against the bare listener's.
async fn compare(
    contestants: &Runtime,
    server: &PgConnectOptions,
    pace: &Pace,
    rounds: usize,
) -> anyhow::Result<f64> {
    let mut waits = [const { Waits::new() }; CONTESTANTS];
    let poster = PostgresStore::connect(server.clone(), 1).await?;
    for round in 0..rounds {
        for turn in 0..CONTESTANTS {
            let contestant = (turn + round) % CONTESTANTS;
            let (reports, taken) = unbounded_channel();
            if contestant == FLOOR || contestant == ENCODED_ONCE {
                let listener = contestants.spawn(listener(server.clone())).await??;
                let is_encoded_once = contestant == ENCODED_ONCE;
                let listener = contestants.spawn(listen(listener, server.clone(), is_encoded_once, reports));
                waits[contestant].add(&post(&poster, pace, taken).await?);
                listener.abort();
            } else {
                let policy = if contestant == SEED { Policy::seed() } else { Policy::default() };
                let waiting = contestants.spawn(let_acquirer_wait(server.clone(), policy, reports)).await??;
                waits[contestant].add(&post(&poster, pace, taken).await?);
                waiting.close().await;
            }
        }
    }
    poster.close().await;
    let against = |contestant: usize| quartiles(&ratios(&waits[contestant].medians, &waits[FLOOR].medians));
    let shown = |contestant: usize| {
        let [lower, middle, upper] = against(contestant);
        format!("{middle:.2} ({lower:.2} to {upper:.2})")
    };
    let title = format!("a job every {} ms", pace.period.as_millis());
    print_table(&[
        [&title, "p50 µs", "p90 µs", "p99 µs", "ratio of p50 (quartiles of rounds)"]
            .map(str::to_owned)
            .to_vec(),
        waits[FLOOR].line("bare listener", "1"),
        waits[ENCODED_ONCE].line("the same, its query encoded once", &shown(ENCODED_ONCE)),
        waits[DEFAULT].line("acquirer, policy default", &shown(DEFAULT)),
        waits[SEED].line("acquirer, policy seed", &shown(SEED)),
    ]);
    Ok(against(DEFAULT)[1])
}

const FLOOR: usize = 0;
const DEFAULT: usize = 1;
const SEED: usize = 2;
const ENCODED_ONCE: usize = 3;
const CONTESTANTS: usize = 4;

/// Queue waits in microseconds.
struct Waits {
    all: Vec<f64>,
    /// Of each turn.
    medians: Vec<f64>,
}

impl Waits {
    const fn new() -> Self {
        Self { all: Vec::new(), medians: Vec::new() }
    }

    fn add(&mut self, turn: &[f64]) {
        self.medians.push(median(turn));
        self.all.extend(turn);
    }

    fn line(&self, name: &str, ratio: &str) -> Vec<String> {
        let mut sorted = self.all.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
        let mut line = vec![name.to_owned()];
        line.extend([0.5, 0.9, 0.99].map(|share| format!("{:.0}", at(share))));
        line.push(ratio.to_owned());
        line
    }
}

/// A quarter lies below the first, half below the second, a quarter above the third; zeros of nothing.
fn quartiles(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |quarters: usize| sorted.get(sorted.len() * quarters / 4).copied().unwrap_or(0.0);
    [at(1), median(values), at(3)]
}

/// Posts the jobs of a turn; how long each waited, the cold ones left out.
async fn post(
    poster: &PostgresStore,
    pace: &Pace,
    mut taken: UnboundedReceiver<Acquired>,
) -> anyhow::Result<Vec<f64>> {
    let mut due = tokio::time::interval(pace.period);
    let mut waits = Vec::with_capacity(pace.jobs);
    for _ in 0..pace.jobs {
        due.tick().await;
        let job = NewJob::new(uuid::Uuid::new_v4(), ProvisionerType::Echo, tags()?);
        let jobs = [job];
        poster.insert(&jobs).await?;
        let committed = Instant::now();
        poster.announce(&jobs).await?;
        let taken = tokio::time::timeout(Duration::from_secs(5), async {
            loop {
                let (id, at) = taken.recv().await.context("nobody acquires")?;
                if id == jobs[0].id {
                    return anyhow::Ok(at);
                }
            }
        });
        let at = taken.await.context("a job was not taken")??;
        waits.push(at.duration_since(committed).as_secs_f64() * 1e6);
    }
    Ok(waits.split_off(COLD))
}

/// An acquirer whose workers wait, and tell of each job.
async fn let_acquirer_wait(
    place: PgConnectOptions,
    policy: Policy,
    reports: UnboundedSender<Acquired>,
) -> anyhow::Result<Acquirer> {
    let store = PostgresStore::connect(place.clone(), 1).await?;
    let options = AcquirerOptions { policy, ..AcquirerOptions::default() };
    let acquirer = Acquirer::connect(store, PostgresPubSub::new(place), options).await?;
    for _ in 0..WORKERS {
        let (acquirer, reports, tags) = (acquirer.clone(), reports.clone(), tags()?);
        tokio::spawn(async move {
            let worker = uuid::Uuid::new_v4();
            while let Ok(job) = acquirer.acquire_job(worker, &[ProvisionerType::Echo], &tags).await {
                let _ = reports.send((job.id, Instant::now()));
            }
        });
    }
    Ok(acquirer)
}

async fn listener(place: PgConnectOptions) -> anyhow::Result<PgListener> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(place).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(JOB_POSTED_CHANNEL).await?;
    Ok(listener)
}

/// Acquires whenever it hears something.
async fn listen(
    mut listener: PgListener,
    place: PgConnectOptions,
    is_encoded_once: bool,
    reports: UnboundedSender<Acquired>,
) -> anyhow::Result<()> {
    let mut connection = place.options(statements::SETTINGS).connect().await?;
    let (workers, types, tags) = ([uuid::Uuid::new_v4()], [ProvisionerType::Echo], tags()?);
    let once = DomainQuery::new(&types, &tags)?;
    loop {
        listener.recv().await?;
        let now_us = Utc::now().timestamp_micros();
        let query = if is_encoded_once {
            once.for_workers(&workers, now_us)?
        } else {
            DomainQuery::new(&types, &tags)?.for_workers(&workers, now_us)?
        };
        let row = query.fetch_optional(&mut connection).await?;
        if let Some(row) = row {
            let _ = reports.send((acquire::read(&row)?.id, Instant::now()));
        }
    }
}

fn tags() -> anyhow::Result<Tags> {
    Ok(Tags::from_pairs([("environment", "on-prem")])?)
}
