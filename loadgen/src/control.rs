//! What a person may do to a run while it runs.

use std::time::Duration;

use crate::scenario::Fault;
use crate::scenario::policy::Policy;

/// One intervention.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// Begins a fault now, for its length or until it is ended; its `at` says nothing.
    BeginFault {
        /// The fault.
        fault: Fault,
    },
    /// Ends every fault at work that has this name, whoever began it.
    EndFault {
        /// The scenario's key for it, such as `drop_notifications`.
        name: String,
    },
    /// Multiplies every poster's rate from now on.
    ScaleRate(f64),
    /// Multiplies one poster's rate from now on, beside what is done to all of them.
    ScalePoster {
        /// The poster.
        name: String,
        /// By how much.
        factor: f64,
    },
    /// Adds so many workers, or with a negative number retires them as they become idle. The fleets keep their
    /// proportions, and each at least one worker.
    AddWorkers(i64),
    /// The same for one fleet.
    AddToFleet {
        /// The fleet.
        name: String,
        /// How many workers more, or with a negative number fewer.
        workers: i64,
    },
    /// Brings up one more replica, with a listener and connections of its own; workers move to it as they end their
    /// jobs.
    AddReplica,
    /// Takes a replica down; its workers go to the others.
    RemoveReplica {
        /// Which; `None` is the one with the highest number that no fleet is bound to.
        number: Option<usize>,
    },
    /// Gives the backup poll this period. Replicas are deployed anew for it, one after the other.
    SetBackupPoll(Duration),
    /// Lets the acquirers follow these rules. Replicas are deployed anew for it, one after the other.
    SetPolicy(Policy),
    /// Ends the run now; the partial result counts as interrupted.
    Interrupt,
}
