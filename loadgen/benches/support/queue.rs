//! A queue of waiting jobs in several domains, and who drains it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acquirer::job::{Job, JobId, Posting, ProvisionerType, Tags, WorkerId};
use acquirer::pubsub::PostgresPubSub;
use acquirer::store::postgres::acquire;
use acquirer::store::{AcquireRequest, Claim, JobStore, PostgresStore, StoreError};
use acquirer::wakeup::Policy;
use acquirer::{Acquirer, AcquirerOptions};
use anyhow::{Context as _, ensure};
use futures::future::BoxFuture;
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

/// How fast a queue was drained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// Jobs.
    pub(crate) jobs_per_s: f64,
    /// Acquire queries.
    pub(crate) queries_per_s: f64,
}

/// What the workers of a domain carry.
pub(crate) fn tags(domain: usize) -> anyhow::Result<Tags> {
    Ok(Tags::from_pairs([("domain", format!("d{domain}"))])?)
}

/// As clearance preloads it: ids in order, all of one type, the domains mixed.
pub(crate) async fn fill(connection: &mut PgConnection, jobs: usize, domains: usize) -> anyhow::Result<()> {
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
    .bind(i32::try_from(jobs)?)
    .bind(i32::try_from(domains)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Fails unless all is drained.
pub(crate) async fn ensure_drained(connection: &mut PgConnection) -> anyhow::Result<()> {
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM clearance.provisioner_jobs WHERE started_at IS NULL")
            .fetch_one(connection)
            .await?;
    ensure!(left == 0, "{left} jobs are left");
    Ok(())
}

/// Drains the queue through one acquirer with so many acquirees in each domain, nobody looking on; how fast, from
/// the first call to the last job.
pub(crate) async fn acquire_all(
    database: PgConnectOptions,
    policy: Policy,
    jobs: usize,
    domains: usize,
    acquirees: usize,
) -> anyhow::Result<Turn> {
    let queries = Arc::new(AtomicUsize::new(0));
    let store = PostgresStore::connect(database.clone(), domains).await?;
    let store = CountedStore { store, queries: Arc::clone(&queries) };
    let options = AcquirerOptions { policy, ..AcquirerOptions::default() };
    let acquirer = Acquirer::connect(store, PostgresPubSub::new(database), options).await?;
    let (taken, mut jobs_taken) = tokio::sync::mpsc::unbounded_channel();
    let began = Instant::now();
    for acquiree in 0..domains * acquirees {
        let (acquirer, taken, tags) = (acquirer.clone(), taken.clone(), tags(acquiree % domains)?);
        tokio::spawn(async move {
            let worker = Uuid::new_v4();
            while acquirer.acquire_job(worker, &[ProvisionerType::Terraform], &tags).await.is_ok() {
                let _ = taken.send(());
            }
        });
    }
    for _ in 0..jobs {
        let job = tokio::time::timeout(Duration::from_mins(1), jobs_taken.recv()).await;
        job.context("no job for a minute")?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let queries = queries.load(Ordering::Relaxed);
    acquirer.close().await;
    Ok(Turn { jobs_per_s: jobs as f64 / seconds, queries_per_s: queries as f64 / seconds })
}

/// The store's acquire statement for pgbench, for so many workers at once, and the variables it needs. Only
/// parameters differ that pgbench cannot make: the time is the server's, and each client acquires for the domain
/// of its own number.
pub(crate) fn pgbench_acquire(workers: usize) -> anyhow::Result<(String, Vec<(&'static str, String)>)> {
    let workers: Vec<Uuid> = (1..=workers).map(|n| Uuid::from_u128(n as u128)).collect();
    let (types, tags) = ([ProvisionerType::Terraform], tags(0)?);
    let request = AcquireRequest { workers: &workers, types: &types, tags: &tags };
    let shapes = acquire::shapes(&types, &tags).context("two shapes are few")?;
    let arrays: Vec<String> = shapes
        .iter()
        .map(|(_, tags)| match tags.get("domain") {
            Some(_) => r#"('{"domain":"d' || :client_id::text || '"}')::jsonb"#.to_owned(),
            None => "'{}'::jsonb".to_owned(),
        })
        .collect();
    let statement = acquire::statement(request)
        .replace("$1", "now()")
        .replace("$2", ":workers")
        .replace("$3", ":types")
        .replace("$4", &format!("(SELECT ARRAY[{}])", arrays.join(", ")));
    let ids: Vec<String> = workers.iter().map(Uuid::to_string).collect();
    let types: Vec<&str> = shapes.iter().map(|(kind, _)| kind.as_str()).collect();
    let ids = if let [one] = &ids[..] { one.clone() } else { format!("{{{}}}", ids.join(",")) };
    Ok((statement, vec![("workers", ids), ("types", format!("{{{}}}", types.join(",")))]))
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
