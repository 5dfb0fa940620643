//! What happens in the Faults view, and what its keys do anywhere: begin and end what goes wrong on purpose.

use loadgen::control::Control;
use loadgen::scenario::quantity::format_duration;

use crate::keymap::Movement;
use crate::keymap::faults::Action;
use crate::model::{Model, Place, faults};

use super::{Command, intervene, moved, notice};

pub(super) fn act(model: &mut Model, action: Action) -> Option<Command> {
    match action {
        Action::Toggle(name) => {
            let place = model.faults.place_of(name)?;
            return toggle(model, place);
        }
        Action::Change { up } => {
            change(model, "no parameter", |model, place| model.faults.plans[place].step_parameter(up));
        }
        Action::Length { longer } => {
            change(model, "no length", |model, place| model.faults.plans[place].step_length(longer));
        }
        Action::Replica => change(model, "no replica of its own", |model, place| {
            let replicas = model.latest.replicas;
            model.faults.plans[place].step_replica(replicas)
        }),
    }
    None
}

/// Begins what is selected, or ends it; of what has happened, goes to the fault that it was.
pub(super) fn open(model: &mut Model) -> Option<Command> {
    match model.faults.place {
        Place::Fault(place) => toggle(model, place),
        Place::Past(place) => {
            let record = model.shown.fault_records.iter().rev().nth(place)?;
            model.faults.place = Place::Fault(model.faults.place_of(&record.name)?);
            None
        }
    }
}

pub(super) fn go(model: &mut Model, movement: Movement) {
    let places = model.faults.places(&model.shown);
    let at = places.iter().position(|place| *place == model.faults.place).unwrap_or(0);
    // A list begins where the other ends: a screenful is the rest of one.
    let to = match movement {
        Movement::PageDown if at < model.faults.plans.len() => model.faults.plans.len(),
        Movement::PageDown => places.len(),
        Movement::PageUp if at > model.faults.plans.len() => model.faults.plans.len(),
        Movement::PageUp => 0,
        _ => moved(at, movement, 1, places.len()),
    };
    model.faults.place = places[to.min(places.len() - 1)];
}

/// Takes into account that there may be fewer records than before.
pub(super) fn refresh(model: &mut Model) {
    if let Place::Past(place) = model.faults.place {
        let last = model.shown.fault_records.len().checked_sub(1);
        model.faults.place = last.map_or(Place::Fault(0), |last| Place::Past(place.min(last)));
    }
}

/// Changes the plan that is selected, or says why that is nothing to change.
fn change(model: &mut Model, missing: &str, step: impl FnOnce(&mut Model, usize) -> bool) {
    let Place::Fault(place) = model.faults.place else { return };
    if !step(model, place) {
        let name = model.faults.plans[place].kind.name();
        notice(model, format!("{name} has {missing}"));
    }
}

fn toggle(model: &mut Model, place: usize) -> Option<Command> {
    let plan = model.faults.plans[place];
    let name = plan.kind.name();
    if faults::at_work(&model.latest, name).is_some() && !plan.kind.is_of_a_moment() {
        return intervene(model, Control::EndFault { name: name.to_owned() }, format!("{name} ends"));
    }
    if let Some(why) = faults::impossible(&model.latest, plan.kind) {
        notice(model, format!("{name}: {why}"));
        return None;
    }
    let fault = plan.fault(model.latest.replicas);
    let what = faults::in_words(name, &fault.parameter(), fault.replica);
    let word = match fault.length {
        Some(length) => format!("{what} begins, for {}", format_duration(length)),
        None if plan.kind.is_of_a_moment() => format!("{what} happens once"),
        None => format!("{what} begins; the same key ends it"),
    };
    intervene(model, Control::BeginFault { fault }, word)
}
