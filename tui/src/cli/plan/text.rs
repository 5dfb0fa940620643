//! What a plan would do and what it found, for people.
//!
//! ```text
//! queue_wait.p99 < 250ms holds up to 76.1/s and fails at 79.8/s.
//!   held     76.1/s, in 3 of 3 steps
//!   failed   79.8/s, in 2 of 2 steps: queue_wait.p99 < 250ms: it was 310 ms
//!   limiter  workers busy: the 4 of echo were busy 99% of the time (76.4 jobs/s × 52.1 ms)
//! ```
//!
//! Plain characters without colour, in as many columns as there are.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::Duration;

use loadgen::capacity::{CellFindings, Findings, Goal, Outcome, Step, Stop, TRIALS_MAX, Tally};
use loadgen::scenario::quantity::format_duration;

use super::chart::chart;
use super::settled::Plan;

/// Columns where nobody says how many there are.
const WIDTH: usize = 100;
/// Columns that make a text readable.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=120;

/// The columns of stdout.
pub(super) fn width() -> usize {
    let terminal = std::io::stdout().is_terminal().then(crossterm::terminal::size);
    let columns = terminal.and_then(Result::ok).map_or(WIDTH, |(columns, _)| usize::from(columns));
    columns.clamp(*WIDTHS.start(), *WIDTHS.end())
}

/// A time to the second or to the minute.
pub(super) fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} min", (seconds + 30) / 60),
    }
}

/// What would be done.
pub(super) fn intention(plan: &Plan, width: usize) -> String {
    let mut page = Page::new(width);
    let looked_for = match plan.goal {
        Goal::MaxRate => "the highest posting rate that holds",
        Goal::MinWorkers => "the fewest workers that hold",
    };
    page.paragraph("", &format!("{}: {looked_for}", plan.title));
    for slo in &plan.slo {
        page.paragraph("  ", &slo.to_string());
    }
    page.paragraph("  ", "with a backlog that doesn't grow and a generator that keeps its schedule");
    for note in &plan.notes {
        page.paragraph("  ", note);
    }
    page.blank();
    let mut all = Duration::ZERO;
    for cell in &plan.cells {
        let name = cell.name();
        let steps = cell.steps(plan.repeat);
        let takes = cell.step_takes() * steps as u32;
        all += takes;
        let (min, max) = cell.axis.bounds();
        let (easiest, hardest) = match plan.goal {
            Goal::MaxRate => (min, max),
            Goal::MinWorkers => (max, min),
        };
        page.paragraph(
            "  ",
            &format!(
                "{}{} first, then twice or half of it, between {} and {}; about {steps} steps of {} and {} of warm-up, {}",
                if name.is_empty() { String::new() } else { format!("{name}: ") },
                plan.goal.show(cell.axis.start()),
                plan.goal.show(easiest),
                plan.goal.show(hardest),
                format_duration(cell.length.measured),
                format_duration(cell.length.warmup),
                minutes(takes),
            ),
        );
    }
    page.blank();
    page.paragraph(
        "",
        &format!(
            "The ends of the answer are to be within {}% of each other; the lower is repeated {} times. About {} in all.",
            (plan.cells.first().map_or(0.0, |cell| cell.axis.precision()) * 1000.0).round() / 10.0,
            plan.repeat,
            minutes(all)
        ),
    );
    page.text
}

/// What was found.
pub(super) fn answer(found: &Findings, width: usize) -> String {
    let mut page = Page::new(width);
    let slo = found.slo.join(" and ");
    for (number, cell) in found.cells.iter().enumerate() {
        if number > 0 {
            page.blank();
        }
        let settings = cell.settings.iter().map(|setting| format!("{}={}", setting.key, setting.value));
        let name = settings.collect::<Vec<_>>().join(" ");
        let subject = if name.is_empty() { slo.clone() } else { format!("{name}: {slo}") };
        page.cell(found.find, &subject, cell);
    }
    if found.interrupted {
        page.blank();
        page.paragraph("", "INTERRUPTED: this is what was known by then");
    }
    if found.cells.len() > 1 {
        page.blank();
        page.table(found);
        page.blank();
        page.text.push_str(&chart(found, width));
    }
    let steps: usize = found.cells.iter().map(|cell| cell.steps.len()).sum();
    let seconds: f64 = found.cells.iter().map(|cell| cell.seconds).sum();
    page.blank();
    if let Some(environment) = &found.environment {
        page.paragraph(
            "",
            &format!(
                "{} PG {}, durability {}, {} cpus; {steps} step{} in {}",
                environment.database,
                environment.postgres_version,
                environment.durability,
                environment.cpus,
                if steps == 1 { "" } else { "s" },
                minutes(Duration::from_secs_f64(seconds))
            ),
        );
    }
    page.text
}

/// A text in so many columns.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn paragraph(&mut self, indent: &str, text: &str) {
        self.hanging(indent, indent, text);
    }

    fn hanging(&mut self, first: &str, rest: &str, text: &str) {
        let options = textwrap::Options::new(self.width).initial_indent(first).subsequent_indent(rest);
        for line in textwrap::wrap(text, options) {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    fn entry(&mut self, label: &str, text: &str) {
        self.hanging(&format!("  {label:<9}"), "           ", text);
    }

    fn cell(&mut self, goal: Goal, slo: &str, cell: &CellFindings) {
        self.paragraph("", &headline(goal, slo, cell));
        let level = |tally: &Tally| goal.show(tally.level);
        if let Some(holds) = &cell.answer.holds {
            self.entry(
                "held",
                &format!("{}, in {} of {} steps", level(holds), holds.accepted, holds.accepted),
            );
            if !cell.answer.is_repeated {
                self.entry("", "not repeated as often as was asked for");
            }
            if cell.is_backlog_uncertain() {
                self.entry("", "the backlog's slope is uncertain: a longer --step would tell");
            }
        }
        for noisy in &cell.answer.noisy {
            let tried = noisy.accepted + noisy.rejected;
            self.entry("both", &format!("{}, held in {} of {tried} steps", level(noisy), noisy.accepted));
        }
        if let Some(fails) = &cell.answer.fails {
            let tried = fails.accepted + fails.rejected;
            let why = last(cell, fails.level, Outcome::Rejected).map(|step| step.why.join("; "));
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            self.entry("failed", &format!("{}, in {} of {tried} steps{why}", level(fails), fails.rejected));
        }
        match cell.answer.stop {
            Some(Stop::Unmeasured(at)) => {
                let why = last(cell, at, Outcome::Unmeasured).map(|step| step.why.join("; "));
                let why = why.unwrap_or_default();
                self.entry("stopped", &format!("{}: {why}; a longer --step may see some", goal.show(at)));
            }
            Some(Stop::Trials) => {
                self.entry("stopped", &format!("after {TRIALS_MAX} steps without a clear boundary"));
            }
            Some(Stop::Generator(at)) => {
                self.entry("stopped", &format!("{}: the generator gave out", goal.show(at)));
            }
            Some(Stop::Database(at)) => {
                self.entry("stopped", &format!("{}: the database was lost", goal.show(at)));
            }
            Some(Stop::Interrupted) | None => {}
        }
        match &cell.limiter {
            Some(limiter) => self.entry("limiter", &format!("{}: {}", limiter.kind.as_str(), limiter.detail)),
            None if cell.answer.stop.is_none() => self.entry("limiter", "none up to the bound of the search"),
            None => {}
        }
        if cell.steps.iter().any(|step| !step.is_audit_ok) {
            self.entry(
                "audit",
                "FAILED: jobs were lost, doubled or stranded; run such a level alone to see which",
            );
        }
    }

    fn table(&mut self, found: &Findings) {
        let keys = found.cells[0].settings.iter().map(|setting| setting.key.clone());
        let heads = ["holds", "fails", "limiter"].map(str::to_owned);
        let mut rows = vec![keys.chain(heads).collect::<Vec<String>>()];
        for cell in &found.cells {
            let level = |tally: Option<Tally>| {
                tally.map_or_else(|| "-".to_owned(), |tally| found.find.show(tally.level))
            };
            let limiter = cell.limiter.as_ref().map_or("-", |limiter| limiter.kind.as_str()).to_owned();
            let values = cell.settings.iter().map(|setting| setting.value.clone());
            rows.push(values.chain([level(cell.answer.holds), level(cell.answer.fails), limiter]).collect());
        }
        let columns = rows[0].len();
        let widths: Vec<usize> = (0..columns)
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for row in rows {
            let cells = row.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            // What is too wide goes on below rather than being lost.
            self.hanging("", "    ", line.trim_end());
        }
    }
}

fn last(cell: &CellFindings, level: f64, outcome: Outcome) -> Option<&Step> {
    cell.steps.iter().rev().find(|step| step.level.total_cmp(&level).is_eq() && step.outcome == outcome)
}

/// The answer in a sentence.
fn headline(goal: Goal, slo: &str, cell: &CellFindings) -> String {
    let mut line = String::new();
    let answer = &cell.answer;
    let holds = answer.holds.map(|tally| goal.show(tally.level));
    let fails = answer.fails.map(|tally| goal.show(tally.level));
    let _ = match (goal, holds, fails) {
        (Goal::MaxRate, Some(holds), Some(fails)) => {
            write!(line, "{slo} holds up to {holds} and fails at {fails}.")
        }
        (Goal::MinWorkers, Some(holds), Some(fails)) => {
            write!(line, "{slo} takes {holds}; {fails} fall short.")
        }
        (_, Some(holds), None) if answer.stop.is_some() => {
            write!(line, "{slo} holds at {holds}; how much further is not known.")
        }
        (_, Some(holds), None) => write!(line, "{slo} holds at {holds}, as far as was to be searched."),
        (_, None, Some(fails)) if answer.stop.is_some() => {
            write!(line, "{slo} fails at {fails}; whether anything holds is not known.")
        }
        (_, None, Some(fails)) => write!(line, "{slo} holds nowhere: it fails at {fails} as well."),
        (_, None, None) => write!(line, "{slo}: there is no answer."),
    };
    line
}

#[cfg(test)]
mod tests;
