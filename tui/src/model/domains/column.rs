//! The columns of the table of domains, beside the name: what it shows, orders by, and can be filtered by.

use loadgen::snapshot::{DomainPhase, DomainRow};

use super::next_poll;

/// A column, the name apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Workers that belong to it.
    Workers,
    /// Acquirees that wait.
    Waiting,
    /// Replicas on which it is cleared or querying.
    Cleared,
    /// Jobs that wait.
    Backlog,
    /// How long the oldest of them has waited.
    Oldest,
    /// Queries per second.
    Queries,
    /// Share of empty queries.
    Empty,
    /// Jobs acquired.
    Acquired,
    /// Jobs that the backup poll rescued.
    Rescued,
    /// What woke it last.
    WokenBy,
    /// Time left to the backup poll.
    NextPoll,
}

impl Column {
    /// Every column, from left to right.
    pub const ALL: [Self; 11] = [
        Self::Workers,
        Self::Waiting,
        Self::Cleared,
        Self::Backlog,
        Self::Oldest,
        Self::Queries,
        Self::Empty,
        Self::Acquired,
        Self::Rescued,
        Self::WokenBy,
        Self::NextPoll,
    ];

    /// Its name in the title.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Waiting => "waiting",
            Self::Cleared => "cleared",
            Self::Backlog => "backlog",
            Self::Oldest => "oldest",
            Self::Queries => "q/s",
            Self::Empty => "empty",
            Self::Acquired => "acquired",
            Self::Rescued => "rescued",
            Self::WokenBy => "woken by",
            Self::NextPoll => "next poll",
        }
    }

    /// What a row has there: a count, seconds, or a share; no figure where it has words.
    pub(super) fn figure(self, row: &DomainRow) -> Option<f64> {
        Some(match self {
            Self::Workers => row.workers as f64,
            Self::Waiting => row.waiting() as f64,
            Self::Cleared => cleared(row) as f64,
            Self::Backlog => row.backlog as f64,
            Self::Oldest => row.oldest.map_or(0.0, |oldest| oldest.as_secs_f64()),
            Self::Queries => row.queries_per_s,
            Self::Empty => row.empty_share,
            Self::Acquired => row.acquired as f64,
            Self::Rescued => row.rescued as f64,
            Self::WokenBy => return None,
            Self::NextPoll => next_poll(row).map_or(f64::INFINITY, |(left, _)| left.as_secs_f64()),
        })
    }
}

/// On how many replicas `row`'s domain is cleared or querying.
#[must_use]
pub fn cleared(row: &DomainRow) -> usize {
    row.replicas.iter().filter(|replica| replica.phase != DomainPhase::Idle).count()
}
