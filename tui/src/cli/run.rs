//! `clearance run`: a database, a run on it, and what came of it, live or headless.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use loadgen::control::Control;
use loadgen::prometheus::Exporter;
use loadgen::record::{EVENTS_MAX, RecordOptions};
use loadgen::report::{self, Report, Target};
use loadgen::run::{Ended, RunHandle};
use loadgen::scenario::{Expectation, Scenario, Source};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::dashboard::{self, DashboardInput, DashboardOptions};
use crate::log_ring::LogRing;
use crate::source::{self, RunSource};

use super::args::RunArgs;
use super::failure::Failure;
use super::ground::Ground;
use super::recording::Recording;
use super::{block_on, headless, interrupt, print};

/// Who looks at a run while it goes on.
struct Onlookers {
    /// The dashboard's, when there is one.
    log: Option<LogRing>,
    options: DashboardOptions,
    exporter: Option<Exporter>,
}

/// Runs a scenario.
pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let source = Source::open(&args.scenario)?;
    let mut scenario = Scenario::resolve(&source, &args.overrides())?;
    scenario.expectations.extend(args.expectations.iter().cloned().map(Expectation::from));
    if args.database.url.is_given() {
        scenario.check_server_is_ours()?;
    }
    let targets = args.report.iter().map(Target::new).collect::<Result<Vec<_>, _>>()?;
    let recording = Recording::plan(args)?;
    let exporter = args.metrics.as_ref().map(Exporter::bind).transpose()?;
    let is_live = !args.headless && std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let options = DashboardOptions { demo: args.demo, ..args.look.options(is_live)? };
    let onlookers = Onlookers { log: start_log(is_live), options, exporter };
    block_on(async {
        let interrupted = interrupt::listen().map_err(Failure::System)?;
        let opened = interrupted.run_until_cancelled(Ground::open(&args.database)).await;
        let ground = opened.ok_or(Failure::Interrupted)??;
        let name = source.short_name();
        let outcome = run_on(&ground, name, scenario, &recording, onlookers, &interrupted).await;
        // What was started is taken down whatever came of the run; the run's own failure is told first, and stands
        // for what could not be taken down because of it.
        let closed = ground.close().await;
        let ended = outcome?;
        if ended.failed.is_none() {
            closed?;
        }
        let written =
            conclude(&ended.report, &targets).and_then(|()| recording.conclude(ended.recording_failed));
        if let Some(failed) = ended.failed {
            if let Err(unwritten) = written {
                say!("clearance: {unwritten}");
            }
            return Err(failed.into());
        }
        written?;
        Ok(ExitCode::from(ended.report.exit_code()))
    })
}

async fn run_on(
    ground: &Ground,
    name: &str,
    scenario: Scenario,
    recording: &Recording,
    Onlookers { log, options, exporter }: Onlookers,
    interrupted: &CancellationToken,
) -> Result<Ended, Failure> {
    let record = RecordOptions {
        events_max: if log.is_some() { EVENTS_MAX } else { 0 },
        file: recording.file().map(Path::to_owned),
    };
    let handle = loadgen::run::start(ground.request(name, scenario, record));
    let _served = exporter.map(|exporter| serve(exporter, &handle)).transpose()?;
    let shown = if let Some(log) = log {
        show(&handle, log, options).await
    } else {
        follow(&handle, interrupted).await;
        Ok(())
    };
    if shown.is_err() {
        // The run goes down with its screen.
        let _ = handle.controls().send(Control::Interrupt);
    }
    let ended = handle.end().await?;
    shown?;
    Ok(ended)
}

/// Serves the run's figures until what it returns is dropped.
fn serve(exporter: Exporter, handle: &RunHandle) -> Result<AbortOnDropHandle<()>, Failure> {
    say!("clearance: metrics at http://{}/metrics", exporter.address());
    exporter.serve(handle.figures()).map_err(Failure::System)
}

async fn show(handle: &RunHandle, log: LogRing, options: DashboardOptions) -> Result<(), Failure> {
    let input = DashboardInput {
        source: source::Source::Run(RunSource {
            snapshots: handle.snapshots(),
            controls: handle.controls(),
            events: Some(handle.events()),
            domains: Some(handle.domains()),
        }),
        log,
        options,
    };
    dashboard::run_dashboard(input).await.map(drop).map_err(Failure::Dashboard)
}

async fn follow(handle: &RunHandle, interrupted: &CancellationToken) {
    let controls = handle.controls();
    let progress = headless::follow(handle.snapshots());
    tokio::pin!(progress);
    tokio::select! {
        () = &mut progress => {}
        () = interrupted.cancelled() => {
            say!("clearance: interrupted; taking the run down (once more to leave at once)");
            let _ = controls.send(Control::Interrupt);
            progress.await;
        }
    }
}

/// Writes the summary and the reports.
fn conclude(report: &Report, targets: &[Target]) -> Result<(), Failure> {
    print(&report::summary(report))?;
    for target in targets {
        target.write(report)?;
        say!("clearance: wrote {}", target.path().display());
    }
    Ok(())
}

/// Live, events go to the dashboard's log; headless, warnings go to stderr. `RUST_LOG` says otherwise.
pub(super) fn start_log(is_live: bool) -> Option<LogRing> {
    let filter =
        |default: &str| EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    if is_live {
        let ring = LogRing::new();
        let layer = ring.layer().with_filter(filter("info,sqlx=warn"));
        tracing_subscriber::registry().with(layer).init();
        Some(ring)
    } else {
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).without_time();
        tracing_subscriber::registry().with(layer.with_filter(filter("warn,sqlx=error"))).init();
        None
    }
}
