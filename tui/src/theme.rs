//! Colours and glyphs: the terminal's own sixteen colours unless told otherwise, and never a colour alone.
//!
//! A view names what a thing *is* (a [`Role`]); how that looks is decided here, by one of the [`Palette`]s and what a
//! configuration changes of it. Without colour every role still differs by word, glyph or weight. No palette sets
//! backgrounds, so that light and dark terminals both work; a selection is reversed instead.

mod palette;
mod words;

use ratatui::style::{Color, Modifier, Style};

pub use palette::Palette;
pub use words::{StyleError, parse_style, style_in_words};

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Text that may be overlooked: units, hints, axes.
    Dim,
    /// A panel's title or a table's heading.
    Title,
    /// Frames.
    Border,
    /// Jobs posted.
    Posted,
    /// Jobs acquired.
    Acquired,
    /// Jobs completed.
    Completed,
    /// A latency.
    Latency,
    /// Jobs that wait.
    Backlog,
    /// A query that found a job, or a job found by notification.
    Found,
    /// A query that found nothing.
    Empty,
    /// Something that failed.
    Failed,
    /// A job that only the backup poll found; the loudest of all.
    Rescued,
    /// Something to look at.
    Warning,
    /// Something that is wrong.
    Alarm,
    /// The view is frozen.
    Frozen,
    /// A key in the footer or in the help.
    Key,
    /// The selected row or tab.
    Selection,
    /// Seconds in which a fault was at work.
    FaultBand,
}

impl Role {
    /// Every role there is, in the order of the configuration's template.
    pub const ALL: [Self; 19] = [
        Self::Text,
        Self::Dim,
        Self::Title,
        Self::Border,
        Self::Posted,
        Self::Acquired,
        Self::Completed,
        Self::Latency,
        Self::Backlog,
        Self::Found,
        Self::Empty,
        Self::Failed,
        Self::Rescued,
        Self::Warning,
        Self::Alarm,
        Self::Frozen,
        Self::Key,
        Self::Selection,
        Self::FaultBand,
    ];

    /// Its name in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// What it is, for people.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("text", "ordinary text"),
            Self::Dim => ("dim", "what may be overlooked: units, hints, axes"),
            Self::Title => ("title", "titles and headings"),
            Self::Border => ("border", "frames"),
            Self::Posted => ("posted", "jobs posted"),
            Self::Acquired => ("acquired", "jobs acquired"),
            Self::Completed => ("completed", "jobs completed"),
            Self::Latency => ("latency", "latencies"),
            Self::Backlog => ("backlog", "jobs that wait"),
            Self::Found => ("found", "queries that found a job; jobs found by notification"),
            Self::Empty => ("empty", "queries that found nothing"),
            Self::Failed => ("failed", "what failed"),
            Self::Rescued => ("rescued", "jobs that only the backup poll found"),
            Self::Warning => ("warning", "something to look at, and words about the last key"),
            Self::Alarm => ("alarm", "something that is wrong"),
            Self::Frozen => ("frozen", "the view is frozen, the run is over"),
            Self::Key => ("key", "keys in the footer and the help"),
            Self::Selection => ("selection", "the selected row and tab"),
            Self::FaultBand => ("fault_band", "seconds in which a fault was at work"),
        }
    }
}

/// Every symbol that is not text, so that `--ascii` exchanges them all at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Whether plots may use braille dots.
    pub braille: bool,
    /// Frame: horizontal, vertical.
    pub horizontal: &'static str,
    /// Frame: vertical line.
    pub vertical: &'static str,
    /// Frame corners: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// Frame: where a divider meets the left and the right side.
    pub tees: [&'static str; 2],
    /// Parts of a horizontal bar, from one eighth to full; ASCII has the full one alone.
    pub across: &'static [&'static str],
    /// Parts of a vertical bar, from one eighth to full.
    pub upward: &'static [&'static str],
    /// The rest of a bar.
    pub bar_rest: &'static str,
    /// Seconds in which a fault was at work.
    pub band: &'static str,
    /// A query is in flight or cleared.
    pub cleared: &'static str,
    /// Separates facts in a line.
    pub separator: &'static str,
    /// Marks the selected row.
    pub selected: &'static str,
    /// Ends a clipped word.
    pub ellipsis: &'static str,
    /// Stands for no value.
    pub none: &'static str,
    /// Legend of the posted line, the acquired area and the completed line.
    pub legend: [&'static str; 3],
    /// Up and down arrow.
    pub arrows: [&'static str; 2],
    /// The cursor of a text that is being edited.
    pub cursor: &'static str,
    /// Before a cause that another set off.
    pub from: &'static str,
    /// Times.
    pub times: &'static str,
    /// Tones of a heat map, from hardly anything to most.
    pub tones: [&'static str; 4],
    /// The whole run in a strip.
    pub track: TrackGlyphs,
    /// What the lanes of the Wakeups view are made of.
    pub wakeups: &'static WakeupGlyphs,
}

/// The whole run in a strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackGlyphs {
    /// The moment on the screen.
    pub shown: &'static str,
    /// Before it.
    pub past: &'static str,
    /// After it.
    pub ahead: &'static str,
    /// What of a recording was not looked through yet.
    pub unread: &'static str,
}

/// What the lanes of the Wakeups view are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WakeupGlyphs {
    /// A notice woke the domain.
    pub notice: &'static str,
    /// A fault swallowed a notice.
    pub swallowed: &'static str,
    /// The domain was busy and remembered.
    pub pended: &'static str,
    /// Cleared because it was new, or after a loss.
    pub cleared: &'static str,
    /// The backup poll came round.
    pub poll: &'static str,
    /// The backup poll rescued a job.
    pub rescued: &'static str,
    /// A job is a worker's.
    pub handed_over: &'static str,
    /// A query that found jobs.
    pub found: &'static str,
    /// A query that found nothing.
    pub empty: &'static str,
    /// A query that failed.
    pub failed: &'static str,
    /// A query whose end is not in sight.
    pub in_flight: &'static str,
}

static UNICODE_WAKEUPS: WakeupGlyphs = WakeupGlyphs {
    notice: "▾",
    swallowed: "▽",
    pended: "+",
    cleared: "◆",
    poll: "↻",
    rescued: "R",
    handed_over: "·",
    found: "█",
    empty: "▒",
    failed: "✗",
    in_flight: "═",
};

static ASCII_WAKEUPS: WakeupGlyphs = WakeupGlyphs {
    notice: "v",
    swallowed: "!",
    pended: "+",
    cleared: "*",
    poll: "@",
    rescued: "R",
    handed_over: ".",
    found: "#",
    empty: "o",
    failed: "x",
    in_flight: "=",
};

static UNICODE: Glyphs = Glyphs {
    braille: true,
    horizontal: "─",
    vertical: "│",
    corners: ["┌", "┐", "└", "┘"],
    tees: ["├", "┤"],
    across: &["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    upward: &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    bar_rest: "░",
    band: "░",
    cleared: "●",
    separator: " · ",
    selected: "▶",
    ellipsis: "…",
    none: "–",
    legend: ["⠒", "⡪", "⠤"],
    arrows: ["↑", "↓"],
    cursor: "▏",
    from: "←",
    times: "×",
    tones: ["·", "░", "▒", "█"],
    track: TrackGlyphs { shown: "●", past: "━", ahead: "─", unread: "·" },
    wakeups: &UNICODE_WAKEUPS,
};

static ASCII: Glyphs = Glyphs {
    braille: false,
    horizontal: "-",
    vertical: "|",
    corners: ["+", "+", "+", "+"],
    tees: ["+", "+"],
    across: &["#"],
    upward: &[".", "o", "#"],
    bar_rest: ".",
    band: "/",
    cleared: "*",
    separator: " - ",
    selected: ">",
    ellipsis: "~",
    none: "-",
    legend: ["*", ":", "."],
    arrows: ["^", "v"],
    cursor: "_",
    from: "<",
    times: "x",
    tones: [".", ":", "o", "#"],
    track: TrackGlyphs { shown: "O", past: "=", ahead: "-", unread: "." },
    wakeups: &ASCII_WAKEUPS,
};

/// A [`Style`] as far as it can be written: no more than this is kept of each, since themes are passed by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    fg: Option<Color>,
    bg: Option<Color>,
    modifier: Modifier,
}

impl From<Style> for Look {
    fn from(Style { fg, bg, add_modifier, .. }: Style) -> Self {
        Self { fg, bg, modifier: add_modifier }
    }
}

/// How roles look on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// The symbols.
    pub glyphs: &'static Glyphs,
    /// By the place of the role in [`Role::ALL`].
    looks: [Look; Role::ALL.len()],
}

impl Theme {
    /// The terminal's own colours, with the options that a person gave: `ascii` for fonts without box and braille
    /// glyphs, `no_color` for the `NO_COLOR` convention.
    #[must_use]
    pub fn new(ascii: bool, no_color: bool) -> Self {
        Self::of(Palette::Terminal, &[], ascii, no_color)
    }

    /// A palette in which some roles look otherwise. `no_color` takes the colours of both away.
    #[must_use]
    pub fn of(palette: Palette, changed: &[(Role, Style)], ascii: bool, no_color: bool) -> Self {
        let mut looks = Role::ALL.map(|role| Look::from(palette.style(role)));
        for (role, style) in changed {
            looks[*role as usize] = Look::from(*style);
        }
        if no_color {
            looks = looks.map(|look| Look { fg: None, bg: None, ..look });
        }
        Self { glyphs: if ascii { &ASCII } else { &UNICODE }, looks }
    }

    /// The style of `role`.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        let Look { fg, bg, modifier } = self.looks[role as usize];
        Style { fg, bg, ..Style::new().add_modifier(modifier) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_in_its_place() {
        for (place, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, place, "{role:?}");
        }
    }

    #[test]
    fn no_color_wins_over_palette_and_configuration() {
        let loud = Style::new().fg(Color::Red).bg(Color::Blue).bold();
        let theme = Theme::of(Palette::ColourBlind, &[(Role::Alarm, loud)], false, true);
        assert_eq!(theme.style(Role::Alarm), Style::new().bold());
        for role in Role::ALL {
            assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None), "{role:?}");
        }
    }
}
