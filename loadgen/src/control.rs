//! What a person may do to a run while it runs.

use crate::scenario::Fault;

/// One intervention.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// Starts swallowing all notifications on every replica, or stops when that is at work.
    ToggleDropNotifications,
    /// Terminates every replica's listener connection once.
    KillListeners,
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
    /// Adds so many workers, or with a negative number retires them as they become idle. The fleets keep their
    /// proportions, and each at least one worker.
    AddWorkers(i64),
    /// Ends the run now; the partial result counts as interrupted.
    Interrupt,
}
