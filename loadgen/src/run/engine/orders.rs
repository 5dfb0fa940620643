//! Orders to a run under way: carried out, or refused with a reason, and told to the recorder either way.

use std::time::Instant;

use crate::control::Control;
use crate::measure::InterventionFacts;
use crate::scenario::{Fault, nearest};
use crate::snapshot::By;

use super::Engine;

/// What came of an order.
struct Told {
    /// What it is about.
    subject: String,
    /// What was done or asked for.
    what: String,
    /// Why it was not done.
    refused: Option<String>,
}

impl Told {
    fn done(subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { subject: subject.into(), what: what.into(), refused: None }
    }

    fn refused(subject: impl Into<String>, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { refused: Some(why.into()), ..Self::done(subject, what) }
    }
}

impl Engine {
    /// Carries an order out.
    pub(super) fn obey(&mut self, order: &Control, by: By) {
        if let Some(Told { subject, what, refused }) = self.carry_out(order) {
            match &refused {
                None => tracing::info!("{what}"),
                Some(why) => tracing::warn!("refused: {what}: {why}"),
            }
            let facts = InterventionFacts { by, subject: &subject, what: &what, refused: refused.as_deref() };
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
                Told::done(
                    "rate",
                    format!("all rates become {} of the scenario's", percent(self.pace.factor())),
                )
            }
            Control::ScalePoster { name, factor } => self.scale_poster(name, *factor),
            Control::AddWorkers(more) => {
                self.crew.add(*more, Instant::now());
                Told::done("workers", format!("workers become {}", self.crew.hired()))
            }
            Control::AddToFleet { name, workers } => self.add_to_fleet(name, *workers),
            Control::AddReplica
            | Control::RemoveReplica { .. }
            | Control::SetBackupPoll(_)
            | Control::SetPolicy(_) => {
                Told::refused("replicas", "other replicas or rules", "replicas stay as they are in a run")
            }
            Control::Interrupt => {
                self.is_interrupted = true;
                return None;
            }
        })
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
        Told::done(subject, format!("the rate of poster {name:?} becomes {becomes} of the scenario's"))
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
        Told::done(subject, format!("the workers of fleet {name:?} become {workers}"))
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
