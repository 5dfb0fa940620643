//! Waiting for states of a server that announce themselves to nobody.

use std::time::{Duration, Instant};

/// Runs `check` until it answers, and panics with `what` when it doesn't within twenty seconds.
pub(crate) async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(answer) = check().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
