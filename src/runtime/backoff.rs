//! Waits that double: from 10 ms, at most 10 s apart (`S14`).

use std::time::Duration;

/// The waits between tries.
#[derive(Debug)]
pub(super) struct Backoff(Duration);

const FIRST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(10);

impl Backoff {
    pub(super) const fn new() -> Self {
        Self(FIRST)
    }

    /// How long to wait before the next try.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 2).min(LONGEST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_seconds() {
        let mut backoff = Backoff::new();
        let waits: Vec<u128> = (0..12).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_000, 10_000]);
    }
}
