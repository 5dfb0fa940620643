//! The server's queue of notifications, which fills up behind a listener that sits in a transaction.
//!
//! A listener inside a transaction reads nothing, and what it hasn't read stays in the queue, which all databases of
//! the server share. When it is full, every COMMIT that notifies fails. Since `PostgreSQL` 17 its size is a setting,
//! small in a server that was started for the run. Before, it is 8 GB: it fills as long as the fault lasts and the
//! disk has room, and may not become full; how far it came is told.

use std::path::Path;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

use super::ground::{FaultError, Ground};
use super::over::Over;

/// Notifications of one transaction while there is much room. Each takes a page of the queue.
const BATCH: i32 = 1_000;
/// Room that is left on the disk for everybody else.
const DISK_LEFT_BYTES: u64 = 1 << 30;
/// What is written where nobody knows how much room there is.
const UNKNOWN_DISK_BYTES_MAX: u64 = 1 << 30;
/// A page of the queue.
const PAGE_BYTES: u64 = 8_192;
/// Program limit exceeded: nothing else in a statement that only notifies has one.
const QUEUE_FULL: &str = "54000";
/// What was freed meanwhile is filled after this long.
const PAUSE: Duration = Duration::from_millis(100);

/// Fills the queue and keeps it full.
pub(super) async fn fill(ground: &Ground, over: &Over) -> Result<(), FaultError> {
    let channel = format!("clearance_stuffing_{}", Uuid::new_v4().simple());
    let mut sleeper = ground.connect().await?;
    let mut stuffer = ground.connect().await?;
    // Each for itself: in one transaction with the rest, LISTEN would wait for its commit.
    let sit = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0";
    for statement in [format!("LISTEN {channel}"), sit.to_owned()] {
        ground.ask(sleeper.execute(AssertSqlSafe(statement))).await?;
    }
    let outcome = over.cuts(stuff(ground, &mut stuffer, &channel)).await;
    tracing::info!("the notify queue is let run empty");
    // Gone without reading: a rollback would bring it everything at once.
    drop(sleeper);
    // One statement under way may have been dropped with its answer on its way.
    drop(stuffer);
    let mut cleaner = ground.connect().await?;
    over_and_empty(ground, &mut cleaner).await?;
    let _ = tokio::time::timeout(PAUSE, cleaner.close()).await;
    outcome.unwrap_or(Ok(()))
}

/// Ends only in an error.
async fn stuff(ground: &Ground, connection: &mut PgConnection, channel: &str) -> Result<(), FaultError> {
    let directory = ground.server.as_ref().and_then(crate::database::ServerControl::data_directory);
    let (mut batch, mut number, mut written) = (BATCH, 0_i32, 0_u64);
    let mut was_full = false;
    loop {
        if !has_room(directory.as_deref(), written) {
            let percent = (usage(ground, connection).await? * 100.0).round();
            tracing::warn!(
                "the notify queue is {percent}% full and gets no fuller, since the disk may not: commits go on; \
                 servers from PostgreSQL 17 on have max_notify_queue_pages"
            );
            std::future::pending::<()>().await;
        }
        // Each different, or they would fold into one.
        let query = sqlx::query(
            "SELECT count(pg_notify($1, lpad(i::text, 7990, '.'))) FROM generate_series($2, $3) i",
        );
        let notified =
            ground.ask(query.bind(channel).bind(number).bind(number + batch - 1).execute(&mut *connection));
        match notified.await {
            Ok(_) => {
                number = number.wrapping_add(batch).max(0);
                written += PAGE_BYTES * u64::from(batch.unsigned_abs());
            }
            Err(error) if error.is_refusal(QUEUE_FULL) => {
                if batch > 1 {
                    batch /= 10;
                } else {
                    if !was_full {
                        was_full = true;
                        tracing::info!(
                            pages = written / PAGE_BYTES,
                            "the notify queue is full: commits that notify fail"
                        );
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
            Err(error) => return Err(error),
        }
    }
}

fn has_room(directory: Option<&Path>, written: u64) -> bool {
    let Some(directory) = directory else { return written < UNKNOWN_DISK_BYTES_MAX };
    rustix::fs::statvfs(directory).is_ok_and(|disk| disk.f_bavail * disk.f_frsize > DISK_LEFT_BYTES)
}

async fn usage(ground: &Ground, connection: &mut PgConnection) -> Result<f64, FaultError> {
    ground.ask(sqlx::query_scalar("SELECT pg_notification_queue_usage()").fetch_one(connection)).await
}

/// Asking for the usage lets the server clear what everybody has read; the sleeper's session may take a moment to end.
async fn over_and_empty(ground: &Ground, connection: &mut PgConnection) -> Result<(), FaultError> {
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        if usage(ground, connection).await? < 0.001 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    tracing::warn!(
        "the notify queue did not run empty; another listener of this server sits in a transaction"
    );
    Ok(())
}
