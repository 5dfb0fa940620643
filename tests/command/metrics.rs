//! Figures for Prometheus, as a scraper gets them from a run.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use crate::clearance::{Desk, Running, clearance, outcome};
use crate::json::Json;
use crate::server::TestDatabase;

const STEADY: &str = r#"
title = "Steady"
duration = "10m"
drain = "5s"
replicas = 2
[[fleet]]
name = "echo"
workers = 6
provisioners = ["echo"]
service_time = { constant = "1ms" }
[[poster]]
name = "echoes"
stages = [{ for = "10m", rate = 50 }]
[[poster.mix]]
weight = 1
provisioner = "echo"
"#;

/// An answer: its head, and its body.
fn get(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request}\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The series of a page, by name and labels.
fn series(page: &str) -> BTreeMap<&str, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

/// Scrapes until the figures are so.
fn until(address: &str, is_so: impl Fn(&BTreeMap<&str, f64>) -> bool) {
    let begun = std::time::Instant::now();
    loop {
        let (head, page) = get(address, "GET /metrics HTTP/1.1");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
        if is_so(&series(&page)) {
            return;
        }
        assert!(begun.elapsed() < std::time::Duration::from_mins(1), "{page}");
    }
}

#[test]
fn a_run_is_scraped_while_it_lasts() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (file, url) = (desk.write("steady.toml", STEADY), table.url());
    let report = desk.file("out.json");
    let arguments = ["run", &file, "--headless", "--database-url", &url, "--report", &report];
    let mut running = Running::start(clearance(arguments.into_iter().chain(["--metrics", "127.0.0.1:0"])));
    let address = running.await_stderr("where the metrics are", |said| {
        let (_, rest) = said.split_once("clearance: metrics at http://")?;
        rest.split_once("/metrics").map(|(address, _)| address.to_owned())
    });
    until(&address, |series| {
        series.get("clearance_jobs_finished_total{outcome=\"completed\"}") >= Some(&20.0)
            && series.get("clearance_run_phase{phase=\"measuring\"}") == Some(&1.0)
            && series.get("clearance_stage_latency_seconds_count{stage=\"queue_wait\"}") >= Some(&20.0)
            && series.get("clearance_domain_jobs_acquired_total{domain=\"echo\",replica=\"1\"}") > Some(&0.0)
            && series.get("clearance_postgres_transactions_total") > Some(&0.0)
            && series.get("clearance_postgres_notify_lock_waiters").is_some()
    });
    let (head, page) = get(&address, "GET / HTTP/1.1");
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(page.contains("href=\"/metrics\"") && page.contains("clearance_jobs_posted_total"), "{page}");
    assert_eq!(get(&address, "GET /healthz HTTP/1.1").1, "ok\n");
    assert_eq!(get(&address, "HEAD /metrics HTTP/1.1").1, "");
    assert!(get(&address, "GET /metric HTTP/1.1").0.starts_with("HTTP/1.1 404 "));
    assert!(get(&address, "POST /metrics HTTP/1.1\r\nContent-Length: 0").0.starts_with("HTTP/1.1 405 "));
    let accept =
        "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    let (head, page) = get(&address, accept);
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(page.ends_with("# EOF\n"), "{page}");

    running.signal(rustix::process::Signal::INT);
    running.end().expect_code(130);
    assert!(TcpStream::connect(&address).is_err(), "nobody listens any more");
    assert!(Json::read(&report).count("/jobs/posted") >= 20);
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_begins() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (desk, address) = (Desk::new(), taken.local_addr().unwrap().to_string());
    let (file, report) = (desk.write("steady.toml", STEADY), desk.file("out.json"));
    let arguments = ["run", &file, "--headless", "--metrics", &address, "--report", &report];
    let said = outcome(clearance(arguments));
    said.expect_code(2);
    assert_eq!(
        said.stderr,
        format!(
            "clearance: cannot serve metrics at {address}: the port is taken; choose another, or 0 for any that is free\n"
        )
    );
    assert_eq!(desk.names(), ["steady.toml"]);
}
