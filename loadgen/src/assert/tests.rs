use std::time::Duration;

use hdrhistogram::Histogram;

use super::*;
use crate::report::{
    Assertion, Audit, ByCause, CauseLatency, Domain, Jobs, LatencySummary, Rates, Report, Run,
    TimelineSecond, Wakeups,
};

/// Microseconds from 1 to 100,000 in steps of ten: every percentile is known.
fn known() -> LatencySummary {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
    for index in 1..=10_000_u64 {
        histogram.record(index * 10).unwrap();
    }
    LatencySummary::of(&histogram)
}

fn second(second: u64, backlog: u64, acquired: u64) -> TimelineSecond {
    TimelineSecond {
        second,
        backlog,
        acquired,
        queue_wait_p99_us: acquired * 100,
        ..TimelineSecond::default()
    }
}

fn report() -> Report {
    let mut report = Report {
        run: Run { measured_seconds: 3.0, warmup_seconds: 1.0, valid: true, ..Run::default() },
        jobs: Jobs { posted: 100, acquired: 99, completed: 90, failed: 3, ..Jobs::default() },
        rates: Rates { target_post: 200.0, acquired: 190.5, ..Rates::default() },
        wakeups: ByCause { backup_poll: Wakeups { found: 4, ..Wakeups::default() }, ..ByCause::default() },
        latency_by_cause_us: ByCause { posting: CauseLatency { queue_wait: known() }, ..ByCause::default() },
        domains: vec![Domain { rescued: 2, ..Domain::default() }, Domain { rescued: 5, ..Domain::default() }],
        timeline: vec![
            second(0, 900, 5),
            second(1, 20, 7),
            second(2, 10, 0),
            second(3, 15, 9),
            second(4, 800, 1),
        ],
        audit: Audit { ok: true, ..Audit::default() },
        ..Report::default()
    };
    report.latency_us.queue_wait = known();
    report.queries.acquire.per_job = 1.15;
    report.generator.achieved_ratio = 0.995;
    report
}

fn judged(text: &str) -> Assertion {
    text.parse::<Expression>().unwrap_or_else(|error| panic!("{text}: {error}")).evaluate(&report())
}

#[test]
fn every_kind_of_figure_is_judged_by_its_path() {
    for (text, value, held) in [
        ("queue_wait.p99 < 250ms", 99_007.0, true),
        ("queue_wait.p99 < 99ms", 99_007.0, false),
        ("latency_us.queue_wait.p99<=0.1s", 99_007.0, true),
        ("queue_wait.p50 >= 50ms", 50_015.0, true),
        ("queue_wait.max <= 100096us", 100_031.0, true),
        ("queue_wait.count == 10000", 10_000.0, true),
        ("posting.queue_wait.p90 < 1m", 90_047.0, true),
        ("latency_by_cause_us.posting.queue_wait.count > 1e4", 10_000.0, false),
        ("rescued_by_backup_poll == 0", 0.0, true),
        ("wakeups.backup_poll.found != 4", 4.0, false),
        ("jobs.failed <= 3", 3.0, true),
        ("queries.acquire.per_job <= 1.2", 1.15, true),
        ("rates.acquired >= 190/s", 190.5, true),
        ("rates.acquired >= 190", 190.5, true),
        ("rates.acquired > 12000/m", 190.5, false),
        ("generator.achieved_ratio > 0.99", 0.995, true),
        ("generator.achieved_ratio > 99.6%", 0.995, false),
        ("run.measured_seconds >= 3s", 3.0, true),
        ("audit.ok", 1.0, true),
        ("!audit.ok", 1.0, false),
        ("audit.ok == false", 1.0, false),
        ("run.interrupted != true", 0.0, true),
        ("audit.lost.count == 0", 0.0, true),
        ("domains.count == 2", 2.0, true),
        ("domains.rescued.max < 5", 5.0, false),
        ("domains.rescued.sum == 7", 7.0, true),
        // Warm-up and drain are no part of it.
        ("timeline.backlog.max < 100", 20.0, true),
        ("timeline.backlog.last < 100", 15.0, true),
        ("timeline.acquired.sum == 16", 16.0, true),
        // A second without jobs has no percentile.
        ("timeline.queue_wait_p99_us.min > 500us", 700.0, true),
    ] {
        let Assertion { expression, value: found, held: verdict } = judged(text);
        assert_eq!((expression.as_str(), found, verdict), (text, Some(value), held), "{text}");
    }
}

#[test]
fn percentiles_that_the_report_does_not_name_come_from_the_histogram() {
    let histogram = known().decode().unwrap();
    for (name, quantile) in [
        ("p95", 0.95),
        ("p75", 0.75),
        ("p99.9", 0.999),
        ("p999", 0.999),
        ("p9999", 0.9999),
        ("p99.99", 0.9999),
        ("p5", 0.05),
        ("p100", 1.0),
        ("p0", 0.0),
    ] {
        let expected = histogram.value_at_quantile(quantile) as f64;
        assert_eq!(judged(&format!("queue_wait.{name} >= 0us")).value, Some(expected), "{name}");
    }
}

#[test]
fn what_was_not_observed_holds_nothing() {
    let mut nothing = report();
    nothing.jobs = Jobs::default();
    nothing.rates = Rates::default();
    nothing.run.measured_seconds = 0.0;
    nothing.timeline.clear();
    for text in [
        "response.p99 < 1h",
        "response.p95 < 1h",
        "response.mean >= 0s",
        "first.queue_wait.max < 1h",
        "queries.acquire.per_job <= 1.2",
        "rates.acquired <= 1000/s",
        "generator.achieved_ratio > 0.5",
        "generator.schedule_lag_p99_us < 1s",
        "timeline.backlog.max < 1000",
    ] {
        let assertion = text.parse::<Expression>().unwrap().evaluate(&nothing);
        assert_eq!((assertion.value, assertion.held), (None, false), "{text}");
        assert_eq!(assertion.value_in_words(), "there were no observations");
    }
    // None is a number that can be counted.
    assert!("response.count == 0".parse::<Expression>().unwrap().evaluate(&nothing).held);
    assert!("jobs.failed == 0".parse::<Expression>().unwrap().evaluate(&nothing).held);
}

#[test]
fn values_are_shown_in_their_unit() {
    for (text, words) in [
        ("queue_wait.p99 < 250ms", "it was 99.0 ms"),
        ("rates.acquired >= 190/s", "it was 190.5 per second"),
        ("generator.achieved_ratio > 0.99", "it was 99.5%"),
        ("queries.acquire.per_job <= 1.2", "it was 1.15"),
        ("audit.ok", "it was true"),
        ("run.measured_seconds > 1s", "it was 3 s"),
    ] {
        assert_eq!(judged(text).value_in_words(), words, "{text}");
    }
}

#[test]
fn mistakes_are_told_with_their_place_and_the_nearest_right_word() {
    let mistakes = [
        "queue_wiat.p99 < 250ms",
        "queue_wiat.p95 < 250ms",
        "queue_wait < 250ms",
        "queries.acquire < 5",
        "rescued == 0",
        "bananas == 0",
        "environment.durability == safe",
        "queue_wait.p99 < 250",
        "queue_wait.p99 < 250/s",
        "queue_wait.p101.5 < 1s",
        "jobs.failed < 5ms",
        "rates.acquired > 190ms",
        "rates.acquired > 190/week",
        "queries.acquire.per_job <= 120%",
        "generator.achieved_ratio > most",
        "audit.ok < 1",
        "audit.ok == 1",
        "!jobs.failed",
        "!audit.ok == true",
        "jobs.failed",
        "jobs.failed ==",
        "jobs.failed = 0",
        "jobs.failed => 0",
        "jobs.failed is 0",
        "jobs.failed == 0 && audit.ok",
        "0 == jobs.failed",
        "  jobs.faild  ==  0  ",
        "",
    ];
    let said: Vec<String> = mistakes
        .iter()
        .map(|text| format!("{:?}\n{}", text, text.parse::<Expression>().unwrap_err()))
        .collect();
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn an_expression_is_written_as_it_was_read() {
    let text = "queue_wait.p99   <250ms";
    let expression: Expression = format!("  {text} ").parse().unwrap();
    assert_eq!(expression.to_string(), text);
    assert_eq!(expression.path(), "latency_us.queue_wait.p99");
    assert_eq!((expression.comparison(), expression.unit()), (Comparison::Less, Unit::Microseconds));
    assert!((expression.limit() - Duration::from_millis(250).as_micros() as f64).abs() < f64::EPSILON);
    let json = serde_json::to_string(&expression).unwrap();
    assert_eq!(serde_json::from_str::<Expression>(&json).unwrap(), expression);
    assert!(serde_json::from_str::<Expression>("\"queue_wait\"").is_err());
}

#[test]
fn several_are_judged_together_as_they_are_alone() {
    let texts = ["audit.ok", "jobs.failed == 0", "queue_wait.p95 < 1s"];
    let expressions: Vec<Expression> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let together = Expression::evaluate_all(&expressions, &report());
    assert_eq!(together, texts.map(judged));
}
