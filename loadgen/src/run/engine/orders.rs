//! Orders to a run under way, by a person or by its scenario: carried out, or refused with a reason, and told to the
//! recorder either way.

use std::time::{Duration, Instant};

use crate::control::Control;
use crate::measure::{InterventionFacts, Rules};
use crate::poster::Pace;
use crate::scenario::limits::DURATION_MAX;
use crate::scenario::policy::Policy;
use crate::scenario::quantity::format_duration;
use crate::scenario::{ChangeKind, Fault, nobody};
use crate::snapshot::By;

use super::Engine;

/// What came of an order.
struct Told {
    /// What it is about.
    subject: String,
    /// What was done or asked for.
    what: String,
    /// It sets a value anew, as a key that is held down does again and again.
    supersedes: bool,
    /// Why it was not done.
    refused: Option<String>,
}

impl Told {
    fn done(subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { subject: subject.into(), what: what.into(), supersedes: false, refused: None }
    }

    fn set(subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { supersedes: true, ..Self::done(subject, what) }
    }

    fn refused(subject: impl Into<String>, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { refused: Some(why.into()), ..Self::done(subject, what) }
    }
}

impl Engine {
    /// Carries a person's order out.
    pub(super) fn obey(&mut self, order: &Control) {
        if let Some(told) = self.carry_out(order) {
            self.tell(&told, By::Hand);
        }
        self.publish();
    }

    /// Changes what the scenario changes now.
    pub(super) fn change(&mut self, change: &ChangeKind) {
        let told = match change {
            ChangeKind::Rate { times, poster: None } => {
                self.pace.set(*times);
                vec![self.rate_of_all()]
            }
            ChangeKind::Rate { times, poster: Some(name) } => {
                vec![self.pace_poster(name, |pace, poster| pace.set_one(poster, *times))]
            }
            ChangeKind::Workers { count, fleet: None } => {
                self.crew.add(more(*count, self.crew.hired()), Instant::now());
                vec![self.workers_of_all()]
            }
            ChangeKind::Workers { count, fleet: Some(name) } => {
                vec![self.staff_fleet(name, |hired| more(*count, hired))]
            }
            ChangeKind::Replicas(count) => self.set_replicas(*count),
            ChangeKind::BackupPoll(period) => vec![self.set_backup_poll(*period)],
            ChangeKind::Policy(policy) => vec![self.set_policy(*policy)],
        };
        for told in told {
            // Each was meant, however soon the next one follows.
            self.tell(&Told { supersedes: false, ..told }, By::Scenario);
        }
        self.publish();
    }

    fn tell(&self, told: &Told, by: By) {
        let Told { subject, what, supersedes, refused } = told;
        match refused {
            None => tracing::info!("{what}"),
            Some(why) => tracing::warn!("refused: {what}: {why}"),
        }
        let (supersedes, refused) = (*supersedes, refused.as_deref());
        let facts = InterventionFacts { by, subject, what, supersedes, refused };
        self.recorder.intervened(facts, Instant::now());
    }

    /// What there is to tell of it, if there is anything.
    fn carry_out(&mut self, order: &Control) -> Option<Told> {
        Some(match order {
            Control::BeginFault { fault } => self.begin_fault(fault),
            Control::EndFault { name } => return self.end_fault(name),
            Control::ScaleRate(factor) => {
                self.pace.scale(*factor);
                self.rate_of_all()
            }
            Control::ScalePoster { name, factor } => {
                self.pace_poster(name, |pace, poster| pace.scale_one(poster, *factor))
            }
            Control::AddWorkers(more) => {
                self.crew.add(*more, Instant::now());
                self.workers_of_all()
            }
            Control::AddToFleet { name, workers } => self.staff_fleet(name, |_| *workers),
            Control::AddReplica => self.add_replica(),
            Control::RemoveReplica { number } => self.remove_replica(*number),
            Control::SetBackupPoll(period) => self.set_backup_poll(*period),
            Control::SetPolicy(policy) => self.set_policy(*policy),
            Control::Interrupt => {
                self.is_interrupted = true;
                return None;
            }
        })
    }

    fn rate_of_all(&self) -> Told {
        Told::set("rate", format!("all rates become {} of the scenario's", percent(self.pace.factor())))
    }

    fn workers_of_all(&self) -> Told {
        Told::set("workers", format!("workers become {}", self.crew.hired()))
    }

    fn add_replica(&self) -> Told {
        match self.roster.add() {
            Ok(number) => Told::done("replicas", format!("replica {number} is added")),
            Err(why) => Told::refused("replicas", "one more replica", why),
        }
    }

    fn remove_replica(&self, number: Option<usize>) -> Told {
        match self.roster.remove(number) {
            Ok(number) => Told::done("replicas", format!("replica {number} is taken down")),
            Err(why) => Told::refused("replicas", "one replica less", why),
        }
    }

    /// Adds replicas, or takes them down, until there are so many or one is refused.
    fn set_replicas(&self, count: usize) -> Vec<Told> {
        let steps = more(count, self.roster.count());
        if steps == 0 {
            return vec![Told::refused("replicas", format!("replicas become {count}"), "it is so already")];
        }
        let mut told = Vec::new();
        for _ in 0..steps.unsigned_abs() {
            let step = if steps > 0 { self.add_replica() } else { self.remove_replica(None) };
            let is_refused = step.refused.is_some();
            told.push(step);
            if is_refused {
                break;
            }
        }
        told
    }

    fn set_backup_poll(&self, period: Duration) -> Told {
        let rules = self.roster.rules();
        let what = format!("backup poll becomes {}", format_duration(period));
        let refused = |why: String| Told::refused("backup poll", &what, why);
        if period.is_zero() || period > DURATION_MAX {
            return refused(format!("it is longer than 0s and {} at most", format_duration(DURATION_MAX)));
        }
        if period == rules.backup_poll {
            return refused("it is so already".to_owned());
        }
        self.roster.follow(Rules { backup_poll: period, ..rules });
        Told::set("backup poll", what)
    }

    fn set_policy(&self, policy: Policy) -> Told {
        let rules = self.roster.rules();
        let what = format!("policy becomes {policy}");
        if policy == rules.policy {
            return Told::refused("policy", what, "it is so already");
        }
        if policy.claim_batch == 0 {
            return Told::refused(
                "policy",
                what,
                "a query claims for one worker at least; let claim_batch be 1 or more",
            );
        }
        self.roster.follow(Rules { policy, ..rules });
        Told::done("policy", what)
    }

    fn begin_fault(&self, fault: &Fault) -> Told {
        self.director.begin(fault, fault.length.map(|length| Instant::now() + length));
        let fault_and_parameter = format!("{} {}", fault.name(), fault.parameter());
        let verb = if fault.kind.is_of_a_moment() { "strikes" } else { "begins" };
        Told::done(fault.name(), format!("{} {verb}", fault_and_parameter.trim_end()))
    }

    /// Ends all faults of this name; `None` when none was at work.
    fn end_fault(&self, name: &str) -> Option<Told> {
        self.director.end(name).then(|| Told::done(name, format!("{name} ends")))
    }

    /// Sets the pace of one poster.
    fn pace_poster(&self, name: &str, set: impl FnOnce(&Pace, usize)) -> Told {
        let posters = || self.scenario.posters.iter().map(|poster| poster.name.as_str());
        let subject = format!("poster {name}");
        let Some(poster) = posters().position(|known| known == name) else {
            return Told::refused(
                subject,
                format!("the rate of poster {name:?}"),
                nobody("poster", name, posters()),
            );
        };
        set(&self.pace, poster);
        let becomes = percent(self.pace.factor_of(poster));
        Told::set(subject, format!("the rate of poster {name:?} becomes {becomes} of the scenario's"))
    }

    /// Hires so many workers of one fleet more, or with a negative number retires them, by how many it has.
    fn staff_fleet(&self, name: &str, more: impl FnOnce(usize) -> i64) -> Told {
        let fleets = || self.scenario.fleets.iter().map(|fleet| fleet.name.as_str());
        let subject = format!("fleet {name}");
        let Some(fleet) = fleets().position(|known| known == name) else {
            return Told::refused(
                subject,
                format!("the workers of fleet {name:?}"),
                nobody("fleet", name, fleets()),
            );
        };
        let workers = self.crew.add_to(fleet, more(self.crew.hired_by(fleet)), Instant::now());
        Told::set(subject, format!("the workers of fleet {name:?} become {workers}"))
    }
}

/// What is missing from `have` to `count`.
fn more(count: usize, have: usize) -> i64 {
    count.cast_signed() as i64 - have.cast_signed() as i64
}

fn percent(factor: f64) -> String {
    format!("{:.0} %", factor * 100.0)
}
