//! The choices that the rules leave open, as plain data.

/// Which rules a machine follows.
///
/// The rules of the seed are the only ones yet, so that both presets are the same; the fields are what
/// [`Machine`](super::Machine) asks wherever a rule is a matter of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// When an acquiree that is done clears the next.
    pub chain: Chain,
    /// At most so many jobs are claimed by one query; at least 1.
    pub claim_batch: usize,
}

/// When an acquiree that is done clears the next one of its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Always: the domain drains the table until it finds nothing or runs out of acquirees (`S7`).
    Always,
}

impl Policy {
    /// The rules of the seed, weaknesses included.
    #[must_use]
    pub const fn seed() -> Self {
        Self { chain: Chain::Always, claim_batch: 1 }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::seed()
    }
}
