//! Key-value pairs that a job demands and a worker offers, free of NUL by construction (`S1`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Tags in key order. Neither key nor value holds a NUL byte: the domain key is delimited by them,
/// and Postgres could not store them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Tags(BTreeMap<String, String>);

/// A tag that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tag {key:?} = {value:?} holds a NUL byte; remove it")]
pub struct TagError {
    /// The tag's key.
    pub key: String,
    /// The tag's value.
    pub value: String,
}

impl Tags {
    /// No tags: as a job's, any worker of its type may run it; as a worker's, it takes only such jobs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tags from pairs; of equal keys the last counts.
    pub fn from_pairs<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, TagError>
    where
        K: Into<String>,
        V: Into<String>,
    {
        let map: BTreeMap<String, String> =
            pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self::try_from(map)
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All pairs in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each of `demanded` has an equal tag here (`S11`; `demanded <@ self` in Postgres).
    #[must_use]
    pub fn satisfy(&self, demanded: &Tags) -> bool {
        demanded.iter().all(|(key, value)| self.get(key) == Some(value))
    }
}

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = TagError;

    fn try_from(map: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        match map.iter().find(|(key, value)| key.contains('\0') || value.contains('\0')) {
            Some((key, value)) => Err(TagError { key: key.clone(), value: value.clone() }),
            None => Ok(Self(map)),
        }
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        tags.0
    }
}
