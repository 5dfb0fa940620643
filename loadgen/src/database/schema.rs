//! The run's hold on the schema `clearance`.
//!
//! A [`SchemaLease`] is a connection that holds an advisory lock for as long as a run lives. The server
//! itself lets go of the lock when the run is gone, however it went; so a schema of ours whose lock is free
//! is a leftover, and the next run takes it over. A schema with anything of somebody else's in it is refused,
//! and nothing outside the schema is ever touched.

use acquirer::store::StoreError;
use acquirer::store::postgres::schema::{self, SchemaState};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use super::Database;
use super::error::DatabaseError;
use super::url::{self, Place};

/// `clr-live` in ASCII; one lock in each database of a server.
const LIVE_LOCK: i64 = 0x636c_722d_6c69_7665;

/// The name of a lease's connection.
pub(crate) const LEASE_NAME: &str = "clearance lease";

/// The schema, made and empty, and nobody else's until this is released or its owner is gone.
#[derive(Debug)]
pub struct SchemaLease {
    connection: PgConnection,
    options: Redacted,
    took_over: bool,
}

impl SchemaLease {
    /// Takes the schema: locks it, makes it (or brings a leftover up to date), and removes all rows.
    pub async fn take(database: &Database) -> Result<Self, DatabaseError> {
        let options = database.connect_options().application_name(LEASE_NAME).disable_statement_logging();
        let mut connection = lock(&options).await?;
        let failed = |doing| explain_store(&options, doing);
        let took_over = match schema::inspect(&mut connection)
            .await
            .map_err(failed("inspect schema clearance"))?
        {
            SchemaState::Foreign { what } => {
                return Err(DatabaseError::SchemaForeign { place: Place::of(&options).to_string(), what });
            }
            SchemaState::Absent => false,
            SchemaState::Ours => true,
        };
        if took_over && schema::install(&mut connection).await.is_err() {
            // A leftover of another version is worth nothing: its rows would go anyway.
            schema::drop(&mut connection).await.map_err(failed("drop a leftover schema clearance"))?;
        }
        schema::install(&mut connection).await.map_err(failed("make schema clearance"))?;
        let mut lease = Self { connection, options: Redacted(options), took_over };
        lease.empty().await?;
        Ok(lease)
    }

    /// Removes all rows, for another run under the same lease.
    pub async fn empty(&mut self) -> Result<(), DatabaseError> {
        self.renew().await?;
        let emptied = self.connection.execute("TRUNCATE clearance.provisioner_jobs").await;
        emptied.map_err(explain(&self.options.0, "empty schema clearance"))?;
        Ok(())
    }

    /// Whether an earlier run had left the schema behind.
    #[must_use]
    pub fn took_over(&self) -> bool {
        self.took_over
    }

    /// Makes sure that the lock is still held, and takes it again where the server was away in between.
    pub async fn renew(&mut self) -> Result<(), DatabaseError> {
        if self.connection.ping().await.is_err() {
            self.connection = lock(&self.options.0).await?;
        }
        Ok(())
    }

    /// Ends the lease, and drops the schema unless it shall be kept.
    pub async fn release(mut self, keep: bool) -> Result<(), DatabaseError> {
        if !keep {
            self.renew().await?;
            let dropped = schema::drop(&mut self.connection).await;
            dropped.map_err(explain_store(&self.options.0, "drop schema clearance"))?;
        }
        // The server ends a session in its own time after the farewell, and a run that follows at once would be
        // refused. Where this isn't heard, the lock goes with the connection.
        let unlock = sqlx::query("SELECT pg_advisory_unlock($1)").bind(LIVE_LOCK);
        let _ = tokio::time::timeout(url::PATIENCE, unlock.execute(&mut self.connection)).await;
        let _ = self.connection.close().await;
        Ok(())
    }
}

/// Options hold a password; their own Debug shows it.
struct Redacted(PgConnectOptions);

impl std::fmt::Debug for Redacted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", Place::of(&self.0))
    }
}

async fn lock(options: &PgConnectOptions) -> Result<PgConnection, DatabaseError> {
    let mut connection = url::connect(options, url::PATIENCE).await?;
    let failed = explain(options, "lock schema clearance");
    // The lease idles for the whole run, and it must never wait for long: neither is to end it.
    let settings = "SELECT set_config(name, CASE name WHEN 'lock_timeout' THEN '10s' ELSE '0' END, false) \
                    FROM pg_settings WHERE name IN ('idle_session_timeout', 'statement_timeout', 'lock_timeout')";
    connection.execute(settings).await.map_err(&failed)?;
    let locked: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(LIVE_LOCK)
        .fetch_one(&mut connection)
        .await
        .map_err(&failed)?;
    if locked {
        return Ok(connection);
    }
    let holder: Option<(i32, Option<String>)> = sqlx::query_as(
        "SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'HH24:MI') \
         FROM pg_locks JOIN pg_stat_activity USING (pid) \
         WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) | objid::bigint = $1 \
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .bind(LIVE_LOCK)
    .fetch_optional(&mut connection)
    .await
    .map_err(&failed)?;
    let holder = match holder {
        Some((pid, Some(since))) => format!("backend {pid}, since {since} UTC"),
        Some((pid, None)) => format!("backend {pid}"),
        None => "it may just have ended".to_owned(),
    };
    Err(DatabaseError::SchemaLive { place: Place::of(options).to_string(), holder })
}

fn explain(options: &PgConnectOptions, doing: &'static str) -> impl Fn(sqlx::Error) -> DatabaseError {
    let place = Place::of(options).to_string();
    move |cause| DatabaseError::Statement { doing, place: place.clone(), cause: Box::new(cause) }
}

fn explain_store(
    options: &PgConnectOptions,
    doing: &'static str,
) -> impl FnOnce(StoreError) -> DatabaseError {
    let place = Place::of(options).to_string();
    move |error| {
        let mut cause = error.to_string();
        let mut deeper = std::error::Error::source(&error);
        while let Some(reason) = deeper {
            // The server's own words, without the place in its source that the driver adds.
            if let Some(sqlx::Error::Database(refusal)) = reason.downcast_ref() {
                cause = format!("{cause}: {}", refusal.message());
                break;
            }
            cause = format!("{cause}: {reason}");
            deeper = reason.source();
        }
        DatabaseError::Schema { doing, place, cause }
    }
}
