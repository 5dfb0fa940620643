//! The palettes that can be had by name.

use ratatui::style::{Color, Modifier, Style};

use super::Role;

/// How all roles look, by a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Palette {
    /// The terminal's own sixteen colours.
    #[default]
    Terminal,
    /// Bold, dim and reversed alone.
    Mono,
    /// Bright colours, nothing dim, what is wrong reversed.
    HighContrast,
    /// Colours that differ for every kind of sight.
    ColourBlind,
}

impl Palette {
    /// Every palette there is.
    pub const ALL: [Self; 4] = [Self::Terminal, Self::Mono, Self::HighContrast, Self::ColourBlind];

    /// Its name in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Mono => "mono",
            Self::HighContrast => "high-contrast",
            Self::ColourBlind => "colour-blind",
        }
    }

    /// What it is, for people.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Terminal => "the terminal's own sixteen colours",
            Self::Mono => "bold, dim and reversed alone",
            Self::HighContrast => "bright colours, nothing dim, what is wrong reversed",
            Self::ColourBlind => "blue, orange and purple rather than red and green; needs 24-bit colours",
        }
    }

    pub(super) fn style(self, role: Role) -> Style {
        match self {
            Self::Terminal => terminal(role),
            Self::Mono => Style { fg: None, ..terminal(role) },
            Self::HighContrast => high_contrast(role),
            Self::ColourBlind => colour_blind(role),
        }
    }
}

fn terminal(role: Role) -> Style {
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
    Style { fg: color, ..Style::new().add_modifier(modifier) }
}

fn high_contrast(role: Role) -> Style {
    let Style { fg, add_modifier, .. } = terminal(role);
    let bright = fg.map(|color| match color {
        Color::Red => Color::LightRed,
        Color::Green => Color::LightGreen,
        Color::Yellow => Color::LightYellow,
        Color::Blue => Color::LightBlue,
        Color::Magenta => Color::LightMagenta,
        Color::Cyan => Color::LightCyan,
        other => other,
    });
    let mut modifier = add_modifier.difference(Modifier::DIM);
    if matches!(role, Role::Failed | Role::Rescued | Role::Alarm) {
        modifier |= Modifier::REVERSED;
    }
    Style { fg: bright, ..Style::new().add_modifier(modifier) }
}

/// The colours that Okabe and Ito chose, those of middling brightness: they can be read on dark and on light.
fn colour_blind(role: Role) -> Style {
    let sky = Color::Rgb(0x56, 0xb4, 0xe9);
    let blue = Color::Rgb(0x00, 0x72, 0xb2);
    let green = Color::Rgb(0x00, 0x9e, 0x73);
    let purple = Color::Rgb(0xcc, 0x79, 0xa7);
    let orange = Color::Rgb(0xe6, 0x9f, 0x00);
    let vermilion = Color::Rgb(0xd5, 0x5e, 0x00);
    let color = match role {
        Role::Text | Role::Dim | Role::Border | Role::Title | Role::Selection => None,
        Role::Posted | Role::Key | Role::Frozen => Some(sky),
        Role::Acquired | Role::Found => Some(green),
        Role::Completed => Some(purple),
        Role::Latency => Some(blue),
        Role::Backlog | Role::Empty | Role::Warning => Some(orange),
        Role::Failed | Role::Rescued | Role::Alarm | Role::FaultBand => Some(vermilion),
    };
    Style { fg: color, ..terminal(role) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_palette_sets_backgrounds() {
        for palette in Palette::ALL {
            for role in Role::ALL {
                assert_eq!(palette.style(role).bg, None, "{palette:?} {role:?}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_bold_in_every_palette() {
        for palette in Palette::ALL {
            for role in [Role::Failed, Role::Rescued, Role::Alarm, Role::Warning] {
                assert!(palette.style(role).add_modifier.contains(Modifier::BOLD), "{palette:?} {role:?}");
            }
        }
    }

    #[test]
    fn high_contrast_dims_nothing() {
        for role in Role::ALL {
            let style = Palette::HighContrast.style(role);
            assert!(!style.add_modifier.contains(Modifier::DIM), "{role:?}");
        }
    }
}
