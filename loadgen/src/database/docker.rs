//! stub
use super::Durability;
use sqlx::postgres::PgConnectOptions;
/// Why
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// x
    #[error("docker isn't supported yet")]
    Absent,
}
/// x
#[derive(Debug)]
pub struct DockerDatabase;
impl DockerDatabase {
    pub(super) async fn start(
        _: Durability,
        _: bool,
        _: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, DockerError> {
        Err(DockerError::Absent)
    }
    pub(super) fn connect_options(&self) -> PgConnectOptions {
        PgConnectOptions::new()
    }
    pub(super) async fn close(self) -> Result<(), DockerError> {
        Ok(())
    }
}
