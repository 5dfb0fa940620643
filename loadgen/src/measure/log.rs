//! The log of events: what a person follows to see how one wakeup came about, posting to hand-over.
//!
//! A ring of bounded size whose oldest events are dropped and counted. Full pages are shared with readers, so that
//! following costs what is new and holds up nobody.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use acquirer::job::Posting;
use acquirer::wakeup::{Cause, ClearanceId, DomainSpec, RootCause};

use super::alphabet::Time;
use super::domains::DomainNumber;
use super::state::State;

/// Events are kept and dropped by so many.
const PAGE: usize = 1_024;

/// Something worth following.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Since the posters started; zero before.
    pub at: Duration,
    /// The replica that it happened on.
    pub replica: Option<u16>,
    /// The domain that it happened to.
    pub domain: Option<DomainNumber>,
    /// What happened.
    pub what: What,
}

/// What happened. Clearances are named within their replica, jobs by their numbers in the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A job's commit was seen.
    Posted {
        /// The job.
        job: u64,
        /// What it demands, as an index into [`Events::shapes`].
        shape: u32,
    },
    /// A notice reached a replica, and woke the domain.
    NoticeReceived {
        /// The job that it names, if it is one of the run's.
        job: Option<u64>,
    },
    /// A fault swallowed a notice.
    NoticeSwallowed {
        /// The job that it names, if it is one of the run's.
        job: Option<u64>,
        /// What that job demands, as an index into [`Events::shapes`]; `None` once the job is finished.
        shape: Option<u32>,
    },
    /// Messages may have been dropped: every domain of the replica looks.
    MessagesLost,
    /// The domain may query. With the cause [`Cause::BackupPoll`]: its poll came round.
    Cleared {
        /// The clearance.
        clearance: ClearanceId,
        /// Why.
        cause: Cause,
        /// What set the chain off that it belongs to.
        root: RootCause,
        /// The clearance before it in the chain.
        parent: Option<ClearanceId>,
    },
    /// The clearance lost its acquirees before it was used.
    Revoked {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// The domain is busy and remembers. With the root [`RootCause::BackupPoll`]: its poll came round.
    Pended {
        /// What it remembers.
        root: RootCause,
    },
    /// The query of a clearance is in flight.
    QueryStarted {
        /// The clearance.
        clearance: ClearanceId,
        /// For how many acquirees.
        acquirees: u32,
    },
    /// It found jobs.
    QueryFound {
        /// The clearance.
        clearance: ClearanceId,
        /// How many.
        jobs: u32,
    },
    /// It found nothing.
    QueryEmpty {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// It failed.
    QueryFailed {
        /// The clearance.
        clearance: ClearanceId,
    },
    /// After a store error the domain pauses.
    BackingOff {
        /// How long.
        pause: Duration,
    },
    /// A job is a worker's.
    HandedOver {
        /// The job.
        job: u64,
        /// The clearance that found it.
        clearance: ClearanceId,
        /// Nothing but a backup poll led to it, so far: a notice of it that comes right after says otherwise.
        is_rescued: bool,
    },
    /// A job was found for a caller who had left.
    NotTaken {
        /// The job.
        job: u64,
    },
    /// A worker died with the job in its hands.
    WorkerDied {
        /// The job.
        job: u64,
    },
    /// The lease of such a job has run out: it is available again.
    Freed {
        /// The job.
        job: u64,
    },
    /// A fault is at work from now on.
    FaultBegan {
        /// Which, as an index into [`Events::faults`].
        fault: u32,
    },
    /// It is over.
    FaultEnded {
        /// Which, as an index into [`Events::faults`].
        fault: u32,
    },
}

/// A fault as events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultName {
    /// The scenario's key for it.
    pub name: String,
    /// Its parameter in words; empty when it has none.
    pub parameter: String,
}

/// The log, as the state keeps it.
#[derive(Debug, Clone)]
pub(super) struct EventLog {
    capacity: usize,
    began: Option<Time>,
    /// Full pages, oldest first.
    pages: VecDeque<Arc<[LoggedEvent]>>,
    /// The page that fills.
    filling: Vec<LoggedEvent>,
    /// The number of the first event of the oldest page.
    first: u64,
    faults: Arc<Vec<FaultName>>,
}

impl EventLog {
    /// A log that keeps `capacity` events, and up to a page more; with none it keeps nothing.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            began: None,
            pages: VecDeque::new(),
            filling: Vec::new(),
            first: 0,
            faults: Arc::default(),
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The posters start: times are counted from here.
    pub(super) fn begin(&mut self, at: Time) {
        self.began = Some(at);
    }

    pub(super) fn push(
        &mut self,
        at: Time,
        replica: Option<usize>,
        domain: Option<DomainNumber>,
        what: What,
    ) {
        if self.capacity == 0 {
            return;
        }
        if self.filling.len() == PAGE {
            self.pages.push_back(self.filling.as_slice().into());
            self.filling.clear();
            while self.pages.len() * PAGE > self.capacity.max(PAGE) {
                self.pages.pop_front();
                self.first += PAGE as u64;
            }
        }
        let at = self.began.map_or(Duration::ZERO, |began| at - began);
        self.filling.push(LoggedEvent { at, replica: replica.map(|replica| replica as u16), domain, what });
    }

    pub(super) fn fault_began(&mut self, at: Time, replica: Option<usize>, name: &str, parameter: &str) {
        let is_it = |fault: &FaultName| fault.name == name && fault.parameter == parameter;
        let place = self.faults.iter().position(is_it).unwrap_or_else(|| {
            let fault = FaultName { name: name.to_owned(), parameter: parameter.to_owned() };
            Arc::make_mut(&mut self.faults).push(fault);
            self.faults.len() - 1
        });
        self.push(at, replica, None, What::FaultBegan { fault: place as u32 });
    }

    pub(super) fn fault_ended(&mut self, at: Time, name: &str) {
        if let Some(place) = self.faults.iter().rposition(|fault| fault.name == name) {
            self.push(at, None, None, What::FaultEnded { fault: place as u32 });
        }
    }
}

impl State {
    /// What was logged from this event on; 0 is the first.
    pub(crate) fn events(&self, from: u64) -> Events {
        let log = &self.log;
        let full = log.first + (log.pages.len() * PAGE) as u64;
        let next = full + log.filling.len() as u64;
        let first = from.clamp(log.first, next);
        let mut pages = Vec::new();
        let mut skip = 0;
        if first < full {
            let known = (first - log.first) as usize;
            skip = known % PAGE;
            pages.extend(log.pages.iter().skip(known / PAGE).map(Arc::clone));
            pages.push(log.filling.as_slice().into());
        } else {
            // Only what is new: a page that fills is read many times.
            pages.push(log.filling[(first - full) as usize..].into());
        }
        Events {
            first,
            next,
            dropped: log.first,
            skip,
            pages,
            domains: Arc::clone(self.domains.specs()),
            shapes: Arc::clone(self.shapes.all()),
            faults: Arc::clone(&log.faults),
        }
    }
}

/// Events that were logged one after the other.
#[derive(Debug, Clone)]
pub struct Events {
    /// The number of the first of them: where the reader asked to begin, or where the log does.
    pub first: u64,
    /// Where to go on reading.
    pub next: u64,
    /// So many events were dropped since the run began: those before this number are gone.
    pub dropped: u64,
    /// The domains that events name, by number.
    pub domains: Arc<Vec<Arc<DomainSpec>>>,
    /// What jobs demand, as events name it.
    pub shapes: Arc<[Posting]>,
    /// The faults that events name.
    pub faults: Arc<Vec<FaultName>>,
    /// Events of the first page that the reader knows.
    skip: usize,
    pages: Vec<Arc<[LoggedEvent]>>,
}

impl Default for Events {
    /// Nothing was logged.
    fn default() -> Self {
        Self::of(0, &[])
    }
}

impl Events {
    /// These, the first of which has this number. They name no domain, shape or fault but those that are put in.
    #[must_use]
    pub fn of(first: u64, events: &[LoggedEvent]) -> Self {
        Self {
            first,
            next: first + events.len() as u64,
            dropped: first,
            domains: Arc::default(),
            shapes: Arc::new([]),
            faults: Arc::default(),
            skip: 0,
            pages: vec![events.into()],
        }
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &LoggedEvent> {
        self.pages.iter().flat_map(|page| page.iter()).skip(self.skip)
    }
}
