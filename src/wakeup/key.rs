//! What a domain accepts, and the key that names it (`S1`, `S11`).

use std::cmp::Ordering;
use std::fmt;

use crate::job::{Posting, ProvisionerType, Tags};

/// Equal for acquirees that accept the same jobs, whatever order they name types and tags in. Its clones share the
/// tags: that a domain is named in many places costs no text in any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainKey {
    types: Types,
    tags: Tags,
}

impl DomainKey {
    /// The key as text: sorted types, each followed by NUL, one more NUL, then the tags in key order as `key NUL value
    /// NUL`. No two keys share a text, since [`Tags`] hold no NUL; keys compare as their texts do.
    #[must_use]
    pub fn to_text(&self) -> String {
        let names = self.types.as_slice().iter().flat_map(|kind| [kind.as_str(), "\0"]);
        names.chain(["\0", self.tags.as_text()]).collect()
    }
}

/// The types and tags that the acquirees of a domain accept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainSpec {
    key: DomainKey,
}

/// Sorted types, each once, in place: a spec is made for every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

impl Ord for Types {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl PartialOrd for Types {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl DomainSpec {
    /// The domain of callers with these types and tags.
    #[must_use]
    pub fn new(types: &[ProvisionerType], tags: &Tags) -> Self {
        Self { key: DomainKey { types: Types::new(types), tags: tags.clone() } }
    }

    /// The accepted types, sorted.
    #[must_use]
    pub fn types(&self) -> &[ProvisionerType] {
        self.key.types.as_slice()
    }

    /// The tags that its acquirees carry.
    #[must_use]
    pub fn tags(&self) -> &Tags {
        &self.key.tags
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &DomainKey {
        &self.key
    }

    /// Whether a posted job fits: its type is among the domain's, and each of its tags has an equal one (`S11`).
    #[must_use]
    pub fn contains(&self, posting: &Posting) -> bool {
        self.types().contains(&posting.provisioner) && self.tags().satisfy(&posting.tags)
    }
}

impl fmt::Display for DomainSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, kind) in self.types().iter().enumerate() {
            let separator = if place == 0 { "" } else { "+" };
            write!(f, "{separator}{kind}")?;
        }
        self.tags().iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}
