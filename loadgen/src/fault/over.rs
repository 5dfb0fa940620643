//! When a fault is over: at its time, or when somebody says so.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

/// The end of one fault.
#[derive(Debug, Clone)]
pub(super) struct Over {
    pub(super) ordered: CancellationToken,
    pub(super) until: Option<Instant>,
}

impl Over {
    /// Waits for it.
    pub(super) async fn wait(&self) {
        let due = async {
            match self.until {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.ordered.cancelled() => {}
            () = due => {}
        }
    }

    /// Does something as long as the fault lasts; `None` when that was too short.
    pub(super) async fn cuts<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.wait() => None,
            done = work => Some(done),
        }
    }
}
