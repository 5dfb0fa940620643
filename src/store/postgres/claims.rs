//! Undoing an acquire whose answer was lost (`W3`).
//!
//! The statement may not even have begun when its connection is given up:
//!
//! ```text
//! store                          server, over the old connection     server, over a new one
//! UPDATE … ────────────▶ (slow)
//! gives up
//! "which rows bear the stamp?" ─────────────────────────────────────▶ none
//!                                takes a job, commits
//! ```
//!
//! So the session that was to run it is ended first, and only when it is gone are its rows looked for. They are
//! written down before they are released: if the answer to the release is lost as well, the next try finds none of
//! them, and they must be posted all the same.

use chrono::Utc;
use sqlx::Row;

use super::{PostgresStore, failed, read_posting};
use crate::job::{JobId, Posting};
use crate::store::{Claim, StoreError};

/// `$1` process, `$2` its start. How many sessions there were to end.
const END_SESSION: &str = "
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_get_activity($1)
WHERE pid = $1 AND backend_start = $2";

/// `$1` workers, `$2` stamp. Reads the whole table: no index is kept for what happens so rarely.
const FIND: &str = "
SELECT id, provisioner::text, tags FROM clearance.provisioner_jobs
WHERE worker_id = ANY ($1) AND started_at = $2 AND completed_at IS NULL";

/// `$1` jobs, `$2` workers, `$3` stamp, `$4` now. A job that was canceled meanwhile is over instead of available.
const RELEASE: &str = "
UPDATE clearance.provisioner_jobs
SET started_at = NULL, worker_id = NULL, updated_at = $4,
    completed_at = CASE WHEN canceled_at IS NOT NULL THEN $4 END
WHERE id = ANY ($1) AND worker_id = ANY ($2) AND started_at = $3 AND completed_at IS NULL
RETURNING id, canceled_at IS NOT NULL";

impl PostgresStore {
    pub(super) async fn undo(&self, claim: &Claim) -> Result<Vec<Posting>, StoreError> {
        self.end_session(claim).await?;
        let failed = |error| failed("find what an acquire took", error);
        let mut lease = self.connections.lease().await.map_err(failed)?;
        let query = sqlx::query(FIND).bind(&claim.workers).bind(claim.started_at);
        let (connection, watch) = lease.connection();
        let rows = watch.within(query.fetch_all(connection)).await;
        let rows = lease.settle(rows).map_err(failed)?;
        let mut ids = Vec::with_capacity(rows.len());
        for row in &rows {
            let posting = read_posting(row).map_err(failed)?;
            ids.extend(posting.job_id);
            let mut found = claim.found();
            if !found.contains(&posting) {
                found.push(posting);
            }
        }
        if !ids.is_empty() {
            self.release_all(claim, &ids).await?;
        }
        Ok(std::mem::take(&mut *claim.found()))
    }

    async fn end_session(&self, claim: &Claim) -> Result<(), StoreError> {
        let Some(session) = claim.session() else { return Ok(()) };
        let failed = |error| failed("end the session of a lost acquire", error);
        let mut lease = self.connections.lease().await.map_err(failed)?;
        let query = sqlx::query_scalar(END_SESSION).bind(session.pid).bind(session.since);
        let (connection, watch) = lease.connection();
        let ended = watch.within(query.fetch_one(connection)).await;
        let ended: i64 = lease.settle(ended).map_err(failed)?;
        // It was told to end. That it has, only its absence shows.
        if ended == 0 {
            Ok(())
        } else {
            Err(StoreError::new("the session of a lost acquire is about to end"))
        }
    }

    async fn release_all(&self, claim: &Claim, jobs: &[JobId]) -> Result<(), StoreError> {
        let failed = |error| failed("release what an acquire took", error);
        let mut lease = self.connections.lease().await.map_err(failed)?;
        let query =
            sqlx::query(RELEASE).bind(jobs).bind(&claim.workers).bind(claim.started_at).bind(Utc::now());
        let (connection, watch) = lease.connection();
        let rows = watch.within(query.fetch_all(connection)).await;
        for row in lease.settle(rows).map_err(failed)? {
            let (job, is_over): (JobId, bool) =
                (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
            if is_over {
                claim.found().retain(|posting| posting.job_id != Some(job));
            }
        }
        Ok(())
    }
}
