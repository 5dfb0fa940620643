//! One wakeup, its whole chain, over the lanes.
//!
//! ```text
//! ┌ job 812, terraform on-prem · Esc closes ───────────────────────┐
//! │ 00:37.200            job 812 was committed                     │
//! │ 00:37.204   +4ms  r1 a fault swallowed the notice of job 812   │
//! │ 00:42.000  +4.8s  r1 the backup poll came round: …             │
//! │ waited 4801.2 ms: 4800.1 ms without any notice, …              │
//! └────────────────────────────────────────────────────────────────┘
//! ```

use loadgen::report::wrapped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};

use super::super::paint::{self, clip, frame, scrolled, title};
use super::super::{closing, format};
use super::moment;
use crate::model::{Chapter, Model, Story};
use crate::theme::{Role, Theme};

/// In fewer columns what happened goes below its time.
const BESIDE_MIN: usize = 24;
const INDENT: usize = 3;

/// In the lower part, and all of it where there is little.
fn place(area: Rect) -> Rect {
    let height = if area.height <= 16 { area.height } else { (area.height * 2 / 3).max(14) };
    Rect { y: area.bottom() - height, height, ..area }
}

/// How many lines a screenful has; one at least, so that a page is a step.
pub(in super::super) fn page(area: Rect) -> usize {
    usize::from(place(area).height.saturating_sub(2)).max(1)
}

/// By how many lines it can be scrolled, and one.
pub(in super::super) fn positions(model: &Model, area: Rect) -> usize {
    let width = usize::from(area.width.saturating_sub(2));
    let lines = model.wakeups.story().map_or(0, |story| lines(model, &story, width, page(area)).len());
    paint::positions(lines, page(area))
}

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let Some(story) = model.wakeups.story() else { return };
    let area = place(area).intersection(buffer.area);
    Clear.render(area, buffer);
    let note = closing(model);
    let name = clip(&story.title, usize::from(area.width.saturating_sub(20)), theme);
    let inner = frame(buffer, area, &title(name, note, theme), theme);
    let lines = lines(model, &story, usize::from(inner.width), usize::from(inner.height));
    scrolled(buffer, area, inner, &lines, model.wakeups.story.unwrap_or(0), theme);
}

/// What happened, and what follows from it, which comes first where so many `rows` don't show both.
fn lines(model: &Model, story: &Story, width: usize, rows: usize) -> Vec<Line<'static>> {
    let (theme, pointed) = (&model.theme, model.wakeups.pointed);
    let told: Vec<Line<'static>> =
        story.chapters.iter().flat_map(|chapter| written(chapter, pointed, width, theme)).collect();
    let follows: Vec<Line<'static>> = wrapped(&story.conclusion, width.saturating_sub(1).max(10))
        .into_iter()
        .map(|part| Line::styled(format!(" {part}"), theme.style(Role::Title)))
        .collect();
    let fits = told.len() + 1 + follows.len() <= rows;
    let (first, last) = if fits { (told, follows) } else { (follows, told) };
    first.into_iter().chain([Line::default()]).chain(last).collect()
}

/// The whole of it, for other programs.
pub(super) fn copied(story: &Story) -> String {
    let told = story.chapters.iter().map(|chapter| format!("{}{}", head(chapter), chapter.text));
    let all: Vec<String> =
        [story.title.clone()].into_iter().chain(told).chain([story.conclusion.clone()]).collect();
    all.join("\n")
}

/// When it happened, how long after the one before, and where.
fn head(chapter: &Chapter) -> String {
    let after =
        if chapter.after.is_zero() { String::new() } else { format!("+{}", format::wait(chapter.after)) };
    let replica = chapter.replica.map_or(String::new(), |replica| format!("r{replica}"));
    format!("{} {after:>8} {replica:>3} ", moment(chapter.at))
}

/// What happened stands behind its head, or below it where that leaves little room.
fn written(chapter: &Chapter, pointed: Option<u64>, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let is_pointed = pointed == Some(chapter.number);
    let marker = if is_pointed { theme.glyphs.selected } else { " " };
    let head = head(chapter);
    let beside = width.saturating_sub(head.len() + 1);
    let is_below = beside < BESIDE_MIN;
    let indent = if is_below { INDENT } else { head.len() + 1 };
    let is_loud = chapter.text.contains("RESCUED") || chapter.text.contains("swallowed");
    let role = match (is_loud, is_pointed) {
        (true, _) => Role::Alarm,
        (false, true) => Role::Title,
        (false, false) => Role::Text,
    };
    let first = Line::from(vec![
        Span::styled(marker, theme.style(Role::Key)),
        Span::styled(head, theme.style(Role::Dim)),
    ]);
    let mut lines = vec![first];
    for (number, part) in wrapped(&chapter.text, width.saturating_sub(indent).max(10)).into_iter().enumerate()
    {
        let part = Span::styled(part, theme.style(role));
        if number == 0 && !is_below {
            lines[0].push_span(part);
        } else {
            lines.push(Line::from(vec![Span::raw(" ".repeat(indent)), part]));
        }
    }
    lines
}
