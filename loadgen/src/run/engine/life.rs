//! One run from its first connection to its report and its recording.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use crate::control::Control;
use crate::measure::Recorder;
use crate::record::{Closing, Head, Recording, Tape};
use crate::report::Report;
use crate::snapshot::{RunPhase, Snapshot};

use super::super::audit::audit;
use super::super::looker::Acquirers;
use super::super::{Ended, RunError, RunRequest, outcome};
use super::Engine;

/// The whole run, and its recording.
pub(in super::super) async fn run(
    request: RunRequest,
    head: Head,
    recorder: Arc<Recorder>,
    acquirers: Arc<Acquirers>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    orders: mpsc::UnboundedReceiver<Control>,
) -> Result<Ended, RunError> {
    let recording = request.record.file.clone().map(|file| Recording::create(file, &head)).transpose()?;
    let recording = recording.map(|(recording, tape)| {
        recorder.attach(tape);
        recording
    });
    let ran = live(request, &head, Arc::clone(&recorder), acquirers, snapshot, orders).await;
    let (told, tape, closing) = match ran {
        Ok(Lived { report, failed, closing, tape }) => (Ok((report, failed)), tape, Some(closing)),
        // Without a closing a recording says that its run was cut off.
        Err(error) => (Err(error), recorder.detach(), None),
    };
    let written = match (recording, tape) {
        (Some(recording), Some(tape)) => {
            let written = tokio::task::spawn_blocking(move || recording.finish(tape, closing.as_ref())).await;
            written.map_err(|panicked| RunError::Bug(panicked.to_string()))?
        }
        _ => Ok(()),
    };
    let (report, failed) = told?;
    Ok(Ended { report, recording_failed: written.err(), failed })
}

/// What is left of a run.
struct Lived {
    report: Report,
    /// Why it could not go on.
    failed: Option<RunError>,
    closing: Closing,
    tape: Option<Tape>,
}

/// The run itself, and how it ended.
async fn live(
    request: RunRequest,
    head: &Head,
    recorder: Arc<Recorder>,
    acquirers: Arc<Acquirers>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    mut orders: mpsc::UnboundedReceiver<Control>,
) -> Result<Lived, RunError> {
    let (mut engine, preloaded) = tokio::select! {
        started = Engine::start(request, head, recorder, acquirers, snapshot) => started?,
        () = interrupted(&mut orders) => return Err(RunError::Interrupted),
    };
    let outcome = engine.happen(&mut orders, &preloaded).await;
    engine.sampler = None;
    let workers = engine.crew.present();
    if let Some(deploying) = engine.deploying.take() {
        deploying.abort();
        let _ = deploying.await;
    }
    engine.director.close().await;
    engine.close().await;
    let (missed_jobs, audit, failed) = match outcome {
        Ok(missed_jobs) => {
            engine.phase = RunPhase::Auditing;
            engine.publish();
            match audit(&engine.recorder, &engine.observer).await {
                Ok(audit) => (missed_jobs, Some(audit), None),
                Err(error) => (missed_jobs, None, Some(RunError::Audit(error))),
            }
        }
        // What was measured while the database answered is worth telling.
        Err(lost @ RunError::DatabaseLost { .. }) => (0, None, Some(lost)),
        Err(error) => return Err(error),
    };
    if failed.is_none() {
        engine.phase = RunPhase::Finished;
        engine.publish();
    }
    let ended = engine.recorder.time(Instant::now());
    let (results, tape) = engine.recorder.conclude(ended);
    let closing = Closing {
        ended: ended.since_epoch(),
        is_interrupted: engine.is_interrupted || failed.is_some(),
        stopped_by: engine.stopped_by.clone(),
        missed_jobs,
        workers,
        observer_queries: engine.observer.tally().queries(),
        observer_seconds: engine.observer.tally().busy().as_secs_f64(),
        cpu_seconds: cpu_time::ProcessTime::try_now().map_or(0.0, |time| time.as_duration().as_secs_f64()),
        audit,
    };
    let mut report = outcome::report(head, &closing, &results);
    report.run.failed = failed.as_ref().map(ToString::to_string);
    Ok(Lived { report, failed, closing, tape })
}

/// Waits for the order to stop.
async fn interrupted(orders: &mut mpsc::UnboundedReceiver<Control>) {
    while let Some(order) = orders.recv().await {
        if order == Control::Interrupt {
            return;
        }
    }
}
