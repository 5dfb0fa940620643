//! The one connection that publishes, made when it is needed and made anew when it was lost.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::Mutex;
use tracing::warn;

use crate::store::postgres::{connect, ends_connections, within};

/// How long the server may take to answer. A connection that is dead without anybody saying so would keep
/// every later publication waiting.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Publisher {
    options: PgConnectOptions,
    /// Absent before the first publication, after an error, and while a publication is under way, so that
    /// one that is dropped in the middle closes its connection.
    connection: Mutex<Option<PgConnection>>,
}

impl Publisher {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self { options, connection: Mutex::default() }
    }

    /// Sends a payload to a channel.
    pub(super) async fn notify(&self, channel: &str, payload: &str) -> Result<(), sqlx::Error> {
        let mut held = self.connection.lock().await;
        if let Some(connection) = held.take() {
            match notify(connection, channel, payload).await {
                Ok(connection) => {
                    *held = Some(connection);
                    return Ok(());
                }
                // It was lost some time since the last publication. A hint sent twice does no harm.
                Err(error) if ends_connections(&error) => {
                    warn!(%error, "lost the connection that publishes; making another");
                }
                Err(error) => return Err(error),
            }
        }
        let connection = connect(&self.options).await?;
        *held = Some(notify(connection, channel, payload).await?);
        Ok(())
    }
}

/// Publishes; the connection comes back only when that succeeded.
async fn notify(
    mut connection: PgConnection,
    channel: &str,
    payload: &str,
) -> Result<PgConnection, sqlx::Error> {
    let query = sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(payload);
    within(PATIENCE, query.execute(&mut connection)).await?;
    Ok(connection)
}
