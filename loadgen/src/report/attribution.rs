//! Why jobs were found, what was lost on the way, and what looking in vain costs: the report's part of it.

use acquirer::job::{JobId, ProvisionerType, Tags};
use acquirer::wakeup::{Cause, RootCause};
use serde::{Deserialize, Serialize};

use super::latency::ByCause;

/// One value for each root cause: what set off the chain of clearances that found a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ByRoot<T> {
    /// A posting.
    pub posting: T,
    /// A new domain.
    pub first: T,
    /// The signal that messages may have been dropped.
    pub recovered: T,
    /// The backup poll: nothing else led to the job.
    pub backup_poll: T,
}

impl<T> ByRoot<T> {
    /// A value for each.
    pub fn from_fn(mut value: impl FnMut(RootCause) -> T) -> Self {
        Self {
            posting: value(RootCause::Posting),
            first: value(RootCause::First),
            recovered: value(RootCause::Recovered),
            backup_poll: value(RootCause::BackupPoll),
        }
    }

    /// The value of one.
    pub fn get(&self, root: RootCause) -> &T {
        match root {
            RootCause::Posting => &self.posting,
            RootCause::First => &self.first,
            RootCause::Recovered => &self.recovered,
            RootCause::BackupPoll => &self.backup_poll,
        }
    }
}

/// Postings that should have woken somebody, and didn't, so that their jobs lay there until a backup poll.
///
/// A wakeup is lost on a job when the backup poll rescued it and, from the moment when its notice was published,
/// reached a replica or was swallowed on its way, until the query that took it,
///
/// - a waiter that could have had the job slept: on some replica a domain that accepts it stood idle, neither
///   cleared nor querying nor pausing after an error, and
/// - no query of such a domain, on any replica, began and found nothing more than it brought.
///
/// Jobs that nobody announced are rescued without a wakeup that was lost. Each posting counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeupsLost {
    /// All of them; `rescued_by_backup_poll` at most.
    pub total: u64,
    /// Those whose notice a fault swallowed on its way to a replica.
    pub swallowed: u64,
    /// Those whose notice reached no replica that had anybody for the job: the listener was gone or deaf.
    pub unheard: u64,
    /// Those whose notice a replica heard and meant a domain to query, but no query came of it that could have
    /// taken the job (`W2`).
    pub forgotten: u64,
    /// The same by what was posted, the most first; what lost none is left out.
    pub by_posting: Vec<LostPostings>,
}

/// Wakeups lost on jobs that demand the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostPostings {
    /// The type.
    pub provisioner: ProvisionerType,
    /// The tags.
    pub tags: Tags,
    /// How many.
    pub lost: u64,
}

/// Wakeups for nothing: a domain was cleared though it wasn't new and its poll hadn't come round, and its query found
/// nothing. Of the whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SpuriousWakeups {
    /// How many.
    pub total: u64,
    /// Of all acquire queries that were answered, the share that they are.
    pub of_queries_share: f64,
    /// Of the answered queries with each cause, the share that found nothing; those of new domains and of the backup
    /// poll are not spurious, and are here to be compared.
    pub empty_share: ByCause<f64>,
}

/// What it costs to look for jobs while there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct IdleQueries {
    /// Domains, each counted on every replica that has workers of it.
    pub domains: u64,
    /// What they query in a day in which nothing is posted: each once in a poll's period.
    pub predicted_per_day: f64,
    /// Backup polls of this run that found nothing, projected to a day.
    pub measured_per_day: f64,
}

/// What this run would have cost if every worker that waits asked the database once a period instead of sleeping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct NaivePolling {
    /// The period.
    pub period_seconds: f64,
    /// How long workers waited, all together.
    pub waited_seconds: f64,
    /// The queries that they would have made: one a period for each that waits, and one for each job that was taken.
    pub queries: u64,
    /// So many times what the run made; 0 when it made none.
    pub of_queries_ratio: f64,
}

/// A finished job of the measured part that waited long, with all that is known of it. What didn't happen has no
/// time, such as `notify_us` of a job that no replica had heard of when it was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowJob {
    /// The job.
    pub job: JobId,
    /// When it was to be posted, since the posters started.
    pub intended_seconds: f64,
    /// The domain that took it, in a line.
    pub domain: String,
    /// On which replica.
    pub replica: usize,
    /// Why the query that took it was cleared.
    pub cause: String,
    /// What set off the chain that led to it.
    pub root_cause: String,
    /// Where the wakeup was lost that should have found it sooner: `swallowed`, `unheard` or `forgotten`.
    pub wakeup_lost: Option<String>,
    /// Intended to post started.
    pub post_lag_us: Option<u64>,
    /// Committed to notification received.
    pub notify_us: Option<u64>,
    /// Notification received to query started.
    pub clearance_us: Option<u64>,
    /// Query started to acquired.
    pub query_us: u64,
    /// Acquired to the worker's hands.
    pub handover_us: Option<u64>,
    /// Committed to acquired.
    pub queue_wait_us: u64,
    /// Acquired to finished.
    pub service_us: u64,
    /// Intended to finished.
    pub response_us: u64,
}

impl SpuriousWakeups {
    /// Whether a query with this cause that finds nothing is a wakeup for nothing.
    #[must_use]
    pub fn can_be(cause: Cause) -> bool {
        !matches!(cause, Cause::First | Cause::BackupPoll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_by_root_has_every_root_under_its_name() {
        let roots = ByRoot::from_fn(RootCause::as_str);
        let json = serde_json::to_value(roots).expect("keys are strings");
        for root in RootCause::ALL {
            assert_eq!(
                (*roots.get(root), json[root.as_str()].as_str()),
                (root.as_str(), Some(root.as_str()))
            );
        }
    }
}
