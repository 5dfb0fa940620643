//! The keys, or a word about the last one, or the filter that is being written.
//!
//! ```text
//!  ? help  / filter  space freeze  d drop notifications  k kill listener  +/- rate  w/W workers  q quit
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{Segment, fit, put};
use crate::model::{Model, View};
use crate::theme::Role;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let area = Rect { x: area.x + u16::from(area.width > 60), width: area.width.saturating_sub(1), ..area };
    put(buffer, area, 0, &line(model, area.width));
}

fn line(model: &Model, width: u16) -> Line<'_> {
    let theme = &model.theme;
    if model.domains.editing {
        return Line::from(vec![
            Span::styled("/", theme.style(Role::Key)),
            Span::raw(model.domains.filter.as_str()),
            Span::raw(theme.glyphs.cursor),
            Span::styled("  Enter keeps it, Esc clears it", theme.style(Role::Dim)),
        ]);
    }
    if let Some(notice) = &model.notice {
        return Line::from(Span::styled(notice.text.as_str(), theme.style(Role::Warning)));
    }
    let dropping = model.shown.faults.iter().any(|fault| fault.name == "drop_notifications");
    let drop = if dropping { "stop dropping" } else { "drop notifications" };
    let freeze = if model.frozen_since.is_some() { "unfreeze" } else { "freeze" };
    let keys: &[(u8, &str, &str)] = match model.view {
        View::Overview => &[
            (1, "?", "help"),
            (5, "/", "filter"),
            (2, "space", freeze),
            (3, "d", drop),
            (4, "k", "kill listener"),
            (6, "+/-", "rate"),
            (7, "w/W", "workers"),
            (0, "q", "quit"),
        ],
        View::Domains => &[
            (1, "?", "help"),
            (2, "/", "filter"),
            (3, "Enter", if model.domains.detail { "close" } else { "detail" }),
            (4, "o", "order"),
            (5, "space", freeze),
            (6, "d", drop),
            (7, "k", "kill listener"),
            (0, "q", "quit"),
        ],
        View::Log => &[
            (1, "?", "help"),
            (2, "g/G", "oldest/newest"),
            (3, "PgUp/PgDn", "scroll"),
            (4, "space", freeze),
            (5, "d", drop),
            (6, "k", "kill listener"),
            (0, "q", "quit"),
        ],
    };
    let over = super::period::is_over(&model.latest);
    let segments = keys
        .iter()
        // A run that is over can't be changed.
        .filter(|(_, key, _)| !(over && ["d", "k", "+/-", "w/W"].contains(key)))
        .map(|(rank, key, what)| {
            Segment::new(
                *rank,
                vec![
                    Span::styled(*key, theme.style(Role::Key)),
                    Span::styled(format!(" {what}"), theme.style(Role::Dim)),
                ],
            )
        })
        .collect();
    fit(segments, "  ", width)
}
