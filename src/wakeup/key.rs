//! What a domain accepts, and the key that names it (`S1`, `S11`).

use std::fmt;

use crate::job::{Posting, ProvisionerType, Tags};

/// Equal for acquirees that accept the same jobs, whatever order they name types and tags in.
///
/// Sorted types, each followed by NUL, one more NUL, then the tags in key order as `key NUL value NUL`.
/// No two sets share a key, since [`Tags`] hold no NUL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainKey(String);

impl DomainKey {
    /// The key as text, NUL bytes included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The types and tags that the acquirees of a domain accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainSpec {
    types: Vec<ProvisionerType>,
    tags: Tags,
    key: DomainKey,
}

impl DomainSpec {
    /// The domain of callers with these types and tags.
    #[must_use]
    pub fn new(types: &[ProvisionerType], tags: &Tags) -> Self {
        let mut types = types.to_vec();
        types.sort_unstable_by_key(|kind| kind.as_str());
        types.dedup();
        let mut key = String::new();
        for kind in &types {
            key.push_str(kind.as_str());
            key.push('\0');
        }
        key.push('\0');
        for (name, value) in tags.iter() {
            key.push_str(name);
            key.push('\0');
            key.push_str(value);
            key.push('\0');
        }
        Self { types, tags: tags.clone(), key: DomainKey(key) }
    }

    /// The accepted types, sorted.
    #[must_use]
    pub fn types(&self) -> &[ProvisionerType] {
        &self.types
    }

    /// The tags that its acquirees carry.
    #[must_use]
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &DomainKey {
        &self.key
    }

    /// Whether a posted job fits: its type is among the domain's, and each of its tags has an equal one (`S11`).
    #[must_use]
    pub fn contains(&self, posting: &Posting) -> bool {
        self.types.contains(&posting.provisioner) && self.tags.satisfy(&posting.tags)
    }
}

impl fmt::Display for DomainSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, kind) in self.types.iter().enumerate() {
            let separator = if place == 0 { "" } else { "+" };
            write!(f, "{separator}{kind}")?;
        }
        self.tags.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}
