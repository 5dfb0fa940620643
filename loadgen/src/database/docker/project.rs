//! Which Postgres is meant: the Compose project and what variables of the environment say of it.
//!
//! A project has a name, and with it a container, a network, a volume and a password of its own. Nobody needs a
//! second one, but for tests and for who runs two at once.

use std::env;
use std::time::Duration;

use super::error::DockerError;
use super::password;

const NAME: &str = "CLEARANCE_DB_PROJECT";
const PORT: &str = "CLEARANCE_DB_PORT";
const PATIENCE: &str = "CLEARANCE_DB_PATIENCE";
const CONNECTIONS: &str = "CLEARANCE_DB_CONNECTIONS";

/// The image that the compose file names, unless `POSTGRES_IMAGE` names another.
pub const IMAGE: &str = "postgres:18";
pub(super) const PORT_DEFAULT: u16 = 54_329;
pub(super) const PATIENCE_DEFAULT: u16 = 60;
pub(super) const CONNECTIONS_DEFAULT: u16 = 300;

/// One Compose project, as the environment settles it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) image: String,
    /// Where its server listens, on 127.0.0.1.
    pub(super) port: u16,
    /// How long it may take until it is healthy.
    pub(super) patience: Duration,
    connections: u16,
}

impl Project {
    pub(super) fn of_environment() -> Result<Self, DockerError> {
        Ok(Self {
            name: name(given(NAME))?,
            image: image(),
            port: number(PORT, given(PORT), PORT_DEFAULT)?,
            patience: Duration::from_secs(number(PATIENCE, given(PATIENCE), PATIENCE_DEFAULT)?.into()),
            connections: number(CONNECTIONS, given(CONNECTIONS), CONNECTIONS_DEFAULT)?,
        })
    }

    /// Compose puts the project's name before that of the volume.
    pub(super) fn volume(&self) -> String {
        format!("{}_data", self.name)
    }

    /// Compose puts the project's name before that of the network.
    pub(super) fn network(&self) -> String {
        format!("{}_default", self.name)
    }

    /// What `docker ps` is to list: the server, and none of those that run beside it.
    pub(super) fn server_filters(&self) -> [String; 2] {
        [
            format!("label=com.docker.compose.project={}", self.name),
            "label=com.docker.compose.service=postgres".to_owned(),
        ]
    }

    pub(super) fn password(&self) -> Result<String, DockerError> {
        match given("CLEARANCE_DB_PASSWORD") {
            Some(password) => Ok(password),
            None => password::get(&self.name),
        }
    }

    /// The variables of the compose file, but for the password.
    pub(super) fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("POSTGRES_IMAGE", self.image.clone()),
            (PORT, self.port.to_string()),
            (PATIENCE, self.patience.as_secs().to_string()),
            (CONNECTIONS, self.connections.to_string()),
        ]
    }
}

/// The image that is used.
pub(in super::super) fn image() -> String {
    given("POSTGRES_IMAGE").unwrap_or_else(|| IMAGE.to_owned())
}

fn given(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

fn name(given: Option<String>) -> Result<String, DockerError> {
    let Some(given) = given else { return Ok("clearance".to_owned()) };
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_inner = |letter: char| is_plain(letter) || letter == '-' || letter == '_';
    if given.starts_with(is_plain) && given.chars().all(is_inner) {
        return Ok(given);
    }
    let what = "no name of a Compose project; use small letters, digits, - and _, a letter or digit first";
    Err(DockerError::Variable { name: NAME, given, what })
}

fn number(name: &'static str, given: Option<String>, default: u16) -> Result<u16, DockerError> {
    let Some(given) = given else { return Ok(default) };
    let what = match name {
        PORT => "no port; give a number from 1 to 65535",
        PATIENCE => "no number of seconds; give one from 1 to 65535",
        _ => "no number of connections; give one from 1 to 65535",
    };
    given.parse().ok().filter(|number| *number > 0).ok_or(DockerError::Variable { name, given, what })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_says_what_cannot_be_is_named_with_what_can() {
        assert_eq!(number(PORT, None, 5).unwrap(), 5);
        assert_eq!(number(PORT, Some("6000".to_owned()), 5).unwrap(), 6000);
        for given in ["0", "65536", "my port"] {
            let error = number(PORT, Some(given.to_owned()), 5).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("CLEARANCE_DB_PORT is {given:?}, which is no port; give a number from 1 to 65535")
            );
        }
    }

    #[test]
    fn a_name_that_compose_would_change_or_refuse_is_refused() {
        assert_eq!(name(None).unwrap(), "clearance");
        assert_eq!(name(Some("team-2_b".to_owned())).unwrap(), "team-2_b");
        for given in ["Team", "-a", "a b", "ä"] {
            name(Some(given.to_owned())).unwrap_err();
        }
    }
}
