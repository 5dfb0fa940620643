//! Replicas over a real Postgres, callers who want jobs of them, and what must hold in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use acquirer::job::{Job, JobId, ProvisionerType, Tags, WorkerId};
use acquirer::pubsub::postgres::Probe;
use acquirer::pubsub::{PostgresPubSub, PubSub as _};
use acquirer::runtime::{ChannelTap, Event, QueryOutcome};
use acquirer::store::postgres::schema;
use acquirer::store::{JobTable as _, NewJob, PostgresStore};
use acquirer::wakeup::{FirstPoll, Policy};
use acquirer::{AcquireError, Acquirer, AcquirerOptions};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::until::until;

/// Too far away to be what finds a job.
const BACKUP_POLL: Duration = Duration::from_hours(1);
/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);
/// Names of the connections of a replica.
pub(crate) const LISTENER: &str = "listener";
pub(crate) const STORE: &str = "store";

/// How the replicas of a world reach their database.
pub(crate) struct Ways {
    pub(crate) store: PgConnectOptions,
    pub(crate) listener: PgConnectOptions,
    pub(crate) probe: Probe,
    /// Bounds the store's wait for an answer.
    pub(crate) patience: Duration,
}

impl Ways {
    /// Straight, and with the defaults.
    pub(crate) fn straight(options: &PgConnectOptions) -> Self {
        Self {
            store: options.clone(),
            listener: options.clone(),
            probe: Probe::default(),
            patience: Duration::from_secs(30),
        }
    }
}

/// One acquirer, and what it tells.
pub(crate) struct Replica {
    pub(crate) acquirer: Acquirer,
    events: mpsc::UnboundedReceiver<(std::time::Instant, Event)>,
}

/// Replicas, their callers, and a way of its own to the database.
pub(crate) struct World {
    /// The way to the database past everything that goes wrong.
    pub(crate) options: PgConnectOptions,
    /// What posters use.
    pub(crate) table: PostgresStore,
    pub(crate) replicas: Vec<Replica>,
    posted: BTreeSet<JobId>,
    got: mpsc::UnboundedReceiver<(JobId, WorkerId)>,
    getting: mpsc::UnboundedSender<(JobId, WorkerId)>,
    /// Which caller got which job; filled by [`await_jobs`](Self::await_jobs).
    holders: BTreeMap<JobId, WorkerId>,
    errors: watch::Sender<usize>,
}

impl World {
    /// Replicas that reach a fresh database straight.
    pub(crate) async fn open(options: PgConnectOptions, replicas: usize) -> Self {
        let ways = (0..replicas).map(|_| Ways::straight(&options)).collect();
        Self::reached_by(options, ways).await
    }

    /// Replicas that each reach a fresh database in a way of their own.
    pub(crate) async fn reached_by(options: PgConnectOptions, ways: Vec<Ways>) -> Self {
        schema::install(&mut options.connect().await.unwrap()).await.unwrap();
        let mut replicas = Vec::new();
        for ways in ways {
            replicas.push(Replica::open(ways).await);
        }
        let table = PostgresStore::new(options.clone().application_name("poster"), 2);
        let (getting, got) = mpsc::unbounded_channel();
        let (posted, holders) = (BTreeSet::new(), BTreeMap::new());
        Self { options, table, replicas, posted, got, getting, holders, errors: watch::Sender::default() }
    }

    /// A connection past everything that goes wrong.
    pub(crate) async fn connection(&self) -> PgConnection {
        // A server that was full announces room to nobody.
        until("there is a connection", async || self.options.connect().await.ok()).await
    }

    /// Callers of a replica who ask again whenever they got a job or an error, until the acquirer is closed.
    pub(crate) fn hire(&self, replica: usize, callers: usize) {
        for _ in 0..callers {
            let acquirer = self.replicas[replica].acquirer.clone();
            let (getting, errors) = (self.getting.clone(), self.errors.clone());
            tokio::spawn(async move {
                loop {
                    match acquire(&acquirer).await {
                        Ok(job) => getting.send((job.id, job.worker)).unwrap_or_default(),
                        Err(AcquireError::Store(_)) => errors.send_modify(|errors| *errors += 1),
                        Err(AcquireError::Closed) => return,
                    }
                }
            });
        }
    }

    /// How many callers got an error instead of a job.
    pub(crate) fn errors(&self) -> usize {
        *self.errors.borrow()
    }

    /// Waits until so many callers got an error instead of a job.
    pub(crate) async fn await_errors(&self, count: usize) {
        let mut errors = self.errors.subscribe();
        let got = tokio::time::timeout(PATIENCE, errors.wait_for(|errors| *errors >= count)).await;
        got.unwrap_or_else(|_| panic!("{} of {count} callers got an error", self.errors())).unwrap();
    }

    /// Notes that a caller got a job who isn't one of the hired.
    pub(crate) fn note(&self, job: &Job) {
        self.getting.send((job.id, job.worker)).unwrap();
    }

    /// Where callers who aren't hired note what they got.
    pub(crate) fn notes(&self) -> mpsc::UnboundedSender<(JobId, WorkerId)> {
        self.getting.clone()
    }

    /// Inserts jobs and says nothing.
    pub(crate) async fn insert(&mut self, count: usize) -> Vec<NewJob> {
        let jobs = self.new_jobs(count);
        self.table.insert(&jobs).await.unwrap();
        jobs
    }

    /// Inserts jobs and posts them.
    pub(crate) async fn post(&mut self, count: usize) -> Vec<NewJob> {
        let jobs = self.new_jobs(count);
        insert_and_post(&self.table, &jobs).await;
        jobs
    }

    /// Inserts jobs and posts them, one after the other, in a task of its own, however often each has to be tried.
    pub(crate) fn keep_posting(&mut self, count: usize) -> tokio::task::JoinHandle<()> {
        let (jobs, table) = (self.new_jobs(count), self.table.clone());
        tokio::spawn(async move {
            for job in jobs {
                insert_and_post(&table, &[job]).await;
            }
        })
    }

    /// Jobs that are to be got by somebody in the end.
    pub(crate) fn new_jobs(&mut self, count: usize) -> Vec<NewJob> {
        let jobs: Vec<NewJob> =
            (0..count).map(|_| NewJob::new(Uuid::new_v4(), ProvisionerType::Echo, Tags::new())).collect();
        self.posted.extend(jobs.iter().map(|job| job.id));
        jobs
    }

    /// Waits until callers got so many jobs in all; each must be one that was posted, got for the first time.
    pub(crate) async fn await_jobs(&mut self, count: usize) {
        while self.holders.len() < count {
            let got = tokio::time::timeout(PATIENCE, self.got.recv()).await;
            let Ok(Some((job, worker))) = got else {
                panic!("{} of {count} jobs were got:\n{}", self.holders.len(), self.ledger().await)
            };
            self.hold(job, worker);
        }
    }

    fn hold(&mut self, job: JobId, worker: WorkerId) {
        assert!(self.posted.contains(&job), "nobody posted {job}");
        let before = self.holders.insert(job, worker);
        assert!(before.is_none(), "{job} went to {worker} and before to {before:?} (ONCE)");
    }

    /// What must hold after every fault: each job was acquired exactly once, by a caller who got it; none is
    /// stranded; and nobody sleeps beside work, since a job that is posted now is found by its notice.
    pub(crate) async fn expect_all_well(mut self) {
        self.await_jobs(self.posted.len()).await;
        let last = self.post(1).await[0].id;
        self.await_jobs(self.posted.len()).await;
        assert!(self.holders.contains_key(&last));
        for replica in &self.replicas {
            tokio::time::timeout(PATIENCE, replica.acquirer.close()).await.expect("an acquirer closes");
        }
        while let Ok((job, worker)) = self.got.try_recv() {
            self.hold(job, worker);
        }
        let rows: Vec<(JobId, Option<WorkerId>, bool)> =
            sqlx::query_as("SELECT id, worker_id, started_at IS NOT NULL FROM clearance.provisioner_jobs")
                .fetch_all(&mut self.connection().await)
                .await
                .unwrap();
        assert_eq!(rows.len(), self.posted.len());
        for (job, worker, is_started) in rows {
            assert!(is_started, "{job} is available, and somebody got it");
            assert_eq!(worker, self.holders.get(&job).copied(), "{job} is marked with another than got it");
        }
    }

    /// What the table and the replicas say about jobs that nobody got.
    async fn ledger(&mut self) -> String {
        let rows: Vec<(JobId, Option<WorkerId>, bool)> =
            sqlx::query_as("SELECT id, worker_id, started_at IS NOT NULL FROM clearance.provisioner_jobs")
                .fetch_all(&mut self.connection().await)
                .await
                .unwrap();
        let missing: Vec<_> = rows.iter().filter(|(job, ..)| !self.holders.contains_key(job)).collect();
        let mut text = format!("missing: {missing:#?}\n");
        for replica in &mut self.replicas {
            let mut told = Vec::new();
            while let Ok((_, event)) = replica.events.try_recv() {
                told.push(format!("{event:?}"));
            }
            let last = told.len().saturating_sub(40);
            let _ = write!(text, "{:#?}\n{}\n", replica.acquirer.domains(), told[last..].join("\n"));
        }
        text
    }
}

impl Replica {
    async fn open(ways: Ways) -> Self {
        let Ways { store, listener, probe, patience } = ways;
        let pubsub = PostgresPubSub::with_probe(listener.application_name(LISTENER), probe);
        let store = PostgresStore::with_patience(store.application_name(STORE), 4, patience);
        let (tap, events) = ChannelTap::new();
        let policy = Policy { first_poll: FirstPoll::AfterPeriod, ..Policy::default() };
        let options = AcquirerOptions { policy, backup_poll: BACKUP_POLL, tap: Some(tap), seed: Some(1) };
        Self { acquirer: Acquirer::connect(store, pubsub, options).await.unwrap(), events }
    }

    /// Awaits the next event that `wanted` accepts.
    pub(crate) async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let found = async {
            loop {
                let (_, event) = self.events.recv().await.expect("the acquirer lives");
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
    }

    /// Awaits a query that finds nothing: whoever waits sleeps.
    pub(crate) async fn asleep(&mut self) {
        let is_empty =
            |event: &Event| matches!(event, Event::QueryFinished { outcome: QueryOutcome::Empty, .. });
        self.until("a query finds nothing", |event| is_empty(event).then_some(())).await;
    }

    /// Awaits that messages may have been dropped.
    pub(crate) async fn losses_signalled(&mut self) {
        self.until("losses are signalled", |event| matches!(event, Event::MessagesLost).then_some(())).await;
    }
}

/// Inserts and posts, however often it takes: a poster's connection breaks as well, and its server may be down.
async fn insert_and_post(table: &PostgresStore, jobs: &[NewJob]) {
    let posted = async {
        while table.insert_and_post(jobs).await.is_err() {
            // A server that is down announces its return to nobody.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), posted).await.expect("the server returns within a minute");
}

/// Asks once for a job.
pub(crate) async fn acquire(acquirer: &Acquirer) -> Result<Job, AcquireError> {
    acquirer.acquire_job(Uuid::new_v4(), &[ProvisionerType::Echo], &Tags::new()).await
}

/// Terminates the backends of this name in the database of the connection.
pub(crate) async fn terminate(connection: &mut PgConnection, name: &str) -> i64 {
    sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1",
    )
    .bind(name)
    .fetch_one(connection)
    .await
    .unwrap()
}

/// Publishes a payload, whatever it is.
pub(crate) async fn publish(options: &PgConnectOptions, payload: &str) {
    PostgresPubSub::new(options.clone()).publish(payload).await.unwrap();
}
