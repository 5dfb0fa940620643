//! Posters: carry out the plan's arrivals, and wait neither for workers nor for the database.
//!
//! Each poster has a timekeeper, which takes every arrival from the plan when it is due and begins its posting in a
//! task of its own. How late that is, is the post lag: it says how well the load generator kept its schedule, and
//! nothing else. Postings share the poster's connections, first come, first served. One that has begun and waits
//! for a connection, or for an answer, is a slow posting: its time is in the response, which counts from the intended
//! time. Only past [`UNDER_WAY_MAX`] jobs does the timekeeper wait as well.

mod alarm;
mod board;
#[cfg(test)]
mod closed_loop;
mod pace;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use acquirer::job::Posting;
use acquirer::store::{NewJob, StoreError};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::measure::{PostedJob, Recorder, now};
use crate::plan::{Arrival, ArrivalTimeline, RateCurve};
use crate::scenario::{Announce, Poster, Scenario};

pub(crate) use alarm::Alarm;
pub(crate) use board::Board;
pub(crate) use pace::{Pace, PaceReader};

/// So many jobs of a poster may have been begun and not be committed.
const UNDER_WAY_MAX: usize = 100_000;
/// Jobs are preloaded in transactions of this size.
const PRELOAD_BATCH: usize = 1_000;

/// Numbers of the jobs of all posters, in the order in which they are posted.
#[derive(Debug, Default)]
pub(crate) struct JobNumbers(AtomicU64);

impl JobNumbers {
    fn take(&self, jobs: usize) -> std::ops::Range<u64> {
        let first = self.0.fetch_add(jobs as u64, Ordering::Relaxed);
        first..first + jobs as u64
    }
}

/// Every type and tag set that the scenario posts, one entry for each mix entry of each poster in order.
pub(crate) fn shapes(scenario: &Scenario) -> impl Iterator<Item = Posting> {
    scenario.posters.iter().flat_map(|poster| {
        poster.mix.iter().map(|entry| Posting {
            provisioner: entry.provisioner,
            tags: entry.tags.clone(),
            job_id: None,
        })
    })
}

/// One poster at work.
pub(crate) struct PosterCrew {
    desk: Arc<PosterDesk>,
}

/// What the timekeeper and the postings of a poster share.
struct PosterDesk {
    /// Its place among the posters.
    index: usize,
    poster: Poster,
    /// The shape of the first entry of its mix.
    first_shape: usize,
    timeline: Mutex<ArrivalTimeline>,
    /// Its rate over time; the timeline itself belongs to the timekeeper.
    curve: RateCurve,
    board: Arc<dyn Board>,
    /// One for each connection.
    connections: Semaphore,
    /// One for each job that may be under way.
    room: Arc<Semaphore>,
    recorder: Arc<Recorder>,
    numbers: Arc<JobNumbers>,
}

/// What tells the timekeepers when to post.
#[derive(Clone)]
pub(crate) struct Conductor {
    /// When the posters started.
    pub(crate) began: Instant,
    /// Multiplies the rate.
    pub(crate) pace: PaceReader,
    /// Wakes them.
    pub(crate) alarm: Alarm,
    /// The posters are done.
    pub(crate) stop: CancellationToken,
}

impl PosterCrew {
    /// The poster with this index in the scenario. Posts over so many connections of `board`.
    pub(crate) fn new(
        scenario: &Scenario,
        index: usize,
        board: Arc<dyn Board>,
        connections: usize,
        recorder: Arc<Recorder>,
        numbers: Arc<JobNumbers>,
    ) -> Self {
        let poster = scenario.posters[index].clone();
        let first_shape = scenario.posters[..index].iter().map(|poster| poster.mix.len()).sum();
        let timeline = ArrivalTimeline::new(&poster, scenario.seed, index);
        let curve = timeline.curve().clone();
        let timeline = Mutex::new(timeline);
        let desk = PosterDesk {
            index,
            poster,
            first_shape,
            timeline,
            curve,
            board,
            connections: Semaphore::new(connections),
            room: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
            recorder,
            numbers,
        };
        Self { desk: Arc::new(desk) }
    }

    /// Queues the jobs that are there before the run begins; tells of each how many it made. Never announced.
    pub(crate) async fn preload(
        &self,
        seed: u64,
        index: usize,
        mut progress: impl FnMut(usize),
    ) -> Result<Vec<PostedJob>, StoreError> {
        let desk = &self.desk;
        let kinds: Vec<usize> = ArrivalTimeline::preload(&desk.poster, seed, index).collect();
        let mut preloaded = Vec::with_capacity(kinds.len());
        for kinds in kinds.chunks(PRELOAD_BATCH) {
            let (posted, jobs) = desk.make(kinds);
            desk.board.insert(&jobs).await?;
            preloaded.extend(posted);
            progress(jobs.len());
        }
        Ok(preloaded)
    }

    /// Starts its timekeeper.
    pub(crate) fn start(&self, conductor: &Conductor, tasks: &TaskTracker) {
        tasks.spawn(keep_time(Arc::clone(&self.desk), conductor.clone(), tasks.clone()));
    }

    /// Jobs per second that the scenario asks for at `at`.
    pub(crate) fn scenario_rate(&self, at: Duration) -> f64 {
        self.desk.curve.rate(at.as_secs_f64())
    }

    /// Jobs that were due by `end` and never posted. Only after its timekeeper has ended.
    pub(crate) async fn missed(&self, end: Duration) -> u64 {
        let mut timeline = self.desk.timeline.lock().await;
        let mut missed = 0;
        while timeline.peek().is_some_and(|due| due <= end) {
            missed += timeline.next().map_or(0, |arrival| arrival.jobs.len() as u64);
        }
        missed
    }
}

/// Begins every posting when it is due.
async fn keep_time(desk: Arc<PosterDesk>, mut conductor: Conductor, tasks: TaskTracker) {
    let (stop, began) = (conductor.stop.clone(), conductor.began);
    while let Some(Some((arrival, room))) = stop.run_until_cancelled(next(&desk, &mut conductor)).await {
        let (desk, stop) = (Arc::clone(&desk), stop.clone());
        tasks.spawn(async move {
            desk.post(&arrival, began + arrival.intended, &stop).await;
            drop(room);
        });
    }
}

/// The next arrival, once it is due and there is room for it.
async fn next(desk: &PosterDesk, conductor: &mut Conductor) -> Option<(Arrival, OwnedSemaphorePermit)> {
    let jobs = u32::try_from(desk.poster.batch).unwrap_or(u32::MAX).clamp(1, UNDER_WAY_MAX as u32);
    let room = Arc::clone(&desk.room).acquire_many_owned(jobs).await.ok()?;
    Some((next_due(desk, conductor).await?, room))
}

/// Waits until the next arrival is due and takes it. A change of the rate counts at once.
async fn next_due(desk: &PosterDesk, conductor: &mut Conductor) -> Option<Arrival> {
    let mut timeline = desk.timeline.lock().await;
    loop {
        let factor = conductor.pace.at_work(desk.index);
        timeline.rescale(now().saturating_duration_since(conductor.began), factor);
        let due = timeline.peek().map(|due| conductor.began + due);
        let alarm = &conductor.alarm;
        let wait = async {
            match due {
                Some(due) => alarm.at(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => return timeline.next(),
            changed = conductor.pace.changed() => changed?,
        }
    }
}

impl PosterDesk {
    fn make(&self, kinds: &[usize]) -> (Vec<PostedJob>, Vec<NewJob>) {
        let ids = self.recorder.ids();
        let numbers = self.numbers.take(kinds.len());
        numbers
            .zip(kinds)
            .map(|(number, kind)| {
                let entry = &self.poster.mix[*kind];
                let job = NewJob::new(ids.id(number), entry.provisioner, entry.tags.clone());
                (PostedJob { number, shape: self.first_shape + kind }, job)
            })
            .unzip()
    }

    async fn post(&self, arrival: &Arrival, intended: Instant, stop: &CancellationToken) {
        let (posted, jobs) = self.make(&arrival.jobs);
        self.recorder.post_started(&posted, intended, now());
        let Some(Ok(_connection)) = stop.run_until_cancelled(self.connections.acquire()).await else {
            return;
        };
        let mut pause = Duration::from_millis(10);
        while let Err(error) = self.commit(&jobs).await {
            tracing::warn!(poster = self.poster.name, %error, "cannot post; trying again");
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            pause = (pause * 2).min(Duration::from_secs(2));
        }
        self.recorder.committed(&posted, now());
        let announced = match self.poster.announce {
            Announce::InTransaction => Ok(()),
            Announce::AfterCommit => self.board.announce(&jobs).await,
        };
        match announced {
            Ok(()) => self.recorder.announced(&posted, now()),
            Err(error) => {
                tracing::warn!(poster = self.poster.name, %error, "cannot announce; the backup poll will find the jobs");
            }
        }
    }

    async fn commit(&self, jobs: &[NewJob]) -> Result<(), StoreError> {
        match self.poster.announce {
            Announce::AfterCommit => self.board.insert(jobs).await,
            Announce::InTransaction => self.board.insert_and_announce(jobs).await,
        }
    }
}
