//! One connection that looks at the server, and what can be seen through it.
//!
//! Rights and versions differ: what a server or a role doesn't let see is found out once for each connection and
//! said in words, and the rest is looked at all the same. Every question has a bounded time, on the server too.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};

use super::figures::{FIGURES, Figures};
use super::statements::Statement;
use super::tally::Tally;
use crate::database::statement_statistics;

/// What others ask is forgotten beyond so many different statements.
const KNOWN_MAX: usize = 20_000;

/// Settings of the connection: a look must neither wait for long nor be ended for being idle.
const SETTINGS: &str = "SELECT set_config(name, CASE name WHEN 'statement_timeout' THEN '4s' WHEN 'lock_timeout' THEN '1s' ELSE '0' END, false)
FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_session_timeout')";

const ROLE: &str = "SELECT current_setting('server_version_num')::int, current_user::text,
    pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
    current_setting('track_activities')::bool, current_setting('track_counts')::bool";

/// Client connections to this database but for the tool's own (`$1`), by state and by what their query waits for.
/// A role sees neither of others' without being a member of `pg_read_all_stats`.
const ACTIVITY: &str = "SELECT coalesce(state, 'unknown'),
    CASE WHEN state <> 'active' THEN NULL WHEN wait_event IS NULL THEN 'CPU' ELSE wait_event_type || ':' || wait_event END,
    count(*),
    max(extract(epoch FROM clock_timestamp() - xact_start))::float8,
    max(age(backend_xmin))::float8
FROM pg_stat_activity
WHERE datname = current_database() AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
    AND pid <> pg_backend_pid() AND application_name <> ALL ($1)
GROUP BY 1, 2";

/// Looks at the server.
pub(super) struct Eye {
    connection: PgConnection,
    /// The tool's own connections, by name.
    own: Vec<String>,
    figures: Figures,
    /// The function behind `pg_stat_statements`.
    statistics: Option<String>,
    /// What statements are for, by their ids.
    known: BTreeMap<i64, Option<Statement>>,
    missing: Vec<String>,
}

/// What was seen at one moment. Counts go up from wherever the server has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Seen {
    /// By place in [`FIGURES`].
    pub(super) figures: Vec<Option<f64>>,
    pub(super) connections: BTreeMap<String, u64>,
    pub(super) waits: BTreeMap<String, u64>,
    pub(super) oldest_transaction: Option<Duration>,
    pub(super) xmin_age: Option<u64>,
    /// Ran and the time that they took, by the statement's id.
    pub(super) statements: BTreeMap<i64, Ran>,
}

/// How often a statement has run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ran {
    pub(super) statement: Statement,
    pub(super) calls: u64,
    pub(super) took: Duration,
}

impl Eye {
    /// Connects, and finds out what can be seen.
    pub(super) async fn open(
        options: &PgConnectOptions,
        own: &[String],
        tally: &Tally,
    ) -> Result<Self, sqlx::Error> {
        let mut connection = options.connect().await?;
        {
            let _asking = tally.ask();
            sqlx::query(SETTINGS).execute(&mut connection).await?;
        }
        let asking = tally.ask();
        let (version, role, sees_others, activities, counts): (i32, String, bool, bool, bool) =
            sqlx::query_as(ROLE).fetch_one(&mut connection).await?;
        drop(asking);
        let mut missing = Vec::new();
        if !activities {
            missing.push(
                "what connections do and wait for: track_activities is off on this server; turn it on"
                    .to_owned(),
            );
        } else if !sees_others {
            missing.push(format!(
                "what other roles' connections do and wait for: {role} isn't in pg_read_all_stats; GRANT pg_read_all_stats TO {role}"
            ));
        }
        if !counts {
            missing.push("live and dead rows: track_counts is off on this server; turn it on".to_owned());
        }
        let figures = Figures::probe(&mut connection, version, tally, &mut missing).await?;
        let asking = tally.ask();
        let statistics = match statement_statistics(&mut connection).await? {
            // The view reads all texts, the function behind it leaves them out when told to.
            Ok(view) => Some(view),
            Err(why) => {
                missing.push(format!("calls and times of statements: {why}"));
                None
            }
        };
        drop(asking);
        Ok(Self { connection, own: own.to_vec(), figures, statistics, known: BTreeMap::new(), missing })
    }

    /// What can't be seen, why, and what to do about it.
    pub(super) fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Looks once.
    pub(super) async fn look(&mut self, tally: &Tally) -> Result<Seen, sqlx::Error> {
        let mut seen = Seen { figures: vec![None; FIGURES.len()], ..Seen::default() };
        self.activity(tally, &mut seen).await?;
        self.figures.read(&mut self.connection, tally, &mut seen.figures).await?;
        self.statements(tally, &mut seen).await?;
        Ok(seen)
    }

    async fn activity(&mut self, tally: &Tally, seen: &mut Seen) -> Result<(), sqlx::Error> {
        type Row = (String, Option<String>, i64, Option<f64>, Option<f64>);
        let _asking = tally.ask();
        let rows: Vec<Row> = sqlx::query_as(ACTIVITY).bind(&self.own).fetch_all(&mut self.connection).await?;
        let (mut oldest, mut xmin) = (0.0_f64, 0.0_f64);
        for (state, wait, count, transaction_s, xmin_age) in rows {
            let count = count.unsigned_abs();
            *seen.connections.entry(state).or_default() += count;
            if let Some(wait) = wait {
                *seen.waits.entry(wait).or_default() += count;
            }
            oldest = oldest.max(transaction_s.unwrap_or(0.0));
            xmin = xmin.max(xmin_age.unwrap_or(0.0));
        }
        seen.oldest_transaction = Duration::try_from_secs_f64(oldest).ok();
        seen.xmin_age = Some(xmin as u64);
        Ok(())
    }

    async fn statements(&mut self, tally: &Tally, seen: &mut Seen) -> Result<(), sqlx::Error> {
        let Some(view) = &self.statistics else { return Ok(()) };
        let ours = "dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND userid = current_user::regrole
            AND queryid IS NOT NULL";
        let counts = format!(
            "SELECT queryid, sum(calls)::int8, sum(total_exec_time)::float8 FROM {view}(false) WHERE {ours} GROUP BY queryid"
        );
        let asking = tally.ask();
        let rows: Vec<(i64, i64, f64)> =
            sqlx::query_as(AssertSqlSafe(counts)).fetch_all(&mut self.connection).await?;
        drop(asking);
        let unknown: Vec<i64> =
            rows.iter().map(|(id, ..)| *id).filter(|id| !self.known.contains_key(id)).collect();
        if !unknown.is_empty() {
            if self.known.len() + unknown.len() > KNOWN_MAX {
                self.known.retain(|_, statement| statement.is_some());
            }
            let texts = format!(
                "SELECT queryid, min(query) FROM {view}(true) WHERE {ours} AND queryid = ANY ($1) GROUP BY queryid"
            );
            let _asking = tally.ask();
            let texts: Vec<(i64, Option<String>)> =
                sqlx::query_as(AssertSqlSafe(texts)).bind(unknown).fetch_all(&mut self.connection).await?;
            let recognized = |text: Option<String>| text.and_then(|text| Statement::of(&text));
            self.known.extend(texts.into_iter().map(|(id, text)| (id, recognized(text))));
        }
        for (id, calls, took_ms) in rows {
            if let Some(Some(statement)) = self.known.get(&id) {
                let took = Duration::try_from_secs_f64(took_ms / 1e3).unwrap_or_default();
                let calls = Ran { statement: *statement, calls: calls.unsigned_abs(), took };
                seen.statements.insert(id, calls);
            }
        }
        Ok(())
    }
}
