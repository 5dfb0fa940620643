//! A Postgres of the tests' own: one cluster for each test binary, one database for each test.
//!
//! The cluster listens on a unix socket in a directory of its own. A watchdog, whose standard input ends
//! when the test process does, however it does, stops the cluster and removes the directory.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection};

/// Options for a fresh, empty database on the cluster that this test binary shares.
pub(crate) async fn database() -> PgConnectOptions {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(Cluster::start).database().await
}

/// A running Postgres.
pub(crate) struct Cluster {
    directory: PathBuf,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    databases: AtomicU32,
    /// Ends when this process does, since its standard input does then.
    _watchdog: Child,
}

impl Cluster {
    /// Makes and starts one.
    pub(crate) fn start() -> Self {
        let binaries = binaries().expect("found no initdb and postgres; install the postgresql package");
        let directory = std::env::temp_dir().join(format!("acquirer-test-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            chown(&directory, Some(uid), Some(gid)).unwrap();
        }
        let watchdog = watchdog(&directory);
        let cluster = Self { directory, binaries, user, databases: AtomicU32::new(0), _watchdog: watchdog };
        let initdb = cluster
            .command("initdb")
            .args(["--no-sync", "--no-instructions", "-A", "trust", "-U", "postgres", "-E", "UTF8"])
            .args(["--locale=C", "-D", "data"])
            .output()
            .unwrap();
        assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
        cluster.run();
        cluster
    }

    /// Options for a fresh, empty database.
    pub(crate) async fn database(&self) -> PgConnectOptions {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut admin = self.admin().await;
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        self.options().database(&name)
    }

    /// Stops the server, breaking every connection.
    pub(crate) fn stop(&self) {
        let stopped = self.control(&["stop", "-m", "fast"]);
        assert!(stopped.success());
    }

    /// Starts the server again.
    pub(crate) fn run(&self) {
        let settings = "-c listen_addresses= -c fsync=off -c max_connections=200 -c port=5432";
        let settings = format!("{settings} -k {}", self.directory.display());
        let started = self.control(&["start", "-l", "log", "-o", &settings]);
        assert!(started.success(), "{}", fs::read_to_string(self.directory.join("log")).unwrap_or_default());
    }

    fn control(&self, arguments: &[&str]) -> std::process::ExitStatus {
        self.command("pg_ctl").args(["-s", "-w", "-D", "data"]).args(arguments).status().unwrap()
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.directory).port(5432).username("postgres")
    }

    async fn admin(&self) -> PgConnection {
        self.options().database("postgres").connect().await.unwrap()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(&self.directory).env_clear().stdin(Stdio::null()).process_group(0);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// Runs `check` until it answers, and panics with `what` when it doesn't within ten seconds: for states of
/// the server that announce themselves to nobody.
pub(crate) async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(answer) = check().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The directory of the binaries: on the PATH, else Debian's newest.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    debian.sort();
    std::env::split_paths(&path)
        .chain(debian.into_iter().rev().map(|(_, directory)| directory))
        .find(|directory| ["initdb", "postgres", "pg_ctl"].iter().all(|name| directory.join(name).is_file()))
}

/// Postgres refuses to run as root: the user and group to run it as, when this process is root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}

fn watchdog(directory: &Path) -> Child {
    // Postgres removes the file when it has stopped. Asking for the pid wouldn't do: nobody may be there to
    // reap the process, and its zombie answers.
    const SCRIPT: &str = r#"
        cat > /dev/null
        if read -r pid < "$0/data/postmaster.pid"; then
            kill -QUIT "$pid"
            tries=0
            while [ -e "$0/data/postmaster.pid" ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
            [ -e "$0/data/postmaster.pid" ] && kill -KILL "$pid"
        fi
        rm -rf "$0""#;
    // A group of its own, so that Ctrl-C doesn't reach it.
    Command::new("sh")
        .args(["-c", SCRIPT])
        .arg(directory)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}
