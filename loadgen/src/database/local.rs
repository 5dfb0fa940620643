//! A private, throwaway Postgres made from binaries of this machine.
//!
//! Promises: the server can be reached through a unix socket in its own directory only; it is gone, and its
//! directory with it, however the tool ends, SIGKILL included; it works for root and for ordinary users. It
//! can be stopped and started again in the same directory, which is how faults restart a database.
//!
//! Isn't: a place for data that matters, nor a way to administer a server that somebody else runs.

mod account;
mod home;
mod pause;
mod settings;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

pub use self::account::Account;
use self::home::{Group, Home};
use super::Durability;
use super::binaries::Binaries;

/// How long a server may take until it answers.
const START_PATIENCE: Duration = Duration::from_secs(20);
/// How long it may take to stop; Postgres itself kills children that ignore it for five seconds.
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// Why a private cluster could not be made or run.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// Root runs the tool, and there is nobody else to run the server.
    #[error(
        "postgres refuses to run as root, and there is no user postgres or nobody; run as an ordinary user"
    )]
    NoAccount,
    /// The directory or its watchdog could not be made.
    #[error(
        "cannot make a directory for a private postgres below the temporary directory: {0}; check TMPDIR"
    )]
    Directory(io::Error),
    /// A program of the installation could not be started or watched.
    #[error("cannot run {}: {cause}", program.display())]
    Run {
        /// Its full path.
        program: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// `initdb` gave up.
    #[error("initdb of postgres {version} failed ({status}): {last_words}")]
    Initdb {
        /// The version of the installation.
        version: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it printed.
        last_words: String,
    },
    /// The server ended before it answered.
    #[error("private postgres {version} ended while it started ({status}): {last_words}")]
    Died {
        /// The version of the installation.
        version: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of its log.
        last_words: String,
    },
    /// The server runs but doesn't answer.
    #[error("private postgres {version} didn't answer within {} s: {cause}; its log ends: {last_words}", START_PATIENCE.as_secs())]
    Silent {
        /// The version of the installation.
        version: String,
        /// Why the last attempt to connect failed.
        cause: Box<sqlx::Error>,
        /// The end of its log.
        last_words: String,
    },
    /// The server could not be asked for its processes.
    #[error("cannot pause a private postgres that doesn't answer: {0}")]
    Pause(Box<sqlx::Error>),
    /// A fault wanted to do something to a server that is no more.
    #[error("the private postgres was closed")]
    Closed,
    /// The server was told to stop and didn't.
    #[error("private postgres didn't stop within {} s", STOP_PATIENCE.as_secs())]
    WontStop,
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// Sessions are ended and everything is written (SIGINT): a restart that loses nothing.
    Fast,
    /// Sessions are cut and nothing is written (SIGQUIT): the next start recovers from the log.
    Immediate,
    /// The server gets no say (SIGKILL): a crash of the machine, as far as Postgres can tell.
    Kill,
}

impl StopMode {
    fn signal(self) -> Signal {
        match self {
            Self::Fast => Signal::INT,
            Self::Immediate => Signal::QUIT,
            Self::Kill => Signal::KILL,
        }
    }
}

/// A private cluster. Dropping it stops the server and removes the directory (or leaves the directory, when
/// asked to keep it).
#[derive(Debug)]
pub struct LocalCluster {
    server: Server,
    binaries: Binaries,
    account: Account,
    home: Home,
}

impl LocalCluster {
    /// Makes a cluster and waits until it answers.
    pub async fn create(binaries: &Binaries, durability: Durability, keep: bool) -> Result<Self, LocalError> {
        let account = Account::choose().ok_or(LocalError::NoAccount)?;
        let mut home = Home::create(&account, keep).map_err(LocalError::Directory)?;
        initialize(&home, binaries).await?;
        let configuration = settings::render(
            home.directory(),
            durability,
            binaries.version.major,
            binaries.statement_statistics,
        );
        File::options()
            .append(true)
            .open(home.directory().join("data/postgresql.conf"))
            .and_then(|mut file| file.write_all(configuration.as_bytes()))
            .map_err(LocalError::Directory)?;
        if keep {
            home.keep();
        }
        let cluster = Self { server: Server::default(), binaries: binaries.clone(), account, home };
        cluster.start().await?;
        Ok(cluster)
    }

    /// How to connect: as the superuser `postgres`, to the database `postgres`, through the socket.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        // Nothing of the caller's PGHOST, PGDATABASE and the like applies to a private server.
        PgConnectOptions::new_without_pgpass()
            .socket(self.directory())
            .port(5432)
            .username("postgres")
            .password("")
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
    }

    /// Where the cluster is: `data/` and the socket are in here, `server.log` too.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.home.directory()
    }

    /// What it was made from.
    #[must_use]
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Who the server runs as.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The server's process, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.reap();
        self.server.lock().as_ref().map(Child::id)
    }

    /// Starts the server, after [`stop`](Self::stop), in the same directory; does nothing while it runs.
    pub async fn start(&self) -> Result<(), LocalError> {
        let begun = Instant::now();
        loop {
            self.spawn()?;
            match self.answer(begun).await {
                // A killed server's children notice within moments, and hold its memory until then.
                Err(LocalError::Died { last_words, .. })
                    if last_words.contains("shared memory block") && begun.elapsed() < START_PATIENCE =>
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Stops the server and waits until it has; does nothing when it doesn't run.
    pub async fn stop(&self, mode: StopMode) -> Result<(), LocalError> {
        self.server.signal(mode.signal());
        // It must be awake to stop.
        self.server.resume();
        let begun = Instant::now();
        while self.server.is_running() {
            if begun.elapsed() > STOP_PATIENCE {
                return Err(LocalError::WontStop);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.home.forget("server");
        Ok(())
    }

    /// Stops the server; answers with the directory when it is kept. Otherwise the directory goes with the last
    /// who holds the cluster.
    pub async fn close(&self) -> Result<Option<PathBuf>, LocalError> {
        let kept = self.home.is_kept().then(|| self.directory().to_path_buf());
        self.stop(if kept.is_some() { StopMode::Fast } else { StopMode::Immediate }).await?;
        Ok(kept)
    }

    fn spawn(&self) -> Result<(), LocalError> {
        let mut server = self.server.lock();
        if server.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None))) {
            return Ok(());
        }
        let program = self.binaries.program("postgres");
        let child = self
            .home
            .command("server", &program)
            .and_then(|mut command| command.arg("-D").arg(self.directory().join("data")).spawn());
        *server = Some(child.map_err(|cause| LocalError::Run { program, cause })?);
        Ok(())
    }

    /// Waits until the server answers a connection, which is the only proof that it does.
    async fn answer(&self, begun: Instant) -> Result<(), LocalError> {
        let options = self.connect_options().disable_statement_logging();
        let mut pause = Duration::from_millis(2);
        loop {
            let cause = match PgConnection::connect_with(&options).await {
                Ok(connection) => {
                    // It has answered; whether it also hears the farewell is of no consequence.
                    let _ = connection.close().await;
                    return Ok(());
                }
                Err(cause) => cause,
            };
            let version = || self.binaries.version.to_string();
            if let Some(status) = self.server.reap() {
                self.home.forget("server");
                return Err(LocalError::Died {
                    version: version(),
                    status,
                    last_words: self.home.last_words("server"),
                });
            }
            if begun.elapsed() > START_PATIENCE {
                return Err(LocalError::Silent {
                    version: version(),
                    cause: Box::new(cause),
                    last_words: self.home.last_words("server"),
                });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}

impl Drop for LocalCluster {
    fn drop(&mut self) {
        // First of all: the directory goes with `home`, right after this.
        self.server.halt();
        self.home.forget("server");
    }
}

async fn initialize(home: &Home, binaries: &Binaries) -> Result<(), LocalError> {
    let program = binaries.program("initdb");
    let run = |cause| LocalError::Run { program: program.clone(), cause };
    let mut command = home.command("initdb", &program).map_err(run)?;
    // Nothing in here has to survive the machine, so that waiting for the disk is for nothing.
    command.args([
        "--no-sync",
        "--no-instructions",
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C",
    ]);
    command.arg("-D").arg(home.directory().join("data"));
    let status = Group::spawn(home, "initdb", &mut command).map_err(run)?.wait().await.map_err(run)?;
    if status.success() {
        return Ok(());
    }
    let version = binaries.version.to_string();
    Err(LocalError::Initdb { version, status, last_words: home.last_words("initdb") })
}

/// The server's process, if there is one. Faults and the run's own end reach for it from different tasks.
#[derive(Debug, Default)]
struct Server {
    child: Mutex<Option<Child>>,
    /// Its children that were stopped, and that therefore can't end and leave their numbers to others.
    paused: Mutex<Vec<Pid>>,
}

impl Server {
    fn lock(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn paused(&self) -> MutexGuard<'_, Vec<Pid>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resume(&self) {
        for process in self.paused().drain(..) {
            let _ = kill_process(process, Signal::CONT);
        }
        self.signal(Signal::CONT);
    }

    /// How the server ended, once: afterwards there is none.
    fn reap(&self) -> Option<std::process::ExitStatus> {
        let mut server = self.lock();
        let status = server.as_mut()?.try_wait().ok()??;
        *server = None;
        Some(status)
    }

    fn is_running(&self) -> bool {
        self.reap();
        self.lock().is_some()
    }

    fn signal(&self, signal: Signal) {
        // A process that wasn't waited for yet keeps its number, so that this can't hit a stranger.
        if let Some(pid) =
            self.lock().as_ref().and_then(|child| Pid::from_raw(i32::try_from(child.id()).ok()?))
        {
            let _ = kill_process(pid, signal);
        }
    }

    /// Stops the server now, on this thread.
    fn halt(&self) {
        self.signal(Signal::QUIT);
        self.resume();
        let begun = Instant::now();
        while self.is_running() {
            if begun.elapsed() > STOP_PATIENCE {
                self.signal(Signal::KILL);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
