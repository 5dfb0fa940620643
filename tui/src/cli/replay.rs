//! `clearance replay`: the dashboard over a recorded run.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use loadgen::record::{EVENTS_MAX, Replay};

use crate::dashboard::{self, DashboardInput};
use crate::log_ring::LogRing;
use crate::player::Player;
use crate::source::{RecordingSource, Source};

use super::args::ReplayArgs;
use super::block_on;
use super::failure::Failure;

/// Shows a recording. The exit code says whether that worked, and nothing of the run.
pub(super) fn replay(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let replay = Replay::open(&args.recording, EVENTS_MAX)?;
    if !(std::io::stdout().is_terminal() && std::io::stdin().is_terminal()) {
        return Err(Failure::NoTerminal);
    }
    let missing = replay.missing();
    let recording = RecordingSource {
        player: Player::start(replay).map_err(Failure::System)?,
        from: args.from.unwrap_or(Duration::ZERO),
        breach: args.breach,
    };
    let input = DashboardInput {
        source: Source::Recording(recording),
        log: LogRing::new(),
        options: args.look.options(true)?,
    };
    block_on(async { dashboard::run_dashboard(input).await.map_err(Failure::Dashboard) })?;
    if !missing.is_nothing() {
        say!("clearance: {missing}");
    }
    Ok(ExitCode::SUCCESS)
}
