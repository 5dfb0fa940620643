//! Why there is no Postgres in Docker. Each trouble has one message, and the message the remedy.

use std::io;

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
    /// A variable says what can't be.
    #[error("{name} is {given:?}, which is {what}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What it is.
        given: String,
        /// Why that can't be, and what can.
        what: &'static str,
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
    #[error(
        "port {port} of 127.0.0.1 is in use; choose another in CLEARANCE_DB_PORT, or end what listens there"
    )]
    PortTaken {
        /// Which port.
        port: u16,
    },
    /// The container ended instead of serving.
    #[error(
        "postgres in docker ended as soon as it had started: {cause}; mend that, or name another image in POSTGRES_IMAGE"
    )]
    Ended {
        /// The last that it said.
        cause: String,
    },
    /// The container runs, and its health check doesn't pass.
    #[error(
        "postgres in docker didn't get healthy within {seconds} s: {cause}; give it longer with \
         CLEARANCE_DB_PATIENCE=180, or name another image in POSTGRES_IMAGE"
    )]
    Unhealthy {
        /// How long it was waited for.
        seconds: u64,
        /// What the health check said last.
        cause: String,
    },
    /// The container is healthy and doesn't answer at its port.
    #[error(
        "postgres in docker is healthy and doesn't answer at its port: {0}; look whether a firewall or a remote \
         engine (DOCKER_HOST) stands between"
    )]
    Silent(String),
    /// The data was written by another major version.
    #[error(
        "the data in volume {volume} is of postgres {found}, and {image} is postgres {expected}; name an image of \
         postgres {found} in POSTGRES_IMAGE, or begin anew with \"clearance db down --volumes\""
    )]
    OtherMajor {
        /// The volume.
        volume: String,
        /// Whose data it is.
        found: String,
        /// The image.
        image: String,
        /// The image's version.
        expected: String,
    },
    /// The data is from a time with another password.
    #[error(
        "postgres in docker has another password than is kept here; begin anew with \"clearance db down --volumes\", \
         or give the old one in CLEARANCE_DB_PASSWORD"
    )]
    Estranged,
    /// There is no container to look into.
    #[error("postgres in docker isn't up; start it with \"clearance db up\"")]
    NotUp,
    /// The password could not be kept.
    #[error("cannot keep the database's password in {path}: {cause}")]
    Password {
        /// The file.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
}
