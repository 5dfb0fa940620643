//! Orders to a run under way: carried out, or refused with a reason, and told to the recorder either way.

use std::time::{Duration, Instant};

use crate::control::Control;
use crate::measure::{InterventionFacts, Rules};
use crate::scenario::limits::DURATION_MAX;
use crate::scenario::policy::Policy;
use crate::scenario::quantity::format_duration;
use crate::scenario::{Fault, nearest};
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
    /// Carries an order out.
    pub(super) fn obey(&mut self, order: &Control, by: By) {
        if let Some(Told { subject, what, supersedes, refused }) = self.carry_out(order) {
            match &refused {
                None => tracing::info!("{what}"),
                Some(why) => tracing::warn!("refused: {what}: {why}"),
            }
            let (subject, what, refused) = (subject.as_str(), what.as_str(), refused.as_deref());
            let facts = InterventionFacts { by, subject, what, supersedes, refused };
            self.recorder.intervened(facts, Instant::now());
        }
        self.publish();
    }

    /// What there is to tell of it, if there is anything.
    fn carry_out(&mut self, order: &Control) -> Option<Told> {
        Some(match order {
            Control::BeginFault { fault } => self.begin_fault(fault),
            Control::EndFault { name } => return self.end_fault(name),
            Control::ScaleRate(factor) => {
                self.pace.scale(*factor);
                Told::set(
                    "rate",
                    format!("all rates become {} of the scenario's", percent(self.pace.factor())),
                )
            }
            Control::ScalePoster { name, factor } => self.scale_poster(name, *factor),
            Control::AddWorkers(more) => {
                self.crew.add(*more, Instant::now());
                Told::set("workers", format!("workers become {}", self.crew.hired()))
            }
            Control::AddToFleet { name, workers } => self.add_to_fleet(name, *workers),
            Control::AddReplica => match self.roster.add() {
                Ok(number) => Told::done("replicas", format!("replica {number} is added")),
                Err(why) => Told::refused("replicas", "one more replica", why),
            },
            Control::RemoveReplica { number } => match self.roster.remove(*number) {
                Ok(number) => Told::done("replicas", format!("replica {number} is taken down")),
                Err(why) => Told::refused("replicas", "one replica less", why),
            },
            Control::SetBackupPoll(period) => self.set_backup_poll(*period),
            Control::SetPolicy(policy) => self.set_policy(*policy),
            Control::Interrupt => {
                self.is_interrupted = true;
                return None;
            }
        })
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

    fn scale_poster(&self, name: &str, factor: f64) -> Told {
        let posters = || self.scenario.posters.iter().map(|poster| poster.name.as_str());
        let subject = format!("poster {name}");
        let Some(poster) = posters().position(|known| known == name) else {
            return Told::refused(
                subject,
                format!("the rate of poster {name:?}"),
                unknown("poster", name, posters()),
            );
        };
        self.pace.scale_one(poster, factor);
        let becomes = percent(self.pace.factor_of(poster));
        Told::set(subject, format!("the rate of poster {name:?} becomes {becomes} of the scenario's"))
    }

    fn add_to_fleet(&self, name: &str, more: i64) -> Told {
        let fleets = || self.scenario.fleets.iter().map(|fleet| fleet.name.as_str());
        let subject = format!("fleet {name}");
        let Some(fleet) = fleets().position(|known| known == name) else {
            return Told::refused(
                subject,
                format!("the workers of fleet {name:?}"),
                unknown("fleet", name, fleets()),
            );
        };
        let workers = self.crew.add_to(fleet, more, Instant::now());
        Told::set(subject, format!("the workers of fleet {name:?} become {workers}"))
    }
}

/// Why a name is refused, with the nearest that there is.
fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("there is no {kind} {name:?}; did you mean {near:?}?"),
        None => format!("there is no {kind} {name:?}; there are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

fn percent(factor: f64) -> String {
    format!("{:.0} %", factor * 100.0)
}
