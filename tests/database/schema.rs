//! The lease of the schema: one run at a time, nobody else's tables, leftovers taken over.

use loadgen::database::local::StopMode;
use loadgen::database::schema::SchemaLease;
use loadgen::database::{Database, DatabaseError};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::process::local;

async fn connect(database: &Database) -> PgConnection {
    PgConnection::connect_with(&database.connect_options()).await.unwrap()
}

async fn count(connection: &mut PgConnection, question: &'static str) -> i64 {
    sqlx::query_scalar(question).fetch_one(connection).await.unwrap()
}

const SCHEMAS: &str = "SELECT count(*) FROM pg_namespace WHERE nspname = 'clearance'";
const JOBS: &str = "SELECT count(*) FROM clearance.provisioner_jobs";

async fn insert_a_job(connection: &mut PgConnection) {
    connection
        .execute(
            "INSERT INTO clearance.provisioner_jobs \
             (id, created_at, updated_at, organization_id, initiator_id, provisioner, type, input) \
             SELECT id, now(), now(), id, id, 'echo', 'build', '{}' FROM gen_random_uuid() AS id",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn a_run_makes_the_schema_and_drops_it() {
    let database = local().await;
    let mut connection = connect(&database).await;
    let lease = SchemaLease::take(&database).await.unwrap();
    assert!(!lease.took_over());
    assert_eq!(count(&mut connection, JOBS).await, 0);
    lease.release(false).await.unwrap();
    assert_eq!(count(&mut connection, SCHEMAS).await, 0);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_second_run_is_refused_while_the_first_lives() {
    let database = local().await;
    let first = SchemaLease::take(&database).await.unwrap();
    let refused = SchemaLease::take(&database).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::SchemaLive { .. }));
    let message = refused.to_string();
    assert!(message.contains("is in use by another run (backend "), "{message}");
    first.release(false).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_kept_schema_and_one_of_a_dead_run_are_taken_over_and_emptied() {
    let database = local().await;
    let mut connection = connect(&database).await;
    let kept = SchemaLease::take(&database).await.unwrap();
    insert_a_job(&mut connection).await;
    kept.release(true).await.unwrap();
    assert_eq!(count(&mut connection, JOBS).await, 1);

    let lease = SchemaLease::take(&database).await.unwrap();
    assert!(lease.took_over());
    assert_eq!(count(&mut connection, JOBS).await, 0);
    insert_a_job(&mut connection).await;
    // As a killed run does: the connection is cut, and nothing is said.
    drop(lease);
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    while count(&mut connection, held).await > 0 {}

    let lease = SchemaLease::take(&database).await.unwrap();
    assert!(lease.took_over());
    assert_eq!(count(&mut connection, JOBS).await, 0);
    lease.release(false).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn somebody_elses_table_is_refused_and_left_alone() {
    let database = local().await;
    let mut connection = connect(&database).await;
    connection.execute("CREATE SCHEMA clearance; CREATE TABLE clearance.sales (n int)").await.unwrap();
    let refused = SchemaLease::take(&database).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::SchemaForeign { .. }));
    assert!(refused.to_string().contains("clearance.sales"), "{refused}");
    assert_eq!(count(&mut connection, "SELECT count(*) FROM clearance.sales").await, 0);
    assert_eq!(
        count(&mut connection, "SELECT count(*) FROM pg_tables WHERE schemaname = 'clearance'").await,
        1
    );
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_lease_survives_a_restart_of_the_server_once_it_is_renewed() {
    let database = local().await;
    let mut lease = SchemaLease::take(&database).await.unwrap();
    database.local().unwrap().stop(StopMode::Fast).await.unwrap();
    assert!(matches!(lease.renew().await.unwrap_err(), DatabaseError::Unreachable { .. }));
    database.local().unwrap().start().await.unwrap();
    lease.renew().await.unwrap();
    assert!(matches!(SchemaLease::take(&database).await.unwrap_err(), DatabaseError::SchemaLive { .. }));
    lease.release(false).await.unwrap();
    database.close().await.unwrap();
}
