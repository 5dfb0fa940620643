//! The ledger: what became of every job, a byte each. Says which were doubled; the audit holds it
//! against the table.

use std::sync::Arc;

/// What is known of each job, by its number. Clones share the pages in which nothing has changed since.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(Vec<Arc<Page>>);

/// The entries of so many jobs with neighbouring numbers.
const PAGE: usize = 4_096;
type Page = [Entry; PAGE];

/// What is known of one job.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry(u8);

const POSTED: u8 = 1;
const ACQUIRED: u8 = 1 << 1;
const FINISHED: u8 = 1 << 2;
const HELD: u8 = 1 << 3;
const ACQUIRED_TWICE: u8 = 1 << 4;
const FINISHED_TWICE: u8 = 1 << 5;
const ORPHANED: u8 = 1 << 6;

impl Ledger {
    /// The commit was seen.
    pub(crate) fn posted(&mut self, number: u64) {
        self.change(number).0 |= POSTED;
    }

    /// A worker has it.
    pub(crate) fn acquired(&mut self, number: u64) {
        let entry = self.change(number);
        if entry.0 & ACQUIRED != 0 {
            entry.0 |= ACQUIRED_TWICE;
        }
        entry.0 = (entry.0 | ACQUIRED | HELD) & !ORPHANED;
    }

    /// Its worker saw it finished in the table.
    pub(crate) fn finished(&mut self, number: u64) {
        let entry = self.change(number);
        if entry.0 & FINISHED != 0 {
            entry.0 |= FINISHED_TWICE;
        }
        entry.0 = (entry.0 | FINISHED) & !HELD;
    }

    /// Its worker handed it back unfinished: it may be acquired once more.
    pub(crate) fn returned(&mut self, number: u64) {
        self.change(number).0 &= !(ACQUIRED | HELD);
    }

    /// Its worker died with it. Once it is [returned](Self::returned), another may acquire it.
    pub(crate) fn orphaned(&mut self, number: u64) {
        let entry = self.change(number);
        entry.0 = (entry.0 | ORPHANED) & !HELD;
    }

    /// What is known of one job.
    pub(crate) fn entry(&self, number: u64) -> Entry {
        let place = number as usize;
        self.0.get(place / PAGE).map_or_else(Entry::default, |page| page[place % PAGE])
    }

    /// Whether a worker has it now.
    pub(crate) fn is_held(&self, number: u64) -> bool {
        self.entry(number).is_held()
    }

    /// What is known of each job, by number; past the last, nothing is.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.0.iter().flat_map(|page| page.iter().copied())
    }

    fn change(&mut self, number: u64) -> &mut Entry {
        let place = usize::try_from(number).expect("a job's number fits memory");
        while place / PAGE >= self.0.len() {
            self.0.push(Arc::new([Entry::default(); PAGE]));
        }
        &mut Arc::make_mut(&mut self.0[place / PAGE])[place % PAGE]
    }
}

impl Entry {
    /// The commit was seen.
    pub(crate) fn is_posted(self) -> bool {
        self.0 & POSTED != 0
    }

    /// A worker has it now.
    pub(crate) fn is_held(self) -> bool {
        self.0 & HELD != 0
    }

    /// Its worker died with it, and it hasn't been another's since.
    pub(crate) fn is_orphaned(self) -> bool {
        self.0 & ORPHANED != 0
    }

    /// It was handed to two workers, or finished twice.
    pub(crate) fn is_doubled(self) -> bool {
        self.0 & (ACQUIRED_TWICE | FINISHED_TWICE) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_of_a_dead_worker_is_nobodys_until_another_has_it() {
        let mut ledger = Ledger::default();
        ledger.posted(0);
        ledger.acquired(0);
        ledger.orphaned(0);
        assert!(ledger.entry(0).is_orphaned() && !ledger.is_held(0));
        ledger.returned(0);
        assert!(ledger.entry(0).is_orphaned(), "its freeing may not have succeeded");
        ledger.acquired(0);
        assert!(!ledger.entry(0).is_orphaned() && ledger.is_held(0) && !ledger.entry(0).is_doubled());
    }

    #[test]
    fn the_job_of_a_dead_worker_that_another_has_before_it_was_freed_is_doubled() {
        let mut ledger = Ledger::default();
        ledger.acquired(0);
        ledger.orphaned(0);
        ledger.acquired(0);
        assert!(ledger.entry(0).is_doubled());
    }

    #[test]
    fn a_job_handed_out_twice_is_doubled_and_one_given_back_is_not() {
        let mut ledger = Ledger::default();
        for number in 0..3 {
            ledger.posted(number);
            ledger.acquired(number);
        }
        ledger.acquired(0);
        ledger.returned(1);
        ledger.acquired(1);
        ledger.finished(2);
        ledger.finished(2);
        let doubled: Vec<bool> = ledger.entries().take(3).map(Entry::is_doubled).collect();
        assert_eq!(doubled, [true, false, true]);
        assert!(ledger.is_held(1) && !ledger.is_held(2));
    }
}
