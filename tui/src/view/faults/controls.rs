//! What can be turned while the run goes on, each with its present value, and what a change of the policy is about:
//! how many queries a job costs.
//!
//! ```text
//! ┌ controls ────────────────┐
//! │▶policy            default│
//! │ backup poll           30s│
//! │ …                        │
//! │queries/job ▇▇▇▅▂▁▁▁  1.02│
//! └──────────────────────────┘
//! ```

use loadgen::snapshot::Snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::first_row;
use crate::model::controls::{dials, queries_per_job, queries_per_job_now};
use crate::model::{Dial, Model, Place};
use crate::theme::{Role, Theme};
use crate::view::format;
use crate::view::paint::{bottom, clip, frame, inside, more, put, put_right, title};

/// No value stands further from its name than this many columns.
const WIDTH_MAX: u16 = 44;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let snapshot = &*model.shown;
    let count = dials(snapshot).count();
    let inner = frame(buffer, area, &title("controls", "", theme), theme);
    let Shown { rows, first, selected } = Shown::of(model, inner.height, count);
    let below = count.saturating_sub(first + usize::from(rows));
    put_right(buffer, bottom(area), 0, &more(below, theme));
    for (row, (place, dial)) in (0..rows).zip(dials(snapshot).enumerate().skip(first)) {
        dial_row(
            snapshot,
            dial,
            selected == Some(place),
            theme,
            Rect { y: inner.y + row, height: 1, width: inner.width.min(WIDTH_MAX), ..inner },
            buffer,
        );
    }
    if inner.height > rows {
        put(buffer, inner, rows, &cost(snapshot, theme, usize::from(inner.width)));
    }
}

/// What can be turned at this line of the screen.
pub(super) fn place_at(model: &Model, area: Rect, y: u16) -> Option<usize> {
    let (inner, count) = (inside(area), dials(&model.shown).count());
    let Shown { rows, first, .. } = Shown::of(model, inner.height, count);
    let row = y.checked_sub(inner.y).filter(|row| *row < rows)?;
    Some(first + usize::from(row)).filter(|place| *place < count)
}

/// Which of them are shown.
struct Shown {
    rows: u16,
    first: usize,
    selected: Option<usize>,
}

impl Shown {
    fn of(model: &Model, height: u16, count: usize) -> Self {
        let selected = match model.faults.place {
            Place::Dial(place) => Some(place),
            Place::Fault(_) | Place::Past(_) => None,
        };
        let rows = height.saturating_sub(1).max(u16::from(height > 0));
        Self { rows, first: first_row(selected.unwrap_or(0), usize::from(rows), count), selected }
    }
}

fn dial_row(
    snapshot: &Snapshot,
    dial: Dial,
    is_selected: bool,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
) {
    let value = value(snapshot, dial);
    let mark = if is_selected { theme.glyphs.selected } else { " " };
    let room = usize::from(area.width).saturating_sub(2);
    // What stays shortest is the name: a value that is cut says something else.
    let value = clip(&value, room, theme);
    let name = clip(&name(snapshot, dial), room.saturating_sub(Span::raw(&*value).width()), theme);
    put(buffer, area, 0, &Line::from(vec![Span::raw(mark), Span::raw(name)]));
    let role = if is_selected { Role::Selection } else { Role::Text };
    put_right(buffer, area, 0, &Line::styled(value, theme.style(role)));
}

fn name(snapshot: &Snapshot, dial: Dial) -> String {
    match dial {
        Dial::Rate => "rate".to_owned(),
        Dial::Poster(place) => {
            let name = snapshot.posters.get(place).map(|poster| poster.name.as_str());
            format!(" rate of {}", name.unwrap_or_default())
        }
        Dial::Fleet(place) => {
            let name = snapshot.fleets.get(place).map(|fleet| &*fleet.name);
            format!("workers of {}", name.unwrap_or_default())
        }
        Dial::Replicas => "replicas".to_owned(),
        Dial::BackupPoll => "backup poll".to_owned(),
        Dial::Policy => "policy".to_owned(),
        Dial::Switch(switch) => format!(" {switch}"),
    }
}

fn value(snapshot: &Snapshot, dial: Dial) -> String {
    let rate = |rate: f64, factor: f64| {
        let scaled = if (factor - 1.0).abs() > 0.005 { format!(" ({factor:.2})") } else { String::new() };
        format!("{}/s{scaled}", format::number(rate))
    };
    match dial {
        Dial::Rate => rate(snapshot.target_rate, snapshot.rate_factor),
        Dial::Poster(place) => snapshot
            .posters
            .get(place)
            .map(|poster| rate(poster.target_rate, poster.factor))
            .unwrap_or_default(),
        Dial::Fleet(place) => {
            snapshot.fleets.get(place).map(|fleet| format::count(fleet.workers as u64)).unwrap_or_default()
        }
        Dial::Replicas => snapshot.replicas.to_string(),
        Dial::BackupPoll => {
            let text = format::duration(snapshot.backup_poll);
            still_to_follow(snapshot, text, |row| row.backup_poll == snapshot.backup_poll)
        }
        Dial::Policy => {
            // The switches below say in what it differs.
            let nearest = snapshot.policy.split(" with ").next().unwrap_or_default();
            let mixed = if snapshot.policy.len() > nearest.len() { " *" } else { "" };
            still_to_follow(snapshot, format!("{nearest}{mixed}"), |row| row.policy == snapshot.policy)
        }
        Dial::Switch(switch) => snapshot.switches.get(switch),
    }
}

/// A value with how many replicas have it, as long as some don't.
fn still_to_follow(
    snapshot: &Snapshot,
    value: String,
    follows: impl Fn(&loadgen::snapshot::ReplicaRow) -> bool,
) -> String {
    let rows = &snapshot.replica_rows;
    let followers = rows.iter().filter(|row| follows(row)).count();
    if followers == rows.len() { value } else { format!("{value} on {followers} of {}", rows.len()) }
}

/// How many queries a job costs, over the last seconds and now.
fn cost<'a>(snapshot: &Snapshot, theme: &Theme, width: usize) -> Line<'a> {
    let now = queries_per_job_now(snapshot);
    let figure = now.map_or_else(|| theme.glyphs.none.to_owned(), |now| format!("{now:.2}"));
    let name = "queries/job ";
    let room = width.saturating_sub(name.len() + figure.len() + 1).min(60);
    let seconds = queries_per_job(snapshot, room);
    let most = seconds.iter().copied().fold(1.0, f64::max);
    let parts = theme.glyphs.upward;
    let bars: String = seconds
        .iter()
        .map(|value| parts[((value / most * parts.len() as f64).ceil() as usize).clamp(1, parts.len()) - 1])
        .collect();
    Line::from(vec![
        Span::styled(name, theme.style(Role::Dim)),
        Span::styled(format!("{bars:>room$}"), theme.style(Role::Empty)),
        Span::styled(format!(" {figure}"), theme.style(Role::Title)),
    ])
}
