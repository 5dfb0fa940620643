//! Key-value pairs that a job demands and a worker offers, free of NUL by construction (`S1`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// Tags in key order. Neither key nor value holds a NUL byte: the domain key is delimited by them,
/// and Postgres could not store them. Clones share one allocation, so that a million waiting callers can
/// carry their tags.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Tags {
    /// `key NUL value NUL` for each pair in key order, as in the domain key. NUL being the lowest byte, texts
    /// compare as the pairs do.
    text: Arc<str>,
}

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
        self.iter().find(|(each, _)| *each == key).map(|(_, value)| value)
    }

    /// All pairs in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = &*self.text;
        std::iter::from_fn(move || {
            let (key, after) = rest.split_once('\0')?;
            let (value, after) = after.split_once('\0')?;
            rest = after;
            Some((key, value))
        })
    }

    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether each of `demanded` has an equal tag here (`S11`; `demanded <@ self` in Postgres).
    #[must_use]
    pub fn satisfy(&self, demanded: &Tags) -> bool {
        // Both are in key order: what was passed over is not demanded later.
        let mut offered = self.iter();
        demanded.iter().all(|pair| offered.find(|(key, _)| *key >= pair.0) == Some(pair))
    }

    /// All pairs, each as `key NUL value NUL`.
    pub(crate) fn as_text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = TagError;

    fn try_from(map: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        if let Some((key, value)) = map.iter().find(|(key, value)| key.contains('\0') || value.contains('\0'))
        {
            return Err(TagError { key: key.clone(), value: value.clone() });
        }
        let mut text =
            String::with_capacity(map.iter().map(|(key, value)| key.len() + value.len() + 2).sum());
        for part in map.iter().flat_map(|(key, value)| [key, value]) {
            text.push_str(part);
            text.push('\0');
        }
        Ok(Self { text: text.into() })
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}
