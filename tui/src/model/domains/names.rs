//! The names of domains, each written once: tables of ten thousand are filtered and ordered ten times a second.

use loadgen::snapshot::{DomainNumber, DomainRow, Snapshot};

use super::row_label;

/// The names of the domains that were ever seen, by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// In lower case.
    lower: Vec<Option<String>>,
    /// Where each would stand among all.
    ranks: Vec<u32>,
    known: usize,
}

impl Names {
    /// Takes in a snapshot's domains that are new. None ever goes, and none has another's number.
    pub(super) fn read(&mut self, snapshot: &Snapshot) {
        if snapshot.domains.len() <= self.known {
            return;
        }
        let mut named: Vec<(String, &DomainRow)> =
            snapshot.domains.iter().map(|row| (row_label(row), row)).collect();
        // Those of the same name keep the order of their keys.
        named.sort_by(|(a, _), (b, _)| a.cmp(b));
        let numbers = named.iter().map(|(_, row)| row.number as usize + 1).max().unwrap_or(0);
        self.lower = vec![None; numbers];
        self.ranks = vec![u32::MAX; numbers];
        for (rank, (name, row)) in named.into_iter().enumerate() {
            self.lower[row.number as usize] = Some(name.to_lowercase());
            self.ranks[row.number as usize] = rank as u32;
        }
        self.known = snapshot.domains.len();
    }

    /// A domain's name in lower case.
    pub(super) fn of(&self, number: DomainNumber) -> &str {
        self.lower.get(number as usize).and_then(Option::as_deref).unwrap_or_default()
    }

    /// What orders domains by their names.
    pub(super) fn rank(&self, number: DomainNumber) -> u32 {
        self.ranks.get(number as usize).copied().unwrap_or(u32::MAX)
    }
}
