//! The clock that a run's times are read from: this process's monotonic one.
//!
//! It is asked through tokio, so that a test that stops tokio's time or lets it jump has stopped this one too,
//! and can say to the millisecond what a run must come to.

use std::time::Instant;

/// The time now.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
