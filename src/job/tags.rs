//! Key-value pairs that a job demands and a worker offers, free of NUL by construction (`S1`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tags in key order. Neither key nor value holds a NUL byte: the domain key is delimited by them,
/// and Postgres could not store them. Clones share one allocation, so that a million waiting callers can
/// carry their tags.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// Tags from pairs in any order; of equal keys the last counts. What a posting pays for on its way.
    fn from_unordered(mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)>) -> Result<Self, TagError> {
        if !pairs.is_sorted_by(|(one, _), (next, _)| one < next) {
            // Stable: the last of equals stays behind the others.
            pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
            pairs.reverse();
            pairs.dedup_by(|(one, _), (kept, _)| one == kept);
            pairs.reverse();
        }
        Self::from_ordered(pairs.iter().map(|(key, value)| (&**key, &**value)))
    }

    /// Tags from pairs in the order of their keys, each key once.
    fn from_ordered<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Result<Self, TagError> {
        let length = pairs.clone().map(|(key, value)| key.len() + value.len() + 2).sum();
        let mut text = String::with_capacity(length);
        for (key, value) in pairs {
            if key.contains('\0') || value.contains('\0') {
                return Err(TagError { key: key.to_owned(), value: value.to_owned() });
            }
            for part in [key, value] {
                text.push_str(part);
                text.push('\0');
            }
        }
        Ok(Self { text: text.into() })
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

    /// The pairs whose places in the order of keys are members.
    #[cfg(feature = "postgres")]
    pub(crate) fn subset(&self, is_member: impl Fn(usize) -> bool) -> Self {
        let mut text = String::with_capacity(self.text.len());
        for (_, (key, value)) in self.iter().enumerate().filter(|(place, _)| is_member(*place)) {
            for part in [key, value] {
                text.push_str(part);
                text.push('\0');
            }
        }
        Self { text: text.into() }
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

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TagsVisitor)
    }
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = Tags;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tags, A::Error> {
        let mut pairs = Vec::new();
        while let Some((Text(key), Text(value))) = map.next_entry()? {
            pairs.push((key, value));
        }
        Tags::from_unordered(pairs).map_err(A::Error::custom)
    }
}

/// A string, borrowed from what it is read from where that can be.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = TagError;

    fn try_from(map: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        Self::from_ordered(map.iter().map(|(key, value)| (&**key, &**value)))
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_a_map_would_be_whatever_their_order() {
        for json in [
            "{}",
            r#"{"b":"2","a":"1"}"#,
            r#"{"a":"1","b":"2","a":"3"}"#,
            r#"{"c":"1","a":"1","c":"2","b":"\u00e9\n","c":"3","a":"2"}"#,
        ] {
            let map: BTreeMap<String, String> = serde_json::from_str(json).unwrap();
            let tags: Tags = serde_json::from_str(json).unwrap();
            assert_eq!(tags, Tags::try_from(map).unwrap(), "{json}");
            assert_eq!(serde_json::from_value::<Tags>(serde_json::from_str(json).unwrap()).unwrap(), tags);
        }
        for refused in [r#"{"a\u0000":"1"}"#, r#"{"a":"\u0000"}"#, r#"{"a":1}"#, r#"["a"]"#] {
            assert!(serde_json::from_str::<Tags>(refused).is_err(), "{refused}");
        }
    }
}
