//! When two worlds are one.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{AcquireeState, JobState, World};

impl World {
    /// Equal for worlds that go on alike, but for names.
    pub(crate) fn digest(&self) -> u64 {
        let into = &mut DefaultHasher::new();
        self.left.hash(into);
        for replica in &self.replicas {
            replica.machine.digest(self.now, into);
            replica.cleared.keys().for_each(|spec| spec.hash(into));
            for (spec, query) in &replica.queries {
                (spec, &query.claims, &query.statement, query.reasons).hash(into);
            }
            (&replica.orphans, &replica.notices, replica.is_cut_off).hash(into);
            (&replica.to_post, &replica.reasons).hash(into);
        }
        for job in &self.jobs {
            (job.state, job.delivered, job.told).hash(into);
            // Of the time of creation only the order counts, and only of those that may be taken yet.
            let is_over = |state| matches!(state, JobState::Unposted | JobState::Stranded);
            let older = self.jobs.iter().filter(|other| !is_over(other.state) && other.created < job.created);
            if is_over(job.state) { 0 } else { older.count() }.hash(into);
        }
        for acquiree in &self.acquirees {
            // Since when it waits, the machine knows too.
            let state = match acquiree.state {
                AcquireeState::Out => None,
                AcquireeState::Waiting(_) => Some(None),
                AcquireeState::Served { job, .. } => Some(Some(job)),
            };
            (state, acquiree.joins_left).hash(into);
        }
        into.finish()
    }
}
