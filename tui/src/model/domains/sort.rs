//! What the domains are ordered by: trouble, or any column of the table.

use std::cmp::{Ordering, Reverse};
use std::time::Duration;

use loadgen::snapshot::{DomainPhase, DomainRow, Snapshot};

use super::{Trouble, next_poll, row_label, trouble, waiting};

/// What the Domains view is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Sleeping beside work first, then by the oldest job.
    #[default]
    Trouble,
    /// The domain's name.
    Name,
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

impl SortBy {
    /// Every order there is: trouble, then the table's columns from left to right.
    pub const ALL: [Self; 13] = [
        Self::Trouble,
        Self::Name,
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
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Name => "name",
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

    /// The order `steps` further, round and round.
    #[must_use]
    pub fn step(self, steps: isize) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        let count = Self::ALL.len().cast_signed();
        Self::ALL[(at.cast_signed() + steps).rem_euclid(count).cast_unsigned()]
    }

    /// Whether its rows fall from the top to the bottom unless they are turned round: who looks for a figure looks
    /// for the largest, and for a poll looks for the next.
    #[must_use]
    pub fn falls(self) -> bool {
        !matches!(self, Self::Name | Self::WokenBy | Self::NextPoll)
    }

    /// Puts `rows` of `snapshot` in order. Equal ones keep their places.
    pub(super) fn order(self, rows: &mut [usize], snapshot: &Snapshot, is_reversed: bool) {
        let row = |row: usize| &snapshot.domains[row];
        match (self, is_reversed) {
            // Made once for each row rather than for each comparison: there may be ten thousand.
            (Self::Trouble, false) => rows.sort_by_cached_key(|&at| Reverse(hurt(row(at)))),
            (Self::Trouble, true) => rows.sort_by_cached_key(|&at| hurt(row(at))),
            (Self::Name, false) => rows.sort_by_cached_key(|&at| row_label(row(at))),
            (Self::Name, true) => rows.sort_by_cached_key(|&at| Reverse(row_label(row(at)))),
            (_, false) => rows.sort_by(|&a, &b| self.compare(row(a), row(b))),
            (_, true) => rows.sort_by(|&a, &b| self.compare(row(b), row(a))),
        }
    }

    fn compare(self, a: &DomainRow, b: &DomainRow) -> Ordering {
        match self {
            Self::Trouble => hurt(b).cmp(&hurt(a)),
            Self::Name => row_label(a).cmp(&row_label(b)),
            Self::Workers => b.workers.cmp(&a.workers),
            Self::Waiting => waiting(b).cmp(&waiting(a)),
            Self::Cleared => cleared(b).cmp(&cleared(a)),
            Self::Backlog => b.backlog.cmp(&a.backlog),
            Self::Oldest => b.oldest.cmp(&a.oldest),
            Self::Queries => b.queries_per_s.total_cmp(&a.queries_per_s),
            Self::Empty => b.empty_share.total_cmp(&a.empty_share),
            Self::Acquired => b.acquired.cmp(&a.acquired),
            Self::Rescued => b.rescued.cmp(&a.rescued),
            Self::WokenBy => (a.last_cause, a.last_root).cmp(&(b.last_cause, b.last_root)),
            Self::NextPoll => left(a).cmp(&left(b)),
        }
    }
}

/// How much a row hurts. Rows that do not keep their places, or the table would never be still.
fn hurt(row: &DomainRow) -> (Trouble, Option<Duration>, u64) {
    match trouble(row) {
        Trouble::None => (Trouble::None, None, 0),
        trouble => (trouble, row.oldest, row.backlog),
    }
}

fn cleared(row: &DomainRow) -> usize {
    row.replicas.iter().filter(|replica| replica.phase != DomainPhase::Idle).count()
}

fn left(row: &DomainRow) -> Duration {
    next_poll(row).map_or(Duration::MAX, |(left, _)| left)
}
