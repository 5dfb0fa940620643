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

    /// Tags from pairs in the order of their keys, each key once.
    fn from_ordered<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Result<Self, TagError> {
        let length = pairs.clone().map(|(key, value)| key.len() + value.len() + 2).sum();
        let mut text = String::with_capacity(length);
        for (key, value) in pairs {
            append(&mut text, key, value)?;
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
        if self.text == demanded.text {
            return true;
        }
        // Both are in key order: what was passed over is not demanded later.
        let mut offered = self.iter();
        demanded.iter().all(|pair| offered.find(|(key, _)| *key >= pair.0) == Some(pair))
    }

    /// The pairs whose places in the order of keys are members.
    #[cfg(feature = "postgres")]
    pub(crate) fn subset(&self, is_member: impl Fn(usize) -> bool) -> Self {
        let mut text = String::with_capacity(self.text.len());
        for (_, (key, value)) in self.iter().enumerate().filter(|(place, _)| is_member(*place)) {
            push_pair(&mut text, key, value);
        }
        Self { text: text.into() }
    }

    /// Where they lie in memory. As long as they are held, no others lie there but their clones.
    #[cfg(feature = "postgres")]
    pub(crate) fn place(&self) -> u64 {
        Arc::as_ptr(&self.text).addr() as u64
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
        let mut tags = TagsInOrder::new();
        while let Some((Text(key), Text(value))) = map.next_entry()? {
            match tags.push(&key, &value) {
                Ok(()) => {}
                Err(Refused::OutOfOrder) => return rest_in_any_order(tags.done(), key, value, map),
                Err(Refused::Tag(error)) => return Err(A::Error::custom(error)),
            }
        }
        Ok(tags.done())
    }
}

/// Makes tags of pairs that come in the order of their keys, as nearly all do.
pub(super) struct TagsInOrder {
    text: String,
    /// Where the last key lies.
    last: Option<std::ops::Range<usize>>,
}

/// Why a pair can't be appended.
pub(super) enum Refused {
    /// Its key doesn't come after the last one.
    OutOfOrder,
    /// It is no tag.
    Tag(TagError),
}

impl TagsInOrder {
    pub(super) fn new() -> Self {
        Self { text: String::with_capacity(TEXT_BYTES_USUAL), last: None }
    }

    pub(super) fn push(&mut self, key: &str, value: &str) -> Result<(), Refused> {
        if self.last.as_ref().is_some_and(|last| &self.text[last.clone()] >= key) {
            return Err(Refused::OutOfOrder);
        }
        let start = self.text.len();
        append(&mut self.text, key, value).map_err(Refused::Tag)?;
        self.last = Some(start..start + key.len());
        Ok(())
    }

    pub(super) fn done(self) -> Tags {
        Tags { text: self.text.into() }
    }
}

/// Room for most jobs' tags.
const TEXT_BYTES_USUAL: usize = 128;

/// Reads on from a pair that is out of order; of equal keys the last counts.
#[cold]
fn rest_in_any_order<'de, A: MapAccess<'de>>(
    before: Tags,
    key: Cow<'de, str>,
    value: Cow<'de, str>,
    mut map: A,
) -> Result<Tags, A::Error> {
    let mut pairs: BTreeMap<String, String> = before.into();
    pairs.insert(key.into_owned(), value.into_owned());
    while let Some((key, value)) = map.next_entry()? {
        pairs.insert(key, value);
    }
    Tags::try_from(pairs).map_err(A::Error::custom)
}

/// Appends a pair that may not be one.
fn append(text: &mut String, key: &str, value: &str) -> Result<(), TagError> {
    // Byte by byte: they are short, and a search in words is more code than there are bytes.
    let has_nul = |part: &str| part.bytes().any(|byte| byte == 0);
    if has_nul(key) || has_nul(value) {
        return Err(TagError { key: key.to_owned(), value: value.to_owned() });
    }
    push_pair(text, key, value);
    Ok(())
}

/// Appends a pair as `key NUL value NUL`.
fn push_pair(text: &mut String, key: &str, value: &str) {
    for part in [key, value] {
        text.push_str(part);
        text.push('\0');
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
