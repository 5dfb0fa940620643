//! Roles and servers that let see less.

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::cluster::database;
use crate::looker::Looker;

#[tokio::test]
async fn a_role_without_rights_sees_the_rest_and_says_once_what_it_misses() {
    let options = database().await;
    let mut admin = options.connect().await.unwrap();
    let name = options.get_database().unwrap();
    admin.execute("CREATE ROLE plain LOGIN").await.unwrap();
    admin.execute(AssertSqlSafe(format!("GRANT CREATE ON DATABASE {name} TO plain"))).await.unwrap();
    admin.execute("REVOKE EXECUTE ON FUNCTION pg_current_wal_insert_lsn() FROM PUBLIC").await.unwrap();
    let mut looker = Looker::begin(&options.username("plain")).await;
    let missing = looker.missing().await;
    assert_eq!(
        missing,
        [
            "what other roles' connections do and wait for: plain isn't in pg_read_all_stats; \
             GRANT pg_read_all_stats TO plain",
            "write-ahead log: permission denied for function pg_current_wal_insert_lsn",
            "calls and times of statements: pg_stat_statements isn't in this database: CREATE \
             EXTENSION pg_stat_statements there, after a restart with it in shared_preload_libraries where it isn't \
             loaded yet",
        ]
    );
    for _ in 0..2 {
        let seen = looker.sample().await;
        assert_eq!(seen.connections, [("unknown".to_owned(), 1)].into(), "the admin's");
        assert_eq!((seen.wal_bytes, seen.statements.len()), (None, 0));
        assert!(seen.transactions.is_some() && seen.checkpoints.is_some());
        assert_eq!((seen.notify_lock_waiters, seen.dead_tuples), (Some(0), Some(0)));
        assert!(seen.table_bytes.is_some() && seen.index_bytes > Some(0));
        assert!(seen.notify_queue_usage.is_some_and(|usage| (0.0..1.0).contains(&usage)));
    }
}

#[tokio::test]
async fn a_server_that_tracks_nothing_is_told_so() {
    let options = database().await;
    let mut admin = options.connect().await.unwrap();
    let name = options.get_database().unwrap();
    for setting in ["track_activities", "track_counts"] {
        let off = format!("ALTER DATABASE {name} SET {setting} = off");
        admin.execute(AssertSqlSafe(off)).await.unwrap();
    }
    let missing = Looker::begin(&options).await.missing().await;
    assert!(missing[0].contains("track_activities is off"), "{missing:?}");
    assert!(missing[1].contains("track_counts is off"), "{missing:?}");
}
