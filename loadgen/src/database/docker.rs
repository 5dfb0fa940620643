//! Postgres in Docker, by the project's own compose file, which is embedded here.
//!
//! Promises: the server listens on 127.0.0.1 only; its password is made once, kept in a file that only its
//! user can read, and never printed; what failed to come up leaves no container and no network behind; what
//! ran before the tool came still runs when it has gone; what the tool started for a run goes with it, SIGKILL
//! included.
//!
//! Isn't: a general Docker client. It says a handful of commands and reads the answers.

mod compose;
mod container;
mod engine;
mod error;
mod guardian;
mod password;
mod project;
mod server;

use std::io::IsTerminal as _;
use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use self::container::{Container, Seen, find, look};
pub use self::engine::{Compose, Engine};
use self::engine::{docker, last_line, order};
pub use self::error::DockerError;
use self::guardian::Guardian;
pub use self::project::IMAGE;
use self::project::Project;
pub(super) use self::project::image;
pub(super) use self::server::DockerServer;
use super::Durability;
use super::error::DatabaseError;
use super::url;

const COMPOSE_FILE: &str = include_str!("../../../docker-compose.yml");

const PULL_PATIENCE: Duration = Duration::from_mins(10);
const COMMAND_PATIENCE: Duration = Duration::from_mins(1);
/// A server that is healthy has answered already, though not through its port.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);

/// What is there of the project's container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerStatus {
    /// The container as the engine describes it (`Up 3 minutes (healthy)`); `None` when there is none.
    pub container: Option<String>,
    /// Where its server listens, when it does.
    pub ports: Option<String>,
    /// The volume with its data, when it exists.
    pub volume: Option<String>,
}

/// The project's container, running. Dropping it takes down what was brought up for this, and nothing else.
pub struct DockerDatabase {
    project: Project,
    password: String,
    /// Absent for a container that was up before, or is to stay.
    guardian: Option<Guardian>,
}

impl std::fmt::Debug for DockerDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DockerDatabase")
            .field("project", &self.project)
            .field("guardian", &self.guardian)
            .finish_non_exhaustive()
    }
}

/// Brings the container up, as `clearance db up` does, and leaves it there.
pub async fn up(
    durability: Durability,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<DockerDatabase, DockerError> {
    DockerDatabase::start(durability, true, progress).await
}

/// Takes the project down, with all that runs beside the server; its data too when asked.
pub async fn down(volumes: bool) -> Result<(), DockerError> {
    let tool = require().await?;
    // What a run's guardian does, and as persistent.
    Guardian::of_project(&tool, &Project::of_environment()?, volumes).await?.relieve().await
}

/// Looks what is there.
pub async fn status() -> Result<DockerStatus, DockerError> {
    require_engine().await?;
    let project = Project::of_environment()?;
    let Seen { container, volume } = look(&project).await?;
    let volume = volume.then(|| project.volume());
    let Some(container) = container else { return Ok(DockerStatus { container: None, ports: None, volume }) };
    let ports = Some(container.ports).filter(|ports| !ports.is_empty());
    Ok(DockerStatus { container: Some(container.status), ports, volume })
}

/// How to run `psql` inside the container, with these arguments: nothing need be installed here, and no password
/// is asked for.
pub async fn psql(arguments: &[String]) -> Result<Command, DockerError> {
    require_engine().await?;
    let found = find(&Project::of_environment()?).await?;
    let container = found.filter(Container::is_up).ok_or(DockerError::NotUp)?;
    let is_dialogue = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut command = Command::new("docker");
    command.args(["exec", if is_dialogue { "-it" } else { "-i" }, &container.id]);
    command.args(["psql", "--username", "clearance", "--dbname", "clearance"]).args(arguments);
    Ok(command)
}

impl DockerDatabase {
    pub(super) async fn start(
        durability: Durability,
        keep: bool,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, DockerError> {
        let tool = require().await?;
        let project = Project::of_environment()?;
        let before = look(&project).await?;
        if let Some(container) = before.container.filter(Container::is_up) {
            return Self::join(project, &container, progress).await;
        }
        fetch_image(&project.image, progress).await?;
        let password = project.password()?;
        // Set before there is anything to take down, so that there is no moment without it.
        let guardian = Guardian::of_project(&tool, &project, !before.volume).await?;
        let mut database = Self { project, password, guardian: Some(guardian) };
        match database.bring_up(&tool, durability, progress).await {
            Ok(()) => {
                if let Some(guardian) = database.guardian.take_if(|_| keep) {
                    guardian.dismiss();
                }
                Ok(database)
            }
            Err(error) => {
                // What could not be taken down is of less interest than why it did not come up.
                let _ = database.close().await;
                Err(error)
            }
        }
    }

    async fn bring_up(
        &self,
        tool: &Compose,
        durability: Durability,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<(), DockerError> {
        let project = &self.project;
        progress(&format!("starting {} in docker at {}", project.image, self.place()));
        let durable = match durability {
            Durability::Safe => "on",
            Durability::Fast => "off",
        };
        match compose::up(tool, project, &self.password, durable).await {
            Err(DockerError::Command { cause, .. }) if is_port_taken(&cause) => {
                return Err(DockerError::PortTaken { port: project.port });
            }
            outcome => outcome?,
        }
        let container = find(project).await?.ok_or(DockerError::NotUp)?;
        container.healthy(project, progress).await?;
        answer(&self.connect_options()).await
    }

    /// Uses a container that is up, as it is, and leaves it so.
    async fn join(
        mut project: Project,
        container: &Container,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, DockerError> {
        if container.mend(&project).await? {
            progress("mended the container, which an earlier run had left paused or cut off");
        }
        container.healthy(&project, progress).await?;
        // What was mended has its port only now.
        let container = find(&project).await?.ok_or(DockerError::NotUp)?;
        project.port = container.port().unwrap_or(project.port);
        let password = project.password()?;
        let database = Self { project, password, guardian: None };
        progress(&format!("using the postgres that is up in docker at {}", database.place()));
        answer(&database.connect_options()).await?;
        Ok(database)
    }

    /// How to connect. The options hold the password: never print them.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.project.port)
            .username("clearance")
            .password(&self.password)
            .database("clearance")
            .ssl_mode(PgSslMode::Disable)
    }

    /// Where it listens.
    #[must_use]
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.project.port)
    }

    /// Takes down what was brought up for this, and nothing else, and waits until that is done.
    pub async fn close(mut self) -> Result<(), DockerError> {
        match self.guardian.take() {
            Some(guardian) => guardian.relieve().await,
            None => Ok(()),
        }
    }

    /// Power over the container, for faults.
    pub(super) fn server(&self) -> DockerServer {
        DockerServer::new(self.project.clone(), self.connect_options())
    }
}

/// Waits until the server of these options answers on its port.
async fn answer(options: &PgConnectOptions) -> Result<(), DockerError> {
    let begun = Instant::now();
    loop {
        match url::connect(options, url::PATIENCE).await {
            Ok(connection) => {
                // It has answered; whether it hears the farewell is of no consequence.
                let _ = sqlx::Connection::close(connection).await;
                return Ok(());
            }
            // A volume from before the password was made anew: waiting won't help.
            Err(DatabaseError::Refused { .. }) => return Err(DockerError::Estranged),
            Err(error) if begun.elapsed() > ANSWER_PATIENCE => {
                return Err(DockerError::Silent(error.to_string()));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Whether an image is on this machine.
pub(super) async fn has_image(image: &str) -> bool {
    order("look for an image", &["image", "inspect", image]).await.is_ok()
}

/// The images on this machine that have postgres in their name.
pub(super) async fn images() -> Vec<String> {
    let arguments = ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"];
    let listing = order("list images", &arguments).await.unwrap_or_default();
    listing.lines().filter(|image| image.contains("postgres")).map(str::to_owned).collect()
}

fn is_port_taken(complaint: &str) -> bool {
    ["port is already allocated", "address already in use"].iter().any(|words| complaint.contains(words))
}

async fn require_engine() -> Result<(), DockerError> {
    match Engine::find().await {
        Engine::Present { .. } => Ok(()),
        Engine::PermissionDenied => Err(DockerError::PermissionDenied),
        Engine::Down { cause } => Err(DockerError::Down { cause }),
        Engine::Absent => Err(DockerError::Absent),
    }
}

async fn require() -> Result<Compose, DockerError> {
    require_engine().await?;
    Compose::find().await.ok_or(DockerError::ComposeMissing)
}

/// Fetches the image before anything is made, so that a registry out of reach leaves nothing half made.
async fn fetch_image(image: &str, progress: &(dyn Fn(&str) + Sync)) -> Result<(), DockerError> {
    if has_image(image).await {
        return Ok(());
    }
    progress(&format!("fetching image {image}"));
    let output = docker("fetch an image", &["pull", "--quiet", image], PULL_PATIENCE).await?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = last_line(&output.stderr);
    let cause = complaint.strip_prefix("Error response from daemon: ").unwrap_or(&complaint).to_owned();
    Err(DockerError::Image { image: image.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use super::project::{CONNECTIONS_DEFAULT, PATIENCE_DEFAULT, PORT_DEFAULT};
    use super::*;

    #[test]
    fn the_compose_file_says_what_the_code_says() {
        for said in [
            format!("${{POSTGRES_IMAGE:-{IMAGE}}}"),
            format!("\"127.0.0.1:${{CLEARANCE_DB_PORT:-{PORT_DEFAULT}}}:5432\""),
            format!("max_connections=${{CLEARANCE_DB_CONNECTIONS:-{CONNECTIONS_DEFAULT}}}"),
            format!("retries: ${{CLEARANCE_DB_PATIENCE:-{PATIENCE_DEFAULT}}}"),
        ] {
            assert!(COMPOSE_FILE.contains(&said), "{said}");
        }
        for profile in compose::PROFILES.split(',') {
            assert!(COMPOSE_FILE.contains(&format!("profiles: [{profile}]")), "{profile}");
        }
    }
}
