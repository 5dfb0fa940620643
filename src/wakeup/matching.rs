//! Finds the domains that contain a posting, at a cost that grows with those that share a tag with it and not
//! with all (`W9`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::job::{Posting, ProvisionerType};

use super::{DomainId, DomainSpec};

/// Domains by what they accept.
#[derive(Debug, Clone, Default)]
pub(super) struct Matching {
    by_type: BTreeMap<ProvisionerType, BTreeSet<DomainId>>,
    by_tag: HashMap<String, HashMap<String, BTreeSet<DomainId>>>,
}

impl Matching {
    pub(super) fn add(&mut self, id: DomainId, spec: &DomainSpec) {
        for kind in spec.types() {
            self.by_type.entry(*kind).or_default().insert(id);
        }
        for (key, value) in spec.tags().iter() {
            let values = self.by_tag.entry(key.to_owned()).or_default();
            values.entry(value.to_owned()).or_default().insert(id);
        }
    }

    pub(super) fn remove(&mut self, id: DomainId, spec: &DomainSpec) {
        for kind in spec.types() {
            if let Some(domains) = self.by_type.get_mut(kind) {
                domains.remove(&id);
            }
        }
        for (key, value) in spec.tags().iter() {
            let Some(values) = self.by_tag.get_mut(key) else { continue };
            if let Some(domains) = values.get_mut(value) {
                domains.remove(&id);
                if domains.is_empty() {
                    values.remove(value);
                }
            }
            if values.is_empty() {
                self.by_tag.remove(key);
            }
        }
    }

    /// Domains among which all are that contain the posting, in order of birth: those of its rarest tag.
    pub(super) fn candidates(&self, posting: &Posting) -> impl Iterator<Item = DomainId> {
        static NONE: BTreeSet<DomainId> = BTreeSet::new();
        let of_type = self.by_type.get(&posting.provisioner).unwrap_or(&NONE);
        let of_tags = posting
            .tags
            .iter()
            .map(|(key, value)| self.by_tag.get(key).and_then(|values| values.get(value)).unwrap_or(&NONE));
        let rarest = of_tags.chain([of_type]).min_by_key(|domains| domains.len());
        rarest.into_iter().flatten().copied()
    }
}
