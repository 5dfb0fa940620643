//! How a plan goes, on stderr: a bar for the step under way where lines can be rewritten, and a line for each
//! that is over, with its verdict, the reason, and the time that is left.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadgen::capacity::{Outcome, Phase, Search, Step};
use loadgen::snapshot::Snapshot;
use tokio::sync::watch;

use super::super::headless;
use super::settled::Plan;

/// What is told, and what the estimate knows.
pub(super) struct Progress<'p> {
    plan: &'p Plan,
    cell: usize,
    bar: Option<ProgressBar>,
    /// Steps that are over, and how long they took.
    steps: usize,
    took: Duration,
    /// Steps of the cells that are over.
    steps_of_cells: usize,
}

impl<'p> Progress<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{prefix} {bar:20} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5)).with_style(style)
        });
        Self { plan, cell: 0, bar, steps: 0, took: Duration::ZERO, steps_of_cells: 0 }
    }

    /// A cell begins.
    pub(super) fn cell(&mut self, number: usize) {
        self.cell = number;
        self.steps_of_cells = self.steps;
        if self.plan.cells.len() > 1 {
            let name = self.plan.cells[number].name();
            self.say(&format!("search {} of {}: {name}", number + 1, self.plan.cells.len()));
        }
    }

    /// A step begins.
    pub(super) fn begin(&mut self, search: &Search, level: f64, phase: Phase) {
        let doing = match phase {
            Phase::Bracketing => "looking for the limit",
            Phase::Bisecting => "closing in",
            Phase::Repeating => "repeating",
        };
        let level = self.plan.goal.show(level);
        let left = left(self.left(search));
        match &self.bar {
            Some(bar) => {
                bar.reset();
                bar.set_prefix(format!("{level}, {doing}"));
                bar.set_message(left);
            }
            None if self.steps == 0 => self.say(&format!("{level}, {doing}; {left}")),
            None => {}
        }
    }

    /// Shows a step while it runs.
    pub(super) async fn follow(&self, mut snapshots: watch::Receiver<Arc<Snapshot>>) {
        while snapshots.changed().await.is_ok() {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            if let Some(bar) = &self.bar {
                let millis = |time: Duration| time.as_millis().try_into().unwrap_or(u64::MAX);
                bar.set_length(millis(snapshot.duration));
                bar.set_position(millis(snapshot.elapsed.min(snapshot.duration)));
                bar.set_message(headless::figures(&snapshot));
            }
        }
    }

    /// A step is over.
    pub(super) fn end(&mut self, search: &Search, step: &Step, took: Duration) {
        self.steps += 1;
        self.took += took;
        let verdict = match step.outcome {
            Outcome::Accepted => "held",
            Outcome::Rejected => "FAILED",
            Outcome::GeneratorGaveOut => "INVALID",
            Outcome::DatabaseLost => "database lost",
            Outcome::Unmeasured => "not measured",
            Outcome::Interrupted => "interrupted",
        };
        let why = if step.why.is_empty() {
            let held: Vec<String> =
                step.slo.iter().map(|slo| format!("{}: {}", slo.expression, slo.value_in_words())).collect();
            held.join("; ")
        } else {
            step.why.join("; ")
        };
        let level = self.plan.goal.show(step.level);
        if step.outcome == Outcome::Interrupted {
            return self.say(&format!("step {:<3} {level:>12}  {verdict}", self.steps));
        }
        self.say(&format!(
            "step {:<3} {level:>12}  {verdict:<8}  {why}; {}",
            self.steps,
            left(self.left(search))
        ));
    }

    /// All is over.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// How long the rest takes: this search's steps, and for those that come as many as the ones before took.
    fn left(&self, search: &Search) -> Duration {
        let cells = &self.plan.cells;
        let planned = cells[self.cell].step_takes();
        let step = if self.steps == 0 { planned } else { self.took / self.steps as u32 };
        let later = cells[self.cell + 1..].iter().map(|cell| {
            self.steps_of_cells.checked_div(self.cell).unwrap_or_else(|| cell.steps(self.plan.repeat))
        });
        step * (search.trials_left() + later.sum::<usize>()) as u32
    }

    fn say(&self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.suspend(|| say!("{line}"));
        } else {
            say!("{line}");
        }
    }
}

fn left(time: Duration) -> String {
    match time.as_secs() {
        0 => "done".to_owned(),
        seconds => format!("about {} left", super::text::minutes(Duration::from_secs(seconds))),
    }
}
