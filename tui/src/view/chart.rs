//! Lines over the last sixty seconds, with the seconds of a fault shaded.
//!
//! ```text
//! 500│      ⡠⠤⠒⠒⠉⠉⠉⠒⠢⢄░░░░░⡠
//!    │⠤⠤⠤⠤⠊          ⠑░░░⡠⠊
//!   0│⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
//!     -60s               now
//! ```

use loadgen::snapshot::Second;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::canvas::{Canvas, Mark};
use super::format;
use super::paint::{put, put_right};
use crate::theme::{Role, Theme};

/// How many seconds a chart shows at most.
const WINDOW: usize = 60;
/// And at least, so that a run's first seconds do not look like an age.
const WINDOW_MIN: usize = 15;

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A line.
    Line,
    /// Everything below it, half filled.
    Area,
    /// A line with gaps.
    Dashes,
}

/// One value a second.
pub(super) struct Series {
    pub(super) value: fn(&Second) -> f64,
    pub(super) shape: Shape,
    pub(super) mark: Mark,
}

/// Draws `series` of `seconds` into `area`; later ones over earlier ones. `unit` writes the scale's end.
pub(super) fn chart(
    buffer: &mut Buffer,
    area: Rect,
    seconds: &[Second],
    series: &[Series],
    unit: fn(f64) -> String,
    theme: &Theme,
) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let shown = &seconds[seconds.len().saturating_sub(WINDOW)..];
    let window = shown.len().clamp(WINDOW_MIN, WINDOW);
    let highest =
        shown.iter().flat_map(|second| series.iter().map(|one| (one.value)(second))).fold(0.0, f64::max);
    let top = round_up(highest);

    let dim = theme.style(Role::Dim);
    let gutter = if area.width >= 30 { 6 } else { 0 };
    let axis = u16::from(area.height >= 5);
    let plot = Rect { x: area.x + gutter, width: area.width - gutter, height: area.height - axis, ..area };
    if gutter > 0 {
        let scale = Rect { width: gutter - 1, height: plot.height, ..area };
        put_right(buffer, scale, 0, &Span::styled(unit(top), dim).into());
        if plot.height > 1 {
            put_right(buffer, scale, plot.height - 1, &Span::styled("0", dim).into());
        }
    }
    // On the axis too, for a plot that is full to the top.
    bands(buffer, Rect { height: plot.height + axis, ..plot }, shown, window, theme);
    if axis > 0 {
        let line = Rect { y: plot.bottom(), height: 1, ..plot };
        put(buffer, line, 0, &Span::styled(format!("-{window}s "), dim).into());
        put_right(buffer, line, 0, &Span::styled(" now", dim).into());
    }

    let mut canvas = Canvas::new(plot, theme);
    for one in series {
        trace(&mut canvas, shown, window, one, top);
    }
    canvas.draw(buffer, theme);
}

/// Shades the columns whose second had a fault.
fn bands(buffer: &mut Buffer, plot: Rect, shown: &[Second], window: usize, theme: &Theme) {
    let style = theme.style(Role::FaultBand);
    for column in 0..plot.width {
        let at = position(usize::from(column), usize::from(plot.width), shown.len(), window);
        let fault = at.is_some_and(|at| !shown[at.round() as usize].faults.is_empty());
        for y in plot.top()..plot.bottom() {
            if fault && let Some(cell) = buffer.cell_mut((plot.x + column, y)) {
                cell.set_symbol(theme.glyphs.band).set_style(style);
            }
        }
    }
}

/// Which second lies at `x` of `width`, the newest at the right; `None` where the run had not begun.
fn position(x: usize, width: usize, seconds: usize, window: usize) -> Option<f64> {
    let share = if width > 1 { x as f64 / (width - 1) as f64 } else { 1.0 };
    let at = share * (window - 1) as f64 - (window - seconds.min(window)) as f64;
    (seconds > 0 && at >= -0.5).then(|| at.clamp(0.0, (seconds - 1) as f64))
}

fn trace(canvas: &mut Canvas, shown: &[Second], window: usize, series: &Series, top: f64) {
    let (width, height) = canvas.dots();
    let mut before: Option<usize> = None;
    for x in 0..width {
        let Some(at) = position(x, width, shown.len(), window) else { continue };
        let left = (series.value)(&shown[at.floor() as usize]);
        let right = (series.value)(&shown[at.ceil() as usize]);
        let value = left + (right - left) * at.fract();
        let y = ((value / top) * (height - 1) as f64).round() as usize;
        match series.shape {
            Shape::Area => {
                for dot in 0..=y {
                    // Every other dot: a tone that a line over it stands out from.
                    if value > 0.0 && (!canvas.is_braille() || (x + dot).is_multiple_of(2)) {
                        canvas.set(x, dot, series.mark);
                    }
                }
            }
            Shape::Dashes if x % 4 >= 2 && canvas.is_braille() => {}
            Shape::Line | Shape::Dashes => {
                let from = before.unwrap_or(y);
                // A jump is drawn from the dot after the last one, or a slope would be two dots thick.
                let (low, high) = if from < y { (from + 1, y) } else { (y, y.max(from.saturating_sub(1))) };
                for dot in low..=high {
                    canvas.set(x, dot, series.mark);
                }
            }
        }
        before = Some(y);
    }
}

/// The next round number; 1 for nothing, so that a scale always has an end.
fn round_up(value: f64) -> f64 {
    if value <= 1.0 {
        return 1.0;
    }
    let decade = 10_f64.powf(value.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|step| step * decade)
        .find(|end| *end >= value)
        .unwrap_or(value)
}

/// A rate on a scale.
pub(super) fn plain(value: f64) -> String {
    format::short(value.round() as u64)
}

/// Microseconds on a scale.
pub(super) fn micros(value: f64) -> String {
    format::micros(value.round() as u64)
}
