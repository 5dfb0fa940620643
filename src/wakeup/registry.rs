//! All domains by name. One is found in constant time; all are gone through in order of birth.

use std::ops::Index;

use super::DomainId;
use super::domain::Domain;
use super::ids::IdMap;

/// The domains that stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Registry(IdMap<DomainId, Box<Domain>>);

impl Registry {
    pub(super) fn insert(&mut self, domain: Domain) {
        self.0.insert(domain.id, Box::new(domain));
    }

    pub(super) fn remove(&mut self, id: DomainId) -> Option<Box<Domain>> {
        self.0.remove(&id)
    }

    pub(super) fn get(&self, id: DomainId) -> Option<&Domain> {
        self.0.get(&id).map(Box::as_ref)
    }

    pub(super) fn get_mut(&mut self, id: DomainId) -> Option<&mut Domain> {
        self.0.get_mut(&id).map(Box::as_mut)
    }

    /// The names of all, in order of birth.
    pub(super) fn ids(&self) -> Vec<DomainId> {
        let mut ids: Vec<DomainId> = self.0.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// All, in order of birth.
    pub(super) fn values(&self) -> impl Iterator<Item = &Domain> {
        self.ids().into_iter().map(|id| &self[&id])
    }
}

impl Index<&DomainId> for Registry {
    type Output = Domain;

    fn index(&self, id: &DomainId) -> &Domain {
        &self.0[id]
    }
}
