//! A grid of dots: two by four to a cell in braille, one to a cell in ASCII.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::{Role, Theme};

/// Dots to be drawn into an area. A cell shows the colour of the dot that was set last in it.
pub(super) struct Canvas {
    area: Rect,
    braille: bool,
    cells: Vec<(u8, Option<Mark>)>,
}

/// What a dot belongs to: its colour, and its glyph where there is no braille.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) role: Role,
    pub(super) ascii: &'static str,
}

impl Canvas {
    pub(super) fn new(area: Rect, theme: &Theme) -> Self {
        let cells = vec![(0, None); usize::from(area.width) * usize::from(area.height)];
        Self { area, braille: theme.glyphs.braille, cells }
    }

    /// How many dots there are across and up.
    pub(super) fn dots(&self) -> (usize, usize) {
        let (across, up) = self.per_cell();
        (usize::from(self.area.width) * across, usize::from(self.area.height) * up)
    }

    /// Whether a cell has room for a tone and a line at once.
    pub(super) fn is_braille(&self) -> bool {
        self.braille
    }

    /// How many dots a cell has across and up.
    pub(super) fn per_cell(&self) -> (usize, usize) {
        if self.braille { (2, 4) } else { (1, 1) }
    }

    /// Sets the dot `x` from the left and `y` from the bottom. Outside there are no dots.
    pub(super) fn set(&mut self, x: usize, y: usize, mark: Mark) {
        /// Bits of a braille pattern by row from the top, then column.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (across, up) = self.per_cell();
        let (width, height) = self.dots();
        if x >= width || y >= height {
            return;
        }
        let from_top = height - 1 - y;
        let cell = (from_top / up) * usize::from(self.area.width) + x / across;
        let bit = if self.braille { BITS[from_top % up][x % across] } else { 1 };
        self.cells[cell].0 |= bit;
        self.cells[cell].1 = Some(mark);
    }

    /// Draws every cell with a dot in it.
    pub(super) fn draw(&self, buffer: &mut Buffer, theme: &Theme) {
        for (index, (bits, mark)) in self.cells.iter().enumerate() {
            let Some(mark) = mark else { continue };
            let x = self.area.x + (index % usize::from(self.area.width)) as u16;
            let y = self.area.y + (index / usize::from(self.area.width)) as u16;
            let Some(cell) = buffer.cell_mut((x, y)) else { continue };
            // The band of a fault lies beneath, and styles add up.
            cell.reset();
            if self.braille {
                cell.set_char(char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' '));
            } else {
                cell.set_symbol(mark.ascii);
            }
            cell.set_style(theme.style(mark.role));
        }
    }
}
