//! What happens to the time that is shown: a recording is played and gone through, a run is frozen and gone back in.

use std::sync::Arc;
use std::time::Duration;

use loadgen::measure::Events;
use loadgen::record::Survey;
use loadgen::snapshot::Snapshot;

use crate::keymap::timeline::Action;
use crate::model::{Mark, Model};
use crate::view;

use super::{Command, hold, notice, show_latest, show_moment, wakeups};

pub(super) fn act(model: &mut Model, action: Action) -> Option<Command> {
    match action {
        Action::Step(seconds) => {
            let by = Duration::from_secs(seconds.unsigned_abs());
            let from = position(model);
            let to = if seconds < 0 { from.saturating_sub(by) } else { from.saturating_add(by) };
            go_to(model, to, seconds > 0)
        }
        Action::First => go_to(model, Duration::ZERO, false),
        Action::Last => go_to(model, Duration::MAX, true),
        Action::Speed(steps) => {
            if let Some(playback) = &mut model.playback {
                playback.change_speed(steps);
            } else {
                notice(model, "only a recording has a speed".to_owned());
            }
            None
        }
        Action::Jump { to, forward } => {
            if let Some(at) = model.timeline.find(to, position(model), forward) {
                return go_to(model, at, true);
            }
            notice(model, none_of(model, to, forward));
            None
        }
    }
}

fn none_of(model: &Model, what: Mark, forward: bool) -> String {
    let what = match what {
        Mark::Fault => "no fault began".to_owned(),
        Mark::Rescue => "no job was rescued".to_owned(),
        Mark::Breach => format!("p99 was not over {}", view::wait(model.timeline.threshold())),
    };
    let is_read = model.playback.as_ref().is_none_or(|playback| playback.surveyed >= playback.length);
    match (forward, is_read) {
        (true, true) => format!("{what} later"),
        (true, false) => format!("{what} later, as far as the recording was read"),
        (false, _) => format!("{what} earlier"),
    }
}

/// The moment that is shown, or that will be as soon as the recording has been read there.
fn position(model: &Model) -> Duration {
    model.playback.as_ref().map_or(model.shown.elapsed, |playback| playback.position)
}

/// Shows another moment; of a run the nearest that is kept, on the side that leads `forward` or not.
fn go_to(model: &mut Model, at: Duration, forward: bool) -> Option<Command> {
    if let Some(playback) = &mut model.playback {
        let at = at.min(playback.length);
        playback.position = at;
        // What was kept of a moment near by is there at once; the moment itself comes when it has been read.
        if at <= playback.surveyed
            && let Some(near) = model.history.before(at, &model.timeline)
        {
            show_moment(model, near);
        }
        model.wakeups.held_at = None;
        return Some(Command::Seek(at));
    }
    hold(model);
    let found = if forward {
        model.history.after(at, &model.timeline)
    } else {
        model.history.before(at, &model.timeline)
    };
    if let Some(found) = found {
        model.wakeups.held_at = Some(found.elapsed);
        // It is of the moment before.
        model.domains.page.read = None;
        show_moment(model, found);
    }
    None
}

/// Plays or pauses.
pub(super) fn toggle(model: &mut Model) -> Option<Command> {
    let playback = model.playback.as_mut()?;
    playback.toggle();
    model.wakeups.held_at = None;
    playback.is_playing.then_some(Command::Seek(playback.position))
}

/// A recording that is played moves on.
pub(super) fn pass(model: &mut Model, time: Duration) -> Option<Command> {
    let playback = model.playback.as_mut()?;
    let before = playback.is_playing;
    let at = playback.pass(time)?;
    model.dirty |= before != playback.is_playing;
    Some(Command::Seek(at))
}

/// A moment of the recording has been read.
pub(super) fn read(model: &mut Model, snapshot: Arc<Snapshot>, events: &Events) {
    model.dirty = true;
    model.latest = snapshot;
    if events.next < model.wakeups.next {
        model.wakeups.rewind();
    }
    model.wakeups.append(events);
    wakeups::refresh(model);
    show_latest(model);
}

/// A stretch of the recording has been looked through.
pub(super) fn surveyed(model: &mut Model, survey: &Survey) {
    model.dirty = true;
    model.timeline.extend(&survey.seconds);
    model.history.push(&survey.snapshot);
    if let Some(playback) = &mut model.playback {
        playback.surveyed = survey.until;
    }
}

/// A run went on.
pub(super) fn went_on(model: &mut Model) {
    model.timeline.read(&model.latest.seconds);
    model.history.push(&model.latest);
}
