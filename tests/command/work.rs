//! Fleets and posters: what a scenario asks for is what happens.

use crate::faults::report_of;

fn echo(duration: &str, fleet: &str, poster: &str) -> String {
    format!(
        r#"
        title = "Echo"
        duration = "{duration}"
        drain = "20s"
        seed = 3
        backup_poll = "5m"
        [[fleet]]
        name = "echo"
        provisioners = ["echo"]
        {fleet}
        [[poster]]
        name = "echoes"
        {poster}
        [[poster.mix]]
        weight = 1
        provisioner = "echo"
        "#
    )
}

#[test]
fn a_drain_without_stages_ends_when_all_is_done() {
    let scenario = echo("10m", "workers = 8\nservice_time = { constant = \"0s\" }", "preload = 1500");
    let (json, table) = report_of(&scenario, &[]);
    assert!(json.number("/run/measured_seconds") < 60.0);
    assert_eq!(json.count("/jobs/completed"), 1_500);
    assert_eq!(table.count("SELECT count(*) FROM clearance.provisioner_jobs WHERE error IS NULL"), 1_500);
    assert_eq!(json.count("/notifications/sent"), 0);
    // Nobody announced them: the first clearance found them, and each that found one led to the next.
    assert_eq!(json.count("/wakeups/posting/clearances"), 0);
    assert_eq!(json.count("/rescued_by_backup_poll"), 0);
    assert_eq!(json.count("/latency_us/queue_wait/count"), 1_500);
}

#[test]
fn workers_whose_patience_ends_ask_anew_and_lose_nothing() {
    let fleet = |patience: &str| format!("workers = 1\nservice_time = {{ constant = \"1ms\" }}\n{patience}");
    let poster = "stages = [{ for = \"1s\", rate = 4 }]\narrival = \"uniform\"";
    let (patient, _) = report_of(&echo("1500ms", &fleet(""), poster), &[]);
    let (hasty, _) = report_of(&echo("1500ms", &fleet("patience = \"50ms\""), poster), &[]);
    // The only worker of a domain that leaves and comes back makes it a new one.
    let firsts = |json: &crate::json::Json| json.count("/wakeups/first/clearances");
    assert!(firsts(&hasty) >= firsts(&patient) + 5, "{} against {}", firsts(&hasty), firsts(&patient));
    for json in [patient, hasty] {
        assert_eq!(json.count("/jobs/completed"), 4);
        assert_eq!(json.count("/jobs/canceled"), 0);
        assert_eq!(json.get("/audit/ok"), true);
    }
}

#[test]
fn the_share_of_failures_is_the_scenarios() {
    let fleet = "workers = 6\nservice_time = { constant = \"0s\" }\nfailure = 0.5";
    let (json, table) = report_of(&echo("1h", fleet, "preload = 400"), &[]);
    let failed = json.count("/jobs/failed");
    // Four standard deviations to either side.
    assert!((160..=240).contains(&failed), "{failed} of 400");
    assert_eq!(json.count("/jobs/completed") + failed, 400);
    assert_eq!(
        table.count("SELECT count(*) FROM clearance.provisioner_jobs WHERE error = 'simulated failure'"),
        failed
    );
}

#[test]
fn the_same_seed_posts_the_same_jobs() {
    let scenario = r#"
        title = "Chance"
        duration = "1500ms"
        drain = "10s"
        [[fleet]]
        name = "all"
        workers = 6
        provisioners = ["echo", "terraform"]
        tags = { size = "large" }
        service_time = { exponential = "5ms" }
        [[poster]]
        name = "some"
        stages = [{ for = "1s", rate = 60 }]
        [[poster.mix]]
        weight = 2
        provisioner = "echo"
        [[poster.mix]]
        weight = 1
        provisioner = "terraform"
        tags = { size = "large" }
    "#;
    let posted = |seed: &str| {
        let (json, table) = report_of(scenario, &["--seed", seed]);
        assert_eq!(json.count("/run/seed").to_string(), seed);
        let kinds: Vec<(String, i64)> = table
            .rows("SELECT provisioner::text, count(*) FROM clearance.provisioner_jobs GROUP BY 1 ORDER BY 1");
        (json.get("/scenario").clone(), json.count("/jobs/posted"), kinds)
    };
    let first = posted("5");
    assert!(first.1 > 20);
    assert_eq!(posted("5"), first);
    let other = posted("6");
    assert_ne!((other.1, other.2), (first.1, first.2));
}

#[test]
fn the_jobs_of_workers_that_die_are_freed_and_done_by_others() {
    let fleet = "workers = 6\nservice_time = { constant = \"2ms\" }\n\
                 crash = { share = 0.3, away = \"20ms\", lease = \"100ms\" }";
    let (json, table) = report_of(&echo("10m", fleet, "preload = 200"), &[]);
    let (crashed, freed) = (json.count("/jobs/crashed"), json.count("/jobs/freed"));
    // 200 jobs take 286 tries in the mean; four standard deviations to either side.
    assert!((45..=130).contains(&crashed), "{crashed} died");
    assert_eq!(freed, crashed);
    assert_eq!(json.count("/jobs/orphaned_at_end"), 0);
    assert_eq!(json.count("/jobs/acquired"), 200);
    assert_eq!(json.count("/jobs/completed"), 200);
    assert_eq!(json.get("/audit/ok"), true);
    assert_eq!(table.count("SELECT count(*) FROM clearance.provisioner_jobs WHERE completed_at IS NULL"), 0);
    // Each is announced when it is freed, and nothing waits for the poll.
    assert_eq!(json.count("/notifications/sent"), freed);
    assert_eq!(json.count("/rescued_by_backup_poll"), 0);
}

#[test]
fn a_job_whose_lease_outlasts_the_run_is_orphaned_and_not_stranded() {
    let fleet = "workers = 3\nservice_time = { constant = \"10ms\" }\n\
                 crash = { share = 1, away = \"1h\", lease = \"1h\" }";
    let (json, table) =
        report_of(&echo("1s", fleet, "preload = 5").replace("drain = \"20s\"", "drain = \"300ms\""), &[]);
    assert_eq!(json.count("/jobs/crashed"), 3, "each worker once");
    assert_eq!(json.count("/jobs/orphaned_at_end"), 3);
    assert_eq!(json.count("/jobs/running_at_end"), 3);
    assert_eq!(json.count("/jobs/queued_at_end"), 2);
    assert_eq!(json.count("/jobs/completed"), 0);
    assert_eq!(json.get("/audit/ok"), true);
    assert_eq!(
        table.count(
            "SELECT count(*) FROM clearance.provisioner_jobs
             WHERE started_at IS NOT NULL AND completed_at IS NULL"
        ),
        3
    );
}
