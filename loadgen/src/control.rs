//! What a person may do to a run while it runs.

/// One intervention.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// Starts swallowing all notifications on every replica, or stops when that is at work.
    ToggleDropNotifications,
    /// Terminates every replica's listener connection once.
    KillListeners,
    /// Multiplies every poster's rate from now on.
    ScaleRate(f64),
    /// Adds workers to every fleet, or with a negative number retires them as they become idle;
    /// a fleet keeps at least one.
    AddWorkers(i64),
    /// Ends the run now; the partial result counts as interrupted.
    Interrupt,
}
