//! The steps of one search, each a run of its own on the same database.

use std::time::Instant;

use loadgen::capacity::{CellFindings, Outcome, Search, Step};
use loadgen::control::Control;
use loadgen::record::RecordOptions;
use loadgen::report::Environment;
use loadgen::run::{self, RunError};
use tokio_util::sync::CancellationToken;

use super::super::failure::Failure;
use super::super::ground::Ground;
use super::progress::Progress;
use super::settled::{Plan, PlannedCell};

/// How a search ended.
pub(super) struct Ending {
    pub(super) findings: CellFindings,
    pub(super) environment: Option<Environment>,
    pub(super) is_database_lost: bool,
}

/// Searches one cell to its end.
pub(super) async fn cell(
    plan: &Plan,
    cell: &PlannedCell,
    ground: &mut Ground,
    interrupted: &CancellationToken,
    progress: &mut Progress<'_>,
) -> Result<Ending, Failure> {
    let began = Instant::now();
    let mut search = Search::new(cell.axis, plan.repeat);
    let mut steps = Vec::new();
    let mut environment = None;
    let mut is_database_lost = false;
    while let Some((level, phase)) = search.next_trial() {
        progress.begin(&search, level, phase);
        let began = Instant::now();
        let step = if interrupted.is_cancelled() {
            Step::without_report(level, Outcome::Interrupted, "interrupted".to_owned())
        } else if let Err(failure) = ground.clean().await {
            is_database_lost = true;
            Step::without_report(level, Outcome::DatabaseLost, failure.to_string())
        } else {
            let scenario = cell.scenario(plan.goal, level, search.trials() as u64)?;
            let request = ground.request(&plan.name, scenario, RecordOptions::default());
            let handle = run::start(request);
            let controls = handle.controls();
            let shown = progress.follow(handle.snapshots());
            tokio::pin!(shown);
            tokio::select! {
                () = &mut shown => {}
                () = interrupted.cancelled() => {
                    say!("clearance: interrupted; taking the step down (once more to leave at once)");
                    let _ = controls.send(Control::Interrupt);
                    shown.await;
                }
            }
            match handle.finish().await {
                Ok(report) => {
                    let step = Step::of(level, &report, &plan.slo);
                    environment = environment.or(Some(report.environment));
                    step
                }
                Err(RunError::Interrupted) => {
                    Step::without_report(level, Outcome::Interrupted, "interrupted".to_owned())
                }
                Err(bug @ RunError::Bug(_)) => return Err(bug.into()),
                Err(error) => {
                    is_database_lost |= matches!(error, RunError::DatabaseLost { .. } | RunError::Audit(_));
                    Step::without_report(level, Outcome::DatabaseLost, error.to_string())
                }
            }
        };
        search.note(level, step.outcome);
        progress.end(&search, &step, began.elapsed());
        steps.push(step);
    }
    let findings = CellFindings::of(&cell.cell, cell.length.warmup, &search, steps, began.elapsed());
    Ok(Ending { findings, environment, is_database_lost })
}
