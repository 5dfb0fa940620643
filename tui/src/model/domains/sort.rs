//! What the domains are ordered by: trouble, or any column of the table.

use std::cmp::{Ordering, Reverse};
use std::time::Duration;

use loadgen::snapshot::{DomainRow, Snapshot};

use super::names::Names;
use super::{Column, Trouble, trouble};

/// What the Domains view is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Sleeping beside work first, then by the oldest job.
    #[default]
    Trouble,
    /// The domain's name.
    Name,
    /// What stands in a column beside it.
    Column(Column),
}

impl SortBy {
    /// Every order there is: trouble, then the table's columns from left to right.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        [Self::Trouble, Self::Name].into_iter().chain(Column::ALL.map(Self::Column))
    }

    /// Its name in the title.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Name => "name",
            Self::Column(column) => column.name(),
        }
    }

    /// The order `steps` further, round and round.
    #[must_use]
    pub fn step(self, steps: isize) -> Self {
        let count = Self::all().count().cast_signed();
        let at = Self::all().position(|sort| sort == self).unwrap_or(0).cast_signed();
        Self::all().nth((at + steps).rem_euclid(count).cast_unsigned()).unwrap_or_default()
    }

    /// Whether its rows fall from the top to the bottom unless they are turned round: who looks for a figure looks
    /// for the largest, and for a poll looks for the next.
    #[must_use]
    pub fn falls(self) -> bool {
        !matches!(self, Self::Name | Self::Column(Column::WokenBy | Column::NextPoll))
    }

    /// Puts `rows` of `snapshot` in order. Equal ones keep their places.
    pub(super) fn order(self, rows: &mut [usize], snapshot: &Snapshot, is_reversed: bool, names: &Names) {
        let row = |row: usize| &snapshot.domains[row];
        match (self, is_reversed) {
            // Made once for each row rather than for each comparison: there may be ten thousand.
            (Self::Trouble, false) => rows.sort_by_cached_key(|&at| Reverse(hurt(row(at)))),
            (Self::Trouble, true) => rows.sort_by_cached_key(|&at| hurt(row(at))),
            (Self::Name, false) => rows.sort_by_key(|&at| names.rank(row(at).number)),
            (Self::Name, true) => rows.sort_by_key(|&at| Reverse(names.rank(row(at).number))),
            (Self::Column(column), false) => rows.sort_by(|&a, &b| compare(column, row(a), row(b))),
            (Self::Column(column), true) => rows.sort_by(|&a, &b| compare(column, row(b), row(a))),
        }
    }
}

/// Which of two rows stands above the other.
fn compare(column: Column, a: &DomainRow, b: &DomainRow) -> Ordering {
    match (column.figure(a), column.figure(b)) {
        (Some(a), Some(b)) if SortBy::Column(column).falls() => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => (a.last_cause, a.last_root).cmp(&(b.last_cause, b.last_root)),
    }
}

/// How much a row hurts. Rows that do not keep their places, or the table would never be still.
pub(super) fn hurt(row: &DomainRow) -> (Trouble, Option<Duration>, u64) {
    match trouble(row) {
        Trouble::None => (Trouble::None, None, 0),
        trouble => (trouble, row.oldest, row.backlog),
    }
}
