//! The help over any view: its keys, then the words and marks in plain language.
//!
//! ```text
//! ┌ help · Esc closes ─────────────────────────┐
//! │ space    freeze the view; the load goes on │
//! │ posting  a notice arrived that a job …     │
//! └────────────────────────────────────────────┘
//! ```

use loadgen::report::wrapped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};

use super::closing;
use super::paint::{self, frame, scrolled, title};
use crate::keymap::{Binding, EVERYWHERE, OF_DEMO, bindings_of};
use crate::model::{Model, SYNTAX, View};
use crate::theme::Role;

/// What the words mean, for whoever sees them for the first time.
const WORDS: &[(&str, &str)] = &[
    ("posting", "a notice came: there is a job for you. The normal way."),
    ("first", "the domain was new, so it asked once."),
    ("recovered", "the listener may have missed notices, so every domain asked again."),
    ("backup poll", "no notice came; the query that runs every so often looked. A job found so was RESCUED."),
    ("chained", "a query found a job, so the next waiting worker asks at once."),
    ("pending", "a notice came during a query that found nothing, so one more query follows."),
    ("domain", "workers that accept the same jobs; one of them asks for all."),
    ("waiting", "workers that sleep until they are woken."),
    ("cleared", "a worker may ask the database, or is asking (with a number: on so many replicas)."),
    ("backlog", "jobs that no worker has taken; oldest is how long the first has waited."),
    ("empty", "queries that found no job: spurious wakeups."),
    (
        "under way",
        "queries that the server is at, on average. What they wait for bears Postgres's own name; tones say how many at once.",
    ),
    (
        "commit-lock waiters",
        "transactions with a NOTIFY commit one after the other; so many wait for their turn.",
    ),
    ("queue of notices", "where notices wait until every listener has read them; a full one fails commits."),
    ("dead rows", "what updates leave behind until a vacuum removes it; they slow the queries down."),
    ("WAL", "the write-ahead log: what each commit writes and waits for."),
    (
        "transactions",
        "that ended, as sessions told the server. One that only listens tells when it is closed, all at once.",
    ),
    ("oldest snapshot", "how many transactions old the oldest view is that rows must be kept for."),
    ("queue wait", "from the job's commit until a worker had it."),
];

/// What the mouse does.
const MOUSE: &[(&str, &str)] = &[
    ("wheel", "scrolls, three lines at a time"),
    ("click", "shows the view whose name it is; selects a domain, a lane, a fault; closes this"),
    ("double click", "opens what Enter opens, and begins or ends a fault"),
];

const MARKS: &[(&str, &str)] = &[
    ("!", "jobs wait over a second while workers sleep and nobody asks: a wakeup was lost"),
    ("~", "jobs wait over a second, but are being taken: too many for the moment"),
    ("R D W", "replicas (acquirers), domains, workers"),
];

/// What can be written into the filter of the log.
const LOG_FILTER: &[(&str, &str)] =
    &[("observe", "the line has it in its target or its text"), ("-observe", "it hasn't; !observe too")];

/// The columns of the names.
const NAMES: usize = 17;

pub(super) fn draw(model: &Model, from: usize, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let area = place(area).intersection(buffer.area);
    Clear.render(area, buffer);
    let lines = lines(model, area.width.saturating_sub(4));
    let inner = frame(buffer, area, &title("help", closing(model), theme), theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    scrolled(buffer, area, inner, &lines, from, theme);
}

pub(super) fn page(area: Rect) -> usize {
    usize::from(place(area).height.saturating_sub(2)).max(1)
}

pub(super) fn positions(model: &Model, area: Rect) -> usize {
    paint::positions(lines(model, place(area).width.saturating_sub(4)).len(), page(area))
}

/// In the middle, no wider than reads well.
fn place(area: Rect) -> Rect {
    let width = area.width.min(84);
    let height = area.height.min(42);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

fn lines(model: &Model, width: u16) -> Vec<Line<'static>> {
    let theme = &model.theme;
    let mut lines = Vec::new();
    let view = model.view;
    let keys = |bindings: &'static [Binding]| -> Vec<(String, &'static str)> {
        bindings.iter().map(|binding| (model.keymap.keys(binding.name).join(" "), binding.help)).collect()
    };
    let words = |words: &'static [(&'static str, &'static str)]| -> Vec<(String, &'static str)> {
        words.iter().map(|(word, what)| ((*word).to_owned(), *what)).collect()
    };
    let filter = |view: View| match view {
        View::Domains => words(SYNTAX),
        View::Log => words(LOG_FILTER),
        _ => Vec::new(),
    };
    let sections = [
        ("keys of this view", keys(bindings_of(view)), Role::Key),
        ("the filter: words that must all hold", filter(view), Role::Key),
        ("keys of the demo", if model.demo.is_some() { keys(OF_DEMO) } else { Vec::new() }, Role::Key),
        ("keys everywhere", keys(EVERYWHERE), Role::Key),
        ("the mouse, where mouse = true is configured", words(MOUSE), Role::Key),
        ("what woke a domain, and other words", words(WORDS), Role::Title),
        ("marks", words(MARKS), Role::Warning),
    ];
    for (name, entries, role) in sections {
        if entries.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(name, theme.style(Role::Title)));
        for (key, what) in entries {
            let room = usize::from(width).saturating_sub(NAMES).max(10);
            for (index, part) in wrapped(what, room).into_iter().enumerate() {
                let key = if index == 0 { key.as_str() } else { "" };
                lines.push(Line::from(vec![
                    Span::styled(format!("{key:<NAMES$}"), theme.style(role)),
                    Span::raw(part),
                ]));
            }
        }
    }
    lines
}
