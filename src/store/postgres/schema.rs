//! The schema `clearance`: made, recognised, dropped. Nothing outside of it is touched.

use sqlx::migrate::Migrator;
use sqlx::{Executor, PgConnection};

use crate::store::StoreError;

/// The one schema that the job table lives in.
pub const SCHEMA: &str = "clearance";

/// The comment by which the schema is recognised as ours.
const MARKER: &str = "clearance: job queue, made and dropped by the tool of that name";

/// Keeps two installations apart: creating a schema "if not exists" fails when two do so at once.
const INSTALL_LOCK: i64 = 0x636c_6561_7261_6e63;

static MIGRATOR: Migrator = sqlx::migrate!("src/store/postgres/migrations");

/// What the schema `clearance` of a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// There is none, or one without anything in it.
    Absent,
    /// It is ours, and only holds what is ours.
    Ours,
    /// It holds somebody else's.
    Foreign {
        /// One thing that isn't ours, such as `table clearance.users`.
        what: String,
    },
}

/// Creates the schema, the table and its indexes, or brings them up to date. Refuses a foreign schema.
pub async fn install(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(INSTALL_LOCK)
        .execute(&mut *connection)
        .await
        .map_err(|error| StoreError::caused_by("cannot lock the schema for its installation", error))?;
    let installed = install_locked(connection).await;
    let unlocked =
        sqlx::query("SELECT pg_advisory_unlock($1)").bind(INSTALL_LOCK).execute(&mut *connection).await;
    installed?;
    unlocked
        .map_err(|error| StoreError::caused_by("cannot unlock the schema after its installation", error))?;
    Ok(())
}

async fn install_locked(connection: &mut PgConnection) -> Result<(), StoreError> {
    refuse_foreign(connection).await?;
    let failed = |error| StoreError::caused_by("cannot create schema clearance", error);
    connection.execute("CREATE SCHEMA IF NOT EXISTS clearance").await.map_err(failed)?;
    connection
        .execute("COMMENT ON SCHEMA clearance IS 'clearance: job queue, made and dropped by the tool of that name'")
        .await
        .map_err(failed)?;
    // sqlx keeps its list of migrations in the first schema of the path.
    let path: String =
        sqlx::query_scalar("SHOW search_path").fetch_one(&mut *connection).await.map_err(failed)?;
    connection.execute("SET search_path TO clearance").await.map_err(failed)?;
    let migrated = MIGRATOR.run(&mut *connection).await;
    let restored =
        sqlx::query("SELECT set_config('search_path', $1, false)").bind(path).execute(&mut *connection).await;
    migrated.map_err(|error| StoreError::caused_by("cannot migrate schema clearance", error))?;
    restored.map_err(failed)?;
    Ok(())
}

/// Drops the schema and all that is in it; nothing when there is none. Refuses a foreign schema.
pub async fn drop(connection: &mut PgConnection) -> Result<(), StoreError> {
    refuse_foreign(connection).await?;
    connection
        .execute("DROP SCHEMA IF EXISTS clearance CASCADE")
        .await
        .map_err(|error| StoreError::caused_by("cannot drop schema clearance", error))?;
    Ok(())
}

/// Looks at what is there, without changing it.
pub async fn inspect(connection: &mut PgConnection) -> Result<SchemaState, StoreError> {
    // Whatever lives in a schema depends on it: tables, types, functions alike.
    let row: Option<(bool, Option<String>, bool)> = sqlx::query_as(
        "SELECT coalesce(obj_description(schema.oid, 'pg_namespace') = $2, false) AS marked,
            min(object.type || ' ' || object.identity)
                FILTER (WHERE object.identity <> ALL ($3::text[])),
            count(object.identity) = 0 AS empty
        FROM pg_namespace AS schema
        LEFT JOIN pg_depend AS held
            ON held.refclassid = 'pg_namespace'::regclass AND held.refobjid = schema.oid
        LEFT JOIN LATERAL pg_identify_object(held.classid, held.objid, held.objsubid) AS object ON true
        WHERE schema.nspname = $1
        GROUP BY schema.oid",
    )
    .bind(SCHEMA)
    .bind(MARKER)
    .bind(OURS)
    .fetch_optional(&mut *connection)
    .await
    .map_err(|error| StoreError::caused_by("cannot inspect schema clearance", error))?;
    Ok(match row {
        None | Some((false, None, true)) => SchemaState::Absent,
        Some((_, Some(what), _)) => SchemaState::Foreign { what },
        Some((true, None, _)) => SchemaState::Ours,
        Some((false, None, false)) => {
            SchemaState::Foreign { what: format!("schema {SCHEMA} without this tool's comment on it") }
        }
    })
}

/// What we make ourselves, as Postgres names it.
const OURS: &[&str] =
    &["clearance.provisioner_jobs", "clearance._sqlx_migrations", "clearance.provisioner_type"];

async fn refuse_foreign(connection: &mut PgConnection) -> Result<(), StoreError> {
    match inspect(connection).await? {
        SchemaState::Absent | SchemaState::Ours => Ok(()),
        SchemaState::Foreign { what } => Err(StoreError::new(format!(
            "schema {SCHEMA} holds something of somebody else: {what}; move it away or use another database"
        ))),
    }
}
