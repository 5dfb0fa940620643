//! What a guided demo says, below the view that it speaks of.
//!
//! ```text
//! ┌ demo backup-poll · 3 of 6 · ; next  : before  ` hide ──────────────┐
//! │ 31 jobs wait beside 40 sleeping workers. Nobody knows of them; …   │
//! └────────────────────────────────────────────────────────────────────┘
//! ```

use loadgen::report::wrapped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{frame, put, title};
use crate::keymap::Action;
use crate::keymap::demo::Action as Captions;
use crate::model::Model;
use crate::theme::Role;

/// The least room in which it has a frame.
const FRAMED: (u16, u16) = (60, 20);
/// No wider than reads well.
const WIDTH_MAX: u16 = 110;

/// How many lines of a body it takes; the view keeps two thirds.
pub(super) fn height(model: &Model, body: Rect) -> u16 {
    let Some(lines) = lines(model, body) else { return 0 };
    let frame = if is_framed(body) { 2 } else { 0 };
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(frame);
    if is_framed(body) { wanted.min(body.height / 3 + 1) } else { wanted.min(body.height * 2 / 3) }
}

pub(super) fn draw(model: &Model, area: Rect, body: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let (Some(demo), Some(lines)) = (&model.demo, lines(model, body)) else { return };
    let inner = if is_framed(body) {
        let (number, all) = demo.place();
        let separator = theme.glyphs.separator;
        let keys = [(Captions::Next, "next"), (Captions::Previous, "before"), (Captions::Hide, "hide")];
        let keys: Vec<String> = keys
            .into_iter()
            .filter_map(|(action, what)| {
                Some(format!("{} {what}", model.keymap.key_for(model.view, Action::Demo(action))?))
            })
            .collect();
        let note =
            format!("{}{separator}{number} of {all}{separator}{}", demo.demo().name(), keys.join("  "));
        let area = Rect { width: area.width.min(WIDTH_MAX), ..area };
        let inner = frame(buffer, area, &title("demo", note, theme), theme);
        Rect { x: inner.x + u16::from(inner.width > 1), width: inner.width.saturating_sub(2), ..inner }
    } else {
        area
    };
    for (row, text) in (0..inner.height).zip(lines) {
        put(buffer, inner, row, &Line::from(Span::styled(text, theme.style(Role::Title))));
    }
}

fn is_framed(body: Rect) -> bool {
    body.width >= FRAMED.0 && body.height >= FRAMED.1
}

fn lines(model: &Model, body: Rect) -> Option<Vec<String>> {
    let text = model.demo.as_ref()?.caption()?;
    let room = if is_framed(body) { body.width.min(WIDTH_MAX) - 4 } else { body.width };
    Some(wrapped(text, usize::from(room).max(10)))
}
