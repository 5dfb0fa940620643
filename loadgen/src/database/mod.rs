//! A Postgres to run against, wherever it comes from.
//!
//! [`open`] turns a [`DatabaseRequest`] into a [`Database`]: one that exists already, given by its url; a
//! private one made from binaries of this machine ([`local`]); or one in Docker ([`docker`]). What it started
//! it also stops, when the database is closed or dropped. [`probe`] tells a person what could be had.
//!
//! It opens databases; it doesn't use them. The only tables it ever touches are those of the run's own
//! schema ([`schema`]), and a server that it didn't start is never changed outside that schema.

pub mod binaries;
mod control;
pub mod docker;
mod error;
pub mod local;
pub mod probe;
pub mod schema;
mod server;
mod url;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use self::binaries::{Binaries, Search};
pub use self::control::ServerControl;
use self::docker::DockerDatabase;
pub use self::error::DatabaseError;
use self::local::{LocalCluster, LocalError};
use self::server::Facts;
pub(crate) use self::server::statement_statistics;

/// What the user asked for.
#[derive(Clone)]
pub struct DatabaseRequest {
    /// An existing database; when given, `how`, `durability` and `keep` say nothing about it.
    pub url: Option<String>,
    /// How to get one when there is no url.
    pub how: How,
    /// How a database that is started for the run treats its commits.
    pub durability: Durability,
    /// Leave a local cluster's directory, or Docker's container, behind.
    pub keep: bool,
    /// How long a database at a url may take to answer.
    pub patience: Duration,
}

impl Default for DatabaseRequest {
    fn default() -> Self {
        Self { url: None, how: How::Auto, durability: Durability::Safe, keep: false, patience: url::PATIENCE }
    }
}

impl fmt::Debug for DatabaseRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseRequest")
            .field("url", &self.url.as_ref().map(|_| "…"))
            .field("how", &self.how)
            .field("durability", &self.durability)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

/// How to get a database when no url is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum How {
    /// Local binaries, newest first; else Docker.
    #[default]
    Auto,
    /// Local binaries only.
    Local,
    /// Docker Compose only.
    Docker,
}

/// Where a database came from; a report's `environment.database`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A private cluster.
    Local,
    /// The project's own container.
    Docker,
    /// Somebody's server, given by its url.
    Url,
}

impl Kind {
    /// The word that reports use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Docker => "docker",
            Self::Url => "url",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether commits survive the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A commit that was answered is on the disk.
    #[default]
    Safe,
    /// It may be lost with the machine: for demonstrations, not for figures.
    Fast,
}

impl Durability {
    /// The word that the command line and reports use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Fast => "fast",
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug)]
enum Server {
    Url,
    Local(Arc<LocalCluster>),
    Docker(Box<DockerDatabase>),
}

/// A database that answers. Dropping it stops and removes what was started for it.
pub struct Database {
    options: PgConnectOptions,
    facts: Facts,
    server: Server,
    control: Option<ServerControl>,
}

// The options hold a password; their own Debug shows it.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("place", &self.place())
            .field("facts", &self.facts)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Database {
    /// How to connect. The options hold a password where there is one: connect with them, never print them.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// Where it came from.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.server {
            Server::Url => Kind::Url,
            Server::Local(_) => Kind::Local,
            Server::Docker(_) => Kind::Docker,
        }
    }

    /// For a header: `local PG 15.18`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} PG {}", self.kind(), self.server_version())
    }

    /// Host (or socket directory), port and database; no user, no password.
    #[must_use]
    pub fn place(&self) -> String {
        url::Place::of(&self.options).to_string()
    }

    /// The server's version: `15.18`.
    #[must_use]
    pub fn server_version(&self) -> &str {
        &self.facts.version
    }

    /// What the server's settings amount to, whoever made them.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.facts.durability()
    }

    /// The settings behind [`durability`](Self::durability), as a person would say them.
    #[must_use]
    pub fn durability_settings(&self) -> String {
        let Facts { fsync, full_page_writes, synchronous_commit, .. } = &self.facts;
        format!("fsync {fsync}, full_page_writes {full_page_writes}, synchronous_commit {synchronous_commit}")
    }

    /// How many connections the server takes at all, its own reserve included.
    #[must_use]
    pub fn connections_max(&self) -> u32 {
        self.facts.connections_max
    }

    /// The qualified name of the view `pg_stat_statements`, where it can be read.
    #[must_use]
    pub fn statement_statistics(&self) -> Option<&str> {
        self.facts.statement_statistics.as_deref()
    }

    /// The private cluster, when it is one: what faults restart, kill and pause.
    #[must_use]
    pub fn local(&self) -> Option<&LocalCluster> {
        match &self.server {
            Server::Local(cluster) => Some(cluster),
            Server::Url | Server::Docker(_) => None,
        }
    }

    /// Power over the server, where it was started for the run.
    #[must_use]
    pub fn control(&self) -> Option<ServerControl> {
        self.control.clone()
    }

    /// The server's process, when it is a private one that runs.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        self.local().and_then(LocalCluster::pid)
    }

    /// Stops and removes what was started; answers with the directory of a local cluster that is kept.
    pub async fn close(self) -> Result<Option<PathBuf>, DatabaseError> {
        match self.server {
            Server::Url => Ok(None),
            Server::Local(cluster) => Ok(cluster.close().await?),
            Server::Docker(container) => {
                container.close().await?;
                Ok(None)
            }
        }
    }
}

/// Opens a database, and says on the way what is being done (for a person who waits).
pub async fn open(
    request: DatabaseRequest,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Database, DatabaseError> {
    if let Some(url) = &request.url {
        return open_url(url, request.patience, progress).await;
    }
    match request.how {
        How::Local => open_local(&request, &installations().await?, progress).await,
        How::Docker => open_docker(&request, progress).await,
        How::Auto => open_any(&request, progress).await,
    }
}

async fn open_any(
    request: &DatabaseRequest,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Database, DatabaseError> {
    let found = match installations().await {
        Ok(found) => found,
        // An override that leads nowhere is a mistake to be told, not a reason to look elsewhere.
        Err(error @ DatabaseError::NoBinaries { looked_in: Some(_) }) => return Err(error),
        Err(_) => {
            return match open_docker(request, progress).await {
                Err(DatabaseError::Docker(docker)) => {
                    Err(DatabaseError::NoPostgres { docker: Box::new(docker) })
                }
                outcome => outcome,
            };
        }
    };
    match open_local(request, &found, progress).await {
        Err(local) => {
            progress(&format!("{local}; trying docker"));
            // The first reason is the one to mend: there are binaries, and they should have worked.
            open_docker(request, progress).await.map_err(|_| local)
        }
        outcome => outcome,
    }
}

async fn open_url(
    url: &str,
    patience: Duration,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Database, DatabaseError> {
    let options = url::parse(url)?;
    let place = url::Place::of(&options).to_string();
    progress(&format!("connecting to postgres at {place}"));
    let mut connection = url::connect(&options, patience).await?;
    let facts = server::inspect(&mut connection, &options, false).await?;
    // Everything was answered; a farewell that isn't heard changes nothing.
    let _ = sqlx::Connection::close(connection).await;
    if facts.standby {
        return Err(DatabaseError::Standby { place });
    }
    Ok(Database { options, facts, server: Server::Url, control: None })
}

/// What private clusters can be made from, newest first and never nothing.
async fn installations() -> Result<Vec<Binaries>, DatabaseError> {
    // Looking means running a few programs, which is not for the threads that serve everybody.
    let looked = tokio::task::spawn_blocking(|| {
        let search = Search::of_this_machine();
        let mut found = search.run();
        found.retain(Binaries::is_supported);
        (search.only, found)
    });
    let (looked_in, found) = looked.await.unwrap_or_default();
    if found.is_empty() { Err(DatabaseError::NoBinaries { looked_in }) } else { Ok(found) }
}

async fn open_local(
    request: &DatabaseRequest,
    found: &[Binaries],
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Database, DatabaseError> {
    let mut first_failure = None;
    for (place, binaries) in found.iter().enumerate() {
        let version = binaries.version;
        progress(&format!("starting a private postgres {version} from {}", binaries.directory.display()));
        if !binaries.statement_statistics {
            progress("its pg_stat_statements isn't installed; statement times will be missing");
        }
        match LocalCluster::create(binaries, request.durability, request.keep).await {
            Ok(cluster) => {
                let options = cluster.connect_options();
                let facts = server::inspect_ours(&options).await?;
                let cluster = Arc::new(cluster);
                let control = Some(ServerControl::of_cluster(&cluster));
                return Ok(Database { options, facts, server: Server::Local(cluster), control });
            }
            Err(error) => {
                if place + 1 < found.len() {
                    progress(&format!("{error}; trying the next one"));
                }
                first_failure.get_or_insert(error);
            }
        }
    }
    Err(first_failure.unwrap_or(LocalError::NoAccount).into())
}

async fn open_docker(
    request: &DatabaseRequest,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Database, DatabaseError> {
    let container = DockerDatabase::start(request.durability, request.keep, progress).await?;
    let options = container.connect_options();
    let facts = server::inspect_ours(&options).await?;
    let control = Some(ServerControl::of_container(container.server()));
    Ok(Database { options, facts, server: Server::Docker(Box::new(container)), control })
}
