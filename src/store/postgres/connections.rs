//! Connections of the store: at most N, used last in first out, never pinged, never reused after an error.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, Sleep};

use super::super::claim::Session;

/// How long one attempt to connect may take. A host that swallows packets would hold a permit for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The session that a connection has on the server. Its start tells it from a later one with the same process.
const SESSION: &str =
    "SELECT pid, backend_start FROM pg_stat_get_activity(pg_backend_pid()) WHERE backend_start IS NOT NULL";

/// A stack of idle connections under a semaphore.
pub(super) struct Connections {
    permits: Semaphore,
    /// Bounds the wait for an answer.
    patience: Duration,
    stack: Mutex<Stack>,
}

/// Idle connections, and the way that they were made.
struct Stack {
    options: PgConnectOptions,
    /// How often the way has changed.
    way: u64,
    idle: Vec<Opened>,
}

/// A connection, and its session on the server.
struct Opened {
    connection: PgConnection,
    watch: Watch,
    session: Session,
    /// By which way it was made.
    way: u64,
}

/// A connection that is in use. Dropped before it is settled, it closes its connection: the query's
/// reply may still be on its way, and would be read as the next one's.
pub(super) struct Lease<'a> {
    connections: &'a Connections,
    // Declared before the permit, so that the connection is closed before another may be made.
    opened: Opened,
    _permit: SemaphorePermit<'a>,
}

impl Connections {
    pub(super) fn new(options: PgConnectOptions, connections_max: usize, patience: Duration) -> Self {
        Self {
            patience,
            permits: Semaphore::new(connections_max.clamp(1, Semaphore::MAX_PERMITS)),
            stack: Mutex::new(Stack { options, way: 0, idle: Vec::new() }),
        }
    }

    /// Makes connections with these options from now on. Idle ones are closed, and those in use when settled.
    pub(super) fn redirect(&self, options: PgConnectOptions) {
        let mut stack = self.stack();
        stack.options = options;
        stack.way += 1;
        stack.idle.clear();
    }

    /// Waits for its turn (first come, first served), then takes an idle connection or makes one.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, sqlx::Error> {
        // Most find one at once, and are spared the way of those who wait.
        let permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?,
        };
        let idle = self.stack().idle.pop();
        let opened = match idle {
            Some(opened) => opened,
            // In a box, so that the futures of queries, one for each, have no room for the making of a connection.
            None => Box::pin(self.open()).await?,
        };
        Ok(Lease { connections: self, opened, _permit: permit })
    }

    async fn open(&self) -> Result<Opened, sqlx::Error> {
        let (options, way) = {
            let stack = self.stack();
            (stack.options.clone(), stack.way)
        };
        let mut connection = connect(&options).await?;
        let row = within(self.patience, sqlx::query(SESSION).fetch_one(&mut connection)).await?;
        let session = Session { pid: row.try_get(0)?, since: row.try_get(1)? };
        Ok(Opened { connection, watch: Watch::new(self.patience), session, way })
    }

    /// Refuses further leases, and closes the idle connections; those in use are closed when settled.
    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut self.stack().idle);
        for opened in idle {
            // The server notices the closed socket whether or not it could be told.
            let _ = within(self.patience, opened.connection.close()).await;
        }
    }

    fn stack(&self) -> MutexGuard<'_, Stack> {
        self.stack.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    /// Its session on the server.
    pub(super) fn session(&self) -> Session {
        self.opened.session
    }

    /// Where to ask, and the watch over the answer.
    pub(super) fn connection(&mut self) -> (&mut PgConnection, &mut Watch) {
        (&mut self.opened.connection, &mut self.opened.watch)
    }

    /// Gives the connection back after a query that succeeded, and closes it after one that failed.
    pub(super) fn settle<T>(self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let mut stack = self.connections.stack();
        match &result {
            Ok(_) if self.connections.permits.is_closed() || stack.way != self.opened.way => {}
            Ok(_) => stack.idle.push(self.opened),
            // What ended this connection has most likely ended its idle siblings too.
            Err(error) if ends_connections(error) => stack.idle.clear(),
            Err(_) => {}
        }
        drop(stack);
        result
    }
}

/// Bounds how long answers of one connection are waited for: it can be dead without anybody saying so.
///
/// Its timer stays set from query to query, and is looked at when it goes off: to set one for each, and clear it,
/// takes the runtime's lock twice on every job's way.
pub(super) struct Watch {
    patience: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Watch {
    fn new(patience: Duration) -> Self {
        Self { patience, timer: Box::pin(tokio::time::sleep(patience)) }
    }

    /// Waits for an answer of the server, as long as the patience lasts.
    pub(super) async fn within<T>(
        &mut self,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let due = Instant::now() + self.patience;
        let mut answer = pin!(answer);
        poll_fn(|context| {
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            while self.timer.as_mut().poll(context).is_ready() {
                if Instant::now() >= due {
                    return Poll::Ready(Err(overdue(self.patience)));
                }
                // It was set for a query before this one.
                self.timer.as_mut().reset(due);
            }
            Poll::Pending
        })
        .await
    }
}

/// Connects, within a bounded time.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    within(CONNECT_TIMEOUT, options.connect()).await
}

/// Waits for an answer of the server within bounds.
pub(crate) async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| Err(overdue(patience)))
}

fn overdue(patience: Duration) -> sqlx::Error {
    let error = format!("no answer within {patience:?}");
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, error))
}

/// Whether an error says that the connection, rather than the statement, is at fault.
pub(crate) fn ends_connections(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        // 08: connection exceptions; 57P: the server shuts down or ended the session.
        Some(error) => error.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
        None => true,
    }
}

/// Whether a statement that ended in this error may have been committed all the same: nothing came back, or only
/// that the session was ended, which may be for what happened after the commit.
pub(super) fn leaves_outcome_unknown(error: &sqlx::Error) -> bool {
    // 40003: statement completion unknown.
    let says_so = error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "40003");
    says_so || ends_connections(error)
}
