//! Progress on stderr while a run goes on without a dashboard.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loadgen::snapshot::{ActiveFault, RunPhase, Snapshot};
use tokio::sync::watch;

/// How often a line is printed where it can't be rewritten.
const LINE_PERIOD: Duration = Duration::from_secs(5);

/// Follows a run until its end.
pub(super) async fn follow(mut snapshots: watch::Receiver<Arc<Snapshot>>) {
    let bar = std::io::stderr().is_terminal().then(bar);
    let mut last_line: Option<(Instant, RunPhase)> = None;
    while snapshots.changed().await.is_ok() {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        if let Some(bar) = &bar {
            bar.set_length(snapshot.duration.as_millis().try_into().unwrap_or(u64::MAX));
            bar.set_position(
                snapshot.elapsed.min(snapshot.duration).as_millis().try_into().unwrap_or(u64::MAX),
            );
            bar.set_prefix(phase(snapshot.phase));
            bar.set_message(figures(&snapshot));
        } else if last_line.is_none_or(|(at, phase)| at.elapsed() >= LINE_PERIOD || phase != snapshot.phase) {
            last_line = Some((Instant::now(), snapshot.phase));
            say!(
                "{:9} {:>4} of {} s  {}",
                phase(snapshot.phase),
                snapshot.elapsed.as_secs(),
                snapshot.duration.as_secs(),
                figures(&snapshot)
            );
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:9} {bar:20} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5)).with_style(style)
}

fn phase(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::Starting => "starting",
        RunPhase::Warmup => "warm-up",
        RunPhase::Measuring => "measuring",
        RunPhase::Draining => "draining",
        RunPhase::Auditing => "auditing",
        RunPhase::Finished => "finished",
    }
}

pub(super) fn figures(snapshot: &Snapshot) -> String {
    if snapshot.phase == RunPhase::Starting {
        return match snapshot.preload {
            0 => String::new(),
            preload => format!("preloading: {} of {preload} jobs", snapshot.totals.posted),
        };
    }
    let rescued = match snapshot.totals.rescued {
        0 => String::new(),
        rescued => format!("  rescued {rescued}!"),
    };
    let words =
        |fault: &ActiveFault| format!("  [{}]", format!("{} {}", fault.name, fault.parameter).trim_end());
    let faults: Vec<String> = snapshot.faults.iter().map(words).collect();
    format!(
        "posted {:.0}/s  acquired {:.0}/s  backlog {}  wait p99 {:.1} ms{rescued}{}",
        snapshot.rates.posted,
        snapshot.rates.acquired,
        snapshot.totals.backlog,
        snapshot.queue_wait_recent.p99_us as f64 / 1_000.0,
        faults.concat()
    )
}
