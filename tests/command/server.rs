//! A Postgres of these tests' own: one cluster for all, one database for each.
//!
//! It is stopped and removed by its watchdog when the process of the tests ends.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use loadgen::database::{Database, DatabaseRequest, Durability, How, open};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, FromRow};
use tokio::runtime::Runtime;

/// A user who needs a password to log in, and it.
pub(crate) const USER: &str = "ada";
pub(crate) const PASSWORD: &str = "analytical-engine";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

static SERVER: LazyLock<Database> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        let request =
            DatabaseRequest { how: How::Local, durability: Durability::Fast, ..DatabaseRequest::default() };
        let server = open(request, &|_| ()).await.unwrap();
        ask_for_passwords(&server).await;
        server
    })
});

/// Makes [`USER`], who is the only one to be asked for a password.
async fn ask_for_passwords(server: &Database) {
    let mut admin = PgConnection::connect_with(&server.connect_options()).await.unwrap();
    let role = format!("CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'");
    admin.execute(AssertSqlSafe(role)).await.unwrap();
    let rules = server.local().unwrap().directory().join("data/pg_hba.conf");
    std::fs::write(rules, format!("local all {USER} scram-sha-256\nlocal all all trust\n")).unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
    // The server rereads its rules in its own time.
    let stranger = server.connect_options().username(USER).password("wrong");
    while let Ok(connection) = PgConnection::connect_with(&stranger).await {
        connection.close().await.unwrap();
    }
    admin.close().await.unwrap();
}

/// The directory of the server's socket, as messages name it.
pub(crate) fn socket() -> String {
    SERVER.local().unwrap().directory().to_str().unwrap().to_owned()
}

/// The server's version.
pub(crate) fn version() -> &'static str {
    SERVER.server_version()
}

/// The url of a database that may not exist.
pub(crate) fn url_of(user: &str, password: Option<&str>, database: &str) -> String {
    let password = password.map(|password| format!(":{password}")).unwrap_or_default();
    let socket = socket().replace('/', "%2F");
    format!("postgres://{user}{password}@{socket}/{database}")
}

/// A database of one test.
pub(crate) struct TestDatabase {
    pub(crate) name: String,
    options: PgConnectOptions,
}

impl TestDatabase {
    pub(crate) fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("jobs_{}", MADE.fetch_add(1, Ordering::Relaxed));
        let options = SERVER.connect_options().database(&name);
        RUNTIME.block_on(async {
            let mut admin = PgConnection::connect_with(&SERVER.connect_options()).await.unwrap();
            admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
            admin.close().await.unwrap();
        });
        Self { name, options }
    }

    pub(crate) fn url(&self) -> String {
        url_of("postgres", None, &self.name)
    }

    /// The answer to a question that has one row.
    pub(crate) fn ask<T>(&self, question: &'static str) -> T
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        self.rows(question).pop().unwrap()
    }

    /// The number that a question is about.
    pub(crate) fn count(&self, question: &'static str) -> u64 {
        let (count,): (i64,) = self.ask(question);
        count.unsigned_abs()
    }

    pub(crate) fn rows<T>(&self, question: &'static str) -> Vec<T>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        RUNTIME.block_on(async {
            let mut connection = PgConnection::connect_with(&self.options).await.unwrap();
            let rows = sqlx::query_as(question).fetch_all(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            rows
        })
    }

    pub(crate) fn execute(&self, statements: &'static str) {
        RUNTIME.block_on(async {
            let mut connection = PgConnection::connect_with(&self.options).await.unwrap();
            connection.execute(statements).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    /// Whether there is a schema `clearance`.
    pub(crate) fn has_schema(&self) -> bool {
        self.count("SELECT count(*) FROM pg_namespace WHERE nspname = 'clearance'") > 0
    }
}
