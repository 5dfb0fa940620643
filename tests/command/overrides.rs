//! Where the database comes from, and what flags change in a scenario.

use crate::clearance::{Desk, Running, clearance, outcome};
use crate::json::Json;
use crate::server::TestDatabase;

const STORY: &str = r#"
title = "A story"
duration = "10m"
warmup = "1s"
drain = "5s"
seed = 1
[[fleet]]
name = "echo"
workers = 3
provisioners = ["echo"]
service_time = { constant = "1ms" }
[[poster]]
name = "echoes"
stages = [{ for = "10m", rate = 5 }]
arrival = "uniform"
[[poster.mix]]
weight = 1
provisioner = "echo"
"#;

#[test]
fn the_environments_url_is_used_and_nothing_stays_there() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let file = desk.write("story.toml", STORY);
    let mut command = clearance(["run", &file, "--headless", "--duration", "1s"]);
    command.env("DATABASE_URL", table.url());
    let said = outcome(command);
    said.expect_code(0);
    assert!(said.stderr.contains(&format!("/{}, durability", table.name)), "{said}");
    assert!(said.stdout.contains("· url · durability"), "{said}");
    assert!(!table.has_schema());
}

#[test]
fn the_flags_url_goes_before_the_environments() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let file = desk.write("story.toml", STORY);
    let url = table.url();
    let arguments = ["run", &file, "--headless", "--duration", "1s", "--keep", "--database-url", &url];
    let mut command = clearance(arguments);
    command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");
    outcome(command).expect_code(0);
    assert!(table.count("SELECT count(*) FROM clearance.provisioner_jobs") > 0);
}

#[test]
fn an_interrupted_run_at_a_url_takes_its_schema_with_it() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (file, url) = (desk.write("story.toml", STORY), table.url());
    let report = desk.file("out.json");
    let arguments = ["run", &file, "--headless", "--database-url", &url, "--report", &report];
    let mut running = Running::start(clearance(arguments));
    running.await_measuring();
    assert!(table.has_schema());
    running.signal(rustix::process::Signal::INT);
    running.end().expect_code(130);
    assert!(!table.has_schema());
    // Partial figures are figures too.
    let json = Json::read(&report);
    assert_eq!(json.get("/run/interrupted"), true);
    assert_eq!(json.get("/audit/ok"), true);
}

#[test]
fn flags_change_the_scenario() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (file, report, url) = (desk.write("story.toml", STORY), desk.file("out.json"), table.url());
    let run = ["run", &file, "--headless", "--database-url", &url, "--report", &report];
    let overrides = [
        "--duration",
        "1500ms",
        "--warmup",
        "500ms",
        "--seed",
        "42",
        "--workers",
        "7",
        "--rate",
        "30/s",
        "--replicas",
        "2",
        "--backup-poll",
        "17s",
        "--policy",
        "seed",
    ];
    outcome(clearance(run.into_iter().chain(overrides))).expect_code(0);
    let json = Json::read(&report);
    for (key, value) in [
        ("duration", "1.5s"),
        ("warmup", "500ms"),
        ("drain", "5s"),
        ("backup_poll", "17s"),
        ("policy", "seed"),
    ] {
        assert_eq!(json.text(&format!("/scenario/{key}")), value);
    }
    assert_eq!(json.count("/scenario/seed"), 42);
    assert_eq!(json.count("/run/seed"), 42);
    assert_eq!(json.count("/scenario/replicas"), 2);
    assert_eq!(json.count("/scenario/fleet/0/workers"), 7);
    assert_eq!(
        json.sum("/domains", "workers"),
        14,
        "seven workers, seen by a domain of each of two replicas"
    );
    assert!((json.number("/scenario/poster/0/stages/0/to") - 30.0).abs() < 1e-9);
    let posted = json.count("/jobs/posted");
    assert!((40..=45).contains(&posted), "{posted}");
}

#[test]
fn both_policies_run_every_job() {
    for policy in ["default", "seed"] {
        let (desk, table) = (Desk::new(), TestDatabase::new());
        let (file, report, url) = (desk.write("story.toml", STORY), desk.file("out.json"), table.url());
        let run = ["run", &file, "--headless", "--database-url", &url, "--report", &report];
        let said = outcome(clearance(run.into_iter().chain(["--duration", "1s", "--policy", policy])));
        said.expect_code(0);
        assert!(said.stdout.contains(&format!("· policy {policy} ·")), "{said}");
        let json = Json::read(&report);
        assert_eq!(json.text("/scenario/policy"), policy);
        assert_eq!(json.count("/jobs/completed"), json.count("/jobs/posted"));
    }
}

#[test]
fn each_switch_of_the_policy_can_be_set_alone() {
    let name = "default with chain=always, claim_batch=3";
    let in_the_file = STORY.replacen("seed = 1", "policy = { chain = \"always\", claim_batch = 3 }", 1);
    for (story, flags) in
        [(in_the_file.as_str(), &[][..]), (STORY, &["--policy", "chain=always,claim_batch=3"])]
    {
        let (desk, table) = (Desk::new(), TestDatabase::new());
        let (file, report, url) = (desk.write("story.toml", story), desk.file("out.json"), table.url());
        let run = ["run", &file, "--headless", "--database-url", &url, "--report", &report];
        let run = run.into_iter().chain(["--duration", "500ms", "--warmup", "0s"]);
        let said = outcome(clearance(run.chain(flags.iter().copied())));
        said.expect_code(0);
        assert!(said.stdout.contains(&format!("policy      {name}")), "{said}");
        let json = Json::read(&report);
        assert_eq!(json.text("/policy/name"), name);
        for place in ["/policy", "/scenario/policy"] {
            assert_eq!(json.text(&format!("{place}/chain")), "always");
            assert_eq!(json.count(&format!("{place}/claim_batch")), 3);
            assert_eq!(json.text(&format!("{place}/departed")), "given_back");
        }
    }
}

#[test]
fn what_the_seeds_policy_strands_fails_the_audit_and_is_named() {
    // Workers that give up after a moment, while a query of theirs is in flight as often as not.
    let story = r#"
title = "In a hurry"
duration = "2s"
[[fleet]]
name = "hasty"
workers = 40
provisioners = ["echo"]
service_time = { constant = "1ms" }
patience = "1ms"
[[poster]]
name = "echoes"
stages = [{ for = "2s", rate = 200 }]
[[poster.mix]]
provisioner = "echo"
"#;
    for (policy, code) in [("seed", 4), ("seed,departed=given_back", 0)] {
        let (desk, table) = (Desk::new(), TestDatabase::new());
        let (file, report, url) = (desk.write("story.toml", story), desk.file("out.json"), table.url());
        let run = ["run", &file, "--headless", "--database-url", &url, "--report", &report];
        let said = outcome(clearance(run.into_iter().chain(["--policy", policy])));
        said.expect_code(code);
        let json = Json::read(&report);
        let stranded = json.list("/audit/stranded").len();
        assert_eq!(json.count("/audit/stranded_by_policy"), stranded as u64, "{said}");
        assert_eq!(json.count("/jobs/posted"), json.count("/jobs/completed") + stranded as u64, "{said}");
        if code == 4 {
            assert!(stranded > 0);
            assert!(said.stdout.contains("stranded by the policy: "), "{said}");
        }
    }
}

#[test]
fn one_run_follows_another_at_once() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (file, url) = (desk.write("story.toml", STORY), table.url());
    // Whoever runs one after the other in a script must not meet what the first one held.
    for _ in 0..4 {
        let run = ["run", &file, "--headless", "--database-url", &url, "--warmup", "0s"];
        outcome(clearance(run.into_iter().chain(["--duration", "300ms"]))).expect_code(0);
    }
}
