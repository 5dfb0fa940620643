//! How a run shares out the connections that it may use.

use crate::scenario::Scenario;

use super::replica::Share;

/// The observer's, the sampler's, and one to publish with.
const OWN: usize = 3;
/// A replica's listener, and one that it publishes with.
const BESIDE_SHARE: usize = 2;

/// How the run shares out its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Connections {
    /// All that it may use.
    pub(super) available: usize,
    /// For posting, for each poster.
    pub(super) post: usize,
    posters: usize,
    /// For each replica that the scenario asks for, at whatever time.
    pub(super) share: Share,
}

impl Connections {
    /// Shares out `available` connections: a listener, one to publish with, the observer's and the
    /// sampler's come first.
    /// No replica has more queries in flight than the scenario has domains.
    pub(super) fn share(available: usize, scenario: &Scenario) -> Self {
        let replicas = scenario.replicas_max().max(1);
        let posters = scenario.posters.len().max(1);
        let left = available.saturating_sub(BESIDE_SHARE * replicas + OWN);
        let post = (left / 4 / posters).clamp(1, 8);
        let each = left.saturating_sub(post * posters) / replicas;
        let acquire = (each / 2).clamp(1, scenario.fleets.len().clamp(1, 16));
        let finish = each.saturating_sub(acquire).clamp(1, 12);
        Self { available, post, posters, share: Share { acquire, finish } }
    }

    /// What is left for one replica more beside these; `None` when that is too little.
    pub(super) fn another(&self, others: impl Iterator<Item = Share>) -> Option<Share> {
        let theirs: usize = others.map(|share| BESIDE_SHARE + share.acquire + share.finish).sum();
        let used = OWN + self.post * self.posters + theirs;
        let left = self.available.checked_sub(used + BESIDE_SHARE + 2)?;
        let acquire = 1 + left.min(self.share.acquire - 1);
        let finish = 1 + (left + 1 - acquire).min(self.share.finish - 1);
        Some(Share { acquire, finish })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Source, builtin};

    #[test]
    fn replicas_that_the_scenario_will_add_have_their_connections_from_the_start() {
        let source = builtin::get("default").unwrap();
        let change = "[[change]]\nat = \"10s\"\nreplicas = 9\n[[change]]\nat = \"20s\"\nreplicas = 1";
        let changing = Source { text: format!("{}\n{change}", source.text), ..source };
        let scenario = Scenario::resolve(&changing, &Overrides::default()).unwrap();
        for available in 50..150 {
            let connections = Connections::share(available, &scenario);
            let shares = vec![connections.share; 8];
            assert!(connections.another(shares.into_iter()).is_some(), "{connections:?}");
        }
    }

    #[test]
    fn replicas_are_added_until_the_connections_are_used_up_and_no_further() {
        let source = builtin::get("default").unwrap();
        let scenario = Scenario::resolve(&source, &Overrides::default()).unwrap();
        for available in 20..150 {
            let connections = Connections::share(available, &scenario);
            let used = |shares: &[Share]| {
                let theirs: usize = shares.iter().map(|share| 2 + share.acquire + share.finish).sum();
                theirs + 3 + connections.post * scenario.posters.len()
            };
            let mut shares = vec![connections.share; scenario.replicas];
            while let Some(share) = connections.another(shares.iter().copied()) {
                assert!(share.acquire >= 1 && share.finish >= 1);
                shares.push(share);
            }
            let used = used(&shares);
            assert!(used <= available && available < used + 4, "{used} of {available}");
        }
    }
}
