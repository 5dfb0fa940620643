//! Runs in memory and in simulated time, against a job table that answers by a script.
//!
//! The posters, workers, acquirers, recorder and report are the real ones. Nothing takes time but what the script
//! and the scenario say, so that what a run must come to can be worked out with a pencil: to the millisecond, by which
//! tokio's timers tick. Time jumps whenever everybody waits, so that minutes take as long as their events.

mod board;
mod honesty;
mod wakeups;

use std::sync::Arc;
use std::time::{Duration, Instant};

use acquirer::{Acquirer, AcquirerOptions};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use uuid::Uuid;

use crate::fleet::{Crew, Desk};
use crate::measure::{JobIds, Recorder, ReplicaTap, StandingDomain, Surroundings, now};
use crate::poster::{Alarm, Conductor, JobNumbers, Pace, PosterCrew};
use crate::record::{Closing, Head};
use crate::report::{Environment, Report, Tool};
use crate::run::{self, Audit};
use crate::scenario::{Overrides, Scenario, Source};
use crate::snapshot::{RunPhase, Snapshot};

use board::ScriptedBoard;

/// What the database does.
#[derive(Debug, Clone, Default)]
struct Script {
    /// How long an insert takes.
    insert: Duration,
    /// How long an acquire query takes.
    query: Duration,
    /// How long it takes to mark a job as finished.
    finish: Duration,
    /// Nobody who comes between these moments is served before the second, since the posters start.
    stall: Option<(Duration, Duration)>,
    /// No replica hears of what is announced between these moments.
    deaf: Option<(Duration, Duration)>,
}

/// How the posters keep time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loop {
    /// As `clearance` does.
    Open,
    /// As it must not: the next arrival is counted from the last answer.
    Closed,
}

/// Runs a scenario.
async fn run(toml: &str, script: Script, posters: Loop) -> Report {
    let source = Source { name: "scripted".to_owned(), text: toml.to_owned() };
    let scenario = Arc::new(Scenario::resolve(&source, &Overrides::default()).unwrap());
    let id = Uuid::from_u128(0x5c81_9ed0);
    let recorder = Arc::new(Recorder::of(&scenario, JobIds::new(id), 0));
    let began = now();
    let board = ScriptedBoard::new(began, script, Arc::clone(&recorder), scenario.replicas);
    let (mut desks, mut acquirers) = (Vec::new(), Vec::new());
    for replica in 0..scenario.replicas {
        let options = AcquirerOptions {
            policy: scenario.policy,
            backup_poll: scenario.backup_poll,
            tap: Some(Arc::new(ReplicaTap::new(Arc::clone(&recorder), replica))),
            seed: Some(scenario.seed + replica as u64),
        };
        let acquirer = Acquirer::connect(board.clone(), board.ear(replica), options).await.unwrap();
        desks.push(Desk::new(replica, acquirer.clone(), Arc::new(board.clone())));
        acquirers.push(acquirer);
    }
    let crew = Arc::new(Crew::new(Arc::clone(&scenario), desks.clone(), Arc::clone(&recorder)));
    let numbers = Arc::new(JobNumbers::default());
    let crews = (0..scenario.posters.len()).map(|index| {
        let (board, recorder, numbers) =
            (Arc::new(board.clone()), Arc::clone(&recorder), Arc::clone(&numbers));
        PosterCrew::new(&scenario, index, board, CONNECTIONS, recorder, numbers)
    });
    let crews: Vec<PosterCrew> = crews.collect();
    recorder.begin(began, began + scenario.warmup);
    for (index, crew) in crews.iter().enumerate() {
        recorder.preloaded(&crew.preload(scenario.seed, index, |_| {}).await.unwrap(), began);
    }
    crew.start(began);
    let looks = AbortOnDropHandle::new(tokio::spawn(look_around(
        Arc::clone(&recorder),
        Arc::clone(&crew),
        desks.clone(),
    )));
    let missed_jobs = post(&crews, &scenario, began, posters, &recorder).await;
    tokio::time::sleep_until((began + scenario.duration + scenario.drain).into()).await;
    drop(looks);
    for desk in &desks {
        desk.vacate();
    }
    for acquirer in &acquirers {
        acquirer.close().await;
    }
    crew.dismiss().await;
    let ended = recorder.time(now());
    let (results, _) = recorder.conclude(ended);
    let closing = Closing {
        missed_jobs,
        is_interrupted: false,
        audit: Some(Audit::default()),
        ..Closing::cut_off(ended, crew.present(), (0, Duration::ZERO))
    };
    run::report(&head(id, &scenario), &closing, &results)
}

/// How many postings of a poster are answered at once, as in a run.
const CONNECTIONS: usize = 8;

/// Posts until the posters are done; how many jobs were due and never posted.
async fn post(
    crews: &[PosterCrew],
    scenario: &Scenario,
    began: Instant,
    posters: Loop,
    recorder: &Recorder,
) -> u64 {
    let stop = CancellationToken::new();
    let pace = Pace::new(crews.len());
    let conductor = Conductor { began, pace: pace.follow(), alarm: Alarm::Ticking, stop: stop.clone() };
    let tasks = TaskTracker::new();
    for crew in crews {
        match posters {
            Loop::Open => crew.start(&conductor, &tasks),
            Loop::Closed => crew.start_closed(&conductor, &tasks),
        }
    }
    tasks.close();
    tokio::time::sleep_until((began + scenario.duration).into()).await;
    stop.cancel();
    recorder.end_window(now());
    tasks.wait().await;
    let mut missed = 0;
    for crew in crews {
        missed += crew.missed(scenario.duration).await;
    }
    missed
}

/// Looks around ten times a second, as a run does.
async fn look_around(recorder: Arc<Recorder>, crew: Arc<Crew>, desks: Vec<Arc<Desk>>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    loop {
        let at = ticks.tick().await.into_std();
        let standing = |desk: &Arc<Desk>| {
            let domains = desk.domains();
            domains.iter().map(|domain| StandingDomain::new(domain, recorder.time(at))).collect()
        };
        let around = Surroundings {
            phase: RunPhase::Measuring,
            workers: crew.present(),
            standing: desks.iter().map(standing).collect(),
            ..Surroundings::default()
        };
        recorder.snapshot(Snapshot::default(), &around, at);
    }
}

fn head(run: Uuid, scenario: &Scenario) -> Head {
    Head {
        tool: Tool::default(),
        run,
        seed: scenario.seed,
        started_at: chrono::DateTime::UNIX_EPOCH,
        name: "scripted".to_owned(),
        scenario: scenario.clone(),
        environment: Environment { cpus: 2, ..Environment::default() },
    }
}
