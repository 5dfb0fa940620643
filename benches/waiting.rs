//! What many waiting acquirees cost: bytes each, time to join, to be woken, to cancel, to close, to drop.
//!
//! `cargo bench -p acquirer --bench waiting [-- --rounds N]`
//!
//! Each acquiree is a tokio task that awaits `Acquirer::acquire_job`, over the store and the pubsub in memory.
//! Every round is a process of its own. Bytes are what its resident size grew by, over the acquirees: the
//! task, its handle, the tags of its domain, and the acquirer's own share. Linux only (`/proc/self/status`).

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acquirer::job::{Job, JobId, Posting, ProvisionerType, Tags, WorkerId};
use acquirer::pubsub::{MemoryPubSub, PubSub as _};
use acquirer::store::{AcquireRequest, Claim, JobStore, JobTable as _, MemoryStore, NewJob, StoreError};
use acquirer::{Acquirer, AcquirerOptions};
use cpu_time::ProcessTime;
use futures::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use support::figures::median;
use support::options::Options;
use support::{Figure, Unit, print};

/// No backup poll falls into a measurement.
const POLL: Duration = Duration::from_hours(1000);
const BYTES_GOAL: f64 = 1_024.0;
/// For a million.
const JOIN_GOAL_S: f64 = 2.0;
/// Acquirees that are woken one after the other.
const WOKEN: usize = 200;
/// The first argument of a process that measures.
const CHILD: &str = "--measure";

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let Some(at) = words.iter().position(|word| word == CHILD) {
        let number = |at: usize| words[at].parse().expect("a number");
        return measure(number(at + 1), number(at + 2));
    }
    let Some(options) = Options::read(5) else { return };
    println!("waiting acquirees, medians of {} rounds\n", options.rounds);
    for all in [100_000, 1_000_000] {
        for (per_domain, name, original) in [
            (10, "domains of 10", Some(9_700.0)),
            (1, "domains of 1", Some(13_200.0)),
            (all, "one domain", None),
        ] {
            let rounds: Vec<_> = (0..options.rounds).map(|_| measure_apart(all, per_domain)).collect();
            report(&format!("{all} acquirees, {name}"), all, original.filter(|_| all == 100_000), &rounds);
        }
    }
}

/// What a round measured, in the order of [`NAMES`].
type Round = Vec<f64>;

const NAMES: [&str; 7] = [
    "bytes each",
    "all join",
    "all join, processor time",
    "a job's posting to its caller",
    "all cancel",
    "close",
    "drop",
];

fn report(title: &str, all: usize, original: Option<f64>, rounds: &[Round]) {
    let figure = |(at, what): (usize, &&str)| Figure {
        what: (*what).to_owned(),
        values: rounds.iter().map(|round| round[at]).collect(),
        unit: match at {
            0 => Unit::Bytes,
            3 => Unit::Nanoseconds,
            _ => Unit::Seconds,
        },
        goal: match at {
            0 => Some(BYTES_GOAL),
            1 => Some(JOIN_GOAL_S).filter(|_| all == 1_000_000),
            _ => None,
        },
        original: original.filter(|_| at == 0),
    };
    print(title, &NAMES.iter().enumerate().map(figure).collect::<Vec<_>>());
}

fn measure_apart(all: usize, per_domain: usize) -> Round {
    let program = std::env::current_exe().expect("this program has a path");
    let child = Command::new(program).args([CHILD, &all.to_string(), &per_domain.to_string()]).output();
    let child = child.expect("this program starts again");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let words = String::from_utf8_lossy(&child.stdout);
    words.split_whitespace().map(|word| word.parse().expect("a number")).collect()
}

fn measure(all: usize, per_domain: usize) {
    let before = resident_bytes();
    let mut joined = Joined::new(all, per_domain);
    let bytes = (resident_bytes() - before) / all as f64;
    let (took, work, woken) = (joined.took, joined.work, joined.wake());
    let cancel = joined.cancel();
    let again = Joined::new(all, per_domain);
    let close = again.close();
    let again = Joined::new(all, per_domain);
    let drop = again.drop();
    println!("{bytes} {took} {work} {woken} {cancel} {close} {drop}");
}

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells resident sizes here");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells resident sizes");
    let kilobytes: f64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("in kB");
    kilobytes * 1024.0
}

/// Acquirees that have joined and sleep.
struct Joined {
    runtime: tokio::runtime::Runtime,
    team: Arc<Team>,
    store: CountingStore,
    pubsub: MemoryPubSub,
    served: UnboundedReceiver<JobId>,
    tasks: Vec<JoinHandle<()>>,
    domains: usize,
    /// Seconds until all had joined.
    took: f64,
    /// Seconds of processor time until then, on all processors.
    work: f64,
}

/// What the acquirees share.
struct Team {
    acquirer: Acquirer,
    reports: UnboundedSender<JobId>,
}

impl Joined {
    fn new(all: usize, per_domain: usize) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (store, pubsub) = (CountingStore::default(), MemoryPubSub::new());
        let options = AcquirerOptions { backup_poll: POLL, ..AcquirerOptions::default() };
        let connecting = Acquirer::connect(store.clone(), pubsub.clone(), options);
        let acquirer = runtime.block_on(connecting).expect("nothing closes it");
        let (reports, served) = unbounded_channel();
        let team = Arc::new(Team { acquirer, reports });
        let domains = all / per_domain;
        let mut tasks = Vec::with_capacity(all);
        let (began, work) = (Instant::now(), ProcessTime::now());
        for i in 0..domains {
            let tags = domain(i);
            for place in 0..per_domain {
                let worker = WorkerId::from_u128((i * per_domain + place) as u128);
                let (team, tags) = (Arc::clone(&team), tags.clone());
                tasks.push(runtime.spawn(async move {
                    let job = team.acquirer.acquire_job(worker, &[ProvisionerType::Echo], &tags).await;
                    if let Ok(job) = job {
                        let _ = team.reports.send(job.id);
                    }
                }));
            }
        }
        until(|| team.acquirer.acquirees_len() == all);
        let (took, work) = (began.elapsed().as_secs_f64(), work.elapsed().as_secs_f64());
        until(|| store.queries.load(Ordering::Acquire) >= domains);
        Self { runtime, team, store, pubsub, served, tasks, domains, took, work }
    }

    /// Nanoseconds from a job's posting to its caller, in the middle of several.
    fn wake(&mut self) -> f64 {
        let mut waits = Vec::with_capacity(WOKEN);
        for at in 0..WOKEN {
            let domain = domain((at * 7_919) % self.domains);
            let job = NewJob::new(JobId::from_u128(at as u128), ProvisionerType::Echo, domain);
            let payload = job.posting().payload();
            let (store, pubsub, served) = (&self.store.table, &self.pubsub, &mut self.served);
            waits.push(self.runtime.block_on(async {
                store.insert(&[job]).await.expect("memory takes it");
                let began = Instant::now();
                pubsub.publish(&payload).await.expect("memory takes it");
                served.recv().await.expect("callers wait");
                began.elapsed().as_secs_f64() * 1e9
            }));
        }
        median(&waits)
    }

    /// Seconds until all whose tasks are aborted, in an order of its own, have left.
    fn cancel(mut self) -> f64 {
        let length = self.tasks.len();
        // A step that shares no factor with the length comes to each once.
        let order = (0..length).map(|at| (at * 7_919) % length);
        let began = Instant::now();
        order.for_each(|at| self.tasks[at].abort());
        until(|| self.team.acquirer.acquirees_len() == 0);
        let took = began.elapsed().as_secs_f64();
        self.tasks.clear();
        took
    }

    /// Seconds until the acquirer is closed and every caller knows.
    fn close(self) -> f64 {
        let began = Instant::now();
        self.runtime.block_on(async {
            self.team.acquirer.close().await;
            for task in self.tasks {
                task.await.expect("no caller panics");
            }
        });
        began.elapsed().as_secs_f64()
    }

    /// Seconds until the runtime has dropped every task where it waits.
    fn drop(self) -> f64 {
        let began = Instant::now();
        drop(self.runtime);
        began.elapsed().as_secs_f64()
    }
}

fn domain(i: usize) -> Tags {
    let pairs = [("scope", "organization".to_owned()), ("owner", String::new()), ("host", format!("h{i}"))];
    Tags::from_pairs(pairs).expect("no NUL in these")
}

/// Until something holds; looked at every millisecond, which is small beside what is measured.
fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A table in memory that counts how often it was asked.
#[derive(Clone, Default)]
struct CountingStore {
    table: MemoryStore,
    queries: Arc<AtomicUsize>,
}

impl JobStore for CountingStore {
    fn acquire<'a>(&'a self, request: AcquireRequest<'a>) -> BoxFuture<'a, Result<Vec<Job>, StoreError>> {
        self.queries.fetch_add(1, Ordering::Release);
        self.table.acquire(request)
    }

    fn release(&self, job: JobId, worker: WorkerId) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.table.release(job, worker)
    }

    fn available<'a>(
        &'a self,
        types: &'a [ProvisionerType],
        tags: &'a Tags,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        self.table.available(types, tags, most)
    }

    fn release_claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Vec<Posting>, StoreError>> {
        self.table.release_claim(claim)
    }
}
