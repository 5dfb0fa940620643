//! What faults do to the project's container. All of it is undone by a guardian that is set before.

use sqlx::postgres::PgConnectOptions;
use tokio::sync::Mutex;

use super::answer;
use super::container::{connect_arguments, find};
use super::engine::order;
use super::error::DockerError;
use super::guardian::Guardian;
use super::project::Project;

/// The project's container, as faults treat it.
pub(in super::super) struct DockerServer {
    project: Project,
    options: PgConnectOptions,
    /// Of one that is paused or killed.
    asleep: Mutex<Option<Guardian>>,
    /// Of one that is cut off.
    cut_off: Mutex<Option<Guardian>>,
}

// The options hold a password; their own Debug shows it.
impl std::fmt::Debug for DockerServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DockerServer").field("asleep", &self.asleep).finish_non_exhaustive()
    }
}

impl DockerServer {
    pub(super) fn new(project: Project, options: PgConnectOptions) -> Self {
        Self { project, options, asleep: Mutex::default(), cut_off: Mutex::default() }
    }

    pub(in super::super) async fn pause(&self) -> Result<(), DockerError> {
        self.put_asleep("pause postgres", &["pause"], "unpause").await
    }

    pub(in super::super) async fn kill(&self) -> Result<(), DockerError> {
        self.put_asleep("kill postgres", &["kill"], "start").await
    }

    /// Not docker's own restart, which stops an image's server by whatever signal the image says.
    pub(in super::super) async fn restart(&self) -> Result<(), DockerError> {
        let doing = "restart postgres";
        self.put_asleep(doing, &["kill", "--signal", "INT"], "start").await?;
        let id = self.id().await?;
        let stopped = order(doing, &["wait", &id]).await;
        self.wake().await?;
        stopped.map(drop)
    }

    /// Undoes a pause or a kill; does nothing when there was none.
    pub(in super::super) async fn wake(&self) -> Result<(), DockerError> {
        match self.asleep.lock().await.take() {
            Some(guardian) => guardian.relieve().await,
            None => Ok(()),
        }
    }

    /// Takes the container off its network: connections break, and nobody can make one.
    pub(in super::super) async fn cut_off(&self) -> Result<(), DockerError> {
        let doing = "cut postgres off its network";
        let (id, network) = (self.id().await?, self.project.network());
        let undo = connect_arguments(&network, &id);
        let guardian = Guardian::of_order("connect postgres to its network", &undo)?;
        order(doing, &["network", "disconnect", &network, &id]).await?;
        *self.cut_off.lock().await = Some(guardian);
        Ok(())
    }

    /// Brings the container back to its network; does nothing when it is there.
    pub(in super::super) async fn join(&self) -> Result<(), DockerError> {
        match self.cut_off.lock().await.take() {
            Some(guardian) => guardian.relieve().await,
            None => Ok(()),
        }
    }

    /// Waits until the server answers.
    pub(in super::super) async fn answer(&self) -> Result<(), DockerError> {
        answer(&self.options).await
    }

    async fn put_asleep(
        &self,
        doing: &'static str,
        treatment: &[&str],
        undo: &'static str,
    ) -> Result<(), DockerError> {
        let id = self.id().await?;
        self.wake().await?;
        let guardian = Guardian::of_order("wake postgres", &[undo, &id])?;
        let arguments: Vec<&str> = treatment.iter().copied().chain([id.as_str()]).collect();
        order(doing, &arguments).await?;
        *self.asleep.lock().await = Some(guardian);
        Ok(())
    }

    async fn id(&self) -> Result<String, DockerError> {
        let found = find(&self.project).await?;
        let gone =
            || DockerError::Command { doing: "find postgres", cause: "its container is gone".to_owned() };
        found.map(|container| container.id).ok_or_else(gone)
    }
}
