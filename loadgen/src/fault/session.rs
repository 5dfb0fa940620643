//! Sessions of somebody else's that take the database's connections, or hold its past.

use std::time::Duration;

use futures::future::join_all;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::ground::{FaultError, Ground};
use super::over::Over;

/// So many connections are made at once.
const AT_ONCE: usize = 8;
/// More than any server takes.
const CONNECTIONS_MAX: usize = 20_000;
/// What a server says that has no connection left.
const TOO_MANY_CONNECTIONS: &str = "53300";
/// A connection that somebody gave up is taken after this long.
const PAUSE: Duration = Duration::from_millis(50);
/// How long sessions may take to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// Takes every connection that the server still has, and those that are given up.
pub(super) async fn exhaust(ground: &Ground, over: &Over) -> Result<(), FaultError> {
    let mut held = Vec::new();
    let taken = over.cuts(take_all(ground, &mut held)).await;
    tracing::info!(connections = held.len(), "connections held by a fault are given back");
    let farewell = join_all(held.into_iter().map(PgConnection::close));
    // Who isn't heard is noticed by the closed socket.
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    taken.unwrap_or(Ok(()))
}

/// Ends only in an error.
async fn take_all(ground: &Ground, held: &mut Vec<PgConnection>) -> Result<(), FaultError> {
    let mut is_full = false;
    loop {
        let wanted = AT_ONCE.min(CONNECTIONS_MAX - held.len());
        for made in join_all((0..wanted).map(|_| ground.connect())).await {
            match made {
                Ok(connection) => held.push(connection),
                Err(error) if error.is_refusal(TOO_MANY_CONNECTIONS) => {
                    if !is_full {
                        tracing::info!(connections = held.len(), "the database has no connection left");
                    }
                    is_full = true;
                }
                // A database that is away, by another fault perhaps, is looked for again.
                Err(_) if is_full => {}
                Err(error) => return Err(error),
            }
        }
        if is_full {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Keeps a transaction open that could still look at everything that was there when it began.
pub(super) async fn pin(ground: &Ground, over: &Over) -> Result<(), FaultError> {
    let mut connection = ground.connect().await?;
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                 SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SELECT count(*) FROM pg_catalog.pg_class";
    ground.ask(connection.execute(begin)).await?;
    over.wait().await;
    ground.ask(connection.execute("ROLLBACK")).await?;
    let _ = tokio::time::timeout(FAREWELL, connection.close()).await;
    Ok(())
}
