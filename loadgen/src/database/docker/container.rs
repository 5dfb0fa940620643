//! The project's container as the engine sees it: found, looked at, waited for.

use std::time::{Duration, Instant};

use super::COMMAND_PATIENCE;
use super::engine::{docker, order};
use super::error::DockerError;
use super::project::Project;

/// How often a container is looked at that is waited for.
const LOOK_PERIOD: Duration = Duration::from_millis(200);
/// How often a person is told what is waited for.
const TELL_PERIOD: Duration = Duration::from_secs(5);
/// Beyond the health check's own: it counts its tries, and this clock the seconds.
const HEALTH_SLACK: Duration = Duration::from_secs(30);

/// The server's container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) id: String,
    /// As the engine describes it: `Up 3 minutes (healthy)`.
    pub(super) status: String,
    /// Where it listens.
    pub(super) ports: String,
}

/// What is there of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) container: Option<Container>,
    pub(super) volume: bool,
}

/// Looks what is there.
pub(super) async fn look(project: &Project) -> Result<Seen, DockerError> {
    let container = find(project).await?;
    let volume =
        docker("look for the volume", &["volume", "inspect", &project.volume()], COMMAND_PATIENCE).await?;
    Ok(Seen { container, volume: volume.status.success() })
}

/// The server's container, running or not.
pub(super) async fn find(project: &Project) -> Result<Option<Container>, DockerError> {
    let [ours, server] = project.server_filters();
    let format = "{{.ID}}\t{{.Status}}\t{{.Ports}}";
    let arguments = ["ps", "--all", "--filter", &ours, "--filter", &server, "--format", format];
    let listing = order("look for the container", &arguments).await?;
    Ok(listing.lines().next().map(|line| {
        let mut parts = line.split('\t').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        Container { id: part(), status: part(), ports: part() }
    }))
}

/// What brings a container to its network, where others find it by this name.
pub(super) fn connect_arguments<'a>(network: &'a str, id: &'a str) -> [&'a str; 6] {
    ["network", "connect", "--alias", "postgres", network, id]
}

impl Container {
    pub(super) fn is_up(&self) -> bool {
        self.status.starts_with("Up ")
    }

    /// The port of 127.0.0.1 where it listens.
    pub(super) fn port(&self) -> Option<u16> {
        let published = self.ports.split(", ").find_map(|port| port.strip_suffix("->5432/tcp"))?;
        published.rsplit(':').next()?.parse().ok()
    }

    /// Undoes what a fault did to it whose guardian went down together with the tool, as when a machine crashes.
    pub(super) async fn mend(&self, project: &Project) -> Result<bool, DockerError> {
        let doing = "mend the container";
        let mut is_mended = false;
        if self.status.contains("(Paused)") {
            order(doing, &["unpause", &self.id]).await?;
            is_mended = true;
        }
        let format = "{{len .NetworkSettings.Networks}}";
        if order(doing, &["inspect", "--format", format, &self.id]).await? == "0" {
            order(doing, &connect_arguments(&project.network(), &self.id)).await?;
            is_mended = true;
        }
        Ok(is_mended)
    }

    /// Waits until the health check passes, and says now and then that it does.
    pub(super) async fn healthy(
        &self,
        project: &Project,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<(), DockerError> {
        let begun = Instant::now();
        let mut told = begun;
        loop {
            let format =
                "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}unchecked{{end}}";
            let inspected =
                order("look at the container", &["inspect", "--format", format, &self.id]).await?;
            match inspected.split_once(' ') {
                Some(("running", "healthy")) => return Ok(()),
                // One that was paused is called unhealthy until it is checked again.
                Some(("running", "unhealthy")) if begun.elapsed() < project.patience => {}
                Some(("running" | "created" | "restarting", "starting" | "unchecked"))
                    if begun.elapsed() < project.patience + HEALTH_SLACK => {}
                Some(("running", _)) => return Err(self.unhealthy(begun.elapsed()).await),
                _ => return Err(self.ended(project).await),
            }
            if told.elapsed() >= TELL_PERIOD {
                told = Instant::now();
                progress(&format!(
                    "waiting for postgres to get healthy, {} s so far",
                    begun.elapsed().as_secs()
                ));
            }
            tokio::time::sleep(LOOK_PERIOD).await;
        }
    }

    async fn unhealthy(&self, waited: Duration) -> DockerError {
        let format = "{{range .State.Health.Log}}{{.Output}}\n{{end}}";
        let output = order("ask", &["inspect", "--format", format, &self.id]).await.unwrap_or_default();
        let last = output.lines().map(str::trim).rfind(|line| !line.is_empty());
        let cause = last.unwrap_or("its health check said nothing").to_owned();
        DockerError::Unhealthy { seconds: waited.as_secs(), cause }
    }

    async fn ended(&self, project: &Project) -> DockerError {
        let output = docker("ask", &["logs", "--tail", "100", &self.id], COMMAND_PATIENCE).await;
        let log = output.map_or_else(
            |_| String::new(),
            |output| {
                // Postgres says all of it on stderr, and the image's own script some on stdout.
                format!(
                    "{}\n{}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                )
            },
        );
        if let Some((found, expected)) = versions(&log) {
            let (volume, image) = (project.volume(), project.image.clone());
            return DockerError::OtherMajor { volume, found, image, expected };
        }
        let last = log.lines().map(str::trim).rfind(|line| !line.is_empty());
        DockerError::Ended { cause: last.unwrap_or("it said nothing").to_owned() }
    }
}

/// Whose the data is and who refused it, by the server's own words.
fn versions(log: &str) -> Option<(String, String)> {
    let (_, after) = log.split_once("was initialized by PostgreSQL version ")?;
    let (found, after) = after.split_once(',')?;
    let (_, after) = after.split_once("not compatible with this version ")?;
    let expected = after.split(['.', ' ', '\n']).next()?;
    Some((found.to_owned(), expected.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_refuses_another_majors_data_says_both_versions() {
        let log = "FATAL:  database files are incompatible with server\n\
                   DETAIL:  The data directory was initialized by PostgreSQL version 17, which is not compatible \
                   with this version 18.1 (Debian 18.1-1.pgdg13+2).\n";
        assert_eq!(versions(log), Some(("17".to_owned(), "18".to_owned())));
        assert_eq!(versions("FATAL:  out of memory"), None);
    }

    #[test]
    fn the_port_is_read_from_the_engines_listing() {
        let of = |ports: &str| {
            let (id, status) = (String::new(), "Up 2 seconds".to_owned());
            Container { id, status, ports: ports.to_owned() }.port()
        };
        assert_eq!(of("127.0.0.1:54329->5432/tcp"), Some(54_329));
        assert_eq!(of("9187/tcp, 127.0.0.1:6000->5432/tcp"), Some(6_000));
        assert_eq!(of("5432/tcp"), None);
    }
}
