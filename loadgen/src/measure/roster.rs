//! The replicas of a run, and what they follow, as orders change them.

use std::collections::BTreeMap;
use std::time::Duration;

use acquirer::wakeup::Policy;
use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;

/// Which replicas there are, and by what rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// What all of them are to follow.
    pub rules: Rules,
    /// What each follows, by number. One that is deployed anew is missing until it is back.
    pub replicas: BTreeMap<usize, Rules>,
}

/// What a replica follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Its policy.
    pub policy: Policy,
    /// The period of its backup poll.
    pub backup_poll: Duration,
}

impl Rules {
    /// What a scenario begins with.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        Self { policy: scenario.policy, backup_poll: scenario.backup_poll }
    }
}

impl Roster {
    /// What a scenario begins with.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let rules = Rules::of(scenario);
        Self { rules, replicas: (0..scenario.replicas).map(|number| (number, rules)).collect() }
    }
}
