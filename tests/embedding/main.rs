//! The example that shows how to embed the acquirer, run as it is against a Postgres.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use acquirer::job::{JobId, ProvisionerType, Tags};
use acquirer::pubsub::{PostgresPubSub, PubSub as _};
use acquirer::store::postgres::{PostgresStore, schema};
use acquirer::store::{JobTable as _, NewJob};
use loadgen::database::{DatabaseRequest, Durability, How, open};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::oneshot;

#[path = "../../examples/worker.rs"]
#[expect(dead_code, reason = "its main function reads the command line")]
mod worker;

/// Tells the channel `done` of every job that was completed.
const DONE: &str = "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('done', NEW.id::text); RETURN NEW; END $$;
    CREATE TRIGGER done AFTER UPDATE ON clearance.provisioner_jobs
        FOR EACH ROW WHEN (NEW.completed_at IS NOT NULL AND NEW.error IS NULL) EXECUTE FUNCTION told();";

/// Hears of every job that was completed.
async fn completions(database: &PgConnectOptions) -> PgListener {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(database.clone()).await.unwrap();
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("done").await.unwrap();
    listener
}

#[tokio::test]
async fn the_worker_of_the_example_takes_what_was_there_and_what_comes_and_stops_when_told() {
    let request =
        DatabaseRequest { how: How::Local, durability: Durability::Fast, ..DatabaseRequest::default() };
    let cluster = open(request, &|_| ()).await.unwrap();
    let database = cluster.connect_options();
    let mut connection = database.connect().await.unwrap();
    schema::install(&mut connection).await.unwrap();
    sqlx::raw_sql(DONE).execute(&mut connection).await.unwrap();
    let mut completed = completions(&database).await;
    let (store, pubsub) = (PostgresStore::new(database.clone(), 1), PostgresPubSub::new(database.clone()));

    let before = NewJob::new(JobId::from_u128(1), ProvisionerType::Echo, Tags::new());
    store.insert(std::slice::from_ref(&before)).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let example = worker::work(database, stopped);
    let onlooker = async {
        assert_eq!(completed.recv().await.unwrap().payload(), before.id.to_string());
        let after = NewJob::new(JobId::from_u128(2), ProvisionerType::Terraform, Tags::new());
        store.insert(std::slice::from_ref(&after)).await.unwrap();
        pubsub.publish(&after.posting().payload()).await.unwrap();
        assert_eq!(completed.recv().await.unwrap().payload(), after.id.to_string());
        stop.send(()).unwrap();
    };
    let (ended, ()) = tokio::join!(example, onlooker);
    ended.unwrap();
    drop((completed, connection));
    cluster.close().await.unwrap();
}
