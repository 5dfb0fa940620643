//! The keys, or a word about the last one, or the filter that is being written.
//!
//! ```text
//!  ? help  / filter  space freeze  d drop notifications  k kill listener  +/- rate  w/W workers  q quit
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{Segment, clip, fit, put};
use crate::keymap::{Action, Movement, domains, faults, log, timeline, wakeups};
use crate::model::{Landmark, Model, Place, View};
use crate::theme::Role;

const fn step(forward: bool) -> Action {
    Action::Wakeups(wakeups::Action::Jump { to: Landmark::Event, forward })
}

const fn rescued(forward: bool) -> Action {
    Action::Wakeups(wakeups::Action::Jump { to: Landmark::Rescued, forward })
}

const DROP: Action = Action::Faults(faults::Action::Toggle("drop_notifications"));
const KILL: Action = Action::Faults(faults::Action::Toggle("kill_listener"));
const MORE: Action = Action::Faults(faults::Action::Change { up: true });
const LESS: Action = Action::Faults(faults::Action::Change { up: false });
const LONGER: Action = Action::Faults(faults::Action::Length { longer: true });
const SHORTER: Action = Action::Faults(faults::Action::Length { longer: false });

const fn neighbour(steps: isize) -> Action {
    Action::Domains(domains::Action::Neighbour(steps))
}

/// What stays longest when room is short (0 first), the actions, and what they do.
type Hint<'a> = (u8, &'a [Action], &'a str);

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let area = Rect { x: area.x + u16::from(area.width > 60), width: area.width.saturating_sub(1), ..area };
    put(buffer, area, 0, &line(model, area.width));
}

fn line(model: &Model, width: u16) -> Line<'_> {
    let theme = &model.theme;
    if model.is_writing() {
        return writing(model, width);
    }
    if let Some(notice) = &model.notice {
        let text = clip(&notice.text, usize::from(width), theme);
        return Line::from(Span::styled(text, theme.style(Role::Warning)));
    }
    let dropping = model.shown.faults.iter().any(|fault| fault.name == "drop_notifications");
    let drop = if dropping { "stop dropping" } else { "drop notifications" };
    let freeze = match &model.playback {
        Some(playback) if playback.is_playing => "pause",
        Some(_) => "play",
        None if model.frozen_since.is_some() => "unfreeze",
        None => "freeze",
    };
    let hints: &[Hint] = match model.view {
        View::Database => &[
            (1, &[Action::Help], "help"),
            (4, &[Action::Move(Movement::PageUp), Action::Move(Movement::PageDown)], "scroll"),
            (2, &[Action::Freeze], freeze),
            (3, &[DROP], drop),
            (5, &[KILL], "kill listener"),
            (6, &[Action::RateUp, Action::RateDown], "rate"),
            (7, &[Action::WorkersUp, Action::WorkersDown], "workers"),
            (0, &[Action::Quit], "quit"),
        ],
        View::Overview | View::Latency => &[
            (1, &[Action::Help], "help"),
            (5, &[Action::Filter], "filter"),
            (2, &[Action::Freeze], freeze),
            (3, &[DROP], drop),
            (4, &[KILL], "kill listener"),
            (6, &[Action::RateUp, Action::RateDown], "rate"),
            (7, &[Action::WorkersUp, Action::WorkersDown], "workers"),
            (0, &[Action::Quit], "quit"),
        ],
        View::Domains if model.domains.is_on_page() => &[
            (1, &[Action::Help], "help"),
            (2, &[Action::Back], "back to the table"),
            (3, &[neighbour(-1), neighbour(1)], "other domains"),
            (4, &[Action::Move(Movement::PageUp), Action::Move(Movement::PageDown)], "scroll"),
            (5, &[Action::Freeze], freeze),
            (6, &[DROP], drop),
            (7, &[KILL], "kill listener"),
            (0, &[Action::Quit], "quit"),
        ],
        View::Domains => &[
            (1, &[Action::Help], "help"),
            (2, &[Action::Filter], "filter"),
            (3, &[Action::Open], "open"),
            (4, &[Action::Domains(domains::Action::Sort(1))], "order"),
            (5, &[Action::Freeze], freeze),
            (6, &[DROP], drop),
            (7, &[KILL], "kill listener"),
            (0, &[Action::Quit], "quit"),
        ],
        View::Wakeups => &[
            (1, &[Action::Help], "help"),
            (
                3,
                &[Action::Wakeups(wakeups::Action::Zoom(-1)), Action::Wakeups(wakeups::Action::Zoom(1))],
                "zoom",
            ),
            (2, &[step(false), step(true)], "step"),
            (4, &[Action::Open], if model.wakeups.story.is_some() { "close" } else { "story" }),
            (5, &[rescued(false), rescued(true)], "rescued"),
            (6, &[Action::Freeze], freeze),
            (7, &[DROP], drop),
            (0, &[Action::Quit], "quit"),
        ],
        View::Faults if matches!(model.faults.place, Place::Dial(_)) => &[
            (1, &[Action::Help], "help"),
            (2, &[LESS, MORE], "turn"),
            (3, &[Action::Move(Movement::PageUp), Action::Move(Movement::PageDown)], "list"),
            (4, &[Action::Freeze], freeze),
            (0, &[Action::Quit], "quit"),
        ],
        View::Faults => &[
            (1, &[Action::Help], "help"),
            (2, &[Action::Open], "begin/end"),
            (3, &[LESS, MORE], "parameter"),
            (4, &[SHORTER, LONGER], "length"),
            (5, &[Action::Faults(faults::Action::Replica)], "replica"),
            (6, &[Action::Move(Movement::PageUp), Action::Move(Movement::PageDown)], "list"),
            (7, &[Action::Freeze], freeze),
            (0, &[Action::Quit], "quit"),
        ],
        View::Log => &[
            (1, &[Action::Help], "help"),
            (2, &[Action::Filter], "filter"),
            (3, &[Action::Log(log::Action::Detail(-1)), Action::Log(log::Action::Detail(1))], "level"),
            (4, &[Action::Log(log::Action::Hold)], if model.log.is_held() { "follow" } else { "hold" }),
            (6, &[Action::Move(Movement::First), Action::Move(Movement::Last)], "oldest/newest"),
            (5, &[Action::Freeze], freeze),
            (7, &[DROP], drop),
            (0, &[Action::Quit], "quit"),
        ],
    };
    // A run that is over can't be changed, nor can a recording.
    let over = super::period::is_over(&model.latest) || model.is_recording();
    let (quit, others) = hints.split_last().unwrap_or((&(0, &[Action::Quit], "quit"), &[]));
    let segments = others
        .iter()
        .chain(through_time(model))
        .chain([quit])
        .filter(|(_, actions, _)| !(over && actions.iter().any(|action| action.changes_the_run())))
        .filter_map(|(rank, actions, what)| {
            let keys = model.keymap.keys_for(model.view, actions)?;
            let words = Span::styled(format!(" {what}"), theme.style(Role::Dim));
            Some(Segment::new(*rank, vec![Span::styled(keys, theme.style(Role::Key)), words]))
        })
        .collect();
    fit(segments, "  ", width, theme)
}

/// The filter that is being written; what is wrong in it is marked.
fn writing(model: &Model, width: u16) -> Line<'_> {
    let theme = &model.theme;
    let (written, mistake, examples) = if model.log.editing {
        (&model.log.written, None, "words of target or text, -word without it")
    } else {
        (&model.domains.written, model.domains.mistake.as_ref(), "words  tag:env=prod  waiting>10  empty>50%")
    };
    // Whoever writes sees the end; what is left out before it is marked.
    let room = usize::from(width).saturating_sub(2);
    let hidden = written.chars().count().saturating_sub(room);
    let hidden = if hidden > 0 { hidden + 1 } else { 0 };
    let lead = if hidden > 0 { theme.glyphs.ellipsis } else { "" };
    let mut text = vec![Span::styled("/", theme.style(Role::Key)), Span::raw(lead)];
    let place = mistake.map_or(0..0, |mistake| mistake.place.clone());
    let part = |from: usize, to: usize| {
        let from = from.max(hidden);
        written.chars().skip(from).take(to.saturating_sub(from)).collect::<String>()
    };
    text.push(Span::raw(part(0, place.start)));
    text.push(Span::styled(part(place.start, place.end), theme.style(Role::Selection)));
    text.push(Span::raw(part(place.end, usize::MAX)));
    text.push(Span::raw(theme.glyphs.cursor));
    let dim = |text: &'static str| vec![Span::styled(text, theme.style(Role::Dim))];
    let mut segments = vec![Segment::new(0, text)];
    if written.is_empty() {
        segments.push(Segment::new(2, dim(examples)));
    }
    let ends = match mistake {
        Some(_) => "Tab completes, Esc clears it",
        None if model.log.editing => "Enter keeps it, Esc clears it",
        None => "Tab completes, Enter keeps it, Esc clears it",
    };
    segments.push(Segment::new(1, dim(ends)));
    fit(segments, "  ", width, theme)
}

/// The keys that go through time, while there is a strip to go along.
fn through_time(model: &Model) -> &'static [Hint<'static>] {
    const fn step(seconds: i64) -> Action {
        Action::Timeline(timeline::Action::Step(seconds))
    }
    const fn speed(steps: isize) -> Action {
        Action::Timeline(timeline::Action::Speed(steps))
    }
    const IN_A_RECORDING: &[Hint] = &[
        (3, &[step(-1), step(1)], "1s"),
        (4, &[step(-10), step(10)], "10s"),
        (5, &[speed(-1), speed(1)], "speed"),
    ];
    // How to let a run go on matters more than how to go back in it.
    const IN_A_RUN: &[Hint] = &[(6, &[step(-1), step(1)], "1s"), (7, &[step(-10), step(10)], "10s")];
    match (model.is_recording(), model.has_strip()) {
        (true, _) => IN_A_RECORDING,
        (false, true) => IN_A_RUN,
        (false, false) => &[],
    }
}
