//! Every fault of the language: its key, how it would begin, and whether it is at work.

use std::time::Duration;

use loadgen::report::wrapped;
use loadgen::scenario::FaultKind;
use loadgen::scenario::quantity::format_duration;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::first_row;
use crate::keymap::{Action, faults as keys};
use crate::model::{FaultPlan, Model, Place, faults};
use crate::theme::Role;
use crate::view::format;
use crate::view::paint::{bar, bottom, clip, frame, inside, more, put, put_right, title};

/// Lines about what is selected.
const ABOUT: u16 = 3;
/// The height at which nothing is missing: a frame, a heading, every fault, a rule, and what is selected in words.
pub(super) const HEIGHT: u16 = 2 + 1 + FaultKind::ALL.len() as u16 + ABOUT;
/// What is selected is said in so many lines at least, from a height on where that leaves most faults in sight.
const ABOUT_MIN: u16 = 2;
const ABOUT_FROM: u16 = 14;
/// The columns of a fault's name.
const NAME: usize = 23;
/// From this width on a row says on which replica, and for how long.
const ROOMY: u16 = 48;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let inner = frame(buffer, area, &heading(model), theme);
    if inner.height == 0 {
        return;
    }
    let plans = &model.faults.plans;
    let Shown { top, rows, first, selected } = Shown::of(model, inner.height);
    if top > 0 {
        put(buffer, inner, 0, &Line::styled(titles(inner.width), theme.style(Role::Title)));
    }
    for (row, place) in (top..top + rows).zip(first..) {
        let is_selected = selected == Some(place);
        put(buffer, inner, row, &row_of(model, &plans[place], is_selected, inner.width));
    }
    let below = plans.len() - first - usize::from(rows);
    put_right(buffer, bottom(area), 0, &more(below, theme));
    let rest = Rect { y: inner.y + top + rows, height: inner.height - top - rows, ..inner };
    let rest = Rect { x: rest.x + 1, width: rest.width.saturating_sub(2), ..rest };
    if let Some(plan) = model.faults.selected() {
        let (text, role) = about(model, plan);
        let lines = wrapped(&text, usize::from(rest.width).max(1));
        let room = usize::from(rest.height);
        for (row, line) in (0..rest.height).zip(&lines) {
            let is_cut = usize::from(row) + 1 == room && lines.len() > room;
            let line = if is_cut { format!("{line} {}", theme.glyphs.ellipsis) } else { line.clone() };
            put(buffer, rest, row, &Line::styled(line, theme.style(role)));
        }
    }
}

/// The fault at this line of the screen.
pub(super) fn place_at(model: &Model, area: Rect, y: u16) -> Option<usize> {
    let inner = inside(area);
    let Shown { top, rows, first, .. } = Shown::of(model, inner.height);
    let row = y.checked_sub(inner.y + top).filter(|row| *row < rows)?;
    Some(first + usize::from(row))
}

/// Which faults are shown.
struct Shown {
    /// Shown above them, for titles.
    top: u16,
    rows: u16,
    first: usize,
    selected: Option<usize>,
}

impl Shown {
    fn of(model: &Model, height: u16) -> Self {
        let count = model.faults.plans.len();
        let top = u16::from(usize::from(height) > count);
        let about_rows = if height >= ABOUT_FROM { ABOUT_MIN } else { 0 };
        let rows = height.saturating_sub(top + about_rows).min(count as u16);
        let selected = match model.faults.place {
            Place::Fault(place) => Some(place),
            Place::Dial(_) | Place::Past(_) => None,
        };
        Self { top, rows, first: first_row(selected.unwrap_or(0), usize::from(rows), count), selected }
    }
}

fn heading(model: &Model) -> Line<'_> {
    let at_work = model.shown.faults.len();
    let separator = model.theme.glyphs.separator.trim_start();
    let mut heading = title("faults", separator, &model.theme);
    let (text, role) = match at_work {
        0 => ("none at work".to_owned(), Role::Dim),
        count => (format!("{count} at work"), Role::Alarm),
    };
    heading.push_span(Span::styled(text, model.theme.style(role)));
    heading
}

fn titles(width: u16) -> String {
    let mut titles = format!("   {:<NAME$}{:>6}", "fault", "with");
    if width >= ROOMY {
        titles.push_str("  on  for ");
    }
    titles.push_str(" now");
    titles
}

fn row_of<'a>(model: &'a Model, plan: &FaultPlan, is_selected: bool, width: u16) -> Line<'a> {
    let theme = &model.theme;
    let name = plan.kind.name();
    let is_at_work = faults::at_work(&model.shown, name).is_some();
    let role = if is_at_work { Role::Alarm } else { Role::Text };
    let mark = if is_selected { theme.glyphs.selected } else { " " };
    let key = model.keymap.key_for(model.view, Action::Faults(keys::Action::Toggle(name)));
    let chosen = |text: String| {
        let style = if is_selected { theme.style(Role::Selection) } else { theme.style(role) };
        Span::styled(text, style)
    };
    let mut line = Line::from(vec![
        Span::raw(mark),
        Span::styled(format!("{:<2}", key.unwrap_or_default()), theme.style(Role::Key)),
        chosen(format!("{name:<NAME$}")),
        chosen(format!("{:>6}", plan.kind.parameter())),
    ]);
    if width >= ROOMY {
        let replica = match plan.replica(&model.shown) {
            Some(replica) => replica.to_string(),
            None if plan.hits_replicas() => "all".to_owned(),
            None => String::new(),
        };
        line.push_span(chosen(format!("  {replica:<3} {:<4}", length(plan))));
    }
    line.push_span(" ");
    let room = usize::from(width).saturating_sub(line.width());
    line.extend(state(model, plan, room));
    line
}

fn length(plan: &FaultPlan) -> String {
    match plan.length() {
        _ if plan.kind.is_of_a_moment() => "once".to_owned(),
        Some(length) => format_duration(length),
        None => "open".to_owned(),
    }
}

/// Whether it is at work, was a moment ago, or can't be; in `room` columns.
fn state<'a>(model: &Model, plan: &FaultPlan, room: usize) -> Vec<Span<'a>> {
    let theme = &model.theme;
    let snapshot = &*model.shown;
    let name = plan.kind.name();
    let alarm = theme.style(Role::Alarm);
    if let Some((age, left)) = faults::at_work(snapshot, name) {
        let Some(left) = left else {
            let age = format::countdown(age);
            return vec![Span::styled(roomy(&format!("for {age}"), &age, room), alarm)];
        };
        let time = format::countdown(left);
        let text = roomy(&format!("{time} left"), &time, room);
        let width = text.len();
        let mut spans = vec![Span::styled(text, alarm)];
        // One column between, and no bar that is too short to read.
        let bar_room = room.saturating_sub(9).min(24);
        if bar_room >= 6 {
            let all = (age + left).max(Duration::from_millis(1));
            spans.push(Span::raw(" ".repeat(9 - width.min(8))));
            spans.extend(bar(left.div_duration_f64(all), bar_room, theme, alarm));
        }
        return spans;
    }
    if faults::impossible(snapshot, plan.kind).is_some() {
        return vec![Span::styled(roomy("not here", "can't", room), theme.style(Role::Dim))];
    }
    let Some(record) = faults::latest_of(snapshot, name) else { return Vec::new() };
    if let Some(why) = &record.failure {
        let text = if room > 20 {
            clip(&format!("failed: {why}"), room, theme)
        } else {
            roomy("failed", "fail", room)
        };
        return vec![Span::styled(text, theme.style(Role::Warning))];
    }
    let over_for = record.ended.map(|ended| snapshot.elapsed.saturating_sub(ended));
    let Some(time) = over_for.map(format::countdown) else { return Vec::new() };
    vec![Span::styled(roomy(&format!("{time} ago"), "", room), theme.style(Role::Dim))]
}

/// The long text where it fits into `room` columns, else the short one.
fn roomy(long: &str, short: &str, room: usize) -> String {
    if long.len() <= room { long } else { short }.to_owned()
}

/// A fault in words: why it can't be or couldn't, or what it does.
fn about(model: &Model, plan: &FaultPlan) -> (String, Role) {
    if let Some(why) = faults::impossible(&model.shown, plan.kind) {
        return (why.to_owned(), Role::Warning);
    }
    let record = faults::latest_of(&model.shown, plan.kind.name());
    match record.and_then(|record| record.failure.as_ref()) {
        Some(why) => (format!("failed: {why}"), Role::Warning),
        None if plan.length().is_none() && !plan.kind.is_of_a_moment() => {
            (format!("{} Until it is ended.", plan.kind.about()), Role::Dim)
        }
        None => (plan.kind.about().to_owned(), Role::Dim),
    }
}
