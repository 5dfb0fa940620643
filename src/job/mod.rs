//! The words that every room shares: a job, who may run it, and the notice that it exists.

mod posting;
mod tags;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use posting::{Posting, PostingError};
pub use tags::{TagError, Tags};

/// Names one job, for ever.
pub type JobId = Uuid;

/// Names one worker: the caller that a job is marked with while it runs.
pub type WorkerId = Uuid;

/// What kind of provisioner a job needs and a worker offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProvisionerType {
    /// Replays canned answers; upstream's test double.
    Echo,
    /// Runs Terraform.
    Terraform,
}

impl ProvisionerType {
    /// Every type there is.
    pub const ALL: [Self; 2] = [Self::Echo, Self::Terraform];

    /// The name on the wire and in the database's enum.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Terraform => "terraform",
        }
    }
}

impl fmt::Display for ProvisionerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no [`ProvisionerType`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown provisioner {0:?}: one of \"echo\", \"terraform\"")]
pub struct UnknownProvisioner(pub String);

impl FromStr for ProvisionerType {
    type Err = UnknownProvisioner;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownProvisioner(name.to_owned()))
    }
}

/// A job that was acquired: one row of the job table as the acquire query returned it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The row's primary key.
    pub id: JobId,
    /// When the row was inserted, by the poster's clock.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When it was acquired.
    pub started_at: chrono::DateTime<chrono::Utc>,
    /// The worker that it was acquired for.
    pub worker: WorkerId,
    /// What kind of provisioner it needs.
    pub provisioner: ProvisionerType,
    /// The tags that a worker must carry to run it.
    pub tags: Tags,
    /// The organization that owns it.
    pub organization_id: Uuid,
    /// Who asked for it.
    pub initiator_id: Uuid,
    /// Upstream's kind of job, such as `workspace_build`.
    pub kind: String,
    /// What the worker is to do.
    pub input: serde_json::Value,
}
