//! A run from its file to its report, held against the table by SQL.

use crate::clearance::{Desk, Said, clearance, outcome};
use crate::json::Json;
use crate::server::{self, TestDatabase};

/// Jobs of every fate: done, failed, left running with a slow worker, left queued behind it, and queued
/// because nobody accepts them.
const DAY: &str = r#"
title = "A short day"
duration = "3s"
warmup = "500ms"
drain = "1500ms"
seed = 7
replicas = 2
backup_poll = "20s"

[[fleet]]
name = "on-prem"
workers = 8
provisioners = ["terraform"]
tags = { environment = "on-prem", datacenter = "chicago" }
service_time = { lognormal = { median = "10ms", p99 = "60ms" } }
failure = 0.25

[[fleet]]
name = "echo"
workers = 4
provisioners = ["echo"]
service_time = { constant = "5ms" }

[[fleet]]
name = "slow"
workers = 1
provisioners = ["terraform"]
tags = { speed = "slow" }
service_time = { constant = "1m" }

[[poster]]
name = "builds"
stages = [{ for = "1s", rate = 30 }, { for = "1s", from = 30, to = 60 }]
[[poster.mix]]
weight = 1
provisioner = "terraform"
tags = { environment = "on-prem" }

[[poster]]
name = "nobodys"
stages = [{ for = "2s", rate = 12 }]
arrival = "uniform"
batch = 4
[[poster.mix]]
weight = 1
provisioner = "terraform"
tags = { environment = "nowhere" }

[[poster]]
name = "echoes"
stages = [{ for = "2s", rate = 25 }]
arrival = "uniform"
batch = 5
preload = 12
announce = "in_transaction"
[[poster.mix]]
weight = 1
provisioner = "echo"

[[poster]]
name = "slow"
stages = [{ for = "1s", rate = 3 }]
arrival = "uniform"
[[poster.mix]]
weight = 1
provisioner = "terraform"
tags = { speed = "slow" }
"#;

/// Every key of the contract that a run without assertions has, as a pointer into the report.
const KEYS: &str = "
    schema_version tool/name tool/version
    scenario/title scenario/duration scenario/warmup scenario/drain scenario/seed scenario/replicas
    scenario/backup_poll scenario/policy scenario/fleet scenario/poster scenario/fault
    environment/postgres_version environment/database environment/durability environment/cpus environment/os
    run/id run/seed run/started_at run/measured_seconds run/warmup_seconds run/interrupted run/valid
    run/invalid_reasons
    jobs/posted jobs/acquired jobs/completed jobs/failed jobs/canceled jobs/queued_at_end jobs/running_at_end
    rates/target_post rates/posted rates/acquired rates/completed rates/acquire_queries rates/empty_queries
    queries/acquire/total queries/acquire/found queries/acquire/empty queries/acquire/failed
    queries/acquire/per_job queries/acquire/max_in_flight_per_domain queries/observer/total
    notifications/sent notifications/suppressed notifications/received notifications/malformed
    notifications/losses_signalled
    rescued_by_backup_poll
    timeline/0/second timeline/0/posted timeline/0/acquired timeline/0/completed timeline/0/backlog
    timeline/0/queries timeline/0/empty timeline/0/queue_wait_p50_us timeline/0/queue_wait_p99_us
    timeline/0/faults
    domains/0/key domains/0/replica domains/0/provisioners domains/0/tags domains/0/workers
    domains/0/acquired domains/0/queries domains/0/empty domains/0/rescued
    audit/ok audit/lost audit/doubled audit/stranded
    assertions
    generator/schedule_lag_p99_us generator/achieved_ratio generator/events_dropped generator/cpu_seconds";

const CAUSES: [&str; 6] = ["first", "posting", "pending", "chained", "backup_poll", "recovered"];
const STAGES: [&str; 8] =
    ["post_lag", "notify", "clearance", "query", "handover", "queue_wait", "service", "response"];

struct Day {
    said: Said,
    json: Json,
    page: String,
    table: TestDatabase,
}

impl Day {
    /// One run for all the tests below, since they only look.
    fn of_all() -> &'static Self {
        static DAY_: std::sync::LazyLock<Day> = std::sync::LazyLock::new(Day::run);
        &DAY_
    }

    fn run() -> Self {
        let (desk, table) = (Desk::new(), TestDatabase::new());
        let (file, report) = (desk.write("day.toml", DAY), desk.file("out.json"));
        let url = table.url();
        let page = desk.file("out.html");
        let arguments = ["run", &file, "--headless", "--database-url", &url, "--keep", "--report", &report];
        let said = outcome(clearance(arguments.into_iter().chain(["--report", &page])));
        said.expect_code(0);
        assert_eq!(desk.names(), ["day.toml", "out.html", "out.json"]);
        Self { json: Json::read(&report), page: std::fs::read_to_string(page).unwrap(), said, table }
    }
}

#[test]
fn every_job_of_the_report_is_in_the_table() {
    let Day { json, table, .. } = Day::of_all();
    let jobs = |condition: &'static str| table.count(condition);
    assert_eq!(json.count("/jobs/posted"), jobs("SELECT count(*) FROM clearance.provisioner_jobs"));
    assert_eq!(
        json.count("/jobs/acquired"),
        jobs("SELECT count(*) FROM clearance.provisioner_jobs WHERE started_at IS NOT NULL")
    );
    assert_eq!(
        json.count("/jobs/completed"),
        jobs(
            "SELECT count(*) FROM clearance.provisioner_jobs WHERE completed_at IS NOT NULL AND error IS NULL"
        )
    );
    assert_eq!(
        json.count("/jobs/failed"),
        jobs(
            "SELECT count(*) FROM clearance.provisioner_jobs WHERE completed_at IS NOT NULL AND error IS NOT NULL"
        )
    );
    assert_eq!(
        json.count("/jobs/queued_at_end"),
        jobs(
            "SELECT count(*) FROM clearance.provisioner_jobs WHERE started_at IS NULL AND completed_at IS NULL"
        )
    );
    assert_eq!(
        json.count("/jobs/running_at_end"),
        jobs(
            "SELECT count(*) FROM clearance.provisioner_jobs WHERE started_at IS NOT NULL AND completed_at IS NULL"
        )
    );
    assert_eq!(
        json.count("/jobs/canceled"),
        jobs("SELECT count(*) FROM clearance.provisioner_jobs WHERE canceled_at IS NOT NULL")
    );
    let nobodys =
        jobs(r#"SELECT count(*) FROM clearance.provisioner_jobs WHERE tags = '{"environment": "nowhere"}'"#);
    assert_eq!(nobodys, 24);
    // Of three slow jobs the one worker has one.
    assert_eq!(json.count("/jobs/queued_at_end"), nobodys + 2);
    assert_eq!(json.count("/jobs/running_at_end"), 1);
    let (completed, failed) = (json.count("/jobs/completed"), json.count("/jobs/failed"));
    assert!(failed > 0 && completed > failed, "{completed} completed, {failed} failed");
    assert_eq!(json.count("/jobs/acquired"), completed + failed + 1);
}

#[test]
fn the_plan_is_carried_out_to_the_job() {
    let Day { json, table, .. } = Day::of_all();
    assert_eq!(json.get("/generator/achieved_ratio"), 1.0);
    assert_eq!(json.get("/run/valid"), true);
    assert_eq!(json.list("/run/invalid_reasons").len(), 0);
    // 12 queued before, and ten batches of five.
    assert_eq!(table.count("SELECT count(*) FROM clearance.provisioner_jobs WHERE provisioner = 'echo'"), 62);
    assert_eq!(
        table.count(r#"SELECT count(*) FROM clearance.provisioner_jobs WHERE tags = '{"speed": "slow"}'"#),
        3
    );
}

#[test]
fn the_page_has_the_figures_of_the_json() {
    let Day { json, page, .. } = Day::of_all();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<h1>A short day</h1>"));
    for key in ["jobs.posted", "jobs.acquired", "jobs.queued_at_end", "latency_us.queue_wait.p99"] {
        let value = json.count(&format!("/{}", key.replace('.', "/")));
        assert!(page.contains(&format!(r#"<data value="{value}" title="{key}">"#)), "{key} is {value}");
    }
}

#[test]
fn a_batch_is_one_transaction() {
    let Day { table, .. } = Day::of_all();
    // Nobody has touched these since, so that they still bear the number of the transaction that made them.
    let batches: Vec<(i64,)> = table.rows(
        r#"SELECT count(*) FROM clearance.provisioner_jobs WHERE tags = '{"environment": "nowhere"}'
           GROUP BY xmin::text"#,
    );
    let sizes: Vec<i64> = batches.into_iter().map(|(size,)| size).collect();
    assert_eq!(sizes, [4, 4, 4, 4, 4, 4]);
}

#[test]
fn no_job_is_acquired_by_a_worker_that_does_not_accept_it() {
    let Day { table, .. } = Day::of_all();
    let (started, workers): (i64, i64) = table.ask(
        "SELECT count(*), count(DISTINCT worker_id) FROM clearance.provisioner_jobs \
         WHERE started_at IS NOT NULL",
    );
    assert!(started > 0 && workers > 1);
    // One fleet's workers never share a name with another's.
    let shared = table.count(
        "SELECT count(*) FROM (SELECT worker_id FROM clearance.provisioner_jobs \
         WHERE worker_id IS NOT NULL GROUP BY worker_id HAVING count(DISTINCT (provisioner, tags)) > 1) w",
    );
    assert_eq!(shared, 0);
}

#[test]
fn the_audit_finds_nothing_amiss() {
    let Day { json, .. } = Day::of_all();
    assert_eq!(json.get("/audit/ok"), true);
    for list in ["lost", "doubled", "stranded"] {
        assert_eq!(json.list(&format!("/audit/{list}")).len(), 0);
    }
    assert_eq!(json.count("/queries/acquire/max_in_flight_per_domain"), 1);
    assert_eq!(json.count("/generator/events_dropped"), 0);
}

#[test]
fn every_key_of_the_contract_is_there() {
    let Day { json, .. } = Day::of_all();
    let mut keys: Vec<String> = KEYS.split_whitespace().map(str::to_owned).collect();
    for cause in CAUSES {
        keys.extend(["clearances", "found", "empty", "failed"].map(|key| format!("wakeups/{cause}/{key}")));
    }
    let latencies = STAGES.map(|stage| format!("latency_us/{stage}"));
    for latency in latencies.into_iter().chain(CAUSES.map(|c| format!("latency_by_cause_us/{c}/queue_wait")))
    {
        let figures = ["count", "min", "mean", "p50", "p90", "p99", "p999", "max", "histogram"];
        keys.extend(figures.map(|figure| format!("{latency}/{figure}")));
    }
    let missing: Vec<&String> =
        keys.iter().filter(|key| json.0.pointer(&format!("/{key}")).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(json.count("/schema_version"), 1);
}

#[test]
fn the_report_says_what_ran_and_on_what() {
    let Day { json, .. } = Day::of_all();
    assert_eq!(json.text("/tool/name"), "clearance");
    assert_eq!(json.text("/tool/version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(json.text("/environment/database"), "url");
    assert_eq!(json.text("/environment/durability"), "fast");
    assert_eq!(json.text("/environment/postgres_version"), server::version());
    assert_eq!(json.text("/scenario/title"), "A short day");
    assert_eq!(json.text("/scenario/duration"), "3s");
    assert_eq!(json.list("/scenario/fleet").len(), 3);
    assert_eq!(json.list("/scenario/poster").len(), 4);
    assert_eq!(json.count("/run/seed"), 7);
    assert_eq!(json.get("/run/interrupted"), false);
    assert_eq!(json.get("/run/warmup_seconds"), 0.5);
    let notes = json.list("/scenario/notes");
    assert!(notes.iter().any(|note| note.as_str().unwrap().contains("no fleet accepts")), "{notes:?}");
}

#[test]
fn parts_add_up_to_the_whole() {
    let Day { json, .. } = Day::of_all();
    for outcome in ["found", "empty", "failed"] {
        assert_eq!(
            json.sum("/wakeups", outcome),
            json.count(&format!("/queries/acquire/{outcome}")),
            "{outcome} by cause"
        );
    }
    assert_eq!(json.count("/queries/acquire/failed"), 0);
    // Every clearance asks at most one query, and every query has a clearance.
    assert!(json.sum("/wakeups", "clearances") >= json.count("/queries/acquire/total"));
    let total = json.count("/queries/acquire/found") + json.count("/queries/acquire/empty");
    assert_eq!(json.count("/queries/acquire/total"), total);
    let per_job = total as f64 / json.count("/jobs/acquired") as f64;
    assert!((json.number("/queries/acquire/per_job") - per_job).abs() < 1e-9);

    // What was queued before the run is no event of any second.
    assert_eq!(json.sum("/timeline", "posted") + 12, json.count("/jobs/posted"));
    assert_eq!(json.sum("/timeline", "acquired"), json.count("/jobs/acquired"));
    assert_eq!(
        json.sum("/timeline", "completed"),
        json.count("/jobs/completed") + json.count("/jobs/failed")
    );
    assert_eq!(json.sum("/timeline", "queries"), total);
    assert_eq!(json.sum("/timeline", "empty"), json.count("/queries/acquire/empty"));
    let seconds: Vec<u64> = json.list("/timeline").iter().map(|s| s["second"].as_u64().unwrap()).collect();
    assert!(seconds.iter().copied().eq(0..seconds.len() as u64), "{seconds:?}");
    assert!((4..=6).contains(&seconds.len()), "3 s and a drain of 1.5 s: {seconds:?}");
    assert_eq!(json.list("/timeline").last().unwrap()["backlog"], json.count("/jobs/queued_at_end"));

    assert_eq!(json.sum("/domains", "acquired"), json.count("/jobs/acquired"));
    assert_eq!(json.sum("/domains", "queries"), total);
    assert_eq!(json.sum("/domains", "empty"), json.count("/queries/acquire/empty"));
    assert_eq!(json.sum("/domains", "rescued"), json.count("/rescued_by_backup_poll"));
    // Three fleets; the one worker of one of them is on one replica only.
    assert_eq!(json.list("/domains").len(), 5);
}

#[test]
fn latencies_are_those_of_the_histograms() {
    let Day { json, .. } = Day::of_all();
    let latencies = STAGES.map(|stage| format!("/latency_us/{stage}"));
    for latency in
        latencies.iter().cloned().chain(CAUSES.map(|c| format!("/latency_by_cause_us/{c}/queue_wait")))
    {
        let histogram = json.histogram(&latency);
        let figure = |name: &str| json.count(&format!("{latency}/{name}"));
        assert_eq!(histogram.len(), figure("count"), "{latency}");
        if histogram.is_empty() {
            continue;
        }
        for (name, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)] {
            assert_eq!(histogram.value_at_quantile(quantile), figure(name), "{latency} {name}");
        }
        assert_eq!((histogram.min(), histogram.max()), (figure("min"), figure("max")), "{latency}");
    }
    let count = |stage: &str| json.count(&format!("/latency_us/{stage}/count"));
    assert_eq!(json.sum_of_queue_waits(&CAUSES), count("queue_wait"));
    // Of the jobs intended after the warm-up: all began, those done were all acquired, and one still runs.
    assert!(count("post_lag") >= count("queue_wait"));
    assert_eq!(count("service"), count("response"));
    assert!(
        count("service") > 0 && count("service") < json.count("/jobs/completed") + json.count("/jobs/failed")
    );
    assert!(json.count("/latency_us/service/min") >= 1_000, "no job takes less than it was asked to");
}

#[test]
fn rates_are_those_of_the_measured_part() {
    let Day { json, .. } = Day::of_all();
    let seconds = json.number("/run/measured_seconds");
    assert!((2.5..3.5).contains(&seconds), "{seconds}");
    // All was posted within the measured part but what the warm-up took.
    let posted = json.number("/rates/posted") * seconds;
    assert!((posted - posted.round()).abs() < 1e-6, "{posted}");
    assert!(posted > 0.0 && posted < json.count("/jobs/posted") as f64 - 12.0, "{posted}");
    assert!(json.number("/rates/acquire_queries") >= json.number("/rates/empty_queries"));
}

#[test]
fn every_replica_hears_every_notification() {
    let Day { json, .. } = Day::of_all();
    assert_eq!(json.count("/notifications/suppressed"), 0);
    assert_eq!(json.count("/notifications/malformed"), 0);
    assert_eq!(json.count("/notifications/losses_signalled"), 0);
    // What is queued before the run is never announced.
    assert_eq!(json.count("/notifications/sent"), json.count("/jobs/posted") - 12);
    assert_eq!(json.count("/rescued_by_backup_poll"), 0);
    assert_eq!(json.count("/notifications/received"), 2 * json.count("/notifications/sent"));
}

#[test]
fn stdout_is_the_summary_and_stderr_the_progress() {
    let Day { said, json, .. } = Day::of_all();
    assert!(said.stdout.starts_with("HELD: every job is accounted for\n\nA short day\n"), "{said}");
    let posted = json.count("/jobs/posted");
    assert!(
        said.stdout.contains(&format!("audit       ok: {posted} jobs, none lost, doubled or stranded")),
        "{said}"
    );
    assert!(said.stdout.ends_with('\n') && !said.stdout.contains('\u{1b}'), "{said}");
    let progress: Vec<&str> = said.stderr.lines().collect();
    assert!(progress[0].starts_with("clearance: connecting to postgres at "), "{said}");
    assert!(progress[1].starts_with("clearance: using url PG "), "{said}");
    for phase in ["warm-up ", "measuring ", "draining "] {
        assert!(progress.iter().any(|line| line.starts_with(phase)), "{phase}: {said}");
    }
    assert!(progress.last().unwrap().starts_with("clearance: wrote "), "{said}");
    assert!(!said.stderr.contains('\u{1b}'), "{said}");
}

impl Json {
    fn sum_of_queue_waits(&self, causes: &[&str]) -> u64 {
        causes.iter().map(|cause| self.count(&format!("/latency_by_cause_us/{cause}/queue_wait/count"))).sum()
    }
}
