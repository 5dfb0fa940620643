//! The choices that the rules leave open, as plain data. Each is about one interleaving.

mod choices;
mod names;

use serde::{Deserialize, Serialize};

pub use choices::{AfterError, Chain, Departed, Doubtful, FirstPoll, Order, Postings, Route};
pub use names::{Switch, UnknownValue};

/// Which rules a machine follows. Every switch can be set alone; [`Policy::seed`] and [`Policy::default`]
/// are the two ends.
///
/// In words it is the nearer end and what differs from it:
///
/// ```
/// use acquirer::wakeup::{Chain, Policy, Switch};
///
/// let policy = Policy { chain: Chain::Always, claim_batch: 1, ..Policy::default() };
/// assert_eq!(policy.to_string(), "default with chain=always, claim_batch=1");
///
/// let mut policy = Policy::seed();
/// policy.set(Switch::Chain, "while_unaccounted")?;
/// assert_eq!(policy.to_string(), "seed with chain=while_unaccounted");
/// # Ok::<(), acquirer::wakeup::UnknownValue>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// When an acquiree that is done clears the next (`W6`).
    pub chain: Chain,
    /// How long a posting is kept in mind (`W2`).
    pub postings: Postings,
    /// Which of several domains a posting wakes (`W2b`).
    pub route: Route,
    /// Which of its acquirees a domain clears (`W8`).
    pub order: Order,
    /// What becomes of a job that was found for a caller who has left (`W10`).
    pub departed: Departed,
    /// When a domain queries again after a store error (`W11`).
    pub after_error: AfterError,
    /// When a domain's first backup poll is due (`W13`).
    pub first_poll: FirstPoll,
    /// What becomes of a posting whose query failed, when nobody is left who could query again (`W3`).
    pub doubtful: Doubtful,
    /// At most so many jobs are claimed by one query; at least 1 (`W7`).
    ///
    /// With 1, a backlog is drained at one job per round trip and domain, however many workers wait:
    ///
    /// ```text
    /// J1 J2 J3 wait; A, B and C want a job
    /// A: query ─▶ J1                          one round trip
    ///               B: query ─▶ J2            another
    ///                             C: query ─▶ J3
    /// ```
    ///
    /// With more, one query claims for as many as wait, the oldest job for whoever has waited longest:
    ///
    /// ```text
    /// A, B, C: query ─▶ J1, J2, J3            one round trip
    /// ```
    ///
    /// It claims no more than the postings in mind name, unless the clearance's cause says nothing about how many
    /// jobs wait, so that a replica doesn't claim what another one's idle workers could run.
    ///
    /// The default is 16. Up to there the rate of a drain grows with it, and comes up to pgbench's with the same
    /// statement: nearly nine times the seed's in one domain. At 64 it is less than half as much again, since waking
    /// the workers takes as long as claiming. A larger claim also holds up its first job until its last is written,
    /// gives more of a short queue to the replica that comes first, and leaves more rows to one failed query.
    pub claim_batch: usize,
}

impl Policy {
    /// The rules of the seed, weaknesses included.
    #[must_use]
    pub const fn seed() -> Self {
        Self {
            chain: Chain::Always,
            postings: Postings::Forgotten,
            route: Route::Any,
            order: Order::Any,
            departed: Departed::Stranded,
            after_error: AfterError::AtOnce,
            first_poll: FirstPoll::AfterPeriod,
            doubtful: Doubtful::LetGo,
            claim_batch: 1,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            chain: Chain::WhileUnaccounted,
            postings: Postings::Accounted,
            route: Route::IdleFirst,
            order: Order::FirstCome,
            departed: Departed::GivenBack,
            after_error: AfterError::BackOff,
            first_poll: FirstPoll::Spread,
            doubtful: Doubtful::PostedAnew,
            claim_batch: 16,
        }
    }
}
