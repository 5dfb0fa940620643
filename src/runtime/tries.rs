//! Tries of what may fail for a while, until they are given up.

use std::time::Duration;

use tokio::time::Instant;

use super::backoff::Backoff;
use super::shared::Shared;

/// With growing pauses, within a bound that closing the acquirer moves closer.
pub(super) struct Tries {
    backoff: Backoff,
    failed: u32,
    until: Instant,
    after_close: Option<Duration>,
}

impl Tries {
    pub(super) fn new(at_most: Duration, after_close: Duration) -> Self {
        let until = Instant::now() + at_most;
        Self { backoff: Backoff::new(), failed: 0, until, after_close: Some(after_close) }
    }

    pub(super) fn have_failed(&self) -> bool {
        self.failed > 0
    }

    /// A try failed: waits before the next; `false` when there is to be none.
    pub(super) async fn again(&mut self, shared: &Shared) -> bool {
        self.failed += 1;
        if shared.closed.is_cancelled()
            && let Some(left) = self.after_close.take()
        {
            self.until = self.until.min(Instant::now() + left);
        }
        let pause = tokio::time::sleep(self.backoff.next());
        if self.after_close.is_some() {
            tokio::select! {
                () = pause => {}
                () = shared.closed.cancelled() => {}
            }
        } else {
            pause.await;
        }
        Instant::now() < self.until
    }
}
