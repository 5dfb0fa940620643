//! `clearance plan`: searches for the highest rate, or the fewest workers, that holds what is asked for.
//!
//! [`settled`] turns flags into decisions, [`steps`] runs one step after the other on one database, [`progress`]
//! tells on stderr how it goes, [`text`] what was found. Which level is tried next, and what a run is worth, is
//! `loadgen::capacity`'s to say.

mod chart;
mod progress;
mod settled;
mod steps;
mod text;

use std::process::ExitCode;

use loadgen::capacity::{Findings, SCHEMA_VERSION};
use loadgen::report::Tool;
use tokio_util::sync::CancellationToken;

use self::progress::Progress;
use self::settled::Plan;
use super::args::PlanArgs;
use super::failure::Failure;
use super::ground::Ground;
use super::{block_on, interrupt, print, run};

/// Plans, or says what would be done.
pub(super) fn plan(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let plan = Plan::settle(args)?;
    if args.dry_run {
        print(&text::intention(&plan, text::width()))?;
        return Ok(ExitCode::SUCCESS);
    }
    run::start_log(false);
    for note in &plan.notes {
        say!("clearance: {note}");
    }
    block_on(async {
        let interrupted = interrupt::listen().map_err(Failure::System)?;
        let opened = interrupted.run_until_cancelled(Ground::open(&args.database)).await;
        let mut ground = opened.ok_or(Failure::Interrupted)??;
        let found = search(&plan, &mut ground, &interrupted).await;
        // What was started is taken down whatever was found, and what was found is told whatever becomes of that.
        let closed = ground.close().await;
        let found = found?;
        print(&text::answer(&found, text::width()))?;
        for target in &plan.targets {
            target.write_plan(&found)?;
            say!("clearance: wrote {}", target.path().display());
        }
        closed.or_else(|failure| if found.exit_code() == 1 { Ok(()) } else { Err(failure) })?;
        Ok(ExitCode::from(found.exit_code()))
    })
}

/// Searches cell by cell until the end, until somebody ends it, or until the database is lost.
async fn search(
    plan: &Plan,
    ground: &mut Ground,
    interrupted: &CancellationToken,
) -> Result<Findings, Failure> {
    let mut found = Findings {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "clearance".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        environment: None,
        title: plan.title.clone(),
        find: plan.goal,
        slo: plan.slo.iter().map(ToString::to_string).collect(),
        step_seconds: plan.measured.as_secs_f64(),
        repeat: plan.repeat,
        interrupted: false,
        cells: Vec::new(),
    };
    let mut progress = Progress::new(plan);
    for (number, cell) in plan.cells.iter().enumerate() {
        progress.cell(number);
        let ending = steps::cell(plan, cell, ground, interrupted, &mut progress).await?;
        found.environment = found.environment.or(ending.environment);
        found.cells.push(ending.findings);
        found.interrupted = interrupted.is_cancelled();
        if found.interrupted || ending.is_database_lost {
            break;
        }
    }
    progress.finish();
    Ok(found)
}
