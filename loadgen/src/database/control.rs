//! Power over a server that was started for a run: to pause it, to restart it, to kill it and start it
//! again, and where it has a network of its own, to cut it off.
//!
//! Only private clusters and the project's container can be treated so. Whatever was done to a server ends with
//! the tool, however the tool ends: a paused cluster is taken down by its watchdog, and a container is woken by a
//! guardian of its own. It counts who wants what, so that overlapping faults don't undo each other.

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use super::docker::DockerServer;
use super::error::DatabaseError;
use super::local::{LocalCluster, LocalError, StopMode};

/// Power over one server; clones share it.
#[derive(Debug, Clone)]
pub struct ServerControl {
    server: Server,
    wishes: Arc<Mutex<Wishes>>,
}

#[derive(Debug, Clone)]
enum Server {
    /// Ends with its database, whoever would still like to reach it.
    Local(Weak<LocalCluster>),
    Docker(Arc<DockerServer>),
}

/// How many want what.
#[derive(Debug, Default)]
struct Wishes {
    paused: usize,
    killed: usize,
    cut_off: usize,
}

impl Wishes {
    /// Nobody wants the server not to answer.
    fn is_free(&self) -> bool {
        self.paused == 0 && self.killed == 0 && self.cut_off == 0
    }
}

impl ServerControl {
    pub(super) fn of_cluster(cluster: &Arc<LocalCluster>) -> Self {
        Self { server: Server::Local(Arc::downgrade(cluster)), wishes: Arc::default() }
    }

    pub(super) fn of_container(container: DockerServer) -> Self {
        Self { server: Server::Docker(Arc::new(container)), wishes: Arc::default() }
    }

    /// Where the server's data lies, when it lies on this machine.
    #[must_use]
    pub fn data_directory(&self) -> Option<PathBuf> {
        match &self.server {
            Server::Local(cluster) => Some(cluster.upgrade()?.directory().join("data")),
            Server::Docker(_) => None,
        }
    }

    /// Stops every process of the server where it stands, until [`resume`](Self::resume).
    pub async fn pause(&self) -> Result<(), DatabaseError> {
        let mut wishes = self.wishes.lock().await;
        if wishes.paused == 0 && wishes.killed == 0 {
            match &self.server {
                Server::Local(cluster) => alive(cluster)?.pause().await?,
                Server::Docker(container) => container.pause().await?,
            }
        }
        wishes.paused += 1;
        Ok(())
    }

    /// Lets a paused server go on, when nobody else has paused it.
    pub async fn resume(&self) -> Result<(), DatabaseError> {
        let mut wishes = self.wishes.lock().await;
        wishes.paused = wishes.paused.saturating_sub(1);
        if wishes.paused == 0 && wishes.killed == 0 {
            match &self.server {
                Server::Local(cluster) => alive(cluster)?.resume(),
                Server::Docker(container) => awake(container, &wishes).await?,
            }
        }
        Ok(())
    }

    /// Stops the server properly and starts it again. One that is killed or paused stays so.
    pub async fn restart(&self) -> Result<(), DatabaseError> {
        let wishes = self.wishes.lock().await;
        if wishes.paused > 0 || wishes.killed > 0 {
            return Ok(());
        }
        match &self.server {
            Server::Local(cluster) => {
                let cluster = alive(cluster)?;
                cluster.stop(StopMode::Fast).await?;
                cluster.start().await?;
            }
            Server::Docker(container) => {
                container.restart().await?;
                awake(container, &wishes).await?;
            }
        }
        Ok(())
    }

    /// Kills the server, until [`revive`](Self::revive).
    pub async fn kill(&self) -> Result<(), DatabaseError> {
        let mut wishes = self.wishes.lock().await;
        if wishes.killed == 0 {
            match &self.server {
                Server::Local(cluster) => alive(cluster)?.stop(StopMode::Kill).await?,
                Server::Docker(container) => container.kill().await?,
            }
        }
        wishes.killed += 1;
        Ok(())
    }

    /// Starts a killed server, when nobody else has killed it.
    pub async fn revive(&self) -> Result<(), DatabaseError> {
        let mut wishes = self.wishes.lock().await;
        wishes.killed = wishes.killed.saturating_sub(1);
        if wishes.killed == 0 {
            match &self.server {
                Server::Local(cluster) => alive(cluster)?.start().await?,
                Server::Docker(container) => awake(container, &wishes).await?,
            }
            if wishes.paused > 0 {
                match &self.server {
                    Server::Local(cluster) => alive(cluster)?.pause().await?,
                    Server::Docker(container) => container.pause().await?,
                }
            }
        }
        Ok(())
    }

    /// Cuts the server off its network, until [`reconnect`](Self::reconnect); `false` when it has none of its own.
    pub async fn cut_off(&self) -> Result<bool, DatabaseError> {
        let Server::Docker(container) = &self.server else { return Ok(false) };
        let mut wishes = self.wishes.lock().await;
        if wishes.cut_off == 0 {
            container.cut_off().await?;
        }
        wishes.cut_off += 1;
        Ok(true)
    }

    /// Brings the server back to its network, when nobody else has cut it off.
    pub async fn reconnect(&self) -> Result<(), DatabaseError> {
        let Server::Docker(container) = &self.server else { return Ok(()) };
        let mut wishes = self.wishes.lock().await;
        wishes.cut_off = wishes.cut_off.saturating_sub(1);
        if wishes.cut_off == 0 {
            container.join().await?;
            if wishes.is_free() {
                container.answer().await?;
            }
        }
        Ok(())
    }
}

/// Undoes a pause or a kill, and waits for an answer where nothing else is in its way.
async fn awake(container: &DockerServer, wishes: &Wishes) -> Result<(), DatabaseError> {
    container.wake().await?;
    if wishes.is_free() {
        container.answer().await?;
    }
    Ok(())
}

fn alive(cluster: &Weak<LocalCluster>) -> Result<Arc<LocalCluster>, LocalError> {
    cluster.upgrade().ok_or(LocalError::Closed)
}
