use std::collections::BTreeSet;

use acquirer::job::Tags;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use uuid::Uuid;

use super::super::tests::fixed;
use super::super::{
    Audit, ByCause, ByStage, Jobs, LatencySummary, ObservedDatabase, Queries, Rates, TimelineSecond,
};
use super::*;
use crate::observe::DatabaseSample;
use crate::scenario::{Overrides, Scenario, Source};

fn parsed(page: &str) -> Html {
    let page = Html::parse_document(page);
    assert_eq!(page.errors, Vec::<String>::new());
    page
}

fn all<'p>(page: &'p Html, selector: &str) -> Vec<ElementRef<'p>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>()
}

/// A report's page, with what every page must be.
fn sound(report: &Report) -> Html {
    let source = render(report);
    for forbidden in ["http:", "https:", "src=", "href=", "url(", "@import", "NaN", "inf%", "infs"] {
        assert!(!source.contains(forbidden), "{forbidden}");
    }
    let page = parsed(&source);
    let ids: Vec<_> = all(&page, "[id]").into_iter().filter_map(|element| element.attr("id")).collect();
    let distinct: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "{ids:?}");
    for element in all(&page, "[aria-labelledby]") {
        for id in element.attr("aria-labelledby").unwrap().split(' ') {
            assert!(distinct.contains(id), "{id} labels something and isn't there");
        }
    }
    assert_eq!(all(&page, "h1").len(), 1);
    for svg in all(&page, "svg[role=img]") {
        let [title, description] =
            ["title", "desc"].map(|name| svg.select(&Selector::parse(name).unwrap()).next());
        assert!(!text(title.unwrap()).is_empty() && !text(description.unwrap()).is_empty());
    }
    for table in all(&page, "table") {
        assert!(table.select(&Selector::parse("caption").unwrap()).next().is_some());
    }
    page
}

/// A report of a run that lasted so long, with a fault in every minute.
fn lasting(seconds: u64) -> Report {
    let mut report = fixed();
    report.timeline = (0..seconds)
        .map(|second| TimelineSecond {
            second,
            posted: 1_990 + second * 7 % 23,
            acquired: 1_980 + second * 11 % 31,
            completed: 1_970 + second * 13 % 37,
            rescued: second % 60 / 50,
            wakeups_lost: 0,
            backlog: second * 17 % 4_001,
            queries: 2_500 + second % 100,
            empty: 300 + second % 50,
            queue_wait_p50_us: 900 + second % 100,
            queue_wait_p99_us: 9_000 + second * 101 % 90_001,
            queue_wait_log2: (0..22).map(|row| (second * 31 + row * 7) % 5).collect(),
            faults: if second % 60 > 50 { vec!["drop_notifications".to_owned()] } else { Vec::new() },
        })
        .collect();
    let sample = report.database.series[0].clone();
    report.database.series = (0..seconds)
        .map(|second| DatabaseSample { second, dead_tuples: Some(second * 19 % 5_003), ..sample.clone() })
        .collect();
    report
}

#[test]
fn the_top_says_in_five_seconds_what_it_came_to() {
    let page = sound(&fixed());
    let lines = all(&page, "header p, header h1, header h2, header li").into_iter().map(text);
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_figure_is_the_reports() {
    let mut report = fixed();
    report.assertions = vec!["queue_wait.p99 < 250ms", "rescued_by_backup_poll == 0"]
        .into_iter()
        .map(|expression| expression.parse::<crate::assert::Expression>().unwrap().evaluate(&report))
        .collect();
    let json = serde_json::to_value(&report).unwrap();
    let page = sound(&report);
    let figures = all(&page, "data");
    assert!(figures.len() > 200, "{}", figures.len());
    for figure in figures {
        let path = figure.attr("title").unwrap();
        let pointer = format!("/{}", path.replace('.', "/"));
        let expected = json.pointer(&pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {path}"));
        let value: f64 = figure.attr("value").unwrap().parse().unwrap();
        assert!((value - expected).abs() <= expected.abs() * 1e-12, "{path}: {value} instead of {expected}");
        let shown = shown(path, &text(figure));
        assert!(
            (shown - expected).abs() <= expected.abs() * 0.006 + 0.051,
            "{path}: {shown} instead of {expected}"
        );
    }
}

/// The number that a figure's text stands for, in the report's unit: microseconds, or seconds where the key says so.
fn shown(path: &str, text: &str) -> f64 {
    let text = text.trim_start_matches("it was ").replace(',', "");
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
    let number: f64 =
        text[..digits].parse().unwrap_or_else(|_| panic!("{path}: {text:?} begins with no number"));
    match text[digits..].trim() {
        "" | "µs" | "B" => number,
        "%" => number / 100.0,
        "s" if path.ends_with("seconds") => number,
        "ms" | "kB" => number * 1e3,
        "s" | "MB" => number * 1e6,
        "GB" => number * 1e9,
        other => panic!("{path}: unknown unit {other:?} in {text:?}"),
    }
}

#[test]
fn what_people_write_stays_text() {
    let hostile = "</title></script></style><script>alert(1)</script><img onerror=alert(1)>\"'&";
    let mut report = fixed();
    report.scenario.title = hostile.to_owned();
    report.scenario.watch = hostile.to_owned();
    report.scenario.notes = vec![hostile.to_owned()];
    report.scenario.fleets[0].name = hostile.to_owned();
    report.domains[0].key = hostile.to_owned();
    report.timeline[1].faults = vec![hostile.to_owned()];
    report.policy.name = hostile.to_owned();
    report.slowest_jobs[0].domain = hostile.to_owned();
    report.slowest_jobs[0].wakeup_lost = Some(hostile.to_owned());
    report.wakeups_lost.by_posting[0].tags = Tags::from_pairs([(hostile, hostile)]).unwrap();
    report.environment.postgres_version = hostile.to_owned();
    report.environment.database = hostile.to_owned();
    report.environment.durability = hostile.to_owned();
    report.environment.os = hostile.to_owned();
    report.database.missing = vec![hostile.to_owned()];
    for sample in &mut report.database.series {
        sample.waits.insert(hostile.to_owned(), 3);
        sample.connections.insert(hostile.to_owned(), 3);
    }
    report.tool.name = hostile.to_owned();
    report.run.invalid_reasons = vec![hostile.to_owned()];
    let page = sound(&report);
    assert_eq!(all(&page, "script").len(), all(&sound(&fixed()), "script").len());
    assert!(all(&page, "img").is_empty());
    assert_eq!(text(all(&page, "h1")[0]), hostile);
    let moments = text(all(&page, "script.moments")[0]);
    assert!(serde_json::from_str::<Vec<String>>(&moments).unwrap()[1].ends_with(hostile), "{moments}");
}

#[test]
fn a_run_without_jobs_has_a_page() {
    let mut report = fixed();
    report.jobs = Jobs::default();
    report.rates = Rates::default();
    report.queries = Queries::default();
    report.latency_us = ByStage::from_fn(|_| LatencySummary::default());
    report.latency_by_cause_us = ByCause::default();
    report.wakeups = ByCause::default();
    report.rescued_by_backup_poll = 0;
    report.domains.clear();
    report.timeline.clear();
    let page = sound(&report);
    assert_eq!(text(all(&page, ".finding")[0]), "No job was posted, so there is nothing to judge.");
    assert!(text(all(&page, "main")[0]).contains("No worker came to wait."));
}

#[test]
fn verdicts_are_told_in_words_and_signs() {
    let told = |change: fn(&mut Report)| {
        let mut report = fixed();
        change(&mut report);
        let page = sound(&report);
        let lines = all(&page, ".verdict, .reasons li").into_iter().map(text);
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told(|_| {}), "✓ HELD: every job is accounted for");
    assert_eq!(told(|report| report.run.interrupted = true), "◐ INTERRUPTED: a partial summary, no verdict");
    let invalid = told(|report| {
        report.run.valid = false;
        report.run.invalid_reasons = vec!["only 80 % of the planned jobs were posted".to_owned()];
    });
    assert_eq!(
        invalid,
        "⚠ INVALID: the generator did not keep its schedule\nonly 80 % of the planned jobs were posted"
    );
    let failed = told(|report| {
        let lost = (1..=30).map(Uuid::from_u128).collect();
        report.audit = Audit { ok: false, lost, stranded: vec![Uuid::from_u128(99)], ..Audit::default() };
    });
    assert_eq!(failed, "✗ AUDIT FAILED: 30 lost, 0 doubled, 1 stranded");
}

#[test]
fn jobs_that_the_audit_misses_are_named_up_to_a_bound() {
    let mut report = fixed();
    report.audit = Audit { ok: false, lost: (1..=30).map(Uuid::from_u128).collect(), ..Audit::default() };
    let page = sound(&report);
    let ids: Vec<_> = all(&page, ".ids li").into_iter().map(text).collect();
    assert_eq!(ids.len(), 21);
    assert_eq!(ids[0], "00000000-0000-0000-0000-000000000001");
    assert_eq!(ids[20], "and 10 more, all in the JSON report");
}

#[test]
fn a_page_is_small_however_long_the_run() {
    for seconds in [3_600, 20_000] {
        let mut report = lasting(seconds);
        let domain = report.domains[0].clone();
        report.domains.resize(10_000, domain);
        sound(&report);
        let size = render(&report).len();
        assert!(size < 1_000_000, "{seconds} s take {size} bytes");
    }
}

#[test]
fn the_highest_second_of_a_long_run_is_drawn() {
    let mut report = lasting(3_600);
    let calm = render(&report);
    report.timeline[2_003].backlog = 2_000_000;
    let page = sound(&report);
    let scale: Vec<_> = all(&page, ".scale span").into_iter().map(text).collect();
    assert!(scale.contains(&"2,000,000".to_owned()), "{scale:?}");
    let line = all(&page, "path.line.backlog")[0].attr("d").unwrap();
    // A quarter of the way up is where nothing but the spike reaches.
    let axis = TimeAxis::of(&report);
    assert!(line.contains(&format!("L{:.1} 0L", axis.x(2_003.5))), "{line}");
    assert!(!calm.contains("2,000,000"));
}

#[test]
fn a_fault_is_a_named_band_on_every_chart_over_time() {
    let page = sound(&fixed());
    let names: Vec<_> = all(&page, ".faults b").into_iter().map(text).collect();
    assert_eq!(names, ["drop_notifications 0:01–0:02"; 2]);
    assert_eq!(names_of_charts(&page, "flow").len(), 6);
    let charts = all(&page, ".stack .ink > svg").len();
    assert_eq!(all(&page, ".stack .ink > svg rect.fault").len(), charts);
}

#[test]
fn what_is_known_of_the_jobs_that_waited_longest_is_told() {
    let page = sound(&fixed());
    let tables = all(&page, "table");
    let slowest =
        tables.into_iter().map(text).find(|table| table.starts_with("The jobs that waited longest"));
    let slowest = slowest.unwrap();
    let known = ["terraform on replica 1", "6.95 s", "backup poll", "✗ swallowed", "610 µs", "7.07 s"];
    assert!(known.iter().all(|words| slowest.contains(words)), "{slowest}");
}

fn names_of_charts(page: &Html, section: &str) -> Vec<String> {
    let names = all(page, &format!("section[aria-labelledby={section}] .stack figcaption .name"));
    names.into_iter().map(text).collect()
}

#[test]
fn what_was_seen_of_the_database_is_drawn_and_the_rest_is_said() {
    let mut report = fixed();
    let page = sound(&report);
    assert_eq!(names_of_charts(&page, "database").len(), 8);
    let section = |page: &Html| text(all(page, "section[aria-labelledby=database]")[0]);
    assert!(section(&page).contains("Not seen: what other roles' connections do"));
    for sample in &mut report.database.series {
        sample.statements.clear();
        sample.wal_bytes = None;
        sample.notify_lock_waiters = None;
    }
    let fewer = names_of_charts(&sound(&report), "database");
    assert_eq!(fewer.len(), 5);
    assert!(!fewer.iter().any(|name| name.contains("mean time") || name.contains("log")), "{fewer:?}");
    report.database = ObservedDatabase::default();
    assert!(section(&sound(&report)).contains("Nobody looked at the database"));
}

#[test]
fn waits_that_are_rare_are_one_line() {
    let mut report = fixed();
    for sample in &mut report.database.series {
        sample.waits = (1..=9).map(|rank| (format!("IO:event {rank}"), 10 - rank)).collect();
    }
    let page = sound(&report);
    let legend = all(&page, "section[aria-labelledby=database] .stack figure:first-of-type .legend li");
    let names: Vec<_> = legend.into_iter().map(text).collect();
    assert_eq!(names, ["IO:event 1", "IO:event 2", "IO:event 3", "IO:event 4", "IO:event 5", "4 others"]);
    let others = all(&page, "path.line.tone-6")[1].attr("d").unwrap();
    // 4 + 3 + 2 + 1 of 10: the top of the scale.
    assert!(others.starts_with('M') && others.contains(" 0"), "{others}");
}

#[test]
fn the_settled_scenario_can_be_run_again() {
    let report = fixed();
    let page = sound(&report);
    let source = Source { name: "page".to_owned(), text: text(all(&page, "pre")[0]) };
    let scenario = Scenario::resolve(&source, &Overrides::default()).unwrap();
    assert_eq!(scenario, Scenario { notes: scenario.notes.clone(), ..report.scenario });
}
