//! What the histograms of a run say, held against arithmetic.

use std::time::Duration;

use super::{Loop, Script, run};
use crate::report::{LatencySummary, Report};

const SERVICE_MS: f64 = 5.0;
const DURATION_S: f64 = 20.0;
const RATE: f64 = 100.0;
const STALL_S: (f64, f64) = (8.0, 11.0);

/// A hundred jobs a second, ten milliseconds apart, far more workers than they need.
fn steady(warmup: &str) -> String {
    format!(
        "title = \"steady\"\nduration = \"{DURATION_S}s\"\nwarmup = \"{warmup}\"\ndrain = \"10s\"\nseed = 7\n\
        replicas = 1\nbackup_poll = \"30s\"\n\n\
        [[fleet]]\nname = \"workers\"\nworkers = 500\nprovisioners = [\"echo\"]\n\
        service_time = {{ constant = \"{SERVICE_MS}ms\" }}\n\n\
        [[poster]]\nname = \"jobs\"\narrival = \"uniform\"\n\
        stages = [{{ for = \"{DURATION_S}s\", rate = {RATE} }}]\n[[poster.mix]]\nprovisioner = \"echo\"\n"
    )
}

fn stalled() -> Script {
    let at = |seconds| Duration::from_secs_f64(seconds);
    Script { stall: Some((at(STALL_S.0), at(STALL_S.1))), ..Script::default() }
}

/// The response time at a quantile, in milliseconds, of jobs that come evenly while nobody is served from the stall's
/// beginning to its end: a job that comes in it waits for what is left of it. A share `stalled` of all come in it, and
/// what is left is spread evenly from nothing to the whole of it.
fn response_ms(quantile: f64, measured_s: f64) -> f64 {
    let length = STALL_S.1 - STALL_S.0;
    let stalled = length / measured_s;
    SERVICE_MS + ((quantile - (1.0 - stalled)) / stalled).max(0.0) * length * 1_000.0
}

const QUANTILES: [f64; 7] = [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999];

/// The quantiles at which a run's response time isn't what arithmetic says: by more than one arrival, three ticks of
/// the timers (the arrival's, the start's and the end's of its service), and the histogram's third digit.
fn wrong(response: &LatencySummary, measured_s: f64) -> Vec<f64> {
    let histogram = response.decode().unwrap();
    let is_wrong = |quantile: &f64| {
        let (expected, told) =
            (response_ms(*quantile, measured_s), histogram.value_at_quantile(*quantile) as f64 / 1_000.0);
        (told - expected).abs() > 1_000.0 / RATE + 3.0 + expected / 1_000.0
    };
    QUANTILES.into_iter().filter(is_wrong).collect()
}

fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

#[tokio::test(start_paused = true)]
async fn a_stall_of_the_database_shows_in_the_response_time_as_arithmetic_says() {
    let report = run(&steady("0s"), stalled(), Loop::Open).await;
    let latency = &report.latency_us;
    assert_eq!(latency.response.count, (DURATION_S * RATE) as u64);
    assert_eq!(wrong(&latency.response, DURATION_S), [0.0; 0], "{:?}", latency.response);
    // The other clock starts at the commit, which came when the stall was over.
    assert!(ms(latency.queue_wait.max) < 5.0, "{:?}", latency.queue_wait);
    // A posting that waits for the database has begun in time: the load generator kept its schedule.
    assert!(ms(latency.post_lag.max) <= 1.1, "{:?}", latency.post_lag);
    assert!((report.generator.achieved_ratio - 1.0).abs() < f64::EPSILON, "{:?}", report.generator);
    assert!(report.run.valid, "{:?}", report.run.invalid_reasons);
}

#[tokio::test(start_paused = true)]
async fn a_closed_loop_understates_the_same_stall_and_is_caught() {
    let report = run(&steady("0s"), stalled(), Loop::Closed).await;
    let response = &report.latency_us.response;
    // It posted nothing while it waited, so that two jobs in 1,700 know of the stall (the one that it was posting, and
    // the one that was being finished) instead of 300 in 2,000.
    assert!(ms(response.p99) < 10.0 && ms(response.max) > 2_900.0, "{response:?}");
    assert!(response_ms(0.99, DURATION_S) > 2_700.0);
    assert_eq!(wrong(response, DURATION_S), [0.9, 0.95, 0.98, 0.99]);
    // And the report says so without being told what to expect.
    let share = 1.0 - (STALL_S.1 - STALL_S.0) / DURATION_S;
    assert!((report.generator.achieved_ratio - share).abs() < 0.01, "{:?}", report.generator);
    assert!(!report.run.valid);
    assert!(report.run.invalid_reasons[0].contains("of the planned jobs were posted"));
    assert_eq!(report.exit_code(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_was_to_be_posted_in_the_warm_up_is_in_no_histogram() {
    let report = run(&steady("11s"), stalled(), Loop::Open).await;
    let latency = &report.latency_us;
    assert_eq!(latency.response.count, ((DURATION_S - STALL_S.1) * RATE) as u64);
    for (stage, most_ms) in [(&latency.response, SERVICE_MS + 3.0), (&latency.queue_wait, 1.1)] {
        assert!(ms(stage.max) <= most_ms, "{stage:?}");
    }
    // A stall that begins after it is there in full.
    let report = run(&steady("5s"), stalled(), Loop::Open).await;
    assert_eq!(wrong(&report.latency_us.response, DURATION_S - 5.0), [0.0; 0]);
}

#[tokio::test(start_paused = true)]
async fn every_stage_of_a_job_takes_what_the_script_says() {
    let script = Script {
        insert: Duration::from_millis(7),
        query: Duration::from_millis(20),
        finish: Duration::from_millis(11),
        ..Script::default()
    };
    // One at a time: ten jobs a second, so that no stage waits for another job.
    let toml = steady("0s").replace(&format!("rate = {RATE}"), "rate = 10");
    let report = run(&toml, script, Loop::Open).await;
    let latency = &report.latency_us;
    let service = SERVICE_MS + 11.0;
    for (name, stage, expected) in [
        ("post_lag", &latency.post_lag, 0.0),
        ("notify", &latency.notify, 0.0),
        ("clearance", &latency.clearance, 0.0),
        ("query", &latency.query, 20.0),
        ("handover", &latency.handover, 0.0),
        ("queue_wait", &latency.queue_wait, 20.0),
        ("service", &latency.service, service),
        ("response", &latency.response, 7.0 + 20.0 + service),
    ] {
        assert_eq!(stage.count, (DURATION_S * 10.0) as u64, "{name}");
        for told in [stage.min, stage.p50, stage.p999, stage.max] {
            // A tick for each sleep that the stage is made of.
            assert!(
                (-0.1..=4.1).contains(&(ms(told) - expected)),
                "{name}: {told} µs where {expected} ms is due"
            );
        }
    }
    assert_slowest(&report, service);
}

/// The slowest jobs tell their stages one by one.
fn assert_slowest(report: &Report, service_ms: f64) {
    assert_eq!(report.slowest_jobs.len(), 10);
    let job = &report.slowest_jobs[0];
    assert_eq!(
        (job.cause.as_str(), job.root_cause.as_str(), job.wakeup_lost.as_ref()),
        ("posting", "posting", None)
    );
    assert_eq!(job.domain, "echo");
    for (told, expected) in [
        (job.query_us, 20.0),
        (job.queue_wait_us, 20.0),
        (job.service_us, service_ms),
        (job.notify_us.unwrap(), 0.0),
        (job.handover_us.unwrap(), 0.0),
    ] {
        assert!((-0.1..=4.1).contains(&(ms(told) - expected)), "{job:?}");
    }
}
