//! What a domain accepts, and the key that names it (`S1`, `S11`).

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::job::{Posting, ProvisionerType, Tags};

/// Equal for acquirees that accept the same jobs, whatever order they name types and tags in.
///
/// Sorted types, each followed by NUL, one more NUL, then the tags in key order as `key NUL value NUL`.
/// No two sets share a key, since [`Tags`] hold no NUL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainKey(Box<str>);

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
    types: Types,
    tags: Tags,
    key: DomainKey,
}

/// Sorted types, each once, in place: a spec is made for every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Types {
    length: u8,
    sorted: [ProvisionerType; ProvisionerType::ALL.len()],
}

impl Types {
    fn new(types: &[ProvisionerType]) -> Self {
        let mut all = Self { length: 0, sorted: ProvisionerType::ALL };
        // These are sorted by name.
        for kind in ProvisionerType::ALL.into_iter().filter(|kind| types.contains(kind)) {
            all.sorted[usize::from(all.length)] = kind;
            all.length += 1;
        }
        // Equal sets are equal, whatever is past their end.
        all.sorted[usize::from(all.length)..].fill(ProvisionerType::ALL[0]);
        all
    }

    fn as_slice(&self) -> &[ProvisionerType] {
        &self.sorted[..usize::from(self.length)]
    }
}

impl DomainSpec {
    /// The domain of callers with these types and tags.
    #[must_use]
    pub fn new(types: &[ProvisionerType], tags: &Tags) -> Self {
        let types = Types::new(types);
        let names = types.as_slice().iter().map(|kind| kind.as_str());
        let length = names.clone().map(|name| name.len() + 1).sum::<usize>() + 1 + tags.as_text().len();
        let mut key = String::with_capacity(length);
        for name in names {
            key.push_str(name);
            key.push('\0');
        }
        key.push('\0');
        key.push_str(tags.as_text());
        Self { types, tags: tags.clone(), key: DomainKey(key.into()) }
    }

    /// The accepted types, sorted.
    #[must_use]
    pub fn types(&self) -> &[ProvisionerType] {
        self.types.as_slice()
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
        self.types().contains(&posting.provisioner) && self.tags.satisfy(&posting.tags)
    }
}

impl fmt::Display for DomainSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, kind) in self.types().iter().enumerate() {
            let separator = if place == 0 { "" } else { "+" };
            write!(f, "{separator}{kind}")?;
        }
        self.tags.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// A spec that is looked up by its key, which it shares with its domain.
#[derive(Debug, Clone)]
pub(super) struct ByKey(pub(super) Arc<DomainSpec>);

impl Borrow<DomainKey> for ByKey {
    fn borrow(&self) -> &DomainKey {
        self.0.key()
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl Eq for ByKey {}

impl Hash for ByKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key().hash(state);
    }
}
