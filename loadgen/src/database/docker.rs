//! Postgres in Docker, by the project's own compose file, which is embedded here.
//!
//! Promises: the server listens on 127.0.0.1 only; its password is made once, kept in a file that only its
//! user can read, and never printed; what failed to come up leaves no container and no network behind; what
//! ran before the tool came still runs when it has gone.
//!
//! Isn't: a general Docker client. It says a handful of commands and reads the answers.

mod engine;
mod guardian;
mod password;

use std::io;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

pub use self::engine::{Compose, Engine};
use self::engine::{last_line, run};
pub(super) use self::guardian::DockerServer;
use super::Durability;
use super::error::DatabaseError;
use super::url;

/// The image that the compose file names, unless `POSTGRES_IMAGE` names another.
pub const IMAGE: &str = "postgres:18";

const COMPOSE_FILE: &str = include_str!("../../../docker-compose.yml");
const PROJECT: &str = "clearance";
const VOLUME: &str = "clearance_data";
const PORT: u16 = 54_329;

const PULL_PATIENCE: Duration = Duration::from_mins(10);
const COMMAND_PATIENCE: Duration = Duration::from_mins(1);
const START_PATIENCE: Duration = Duration::from_mins(1);

/// Why there is no Postgres in Docker.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// There is no client.
    #[error("docker isn't installed; install docker, or use --db local or --database-url")]
    Absent,
    /// The engine isn't for this user.
    #[error(
        "this user may not use docker's socket; join the group docker (then log in again), or run with sudo"
    )]
    PermissionDenied,
    /// No engine answers.
    #[error("docker's engine doesn't answer: {cause}; start it (systemctl start docker, or Docker Desktop)")]
    Down {
        /// What the client said.
        cause: String,
    },
    /// There is no Compose.
    #[error(
        "docker is here and compose is not; install the plugin docker-compose-v2 or the program docker-compose"
    )]
    ComposeMissing,
    /// The image isn't here and can't be fetched.
    #[error(
        "cannot get image {image}: {cause}; load one with \"docker load\", name one that is here in POSTGRES_IMAGE, \
         or use --db local"
    )]
    Image {
        /// Its name.
        image: String,
        /// What the engine said.
        cause: String,
    },
    /// `CLEARANCE_DB_PORT` isn't a port.
    #[error("CLEARANCE_DB_PORT is {given:?}, which is no port; give a number from 1 to 65535")]
    Port {
        /// What it is.
        given: String,
    },
    /// A command failed.
    #[error("cannot {doing} with docker: {cause}")]
    Command {
        /// What was being done.
        doing: &'static str,
        /// What the tool said.
        cause: String,
    },
    /// Something else listens where the container would.
    #[error("port {port} of 127.0.0.1 is in use; choose another in CLEARANCE_DB_PORT")]
    PortTaken {
        /// Which port.
        port: u16,
    },
    /// The container runs and its server doesn't answer.
    #[error("postgres in docker doesn't answer: {0}; look at \"docker compose -p clearance logs\"")]
    Silent(String),
    /// The data is from a time with another password.
    #[error(
        "postgres in docker has another password than is kept here; begin anew with \"clearance db down --volumes\""
    )]
    Estranged,
    /// The password could not be kept.
    #[error("cannot keep the database's password in {path}: {cause}")]
    Password {
        /// The file.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// What is there of the project's container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerStatus {
    /// The container as the engine describes it (`Up 3 minutes (healthy)`); `None` when there is none.
    pub container: Option<String>,
    /// Where its server listens, when it does.
    pub ports: Option<String>,
    /// Whether the volume with its data exists.
    pub volume: bool,
}

/// The project's container, running.
pub struct DockerDatabase {
    compose: Compose,
    port: u16,
    password: String,
    /// What to undo when it is closed; nothing for a container that was up before.
    undo: Option<Undo>,
}

#[derive(Debug, Clone, Copy)]
struct Undo {
    volumes: bool,
}

impl std::fmt::Debug for DockerDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DockerDatabase")
            .field("port", &self.port)
            .field("undo", &self.undo)
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

/// Takes the container and its network down, its data too when asked.
pub async fn down(volumes: bool) -> Result<(), DockerError> {
    let compose = require().await?;
    take_down(&compose, volumes).await
}

/// Looks what is there.
pub async fn status() -> Result<DockerStatus, DockerError> {
    require_engine().await?;
    look().await
}

impl DockerDatabase {
    pub(super) async fn start(
        durability: Durability,
        keep: bool,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, DockerError> {
        let compose = require().await?;
        let port = port()?;
        fetch_image(&image(), progress).await?;
        let before = look().await?;
        let password = password::get()?;
        let undo = (!keep && before.container.is_none()).then_some(Undo { volumes: !before.volume });
        let database = Self { compose, port, password, undo };
        progress(&format!("starting {} in docker at 127.0.0.1:{port}", image()));
        let outcome = match database.compose(&["up", "-d"], durability).await {
            Ok(()) => answer(&database.connect_options()).await,
            Err(DockerError::Command { cause, .. }) if is_port_taken(&cause) => {
                Err(DockerError::PortTaken { port })
            }
            Err(error) => Err(error),
        };
        if outcome.is_err() && before.container.is_none() {
            // What could not be taken down is of less interest than why it did not come up.
            let _ = take_down(&database.compose, !before.volume).await;
        }
        outcome.map(|()| database)
    }

    /// How to connect. The options hold the password: never print them.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("clearance")
            .password(&self.password)
            .database("clearance")
            .ssl_mode(PgSslMode::Disable)
    }

    /// Takes down what was brought up for this, and nothing else.
    pub async fn close(mut self) -> Result<(), DockerError> {
        match self.undo.take() {
            Some(undo) => take_down(&self.compose, undo.volumes).await,
            None => Ok(()),
        }
    }

    async fn compose(&self, arguments: &[&str], durability: Durability) -> Result<(), DockerError> {
        let durable = match durability {
            Durability::Safe => "on",
            Durability::Fast => "off",
        };
        let environment = [
            ("CLEARANCE_DB_PASSWORD", self.password.clone()),
            ("CLEARANCE_DB_PORT", self.port.to_string()),
            ("CLEARANCE_DB_DURABLE", durable.to_owned()),
        ];
        say(&self.compose, "bring postgres up", arguments, &environment).await
    }

    /// Power over the container, for faults.
    pub(super) fn server(&self) -> DockerServer {
        DockerServer::new(self.connect_options())
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
            Err(error) if begun.elapsed() > START_PATIENCE => {
                return Err(DockerError::Silent(error.to_string()));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

impl Drop for DockerDatabase {
    fn drop(&mut self) {
        let Some(undo) = self.undo.take() else { return };
        // Said and not waited for: a container takes seconds to stop, and nobody may wait in a drop.
        let (program, first) = self.compose.program();
        let mut command = std::process::Command::new(program);
        command.args(first).args(["-p", PROJECT, "-f", "-"]).args(down_arguments(undo.volumes));
        command.env("CLEARANCE_DB_PASSWORD", "unused").current_dir("/");
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        if let Ok(mut child) = spawned
            && let Some(mut stdin) = child.stdin.take()
        {
            let _ = io::Write::write_all(&mut stdin, COMPOSE_FILE.as_bytes());
        }
    }
}

/// The image that is used.
pub(super) fn image() -> String {
    std::env::var("POSTGRES_IMAGE").ok().filter(|image| !image.is_empty()).unwrap_or_else(|| IMAGE.to_owned())
}

/// Whether an image is on this machine.
pub(super) async fn has_image(image: &str) -> bool {
    docker("look for an image", &["image", "inspect", image], COMMAND_PATIENCE)
        .await
        .is_ok_and(|output| output.status.success())
}

/// The images on this machine that have postgres in their name.
pub(super) async fn images() -> Vec<String> {
    let arguments = ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"];
    let Ok(output) = docker("list images", &arguments, COMMAND_PATIENCE).await else { return Vec::new() };
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    listing.lines().filter(|image| image.contains("postgres")).map(str::to_owned).collect()
}

fn port() -> Result<u16, DockerError> {
    match std::env::var("CLEARANCE_DB_PORT") {
        Ok(given) if !given.is_empty() => match given.parse() {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(DockerError::Port { given }),
        },
        _ => Ok(PORT),
    }
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

async fn look() -> Result<DockerStatus, DockerError> {
    let filter = format!("label=com.docker.compose.project={PROJECT}");
    let format = "{{.Status}}\t{{.Ports}}";
    let listing = docker(
        "look for the container",
        &["ps", "--all", "--filter", &filter, "--format", format],
        COMMAND_PATIENCE,
    )
    .await?;
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    let (container, ports) = match listing.lines().next().and_then(|line| line.split_once('\t')) {
        Some((status, ports)) => (Some(status.to_owned()), (!ports.is_empty()).then(|| ports.to_owned())),
        None => (None, None),
    };
    let volume = docker("look for the volume", &["volume", "inspect", VOLUME], COMMAND_PATIENCE).await?;
    Ok(DockerStatus { container, ports, volume: volume.status.success() })
}

fn down_arguments(volumes: bool) -> &'static [&'static str] {
    if volumes { &["down", "--volumes", "--timeout", "5"] } else { &["down", "--timeout", "5"] }
}

async fn take_down(compose: &Compose, volumes: bool) -> Result<(), DockerError> {
    // Compose reads the whole file, and insists on a password even where none is used.
    let environment = [("CLEARANCE_DB_PASSWORD", "unused".to_owned())];
    say(compose, "take postgres down", down_arguments(volumes), &environment).await
}

async fn say(
    compose: &Compose,
    doing: &'static str,
    arguments: &[&str],
    environment: &[(&str, String)],
) -> Result<(), DockerError> {
    let (program, first) = compose.program();
    let all: Vec<&str> = first.iter().chain(&["-p", PROJECT, "-f", "-"]).chain(arguments).copied().collect();
    let failed = |cause| DockerError::Command { doing, cause };
    let output = run(program, &all, Some(COMPOSE_FILE), environment, COMMAND_PATIENCE)
        .await
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(failed(last_line(&output.stderr))) }
}

async fn docker(doing: &'static str, arguments: &[&str], patience: Duration) -> Result<Output, DockerError> {
    run("docker", arguments, None, &[], patience)
        .await
        .map_err(|error| DockerError::Command { doing, cause: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compose_file_says_what_the_code_says() {
        assert!(COMPOSE_FILE.contains(&format!("${{POSTGRES_IMAGE:-{IMAGE}}}")));
        assert!(COMPOSE_FILE.contains(&format!("\"127.0.0.1:${{CLEARANCE_DB_PORT:-{PORT}}}:5432\"")));
    }
}
