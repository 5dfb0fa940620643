//! Waiting for what nobody announces: the death of another's process.

use std::thread;
use std::time::{Duration, Instant};

/// Waits until something holds, and panics with `what` when it doesn't within twenty seconds.
#[track_caller]
pub(crate) fn await_that(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} within 20 s");
        thread::sleep(Duration::from_millis(5));
    }
}
