//! Databases that cannot be had: one message with place and remedy, exit code 1, no password, nothing left.

use std::net::TcpListener;
use std::process::Command;

use crate::clearance::{Desk, Running, Said, clearance, outcome};
use crate::server::{PASSWORD, TestDatabase, USER, socket, url_of};

/// Goes on until somebody ends it.
const LONG: &str = r#"
title = "Long"
duration = "10m"
[[fleet]]
name = "echo"
workers = 1
provisioners = ["echo"]
service_time = { constant = "1ms" }
[[poster]]
name = "echoes"
stages = [{ for = "10m", rate = 1 }]
[[poster.mix]]
weight = 1
provisioner = "echo"
"#;

/// A run that will fail, with its temporary directory at the desk.
fn run(desk: &Desk, arguments: &[&str]) -> Command {
    let file = desk.write("long.toml", LONG);
    let mut command = clearance(["run", &file, "--headless"].into_iter().chain(arguments.iter().copied()));
    command.env("TMPDIR", desk.path());
    // With everything told, a secret would come out here.
    command.env("RUST_LOG", "trace");
    command
}

/// Runs it; answers with the messages of the command itself.
fn refused(desk: &Desk, command: Command) -> String {
    let said = outcome(command);
    said.expect_code(1);
    assert_eq!(said.stdout, "", "{said}");
    assert_eq!(desk.names(), ["long.toml"], "{said}");
    messages(&said).replace(&socket(), "SOCKET").replace(desk.path().to_str().unwrap(), "DIR")
}

fn messages(said: &Said) -> String {
    let ours = said.stderr.lines().filter(|line| line.starts_with("clearance: "));
    let messages: Vec<&str> = ours.collect();
    // One failure, which comes last; before it only what was being done.
    let (failure, doing) = messages.split_last().unwrap();
    assert!(doing.iter().all(|line| !line.contains("; ")), "{said}");
    assert!(failure.contains("; "), "a failure names its remedy: {said}");
    messages.join("\n")
}

#[test]
fn nobody_listens() {
    let desk = Desk::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let url = format!("postgres://ada:{PASSWORD}@127.0.0.1:{port}/jobs");
    let said = refused(&desk, run(&desk, &["--database-url", &url])).replace(&port, "PORT");
    insta::assert_snapshot!(said);
}

#[test]
fn somebody_listens_and_says_nothing() {
    let desk = Desk::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let url = format!("postgres://ada:{PASSWORD}@127.0.0.1:{port}/jobs");
    let said = refused(&desk, run(&desk, &["--database-url", &url])).replace(&port, "PORT");
    insta::assert_snapshot!(said);
}

#[test]
fn a_wrong_password() {
    let desk = Desk::new();
    let table = TestDatabase::new();
    let mut command = run(&desk, &[]);
    command.env("DATABASE_URL", url_of(USER, Some("difference-engine"), &table.name));
    let said = outcome(command);
    said.expect_code(1);
    assert!(!said.to_string().contains("difference"), "{said}");
    let said = messages(&said).replace(&socket(), "SOCKET").replace(&table.name, "DATABASE");
    insta::assert_snapshot!(said);
    assert!(!table.has_schema());
}

#[test]
fn a_right_password_is_not_told_either() {
    let desk = Desk::new();
    let table = TestDatabase::new();
    table.execute("GRANT CREATE ON SCHEMA public TO ada");
    // The user may log in and may not make a schema.
    let mut command = run(&desk, &[]);
    command.env("DATABASE_URL", url_of(USER, Some(PASSWORD), &table.name));
    let said = outcome(command);
    said.expect_code(1);
    assert!(!said.to_string().contains(PASSWORD), "{said}");
    let said = messages(&said).replace(&socket(), "SOCKET").replace(&table.name, "DATABASE");
    insta::assert_snapshot!(said);
    assert!(!table.has_schema());
}

#[test]
fn an_unknown_database() {
    let desk = Desk::new();
    let url = url_of("postgres", None, "nowhere");
    insta::assert_snapshot!(refused(&desk, run(&desk, &["--database-url", &url])));
}

#[test]
fn a_schema_that_is_not_ours() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    table.execute("CREATE SCHEMA clearance; CREATE TABLE clearance.sales AS SELECT 1 AS n");
    let url = table.url();
    let said = refused(&desk, run(&desk, &["--database-url", &url])).replace(&table.name, "DATABASE");
    insta::assert_snapshot!(said);
    assert_eq!(table.count("SELECT count(*) FROM clearance.sales"), 1);
    assert_eq!(
        table.count("SELECT count(*) FROM pg_class WHERE relnamespace = 'clearance'::regnamespace"),
        1
    );
}

#[test]
fn another_live_run() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let url = table.url();
    let mut first = run(&desk, &["--database-url", &url]);
    first.env_remove("RUST_LOG");
    let mut first = Running::start(first);
    first.await_measuring();

    let said = refused(&desk, run(&desk, &["--database-url", &url])).replace(&table.name, "DATABASE");
    let (before, rest) = said.split_once("(backend ").unwrap();
    let (holder, after) = rest.split_once(')').unwrap();
    assert!(holder.ends_with(" UTC"), "{said}");
    insta::assert_snapshot!(format!("{before}(HOLDER){after}"));

    // The first never noticed.
    first.signal(rustix::process::Signal::INT);
    let first = first.end();
    first.expect_code(130);
    assert!(first.stdout.contains("none lost, doubled or stranded"), "{first}");
    assert!(!table.has_schema());
}

#[test]
fn no_postgres_where_the_override_points() {
    for how in ["auto", "local"] {
        let desk = Desk::new();
        let mut command = run(&desk, &["--db", how]);
        let nothing = tempfile::tempdir().unwrap();
        command.env("PATH", "").env("CLEARANCE_PG_BIN", nothing.path());
        let said = refused(&desk, command).replace(nothing.path().to_str().unwrap(), "NOWHERE");
        insta::assert_snapshot!("no_postgres_where_the_override_points", said);
    }
}

#[test]
fn no_docker_where_it_is_asked_for() {
    let desk = Desk::new();
    let mut command = run(&desk, &["--db", "docker"]);
    command.env("PATH", "");
    insta::assert_snapshot!(refused(&desk, command));
}

#[test]
fn a_temporary_directory_that_cannot_be_used_is_passed_over() {
    let desk = Desk::new();
    let mut command = run(&desk, &["--db", "local", "--duration", "1s"]);
    command.env("TMPDIR", desk.path().join("missing")).env_remove("RUST_LOG");
    let said = outcome(command);
    said.expect_code(0);
    assert!(!said.cluster().exists());
    assert_eq!(desk.names(), ["long.toml"]);
}
