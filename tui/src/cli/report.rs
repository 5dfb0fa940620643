//! `clearance report`: files made from a recorded run.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadgen::record::{Output, Replay, Window};

use super::failure::Failure;

/// Makes each file from the recording. The exit code says whether that worked, and nothing of the run.
pub(super) fn report(recording: &Path, to: &[PathBuf], part: Option<Window>) -> Result<ExitCode, Failure> {
    let output = |path: &PathBuf| match part {
        Some(window) => Output::new(path)?.part(window),
        None => Output::new(path),
    };
    let outputs = to.iter().map(output).collect::<Result<Vec<_>, _>>()?;
    let mut replay = Replay::open(recording, 0)?;
    let missing = replay.missing();
    if !missing.is_nothing() {
        say!("clearance: {missing}");
    }
    for output in &outputs {
        let bar = bar(output.path());
        let note = output.write(&mut replay, |share| bar.set_position((share * 1_000.0) as u64))?;
        bar.finish_and_clear();
        say!("clearance: wrote {}", output.path().display());
        if let Some(note) = note {
            say!("clearance: {note}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The part of the run that was asked for; `None` is the whole.
pub(super) fn part(from: Option<Duration>, length: Option<Duration>) -> Option<Window> {
    let whole = Window::default();
    let window = Window { from: from.unwrap_or(whole.from), length: length.unwrap_or(whole.length) };
    (from.is_some() || length.is_some()).then_some(window)
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
