//! Pictures of the screen: a terminal [`Buffer`] as an SVG that is sharp at any size.
//!
//! Frames, bars and dots are drawn as shapes, so that they join whatever font shows the picture; words stay
//! text, which can be selected and searched. Pure: the same buffer gives the same bytes.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use ratatui::text::Span;

/// A cell's width and height in the picture's units. A monospaced letter is 0.6 of its size wide.
const CELL: (f64, f64) = (9.0, 19.0);
/// The size of letters.
const LETTER: f64 = 15.0;
/// Room around the screen.
const MARGIN: f64 = 14.0;

/// Whose sixteen colours a picture has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureTheme {
    /// A dark terminal.
    Dark,
    /// A light terminal.
    Light,
}

impl PictureTheme {
    fn background(self) -> Rgb {
        match self {
            Self::Dark => Rgb(0x15, 0x18, 0x1e),
            Self::Light => Rgb(0xfb, 0xfa, 0xf7),
        }
    }

    fn foreground(self) -> Rgb {
        match self {
            Self::Dark => Rgb(0xd5, 0xd9, 0xe0),
            Self::Light => Rgb(0x26, 0x2b, 0x33),
        }
    }

    /// The colour's value; `unnamed` for the one that the terminal has where none is set.
    fn value(self, color: Color, unnamed: Rgb) -> Rgb {
        let (dark, light) = match color {
            Color::Reset => return unnamed,
            Color::Rgb(red, green, blue) => return Rgb(red, green, blue),
            Color::Indexed(number) => return self.numbered(number),
            Color::Black => (self.background(), self.foreground()),
            Color::Red | Color::LightRed => (Rgb(0xff, 0x6b, 0x68), Rgb(0xc4, 0x28, 0x1c)),
            Color::Green | Color::LightGreen => (Rgb(0x7f, 0xc4, 0x6a), Rgb(0x2f, 0x7d, 0x20)),
            Color::Yellow | Color::LightYellow => (Rgb(0xe5, 0xc1, 0x58), Rgb(0x94, 0x68, 0x00)),
            Color::Blue | Color::LightBlue => (Rgb(0x6e, 0xa8, 0xfe), Rgb(0x1f, 0x5f, 0xbf)),
            Color::Magenta | Color::LightMagenta => (Rgb(0xcf, 0x8e, 0xe8), Rgb(0x8a, 0x35, 0xa8)),
            Color::Cyan | Color::LightCyan => (Rgb(0x5c, 0xc8, 0xd0), Rgb(0x0b, 0x7b, 0x85)),
            Color::White | Color::Gray => (self.foreground(), Rgb(0x5a, 0x61, 0x6b)),
            Color::DarkGray => (Rgb(0x7b, 0x82, 0x8e), Rgb(0x8a, 0x90, 0x99)),
        };
        match self {
            Self::Dark => dark,
            Self::Light => light,
        }
    }

    /// The colour of a number as terminals have it: the sixteen with a name, a cube of six by six by six, and greys.
    fn numbered(self, number: u8) -> Rgb {
        const NAMED: [Color; 16] = [
            Color::Black,
            Color::Red,
            Color::Green,
            Color::Yellow,
            Color::Blue,
            Color::Magenta,
            Color::Cyan,
            Color::Gray,
            Color::DarkGray,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
            Color::White,
        ];
        const LEVELS: [u8; 6] = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
        match number {
            0..16 => self.value(NAMED[usize::from(number)], self.foreground()),
            16..232 => {
                let place = usize::from(number - 16);
                Rgb(LEVELS[place / 36], LEVELS[place / 6 % 6], LEVELS[place % 6])
            }
            232.. => {
                let grey = 8 + 10 * (number - 232);
                Rgb(grey, grey, grey)
            }
        }
    }
}

/// A colour's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rgb(u8, u8, u8);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// How a cell is painted. The order is only there to make the picture's order fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Paint {
    color: Rgb,
    dim: bool,
    bold: bool,
}

impl Paint {
    fn of(cell: &Cell, theme: PictureTheme) -> Self {
        let reversed = cell.modifier.contains(Modifier::REVERSED);
        let color = if reversed {
            theme.value(cell.bg, theme.background())
        } else {
            theme.value(cell.fg, theme.foreground())
        };
        let dim = cell.modifier.contains(Modifier::DIM) && !reversed;
        Self { color, dim, bold: cell.modifier.contains(Modifier::BOLD) }
    }

    fn opacity(self) -> &'static str {
        if self.dim { " opacity=\".55\"" } else { "" }
    }
}

/// What lies behind a cell's letter; `None` where that is the screen's own background.
fn behind(cell: &Cell, theme: PictureTheme) -> Option<Rgb> {
    if cell.modifier.contains(Modifier::REVERSED) {
        return Some(theme.value(cell.fg, theme.foreground()));
    }
    (cell.bg != Color::Reset).then(|| theme.value(cell.bg, theme.background()))
}

/// Shapes of one paint, as SVG path data.
#[derive(Debug, Default)]
struct Shapes {
    filled: String,
    shaded: String,
    dots: String,
    lines: String,
}

/// The characters of `buffer`, line by line, without the blanks at their ends.
#[must_use]
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut x = buffer.area.left();
        let mut line = String::new();
        while x < buffer.area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // A wide character has the next cell, too.
            x += u16::try_from(Span::raw(symbol).width()).unwrap_or(1).max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `buffer` as an SVG document.
#[must_use]
pub fn svg(buffer: &Buffer, theme: PictureTheme) -> String {
    let mut shapes: BTreeMap<Paint, Shapes> = BTreeMap::new();
    let mut backgrounds = String::new();
    let mut texts = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut run: Option<Run> = None;
        for x in buffer.area.left()..buffer.area.right() {
            let cell = &buffer[(x, y)];
            let paint = Paint::of(cell, theme);
            let corner = corner(x - buffer.area.x, y - buffer.area.y);
            if let Some(color) = behind(cell, theme) {
                let (left, top) = corner;
                let _ = write!(
                    backgrounds,
                    "<path fill=\"{color}\" d=\"M{left} {top}h{}v{}h-{}z\"/>",
                    CELL.0, CELL.1, CELL.0
                );
            }
            let drawn = cell.symbol().chars().next().is_some_and(|c| {
                let shapes = shapes.entry(Paint { bold: false, ..paint }).or_default();
                draw(c, corner, shapes)
            });
            if drawn {
                end(run.take(), &mut texts);
            } else if run.as_ref().is_some_and(|run| run.paint == paint) {
                if let Some(run) = &mut run {
                    run.text.push_str(cell.symbol());
                }
            } else {
                end(run.take(), &mut texts);
                run = Some(Run { corner, paint, text: cell.symbol().to_owned() });
            }
        }
        end(run, &mut texts);
    }
    document(buffer, theme, &backgrounds, &shapes, &texts)
}

/// Letters side by side that look alike.
struct Run {
    corner: (f64, f64),
    paint: Paint,
    text: String,
}

fn end(run: Option<Run>, texts: &mut String) {
    let Some(Run { corner: (left, top), paint, text }) = run else { return };
    let trimmed = text.trim_end();
    let words = trimmed.trim_start();
    if words.is_empty() {
        return;
    }
    let left = left + Span::raw(&trimmed[..trimmed.len() - words.len()]).width() as f64 * CELL.0;
    let length = Span::raw(words).width() as f64 * CELL.0;
    let weight = if paint.bold { " font-weight=\"700\"" } else { "" };
    let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = write!(
        texts,
        "<text x=\"{left}\" y=\"{}\" textLength=\"{length}\" fill=\"{}\"{}{weight}>{escaped}</text>",
        top + CELL.1 * 0.74,
        paint.color,
        paint.opacity(),
    );
}

fn corner(x: u16, y: u16) -> (f64, f64) {
    (MARGIN + f64::from(x) * CELL.0, MARGIN + f64::from(y) * CELL.1)
}

/// Draws `glyph` as a shape; answers false when it is a letter.
fn draw(glyph: char, (left, top): (f64, f64), shapes: &mut Shapes) -> bool {
    let (width, height) = CELL;
    let code = u32::from(glyph);
    let _ = match glyph {
        '▁'..='█' => {
            let up = height * f64::from(code - 0x2580) / 8.0;
            write!(shapes.filled, "M{left} {}h{width}v{up}h-{width}z", top + height - up)
        }
        '▉'..='▏' => {
            let across = width * f64::from(0x2590 - code) / 8.0;
            write!(shapes.filled, "M{left} {top}h{across}v{height}h-{across}z")
        }
        '░' => write!(shapes.shaded, "M{left} {top}h{width}v{height}h-{width}z"),
        '\u{2800}'..='\u{28ff}' => {
            for dot in (0..8_u32).filter(|dot| (code - 0x2800) >> dot & 1 == 1) {
                // Bits 0 to 2 and 6 are the left column, 3 to 5 and 7 the right one.
                let (column, row) = if dot < 6 { (dot / 3, dot % 3) } else { (dot - 6, 3) };
                let x = left + width * (0.25 + 0.5 * f64::from(column));
                let y = top + height * (0.125 + 0.25 * f64::from(row));
                let _ = write!(shapes.dots, "M{x} {y}h0");
            }
            Ok(())
        }
        '●' => {
            let radius = width * 0.42;
            let (x, y) = (left + width / 2.0 - radius, top + height / 2.0);
            write!(
                shapes.filled,
                "M{x} {y}a{radius} {radius} 0 1 0 {0} 0a{radius} {radius} 0 1 0 -{0} 0z",
                2.0 * radius
            )
        }
        '─' | '│' | '┌' | '┐' | '└' | '┘' | '├' | '┤' => {
            let (x, y) = (left + width / 2.0, top + height / 2.0);
            let arms =
                [("─┐┘┤", left, y), ("─┌└├", left + width, y), ("│└┘├┤", x, top), ("│┌┐├┤", x, top + height)];
            for (glyphs, to_x, to_y) in arms {
                if glyphs.contains(glyph) {
                    let _ = write!(shapes.lines, "M{x} {y}L{to_x} {to_y}");
                }
            }
            Ok(())
        }
        _ => return false,
    };
    true
}

fn document(
    buffer: &Buffer,
    theme: PictureTheme,
    backgrounds: &str,
    shapes: &BTreeMap<Paint, Shapes>,
    texts: &str,
) -> String {
    let width = f64::from(buffer.area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(buffer.area.height) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>",
        theme.background()
    );
    svg.push_str(backgrounds);
    for (paint, shapes) in shapes {
        let (color, opacity) = (paint.color, paint.opacity());
        for (data, how) in [
            (&shapes.shaded, format!("fill=\"{color}\" fill-opacity=\".3\"")),
            (&shapes.filled, format!("fill=\"{color}\"")),
            (&shapes.dots, format!("stroke=\"{color}\" stroke-width=\"2.6\" stroke-linecap=\"round\"")),
            (&shapes.lines, format!("stroke=\"{color}\" stroke-width=\"1.1\" stroke-linecap=\"square\"")),
        ] {
            if !data.is_empty() {
                let _ = write!(svg, "<path {how}{opacity} d=\"{data}\"/>");
            }
        }
    }
    let _ = writeln!(
        svg,
        "<g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" \
         font-size=\"{LETTER}\" style=\"white-space:pre\" xml:space=\"preserve\">{texts}</g></svg>"
    );
    svg
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn buffer() -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
        buffer.set_string(0, 0, "a<b & c", Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        buffer.set_string(0, 1, "┌─⠁█▌░", Style::new());
        buffer.set_string(8, 1, "tab", Style::new().add_modifier(Modifier::REVERSED));
        buffer
    }

    #[test]
    fn words_are_text_and_escaped() {
        let svg = svg(&buffer(), PictureTheme::Dark);
        assert!(svg.contains(">a&lt;b &amp; c</text>"), "{svg}");
        assert!(svg.contains("font-weight=\"700\""));
        assert_eq!(svg.matches("<text").count(), 2, "frames, bars and dots are shapes: {svg}");
    }

    #[test]
    fn reversed_cells_have_a_background() {
        let svg = svg(&buffer(), PictureTheme::Light);
        assert_eq!(svg.matches("<path fill=\"#262b33\" d=").count(), 4, "three cells and the bars: {svg}");
    }

    /// The picture of a letter in this style.
    fn letter(style: Style, theme: PictureTheme) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
        buffer.set_string(0, 0, "x", style);
        svg(&buffer, theme)
    }

    #[test]
    fn colours_with_a_value_or_a_number_are_drawn_as_they_are_told() {
        for (color, value) in [
            (Color::Rgb(0xff, 0x88, 0x00), "#ff8800"),
            (Color::Indexed(1), "#ff6b68"),
            (Color::Indexed(15), "#d5d9e0"),
            (Color::Indexed(16), "#000000"),
            (Color::Indexed(208), "#ff8700"),
            (Color::Indexed(231), "#ffffff"),
            (Color::Indexed(232), "#080808"),
            (Color::Indexed(255), "#eeeeee"),
        ] {
            let svg = letter(Style::new().fg(color), PictureTheme::Dark);
            assert!(svg.contains(&format!("fill=\"{value}\">x</text>")), "{color:?}: {svg}");
        }
        let light = letter(Style::new().fg(Color::Indexed(1)), PictureTheme::Light);
        assert!(light.contains("fill=\"#c4281c\">x</text>"), "the sixteen are the picture's own: {light}");
    }

    #[test]
    fn a_colour_behind_a_letter_is_drawn_and_reversed_they_change_places() {
        let style = Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(208));
        let svg = letter(style, PictureTheme::Dark);
        assert!(svg.contains("<path fill=\"#ff8700\"") && svg.contains("fill=\"#010203\">x"), "{svg}");
        let svg = letter(style.add_modifier(Modifier::REVERSED), PictureTheme::Dark);
        assert!(svg.contains("<path fill=\"#010203\"") && svg.contains("fill=\"#ff8700\">x"), "{svg}");
    }

    #[test]
    fn every_colour_of_a_terminal_can_be_read_on_light_and_on_dark() {
        fn luminance(Rgb(red, green, blue): Rgb) -> f64 {
            let [red, green, blue] = [red, green, blue].map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        }
        for theme in [PictureTheme::Dark, PictureTheme::Light] {
            // Black is nobody's colour for letters on a dark screen.
            for number in 1..16 {
                let (letters, behind) = (luminance(theme.numbered(number)), luminance(theme.background()));
                let contrast = (letters.max(behind) + 0.05) / (letters.min(behind) + 0.05);
                assert!(contrast >= 3.0, "{theme:?} {number}: {contrast}");
            }
        }
    }

    #[test]
    fn empty_buffer_is_a_picture_too() {
        assert!(svg(&Buffer::empty(Rect::ZERO), PictureTheme::Dark).ends_with("</svg>\n"));
    }
}
