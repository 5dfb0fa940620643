//! Which domains are shown, in what order, which one is selected; and what a row says about its domain.

mod column;
mod filter;
mod names;
mod page;
mod sort;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use loadgen::snapshot::{DomainNumber, DomainRow, ProvisionerType, Snapshot, Tags};

pub use column::{Column, cleared};
pub use filter::{Filter, FilterError, SYNTAX};
use names::Names;
pub use page::{PageState, PastWakeup, WakeupOutcome};
pub use sort::SortBy;

/// From this age on, a job that waits is worth a mark.
const OLD: Duration = Duration::from_secs(1);

/// The state of the Domains view.
#[derive(Debug, Clone, Default)]
pub struct DomainsState {
    /// The filter as it is written.
    pub written: String,
    /// What is wrong with it, if something is.
    pub mistake: Option<FilterError>,
    /// The filter that chooses the rows: what can be read of what is written.
    pub filter: Filter,
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
    selected_number: Option<DomainNumber>,
    /// The first of `rows` on the screen.
    pub offset: usize,
    /// Whether the selected domain's page is open, as soon as there is one.
    pub detail: bool,
    /// That page.
    pub page: PageState,
    /// The domains by their names.
    names: Names,
}

impl DomainsState {
    /// Reads the filter as it is written now.
    pub fn read_filter(&mut self) {
        (self.filter, self.mistake) = Filter::read(&self.written);
    }

    /// The filter with its last word completed; `None` when nothing can be added.
    #[must_use]
    pub fn completed(&self, snapshot: &Snapshot) -> Option<String> {
        filter::completed(&self.written, &snapshot.domains)
    }

    /// Whether rows are ordered from large to small.
    #[must_use]
    pub fn falls(&self) -> bool {
        self.sort.falls() != self.reversed
    }

    /// Whether a domain's page is shown rather than the table.
    #[must_use]
    pub fn is_on_page(&self) -> bool {
        self.detail && !self.rows.is_empty()
    }

    /// Makes `rows` anew for `snapshot`; the selection follows its domain.
    pub fn refresh(&mut self, snapshot: &Snapshot, page: usize) {
        self.names.read(snapshot);
        self.rows = visible_rows(snapshot, &self.filter, (self.sort, self.reversed), &self.names);
        let found = self
            .selected_number
            .and_then(|number| self.rows.iter().position(|&row| snapshot.domains[row].number == number));
        self.select(found.unwrap_or(self.selected), snapshot, page);
    }

    /// Selects one of `rows`, or the nearest there is, and scrolls so that it is among `page` rows shown.
    pub fn select(&mut self, row: usize, snapshot: &Snapshot, page: usize) {
        self.selected = row.min(self.rows.len().saturating_sub(1));
        // As long as no row is there, it is still that one.
        self.selected_number = self.row(snapshot).map(|row| row.number).or(self.selected_number);
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

/// The rows of `snapshot` that `filter` lets through, in order.
fn visible_rows(snapshot: &Snapshot, filter: &Filter, order: (SortBy, bool), names: &Names) -> Vec<usize> {
    let holds = |row: &DomainRow| filter.holds(row, names.of(row.number));
    let mut rows: Vec<usize> =
        (0..snapshot.domains.len()).filter(|&row| holds(&snapshot.domains[row])).collect();
    // The sort is stable and `domains` is in order of keys, so that equal rows never swap places.
    let (sort, is_reversed) = order;
    sort.order(&mut rows, snapshot, is_reversed, names);
    rows
}

/// Those `count` rows of `snapshot` that hurt most, the worst first.
#[must_use]
pub fn worst_first(snapshot: &Snapshot, count: usize) -> Vec<usize> {
    let mut worst = BinaryHeap::with_capacity(count + 1);
    for (place, row) in snapshot.domains.iter().enumerate() {
        // The least of them is on top; of equal ones that is the last.
        let row = Reverse((sort::hurt(row), Reverse(place)));
        if worst.len() < count || worst.peek().is_some_and(|least| row < *least) {
            worst.push(row);
            if worst.len() > count {
                worst.pop();
            }
        }
    }
    worst.into_sorted_vec().into_iter().map(|Reverse((_, Reverse(place)))| place).collect()
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
    if !old {
        Trouble::None
    } else if row.sleeps_beside_work() {
        Trouble::Asleep
    } else {
        Trouble::Behind
    }
}

/// Time left to the nearest backup poll over all replicas, and its period.
#[must_use]
pub fn next_poll(row: &DomainRow) -> Option<(Duration, Duration)> {
    row.replicas.iter().map(|replica| (replica.next_poll_in, replica.backup_poll)).min()
}

/// The domain in words, such as `terraform env=on-prem`.
#[must_use]
pub fn row_label(row: &DomainRow) -> String {
    let mut label = provisioners(&row.provisioners);
    for (key, value) in row.tags.iter() {
        label.extend([" ", key, "=", value]);
    }
    label
}

/// The domain in fewer words, the tags' keys left out, such as `terraform on-prem`.
#[must_use]
pub fn short_label(row: &DomainRow) -> String {
    in_short(&row.provisioners, &row.tags)
}

/// What accepts jobs of these types with these tags, the tags' keys left out.
pub(super) fn in_short(types: &[ProvisionerType], tags: &Tags) -> String {
    let mut label = provisioners(types);
    for (_, value) in tags.iter().filter(|(_, value)| !value.is_empty()) {
        label.push(' ');
        label.push_str(value);
    }
    label
}

fn provisioners(types: &[ProvisionerType]) -> String {
    types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join("+")
}
