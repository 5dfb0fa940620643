//! A comparison as people read it: what came of it in plain words first, then the table, then how far to trust it.
//!
//! Plain text of 100 columns at most, without colour.

use std::fmt::Write as _;

use super::{Comparison, Effect, Interval, Method, Row, Verdict};
use crate::assert::Unit;
use crate::report::words;

/// The figure that is told whatever came of it.
const HEADLINE: &str = "latency_us.queue_wait.p99";
/// Fewer runs than this on a side know little of their spread.
const RUNS_WISHED: usize = 5;
/// Fewer independent stretches than this make an interval a hint.
const STRETCHES_MIN: f64 = 8.0;
/// The most columns of running text.
const WIDTH: usize = 96;

/// The whole text, ending in a line break.
#[must_use]
pub fn text(comparison: &Comparison) -> String {
    let mut text = String::new();
    for line in &comparison.conclusion {
        bullet(&mut text, "", line);
    }
    let _ = writeln!(text, "\n  A  {}\n  B  {}", source(&comparison.a), source(&comparison.b));
    for unlike in &comparison.unlike {
        let meant = if unlike.meant { "varied" } else { "UNLIKE" };
        let of = unlike.of.as_ref().map(|of| format!(" ({of})")).unwrap_or_default();
        let _ = writeln!(text, "  {meant}  {}: {} against {}{of}", unlike.path, unlike.a, unlike.b);
    }
    for changed in &comparison.by_hand {
        bullet(&mut text, "  BY HAND  ", changed);
    }
    let _ = writeln!(
        text,
        "\n{:<16}{:>12}{:>12}   {:<26}{:>12}{:>8}  ",
        "", "A", "B", "B ÷ A (95 %)", "B - A", "p"
    );
    for row in &comparison.figures {
        text.push_str(line(row).trim_end());
        text.push('\n');
    }
    text.push('\n');
    for remark in &comparison.remarks {
        bullet(&mut text, "- ", remark);
    }
    text
}

/// What came of it, the weightiest first.
pub(super) fn conclusion(comparison: &Comparison) -> Vec<String> {
    let rows = &comparison.figures;
    let is_shown = |row: &&Row| matches!(row.verdict, Verdict::Higher | Verdict::Lower);
    let mut lines: Vec<String> = Vec::new();
    let headline = rows.iter().find(|row| row.path == HEADLINE);
    lines.extend(headline.map(sentence));
    lines.extend(rows.iter().filter(is_shown).filter(|row| row.path != HEADLINE).map(sentence));
    let not_shown: Vec<&str> = rows
        .iter()
        .filter(|row| row.verdict == Verdict::NotShown && row.path != HEADLINE)
        .map(|row| row.title)
        .collect();
    if !not_shown.is_empty() {
        lines.push(format!("No difference is shown in {}.", listed(&not_shown)));
    }
    lines
}

fn sentence(row: &Row) -> String {
    let (title, verb) = (row.title, row.words.verb);
    let Some(effect) = row.effect else {
        return match (row.a, row.b) {
            (Some(_), Some(_)) => format!("Of {title} nothing can be said: there is too little of it."),
            _ => format!("Of {title} nothing can be said: there were no observations."),
        };
    };
    let apart = if let Some(Interval { value, low, high }) = effect.ratio {
        let [value, low, high] = [value, low, high].map(significant);
        format!("B's {title} {verb} {value} × A's (95 % {low} to {high})")
    } else {
        let Interval { value, low, high } = effect.difference;
        let [value, low, high] = [value, low, high].map(|value| signed(row.unit, value));
        format!("B's {title} {verb} A's {value} (95 % {low} to {high})")
    };
    match row.verdict {
        Verdict::Higher => format!("{apart}: {}.", row.words.more),
        Verdict::Lower => format!("{apart}: {}.", row.words.less),
        Verdict::NotShown | Verdict::Unknown => format!("{apart}: no difference is shown."),
    }
}

fn line(row: &Row) -> String {
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| figure(row.unit, value));
    let mut line = format!("  {:<16}{:>10}{:>12}   ", row.title, shown(row.a), shown(row.b));
    let Some(Effect { ratio, difference, p_adjusted, .. }) = row.effect else {
        line.push_str("too little to say anything");
        return line;
    };
    let ratio = ratio.map_or("-".to_owned(), |Interval { value, low, high }| {
        format!("{} ({} to {})", significant(value), significant(low), significant(high))
    });
    let _ = write!(
        line,
        "{ratio:<26}{:>12}{:>8}  {}",
        signed(row.unit, difference.value),
        probability(p_adjusted),
        match row.verdict {
            Verdict::Higher => row.words.more,
            Verdict::Lower => row.words.less,
            Verdict::NotShown | Verdict::Unknown => "",
        }
    );
    line
}

/// How far all this can be trusted.
pub(super) fn remarks(comparison: &Comparison) -> Vec<String> {
    let mut remarks = Vec::new();
    let (runs_a, runs_b) = (comparison.a.runs.len(), comparison.b.runs.len());
    match comparison.method {
        Method::Blocks => {
            remarks.push(format!(
                "One run each: its seconds are resampled in blocks that hold what hangs together (moving-block \
                 bootstrap, {} times). That knows how the seconds of a run stray, and nothing of how runs differ \
                 from one another, which is often more. Before you decide on it, repeat both sides and compare \
                 the sets: --a … --b …",
                words::count(super::blocks::RESAMPLES as u64)
            ));
            for (name, side) in [("A", &comparison.a), ("B", &comparison.b)] {
                let Some(memory) = side.memory_seconds else { continue };
                let stretches = side.measured_seconds / memory;
                remarks.push(format!(
                    "{name}: {} measured; queue waits hang together over {}, so that they count as {stretches:.0} \
                     seconds{}",
                    words::seconds(side.measured_seconds),
                    words::seconds(memory),
                    if stretches < STRETCHES_MIN {
                        ", which is few: take the intervals as a hint, or run for longer"
                    } else {
                        ""
                    }
                ));
            }
            remarks.push(
                "Of response and query no second is known by itself: they are taken to stray as queue waits do."
                    .to_owned(),
            );
        }
        Method::BetweenRuns => {
            remarks.push(format!(
                "{runs_a} runs against {runs_b}: the spread between runs decides (Welch's t on logarithms), and \
                 a run counts as one however long it was"
            ));
            if runs_a.min(runs_b) < RUNS_WISHED {
                remarks.push(format!(
                    "So few runs know little of their own spread: only large differences can be shown; \
                     {RUNS_WISHED} or more on each side show smaller ones"
                ));
            }
        }
        Method::OneSidedBetweenRuns => {
            remarks.push(
                "One side is a single run and borrows the spread of the other: that holds if both spread \
                 alike, and nothing here can tell; repeat it"
                    .to_owned(),
            );
        }
    }
    let compared = comparison.figures.iter().filter(|row| row.effect.is_some()).count();
    if compared > 1 {
        remarks.push(format!(
            "{compared} figures are compared at once: p is adjusted for that (Holm), so that one comparison in \
             twenty at most calls anything different where nothing is. Each interval stands for itself"
        ));
    }
    if comparison.unlike.iter().any(|unlike| !unlike.meant) {
        remarks.push(
            "The runs are unlike in what nobody said is compared: what differs may come from there"
                .to_owned(),
        );
    }
    remarks
}

fn source(side: &super::SideFacts) -> String {
    let runs = side.runs.len();
    let runs = if runs == 1 { String::new() } else { format!(", {runs} runs") };
    format!("{}{runs}, {} measured", side.source, words::seconds(side.measured_seconds))
}

fn figure(unit: Unit, value: f64) -> String {
    match unit {
        Unit::PerSecond => format!("{}/s", words::decimal(value)),
        Unit::Share => words::percent(value),
        Unit::Number => format!("{value:.2}"),
        _ => unit.show(value),
    }
}

/// A difference with its sign.
fn signed(unit: Unit, value: f64) -> String {
    let size = match unit {
        // A percentage of a percentage would be read into it.
        Unit::Share => format!("{:.1} points", value.abs() * 100.0),
        _ => figure(unit, value.abs()),
    };
    // What is shown as nothing has no sign to speak of.
    let is_shown = size.contains(|c: char| ('1'..='9').contains(&c));
    if value < 0.0 && is_shown { format!("-{size}") } else { format!("+{size}") }
}

/// A ratio with three significant digits.
fn significant(value: f64) -> String {
    match value {
        ..0.0995 => format!("{value:.3}"),
        ..99.5 => format!("{value:.2}"),
        _ => words::count(value.round() as u64),
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

/// A paragraph, its first line marked.
fn bullet(text: &mut String, mark: &str, paragraph: &str) {
    let indent = " ".repeat(mark.chars().count());
    for (index, part) in words::wrapped(paragraph, WIDTH - indent.len()).iter().enumerate() {
        let _ = writeln!(text, "{}{part}", if index == 0 { mark } else { &indent });
    }
}
