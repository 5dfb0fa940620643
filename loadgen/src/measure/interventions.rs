//! What orders have changed in a run.

use std::sync::Arc;
use std::time::Duration;

use crate::snapshot::{By, Intervention};

use super::alphabet::InterventionFacts;

/// So many are kept; the oldest go first.
const KEPT: usize = 1_000;
/// A key that is held down gives many orders: those about one thing within so long are one.
const ONE_WITHIN: Duration = Duration::from_secs(1);

/// All of them, shared with snapshots.
#[derive(Debug, Clone, Default)]
pub(super) struct Interventions(Arc<Vec<Intervention>>);

impl Interventions {
    pub(super) fn push(&mut self, at: Duration, facts: InterventionFacts<'_>) {
        let InterventionFacts { by, subject, what, supersedes, refused } = facts;
        let list = Arc::make_mut(&mut self.0);
        if supersedes
            && let Some(last) = list.last_mut()
            && last.by == by
            && last.subject == subject
            && last.refused.as_deref() == refused
            && at.saturating_sub(last.at) < ONE_WITHIN
        {
            what.clone_into(&mut last.what);
            return;
        }
        if list.len() == KEPT {
            list.remove(0);
        }
        let (subject, what, refused) = (subject.to_owned(), what.to_owned(), refused.map(str::to_owned));
        list.push(Intervention { at, by, subject, what, refused });
    }

    pub(super) fn shown(&self) -> Arc<Vec<Intervention>> {
        Arc::clone(&self.0)
    }

    /// What a person changed.
    pub(super) fn by_hand(&self) -> impl Iterator<Item = &Intervention> {
        self.0.iter().filter(|it| it.by == By::Hand && it.refused.is_none())
    }

    /// What the scenario changed, or could not.
    pub(super) fn by_scenario(&self) -> impl Iterator<Item = &Intervention> {
        self.0.iter().filter(|it| it.by == By::Scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'a>(subject: &'a str, what: &'a str, refused: Option<&'a str>) -> InterventionFacts<'a> {
        InterventionFacts { by: By::Hand, subject, what, supersedes: subject == "rate", refused }
    }

    #[test]
    fn a_key_that_is_held_down_is_one_intervention_a_second() {
        let mut interventions = Interventions::default();
        for tick in 0..15 {
            let at = Duration::from_millis(100 * tick);
            interventions.push(at, facts("rate", &format!("rates become {tick}"), None));
        }
        interventions.push(Duration::from_millis(1_450), facts("replicas", "one more", Some("no room")));
        for what in ["replica 1 is added", "replica 1 is taken down"] {
            interventions.push(Duration::from_millis(1_460), facts("replicas", what, None));
        }
        let shown = interventions.shown();
        let what: Vec<&str> = shown.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(
            what,
            [
                "rates become 9",
                "rates become 14",
                "one more",
                "replica 1 is added",
                "replica 1 is taken down"
            ]
        );
        assert_eq!(interventions.by_hand().count(), 4, "what was refused changed nothing");
        let planned = InterventionFacts { by: By::Scenario, ..facts("rate", "rates become 20", None) };
        interventions.push(Duration::from_millis(1_470), planned);
        assert_eq!((interventions.by_hand().count(), interventions.by_scenario().count()), (4, 1));
    }

    #[test]
    fn the_oldest_go_first() {
        let mut interventions = Interventions::default();
        for second in 0..=KEPT as u64 {
            interventions.push(Duration::from_secs(second), facts("rate", "", None));
        }
        let shown = interventions.shown();
        assert_eq!((shown.len(), shown[0].at), (KEPT, Duration::from_secs(1)));
    }
}
