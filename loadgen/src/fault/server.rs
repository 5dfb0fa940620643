//! A database server that stands still, is restarted, is killed, or can't be reached.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::database::ServerControl;

use super::detour::Wish;
use super::ground::{FaultError, Ground};
use super::over::Over;

/// Lets the server stand still.
pub(super) async fn pause(ground: &Ground, over: &Over) -> Result<(), FaultError> {
    let server = ours(ground)?;
    server.pause().await?;
    let _silence = Silence::new(&ground.silenced);
    over.wait().await;
    Ok(server.resume().await?)
}

/// Stops the server properly, and starts it again at once.
pub(super) async fn restart(ground: &Ground) -> Result<(), FaultError> {
    let _silence = Silence::new(&ground.silenced);
    Ok(ours(ground)?.restart().await?)
}

/// Kills the server, and starts it again when the fault is over.
pub(super) async fn kill(ground: &Ground, over: &Over) -> Result<(), FaultError> {
    let server = ours(ground)?;
    let _silence = Silence::new(&ground.silenced);
    server.kill().await?;
    over.wait().await;
    Ok(server.revive().await?)
}

/// Cuts the network between the load and the database: connections break, and none can be made. A container loses
/// its network; everywhere else the load's connections are led through proxies that break and refuse them.
pub(super) async fn cut(ground: &Ground, over: &Over) -> Result<(), FaultError> {
    let _silence = Silence::new(&ground.silenced);
    if let Some(server) = &ground.server
        && server.cut_off().await?
    {
        over.wait().await;
        return Ok(server.reconnect().await?);
    }
    ground.lead(None, &Wish::Cut, over).await
}

fn ours(ground: &Ground) -> Result<&ServerControl, FaultError> {
    ground.server.as_ref().ok_or(FaultError::NotOurs)
}

/// The server doesn't answer as long as this stands.
struct Silence<'g>(&'g AtomicUsize);

impl<'g> Silence<'g> {
    fn new(count: &'g AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
