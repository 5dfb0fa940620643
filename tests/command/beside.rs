//! Postgres beside the load, as a run's report and summary have it.

use crate::clearance::{Desk, Said, clearance, outcome};
use crate::json::Json;
use crate::server::{PASSWORD, TestDatabase, USER, url_of};

/// The last jobs are done seconds before the end, so that the last look has seen all.
const ECHO: &str = r#"
title = "Echo"
duration = "4s"
warmup = "1s"
drain = "1s"
[[fleet]]
name = "echo"
workers = 6
provisioners = ["echo"]
service_time = { constant = "1ms" }
[[poster]]
name = "echoes"
stages = [{ for = "1500ms", rate = 60 }]
[[poster.mix]]
weight = 1
provisioner = "echo"
"#;

fn run(url: &str) -> (Said, Json) {
    let desk = Desk::new();
    let (file, report) = (desk.write("echo.toml", ECHO), desk.file("out.json"));
    let said = outcome(clearance(["run", &file, "--headless", "--database-url", url, "--report", &report]));
    said.expect_code(0);
    (said, Json::read(&report))
}

#[test]
fn the_servers_own_count_of_acquire_statements_is_that_of_the_report() {
    let table = TestDatabase::new();
    table.execute("CREATE EXTENSION pg_stat_statements");
    let (said, json) = run(&table.url());
    assert_eq!(json.list("/database/missing").len(), 0);
    let series = json.list("/database/series");
    let seconds: Vec<u64> = series.iter().map(|sample| sample["second"].as_u64().unwrap()).collect();
    assert!(seconds.is_sorted() && seconds.starts_with(&[0]), "{seconds:?}");
    assert!(seconds.len() + json.count("/database/unseen") as usize >= 4, "{seconds:?}");
    let calls = |statement: &str| -> u64 {
        let calls =
            |sample: &serde_json::Value| sample["statements"][statement]["calls"].as_u64().unwrap_or(0);
        series.iter().map(calls).sum()
    };
    assert_eq!(calls("acquire"), json.count("/queries/acquire/total"));
    assert_eq!(calls("insert"), json.count("/jobs/posted"));
    assert_eq!(calls("notify"), json.count("/notifications/sent"));
    assert_eq!(calls("complete"), json.count("/jobs/completed"));
    let own: u64 = series.iter().map(|sample| sample["own_queries"].as_u64().unwrap()).sum();
    assert!(own > 0 && own < json.count("/queries/observer/total"), "{own}");
    assert!(json.number("/queries/observer/seconds") > 0.0);
    assert!(json.number("/database/measured/transactions_per_s") > 0.0);
    assert!(json.number("/database/measured/wal_bytes_per_s") > 0.0);
    assert!(said.stdout.contains("\nPostgres beside the load, while measured\n"), "{said}");
    assert!(!said.stdout.contains("not seen of the database"), "{said}");
}

#[test]
fn what_cannot_be_seen_is_said_once_and_the_run_is_none_the_worse() {
    let table = TestDatabase::new();
    table.execute(
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ada', current_database()); END $$",
    );
    let (said, json) = run(&url_of(USER, Some(PASSWORD), &table.name));
    let missing = json.list("/database/missing");
    assert_eq!(missing.len(), 2, "{missing:?}");
    for missing in missing {
        let first = missing.as_str().unwrap().split(':').next().unwrap();
        assert_eq!(said.stdout.matches(&format!("not seen of the database: {first}")).count(), 1, "{said}");
    }
    assert!(json.list("/database/series")[0]["transactions"].is_u64());
    assert!(json.list("/database/series")[0]["statements"].as_object().unwrap().is_empty());
}
