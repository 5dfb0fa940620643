//! What happens in the Faults view, and what its keys do anywhere: begin and end what goes wrong on purpose, and
//! turn what can be turned.

use loadgen::control::Control;
use loadgen::scenario::quantity::format_duration;

use crate::keymap::Movement;
use crate::keymap::faults::Action;
use crate::model::{Deed, Dial, Model, Place, View, controls, faults};

use super::{Command, intervene, is_past, moved, notice};

pub(super) fn act(model: &mut Model, action: Action) -> Option<Command> {
    match action {
        Action::Toggle(name) => {
            let place = model.faults.place_of(name)?;
            if model.view == View::Faults {
                model.faults.place = Place::Fault(place);
            }
            return toggle(model, place);
        }
        Action::Change { up } => {
            if let Place::Dial(place) = model.faults.place {
                return turn_selected(model, place, up);
            }
            change(model, "no parameter", |model, place| model.faults.plans[place].step_parameter(up));
        }
        Action::Length { longer } => {
            change(model, "no length", |model, place| model.faults.plans[place].step_length(longer));
        }
        Action::Replica => change(model, "no replica of its own", |model, place| {
            model.faults.plans[place].step_replica(&model.latest)
        }),
    }
    None
}

/// Begins what is selected, or ends it; turns a dial up; of what was done, goes to the fault that it was.
pub(super) fn open(model: &mut Model) -> Option<Command> {
    match model.faults.place {
        Place::Fault(place) => toggle(model, place),
        Place::Dial(place) => turn_selected(model, place, true),
        Place::Past(place) => {
            if let Deed::Fault(record) = faults::deeds(&model.shown).get(place)? {
                model.faults.place = Place::Fault(model.faults.place_of(&record.name)?);
            }
            None
        }
    }
}

pub(super) fn go(model: &mut Model, movement: Movement) {
    let places = model.faults.places(&model.shown);
    let at = places.iter().position(|place| *place == model.faults.place).unwrap_or(0);
    // A list begins where the other ends, and a screenful is the rest of one.
    let begins_list =
        |place: usize| matches!(places[place], Place::Fault(0) | Place::Dial(0) | Place::Past(0));
    let to = match movement {
        Movement::PageDown => {
            (at + 1..places.len()).find(|place| begins_list(*place)).unwrap_or(places.len())
        }
        Movement::PageUp => (0..at).rev().find(|place| begins_list(*place)).unwrap_or(0),
        _ => moved(at, movement, 1, places.len()),
    };
    model.faults.place = places[to.min(places.len() - 1)];
}

/// Takes into account that there may be less than before.
pub(super) fn refresh(model: &mut Model) {
    let (place, count) = match model.faults.place {
        Place::Fault(_) => return,
        Place::Dial(place) => (place, controls::dials(&model.shown).count()),
        Place::Past(place) => (place, faults::deeds(&model.shown).len()),
    };
    if place >= count {
        model.faults.place = Place::Fault(0);
    }
}

fn turn_selected(model: &mut Model, place: usize, up: bool) -> Option<Command> {
    let dial = controls::dials(&model.shown).nth(place)?;
    turn(model, dial, up)
}

/// Turns something, or says that it goes no further.
pub(super) fn turn(model: &mut Model, dial: Dial, up: bool) -> Option<Command> {
    let Some((control, word)) = controls::turn(&model.latest, dial, up) else {
        notice(model, "it goes no further".to_owned());
        return None;
    };
    intervene(model, control, word)
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
    if is_past(model) {
        return None;
    }
    let plan = model.faults.plans[place];
    let name = plan.kind.name();
    if faults::at_work(&model.latest, name).is_some() && !plan.kind.is_of_a_moment() {
        return intervene(model, Control::EndFault { name: name.to_owned() }, format!("{name} ends"));
    }
    if let Some(why) = faults::impossible(&model.latest, plan.kind) {
        notice(model, format!("{name}: {why}"));
        return None;
    }
    let fault = plan.fault(&model.latest);
    let what = faults::in_words(name, &fault.parameter(), fault.replica);
    let word = match fault.length {
        Some(length) => format!("{what} begins, for {}", format_duration(length)),
        None if plan.kind.is_of_a_moment() => format!("{what} happens once"),
        None => format!("{what} begins; the same key ends it"),
    };
    intervene(model, Control::BeginFault { fault }, word)
}
