//! Another process that owns a cluster, to be killed or run as somebody else: this test binary itself.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use loadgen::database::{Database, DatabaseRequest, How, open};

/// Which test to run in the other process.
const ROLE: &str = "process::owner_of_a_cluster";

/// A process that owns a cluster.
pub(crate) struct Owner {
    pub(crate) child: Child,
    pub(crate) directory: PathBuf,
    pub(crate) server: u32,
    // Open as long as the process may print.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Owner {
    /// Starts one with `command`, which runs this binary in some way, and waits until its cluster answers.
    pub(crate) fn start(command: Command) -> Self {
        let mut child = owner(command).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.find_map(|line| line.unwrap().strip_prefix("cluster ").map(str::to_owned));
        let said = said.expect("the other process opens a cluster");
        let (server, directory) = said.split_once(' ').unwrap();
        Self { child, directory: directory.into(), server: server.parse().unwrap(), _stdout: lines }
    }
}

/// Makes `command`, which runs this binary in some way, one that owns a cluster.
pub(crate) fn owner(mut command: Command) -> Command {
    command.args([ROLE, "--exact", "--ignored", "--nocapture"]).stdin(Stdio::piped());
    command
}

/// What a process says that opens a database and may fail: its progress, and the failure at the end.
pub(crate) fn words_of(command: Command) -> Vec<String> {
    let output = owner(command).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = |line: &&str| line.starts_with("progress ") || line.starts_with("failure ");
    text.lines().filter(said).map(str::to_owned).collect()
}

/// This binary, to be run again.
pub(crate) fn this_binary() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// A local cluster with the defaults.
pub(crate) async fn local() -> Database {
    open(DatabaseRequest { how: How::Local, ..DatabaseRequest::default() }, &|_| ()).await.unwrap()
}

/// Whether a process is there; a dead one that nobody waited for isn't.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let stat = String::from_utf8_lossy(&stat.stdout).trim().to_owned();
    !stat.is_empty() && !stat.starts_with('Z')
}

/// Whether a directory is gone, and not only moved away by a watchdog that is at work.
pub(crate) fn is_gone(directory: &Path) -> bool {
    !directory.exists() && !directory.with_extension("gone").exists()
}

/// Every process whose command line names the directory.
pub(crate) fn processes_in(directory: &Path) -> Vec<String> {
    let listing = Command::new("ps").args(["-A", "-o", "pid=,stat=,args="]).output().unwrap();
    String::from_utf8_lossy(&listing.stdout)
        .lines()
        .filter(|line| line.contains(&*directory.to_string_lossy()))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
#[ignore = "the other process of tests that kill one"]
async fn owner_of_a_cluster() {
    let keep = std::env::var_os("TEST_KEEP").is_some();
    let how = if std::env::var_os("TEST_HOW").is_some() { How::Docker } else { How::Auto };
    let request = DatabaseRequest { how, keep, ..DatabaseRequest::default() };
    let database = match open(request, &|said| println!("progress {said}")).await {
        Ok(database) => database,
        Err(error) => return println!("failure {error}"),
    };
    println!(
        "cluster {} {}",
        database.server_pid().unwrap(),
        database.local().unwrap().directory().display()
    );
    // Until the test lets go of the other end.
    let mut nothing = Vec::new();
    std::io::stdin().read_to_end(&mut nothing).unwrap();
    database.close().await.unwrap();
}

/// A copy of this binary that everybody may run.
pub(crate) fn copy_for_everybody(directory: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
    let copy = directory.join("owner");
    fs::copy(this_binary(), &copy).unwrap();
    copy
}
