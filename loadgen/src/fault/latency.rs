//! A database whose answers take long to arrive.

use std::time::Duration;

use futures::future::try_join_all;

use super::detour::Wish;
use super::ground::{FaultError, Ground};
use super::over::Over;

/// Delays every answer over the connections of the replicas that are hit, and over the posters' when all are.
pub(super) async fn delay(
    ground: &Ground,
    replica: Option<usize>,
    by: Duration,
    over: &Over,
) -> Result<(), FaultError> {
    let replicas = ground.hit(replica);
    let theirs = replicas.flat_map(|replica| std::iter::once(&replica.listener).chain(&replica.stores));
    let posters = ground.posters.iter().filter(|_| replica.is_none());
    let wishes = theirs.chain(posters).map(|line| line.wish(Wish::Latency(by)));
    let Some(fulfilled) = over.cuts(try_join_all(wishes)).await else { return Ok(()) };
    let _fulfilled = fulfilled?;
    over.wait().await;
    Ok(())
}
