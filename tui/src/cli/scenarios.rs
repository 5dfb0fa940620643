//! `clearance scenarios`: what there is to run, and the language in which it is said.

use std::process::ExitCode;

use loadgen::report::wrapped;
use loadgen::scenario::{Source, builtin, schema};

use super::failure::Failure;
use super::print;

/// The most columns a line takes.
const WIDTH: usize = 100;

/// Prints the language's schema, one scenario, or a list of all.
pub(super) fn scenarios(name: Option<&str>, is_schema: bool) -> Result<ExitCode, Failure> {
    let text = match name {
        _ if is_schema => format!("{:#}\n", schema()),
        Some(name) => Source::open(name)?.text,
        None => listing(),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn listing() -> String {
    let list = builtin::list();
    let column = list.iter().map(|listed| listed.name.len()).max().unwrap_or(0) + 4;
    let lines = list.iter().map(|listed| {
        let name = format!("  {}", listed.name);
        let watch = wrapped(&listed.watch, WIDTH - column);
        let watch = watch.iter().map(|line| format!("{:column$}{line}\n", ""));
        format!("{name:column$}{}\n{}", listed.title, watch.collect::<String>())
    });
    format!(
        "Built-in scenarios, and what to watch for in each:\n\n{}\nRun one:   clearance run NAME\nEdit one:  \
         clearance scenarios NAME > mine.toml\n",
        lines.collect::<Vec<_>>().join("\n")
    )
}
