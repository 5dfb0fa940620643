//! Which domains are shown, in what order, which one is selected; and what a row says about its domain.

use std::cmp::{Ordering, Reverse};
use std::time::Duration;

use loadgen::snapshot::{DomainPhase, DomainRow, ProvisionerType, Snapshot, Tags};

/// Names a domain across snapshots.
pub type DomainKey = (Vec<ProvisionerType>, Tags);

/// From this age on, a job that waits is worth a mark.
const OLD: Duration = Duration::from_secs(1);

/// What the Domains view is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Sleeping beside work first, then by the oldest job.
    #[default]
    Trouble,
    /// The domain's name.
    Name,
    /// Acquirees that wait.
    Waiting,
    /// Jobs that wait.
    Backlog,
    /// Queries per second.
    Queries,
    /// Share of empty queries.
    Empty,
    /// Jobs that the backup poll rescued.
    Rescued,
    /// Time left to the backup poll.
    NextPoll,
}

impl SortBy {
    /// Every order there is, as `o` goes through them.
    pub const ALL: [Self; 8] = [
        Self::Trouble,
        Self::Name,
        Self::Waiting,
        Self::Backlog,
        Self::Queries,
        Self::Empty,
        Self::Rescued,
        Self::NextPoll,
    ];

    /// Its name in the title.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Name => "name",
            Self::Waiting => "waiting",
            Self::Backlog => "backlog",
            Self::Queries => "q/s",
            Self::Empty => "empty",
            Self::Rescued => "rescued",
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
}

/// The state of the Domains view.
#[derive(Debug, Clone, Default)]
pub struct DomainsState {
    /// Only labels that contain this are shown.
    pub filter: String,
    /// Whether keys go into the filter.
    pub editing: bool,
    /// The order.
    pub sort: SortBy,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// Rows of the shown snapshot that are visible, in order.
    pub rows: Vec<usize>,
    /// The selected one of `rows`; 0 when there are none.
    pub selected: usize,
    /// Which domain that is, so that the selection follows it.
    pub selected_key: Option<DomainKey>,
    /// The first of `rows` on the screen.
    pub offset: usize,
    /// Whether the selected domain's detail is open.
    pub detail: bool,
}

impl DomainsState {
    /// Makes `rows` anew for `snapshot`; the selection follows its domain.
    pub fn refresh(&mut self, snapshot: &Snapshot, page: usize) {
        self.rows = visible_rows(snapshot, &self.filter, self.sort, self.reversed);
        let found = self
            .selected_key
            .as_ref()
            .and_then(|key| self.rows.iter().position(|&row| key_of(&snapshot.domains[row]) == *key));
        self.select(found.unwrap_or(self.selected), snapshot, page);
    }

    /// Selects one of `rows`, or the nearest there is, and scrolls so that it is among `page` rows shown.
    pub fn select(&mut self, row: usize, snapshot: &Snapshot, page: usize) {
        self.selected = row.min(self.rows.len().saturating_sub(1));
        self.selected_key = self.row(snapshot).map(key_of);
        let page = page.max(1);
        self.offset = self
            .offset
            .clamp((self.selected + 1).saturating_sub(page), self.selected)
            .min(self.rows.len().saturating_sub(page));
    }

    /// The selected domain.
    #[must_use]
    pub fn row<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a DomainRow> {
        self.rows.get(self.selected).and_then(|&row| snapshot.domains.get(row))
    }
}

/// Names `row`'s domain across snapshots.
#[must_use]
pub fn key_of(row: &DomainRow) -> DomainKey {
    (row.provisioners.clone(), row.tags.clone())
}

/// The rows of `snapshot` whose label contains `filter` (case apart), in order.
#[must_use]
pub fn visible_rows(snapshot: &Snapshot, filter: &str, sort: SortBy, reversed: bool) -> Vec<usize> {
    let filter = filter.to_lowercase();
    let mut rows: Vec<usize> = (0..snapshot.domains.len())
        .filter(|&row| {
            filter.is_empty() || row_label(&snapshot.domains[row]).to_lowercase().contains(&filter)
        })
        .collect();
    // The sort is stable and `domains` is in order of keys, so that equal rows never swap places.
    rows.sort_by(|&a, &b| {
        let order = compare(&snapshot.domains[a], &snapshot.domains[b], sort);
        if reversed { order.reverse() } else { order }
    });
    rows
}

/// All rows of `snapshot`, those that hurt first.
#[must_use]
pub fn worst_first(snapshot: &Snapshot) -> Vec<usize> {
    visible_rows(snapshot, "", SortBy::Trouble, false)
}

fn compare(a: &DomainRow, b: &DomainRow, sort: SortBy) -> Ordering {
    let float = |x: f64, y: f64| y.total_cmp(&x);
    match sort {
        SortBy::Trouble => {
            // Rows that do not hurt keep their places, or the table would never be still.
            let hurt = |row: &DomainRow| match trouble(row) {
                Trouble::None => (Trouble::None, None, 0),
                trouble => (trouble, row.oldest, row.backlog),
            };
            hurt(b).cmp(&hurt(a))
        }
        SortBy::Name => row_label(a).cmp(&row_label(b)),
        SortBy::Waiting => waiting(b).cmp(&waiting(a)),
        SortBy::Backlog => Reverse(a.backlog).cmp(&Reverse(b.backlog)),
        SortBy::Queries => float(a.queries_per_s, b.queries_per_s),
        SortBy::Empty => float(a.empty_share, b.empty_share),
        SortBy::Rescued => Reverse(a.rescued).cmp(&Reverse(b.rescued)),
        SortBy::NextPoll => {
            let left = |row: &DomainRow| next_poll(row).map_or(Duration::MAX, |(left, _)| left);
            left(a).cmp(&left(b))
        }
    }
}

/// What is wrong with a domain, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Jobs wait although queries are on their way or no worker is free: there are too many for the moment.
    Behind,
    /// Jobs wait although workers sleep and no query is on its way: a wakeup was lost.
    Asleep,
}

/// What is wrong with `row`'s domain.
#[must_use]
pub fn trouble(row: &DomainRow) -> Trouble {
    let old = row.backlog > 0 && row.oldest.is_some_and(|oldest| oldest >= OLD);
    let awake = row.replicas.iter().any(|replica| replica.phase != DomainPhase::Idle || replica.pending);
    if !old {
        Trouble::None
    } else if awake || waiting(row) == 0 {
        Trouble::Behind
    } else {
        Trouble::Asleep
    }
}

/// Acquirees that wait in `row`'s domain over all replicas.
#[must_use]
pub fn waiting(row: &DomainRow) -> usize {
    row.replicas.iter().map(|replica| replica.waiting).sum()
}

/// Time left to the nearest backup poll over all replicas, and its period.
#[must_use]
pub fn next_poll(row: &DomainRow) -> Option<(Duration, Duration)> {
    row.replicas.iter().map(|replica| (replica.next_poll_in, replica.backup_poll)).min()
}

/// The domain in words, such as `terraform env=on-prem`.
#[must_use]
pub fn row_label(row: &DomainRow) -> String {
    let mut label = provisioners(row);
    for (key, value) in row.tags.iter() {
        label.extend([" ", key, "=", value]);
    }
    label
}

/// The domain in fewer words, the tags' keys left out, such as `terraform on-prem`.
#[must_use]
pub fn short_label(row: &DomainRow) -> String {
    let mut label = provisioners(row);
    for (_, value) in row.tags.iter().filter(|(_, value)| !value.is_empty()) {
        label.push(' ');
        label.push_str(value);
    }
    label
}

fn provisioners(row: &DomainRow) -> String {
    row.provisioners.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join("+")
}
