//! An existing Postgres, given by its url.
//!
//! Reads the url, connects once within a bounded time, and turns each way that can fail into one clear
//! message. The place it names is host, port and database; the password never leaves the options.

use std::fmt;
use std::io;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::error::DatabaseError;

/// How long a database at a url may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Host, port and database, as a person would write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    host: String,
    database: String,
}

impl Place {
    pub(super) fn of(options: &PgConnectOptions) -> Self {
        let host = match options.get_socket() {
            Some(directory) => directory.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let database = options.get_database().unwrap_or_else(|| options.get_username()).to_owned();
        Self { host, database }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.database)
    }
}

/// Reads a url. What could be a piece of a password that wasn't percent-encoded is refused, so that it can't
/// end up in the name of a host or a database.
pub(super) fn parse(url: &str) -> Result<PgConnectOptions, DatabaseError> {
    let malformed = |reason: &str| DatabaseError::MalformedUrl { reason: reason.to_owned() };
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))
        .ok_or_else(|| malformed("it doesn't begin with postgres://"))?;
    if rest.contains('#') {
        return Err(malformed("it holds a '#', which must be written %23"));
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let strays = path.contains('@')
        || authority.matches('@').count() > 1
        || query.split('&').any(|pair| pair.split('=').next().is_some_and(|key| key.contains('@')));
    if strays {
        return Err(malformed(
            "it holds an '@' out of place; in user and password '@', ':', '/' and '?' must be percent-encoded",
        ));
    }
    // The driver's complaints may quote the url; these few don't.
    PgConnectOptions::from_str(url).map_err(|error| {
        let complaint = match error {
            sqlx::Error::Configuration(cause) => cause.to_string(),
            other => other.to_string(),
        };
        let known = [
            "empty host",
            "invalid port number",
            "invalid IPv4 address",
            "invalid IPv6 address",
            "invalid international domain name",
            "invalid domain character",
        ];
        match known.iter().find(|known| complaint.contains(*known)) {
            Some(known) => malformed(known),
            None => malformed("its parts, or the values after '?', can't be read"),
        }
    })
}

/// Connects once.
pub(super) async fn connect(
    options: &PgConnectOptions,
    patience: Duration,
) -> Result<PgConnection, DatabaseError> {
    match tokio::time::timeout(patience, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(explain(options, &error)),
        Err(_) => Err(DatabaseError::Silent { place: Place::of(options).to_string(), waited: patience }),
    }
}

fn explain(options: &PgConnectOptions, error: &sqlx::Error) -> DatabaseError {
    let place = Place::of(options);
    match error {
        sqlx::Error::Database(refusal) => {
            let cause = refusal.message().to_owned();
            match refusal.code().as_deref() {
                Some("3D000") => {
                    DatabaseError::UnknownDatabase { place: place.host, database: place.database }
                }
                Some(code) if code.starts_with("28") => DatabaseError::Refused {
                    place: place.to_string(),
                    user: options.get_username().to_owned(),
                    cause,
                },
                _ => DatabaseError::Unreachable { place: place.to_string(), cause },
            }
        }
        sqlx::Error::Tls(cause) => {
            DatabaseError::Encryption { place: place.to_string(), cause: cause.to_string() }
        }
        sqlx::Error::Io(cause) => {
            DatabaseError::Unreachable { place: place.to_string(), cause: plain(cause) }
        }
        other => DatabaseError::Unreachable { place: place.to_string(), cause: other.to_string() },
    }
}

/// The system's words without its error number.
fn plain(cause: &io::Error) -> String {
    let text = cause.to_string().to_lowercase();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}
