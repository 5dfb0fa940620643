//! Notifications that are lost, late, doubled, or nonsense.

use std::time::Duration;

use acquirer::pubsub::JOB_POSTED_CHANNEL;
use sqlx::PgConnection;
use tokio::time::MissedTickBehavior;

use super::NoticeRule;
use super::ground::{FaultError, Ground};
use super::over::Over;

/// Lets a rule stand for the replicas that are hit.
pub(super) async fn rule(
    ground: &Ground,
    replica: Option<usize>,
    rule: NoticeRule,
    over: &Over,
) -> Result<(), FaultError> {
    ground.hold(replica, over, async |replica| Ok(replica.switch.rule(rule))).await
}

/// Publishes what is no posting.
pub(super) async fn malform(ground: &Ground, rate: f64, over: &Over) -> Result<(), FaultError> {
    let mut connection = Some(ground.connect().await?);
    let mut beat = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut number = 0_u64;
    let publish = async {
        loop {
            beat.tick().await;
            number += 1;
            // A database that is away, by another fault perhaps, is looked for at the next beat.
            if let Some(mut standing) = match connection.take() {
                Some(standing) => Some(standing),
                None => ground.connect().await.ok(),
            } && nonsense(ground, &mut standing, number).await.is_ok()
            {
                connection = Some(standing);
            }
        }
    };
    over.cuts(publish).await.map_or(Ok(()), |never: std::convert::Infallible| match never {})
}

async fn nonsense(ground: &Ground, connection: &mut PgConnection, number: u64) -> Result<(), FaultError> {
    let query = sqlx::query("SELECT pg_notify($1, $2)")
        .bind(JOB_POSTED_CHANNEL)
        .bind(format!("{{\"malformed\": {number}, \"on purpose"));
    ground.ask(query.execute(connection)).await?;
    Ok(())
}
