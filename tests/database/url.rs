//! Databases given by a url: every way that fails says which place and what to do, and never the password.

use std::net::TcpListener;
use std::time::Duration;

use loadgen::database::{Database, DatabaseError, DatabaseRequest, Kind, open};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::process::local;

const PASSWORD: &str = "sesame-9f3a";

async fn open_url(url: String) -> Result<Database, DatabaseError> {
    let request = DatabaseRequest {
        url: Some(url),
        patience: Duration::from_millis(300),
        ..DatabaseRequest::default()
    };
    open(request, &|said| assert!(!said.contains(PASSWORD), "{said}")).await
}

/// The message of a url that fails, which is one line, begins small, and holds no password.
async fn failure(url: String) -> String {
    let error = open_url(url).await.unwrap_err();
    let message = error.to_string();
    assert!(!message.contains(PASSWORD), "{message}");
    assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
    assert!(!message.contains('\n'), "{message}");
    assert!(message.starts_with(|first: char| first.is_lowercase()), "{message}");
    message
}

/// A database on the private cluster, as somebody would give it by url.
fn url_of(host: &Database, user: &str, password: &str, database: &str) -> String {
    let directory = host.local().unwrap().directory().display().to_string().replace('/', "%2F");
    format!("postgres://{user}:{password}@{directory}/{database}")
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let message = failure(format!("postgres://ada:{PASSWORD}@127.0.0.1:{port}/jobs")).await;
    assert!(
        message.starts_with(&format!(
            "cannot reach postgres at 127.0.0.1:{port}/jobs: connection refused; start it"
        )),
        "{message}"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_long() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let message = failure(format!("postgres://ada:{PASSWORD}@127.0.0.1:{port}/jobs")).await;
    assert!(
        message.starts_with(&format!("postgres at 127.0.0.1:{port}/jobs didn't answer within 0.3 s")),
        "{message}"
    );
}

#[tokio::test]
async fn malformed_urls_are_refused_without_being_repeated() {
    for (url, reason) in [
        (format!("mysql://ada:{PASSWORD}@db/jobs"), "it doesn't begin with postgres://"),
        (format!("ada:{PASSWORD}@db/jobs"), "it doesn't begin with postgres://"),
        (format!("postgres://ada:{PASSWORD}@db:port/jobs"), "invalid port number"),
        (format!("postgres://ada:12#{PASSWORD}@db/jobs"), "must be written %23"),
        (format!("postgres://ada:12/{PASSWORD}@db/jobs"), "'@' out of place"),
        (format!("postgres://ada:12?{PASSWORD}@db/jobs"), "'@' out of place"),
        (format!("postgres://ada:12@{PASSWORD}@db/jobs"), "'@' out of place"),
        (format!("postgres://ada@db/jobs?sslmode={PASSWORD}"), "can't be read"),
    ] {
        let message = failure(url).await;
        assert!(message.starts_with("the database url is malformed: "), "{message}");
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_database_are_told_apart() {
    let host = local().await;
    let mut connection = PgConnection::connect_with(&host.connect_options()).await.unwrap();
    connection.execute("CREATE ROLE ada LOGIN PASSWORD 'right'").await.unwrap();
    connection.execute("CREATE DATABASE jobs OWNER ada").await.unwrap();
    let rules = host.local().unwrap().directory().join("data/pg_hba.conf");
    std::fs::write(rules, "local all ada scram-sha-256\nlocal all postgres trust\n").unwrap();
    connection.execute("SELECT pg_reload_conf()").await.unwrap();
    connection.close().await.unwrap();

    // The server rereads its rules in its own time.
    let wrong = url_of(&host, "ada", PASSWORD, "jobs");
    while open_url(wrong.clone()).await.is_ok() {}
    let message = failure(wrong).await;
    assert!(message.contains("/jobs refuses user \"ada\": password authentication failed"), "{message}");
    assert!(message.contains("check user and password"), "{message}");

    let message = failure(url_of(&host, "eve", PASSWORD, "jobs")).await;
    assert!(message.contains("refuses user \"eve\": no pg_hba.conf entry"), "{message}");

    let message = failure(url_of(&host, "ada", "right", "nowhere")).await;
    assert!(message.contains("has no database \"nowhere\"; create it"), "{message}");

    let database = open_url(url_of(&host, "ada", "right", "jobs")).await.unwrap();
    assert_eq!(database.kind(), Kind::Url);
    assert_eq!(database.label(), format!("url PG {}", host.server_version()));
    assert_eq!(database.durability_settings(), "fsync on, full_page_writes on, synchronous_commit on");
    assert_eq!(database.server_pid(), None);
    assert!(!format!("{database:?}").contains("right"));
    assert_eq!(database.close().await.unwrap(), None);
    host.close().await.unwrap();
}
