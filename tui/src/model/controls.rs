//! What of a run can be turned while it goes on: rates, workers, replicas, the backup poll, the policy.
//!
//! A dial shows what the newest snapshot says and turns by sending an order; it remembers nothing.

use std::time::Duration;

use loadgen::control::Control;
use loadgen::scenario::policy::{Policy, Switch};
use loadgen::snapshot::Snapshot;

/// By how much one turn changes a rate.
const RATE_STEP: f64 = 1.25;
const BACKUP_POLLS: [Duration; 10] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(10),
];
const CLAIM_BATCHES: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// Something that can be turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dial {
    /// The rates of all posters.
    Rate,
    /// One poster's rate, by its place in the scenario.
    Poster(usize),
    /// One fleet's workers, by its place in the scenario.
    Fleet(usize),
    /// How many replicas there are.
    Replicas,
    /// The period of the backup poll.
    BackupPoll,
    /// The whole policy: the seed's or the default.
    Policy,
    /// One switch of it.
    Switch(Switch),
}

/// Every dial that this run has, in their order.
pub fn dials(snapshot: &Snapshot) -> impl Iterator<Item = Dial> + use<> {
    let posters = if snapshot.posters.len() > 1 { snapshot.posters.len() } else { 0 };
    [Dial::Policy]
        .into_iter()
        .chain([Dial::BackupPoll, Dial::Replicas, Dial::Rate])
        .chain((0..posters).map(Dial::Poster))
        .chain((0..snapshot.fleets.len()).map(Dial::Fleet))
        .chain(Switch::ALL.map(Dial::Switch))
}

/// The order that turns a dial up or down, and the same in words; `None` where it ends.
#[must_use]
pub fn turn(snapshot: &Snapshot, dial: Dial, up: bool) -> Option<(Control, String)> {
    let factor = if up { RATE_STEP } else { 1.0 / RATE_STEP };
    Some(match dial {
        Dial::Rate => {
            let target = snapshot.target_rate * factor;
            (Control::ScaleRate(factor), format!("target rate becomes {target:.0}/s"))
        }
        Dial::Poster(place) => {
            let poster = snapshot.posters.get(place)?;
            let word = format!("target rate of {} becomes {:.0}/s", poster.name, poster.target_rate * factor);
            (Control::ScalePoster { name: poster.name.clone(), factor }, word)
        }
        Dial::Fleet(place) => {
            let fleet = snapshot.fleets.get(place)?;
            let count = i64::try_from((fleet.workers / 10).max(1)).unwrap_or(i64::MAX);
            let (workers, word) = if up {
                (count, format!("{count} more workers come to {}", fleet.name))
            } else {
                (-count, format!("{count} workers of {} go when they become idle", fleet.name))
            };
            (Control::AddToFleet { name: fleet.name.to_string(), workers }, word)
        }
        Dial::Replicas if up => (Control::AddReplica, "one more replica comes".to_owned()),
        Dial::Replicas => (Control::RemoveReplica { number: None }, "the last replica goes".to_owned()),
        Dial::BackupPoll => {
            let period = super::faults::step(&BACKUP_POLLS, snapshot.backup_poll, up);
            let word = format!("backup poll becomes {} s", period.as_secs());
            (period != snapshot.backup_poll).then_some((Control::SetBackupPoll(period), word))?
        }
        Dial::Policy => {
            let policy =
                if snapshot.switches == Policy::default() { Policy::seed() } else { Policy::default() };
            (Control::SetPolicy(policy), format!("policy becomes {policy}"))
        }
        Dial::Switch(switch) => {
            let mut policy = snapshot.switches;
            policy.set(switch, &next_value(switch, &policy.get(switch), up)?).ok()?;
            (Control::SetPolicy(policy), format!("{switch} becomes {}", policy.get(switch)))
        }
    })
}

/// The value after one, or before it. Names go round; numbers end.
fn next_value(switch: Switch, now: &str, up: bool) -> Option<String> {
    let names = switch.values();
    if let Some(at) = names.iter().position(|name| *name == now) {
        let steps = if up { 1 } else { names.len() - 1 };
        return Some(names[(at + steps) % names.len()].to_owned());
    }
    let jobs = now.parse().ok()?;
    let next = super::faults::step(&CLAIM_BATCHES, jobs, up);
    (next != jobs).then(|| next.to_string())
}

/// How many queries a job cost in each of the last `seconds` that had any jobs, oldest first.
#[must_use]
pub fn queries_per_job(snapshot: &Snapshot, seconds: usize) -> Vec<f64> {
    let first = snapshot.seconds.len().saturating_sub(seconds);
    let with_jobs = snapshot.seconds[first..].iter().filter(|second| second.acquired > 0);
    with_jobs
        .map(|second| (second.found + second.empty + second.failed) as f64 / second.acquired as f64)
        .collect()
}

/// How many queries a job cost over the last ten seconds; `None` when there were no jobs.
#[must_use]
pub fn queries_per_job_now(snapshot: &Snapshot) -> Option<f64> {
    let first = snapshot.seconds.len().saturating_sub(10);
    let (queries, jobs) = snapshot.seconds[first..].iter().fold((0, 0), |(queries, jobs), second| {
        (queries + second.found + second.empty + second.failed, jobs + second.acquired)
    });
    (jobs > 0).then(|| queries as f64 / jobs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switched(snapshot: &Snapshot, dial: Dial, up: bool) -> Option<Policy> {
        match turn(snapshot, dial, up)?.0 {
            Control::SetPolicy(policy) => Some(policy),
            _ => None,
        }
    }

    #[test]
    fn policy_goes_to_the_seed_and_back_and_a_switch_changes_alone() {
        let mut snapshot = Snapshot { switches: Policy::default(), ..Snapshot::default() };
        assert_eq!(switched(&snapshot, Dial::Policy, true), Some(Policy::seed()));
        for switch in Switch::ALL {
            let changed =
                [true, false].into_iter().find_map(|up| switched(&snapshot, Dial::Switch(switch), up));
            let changed = changed.unwrap_or_else(|| panic!("{switch} does not turn"));
            let differing =
                Switch::ALL.into_iter().filter(|other| changed.get(*other) != snapshot.switches.get(*other));
            assert_eq!(differing.collect::<Vec<_>>(), [switch]);
        }
        snapshot.switches = Policy::seed();
        assert_eq!(switched(&snapshot, Dial::Policy, false), Some(Policy::default()));
    }

    #[test]
    fn backup_poll_ends_at_both_ends_and_finds_its_steps_from_between() {
        let turned = |seconds, up| {
            let backup_poll = Duration::from_secs(seconds);
            turn(&Snapshot { backup_poll, ..Snapshot::default() }, Dial::BackupPoll, up)
                .map(|(order, _)| order)
        };
        assert_eq!(turned(1, false), None);
        assert_eq!(turned(600, true), None);
        assert_eq!(turned(7, true), Some(Control::SetBackupPoll(Duration::from_secs(10))));
        assert_eq!(turned(7, false), Some(Control::SetBackupPoll(Duration::from_secs(5))));
    }
}
