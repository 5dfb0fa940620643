//! The brushes: lines that fit, frames, bars. All of them clip; none panics at any size.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::theme::{Role, Theme};

/// A piece of a line that is shown whole or not at all.
#[derive(Debug, Clone)]
pub(super) struct Segment<'a> {
    /// Of two segments the one with the higher rank goes first when room is scarce.
    rank: u8,
    spans: Vec<Span<'a>>,
}

impl<'a> Segment<'a> {
    pub(super) fn new(rank: u8, spans: impl Into<Vec<Span<'a>>>) -> Self {
        Self { rank, spans: spans.into() }
    }

    fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

/// The segments that fit into `width`, in their order, with `between` between them; the end of the last one left is
/// marked when even that doesn't.
pub(super) fn fit<'a>(
    mut segments: Vec<Segment<'a>>,
    between: &'a str,
    width: u16,
    theme: &Theme,
) -> Line<'a> {
    let room = usize::from(width);
    let total = |segments: &[Segment<'_>]| -> usize {
        let gaps = segments.len().saturating_sub(1) * Span::raw(between).width();
        segments.iter().map(Segment::width).sum::<usize>() + gaps
    };
    while segments.len() > 1 && total(&segments) > room {
        let worst = segments.iter().map(|segment| segment.rank).max();
        let Some(at) = segments.iter().rposition(|segment| Some(segment.rank) == worst) else { break };
        segments.remove(at);
    }
    let mut line = Line::default();
    for (index, segment) in segments.into_iter().enumerate() {
        if index > 0 && !between.is_empty() {
            line.push_span(between);
        }
        line.extend(segment.spans);
    }
    clip_line(line, room, theme)
}

/// Writes `line` at the `row`th line of `area`.
pub(super) fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let area = area.intersection(buffer.area);
    if row < area.height && area.width > 0 {
        // Styles add up: what lay beneath must not show through.
        let width = u16::try_from(line.width()).unwrap_or(u16::MAX).min(area.width);
        buffer.set_style(Rect { y: area.y + row, width, height: 1, ..area }, Style::reset());
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}

/// Writes `line` at the right end of the `row`th line of `area`.
pub(super) fn put_right(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let width = u16::try_from(line.width()).unwrap_or(u16::MAX).min(area.width);
    put(buffer, Rect { x: area.right() - width, width, ..area }, row, line);
}

/// `text` in at most `width` columns, its end marked when something is missing.
pub(super) fn clip(text: &str, width: usize, theme: &Theme) -> String {
    if Span::raw(text).width() <= width {
        return text.to_owned();
    }
    cut(text, width, theme)
}

/// The same with a line.
pub(super) fn clip_line<'a>(line: Line<'a>, width: usize, theme: &Theme) -> Line<'a> {
    if line.width() <= width {
        return line;
    }
    let mut left = width;
    let mut clipped = Line::default();
    for span in line.spans {
        if span.width() < left {
            left -= span.width();
            clipped.push_span(span);
        } else {
            clipped.push_span(Span::styled(cut(&span.content, left, theme), span.style));
            break;
        }
    }
    clipped
}

/// As much of `text` as fits with the mark of a cut behind it.
fn cut(text: &str, width: usize, theme: &Theme) -> String {
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        let columns = Span::raw(c.to_string()).width();
        if used + columns + 1 > width {
            break;
        }
        used += columns;
        cut.push(c);
    }
    if width > 0 {
        cut.push_str(theme.glyphs.ellipsis);
    }
    cut
}

/// Draws a frame with `title` around `area` and answers what is inside.
pub(super) fn frame(buffer: &mut Buffer, area: Rect, title: &Line<'_>, theme: &Theme) -> Rect {
    let area = area.intersection(buffer.area);
    let style = theme.style(Role::Border);
    let [top_left, top_right, bottom_left, bottom_right] = theme.glyphs.corners;
    let inside = inside(area);
    if area.width < 2 || area.height < 2 {
        return inside;
    }
    rule(buffer, area, 0, [top_left, top_right], theme);
    rule(buffer, area, area.height - 1, [bottom_left, bottom_right], theme);
    for y in area.y + 1..area.bottom() - 1 {
        buffer.set_string(area.x, y, theme.glyphs.vertical, style);
        buffer.set_string(area.right() - 1, y, theme.glyphs.vertical, style);
    }
    heading(buffer, area, 0, title, theme);
    inside
}

/// What is inside a frame around `area`.
pub(super) fn inside(area: Rect) -> Rect {
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}

/// Divides the frame of `area` by a line with `title` at its `row`th line.
pub(super) fn divider(buffer: &mut Buffer, area: Rect, row: u16, title: &Line<'_>, theme: &Theme) {
    let area = area.intersection(buffer.area);
    if row < area.height && area.width >= 2 {
        rule(buffer, area, row, theme.glyphs.tees, theme);
        heading(buffer, area, row, title, theme);
    }
}

/// The lower line of the frame around `area`, between its corners and a column of it on either side.
pub(super) fn bottom(area: Rect) -> Rect {
    let height = u16::from(area.height > 2);
    Rect { x: area.x + 2, y: area.bottom().saturating_sub(1), width: area.width.saturating_sub(4), height }
}

/// How many lines there are below those on the screen, for the lower line of a frame; empty when there are none.
pub(super) fn more<'a>(below: usize, theme: &Theme) -> Line<'a> {
    if below == 0 {
        return Line::default();
    }
    Line::styled(format!(" {} {below} more ", theme.glyphs.arrows[1]), theme.style(Role::Key))
}

/// Writes `lines` into `inner` from the one on that it is `scrolled` to, but never past the last screenful, and says
/// in the lower line of the frame around `area` how many there are more.
pub(super) fn scrolled(
    buffer: &mut Buffer,
    area: Rect,
    inner: Rect,
    lines: &[Line<'_>],
    scrolled: usize,
    theme: &Theme,
) {
    let rows = usize::from(inner.height);
    let from = scrolled.min(lines.len().saturating_sub(rows));
    for (row, line) in (0..inner.height).zip(&lines[from..]) {
        put(buffer, inner, row, line);
    }
    let below = lines.len().saturating_sub(from + rows);
    put(buffer, bottom(area), 0, &more(below, theme));
}

/// By how many lines so many can be scrolled in a page of `rows`, and one.
pub(super) fn positions(lines: usize, rows: usize) -> usize {
    lines.saturating_sub(rows) + 1
}

fn rule(buffer: &mut Buffer, area: Rect, row: u16, ends: [&str; 2], theme: &Theme) {
    let style = theme.style(Role::Border);
    let y = area.y + row;
    for x in area.x + 1..area.right() - 1 {
        buffer.set_string(x, y, theme.glyphs.horizontal, style);
    }
    buffer.set_string(area.x, y, ends[0], style);
    buffer.set_string(area.right() - 1, y, ends[1], style);
}

fn heading(buffer: &mut Buffer, area: Rect, row: u16, title: &Line<'_>, theme: &Theme) {
    // One column of the frame stays on either side, so that the corner is still a corner.
    if title.width() > 0 && area.width > 4 {
        let mut spaced = Line::raw(" ");
        spaced.extend(clip_line(title.clone(), usize::from(area.width) - 3, theme).spans);
        spaced.push_span(" ");
        put(buffer, Rect { x: area.x + 1, width: area.width - 2, ..area }, row, &spaced);
    }
}

/// A title in a frame: a name, then what qualifies it.
pub(super) fn title<'a>(name: impl Into<String>, note: impl Into<String>, theme: &Theme) -> Line<'a> {
    let note = note.into();
    let mut line = Line::from(Span::styled(name.into(), theme.style(Role::Title)));
    if !note.is_empty() {
        line.push_span(Span::styled(format!(" {note}"), theme.style(Role::Dim)));
    }
    line
}

/// A bar of at most `width` columns that shows `share` (0 to 1), and what is left of it.
pub(super) fn bar<'a>(share: f64, width: usize, theme: &Theme, style: Style) -> [Span<'a>; 2] {
    let parts = theme.glyphs.across;
    let steps = parts.len();
    let filled = (share.clamp(0.0, 1.0) * (width * steps) as f64).round() as usize;
    // What is there at all is seen, however small its share.
    let filled = if share > 0.0 { filled.max(1).min(width * steps) } else { filled };
    let (whole, part) = (filled / steps, filled % steps);
    let mut text = parts[steps - 1].repeat(whole);
    if part > 0 {
        text.push_str(parts[part - 1]);
    }
    let rest = theme.glyphs.bar_rest.repeat(width - whole - usize::from(part > 0));
    [Span::styled(text, style), Span::styled(rest, theme.style(Role::Dim))]
}
