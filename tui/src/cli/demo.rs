//! `clearance demo`: a built-in scenario in the dashboard, with captions.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use crate::model::Demo;

use super::args::{DemoArgs, RunArgs};
use super::failure::Failure;
use super::{print, run};

/// Shows a demo, or lists them.
pub(super) fn demo(args: DemoArgs) -> Result<ExitCode, Failure> {
    let Some(demo) = args.demo else {
        print(&listing())?;
        return Ok(ExitCode::SUCCESS);
    };
    if !(std::io::stdout().is_terminal() && std::io::stdin().is_terminal()) {
        return Err(Failure::DemoWithoutTerminal(demo.name()));
    }
    run::run(&RunArgs::of_demo(demo, args.database, args.look))
}

fn listing() -> String {
    let column = Demo::ALL.iter().map(|demo| demo.name().len()).max().unwrap_or(0) + 2;
    let lines = Demo::ALL.iter().map(|demo| format!("  {:column$}{}\n", demo.name(), demo.sentence()));
    format!(
        "Guided demos, each in about a minute, with captions that say what happens:\n\n{}\nShow one:  clearance demo \
         NAME\n",
        lines.collect::<String>()
    )
}
