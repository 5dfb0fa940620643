//! What an opened server says about itself.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _};

use super::Durability;
use super::error::DatabaseError;
use super::url::Place;

/// The facts that headers and reports show, read once when a database is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) version: String,
    pub(super) fsync: String,
    pub(super) full_page_writes: String,
    pub(super) synchronous_commit: String,
    pub(super) connections_max: u32,
    pub(super) standby: bool,
    pub(super) statement_statistics: Option<String>,
}

impl Facts {
    /// Safe means that a commit that was answered survives the machine.
    pub(super) fn durability(&self) -> Durability {
        let off = |setting: &str| setting == "off";
        if off(&self.fsync) || off(&self.full_page_writes) || off(&self.synchronous_commit) {
            Durability::Fast
        } else {
            Durability::Safe
        }
    }
}

/// Asks the server. With `ours` the extension `pg_stat_statements` is made first where its library is
/// loaded; a server that isn't ours is only looked at.
pub(super) async fn inspect(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
    ours: bool,
) -> Result<Facts, DatabaseError> {
    let failed = |cause| DatabaseError::Statement {
        doing: "ask the server about itself",
        place: Place::of(options).to_string(),
        cause: Box::new(cause),
    };
    let (version, fsync, full_page_writes, synchronous_commit, connections_max, standby) =
        sqlx::query_as::<_, (String, String, String, String, i32, bool)>(
            "SELECT current_setting('server_version'), current_setting('fsync'), \
                    current_setting('full_page_writes'), current_setting('synchronous_commit'), \
                    current_setting('max_connections')::int, pg_is_in_recovery()",
        )
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if ours {
        let create = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
        // Not installed is an answer too, and the next question finds it out.
        let _ = sqlx::query(create).execute(&mut *connection).await;
    }
    let statement_statistics = statement_statistics(connection).await.map_err(failed)?.ok();
    // Debian and others add their package's name after a space.
    let version = version.split(' ').next().unwrap_or_default().to_owned();
    Ok(Facts {
        version,
        fsync,
        full_page_writes,
        synchronous_commit,
        connections_max: u32::try_from(connections_max).unwrap_or_default(),
        standby,
        statement_statistics,
    })
}

/// The qualified name of the view `pg_stat_statements`, or why it can't be read and what to do about it.
pub(crate) async fn statement_statistics(
    connection: &mut PgConnection,
) -> sqlx::Result<Result<String, String>> {
    let installed: Option<(String, String)> = sqlx::query_as(
        "SELECT quote_ident(nspname), extversion FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace \
         WHERE extname = 'pg_stat_statements'",
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some((schema, version)) = installed else {
        return Ok(Err(
            "pg_stat_statements isn't in this database: CREATE EXTENSION pg_stat_statements there, after a \
                       restart with it in shared_preload_libraries where it isn't loaded yet"
                .to_owned(),
        ));
    };
    if is_before_times_were_told_apart(&version) {
        return Ok(Err(format!(
            "pg_stat_statements {version} is of an older server; ALTER EXTENSION pg_stat_statements UPDATE"
        )));
    }
    let view = format!("{schema}.pg_stat_statements");
    // The extension may exist without its library being loaded, and then every look at it fails.
    let look = AssertSqlSafe(format!("SELECT 1 FROM {view} LIMIT 1"));
    Ok(match sqlx::query(look).execute(&mut *connection).await {
        Ok(_) => Ok(view),
        Err(sqlx::Error::Database(refusal)) => Err(refusal.message().to_owned()),
        Err(error) => return Err(error),
    })
}

/// Since 1.8 the time of planning is another column than that of execution.
fn is_before_times_were_told_apart(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(u32::MAX));
    (parts.next(), parts.next()) < (Some(1), Some(8))
}

/// Connects again, reads the facts, and says goodbye.
pub(super) async fn inspect_ours(options: &PgConnectOptions) -> Result<Facts, DatabaseError> {
    let mut connection = super::url::connect(options, super::url::PATIENCE).await?;
    let facts = inspect(&mut connection, options, true).await?;
    // The facts are read; a farewell that isn't heard changes nothing.
    let _ = connection.close().await;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_before_times_were_told_apart("1.7"));
        assert!(!is_before_times_were_told_apart("1.8"));
        assert!(!is_before_times_were_told_apart("1.10"));
        assert!(!is_before_times_were_told_apart("2.0"));
    }
}
