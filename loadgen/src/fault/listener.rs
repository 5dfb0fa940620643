//! Listeners whose connection is cut, deaf, or half-open.

use futures::future::try_join_all;

use super::detour::Wish;
use super::ground::{FaultError, Ground};
use super::over::Over;

/// Terminates connections of listeners, once.
pub(super) async fn kill(ground: &Ground, replica: Option<usize>) -> Result<(), FaultError> {
    let killed = ground.observer.kill_listeners(replica).await?;
    tracing::info!(killed, "listener connections terminated");
    Ok(())
}

/// Lets no notification through, whichever connection it comes over: the listener listens, and is answered when it
/// asks.
pub(super) async fn deafen(ground: &Ground, replica: Option<usize>, over: &Over) -> Result<(), FaultError> {
    ground.hold(replica, over, async |replica| Ok(replica.listener.wish(Wish::NoNotices).await?)).await
}

/// Swallows what either side sends over the connections that stand. One that is made anew works.
pub(super) async fn swallow(ground: &Ground, replica: Option<usize>, over: &Over) -> Result<(), FaultError> {
    let hit = ground.hit(replica);
    let wishes = hit.iter().map(|replica| replica.listener.wish(Wish::HalfOpen));
    let Some(fulfilled) = over.cuts(try_join_all(wishes)).await else { return Ok(()) };
    let _fulfilled = fulfilled?;
    over.wait().await;
    Ok(())
}
