//! Who works: each worker's replica, and when it arrives.

use std::sync::Arc;
use std::time::Duration;

use crate::scenario::{ReplicaChoice, Scenario};

/// One worker of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerPlan {
    /// Its fleet's index in the scenario.
    pub fleet: usize,
    /// Its number in the fleet, from 0.
    pub worker: usize,
    /// The acquirer that it asks.
    pub replica: usize,
    /// When it arrives, since its fleet began to.
    pub arrives: Duration,
}

/// All workers, fleet by fleet.
pub fn workforce(scenario: &Scenario) -> impl Iterator<Item = WorkerPlan> + '_ {
    let replicas: Arc<[usize]> = (0..scenario.replicas.max(1)).collect();
    scenario.fleets.iter().enumerate().flat_map(move |(fleet, settings)| {
        let replicas = Arc::clone(&replicas);
        (0..settings.workers).map(move |number| worker(scenario, fleet, number, &replicas))
    })
}

/// One worker, where these replicas are there. Numbers past the fleet's size are those of workers added while the run
/// goes on: they arrive at once.
///
/// # Panics
///
/// When there is no such fleet, or no replica.
#[must_use]
pub fn worker(scenario: &Scenario, fleet: usize, worker: usize, replicas: &[usize]) -> WorkerPlan {
    let settings = &scenario.fleets[fleet];
    let replica = match settings.replica {
        ReplicaChoice::Only(number) => number,
        // Fleets start where the one before left off, or fleets of one would all ask replica 0.
        ReplicaChoice::Spread => {
            let before: usize = scenario.fleets[..fleet]
                .iter()
                .filter(|other| other.replica == ReplicaChoice::Spread)
                .map(|other| other.workers)
                .sum();
            replicas[(before + worker) % replicas.len()]
        }
    };
    let arrives = if worker < settings.workers {
        settings.ramp.mul_f64(worker as f64 / settings.workers as f64)
    } else {
        Duration::ZERO
    };
    WorkerPlan { fleet, worker, replica, arrives }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Source};

    fn scenario(text: &str) -> Scenario {
        let source = Source { name: "test.toml".to_owned(), text: text.to_owned() };
        Scenario::resolve(&source, &Overrides::default()).unwrap()
    }

    #[test]
    fn workers_spread_over_replicas_across_fleets() {
        let scenario = scenario(
            "replicas = 3
            [[fleet]]\nworkers = 2\n[[fleet]]\nworkers = 5\nreplica = 1\n[[fleet]]\nworkers = 4",
        );
        let replicas: Vec<usize> = workforce(&scenario).map(|plan| plan.replica).collect();
        assert_eq!(replicas, [0, 1, 1, 1, 1, 1, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn workers_arrive_evenly_over_the_ramp() {
        let scenario = scenario("[[fleet]]\nworkers = 4\nramp = \"2s\"");
        let arrivals: Vec<u128> = workforce(&scenario).map(|plan| plan.arrives.as_millis()).collect();
        assert_eq!(arrivals, [0, 500, 1000, 1500]);
        assert_eq!(worker(&scenario, 0, 9, &[0]).arrives, Duration::ZERO);
    }
}
