//! What runs where, and what is out of the ordinary.
//!
//! ```text
//!  clearance · default · local PG 15.18 · R3 D8 W600 · 00:42/01:00 measuring · target 400/s
//!  [1 Overview] 2 Domains  7 Log   FROZEN at 00:42, 12s ago   !! drop_notifications 100% (7s left)
//! ```

use loadgen::snapshot::{ActiveFault, RunPhase, Snapshot};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::paint::{Segment, fit, put};
use super::{format, warnings};
use crate::keymap::Action;
use crate::model::{Model, View};
use crate::theme::Role;

/// Between two alerts.
const GAP: &str = "  ";

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let inner = inner(area);
    if area.height >= 2 {
        put(buffer, inner, 0, &facts(model, inner.width));
        put(buffer, inner, 1, &tabs_and_alerts(model, inner.width));
    } else {
        // With a single line, what is wrong matters more than what runs.
        let alerts = alerts(model, inner.width);
        let line = if alerts.width() == 0 { facts(model, inner.width) } else { alerts };
        put(buffer, inner, 0, &line);
    }
}

/// The view whose name is written at `at`.
pub(super) fn tab_at(model: &Model, area: Rect, at: Position) -> Option<View> {
    let inner = inner(area);
    if area.height < 2 || at.y != inner.y + 1 || !inner.contains(at) {
        return None;
    }
    let mut right = usize::from(inner.x);
    tabs(model, inner.width).into_iter().find_map(|(view, tab)| {
        right += tab.width();
        (usize::from(at.x) < right).then_some(view)
    })
}

fn inner(area: Rect) -> Rect {
    Rect { x: area.x + u16::from(area.width > 60), width: area.width.saturating_sub(1), ..area }
}

pub(super) fn facts(model: &Model, width: u16) -> Line<'_> {
    let snapshot = &*model.shown;
    let theme = &model.theme;
    let text = |rank, text: String| Segment::new(rank, vec![Span::raw(text)]);
    // That it isn't happening now must be seen on the narrowest screen that says what runs at all.
    let (rank, name) = if model.is_recording() { (2, "replay") } else { (6, "clearance") };
    let title = Span::styled(name, theme.style(Role::Title));
    let mut segments = vec![Segment::new(rank, vec![title])];
    if !snapshot.scenario.is_empty() {
        segments.push(text(3, snapshot.scenario.clone()));
    }
    if !snapshot.database.kind.is_empty() {
        let fast = if snapshot.database.durability == "fast" { " fast" } else { "" };
        segments.push(text(4, format!("{} PG {}{fast}", snapshot.database.kind, snapshot.database.version)));
    }
    segments
        .push(text(1, format!("R{} D{} W{}", snapshot.replicas, snapshot.domains.len(), snapshot.workers)));
    segments.push(text(0, clock(snapshot)));
    if snapshot.target_rate > 0.0 {
        segments.push(text(2, format!("target {}/s", format::number(snapshot.target_rate))));
        if (snapshot.rate_factor - 1.0).abs() > 0.005 && snapshot.rate_factor > 0.0 {
            segments.push(text(5, format!("{}{:.2}", theme.glyphs.times, snapshot.rate_factor)));
        }
    }
    if !snapshot.policy.is_empty() && snapshot.policy != "default" {
        segments.push(text(5, format!("policy {}", snapshot.policy)));
    }
    fit(segments, theme.glyphs.separator, width, theme)
}

fn clock(snapshot: &Snapshot) -> String {
    let phase = match snapshot.phase {
        RunPhase::Starting => return "starting".to_owned(),
        RunPhase::Warmup => "warm-up",
        RunPhase::Measuring => "measuring",
        RunPhase::Draining => "draining",
        RunPhase::Auditing => "auditing",
        RunPhase::Finished => "finished",
    };
    let of = if snapshot.duration.is_zero() {
        String::new()
    } else {
        format!("/{}", format::clock(snapshot.duration))
    };
    format!("{}{of} {phase}", format::clock(snapshot.elapsed))
}

fn tabs_and_alerts(model: &Model, width: u16) -> Line<'_> {
    let mut line: Line<'_> = tabs(model, width).into_iter().map(|(_, tab)| tab).collect();
    let left = width.saturating_sub(u16::try_from(line.width() + 2).unwrap_or(u16::MAX));
    line.push_span("  ");
    line.extend(alerts(model, left).spans);
    line
}

/// As much of the views' names as all alerts leave room for: names, or numbers, or that of the view alone.
fn tabs(model: &Model, width: u16) -> Vec<(View, Span<'_>)> {
    let of_all = |names| View::ALL.map(|view| (view, tab(model, view, names))).to_vec();
    let wanted = alerts(model, u16::MAX).width();
    let fits = |tabs: &Vec<(View, Span<'_>)>| {
        tabs.iter().map(|(_, tab)| tab.width()).sum::<usize>() + 2 + wanted <= usize::from(width)
    };
    let mut tries = [of_all(true), of_all(false)].into_iter();
    tries.find(fits).unwrap_or_else(|| vec![(model.view, tab(model, model.view, false))])
}

fn tab(model: &Model, view: View, names: bool) -> Span<'_> {
    let name = if names { format!("{} {}", view.number(), view.name()) } else { view.number().to_string() };
    // Brackets say the same as the reversed colours where those can't be seen.
    if view == model.view {
        Span::styled(format!("[{name}]"), model.theme.style(Role::Selection))
    } else {
        Span::styled(format!(" {name} "), model.theme.style(Role::Text))
    }
}

/// What is out of the ordinary, in as many words as fit into `width`.
fn alerts(model: &Model, width: u16) -> Line<'_> {
    let faults = model.shown.faults.len();
    let tries =
        [(faults, false), (faults, true)].into_iter().chain((0..faults).rev().map(|shown| (shown, true)));
    let mut segments = Vec::new();
    for (shown, brief) in tries {
        segments = alert_segments(model, shown, brief);
        if fit(segments.clone(), GAP, u16::MAX, &model.theme).width() <= usize::from(width) {
            break;
        }
    }
    fit(segments, GAP, width, &model.theme)
}

/// The alerts with the first `shown` faults in words and the others as a number.
fn alert_segments(model: &Model, shown: usize, brief: bool) -> Vec<Segment<'_>> {
    let theme = &model.theme;
    let snapshot = &*model.shown;
    let mut segments = Vec::new();
    let mut alert = |rank, role, text: String| {
        segments.push(Segment::new(rank, vec![Span::styled(text, theme.style(role))]));
    };
    if let Some(frozen) = model.frozen_for() {
        let (at, ago) = (format::clock(snapshot.elapsed), format::countdown(frozen));
        let text =
            if brief { format!(" FROZEN {at} -{ago} ") } else { format!(" FROZEN at {at}, {ago} ago ") };
        alert(0, Role::Frozen, text);
    }
    if let Some(playback) = &model.playback {
        if !playback.is_playing {
            alert(0, Role::Frozen, if playback.is_at_end() { " THE END " } else { " PAUSED " }.to_owned());
        }
        if playback.missing.cut.is_some() {
            let what = if brief { "cut off" } else { "cut off: what came later is missing" };
            alert(1, Role::Alarm, format!("!! {what}"));
        }
        if playback.missing.inputs_lost > 0 {
            let lost = format::count(playback.missing.inputs_lost);
            let what = if brief { "not recorded" } else { "events were not recorded" };
            alert(3, Role::Alarm, format!("!! {lost} {what}"));
        }
    }
    if model.finished() {
        // A configuration can't take its last key away.
        let key = model.keymap.key_for(model.view, Action::Quit).unwrap_or_default();
        let text =
            if brief { format!(" over, {key}: leave ") } else { format!(" run finished: {key} to leave ") };
        alert(1, Role::Frozen, text);
    }
    if let Some(silence) = snapshot.database_silent_for {
        let what = if brief { "database silent" } else { "the database has not answered for" };
        alert(1, Role::Alarm, format!("!! {what} {}", format::countdown(silence)));
    }
    if let Some(text) = warnings::alert(model, brief) {
        alert(1, Role::Alarm, text);
    }
    if snapshot.events_dropped > 0 {
        let what = if brief { "dropped" } else { "events dropped" };
        alert(3, Role::Alarm, format!("!! {} {what}", format::count(snapshot.events_dropped)));
    }
    for fault in &snapshot.faults[..shown] {
        alert(2, Role::Alarm, fault_text(fault, brief));
    }
    match snapshot.faults.len() - shown {
        0 => {}
        1 if shown == 0 => alert(2, Role::Alarm, "!! 1 fault".to_owned()),
        rest if shown == 0 => alert(2, Role::Alarm, format!("!! {rest} faults")),
        rest => alert(2, Role::Alarm, format!("+{rest}")),
    }
    segments
}

fn fault_text(fault: &ActiveFault, brief: bool) -> String {
    let left = fault.left.map(format::countdown);
    let mut text = format!("!! {}", fault.name);
    if brief {
        text.extend(left.iter().flat_map(|left| [" ", left.as_str()]));
        return text;
    }
    if !fault.parameter.is_empty() {
        text.extend([" ", fault.parameter.as_str()]);
    }
    text.extend(left.iter().flat_map(|left| [" (", left.as_str(), " left)"]));
    text
}
