//! Why there is no database to run against.
//!
//! Every message is one lowercase fragment that names the place and the remedy. A password is never part of
//! one: messages are put together from places and from the server's own words, never from a url. A message is
//! whole: what caused it is in the text, and not a second time in `source()`.

use std::path::PathBuf;
use std::time::Duration;

use super::docker::DockerError;
use super::local::LocalError;

/// Why a database could not be opened, used or taken.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The url can't be read.
    #[error(
        "the database url is malformed: {reason}; it looks like postgres://user:password@host:5432/database"
    )]
    MalformedUrl {
        /// What is wrong with it; never a piece of it.
        reason: String,
    },
    /// Nobody listens there, or the way there is closed.
    #[error(
        "cannot reach postgres at {place}: {cause}; start it, correct the url, or leave the url out to get a private one"
    )]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// What the system said.
        cause: String,
    },
    /// Somebody listens and doesn't answer.
    #[error("postgres at {place} didn't answer within {} s; check the address, or that nothing swallows the traffic", waited.as_secs_f32())]
    Silent {
        /// Host, port and database.
        place: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The server doesn't let this user in.
    #[error(
        "postgres at {place} refuses user \"{user}\": {cause}; check user and password in the url, and pg_hba.conf on the server"
    )]
    Refused {
        /// Host, port and database.
        place: String,
        /// The user's name.
        user: String,
        /// What the server said.
        cause: String,
    },
    /// The server has no such database.
    #[error(
        "postgres at {place} has no database \"{database}\"; create it there, or name another in the url"
    )]
    UnknownDatabase {
        /// Host, port and database.
        place: String,
        /// The database's name.
        database: String,
    },
    /// The connection could not be encrypted as asked.
    #[error("cannot agree with postgres at {place} on encryption: {cause}; check sslmode in the url")]
    Encryption {
        /// Host, port and database.
        place: String,
        /// What went wrong.
        cause: String,
    },
    /// It can be read but not written.
    #[error("postgres at {place} is a standby that only reads; give the url of its primary")]
    Standby {
        /// Host, port and database.
        place: String,
    },
    /// Neither binaries nor Docker.
    #[error(
        "no postgres was found on this machine, and docker is no way out ({docker}); install postgres (apt install \
         postgresql, brew install postgresql), or give --database-url"
    )]
    NoPostgres {
        /// Why Docker isn't one either.
        docker: Box<DockerError>,
    },
    /// A private one was asked for and there are no binaries.
    #[error(
        "no postgres {}; install postgres (apt install postgresql, brew install postgresql), or point \
         CLEARANCE_PG_BIN at the directory of initdb and postgres", searched(looked_in.as_ref())
    )]
    NoBinaries {
        /// The directory of the override, when there is one.
        looked_in: Option<PathBuf>,
    },
    /// The private cluster failed.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// Docker failed.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// Another run lives in the schema.
    #[error(
        "schema clearance at {place} is in use by another run ({holder}); wait for it, end it, or use another database"
    )]
    SchemaLive {
        /// Host, port and database.
        place: String,
        /// Which session holds it.
        holder: String,
    },
    /// The schema is somebody else's.
    #[error(
        "schema clearance at {place} holds what isn't ours: {what}; move that away, or use another database"
    )]
    SchemaForeign {
        /// Host, port and database.
        place: String,
        /// One thing that isn't ours.
        what: String,
    },
    /// The schema could not be made, inspected or dropped.
    #[error(
        "cannot {doing} at {place}: {cause}; the user needs CREATE on the database, and the schema to be its own"
    )]
    Schema {
        /// What was being done.
        doing: &'static str,
        /// Host, port and database.
        place: String,
        /// What the store said.
        cause: String,
    },
    /// A statement of ours failed.
    #[error("cannot {doing} at {place}: {cause}")]
    Statement {
        /// What was being done.
        doing: &'static str,
        /// Host, port and database.
        place: String,
        /// What the driver or the server said.
        cause: Box<sqlx::Error>,
    },
}

fn searched(looked_in: Option<&PathBuf>) -> String {
    match looked_in {
        Some(directory) => format!("with initdb is in {}, which CLEARANCE_PG_BIN names", directory.display()),
        None => "was found on this machine".to_owned(),
    }
}
