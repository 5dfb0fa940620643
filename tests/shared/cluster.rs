//! Private clusters for tests: one for each test binary, and one for each test that stops its server.

use std::sync::atomic::{AtomicU32, Ordering};

use loadgen::database::local::LocalCluster;
use loadgen::database::{Database, DatabaseRequest, Durability, How, open};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tokio::sync::OnceCell;

/// Options for a fresh, empty database on the cluster that this test binary shares.
pub(crate) async fn database() -> PgConnectOptions {
    // Never dropped: its watchdog takes it down when the process is gone.
    static SHARED: OnceCell<Cluster> = OnceCell::const_new();
    SHARED.get_or_init(|| Cluster::open(Durability::Fast)).await.database().await
}

/// A cluster of a test's own.
pub(crate) struct Cluster {
    open: Database,
    databases: AtomicU32,
}

impl Cluster {
    /// Makes and starts one that keeps what it committed, however it is stopped.
    pub(crate) async fn start() -> Self {
        Self::open(Durability::Safe).await
    }

    async fn open(durability: Durability) -> Self {
        let request = DatabaseRequest { how: How::Local, durability, ..DatabaseRequest::default() };
        let open = open(request, &|_| ()).await.unwrap();
        Self { open, databases: AtomicU32::new(0) }
    }

    /// The server, to be stopped and started.
    pub(crate) fn server(&self) -> &LocalCluster {
        self.open.local().unwrap()
    }

    /// Options for a fresh, empty database.
    pub(crate) async fn database(&self) -> PgConnectOptions {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut admin = self.open.connect_options().connect().await.unwrap();
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        self.open.connect_options().database(&name)
    }
}
