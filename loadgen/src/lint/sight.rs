//! What lints see: the run at the end of a second, and the few seconds before.

use std::sync::Arc;
use std::time::Duration;

use acquirer::job::Posting;

use crate::observe::DatabaseSample;
use crate::snapshot::{DomainRow, Second};

/// The run at the end of a second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    /// How many acquirers there are.
    pub(crate) replicas: usize,
    /// The last seconds that were measured, oldest first, ten at most.
    pub(crate) seconds: Vec<Second>,
    /// All domains.
    pub(crate) domains: Vec<DomainRow>,
    /// What the jobs that wait demand.
    pub(crate) kinds: Vec<Kind>,
    /// The ear of each replica.
    pub(crate) listeners: Vec<Listener>,
    /// Names of the faults that are at work.
    pub(crate) faults: Vec<String>,
    /// For how long the database has not answered, when that is longer than a few seconds.
    pub(crate) database_silent_for: Option<Duration>,
    /// What the database looked like beside the load, oldest first.
    pub(crate) database_samples: Arc<Vec<Arc<DatabaseSample>>>,
    /// 99th percentile of what an acquire query takes, once a hundred have been measured.
    pub(crate) query_p99: Option<Duration>,
}

/// Jobs that wait and demand the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    /// What they demand.
    pub(crate) posting: Posting,
    /// How many wait.
    pub(crate) backlog: u64,
    /// How long the oldest has waited.
    pub(crate) oldest: Duration,
    /// Workers that are present and accept them.
    pub(crate) workers: usize,
    /// Those of them that wait.
    pub(crate) waiting: usize,
}

/// The ear of one replica.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Listener {
    /// The replica's number.
    pub(crate) replica: usize,
    /// How long it has heard nothing.
    pub(crate) silent_for: Duration,
    /// Notices that were sent meanwhile.
    pub(crate) missed: u64,
}

impl Sight {
    /// The last so many seconds, or fewer at the beginning.
    pub(super) fn last(&self, seconds: usize) -> &[Second] {
        &self.seconds[self.seconds.len().saturating_sub(seconds)..]
    }

    /// A count of the last so many seconds.
    pub(super) fn sum(&self, seconds: usize, count: impl Fn(&Second) -> u64) -> u64 {
        self.last(seconds).iter().map(count).sum()
    }

    /// Whether a fault of this name is at work, or was in the last seconds.
    pub(super) fn had_fault(&self, name: &str) -> bool {
        let lately = self.seconds.iter().flat_map(|second| &second.faults);
        self.faults.iter().chain(lately).any(|fault| fault == name)
    }

    /// Workers that wait, whatever they accept.
    pub(super) fn waiting(&self) -> usize {
        self.domains.iter().map(DomainRow::waiting).sum()
    }
}
