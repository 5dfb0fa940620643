//! A run that brings its own Postgres takes it away again, however it ends.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::await_that::await_that;
use crate::clearance::{Desk, Running, Said, clearance, outcome};
use crate::json::Json;
use crate::kill_postgres::kill_postgres;
use crate::leftovers::{cluster_in, expect_nothing_left, processes_in};

/// Goes on for as long as it is let.
const LONG: &str = r#"
title = "Until somebody ends it"
duration = "10m"
[[fleet]]
name = "echo"
workers = 2
provisioners = ["echo"]
service_time = { constant = "1ms" }
[[poster]]
name = "echoes"
stages = [{ for = "10m", rate = 20 }]
[[poster.mix]]
weight = 1
provisioner = "echo"
"#;

/// A run on a cluster of its own, below the desk.
fn on_its_own(desk: &Desk, more: &[&str]) -> Command {
    let file = desk.write("long.toml", LONG);
    let mut command = clearance(["run", &file, "--db", "local"].into_iter().chain(more.iter().copied()));
    command.env("TMPDIR", desk.path());
    command
}

/// Starts one and waits until it measures; answers with its cluster's directory too.
fn measuring(desk: &Desk, more: &[&str]) -> (Running, PathBuf) {
    let more: Vec<&str> = ["--headless"].into_iter().chain(more.iter().copied()).collect();
    let mut running = Running::start(on_its_own(desk, &more));
    let cluster = running.await_stderr("it used a cluster", cluster_in);
    running.await_measuring();
    assert!(cluster.starts_with(desk.path()), "{}", cluster.display());
    assert!(!processes_in(&cluster).is_empty(), "postgres runs there");
    (running, cluster)
}

fn expect_interrupted(said: &Said) {
    said.expect_code(130);
    assert!(said.stdout.starts_with("INTERRUPTED: a partial summary, no verdict\n"), "{said}");
    assert!(said.stdout.contains("none lost, doubled or stranded"), "{said}");
}

#[test]
fn a_run_without_a_terminal_is_headless_and_leaves_nothing() {
    let desk = Desk::new();
    // Neither a flag nor a url: stdout is no terminal, and binaries are found.
    let mut command = on_its_own(&desk, &["--duration", "1s", "--db-durability", "fast"]);
    command.env_remove("TERM");
    let said = outcome(command);
    said.expect_code(0);
    assert!(said.stdout.starts_with("HELD: "), "{said}");
    assert!(said.stdout.contains("· local · durability fast"), "{said}");
    assert!(said.stderr.contains("starting a private postgres "), "{said}");
    expect_nothing_left(&said.cluster());
    assert_eq!(desk.names(), ["long.toml"]);
}

#[test]
fn an_interrupted_run_tells_what_it_has_and_leaves_nothing() {
    let desk = Desk::new();
    let (running, cluster) = measuring(&desk, &[]);
    running.signal(Signal::INT);
    expect_interrupted(&running.end());
    expect_nothing_left(&cluster);
    assert_eq!(desk.names(), ["long.toml"]);
}

#[test]
fn a_terminated_run_leaves_nothing() {
    let desk = Desk::new();
    let (running, cluster) = measuring(&desk, &[]);
    running.signal(Signal::TERM);
    expect_interrupted(&running.end());
    expect_nothing_left(&cluster);
    assert_eq!(desk.names(), ["long.toml"]);
}

#[test]
fn a_killed_run_leaves_nothing() {
    let desk = Desk::new();
    let (running, cluster) = measuring(&desk, &[]);
    running.signal(Signal::KILL);
    assert_eq!(running.end().code, None);
    await_that("every process is gone", || processes_in(&cluster).is_empty());
    await_that("the directory is gone", || desk.names() == ["long.toml"]);
    expect_nothing_left(&cluster);
}

#[test]
fn a_run_that_loses_its_database_reports_what_it_measured_and_leaves_nothing() {
    let desk = Desk::new();
    let [report, page] =
        ["report.json", "report.html"].map(|name| desk.path().join(name).display().to_string());
    let asked = ["--duration", "12s", "--report", &report, "--report", &page, "--assert", "audit.ok"];
    let (mut running, cluster) = measuring(&desk, &asked);
    let acquires =
        |line: &str| (line.contains("  acquired ") && !line.contains("  acquired 0/s")).then_some(());
    running.await_stderr("jobs are acquired", acquires);
    kill_postgres(&cluster);
    let said = running.end();
    said.expect_code(1);
    assert!(said.stdout.starts_with("FAILED: what was measured until then, no verdict\n"), "{said}");
    assert!(said.stdout.contains("not judged: 1 assertion"), "{said}");
    let told = said.stderr.lines().last().unwrap();
    assert!(told.starts_with("clearance: cannot read the job table for the audit: "), "{said}");
    let report = Json::read(&report);
    assert_eq!((report.get("/run/interrupted"), report.get("/audit/ok")), (&json!(true), &json!(false)));
    assert_eq!(format!("clearance: {}", report.get("/run/failed").as_str().unwrap()), told);
    assert!(report.count("/jobs/acquired") > 0);
    let page = fs::read_to_string(&page).unwrap();
    assert!(
        page.contains("FAILED: ") && page.contains("<li>cannot read the job table for the audit: "),
        "{page:.3000}"
    );
    expect_nothing_left(&cluster);
    assert_eq!(desk.names(), ["long.toml", "report.html", "report.json"]);
}

#[test]
fn a_run_interrupted_while_its_postgres_starts_leaves_nothing() {
    let desk = Desk::new();
    let mut running = Running::start(on_its_own(&desk, &["--headless"]));
    running.await_stderr("it started a postgres", |line| line.contains("starting a private").then_some(()));
    running.signal(Signal::INT);
    let said = running.end();
    said.expect_code(130);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.ends_with("clearance: interrupted before the run began\n"), "{said}");
    assert_eq!(desk.names(), ["long.toml"]);
    assert_eq!(processes_in(&desk.path().join("clearance-")), [""; 0]);
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    let desk = Desk::new();
    let (mut running, cluster) = measuring(&desk, &[]);
    running.signal(Signal::INT);
    running.await_stderr("it heard", |line| line.contains("interrupted; taking the run down").then_some(()));
    running.signal(Signal::INT);
    running.end().expect_code(130);
    await_that("every process is gone", || processes_in(&cluster).is_empty());
    await_that("the directory is gone", || desk.names() == ["long.toml"]);
}

#[test]
fn a_kept_cluster_stays_stopped_and_whole() {
    let desk = Desk::new();
    let said = outcome(on_its_own(&desk, &["--headless", "--duration", "1s", "--keep"]));
    said.expect_code(0);
    let cluster = said.cluster();
    let last = said.stderr.lines().last().unwrap();
    assert_eq!(last, format!("clearance: kept the cluster in {}", cluster.display()));
    assert!(cluster.join("data/PG_VERSION").exists());
    assert!(!cluster.join("data/postmaster.pid").exists());
    assert_eq!(processes_in(&cluster), [""; 0]);
    // The desk's own end removes it.
    assert_eq!(desk.names().len(), 2);
}
