//! A job that is available again, or that others may have passed over, is posted anew.

use std::sync::Arc;
use std::time::Duration;

use crate::job::Posting;
use crate::wakeup::Input;

use super::shared::Shared;
use super::tries::Tries;

/// A pubsub that is down for longer will tell that messages were lost.
pub(super) const TRIED_FOR: Duration = Duration::from_mins(1);
/// The same once the acquirer is closed, and somebody waits for the end of it.
pub(super) const TRIED_AFTER_CLOSE: Duration = Duration::from_secs(5);

/// Posts a job anew, however often it takes within a bound; then looks for it here at least.
pub(super) async fn run(shared: Arc<Shared>, posting: Posting) {
    let mut tries = Tries::new(TRIED_FOR, TRIED_AFTER_CLOSE);
    while let Err(error) = shared.pubsub.publish(&posting.payload()).await {
        tracing::warn!(job = ?posting.job_id, %error, "failed to post job anew; trying again");
        if !tries.have_failed() {
            // Here at least it can be looked for meanwhile.
            shared.happen(Input::Post(posting.clone()));
        }
        if !tries.again(&shared).await {
            return;
        }
    }
}
