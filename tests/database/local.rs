//! The private cluster: it comes for anybody, and it leaves nothing.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use loadgen::database::local::{Account, StopMode};
use loadgen::database::{Database, DatabaseRequest, Durability, How, Kind, open};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sqlx::{Connection as _, PgConnection};

use crate::process::{
    Owner, await_that, copy_for_everybody, is_alive, local, owner, processes_in, this_binary,
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
    await_that("the directory is gone", || !owner.directory.exists());
    await_that("the watchdog is gone", || processes_in(&owner.directory).is_empty());
}

#[test]
fn a_tool_killed_while_its_server_is_paused_leaves_nothing_either() {
    let mut owner = Owner::start(Command::new(this_binary()));
    kill_process(Pid::from_raw(owner.server.cast_signed()).unwrap(), Signal::STOP).unwrap();
    owner.child.kill().unwrap();
    owner.child.wait().unwrap();
    await_that("the server is gone", || !is_alive(owner.server));
    await_that("the directory is gone", || !owner.directory.exists());
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
    await_that("the directory is gone", || !owner.directory.exists());
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
    await_that("the directory is gone", || !owner.directory.exists());
}
