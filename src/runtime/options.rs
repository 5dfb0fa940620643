//! What an embedder may choose.

use std::sync::Arc;
use std::time::Duration;

use crate::wakeup::Policy;

use super::Tap;

/// The seed's period of the backup poll.
const BACKUP_POLL_DEFAULT: Duration = Duration::from_secs(30);

/// How an acquirer behaves.
#[derive(Clone)]
pub struct AcquirerOptions {
    /// The rules that it follows.
    pub policy: Policy,
    /// How often a domain queries though nobody calls it (`S10`). Not zero; 30 s by default, as in the seed.
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

/// Why an acquirer does not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// [`AcquirerOptions::backup_poll`] is zero.
    #[error("the backup poll has no period; give it one, such as 30 s")]
    ZeroBackupPoll,
    /// [`Policy::claim_batch`] is zero.
    #[error("a query may claim no job at all; let the policy's claim_batch be 1 or more")]
    ZeroClaimBatch,
    /// Tasks need a runtime to run on.
    #[error("there is no tokio runtime here; connect from within one")]
    NoRuntime,
}

impl AcquirerOptions {
    pub(super) fn check(&self) -> Result<(), ConnectError> {
        if self.backup_poll.is_zero() {
            return Err(ConnectError::ZeroBackupPoll);
        }
        if self.policy.claim_batch == 0 {
            return Err(ConnectError::ZeroClaimBatch);
        }
        Ok(())
    }
}
