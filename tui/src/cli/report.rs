//! `clearance report`: files made from a recorded run.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadgen::record::{Output, Replay};

use super::failure::Failure;

/// Makes each file from the recording. The exit code says whether that worked, and nothing of the run.
pub(super) fn report(recording: &Path, to: &[PathBuf]) -> Result<ExitCode, Failure> {
    let outputs = to.iter().map(|path| Output::new(path)).collect::<Result<Vec<_>, _>>()?;
    let mut replay = Replay::open(recording, 0)?;
    let missing = replay.missing();
    if !missing.is_nothing() {
        eprintln!("clearance: {missing}");
    }
    for output in &outputs {
        let bar = bar(output.path());
        output.write(&mut replay, |share| bar.set_position((share * 1_000.0) as u64))?;
        bar.finish_and_clear();
        eprintln!("clearance: wrote {}", output.path().display());
    }
    Ok(ExitCode::SUCCESS)
}

/// How far it is, where somebody can see it.
fn bar(path: &Path) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{prefix} {bar:20}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(1_000), ProgressDrawTarget::stderr_with_hz(5));
    bar.with_style(style).with_prefix(path.display().to_string())
}
