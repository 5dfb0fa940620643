//! Connections of the store: at most N, used last in first out, never pinged, never reused after an error.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long one attempt to connect may take. A host that swallows packets would hold a permit for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A stack of idle connections under a semaphore.
pub(super) struct Connections {
    options: PgConnectOptions,
    permits: Semaphore,
    idle: Mutex<Vec<PgConnection>>,
}

/// A connection that is in use. Dropped before it is settled, it closes its connection: the query's
/// reply may still be on its way, and would be read as the next one's.
pub(super) struct Lease<'a> {
    connections: &'a Connections,
    // Declared before the permit, so that the connection is closed before another may be made.
    connection: PgConnection,
    _permit: SemaphorePermit<'a>,
}

impl Connections {
    pub(super) fn new(options: PgConnectOptions, connections_max: usize) -> Self {
        Self {
            options,
            permits: Semaphore::new(connections_max.clamp(1, Semaphore::MAX_PERMITS)),
            idle: Mutex::default(),
        }
    }

    /// Waits for its turn (first come, first served), then takes an idle connection or makes one.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, sqlx::Error> {
        let permit = self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.options).await?,
        };
        Ok(Lease { connections: self, connection, _permit: permit })
    }

    /// Refuses further leases, and closes the idle connections; those in use are closed when settled.
    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            // The server notices the closed socket whether or not it could be told.
            let _ = connection.close().await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Gives the connection back after a query that succeeded, and closes it after one that failed.
    pub(super) fn settle<T>(self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let mut idle = self.connections.idle();
        match &result {
            Ok(_) if self.connections.permits.is_closed() => {}
            Ok(_) => idle.push(self.connection),
            // What ended this connection has most likely ended its idle siblings too.
            Err(error) if ends_connections(error) => idle.clear(),
            Err(_) => {}
        }
        drop(idle);
        result
    }
}

/// Connects, within a bounded time.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await.unwrap_or_else(|_| {
        let error = format!("no connection within {} s", CONNECT_TIMEOUT.as_secs());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, error)))
    })
}

/// Whether an error says that the connection, rather than the statement, is at fault.
pub(crate) fn ends_connections(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        // 08: connection exceptions; 57P: the server shuts down or ended the session.
        Some(error) => error.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
        None => true,
    }
}
