//! What is said of searches that ended in every way.

use loadgen::capacity::{Answer, Limiter, LimiterKind, SCHEMA_VERSION, Setting};
use loadgen::report::{Environment, Tool};

use super::*;

fn tally(level: f64, accepted: usize, rejected: usize) -> Tally {
    Tally { level, accepted, rejected, gave_out: 0 }
}

fn step(level: f64, outcome: Outcome, why: &str) -> Step {
    Step { is_audit_ok: true, ..Step::without_report(level, outcome, why.to_owned()) }
}

fn answer_of(holds: Option<Tally>, fails: Option<Tally>, stop: Option<Stop>) -> Answer {
    Answer { holds, fails, noisy: Vec::new(), is_repeated: true, stop }
}

fn cell(settings: &[(&str, &str)], answer: Answer, limiter: Option<LimiterKind>) -> CellFindings {
    let setting =
        |(key, value): &(&str, &str)| Setting { key: (*key).to_owned(), value: (*value).to_owned() };
    let detail = "the 8 of echo were busy 99% of the time (79.2 jobs/s × 100.0 ms)".to_owned();
    let mut steps = Vec::new();
    if let Some(fails) = answer.fails {
        let why = "queue_wait.p99 < 250ms: it was 310 ms; the backlog grows by 3.5 jobs/s (1.7 to 5.3)";
        steps.push(step(fails.level, Outcome::Rejected, why));
    }
    if let Some(Stop::Unmeasured(level)) = answer.stop {
        steps.push(step(level, Outcome::Unmeasured, "queue_wait.p99 < 250ms: there were no observations"));
    }
    CellFindings {
        settings: settings.iter().map(setting).collect(),
        start: 50.0,
        min: 1.0,
        max: 1_000.0,
        warmup_seconds: 2.0,
        answer,
        limiter: limiter.map(|kind| Limiter { kind, detail }),
        steps,
        seconds: 62.0,
    }
}

fn findings(find: Goal, cells: Vec<CellFindings>) -> Findings {
    Findings {
        schema_version: SCHEMA_VERSION,
        tool: Tool::default(),
        environment: Some(Environment {
            postgres_version: "15.18".to_owned(),
            database: "local".to_owned(),
            durability: "safe".to_owned(),
            cpus: 2,
            ..Environment::default()
        }),
        title: "Eight workers".to_owned(),
        find,
        slo: vec!["queue_wait.p99 < 250ms".to_owned(), "audit.ok".to_owned()],
        step_seconds: 10.0,
        repeat: 3,
        interrupted: false,
        cells,
    }
}

fn rate(answer: Answer, limiter: Option<LimiterKind>) -> String {
    answer_text(&findings(Goal::MaxRate, vec![cell(&[], answer, limiter)]))
}

fn answer_text(found: &Findings) -> String {
    answer(found, 100)
}

fn grid() -> Findings {
    let workers = Some(LimiterKind::Workers);
    let held = |low, high| answer_of(Some(tally(low, 3, 0)), Some(tally(high, 0, 2)), None);
    let none = answer_of(None, Some(tally(1.0, 0, 2)), None);
    findings(
        Goal::MaxRate,
        vec![
            cell(&[("replicas", "1"), ("policy", "default")], held(400.0, 420.0), workers),
            cell(
                &[("replicas", "1"), ("policy", "seed,chain=while_unaccounted")],
                held(180.0, 240.0),
                workers,
            ),
            cell(&[("replicas", "10"), ("policy", "default")], none, Some(LimiterKind::Database)),
        ],
    )
}

#[test]
fn an_interval_with_its_limiter() {
    let mut answer = answer_of(Some(tally(76.1, 3, 0)), Some(tally(84.0, 0, 2)), None);
    answer.noisy.push(tally(80.0, 2, 1));
    insta::assert_snapshot!(rate(answer, Some(LimiterKind::Workers)));
}

#[test]
fn the_fewest_workers() {
    let answer = answer_of(Some(tally(5.0, 3, 0)), Some(tally(4.0, 0, 2)), None);
    let found = findings(Goal::MinWorkers, vec![cell(&[], answer, Some(LimiterKind::Workers))]);
    insta::assert_snapshot!(answer_text(&found));
}

#[test]
fn every_other_end() {
    let held = Some(tally(400.0, 3, 0));
    let failed = Some(tally(1.0, 0, 2));
    let generator = Some(LimiterKind::Generator);
    let mut brief = answer_of(held, None, Some(Stop::Interrupted));
    brief.is_repeated = false;
    let ends = [
        rate(answer_of(held, None, None), None),
        rate(answer_of(None, failed, None), Some(LimiterKind::Unknown)),
        rate(answer_of(held, None, Some(Stop::Generator(800.0))), generator),
        rate(answer_of(None, None, Some(Stop::Generator(50.0))), generator),
        rate(answer_of(held, None, Some(Stop::Database(800.0))), Some(LimiterKind::Database)),
        rate(answer_of(None, None, Some(Stop::Unmeasured(50.0))), None),
        rate(answer_of(held, Some(tally(420.0, 2, 1)), Some(Stop::Trials)), Some(LimiterKind::Workers)),
        rate(brief, None),
    ];
    insta::assert_snapshot!(ends.join("---\n"));
}

#[test]
fn a_grid_is_a_table_and_a_chart() {
    insta::assert_snapshot!(answer_text(&grid()));
}

#[test]
fn a_grid_of_workers_charts_those_needed() {
    let answer = |needed, few| answer_of(Some(tally(needed, 3, 0)), Some(tally(few, 0, 2)), None);
    let found = findings(
        Goal::MinWorkers,
        vec![
            cell(&[("rate", "40")], answer(5.0, 4.0), None),
            cell(&[("rate", "80")], answer(9.0, 8.0), None),
        ],
    );
    insta::assert_snapshot!(chart(&found, 60));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [40, 60, 80, 120] {
        for line in answer(&grid(), width).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
            assert!(!line.contains('\u{1b}'), "plain characters only");
        }
    }
}

#[test]
fn the_exit_code_tells_the_gravest() {
    let held = answer_of(Some(tally(400.0, 3, 0)), Some(tally(420.0, 0, 2)), None);
    let code = |answers: &[Answer]| {
        let cells = answers.iter().map(|answer| cell(&[], answer.clone(), None)).collect();
        findings(Goal::MaxRate, cells).exit_code()
    };
    let none = answer_of(None, held.fails, None);
    let gave_out = answer_of(None, None, Some(Stop::Generator(50.0)));
    let up_to_the_generator = answer_of(held.holds, None, Some(Stop::Generator(800.0)));
    let lost = answer_of(held.holds, None, Some(Stop::Database(800.0)));
    assert_eq!(code(std::slice::from_ref(&held)), 0);
    assert_eq!(code(&[held.clone(), up_to_the_generator]), 0);
    assert_eq!(code(&[held.clone(), none.clone()]), 3);
    assert_eq!(code(&[none.clone(), gave_out.clone()]), 5);
    assert_eq!(code(&[none, gave_out, lost]), 1);
    let mut failed = findings(Goal::MaxRate, vec![cell(&[], held.clone(), None)]);
    failed.cells[0].steps[0].is_audit_ok = false;
    assert_eq!(failed.exit_code(), 4);
    failed.interrupted = true;
    assert_eq!(failed.exit_code(), 130);
}

#[test]
fn times_are_told_to_the_second_or_the_minute() {
    assert_eq!(minutes(Duration::from_secs(119)), "119 s");
    assert_eq!(minutes(Duration::from_secs(149)), "2 min");
    assert_eq!(minutes(Duration::from_secs(150)), "3 min");
}
