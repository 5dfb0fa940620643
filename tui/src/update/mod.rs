//! What happens when something happens: the only place that changes the [`Model`].
//!
//! Pure: the clock comes in with [`Message::Tick`], and what is to be done outside goes out as a
//! [`Command`], which the loop in [`crate::dashboard`] carries out. What is a view's own is in a file of its name.

mod database;
mod demo;
mod domains;
mod faults;
mod keeping;
mod log;
mod mouse;
mod timeline;
mod wakeups;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};
use loadgen::control::Control;
use loadgen::measure::Events;
use loadgen::record::Survey;
use loadgen::snapshot::{DomainPage, RunPhase, Snapshot};
use ratatui::layout::Size;

use crate::keymap::{Action, Movement};
use crate::log_ring::LogLine;
use crate::model::{Dial, Model, Notice, Sheet, View};
use crate::view;

/// How long a word about a key stays at least.
const NOTICE: Duration = Duration::from_secs(3);
/// The longest filter.
const FILTER_CHARS_MAX: usize = 100;
/// How long a person needs for one character of it.
const READING: Duration = Duration::from_millis(80);

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Something was done with the mouse.
    Mouse(MouseEvent),
    /// Something asked the program to end: SIGINT, SIGTERM, or a closed terminal.
    Interrupted,
    /// The terminal has a new size, or was written over by somebody else.
    Resized(Size),
    /// The run published a snapshot.
    Snapshot(Arc<Snapshot>),
    /// A moment of the recording has been read, and the events up to it that are news.
    Moment(Arc<Snapshot>, Events),
    /// A stretch of the recording has been looked through.
    Surveyed(Survey),
    /// What was logged of wakeups since the last time.
    Events(Events),
    /// A domain that was looked at closely.
    Domain(Arc<DomainPage>),
    /// New lines of the log, and how many were dropped in all.
    Log(Vec<Arc<LogLine>>, u64),
    /// The screen was saved as this picture and a text beside it, or why it wasn't.
    Saved(Result<PathBuf, String>),
    /// The loop's clock, since the dashboard began.
    Tick(Duration),
}

/// What the loop is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Do something to the run.
    Control(Control),
    /// Read a moment of the recording.
    Seek(Duration),
    /// Leave; the run is over.
    LeaveFinished,
    /// End the run and leave.
    LeaveInterrupted,
    /// Stop the program until the shell continues it.
    Suspend,
    /// Give a text to the terminal's clipboard.
    Copy(String),
    /// Write the screen into files.
    Save {
        /// Its picture.
        svg: String,
        /// Its characters.
        text: String,
    },
}

/// Changes `model` as `message` demands.
pub fn update(model: &mut Model, message: Message) -> Option<Command> {
    match message {
        Message::Key(key) => {
            let action = model.keymap.action(model, key)?;
            model.dirty = true;
            model.clicked = None;
            act(model, action)
        }
        Message::Mouse(event) => mouse::act(model, event),
        Message::Interrupted => Some(leave(model)),
        Message::Resized(size) => {
            model.size = size;
            model.dirty = true;
            resized(model);
            None
        }
        Message::Snapshot(snapshot) => {
            let before = beside_the_moment(model);
            model.latest = snapshot;
            timeline::went_on(model);
            if model.frozen_since.is_none() {
                show_latest(model);
                model.dirty = true;
            }
            model.dirty |= beside_the_moment(model) != before;
            demo::look(model);
            (model.finished() && !model.stay_when_finished).then_some(Command::LeaveFinished)
        }
        Message::Moment(snapshot, events) => {
            timeline::read(model, snapshot, &events);
            None
        }
        Message::Surveyed(survey) => {
            timeline::surveyed(model, &survey);
            None
        }
        Message::Events(events) => {
            model.wakeups.append(&events);
            wakeups::refresh(model);
            model.dirty |= model.view == View::Wakeups && model.frozen_since.is_none();
            None
        }
        Message::Domain(page) => {
            if model.frozen_since.is_none() {
                domains::look(model, page);
            }
            None
        }
        Message::Log(lines, dropped) => {
            model.log.append(&lines, dropped);
            // How many lie below what is held is on the screen, too.
            model.dirty |= model.view == View::Log && model.frozen_since.is_none();
            None
        }
        Message::Saved(outcome) => {
            keeping::saved(model, outcome);
            None
        }
        Message::Tick(now) => {
            let passed = now.saturating_sub(model.now);
            tick(model, now);
            timeline::pass(model, passed)
        }
    }
}

/// What the screen says of the newest moment while it shows another: how many seconds ago that was, rounded up as the
/// header does, so that none is left out.
fn beside_the_moment(model: &Model) -> (Option<u128>, RunPhase) {
    (model.frozen_for().map(|frozen| frozen.as_millis().div_ceil(1_000)), model.latest.phase)
}

fn tick(model: &mut Model, now: Duration) {
    let before = beside_the_moment(model);
    model.now = now;
    demo::look(model);
    model.dirty |= beside_the_moment(model) != before;
    if model.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        model.notice = None;
        model.dirty = true;
    }
}

fn act(model: &mut Model, action: Action) -> Option<Command> {
    match action {
        Action::Quit | Action::Interrupt => return Some(leave(model)),
        Action::Suspend => return Some(Command::Suspend),
        Action::Show(view) => show(model, view),
        Action::Step(steps) => show(model, model.view.step(steps)),
        Action::Demo(action) => demo::act(model, action),
        Action::Help => lay_over(model, Sheet::Help),
        Action::Warnings => lay_over(model, Sheet::Warnings),
        Action::Back => back(model),
        Action::Freeze if model.is_recording() => return timeline::toggle(model),
        Action::Freeze => freeze(model),
        Action::Timeline(action) => return timeline::act(model, action),
        Action::RateUp => return faults::turn(model, Dial::Rate, true),
        Action::RateDown => return faults::turn(model, Dial::Rate, false),
        Action::WorkersUp => return add_workers(model, 1),
        Action::WorkersDown => return add_workers(model, -1),
        Action::Filter if model.view == View::Log => model.log.editing = true,
        Action::Filter => {
            enter(model, View::Domains);
            domains::edit_filter(model);
        }
        Action::Type(c) if model.log.editing => log::type_into_filter(model, c),
        Action::Type(c) => domains::type_into_filter(model, c),
        Action::Erase if model.log.editing => log::erase_from_filter(model),
        Action::Erase => domains::erase_from_filter(model),
        // A log has no words of its own.
        Action::Complete if model.log.editing => {}
        Action::Complete => domains::complete_filter(model),
        Action::Accept if model.log.editing => model.log.editing = false,
        Action::Accept => domains::accept_filter(model),
        Action::Copy => return Some(keeping::copy(model)),
        Action::Save => return Some(keeping::save(model)),
        Action::Domains(action) => domains::act(model, action),
        Action::Wakeups(action) => wakeups::act(model, action),
        Action::Log(action) => log::act(model, action),
        Action::Faults(action) => return faults::act(model, action),
        Action::Open => return open(model),
        Action::Move(movement) => go(model, movement),
    }
    None
}

fn open(model: &mut Model) -> Option<Command> {
    match model.view {
        View::Domains => domains::open(model),
        View::Wakeups => wakeups::open(model),
        View::Faults => return faults::open(model),
        View::Overview | View::Latency | View::Database | View::Log => {}
    }
    None
}

fn leave(model: &Model) -> Command {
    if model.finished() || model.is_recording() { Command::LeaveFinished } else { Command::LeaveInterrupted }
}

fn show(model: &mut Model, view: View) {
    enter(model, view);
    if let Some(demo) = &mut model.demo {
        demo.has_own_view = true;
    }
    model.domains.editing = false;
    model.log.editing = false;
}

/// Turns to a view, which kept up with nothing while it was not on the screen.
fn enter(model: &mut Model, view: View) {
    model.view = view;
    domains::refresh(model);
    wakeups::refresh(model);
}

/// Lays a text over the view in place of another, or takes it away.
fn lay_over(model: &mut Model, sheet: Sheet) {
    let lies_there = model.sheet.is_some_and(|(there, _)| there == sheet);
    model.sheet = (!lies_there).then_some((sheet, 0));
}

fn back(model: &mut Model) {
    if model.domains.editing {
        return domains::discard_filter(model);
    }
    match model.view {
        View::Domains => domains::back(model),
        View::Wakeups => wakeups::back(model),
        View::Log => log::discard_filter(model),
        View::Overview | View::Latency | View::Database | View::Faults => {}
    }
}

fn freeze(model: &mut Model) {
    if model.frozen_since.take().is_some() {
        model.log.thaw();
        model.wakeups.held_at = None;
        show_latest(model);
        resized(model);
    } else {
        hold(model);
    }
}

/// Holds the view still, if it isn't.
fn hold(model: &mut Model) {
    if let Some(playback) = &mut model.playback {
        playback.is_playing = false;
        model.wakeups.held_at.get_or_insert(model.shown.elapsed);
    } else if model.frozen_since.is_none() {
        model.frozen_since = Some(model.now);
        model.wakeups.held_at = Some(wakeups::newest(model));
        model.log.freeze();
        // The strip takes its lines from the view.
        resized(model);
    }
}

/// Takes another size of the views into account.
fn resized(model: &mut Model) {
    domains::resized(model);
    wakeups::refresh(model);
    database::refresh(model);
}

fn show_latest(model: &mut Model) {
    show_moment(model, Arc::clone(&model.latest));
}

fn show_moment(model: &mut Model, snapshot: Arc<Snapshot>) {
    model.shown = snapshot;
    domains::refresh(model);
    faults::refresh(model);
    database::refresh(model);
}

fn intervene(model: &mut Model, control: Control, word: String) -> Option<Command> {
    if is_past(model) {
        return None;
    }
    notice(model, word);
    Some(Command::Control(control))
}

/// Whether nothing can be changed any more, which is said.
fn is_past(model: &mut Model) -> bool {
    let why = if model.is_recording() {
        "a recording can't be changed"
    } else if matches!(model.latest.phase, RunPhase::Auditing | RunPhase::Finished) {
        "the run is over: nothing to change"
    } else {
        return false;
    };
    notice(model, why.to_owned());
    true
}

fn add_workers(model: &mut Model, sign: i64) -> Option<Command> {
    let count = i64::try_from((model.latest.workers / 10).max(1)).unwrap_or(i64::MAX);
    let word = if sign > 0 {
        format!("{count} more workers come")
    } else {
        format!("{count} workers go when they become idle")
    };
    intervene(model, Control::AddWorkers(sign * count), word)
}

fn notice(model: &mut Model, text: String) {
    let reading = READING * u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    model.notice = Some(Notice { text, until: model.now + NOTICE.max(reading) });
    model.dirty = true;
}

fn go(model: &mut Model, movement: Movement) {
    if let Some((sheet, scrolled)) = model.sheet {
        let (page, positions) = (view::sheet_page(model, sheet), view::sheet_positions(model, sheet));
        model.sheet = Some((sheet, moved(scrolled, movement, page, positions)));
        return;
    }
    match model.view {
        View::Overview | View::Latency => {}
        View::Faults => faults::go(model, movement),
        View::Database => database::go(model, movement),
        View::Domains => domains::go(model, movement),
        View::Wakeups => wakeups::go(model, movement),
        View::Log => log::go(model, movement),
    }
}

/// Where `movement` leads from `at` in a list of `count`.
fn moved(at: usize, movement: Movement, page: usize, count: usize) -> usize {
    let last = count.saturating_sub(1);
    let to = match movement {
        Movement::Up => at.saturating_sub(1),
        Movement::Down => at.saturating_add(1),
        Movement::PageUp => at.saturating_sub(page),
        Movement::PageDown => at.saturating_add(page),
        Movement::First => 0,
        Movement::Last => last,
    };
    to.min(last)
}
