//! What is kept of a run beside its report.

/// What to keep of what happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordOptions {
    /// So many events are kept for whoever follows single wakeups; with none, nobody pays for them.
    pub events_max: usize,
}

/// As many events as a dashboard keeps.
pub const EVENTS_MAX: usize = 100_000;
