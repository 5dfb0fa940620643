//! Everything that the recorder is told, as one alphabet.
//!
//! Whoever feeds the same inputs with the same times in the same order gets the same results, snapshots and
//! events: the run does, live, and a replay does from a recording. So whatever a figure of a run depends on is
//! an input, and nothing reaches the recorder by another way. Jobs and workers go by their numbers in the run;
//! what is a stranger's has none.

use std::time::Duration;

use acquirer::job::Posting;
use acquirer::runtime::{DomainSnapshot, Event, QueryOutcome};
use acquirer::wakeup::{AcquireeId, Clearance, ClearanceId, DomainId, DomainSpec, RootCause};

pub use acquirer::wakeup::Time;

use crate::observe::DatabaseSample;
use crate::snapshot::{By, DomainPhase, RunPhase};

use super::ids::{JobIds, Worker};
use super::roster::Roster;

/// Something that the recorder is told, together with its time since the recorder was made.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The posters start.
    Began {
        /// When the warm-up ends.
        measure_from: Time,
    },
    /// The posters are done; rates are no longer counted. May be told late.
    PostersDone,
    /// These jobs are queued before the run begins; to its clocks they are as old as the run.
    Preloaded {
        /// The jobs.
        jobs: &'a [PostedJob],
    },
    /// A poster begins to insert these jobs.
    PostStarted {
        /// The jobs.
        jobs: &'a [PostedJob],
        /// When the plan said to.
        intended: Time,
    },
    /// Their commit was seen.
    Committed {
        /// The jobs.
        jobs: &'a [PostedJob],
    },
    /// Their notices were published.
    Announced {
        /// The jobs.
        jobs: &'a [PostedJob],
    },
    /// A worker has the job in its hands.
    WorkerReceived {
        /// The job.
        job: u64,
    },
    /// A worker saw its job finished in the table.
    Finished {
        /// The job.
        job: u64,
        /// It ended in failure.
        is_failure: bool,
    },
    /// The worker that has the job died; the job stays marked as running.
    WorkerDied {
        /// The job.
        job: u64,
    },
    /// The lease of a job whose worker died has run out: it is about to be available again.
    Freed {
        /// The job.
        job: u64,
    },
    /// The notice of a job that was freed was published.
    AnnouncedAgain {
        /// The job.
        job: u64,
    },
    /// A fault swallowed a notice on its way to a replica.
    NoticeSwallowed {
        /// The replica.
        replica: usize,
        /// The job, where the notice named one of the run's.
        job: Option<u64>,
    },
    /// A fault is at work from now on.
    FaultBegan(FaultFacts<'a>),
    /// A fault at work could not do what it was to do, and ends.
    FaultFailed {
        /// The scenario's key for it.
        name: &'a str,
        /// Why.
        why: &'a str,
    },
    /// No fault of this name is at work any more.
    FaultEnded {
        /// The scenario's key for it.
        name: &'a str,
    },
    /// Somebody gave an order that changes the run.
    Intervened(InterventionFacts<'a>),
    /// Which replicas there are, and by what rules, from now on. A replica that is missing is closed for good: when
    /// its number is there again, another acquirer has it.
    RosterChanged(&'a Roster),
    /// Something happened inside a replica's acquirer.
    Replica {
        /// The replica.
        replica: usize,
        /// What.
        heard: Heard<'a>,
    },
    /// What surrounds the load, looked at several times a second.
    Sampled(&'a Surroundings),
    /// What the database looked like beside the load, about once a second.
    DatabaseSampled(&'a DatabaseSample),
    /// What of the database can't be seen, in words, from now on.
    DatabaseMissing {
        /// What, why, and what to do about it.
        missing: &'a [String],
    },
}

/// A job that a poster is about to insert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostedJob {
    /// Its number.
    pub number: u64,
    /// Its shape, as an index into those that the scenario posts.
    pub shape: usize,
}

/// A fault that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultFacts<'a> {
    /// The scenario's key for it.
    pub name: &'a str,
    /// Its parameter in words; empty when it has none.
    pub parameter: &'a str,
    /// The replica that it hits; `None` is all of them.
    pub replica: Option<usize>,
    /// When it is to end, where that is known.
    pub until: Option<Time>,
}

/// An order that changes the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterventionFacts<'a> {
    /// Who gave it.
    pub by: By,
    /// What it is about.
    pub subject: &'a str,
    /// What was done or asked for, in words.
    pub what: &'a str,
    /// It sets a value anew, and stands for orders about the same that were given a moment before.
    pub supersedes: bool,
    /// Why it was not done; `None` when it was.
    pub refused: Option<&'a str>,
}

/// What a replica's acquirer tells of itself, in the run's numbers.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// The subscription to postings stands (`S14`).
    Subscribed,
    /// A notice arrived and woke this domain, or none (`S11`).
    NoticeReceived {
        /// The job, where the notice named one of the run's.
        job: Option<u64>,
        /// The domain that it cleared or pended.
        domain: Option<DomainId>,
    },
    /// A payload was no posting (`S13`).
    NoticeUnreadable,
    /// Messages may have been dropped (`S12`).
    MessagesLost,
    /// A domain came into being.
    DomainBorn {
        /// The domain.
        domain: DomainId,
        /// What it accepts.
        spec: &'a std::sync::Arc<DomainSpec>,
    },
    /// A domain is no more (`S9`).
    DomainDissolved {
        /// The domain.
        domain: DomainId,
    },
    /// A caller began to wait.
    Joined {
        /// The caller.
        acquiree: AcquireeId,
        /// For whom it wants a job.
        worker: Option<Worker>,
    },
    /// A caller gave up (`S8`).
    Left {
        /// The caller.
        acquiree: AcquireeId,
    },
    /// A domain may query.
    Cleared(Clearance),
    /// A clearance lost its acquirees before it was used (`S8`).
    Revoked {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// A busy domain remembers that it has to query again (`S6`).
    Pended {
        /// The domain.
        domain: DomainId,
        /// What it remembers.
        root: RootCause,
    },
    /// The query of a clearance is in flight.
    QueryStarted {
        /// The clearance.
        clearance: ClearanceId,
        /// How many acquirees it queries for.
        acquirees: usize,
    },
    /// The query of a clearance took these of the run's jobs, oldest first.
    QueryFound {
        /// The clearance.
        clearance: ClearanceId,
        /// The jobs; none if all were strangers'.
        jobs: &'a [u64],
    },
    /// The table had nothing for the domain.
    QueryEmpty {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// The query of a clearance failed.
    QueryFailed {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// A job of the run is its caller's.
    HandedOver {
        /// The clearance that found it.
        clearance: ClearanceId,
        /// The job.
        job: u64,
        /// For whom.
        worker: Option<Worker>,
    },
    /// A job was found for a caller who has left, and is being released (`W10`).
    GivenBack {
        /// The job.
        job: u64,
    },
    /// A job was found for a caller who has left, and stays marked as running (`W10`).
    Stranded {
        /// The job, where it is the run's.
        job: Option<u64>,
    },
    /// A job that was given back is available again.
    Released {
        /// The job.
        job: u64,
    },
    /// A domain has nobody left, and what it kept in mind is another's now, or let go (`W2`).
    HandedOn {
        /// The domain that has nobody left.
        from: DomainId,
        /// The one that keeps it in mind.
        to: Option<DomainId>,
    },
    /// After a store error a domain queries again no sooner than after this pause (`W11`).
    BackingOff {
        /// The domain.
        domain: DomainId,
        /// How long.
        pause: Duration,
    },
}

/// What the recorder cannot know by itself: the run as it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    /// Where in its life the run is.
    pub phase: RunPhase,
    /// Multiplies every poster's rate.
    pub rate_factor: f64,
    /// What the posters should post now, in jobs per second, `rate_factor` included.
    pub target_rate: f64,
    /// For how long the database has not answered, when that is worth telling.
    pub database_silent_for: Option<Duration>,
    /// Processor time that this process has used since it began; `None` where that can't be found out.
    pub cpu_used: Option<Duration>,
    /// Workers that are present, by fleet.
    pub workers: Vec<usize>,
    /// How fast each poster is to be.
    pub posters: Vec<PosterPace>,
    /// The domains that stand, by replica.
    pub standing: Vec<Vec<StandingDomain>>,
}

/// How fast a poster is to be at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PosterPace {
    /// Multiplies its own rate, beside the factor of all.
    pub factor: f64,
    /// Jobs per second, all factors included.
    pub target_rate: f64,
}

/// A domain at one moment on one replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingDomain {
    /// Its name there.
    pub id: DomainId,
    /// Acquirees that wait, the cleared one not counted.
    pub waiting: usize,
    /// Whether an acquiree is cleared or querying.
    pub phase: DomainPhase,
    /// Whether a posting is remembered for after the query.
    pub pending: bool,
    /// When its backup poll comes round, to a hundredth of a second.
    pub next_poll: Time,
}

impl StandingDomain {
    /// What a snapshot taken at `at` says.
    #[must_use]
    pub fn new(domain: &DomainSnapshot, at: Time) -> Self {
        const HUNDREDTH_MS: u64 = 10;
        // Rounded, so that it stays the same from one look to the next and is written down once.
        let poll_ms = u64::try_from((at + domain.next_poll_in).since_epoch().as_millis()).unwrap_or(u64::MAX);
        let rounded = Duration::from_millis(poll_ms / HUNDREDTH_MS * HUNDREDTH_MS);
        Self {
            id: domain.id,
            waiting: domain.waiting,
            phase: match (domain.clearance, domain.is_querying) {
                (None, _) => DomainPhase::Idle,
                (Some(_), false) => DomainPhase::Cleared,
                (Some(_), true) => DomainPhase::Querying,
            },
            pending: domain.pending.is_some() || (domain.clearance.is_some() && domain.tokens > 0),
            next_poll: Time::new(rounded),
        }
    }
}

impl<'a> Heard<'a> {
    /// An acquirer's event in the run's numbers; `None` when it says nothing that a recorder could use.
    /// `found` is where the numbers of the jobs are put that a query found.
    pub(super) fn translate(event: &'a Event, ids: JobIds, found: &'a mut Vec<u64>) -> Option<Self> {
        Some(match event {
            Event::Subscribed => Self::Subscribed,
            Event::PostingReceived { posting, domain } => {
                Self::NoticeReceived { job: job_of(posting, ids), domain: *domain }
            }
            Event::PostingUnreadable => Self::NoticeUnreadable,
            Event::MessagesLost => Self::MessagesLost,
            Event::DomainBorn { domain, spec } => Self::DomainBorn { domain: *domain, spec },
            Event::DomainDissolved { domain } => Self::DomainDissolved { domain: *domain },
            Event::Joined { acquiree, worker, .. } => {
                Self::Joined { acquiree: *acquiree, worker: ids.worker(*worker) }
            }
            Event::Left { acquiree } => Self::Left { acquiree: *acquiree },
            Event::Cleared(clearance) => Self::Cleared(*clearance),
            Event::Revoked { clearance } => Self::Revoked { clearance: *clearance },
            Event::Pended { domain, root } => Self::Pended { domain: *domain, root: *root },
            Event::QueryStarted { clearance, acquirees } => {
                Self::QueryStarted { clearance: *clearance, acquirees: *acquirees }
            }
            Event::QueryFinished { clearance, outcome: QueryOutcome::Found(jobs) } => {
                found.extend(jobs.iter().filter_map(|job| ids.number(*job)));
                Self::QueryFound { clearance: *clearance, jobs: found }
            }
            Event::QueryFinished { clearance, outcome: QueryOutcome::Empty } => {
                Self::QueryEmpty { clearance: *clearance }
            }
            Event::QueryFinished { clearance, outcome: QueryOutcome::Failed(_) } => {
                Self::QueryFailed { clearance: *clearance }
            }
            Event::HandedOver { clearance, job, worker } => Self::HandedOver {
                clearance: *clearance,
                job: ids.number(*job)?,
                worker: ids.worker(*worker),
            },
            Event::GivenBack { job, .. } => Self::GivenBack { job: ids.number(*job)? },
            Event::Stranded { job, .. } => Self::Stranded { job: ids.number(*job) },
            Event::Released { job } => Self::Released { job: ids.number(*job)? },
            Event::HandedOn { from, to } => Self::HandedOn { from: *from, to: *to },
            Event::BackingOff { domain, pause } => Self::BackingOff { domain: *domain, pause: *pause },
            // What comes of these is told by the events that follow them.
            Event::PostedAnew(_) | Event::OutcomeUnknown { .. } | Event::OutcomeSettled { .. } => {
                return None;
            }
        })
    }
}

/// The job of the run that a notice names.
pub(super) fn job_of(posting: &Posting, ids: JobIds) -> Option<u64> {
    posting.job_id.and_then(|id| ids.number(id))
}
