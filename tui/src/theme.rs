//! Colours and glyphs: the terminal's own sixteen colours, and never a colour alone.
//!
//! A view names what a thing *is* (a [`Role`]); how that looks is decided here. Without colour every role
//! still differs by word, glyph or weight. Backgrounds are never set, so that light and dark terminals
//! both work; a selection is reversed instead.

use ratatui::style::{Color, Modifier, Style};

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
    /// What the lanes of the Wakeups view are made of.
    pub wakeups: &'static WakeupGlyphs,
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
    wakeups: &ASCII_WAKEUPS,
};

/// How roles look on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Whether colours are used.
    pub color: bool,
    /// The symbols.
    pub glyphs: &'static Glyphs,
}

impl Theme {
    /// A theme for the options that a person gave: `ascii` for fonts without box and braille glyphs,
    /// `no_color` for the `NO_COLOR` convention.
    #[must_use]
    pub fn new(ascii: bool, no_color: bool) -> Self {
        Self { color: !no_color, glyphs: if ascii { &ASCII } else { &UNICODE } }
    }

    /// The style of `role`.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        let (color, modifier) = match role {
            Role::Text => (None, Modifier::empty()),
            Role::Dim | Role::Border => (None, Modifier::DIM),
            Role::Title => (None, Modifier::BOLD),
            Role::Posted => (Some(Color::Cyan), Modifier::empty()),
            Role::Acquired | Role::Found => (Some(Color::Green), Modifier::empty()),
            Role::Completed => (Some(Color::Magenta), Modifier::empty()),
            Role::Latency => (Some(Color::Blue), Modifier::empty()),
            Role::Backlog | Role::Empty => (Some(Color::Yellow), Modifier::empty()),
            Role::Failed | Role::Rescued | Role::Alarm => (Some(Color::Red), Modifier::BOLD),
            Role::Warning => (Some(Color::Yellow), Modifier::BOLD),
            Role::Frozen => (Some(Color::Cyan), Modifier::BOLD.union(Modifier::REVERSED)),
            Role::Key => (Some(Color::Cyan), Modifier::BOLD),
            Role::Selection => (None, Modifier::BOLD.union(Modifier::REVERSED)),
            Role::FaultBand => (Some(Color::Red), Modifier::DIM),
        };
        let style = Style::new().add_modifier(modifier);
        match color {
            Some(color) if self.color => style.fg(color),
            _ => style,
        }
    }
}
