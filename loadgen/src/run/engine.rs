//! What goes on in a run: brings everything up, lets the plan happen, drains, takes everything down.

mod life;
mod orders;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use acquirer::store::postgres::PostgresStore;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::control::Control;
use crate::fault::{Director, Ground, Line};
use crate::fleet::Crew;
use crate::measure::{PostedJob, PosterPace, Recorder, Surroundings};
use crate::observe::{Observation, Observer, Sampler};
use crate::poster::{Alarm, Conductor, JobNumbers, Pace, PosterCrew};
use crate::record::Head;
use crate::scenario::{Change, Scenario, ScenarioError};
use crate::snapshot::{RunPhase, Snapshot};

use super::connections::Connections;
use super::looker::Acquirers;
use super::replica;
use super::roster::{Base, Roster};
use super::sentinel::Sentinel;
use super::{RunError, RunRequest};

pub(super) use life::run;

/// How often a snapshot is made.
const SNAPSHOT_PERIOD: Duration = Duration::from_millis(100);
/// How often the database is asked whether it is there.
const PING_PERIOD: Duration = Duration::from_secs(1);
/// A database that has been silent for this long is told.
const SILENCE_TOLD: Duration = Duration::from_secs(4);
/// A database that has been silent for this long is lost.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// An arrival that was due so shortly before the posters' end and was not posted is nobody's fault.
const GRACE: Duration = Duration::from_millis(100);
/// How long queries in flight may take to end when the run is over.
const CLOSE_PATIENCE: Duration = Duration::from_secs(10);
/// The recorder is told of so many preloaded jobs at once.
const PRELOADED_AT_ONCE: usize = 1_000;

/// The run's state between its steps.
struct Engine {
    /// What a snapshot says that never changes.
    fixed: Snapshot,
    scenario: Arc<Scenario>,
    recorder: Arc<Recorder>,
    /// For whoever looks at single domains.
    acquirers: Arc<Acquirers>,
    observer: Arc<Observer>,
    director: Arc<Director>,
    roster: Arc<Roster>,
    /// Changes replicas as orders want them.
    deploying: Option<AbortOnDropHandle<()>>,
    crew: Arc<Crew>,
    posters: Vec<PosterCrew>,
    pace: Arc<Pace>,
    /// What the scenario has yet to change, the next first.
    changes: VecDeque<Change>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    phase: RunPhase,
    began: Instant,
    is_interrupted: bool,
    sentinel: Sentinel,
    /// The assertion that can no longer hold.
    stopped_by: Option<String>,
    answered: Instant,
    /// Looks at the database while the run goes on.
    sampler: Option<AbortOnDropHandle<()>>,
    /// When a fault last kept the database from answering.
    excused: Instant,
}

impl Engine {
    /// Brings everything up: what is preloaded, then the replicas. Nobody works yet.
    async fn start(
        request: RunRequest,
        head: &Head,
        recorder: Arc<Recorder>,
        acquirers: Arc<Acquirers>,
        snapshot: watch::Sender<Arc<Snapshot>>,
    ) -> Result<(Self, Vec<PostedJob>), RunError> {
        let scenario = Arc::new(request.scenario.clone());
        if request.server.is_none() {
            let refused = |error: ScenarioError| RunError::Start { what: error.to_string() };
            scenario.check_server_is_ours().map_err(refused)?;
        }
        let run_name = head.run.simple().to_string().split_off(24);
        let observer = Arc::new(Observer::new(&request.database, &run_name));
        let connections = Connections::share(request.connections_max, &scenario);
        let numbers = Arc::new(JobNumbers::default());
        let (posters, poster_lines): (Vec<PosterCrew>, Vec<Arc<Line>>) = (0..scenario.posters.len())
            .map(|index| {
                let options = request.database.clone().application_name(&format!("clearance post {index}"));
                let board = PostgresStore::new(options.clone(), connections.post);
                let line = Line::of_store(options, board.clone());
                let (recorder, numbers) = (Arc::clone(&recorder), Arc::clone(&numbers));
                let board = Arc::new(board);
                (PosterCrew::new(&scenario, index, board, connections.post, recorder, numbers), line)
            })
            .unzip();
        let mut preloaded = Vec::new();
        let to_preload: usize = scenario.posters.iter().map(|poster| poster.preload).sum();
        for (index, poster) in posters.iter().enumerate() {
            let before = preloaded.len();
            let mut made = 0;
            let jobs = poster
                .preload(scenario.seed, index, |jobs| {
                    made += jobs;
                    snapshot.send_modify(|snapshot| {
                        let snapshot = Arc::make_mut(snapshot);
                        snapshot.totals.posted = (before + made) as u64;
                        snapshot.preload = to_preload as u64;
                    });
                })
                .await
                .map_err(|error| RunError::Start { what: super::chain(&error) })?;
            preloaded.extend(jobs);
        }
        let base = Base {
            scenario: Arc::clone(&scenario),
            database: request.database.clone(),
            observer: Arc::clone(&observer),
            recorder: Arc::clone(&recorder),
        };
        let roster = tokio::time::timeout(replica::PATIENCE, Roster::bring_up(base, connections))
            .await
            .map_err(|_| RunError::Start {
                what: format!(
                    "no LISTEN connection within {} s; is max_connections exhausted?",
                    replica::PATIENCE.as_secs()
                ),
            })?
            .map_err(|error| RunError::Start { what: super::chain(&error) })?;
        let crew = Arc::new(Crew::new(Arc::clone(&scenario), roster.desks(), Arc::clone(&recorder)));
        let pace = Pace::new(posters.len());
        let ground = Ground {
            replicas: roster.grounds(),
            posters: poster_lines,
            crew: Arc::clone(&crew),
            pace: Arc::clone(&pace),
            observer: Arc::clone(&observer),
            database: request.database,
            server: request.server,
            silenced: AtomicUsize::default(),
        };
        let director = Director::new(ground, Arc::clone(&recorder));
        let now = Instant::now();
        let sentinel = Sentinel::new(&scenario);
        let changes = scenario.changes_in_order().cloned().collect();
        let engine = Self {
            fixed: head.snapshot(),
            scenario,
            recorder,
            acquirers,
            observer,
            director,
            roster,
            deploying: None,
            crew,
            posters,
            pace,
            changes,
            snapshot,
            phase: RunPhase::Starting,
            began: now,
            is_interrupted: false,
            sentinel,
            stopped_by: None,
            answered: now,
            sampler: None,
            excused: now,
        };
        Ok((engine, preloaded))
    }

    /// Lets the plan happen, then drains. Returns how many jobs were due and never posted.
    async fn happen(
        &mut self,
        orders: &mut mpsc::UnboundedReceiver<Control>,
        preloaded: &[PostedJob],
    ) -> Result<u64, RunError> {
        let alarm = Alarm::start().map_err(|error| RunError::Start {
            what: format!("no thread to keep the posters' time: {error}"),
        })?;
        let mut sampler = self.observer.sampler();
        sampler.begin().await;
        self.began = Instant::now();
        self.answered = self.began;
        self.recorder.begin(self.began, self.began + self.scenario.warmup);
        for jobs in preloaded.chunks(PRELOADED_AT_ONCE) {
            self.recorder.preloaded(jobs, self.began);
        }
        self.sampler = Some(self.sample(sampler));
        let posters_end = self.began + self.scenario.duration;
        let stop = CancellationToken::new();
        let _stop_on_return = stop.clone().drop_guard();
        let conductor = Conductor { began: self.began, pace: self.pace.follow(), alarm, stop: stop.clone() };
        let postings = TaskTracker::new();
        for poster in &self.posters {
            poster.start(&conductor, &postings);
        }
        postings.close();
        self.crew.start(self.began);
        let (roster, crew) = (Arc::clone(&self.roster), Arc::clone(&self.crew));
        self.deploying = Some(AbortOnDropHandle::new(tokio::spawn(async move { roster.keep(&crew).await })));
        let director = Arc::clone(&self.director);
        let scenario = Arc::clone(&self.scenario);
        let began = self.began;
        let timeline = AbortOnDropHandle::new(tokio::spawn(async move {
            director.follow(&scenario.faults, began).await;
        }));
        // A scenario that only preloads is over when all of it is done.
        let only_preloads = self.scenario.posters.iter().all(|poster| poster.stages.is_empty());
        self.watch(orders, posters_end, |engine| only_preloads && engine.is_idle()).await?;
        // A drain is measured to its last job, not to when that was noticed.
        let posters_ended = if only_preloads && !self.is_over() {
            self.recorder.last_finished().unwrap_or_else(Instant::now)
        } else {
            Instant::now()
        };
        stop.cancel();
        self.changes.clear();
        self.recorder.end_window(posters_ended);
        drop(timeline);
        // Faults end with the posters, so that what is left can be found.
        self.director.end_all().await;
        postings.wait().await;
        let mut missed = 0;
        let judged = posters_ended.min(posters_end).duration_since(self.began).saturating_sub(GRACE);
        for poster in &self.posters {
            missed += poster.missed(judged).await;
        }
        if !self.is_over() {
            self.phase = RunPhase::Draining;
            self.watch(orders, posters_ended + self.scenario.drain, Self::is_idle).await?;
        }
        Ok(missed)
    }

    /// Looks at the database once a second from the beginning on, until the run is taken down.
    fn sample(&self, sampler: Sampler) -> AbortOnDropHandle<()> {
        let recorder = Arc::clone(&self.recorder);
        let tell = move |at, observation: Observation| recorder.database_observed(&observation, at);
        AbortOnDropHandle::new(tokio::spawn(sampler.follow(self.began, tell)))
    }

    /// Publishes snapshots, follows orders and changes what the scenario changes until `until`, until `is_done`, or
    /// until the run is over early.
    async fn watch(
        &mut self,
        orders: &mut mpsc::UnboundedReceiver<Control>,
        until: Instant,
        is_done: impl Fn(&Self) -> bool,
    ) -> Result<(), RunError> {
        let mut snapshot = tokio::time::interval(SNAPSHOT_PERIOD);
        let mut ping = tokio::time::interval(PING_PERIOD);
        ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        snapshot.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut asked: Option<tokio::task::JoinHandle<Result<(), sqlx::Error>>> = None;
        let end = tokio::time::sleep_until(until.into());
        tokio::pin!(end);
        loop {
            let due = self.changes.front().map_or(until, |change| self.began + change.at);
            tokio::select! {
                () = &mut end => return Ok(()),
                () = tokio::time::sleep_until(due.into()), if !self.changes.is_empty() => {
                    if let Some(change) = self.changes.pop_front() {
                        self.change(&change.kind);
                    }
                }
                _ = snapshot.tick() => {
                    self.publish();
                    self.look_for_lost_causes();
                    if is_done(self) || self.is_over() {
                        return Ok(());
                    }
                }
                _ = ping.tick() => {
                    if let Some(answer) = asked.take_if(|asked| asked.is_finished()) {
                        self.note_answer(answer.await)?;
                    }
                    if asked.is_none() {
                        let observer = Arc::clone(&self.observer);
                        asked = Some(tokio::spawn(async move { observer.ping().await }));
                    }
                }
                order = orders.recv() => match order {
                    // Nobody is left who could want a report.
                    None | Some(Control::Interrupt) => {
                        self.is_interrupted = true;
                        return Ok(());
                    }
                    Some(order) => self.obey(&order),
                },
            }
        }
    }

    /// Somebody or something ended it before its time.
    fn is_over(&self) -> bool {
        self.is_interrupted || self.stopped_by.is_some()
    }

    fn look_for_lost_causes(&mut self) {
        if let Some(expression) = self.sentinel.lost(&self.recorder, self.pace.factor_max()) {
            tracing::warn!("{expression} can no longer hold: the run ends here");
            self.stopped_by = Some(expression);
        }
    }

    fn note_answer(
        &mut self,
        answer: Result<Result<(), sqlx::Error>, tokio::task::JoinError>,
    ) -> Result<(), RunError> {
        let cause = match answer {
            Ok(Ok(())) => {
                self.answered = Instant::now();
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        if self.director.silences_the_database() {
            self.excused = Instant::now();
            return Ok(());
        }
        let silence = self.answered.elapsed();
        if silence.min(self.excused.elapsed()) > SILENCE_MAX {
            return Err(RunError::DatabaseLost { silence, cause });
        }
        tracing::warn!(cause, "the database does not answer");
        Ok(())
    }

    /// Nothing is queued and nobody works. What is stranded nobody will take.
    fn is_idle(&self) -> bool {
        let totals = self.snapshot.borrow().totals;
        totals.backlog == 0 && totals.in_flight == 0 && totals.posted == totals.acquired + totals.stranded
    }

    fn publish(&mut self) {
        let now = Instant::now();
        let elapsed = now.duration_since(self.began);
        if matches!(self.phase, RunPhase::Starting | RunPhase::Warmup) {
            let is_warm = elapsed >= self.scenario.warmup;
            self.phase = if is_warm { RunPhase::Measuring } else { RunPhase::Warmup };
        }
        let at = self.recorder.time(now);
        let mut around = Surroundings {
            phase: self.phase,
            rate_factor: self.pace.factor(),
            target_rate: 0.0,
            database_silent_for: None,
            cpu_used: cpu_time::ProcessTime::try_now().ok().map(|time| time.as_duration()),
            workers: self.crew.present(),
            posters: self.paces(elapsed),
            standing: self.roster.domains(at),
        };
        around.target_rate = around.posters.iter().map(|poster| poster.target_rate).sum();
        if matches!(self.phase, RunPhase::Warmup | RunPhase::Measuring | RunPhase::Draining) {
            let silence = now.saturating_duration_since(self.answered);
            around.database_silent_for = (silence > SILENCE_TOLD).then_some(silence);
        }
        if !matches!(self.phase, RunPhase::Auditing | RunPhase::Finished) {
            self.acquirers.set(self.roster.acquirers());
        }
        let fixed = self.fixed.clone();
        let snapshot = self.recorder.snapshot(fixed, &around, now);
        self.snapshot.send_replace(Arc::new(snapshot));
    }

    /// How fast each poster is to be.
    fn paces(&self, elapsed: Duration) -> Vec<PosterPace> {
        let is_posting = matches!(self.phase, RunPhase::Warmup | RunPhase::Measuring);
        let pace = |(place, poster): (usize, &PosterCrew)| PosterPace {
            factor: self.pace.factor_of(place),
            target_rate: if is_posting {
                poster.scenario_rate(elapsed) * self.pace.at_work(place)
            } else {
                0.0
            },
        };
        self.posters.iter().enumerate().map(pace).collect()
    }

    /// Closes what listens and sends the workers home. A database that no longer answers is not waited for.
    async fn close(&self) {
        self.acquirers.set([]);
        let until = tokio::time::Instant::now() + CLOSE_PATIENCE;
        let is_closed = tokio::time::timeout_at(until, self.roster.close()).await.is_ok();
        self.crew.dismiss().await;
        // A worker may have been sent home with a job on its way to it, which is being given back.
        if !(is_closed && tokio::time::timeout_at(until, self.roster.close()).await.is_ok()) {
            tracing::warn!("queries were still in flight when the run was taken down");
        }
    }
}
