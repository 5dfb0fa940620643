//! What the view consists of: rows, each of one line or with a cell for each column of time.

use loadgen::snapshot::DatabaseSample;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::paint::{clip, put, put_right};
use super::axis::Axis;
use crate::theme::{Role, Theme};

/// What a look says of a row.
type Value<'a> = Box<dyn Fn(&DatabaseSample) -> Option<f64> + 'a>;

/// One row; see the variants.
pub(super) enum Row<'a> {
    /// Words.
    Words(Line<'a>),
    /// The seconds below the columns.
    Seconds,
    /// A figure over time.
    Series(Series<'a>),
}

/// A figure over time.
pub(super) struct Series<'a> {
    pub(super) name: String,
    /// Figures beside the name.
    pub(super) figures: [String; 2],
    pub(super) value: Value<'a>,
    pub(super) look: Look,
    pub(super) role: Role,
}

/// How the cells of a row look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Look {
    /// A tone for so many, the same in every row.
    Tones,
    /// A bar that is full at so much, over so many lines.
    Bars { full: f64, lines: u16 },
}

/// From how many on each tone is used.
pub(super) const TONES_FROM: [f64; 4] = [1.0, 2.0, 4.0, 10.0];

/// How wide the parts before the columns are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    name: u16,
    figures: [u16; 2],
}

impl Widths {
    pub(super) fn of(width: u16) -> Self {
        match width {
            0..60 => Self { name: 19, figures: [6, 0] },
            60..110 => Self { name: 19, figures: [7, 7] },
            _ => Self { name: 50, figures: [8, 8] },
        }
    }

    /// Whether names have room for an explanation.
    pub(super) fn explain(self) -> bool {
        self.name >= 50
    }

    /// Where the columns begin.
    pub(super) fn columns_at(self) -> u16 {
        // A blank before the name and one behind it, a line before the columns.
        self.name + self.figures.iter().sum::<u16>() + 3
    }

    /// Headings above the figures, on a line that may be a divider.
    pub(super) fn headings(self, headings: [&str; 2], theme: &Theme, line: Rect, buffer: &mut Buffer) {
        for (place, heading) in self.places(line).into_iter().zip(headings) {
            if usize::from(place.width) > heading.len() {
                // A blank on either side, and the last letter above the last digit.
                let place = Rect { width: place.width + 1, ..place }.intersection(line);
                let text = format!(" {heading} ");
                put_right(buffer, place, 0, &Span::styled(text, theme.style(Role::Title)).into());
            }
        }
    }

    fn places(self, line: Rect) -> [Rect; 2] {
        let [first, second] = self.figures;
        let x = line.x + 1 + self.name;
        [(x, first), (x + first, second)]
            .map(|(x, width)| Rect { x, width, height: 1, ..line }.intersection(line))
    }
}

impl Row<'_> {
    /// How many lines it takes.
    pub(super) fn lines(&self) -> u16 {
        match self {
            Self::Series(Series { look: Look::Bars { lines, .. }, .. }) => *lines,
            _ => 1,
        }
    }

    /// Draws it into the first lines of `area`.
    pub(super) fn draw(
        &self,
        axis: &Axis<'_>,
        widths: Widths,
        theme: &Theme,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let area = area.intersection(buffer.area);
        if area.height == 0 || area.width == 0 {
            return;
        }
        let columns_at = widths.columns_at().min(area.width);
        let columns = Rect { x: area.x + columns_at, width: area.width - columns_at, ..area };
        match self {
            Self::Words(line) => put(buffer, area, 0, line),
            Self::Seconds => {
                if axis.has_fault() {
                    let legend = format!(" {} a fault", theme.glyphs.band);
                    put(buffer, area, 0, &Line::styled(legend, theme.style(Role::FaultBand)));
                }
                axis.draw(theme, columns, buffer);
            }
            Self::Series(series) => {
                series.draw_name(widths, theme, area, buffer);
                let columns = Rect { height: columns.height.min(self.lines()), ..columns };
                series.draw_cells(axis, theme, columns, buffer);
            }
        }
    }
}

impl Series<'_> {
    fn draw_name(&self, widths: Widths, theme: &Theme, area: Rect, buffer: &mut Buffer) {
        let name = clip(&self.name, usize::from(widths.name), theme);
        put(buffer, area, 0, &Line::raw(format!(" {name}")));
        let styles = [theme.style(self.role), theme.style(Role::Dim)];
        for ((place, figure), style) in widths.places(area).into_iter().zip(&self.figures).zip(styles) {
            if place.width > 0 {
                put_right(buffer, place, 0, &Span::styled(figure.as_str(), style).into());
            }
        }
    }

    fn draw_cells(&self, axis: &Axis<'_>, theme: &Theme, area: Rect, buffer: &mut Buffer) {
        for y in area.top()..area.bottom() {
            buffer.set_string(area.x - 1, y, theme.glyphs.vertical, theme.style(Role::Border));
        }
        for (x, column) in (area.left()..area.right()).zip(axis.columns()) {
            if column.samples.is_empty() {
                let y = area.bottom() - 1;
                buffer.set_string(x, y, theme.glyphs.none, theme.style(Role::Dim));
                continue;
            }
            // Of several seconds the greatest figure.
            let value = column.samples.iter().filter_map(|sample| (self.value)(sample)).reduce(f64::max);
            for y in area.top()..area.bottom() {
                let line = area.bottom() - 1 - y;
                if let Some(symbol) = value.and_then(|value| self.symbol(value, line, theme)) {
                    buffer.set_string(x, y, symbol, theme.style(self.role));
                } else if column.is_faulty && self.look != Look::Tones {
                    // A tone may look like a band.
                    buffer.set_string(x, y, theme.glyphs.band, theme.style(Role::FaultBand));
                }
            }
        }
    }

    /// What stands for `value` in a line, counted from below.
    fn symbol(&self, value: f64, line: u16, theme: &Theme) -> Option<&'static str> {
        match self.look {
            Look::Tones => {
                let tone = TONES_FROM.iter().rposition(|from| value >= *from)?;
                theme.glyphs.tones.get(tone).copied()
            }
            Look::Bars { full, lines } => {
                let parts = theme.glyphs.upward;
                let steps = f64::from(lines) * parts.len() as f64;
                // What is there at all is seen, however little it is.
                let filled =
                    if value > 0.0 && full > 0.0 { (value / full * steps).round().max(1.0) } else { 0.0 };
                let here = (filled as usize).saturating_sub(usize::from(line) * parts.len()).min(parts.len());
                here.checked_sub(1).map(|part| parts[part])
            }
        }
    }
}
