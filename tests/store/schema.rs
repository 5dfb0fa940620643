//! The schema: made once, recognised, and never taken from somebody else.

use acquirer::store::postgres::schema::{self, SchemaState};
use sqlx::{ConnectOptions, Executor, PgConnection};

use crate::cluster::database;

async fn relations(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT relnamespace::regnamespace || '.' || relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
        ORDER BY 1",
    )
    .fetch_all(connection)
    .await
    .unwrap()
}

#[tokio::test]
async fn it_is_installed_recognised_and_dropped() {
    let mut connection = database().await.connect().await.unwrap();
    assert_eq!(schema::inspect(&mut connection).await.unwrap(), SchemaState::Absent);
    schema::drop(&mut connection).await.unwrap();
    schema::install(&mut connection).await.unwrap();
    assert_eq!(schema::inspect(&mut connection).await.unwrap(), SchemaState::Ours);
    schema::install(&mut connection).await.unwrap();
    assert_eq!(
        relations(&mut connection).await,
        ["clearance._sqlx_migrations", "clearance.provisioner_jobs"],
        "something lies outside of the schema"
    );
    let path: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut connection).await.unwrap();
    assert_eq!(path, "\"$user\", public");
    schema::drop(&mut connection).await.unwrap();
    assert_eq!(schema::inspect(&mut connection).await.unwrap(), SchemaState::Absent);
    assert!(relations(&mut connection).await.is_empty());
}

#[tokio::test]
async fn two_may_install_it_at_once() {
    let options = database().await;
    let install = || async {
        let mut connection = options.connect().await.unwrap();
        schema::install(&mut connection).await
    };
    let (one, two, three) = tokio::join!(install(), install(), install());
    one.unwrap();
    two.unwrap();
    three.unwrap();
}

#[tokio::test]
async fn what_is_somebody_elses_is_named_and_left_alone() {
    for (made, what) in [
        ("CREATE TABLE clearance.users (id int PRIMARY KEY)", "table clearance.users"),
        ("CREATE TABLE clearance.provisioner_jobs ()", "schema clearance without this tool's comment on it"),
        ("CREATE VIEW clearance.report AS SELECT 1 AS one", "view clearance.report"),
        ("CREATE TYPE clearance.mood AS ENUM ('glum')", "type clearance.mood"),
        (
            "CREATE FUNCTION clearance.one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "function clearance.one()",
        ),
    ] {
        let mut connection = database().await.connect().await.unwrap();
        connection.execute("CREATE SCHEMA clearance").await.unwrap();
        assert_eq!(schema::inspect(&mut connection).await.unwrap(), SchemaState::Absent, "empty");
        connection.execute(made).await.unwrap();
        let foreign = SchemaState::Foreign { what: what.to_owned() };
        assert_eq!(schema::inspect(&mut connection).await.unwrap(), foreign);
        let error = schema::install(&mut connection).await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        schema::drop(&mut connection).await.unwrap_err();
        assert_eq!(schema::inspect(&mut connection).await.unwrap(), foreign);
    }
}

#[tokio::test]
async fn somebody_elses_table_beside_ours_is_noticed() {
    let mut connection = database().await.connect().await.unwrap();
    schema::install(&mut connection).await.unwrap();
    connection.execute("CREATE TABLE clearance.accounts ()").await.unwrap();
    let foreign = SchemaState::Foreign { what: "table clearance.accounts".to_owned() };
    assert_eq!(schema::inspect(&mut connection).await.unwrap(), foreign);
    schema::drop(&mut connection).await.unwrap_err();
    assert_eq!(relations(&mut connection).await.len(), 3);
}
