//! Where posters put jobs and workers finish them: a job table that can announce what was put there.
//!
//! In a run it is Postgres. Tests put a table in its place whose answers they know beforehand.

use acquirer::store::{JobTable, NewJob, PostgresStore, StoreError};
use futures::FutureExt as _;
use futures::future::BoxFuture;

/// A job table, and the notices of its jobs.
pub(crate) trait Board: JobTable {
    /// Announces jobs that are committed.
    fn announce<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Inserts the jobs and announces each in the same transaction: both happen, or neither.
    fn insert_and_announce<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>>;
}

impl Board for PostgresStore {
    fn announce<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>> {
        Self::announce(self, jobs).boxed()
    }

    fn insert_and_announce<'a>(&'a self, jobs: &'a [NewJob]) -> BoxFuture<'a, Result<(), StoreError>> {
        self.insert_and_post(jobs).boxed()
    }
}
