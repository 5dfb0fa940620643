//! What this machine has to offer, for `clearance doctor`.
//!
//! Looks and asks, starts nothing and changes nothing. The findings are data; their `Display` is a text for a
//! person, in plain characters.

use std::fmt;
use std::path::PathBuf;

use super::binaries::{Binaries, OLDEST_MAJOR, OVERRIDE, Search};
use super::docker::{self, Compose, Engine};
use super::local::Account;
use super::{Kind, open_url, url};

/// Everything that decides where a database can come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// What became of the url, when one is given: a label such as `url PG 15.18 at db:5432/jobs`, or why not.
    pub url: Option<Result<String, String>>,
    /// The directory that `CLEARANCE_PG_BIN` names, when it does.
    pub only: Option<PathBuf>,
    /// The installations on this machine, newest first, those that are too old included.
    pub binaries: Vec<Binaries>,
    /// Who a private server would run as; `None` when root has nobody to run it.
    pub account: Option<Account>,
    /// Docker's engine.
    pub engine: Engine,
    /// The Compose tool.
    pub compose: Option<Compose>,
    /// The image that Docker would use.
    pub image: String,
    /// Whether that image is on this machine.
    pub image_here: bool,
    /// Images on this machine that have postgres in their name.
    pub images: Vec<String>,
}

impl Findings {
    /// Looks everywhere. The url is that of `--database-url` or `DATABASE_URL`.
    pub async fn gather(url: Option<&str>) -> Self {
        let local = tokio::task::spawn_blocking(|| {
            let search = Search::of_this_machine();
            (search.run(), search.only)
        });
        let answered = async {
            match url {
                Some(url) => Some(match open_url(url, url::PATIENCE, &|_| ()).await {
                    Ok(database) => Ok(format!("{} at {}", database.label(), database.place())),
                    Err(error) => Err(error.to_string()),
                }),
                None => None,
            }
        };
        let image = docker::image();
        let (local, url, engine, compose) = tokio::join!(local, answered, Engine::find(), Compose::find());
        let (binaries, only) = local.unwrap_or_default();
        let (image_here, images) = if matches!(engine, Engine::Present { .. }) {
            tokio::join!(docker::has_image(&image), docker::images())
        } else {
            (false, Vec::new())
        };
        let account = Account::choose();
        Self { url, only, binaries, account, engine, compose, image, image_here, images }
    }

    /// The installation that a private cluster would be made from.
    #[must_use]
    pub fn chosen(&self) -> Option<&Binaries> {
        self.account.as_ref()?;
        self.binaries.iter().find(|binaries| binaries.is_supported())
    }

    /// Whether `--db docker` can be expected to work; an image that isn't here may still be fetched.
    #[must_use]
    pub fn docker_is_ready(&self) -> bool {
        matches!(self.engine, Engine::Present { .. }) && self.compose.is_some()
    }

    /// What `--db auto` would try; `None` when there is nothing.
    #[must_use]
    pub fn would_use(&self) -> Option<Kind> {
        if self.url.is_some() {
            Some(Kind::Url)
        } else if self.chosen().is_some() {
            Some(Kind::Local)
        } else if self.docker_is_ready() && self.only.is_none() {
            Some(Kind::Docker)
        } else {
            None
        }
    }

    /// What to do about what is missing: one line each, the most useful first, none when all is well.
    #[must_use]
    pub fn advice(&self) -> Vec<String> {
        let mut advice = Vec::new();
        if let Some(Err(reason)) = &self.url {
            advice.push(reason.clone());
        }
        match (self.chosen(), &self.only) {
            (Some(chosen), _) if !chosen.statement_statistics => advice.push(format!(
                "for statement times, install the contrib package of postgres {} (it brings pg_stat_statements)",
                chosen.version.major
            )),
            (Some(_), _) => {}
            (None, _) if self.account.is_none() => {
                advice.push("run as an ordinary user, or add a user postgres for the server".to_owned());
            }
            (None, Some(only)) => advice.push(format!(
                "point {OVERRIDE} at a directory with initdb and postgres, or unset it: {} has none that is \
                 {OLDEST_MAJOR} or newer",
                only.display()
            )),
            (None, None) => advice.push(format!(
                "install postgres {OLDEST_MAJOR} or newer (apt install postgresql, brew install postgresql)"
            )),
        }
        match &self.engine {
            Engine::Absent => advice.push("for --db docker, install docker".to_owned()),
            Engine::PermissionDenied => advice.push(
                "for --db docker, join the group docker (usermod -aG docker \"$USER\") and log in again".to_owned(),
            ),
            Engine::Down { .. } => advice.push(
                "for --db docker, start the engine (systemctl start docker, or Docker Desktop)".to_owned(),
            ),
            Engine::Present { .. } if self.compose.is_none() => advice.push(
                "for --db docker, install compose (the plugin docker-compose-v2, or docker-compose)".to_owned(),
            ),
            Engine::Present { .. } if !self.image_here => match self.images.first() {
                Some(other) => advice.push(format!(
                    "{} will be fetched at the first start; where that can't be, set POSTGRES_IMAGE={other}",
                    self.image
                )),
                None => advice.push(format!(
                    "{} will be fetched at the first start; where that can't be, bring it with \"docker load\"",
                    self.image
                )),
            },
            Engine::Present { .. } => {}
        }
        advice
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![(
            "url",
            match &self.url {
                Some(Ok(label)) => label.clone(),
                Some(Err(_)) => "given, and of no use as it is (see below)".to_owned(),
                None => "none given (--database-url, or DATABASE_URL)".to_owned(),
            },
        )];
        let chosen = self.chosen();
        for binaries in &self.binaries {
            let statistics = match (binaries.is_supported(), binaries.statement_statistics) {
                (false, _) => ", too old",
                (true, true) => ", with pg_stat_statements",
                (true, false) => ", without pg_stat_statements",
            };
            let mark = if chosen == Some(binaries) && self.binaries.len() > 1 { "   <- the one" } else { "" };
            let place = binaries.directory.display();
            rows.push(("postgres", format!("{} in {place}{statistics}{mark}", binaries.version)));
        }
        if self.binaries.is_empty() {
            rows.push(("postgres", "no initdb and postgres on this machine".to_owned()));
        } else {
            rows.push(match &self.account {
                Some(Account::Own) => ("runs as", "you".to_owned()),
                Some(Account::Other { name, .. }) => {
                    ("runs as", format!("{name}, for postgres refuses root"))
                }
                None => ("runs as", "nobody: postgres refuses root, and there is no other user".to_owned()),
            });
        }
        rows.push((
            "docker",
            match &self.engine {
                Engine::Present { version } => format!("engine {version}"),
                Engine::PermissionDenied => "its engine isn't for this user".to_owned(),
                Engine::Down { cause } => format!("no engine answers: {cause}"),
                Engine::Absent => "not installed".to_owned(),
            },
        ));
        if let Some(compose) = &self.compose {
            rows.push(("compose", format!("{} {}", compose.command(), compose.version())));
        } else if self.engine != Engine::Absent {
            rows.push(("compose", "neither docker compose nor docker-compose".to_owned()));
        }
        if matches!(self.engine, Engine::Present { .. }) {
            let here = if self.image_here { "here" } else { "not here yet" };
            rows.push(("image", format!("{}, {here}", self.image)));
        }
        rows
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.rows() {
            writeln!(f, "  {name:<10}{value}")?;
        }
        let verdict = match (self.would_use(), self.chosen()) {
            (Some(Kind::Url), _) if matches!(self.url, Some(Err(_))) => {
                "would fail: what it is given comes first".to_owned()
            }
            (Some(Kind::Url), _) => "would use the database at the url".to_owned(),
            (Some(Kind::Local), Some(chosen)) => format!("would make a private postgres {}", chosen.version),
            (Some(Kind::Local | Kind::Docker), _) => format!("would start {} in docker", self.image),
            (None, _) => "has no database to run against yet".to_owned(),
        };
        writeln!(f, "\n\"clearance run\" {verdict}.")?;
        for line in self.advice() {
            writeln!(f, "  - {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::binaries::Version;
    use super::*;

    fn bare() -> Findings {
        Findings {
            url: None,
            only: None,
            binaries: Vec::new(),
            account: Some(Account::Own),
            engine: Engine::Absent,
            compose: None,
            image: "postgres:18".into(),
            image_here: false,
            images: Vec::new(),
        }
    }

    fn installed(major: u32, statement_statistics: bool) -> Binaries {
        let directory = format!("/usr/lib/postgresql/{major}/bin").into();
        Binaries { directory, version: Version { major, minor: Some(3) }, statement_statistics }
    }

    #[test]
    fn a_bare_machine_is_told_how_to_get_a_database() {
        let findings = bare();
        assert_eq!(findings.would_use(), None);
        insta::assert_snapshot!(findings, @r#"
          url       none given (--database-url, or DATABASE_URL)
          postgres  no initdb and postgres on this machine
          docker    not installed

        "clearance run" has no database to run against yet.
          - install postgres 13 or newer (apt install postgresql, brew install postgresql)
          - for --db docker, install docker
        "#);
    }

    #[test]
    fn a_machine_with_everything_uses_its_newest_postgres() {
        let findings = Findings {
            binaries: vec![installed(17, true), installed(15, true), installed(11, false)],
            account: Some(Account::Other { name: "postgres".into(), uid: 101, gid: 104 }),
            engine: Engine::Present { version: "28.2.2".into() },
            compose: Some(Compose::Plugin { version: "2.39.1".into() }),
            image_here: true,
            ..bare()
        };
        assert_eq!(findings.would_use(), Some(Kind::Local));
        insta::assert_snapshot!(findings, @r#"
          url       none given (--database-url, or DATABASE_URL)
          postgres  17.3 in /usr/lib/postgresql/17/bin, with pg_stat_statements   <- the one
          postgres  15.3 in /usr/lib/postgresql/15/bin, with pg_stat_statements
          postgres  11.3 in /usr/lib/postgresql/11/bin, too old
          runs as   postgres, for postgres refuses root
          docker    engine 28.2.2
          compose   docker compose 2.39.1
          image     postgres:18, here

        "clearance run" would make a private postgres 17.3.
        "#);
    }

    #[test]
    fn docker_is_the_way_out_where_no_postgres_is_new_enough() {
        let findings = Findings {
            binaries: vec![installed(11, true)],
            engine: Engine::Present { version: "28.2.2".into() },
            compose: Some(Compose::Standalone { version: "1.29.2".into() }),
            images: vec!["postgres:16".into()],
            ..bare()
        };
        assert_eq!(findings.would_use(), Some(Kind::Docker));
        insta::assert_snapshot!(findings, @r#"
          url       none given (--database-url, or DATABASE_URL)
          postgres  11.3 in /usr/lib/postgresql/11/bin, too old
          runs as   you
          docker    engine 28.2.2
          compose   docker-compose 1.29.2
          image     postgres:18, not here yet

        "clearance run" would start postgres:18 in docker.
          - install postgres 13 or newer (apt install postgresql, brew install postgresql)
          - postgres:18 will be fetched at the first start; where that can't be, set POSTGRES_IMAGE=postgres:16
        "#);
    }

    #[test]
    fn an_override_that_leads_nowhere_is_what_has_to_be_mended() {
        let findings = Findings {
            only: Some("/opt/pg/bin".into()),
            url: Some(Err("cannot reach postgres at db:5432/jobs".into())),
            engine: Engine::PermissionDenied,
            ..bare()
        };
        insta::assert_snapshot!(findings, @r#"
          url       given, and of no use as it is (see below)
          postgres  no initdb and postgres on this machine
          docker    its engine isn't for this user
          compose   neither docker compose nor docker-compose

        "clearance run" would fail: what it is given comes first.
          - cannot reach postgres at db:5432/jobs
          - point CLEARANCE_PG_BIN at a directory with initdb and postgres, or unset it: /opt/pg/bin has none that is 13 or newer
          - for --db docker, join the group docker (usermod -aG docker "$USER") and log in again
        "#);
        assert_eq!(Findings { url: None, ..findings }.would_use(), None);
    }
}
