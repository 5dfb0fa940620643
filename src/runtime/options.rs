//! What an embedder may choose.

use std::sync::Arc;
use std::time::Duration;

use crate::wakeup::Policy;

use super::Tap;

/// The seed's period of the backup poll.
pub const BACKUP_POLL_DEFAULT: Duration = Duration::from_secs(30);

/// How an acquirer behaves.
#[derive(Clone)]
pub struct AcquirerOptions {
    /// The rules that it follows.
    pub policy: Policy,
    /// How often a domain queries though nobody calls it (`S10`). Not zero.
    pub backup_poll: Duration,
    /// Who looks on.
    pub tap: Option<Arc<dyn Tap>>,
    /// Seeds the draws where the rules leave a choice open; by default each acquirer has its own.
    pub seed: Option<u64>,
}

impl Default for AcquirerOptions {
    fn default() -> Self {
        Self { policy: Policy::default(), backup_poll: BACKUP_POLL_DEFAULT, tap: None, seed: None }
    }
}

impl std::fmt::Debug for AcquirerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AcquirerOptions")
            .field("policy", &self.policy)
            .field("backup_poll", &self.backup_poll)
            .field("tap", &self.tap.is_some())
            .field("seed", &self.seed)
            .finish()
    }
}
