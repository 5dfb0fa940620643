//! Posters that fall silent, workers that give up, workers that die.

use super::ground::Ground;
use super::over::Over;

/// Lets nobody post. Jobs that would have been due meanwhile don't come to be, as if the rates were 0.
pub(super) async fn pause_posters(ground: &Ground, over: &Over) {
    let _paused = ground.pace.pause();
    over.wait().await;
}

/// Lets a share of those who wait cancel their calls, once.
pub(super) fn cancel_workers(ground: &Ground, share: f64, replica: Option<usize>) {
    let cancelled = ground.crew.cancel_calls(share, replica);
    tracing::info!(cancelled, "workers cancelled their calls");
}

/// Lets a share of the workers die, jobs and all; they come back when the fault is over.
pub(super) async fn crash_workers(ground: &Ground, share: f64, replica: Option<usize>, over: &Over) {
    let deaths = ground.crew.kill_workers(share, replica);
    tracing::info!(dead = deaths.dead, "workers died");
    over.wait().await;
}
