//! A poster as it must not be, so that a test can see it caught: it posts nothing while it waits for an
//! answer, leaves out what should have come meanwhile, and calls the time at which it posts the intended one.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::{Conductor, PosterCrew, PosterDesk};
use crate::measure::now;

impl PosterCrew {
    /// Starts it.
    pub(crate) fn start_closed(&self, conductor: &Conductor, tasks: &TaskTracker) {
        tasks.spawn(go_round(Arc::clone(&self.desk), conductor.clone()));
    }
}

async fn go_round(desk: Arc<PosterDesk>, conductor: Conductor) {
    let stop = &conductor.stop;
    let (mut last, mut due) = (Duration::ZERO, conductor.began);
    loop {
        let Some(arrival) = desk.timeline.lock().await.next() else { return };
        // What should have come while it waited is not made up for.
        due = (due + (arrival.intended.saturating_sub(last))).max(now());
        last = arrival.intended;
        if stop.run_until_cancelled(tokio::time::sleep_until(due.into())).await.is_none() {
            return;
        }
        desk.post(&arrival, now(), stop).await;
    }
}
