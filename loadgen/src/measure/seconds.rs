//! The run second by second, closed as time passes.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::snapshot::Second;

use super::alphabet::Time;
use super::latency;

/// How many seconds the dashboard is shown.
const SHOWN: usize = 300;

/// So many whole seconds are kept: a day of them. Of a run that lasts longer, the first are forgotten.
const KEPT: usize = 24 * 60 * 60;

/// Whole seconds so far, and the one that runs.
#[derive(Debug, Clone)]
pub(crate) struct Seconds {
    began: Option<Time>,
    closed: VecDeque<Second>,
    /// The newest of them, shared with snapshots; made anew when a second closes.
    shown: Arc<Vec<Second>>,
    running: Second,
    queue_wait: Histogram<u64>,
    faults: BTreeSet<String>,
}

impl Seconds {
    pub(crate) fn new() -> Self {
        Self {
            began: None,
            closed: VecDeque::new(),
            shown: Arc::default(),
            running: Second::default(),
            queue_wait: latency::coarse(),
            faults: BTreeSet::new(),
        }
    }

    /// The posters start: second 0 begins.
    pub(crate) fn begin(&mut self, at: Time) {
        self.began = Some(at);
        self.running = Second { faults: self.faults.iter().cloned().collect(), ..Second::default() };
    }

    /// Closes the seconds that lie before `at`; returns how many. `backlog` is what stands at their end.
    pub(crate) fn advance(&mut self, at: Time, backlog: impl Fn() -> u64) -> usize {
        let Some(began) = self.began else { return 0 };
        let second = (at - began).as_secs();
        let mut closed = 0;
        while self.running.second < second {
            self.close(backlog());
            closed += 1;
        }
        if closed > 0 {
            let from = self.closed.len().saturating_sub(SHOWN);
            self.shown = Arc::new(self.closed.range(from..).cloned().collect());
        }
        closed
    }

    /// The second that runs.
    pub(crate) fn running(&mut self) -> &mut Second {
        &mut self.running
    }

    /// The second of a moment, if it has begun.
    pub(crate) fn at(&mut self, at: Time) -> Option<&mut Second> {
        let second = (at - self.began?).as_secs();
        if second == self.running.second {
            return Some(&mut self.running);
        }
        let oldest = self.closed.front()?.second;
        self.closed.get_mut(usize::try_from(second.checked_sub(oldest)?).ok()?)
    }

    /// A job acquired in the second that runs had waited so long.
    pub(crate) fn queue_wait(&mut self, wait: Duration) {
        latency::record(&mut self.queue_wait, wait);
    }

    /// A fault is at work from now on.
    pub(crate) fn fault_began(&mut self, name: &str) {
        self.faults.insert(name.to_owned());
        if !self.running.faults.iter().any(|known| known == name) {
            self.running.faults.push(name.to_owned());
        }
    }

    /// A fault is over.
    pub(crate) fn fault_ended(&mut self, name: &str) {
        self.faults.remove(name);
    }

    /// The newest whole seconds.
    pub(crate) fn shown(&self) -> Arc<Vec<Second>> {
        Arc::clone(&self.shown)
    }

    /// The whole seconds from this one on.
    pub(crate) fn closed_from(&self, second: u64) -> Vec<Second> {
        let from = self.closed.partition_point(|closed| closed.second < second);
        self.closed.range(from..).cloned().collect()
    }

    /// Every second, the one that runs included if anything has happened in it.
    pub(crate) fn all(&self, backlog: u64) -> Vec<Second> {
        let running = &self.running;
        let happened = [running.posted, running.acquired, running.completed, running.found];
        let more = running.empty + running.failed + happened.iter().sum::<u64>();
        let mut all = Vec::from(self.closed.clone());
        if self.began.is_some() && more > 0 {
            all.push(self.ended(backlog));
        }
        all
    }

    /// The second that runs as it would be if it ended now.
    fn ended(&self, backlog: u64) -> Second {
        let mut second = Second { backlog, ..self.running.clone() };
        if !self.queue_wait.is_empty() {
            second.queue_wait_p50_us = self.queue_wait.value_at_quantile(0.50);
            second.queue_wait_p99_us = self.queue_wait.value_at_quantile(0.99);
            second.queue_wait_log2 = latency::log2(&self.queue_wait);
        }
        second
    }

    fn close(&mut self, backlog: u64) {
        let next = Second {
            second: self.running.second + 1,
            faults: self.faults.iter().cloned().collect(),
            ..Second::default()
        };
        let second = self.ended(backlog);
        self.running = next;
        self.queue_wait.reset();
        if self.closed.len() == KEPT {
            self.closed.pop_front();
        }
        self.closed.push_back(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_counts_its_own_waits_in_buckets_that_double() {
        let mut seconds = Seconds::new();
        let at = Time::ZERO;
        seconds.begin(at);
        for us in [1_500, 2_047, 3_000_000] {
            seconds.queue_wait(Duration::from_micros(us));
        }
        seconds.advance(at + Duration::from_secs(1), || 0);
        seconds.queue_wait(Duration::from_micros(2_048));
        seconds.running().acquired += 1;
        let buckets = |counted: &[(usize, u64)]| {
            let mut buckets = vec![0; counted.last().map_or(0, |(last, _)| last + 1)];
            for (index, count) in counted {
                buckets[*index] = *count;
            }
            buckets
        };
        let all: Vec<_> = seconds.all(0).into_iter().map(|second| second.queue_wait_log2).collect();
        assert_eq!(all, [buckets(&[(10, 2), (21, 1)]), buckets(&[(11, 1)])]);
    }
}
