//! The notice that a job exists, and its wire format. Never the job itself.

use serde::{Deserialize, Serialize};

use super::{JobId, ProvisionerType, Tags};

/// Says that a job of this type and with these tags was posted.
///
/// On the wire it is `{"type":"echo","tags":{…},"job_id":"…"}`. The seed writes no `job_id`, and tags may be
/// `null` there; both are read. Unknown fields are accepted (`S13`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Posting {
    /// The job's type.
    #[serde(rename = "type")]
    pub provisioner: ProvisionerType,
    /// The tags that the job demands.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub tags: Tags,
    /// The job, where the poster named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<JobId>,
}

/// A payload that is no posting (`S13`).
#[derive(Debug, thiserror::Error)]
#[error("cannot read job posting")]
pub struct PostingError(#[from] serde_json::Error);

impl Posting {
    /// Reads a payload as it came over the channel.
    pub fn parse(payload: &[u8]) -> Result<Self, PostingError> {
        Ok(serde_json::from_slice(payload)?)
    }

    /// The payload to publish.
    ///
    /// # Panics
    ///
    /// Never: names and strings always serialize.
    #[must_use]
    pub fn payload(&self) -> String {
        serde_json::to_string(self).expect("a posting holds only names and strings")
    }
}

fn null_as_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Tags, D::Error> {
    Ok(Option::<Tags>::deserialize(deserializer)?.unwrap_or_default())
}
