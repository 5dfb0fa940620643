//! Finds the domains that contain a posting, at a cost that grows with those and not with all (`W9`).
//!
//! Each type and each tag has the set of its domains, as compressed bitmaps: those that have all that a posting
//! demands are found by intersecting whole words, also where many have each and hardly any has all.

use std::hash::BuildHasher as _;

use foldhash::HashMap;
use foldhash::fast::RandomState;
use roaring::RoaringTreemap;

use crate::job::{Posting, ProvisionerType};

use super::{DomainId, DomainSpec};

/// So few are looked at one by one rather than intersected further.
const LOOKED_AT_MAX: u64 = 4;

/// Domains by what they accept.
#[derive(Debug, Clone, Default)]
pub(super) struct Matching {
    by_type: HashMap<ProvisionerType, RoaringTreemap>,
    /// By a tag's hash: two tags that share one make candidates that don't match, and nothing else.
    by_tag: HashMap<u64, Members>,
    hasher: RandomState,
}

/// The domains that have a tag.
#[derive(Debug, Clone)]
enum Members {
    /// Many tags are of one domain only, and would pay for a set.
    One(DomainId),
    Many(Box<RoaringTreemap>),
}

impl Matching {
    pub(super) fn add(&mut self, id: DomainId, spec: &DomainSpec) {
        for kind in spec.types() {
            self.by_type.entry(*kind).or_default().insert(id.0);
        }
        for tag in spec.tags().iter() {
            self.by_tag
                .entry(self.hasher.hash_one(tag))
                .and_modify(|members| members.insert(id))
                .or_insert(Members::One(id));
        }
    }

    pub(super) fn remove(&mut self, id: DomainId, spec: &DomainSpec) {
        for kind in spec.types() {
            if let Some(domains) = self.by_type.get_mut(kind) {
                domains.remove(id.0);
            }
        }
        for tag in spec.tags().iter() {
            let hash = self.hasher.hash_one(tag);
            if self.by_tag.get_mut(&hash).is_some_and(|members| !members.remain_without(id)) {
                self.by_tag.remove(&hash);
            }
        }
    }

    /// Domains among which all are that contain the posting, and few others, in order of birth.
    pub(super) fn candidates(&self, posting: &Posting) -> Candidates {
        let mut sets = Vec::new();
        for tag in posting.tags.iter() {
            match self.by_tag.get(&self.hasher.hash_one(tag)) {
                None => return Candidates::One(None),
                Some(Members::One(id)) => return Candidates::One(Some(*id)),
                Some(Members::Many(domains)) => sets.push((domains.len(), &**domains)),
            }
        }
        let Some(of_type) = self.by_type.get(&posting.provisioner) else { return Candidates::One(None) };
        sets.sort_unstable_by_key(|(length, _)| *length);
        let mut rarest_first = sets.into_iter().map(|(_, domains)| domains).chain([of_type]);
        let (Some(rarest), next) = (rarest_first.next(), rarest_first.next()) else {
            return Candidates::One(None);
        };
        if rarest.len() <= LOOKED_AT_MAX {
            return Candidates::many(rarest.clone());
        }
        let mut all = next.map_or_else(|| rarest.clone(), |next| rarest & next);
        for domains in rarest_first {
            if all.len() <= LOOKED_AT_MAX {
                break;
            }
            all &= domains;
        }
        Candidates::many(all)
    }
}

/// Domains that may contain a posting.
pub(super) enum Candidates {
    One(Option<DomainId>),
    Many(Box<roaring::treemap::IntoIter>),
}

impl Candidates {
    fn many(domains: RoaringTreemap) -> Self {
        Self::Many(Box::new(domains.into_iter()))
    }
}

impl Iterator for Candidates {
    type Item = DomainId;

    fn next(&mut self) -> Option<DomainId> {
        match self {
            Self::One(one) => one.take(),
            Self::Many(many) => many.next().map(DomainId),
        }
    }
}

impl Members {
    fn insert(&mut self, id: DomainId) {
        match self {
            Self::One(other) if *other == id => {}
            Self::One(other) => *self = Self::Many(Box::new(RoaringTreemap::from([other.0, id.0]))),
            Self::Many(domains) => {
                domains.insert(id.0);
            }
        }
    }

    /// Takes one out; `false` when nobody is left.
    fn remain_without(&mut self, id: DomainId) -> bool {
        match self {
            Self::One(only) => *only != id,
            Self::Many(domains) => {
                domains.remove(id.0);
                if domains.len() == 1
                    && let Some(last) = domains.min()
                {
                    *self = Self::One(DomainId(last));
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Tags;

    fn tags(pairs: &[(&str, String)]) -> Tags {
        Tags::from_pairs(pairs.iter().map(|(key, value)| (*key, value.clone()))).expect("no NUL in these")
    }

    #[test]
    fn candidates_are_all_that_contain_a_posting_and_few_more() {
        use ProvisionerType::{Echo, Terraform};
        let number = |key, n: u64| (key, n.to_string());
        let specs: Vec<DomainSpec> = (0..400)
            .map(|n| {
                let types: &[_] = if n % 3 == 0 { &[Echo, Terraform] } else { &[Echo] };
                let pairs =
                    [number("all", 0), number("row", n / 20), number("column", n % 20), number("own", n)];
                DomainSpec::new(types, &tags(&pairs))
            })
            .collect();
        let mut matching = Matching::default();
        for (n, spec) in (0..).zip(&specs) {
            matching.add(DomainId(n), spec);
        }
        let stays = |n: u64| !n.is_multiple_of(7) && n / 20 != 5;
        for (n, spec) in (0..).zip(&specs).filter(|(n, _)| !stays(*n)) {
            matching.remove(DomainId(n), spec);
        }
        for provisioner in [Echo, Terraform] {
            for demanded in [
                vec![],
                vec![number("all", 0)],
                vec![number("row", 3)],
                vec![number("row", 5)],
                vec![number("row", 3), number("column", 4), number("all", 0)],
                vec![number("column", 4), number("own", 64)],
                vec![number("own", 63)],
                vec![number("own", 1_000)],
            ] {
                let posting = Posting { provisioner, tags: tags(&demanded), job_id: None };
                let fits = |id: &DomainId| specs[id.0 as usize].contains(&posting);
                let found: Vec<DomainId> = matching.candidates(&posting).collect();
                let expected: Vec<DomainId> =
                    (0..400).filter(|n| stays(*n)).map(DomainId).filter(fits).collect();
                assert!(found.iter().copied().filter(fits).eq(expected.iter().copied()), "{posting:?}");
                assert!(found.len() <= expected.len() + LOOKED_AT_MAX as usize, "{posting:?}: {found:?}");
            }
        }
        for (n, spec) in (0..).zip(&specs).filter(|(n, _)| stays(*n)) {
            matching.remove(DomainId(n), spec);
        }
        assert!(matching.by_tag.is_empty() && matching.by_type.values().all(RoaringTreemap::is_empty));
    }
}
