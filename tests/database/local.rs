//! The private cluster: it comes for anybody, and it leaves nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use loadgen::database::local::{Account, StopMode};
use loadgen::database::{Database, DatabaseRequest, Durability, How, Kind, open};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sqlx::{Connection as _, PgConnection};

use crate::await_that::await_that;
use crate::process::{
    Owner, copy_for_everybody, is_alive, is_gone, local, owner, processes_in, this_binary, words_of,
};

async fn answer(database: &Database, question: &'static str) -> String {
    let mut connection = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    let answer = sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    answer
}

#[tokio::test]
async fn a_cluster_comes_and_goes() {
    let begun = Instant::now();
    let database = local().await;
    assert_eq!(answer(&database, "SELECT 'first'").await, "first");
    println!("nothing to first query: {:?}", begun.elapsed());

    let directory = database.local().unwrap().directory().to_path_buf();
    let pid = database.server_pid().unwrap();
    assert!(is_alive(pid));
    assert_eq!(database.kind(), Kind::Local);
    assert_eq!(database.label(), format!("local PG {}", database.server_version()));
    assert_eq!(database.durability(), Durability::Safe);
    assert!(database.connections_max() >= 300);
    assert_eq!(answer(&database, "SHOW listen_addresses").await, "");
    assert_eq!(
        answer(&database, "SELECT current_setting('server_version')::text").await.split(' ').next(),
        Some(database.server_version())
    );
    let preloaded = database.local().unwrap().binaries().statement_statistics;
    assert_eq!(database.statement_statistics().is_some(), preloaded);

    assert_eq!(database.close().await.unwrap(), None);
    assert!(!directory.exists());
    assert!(!is_alive(pid));
    assert_eq!(processes_in(&directory), [""; 0]);
}

#[tokio::test]
async fn dropping_a_cluster_removes_it_too() {
    let database = local().await;
    let directory = database.local().unwrap().directory().to_path_buf();
    let mut session = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    let begun = Instant::now();
    drop(database);
    println!("dropped in {:?}", begun.elapsed());
    assert!(!directory.exists());
    assert_eq!(processes_in(&directory), [""; 0]);
    assert!(session.ping().await.is_err());
}

#[tokio::test]
async fn fast_durability_is_what_the_server_has() {
    let request =
        DatabaseRequest { how: How::Local, durability: Durability::Fast, ..DatabaseRequest::default() };
    let database = open(request, &|_| ()).await.unwrap();
    assert_eq!(database.durability(), Durability::Fast);
    assert_eq!(database.durability_settings(), "fsync off, full_page_writes off, synchronous_commit off");
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_kept_directory_holds_a_cluster_that_was_stopped_cleanly() {
    let request = DatabaseRequest { how: How::Local, keep: true, ..DatabaseRequest::default() };
    let database = open(request, &|_| ()).await.unwrap();
    let pid = database.server_pid().unwrap();
    let directory = database.close().await.unwrap().expect("the directory is kept");
    assert!(!is_alive(pid));
    assert!(directory.join("data/PG_VERSION").exists());
    assert!(!directory.join("data/postmaster.pid").exists());
    assert!(
        fs::read_to_string(directory.join("server.log")).unwrap().contains("database system is shut down")
    );
    assert_eq!(processes_in(&directory), [""; 0]);
    fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_cluster_starts_again_after_every_way_to_stop() {
    let database = local().await;
    let cluster = database.local().unwrap();
    let mut connection = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    sqlx::query("CREATE TABLE kept (n int)").execute(&mut connection).await.unwrap();
    for mode in [StopMode::Fast, StopMode::Immediate, StopMode::Kill] {
        let before = cluster.pid().unwrap();
        cluster.stop(mode).await.unwrap();
        assert_eq!(cluster.pid(), None);
        assert!(!is_alive(before));
        cluster.start().await.unwrap();
        assert_ne!(cluster.pid(), Some(before));
        assert_eq!(answer(&database, "SELECT count(*)::text FROM kept").await, "0");
    }
    database.close().await.unwrap();
}

#[test]
fn a_killed_tool_leaves_neither_process_nor_directory() {
    let mut owner = Owner::start(Command::new(this_binary()));
    assert!(is_alive(owner.server) && owner.directory.exists());
    owner.child.kill().unwrap();
    owner.child.wait().unwrap();
    await_that("the server is gone", || !is_alive(owner.server));
    await_that("the directory is gone", || is_gone(&owner.directory));
    await_that("the watchdog is gone", || processes_in(&owner.directory).is_empty());
}

#[test]
fn a_tool_killed_while_its_server_is_paused_leaves_nothing_either() {
    let mut owner = Owner::start(Command::new(this_binary()));
    kill_process(Pid::from_raw(owner.server.cast_signed()).unwrap(), Signal::STOP).unwrap();
    owner.child.kill().unwrap();
    owner.child.wait().unwrap();
    await_that("the server is gone", || !is_alive(owner.server));
    await_that("the directory is gone", || is_gone(&owner.directory));
}

#[tokio::test]
async fn a_paused_server_stands_still_until_it_is_resumed() {
    let database = local().await;
    let cluster = database.local().unwrap();
    let mut connection = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    cluster.pause().await.unwrap();
    let short = Duration::from_millis(100);
    let answered = sqlx::query("SELECT 1").execute(&mut connection);
    tokio::pin!(answered);
    assert!(tokio::time::timeout(short, &mut answered).await.is_err());
    let options = database.connect_options();
    let connected = PgConnection::connect_with(&options);
    assert!(tokio::time::timeout(short, connected).await.is_err());
    cluster.resume();
    answered.await.unwrap();

    // One that is paused can be stopped all the same.
    cluster.pause().await.unwrap();
    cluster.stop(StopMode::Fast).await.unwrap();
    cluster.start().await.unwrap();
    cluster.pause().await.unwrap();
    database.close().await.unwrap();
}

#[test]
fn a_killed_tool_that_was_to_keep_its_cluster_leaves_it_stopped_cleanly() {
    let mut command = Command::new(this_binary());
    command.env("TEST_KEEP", "1");
    let mut owner = Owner::start(command);
    owner.child.kill().unwrap();
    owner.child.wait().unwrap();
    await_that("everything has stopped", || processes_in(&owner.directory).is_empty());
    assert!(
        fs::read_to_string(owner.directory.join("server.log"))
            .unwrap()
            .contains("database system is shut down")
    );
    fs::remove_dir_all(&owner.directory).unwrap();
}

/// A directory with an `initdb` and a `postgres` that do as they are told.
fn fake_installation(initdb: &str, postgres: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let everybody = fs::Permissions::from_mode(0o755);
    fs::set_permissions(directory.path(), everybody.clone()).unwrap();
    let version = "[ \"$1\" = --version ] && echo 'postgres (PostgreSQL) 16.4' && exit 0";
    for (name, body) in [("initdb", initdb), ("postgres", postgres)] {
        let path = directory.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{version}\n{body}\n")).unwrap();
        fs::set_permissions(&path, everybody.clone()).unwrap();
    }
    directory
}

/// What the tool says on its way to failing with an installation, docker being out of reach.
fn words_with(installation: &Path) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new(this_binary());
    command.env("CLEARANCE_PG_BIN", installation).env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    command.env("TMPDIR", place.path());
    words_of(command)
}

#[test]
fn an_installation_that_fails_is_quoted() {
    let broken = fake_installation("echo 'initdb: error: no luck today' >&2; exit 1", "");
    let words = words_with(broken.path());
    let last = words.last().unwrap();
    assert!(last.starts_with("failure initdb of postgres 16.4 failed (exit status: 1): "), "{words:?}");
    assert!(last.contains("initdb: error: no luck today"), "{words:?}");
    assert!(words.iter().any(|said| said.ends_with("; trying docker")), "{words:?}");

    let broken =
        fake_installation("mkdir data && : > data/postgresql.conf", "echo 'FATAL:  no memory'; exit 3");
    let words = words_with(broken.path());
    let last = words.last().unwrap();
    assert_eq!(
        last, "failure private postgres 16.4 ended while it started (exit status: 3): FATAL:  no memory",
        "{words:?}"
    );
}

#[test]
fn an_override_that_leads_nowhere_is_an_error_and_nothing_else_is_tried() {
    let empty = tempfile::tempdir().unwrap();
    let words = words_with(empty.path());
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].contains("which CLEARANCE_PG_BIN names; install postgres"), "{words:?}");
}

#[test]
fn a_tool_killed_at_any_moment_of_its_start_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    for moment in ["data", "initdb.pid", "data/base", "data/PG_VERSION", "server.pid", "data/postmaster.pid"]
    {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        let homes = || fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut command = owner(Command::new(this_binary()));
        let mut child = command.env("TMPDIR", place.path()).stdout(Stdio::null()).spawn().unwrap();
        await_that(moment, || homes().any(|home| home.join(moment).exists()));
        child.kill().unwrap();
        child.wait().unwrap();
        await_that("the directory is gone", || homes().next().is_none());
        await_that("all processes are gone", || processes_in(place.path()).is_empty());
    }
}

#[test]
fn ctrl_c_reaches_the_tool_and_not_the_server() {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(this_binary());
    command.process_group(0);
    let mut owner = Owner::start(command);
    let group = Pid::from_raw(owner.child.id().cast_signed()).unwrap();
    assert_ne!(group_of(owner.server), owner.child.id());
    kill_process_group(group, Signal::INT).unwrap();
    owner.child.wait().unwrap();
    await_that("the directory is gone", || is_gone(&owner.directory));
    await_that("the server is gone", || !is_alive(owner.server));
}

fn group_of(pid: u32) -> u32 {
    let answer = Command::new("ps").args(["-o", "pgid=", "-p", &pid.to_string()]).output().unwrap();
    String::from_utf8_lossy(&answer.stdout).trim().parse().unwrap()
}

#[test]
fn an_ordinary_user_gets_a_cluster_too() {
    if Account::choose() == Some(Account::Own) {
        println!("skipped: this is an ordinary user, and so are all the other tests");
        return;
    }
    let shared = tempfile::tempdir().unwrap();
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
        .arg(copy_for_everybody(shared.path()));
    command.current_dir("/").env("TMPDIR", "/tmp");
    let mut owner = Owner::start(command);
    let user = Command::new("ps").args(["-o", "user=", "-p", &owner.server.to_string()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&user.stdout).trim(), "nobody");

    // Once in an orderly way, and once not.
    drop(owner.child.stdin.take());
    assert!(owner.child.wait().unwrap().success());
    assert!(!owner.directory.exists() && !is_alive(owner.server));

    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(shared.path().join("owner"));
    command.current_dir("/").env("TMPDIR", "/tmp");
    let mut owner = Owner::start(command);
    owner.child.kill().unwrap();
    owner.child.wait().unwrap();
    await_that("the server is gone", || !is_alive(owner.server));
    await_that("the directory is gone", || is_gone(&owner.directory));
}
