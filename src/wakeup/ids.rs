//! Maps from names that are counted up, such as [`AcquireeId`](super::AcquireeId).
//!
//! Names that were given one after the other lie side by side in memory: acquirees that joined together mostly
//! go together, and domains that were born together are polled together. Nothing outside chooses such a name,
//! so none can be chosen to collide.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys are counted up.
pub(crate) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Hashes one `u64`: sixteen neighbours, as many as a table probes at once, to places side by side, and each such
/// group to anywhere, so that survivors at any regular distance spread.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IdHasher(u64);

const NEIGHBOURS_BITS: u32 = 4;
/// The bits by which a table tells keys apart that share a place.
const TOPMOST: u64 = 0xff << 56;
/// Odd, and without a pattern: 2⁶⁴ over the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }

    fn finish(&self) -> u64 {
        let group = u128::from(self.0 >> NEIGHBOURS_BITS) * u128::from(SPREAD);
        let neighbour = self.0 & ((1 << NEIGHBOURS_BITS) - 1);
        let place = (group as u64 ^ (group >> u64::BITS) as u64) << NEIGHBOURS_BITS | neighbour;
        (place & !TOPMOST) | (self.0.wrapping_mul(SPREAD) & TOPMOST)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::hash::BuildHasher as _;

    use super::*;

    #[test]
    fn neighbours_lie_side_by_side_and_survivors_at_any_distance_spread() {
        const TABLE: u64 = 1 << 12;
        let hash = |id: u64| BuildHasherDefault::<IdHasher>::default().hash_one(id);
        let place = |id| hash(id) % TABLE;
        for id in (0..TABLE).step_by(16) {
            assert!((1..16).all(|next| place(id + next) == place(id) + next), "{id}");
            assert!((0..16).map(|next| hash(id + next) >> 57).collect::<BTreeSet<_>>().len() > 8, "{id}");
        }
        // A quarter of the groups: four to each, which has room for sixteen.
        for distance in (4..40).map(|power| 1_u64 << power).chain([48, 1_000, 65_535 * 16]) {
            let groups: BTreeSet<_> = (0..TABLE / 16).map(|step| place(step * distance) / 16).collect();
            assert!(groups.len() >= 64, "{distance}: {} of {} groups", groups.len(), TABLE / 16);
        }
    }
}
