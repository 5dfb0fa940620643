//! What a command runs on: a database, opened, with a schema that is its alone, and given back.

use loadgen::database::schema::SchemaLease;
use loadgen::database::{self, Database, DatabaseRequest};
use loadgen::record::RecordOptions;
use loadgen::run::RunRequest;
use loadgen::scenario::Scenario;
use loadgen::snapshot::DatabaseFacts;

use super::args::DatabaseArgs;
use super::failure::Failure;

/// Connections of the server that a run leaves to others: superusers, the lease, a person with psql.
const CONNECTIONS_LEFT: u32 = 13;
/// More than this many connections make a run no faster.
const CONNECTIONS_MAX: u32 = 120;

/// A database with a schema that is the command's alone.
pub(super) struct Ground {
    database: Database,
    lease: SchemaLease,
    keep: bool,
}

impl Ground {
    /// Opens it, with an empty schema, and says on the way what is being done.
    pub(super) async fn open(args: &DatabaseArgs) -> Result<Self, Failure> {
        let progress = |doing: &str| say!("clearance: {doing}");
        let request = DatabaseRequest {
            url: args.url.database_url.clone().filter(|url| !url.is_empty()),
            how: args.db.into(),
            durability: args.db_durability.into(),
            keep: args.keep,
            ..DatabaseRequest::default()
        };
        let database = database::open(request, &progress).await?;
        let lease = SchemaLease::take(&database).await?;
        progress(&format!(
            "using {} at {}, durability {}",
            database.label(),
            database.place(),
            database.durability()
        ));
        if lease.took_over() {
            progress("took over the schema that an earlier run had left behind");
        }
        Ok(Self { database, lease, keep: args.keep })
    }

    /// A run on it.
    pub(super) fn request(&self, name: &str, scenario: Scenario, record: RecordOptions) -> RunRequest {
        let database = &self.database;
        let connections =
            database.connections_max().saturating_sub(CONNECTIONS_LEFT).clamp(8, CONNECTIONS_MAX);
        RunRequest {
            name: name.to_owned(),
            scenario,
            database: database.connect_options(),
            server: database.control(),
            facts: DatabaseFacts {
                kind: database.kind().to_string(),
                version: database.server_version().to_owned(),
                durability: database.durability().to_string(),
            },
            connections_max: connections as usize,
            record,
        }
    }

    /// Removes what a run has left, for another.
    pub(super) async fn clean(&mut self) -> Result<(), Failure> {
        Ok(self.lease.empty().await?)
    }

    /// Gives it back: what was started is taken down, unless it is to be kept.
    pub(super) async fn close(self) -> Result<(), Failure> {
        let released = self.lease.release(self.keep).await;
        let kept = self.database.close().await;
        released?;
        if let Some(directory) = kept? {
            say!("clearance: kept the cluster in {}", directory.display());
        }
        Ok(())
    }
}
