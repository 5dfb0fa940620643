//! What an acquire does to rows that others hold, and to those that it doesn't take.

use std::collections::BTreeSet;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::store::postgres::queries::DomainQuery;
use acquirer::store::postgres::statements::SETTINGS;
use acquirer::store::{AcquireRequest, JobStore, JobTable, NewJob};
use chrono::Utc;
use futures::future::join_all;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use uuid::Uuid;

use crate::table::{Postgres, echo, tags};

/// A worker whose jobs are found by shape, and one whose jobs are found by walking.
fn workers() -> [Tags; 2] {
    let many = (0..12).map(|n| (format!("k{n}"), "v"));
    let some = [("k0".to_owned(), "v"), ("k1".to_owned(), "v")];
    [Tags::from_pairs(some).unwrap(), Tags::from_pairs(many).unwrap()]
}

/// 12 jobs of 4 shapes that both workers take, in turns; their ids, oldest first.
async fn fill(table: &Postgres) -> Vec<Uuid> {
    let shapes = [tags([]), tags([("k0", "v")]), tags([("k1", "v")]), tags([("k0", "v"), ("k1", "v")])];
    let jobs: Vec<NewJob> = shapes.iter().cycle().take(12).map(echo).collect();
    table.store.insert(&jobs).await.unwrap();
    jobs.iter().map(|job| job.id).collect()
}

/// Claims on a connection that may be in the middle of a transaction.
async fn claim(connection: &mut PgConnection, jobs: usize, tags: &Tags) -> BTreeSet<Uuid> {
    let workers: Vec<Uuid> = (0..jobs).map(|_| Uuid::new_v4()).collect();
    let query = DomainQuery::new(&ProvisionerType::ALL, tags).unwrap();
    let query = query.for_workers(&workers, Utc::now().timestamp_micros()).unwrap();
    let rows = query.fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get("id")).collect()
}

fn set(ids: &[Uuid]) -> BTreeSet<Uuid> {
    ids.iter().copied().collect()
}

#[tokio::test]
async fn a_claim_locks_no_row_that_it_does_not_take() {
    for carried in workers() {
        for jobs in [1, 3] {
            let table = Postgres::new().await;
            let posted = fill(&table).await;
            let options = table.options.clone().options(SETTINGS);
            let (mut first, mut second) =
                (options.connect().await.unwrap(), options.connect().await.unwrap());
            let mut first = first.begin().await.unwrap();
            assert_eq!(claim(&mut first, jobs, &carried).await, set(&posted[..jobs]), "{carried:?}");
            // Whatever the first had locked besides would be skipped, and its replica would sleep beside it.
            assert_eq!(claim(&mut second, 12, &carried).await, set(&posted[jobs..]), "{carried:?}");
            first.rollback().await.unwrap();
            assert_eq!(claim(&mut second, 12, &carried).await, set(&posted[..jobs]), "{carried:?}");
        }
    }
}

#[tokio::test]
async fn racing_claims_of_overlapping_domains_take_each_job_once() {
    let table = Postgres::with_connections(8).await;
    let mut posted = BTreeSet::new();
    for _ in 0..30 {
        posted.extend(fill(&table).await);
    }
    let claims = workers().into_iter().cycle().take(8).map(|carried| {
        let store = table.store.clone();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let workers: Vec<Uuid> = (0..5).map(|_| Uuid::new_v4()).collect();
                let types = &ProvisionerType::ALL;
                let request = AcquireRequest { workers: &workers, types, tags: &carried };
                let jobs = store.acquire(request).await.unwrap();
                if jobs.is_empty() {
                    return taken;
                }
                taken.extend(jobs.iter().map(|job| job.id));
            }
        })
    });
    let taken: Vec<Uuid> = join_all(claims).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(taken.len(), posted.len());
    assert_eq!(set(&taken), posted);
}
