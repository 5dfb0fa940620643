//! The lock under which transactions with a NOTIFY commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{ConnectOptions as _, Executor as _, PgConnection};

use crate::cluster::Cluster;
use crate::looker::Looker;

async fn reload(admin: &mut PgConnection, setting: &'static str) {
    admin.execute(setting).await.unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
}

#[tokio::test]
async fn transactions_that_wait_to_commit_their_notices_are_counted() {
    let cluster = Cluster::start().await;
    let options = cluster.database().await;
    let mut looker = Looker::begin(&options).await;
    assert_eq!(
        looker.missing().await.len(),
        1,
        "only the statements' times, of which this database has no view"
    );
    assert_eq!(looker.sample().await.notify_lock_waiters, Some(0));

    // A commit waits for a standby that never comes, and has the lock meanwhile.
    let mut admin = options.connect().await.unwrap();
    reload(&mut admin, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut notifiers = Vec::new();
    for _ in 0..3 {
        let (mut notifier, is_over) = (options.connect().await.unwrap(), Arc::clone(&is_over));
        // The server takes the setting up in its own time, and commits go through until it has.
        notifiers.push(tokio::spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                notifier.execute("NOTIFY somebody").await.unwrap();
            }
        }));
    }
    let seen = looker.until(|sample| sample.waits.get("IPC:SyncRep") == Some(&1)).await;
    assert_eq!(seen.notify_lock_waiters, Some(2), "{seen:?}");
    assert_eq!(seen.waits.get("Lock:object"), Some(&2), "{seen:?}");
    assert_eq!(seen.connections.get("active"), Some(&3), "{seen:?}");
    assert_eq!(
        seen.connections.get("idle"),
        Some(&1),
        "the admin's; the sampler's own isn't counted: {seen:?}"
    );

    is_over.store(true, Ordering::Relaxed);
    reload(&mut admin, "ALTER SYSTEM RESET synchronous_standby_names").await;
    for notifier in notifiers {
        notifier.await.unwrap();
    }
    let seen = looker.until(|sample| sample.notify_lock_waiters == Some(0)).await;
    assert_eq!(seen.waits.get("Lock:object"), None, "{seen:?}");
}
