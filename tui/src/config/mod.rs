//! What a person has set: how the dashboard looks, which keys it has, where it saves.
//!
//! One TOML file, which nobody needs to have: [`template`] writes it with everything that can be set, as it is when
//! nothing is. Words that it doesn't know are refused with their place and the nearest right one, keys that would
//! mean two things with both.

mod place;
mod read;
mod template;

use std::path::PathBuf;
use std::sync::Arc;

use loadgen::scenario::Place;
use ratatui::style::Style;

use crate::keymap::Keymap;
use crate::picture::PictureTheme;
use crate::theme::{Palette, Role, Theme};

pub use place::{Found, load, usual_path};
pub use read::read;
pub use template::template;

/// What a person has set.
#[derive(Debug, Clone)]
pub struct Config {
    /// How all roles look.
    pub palette: Palette,
    /// How some look instead.
    pub roles: Vec<(Role, Style)>,
    /// Neither box nor braille glyphs.
    pub ascii: bool,
    /// Whether the mouse is the dashboard's rather than the terminal's.
    pub mouse: bool,
    /// Where screens are saved.
    pub save_directory: PathBuf,
    /// Whose colours saved screens have.
    pub picture: PictureTheme,
    /// Which keys do what.
    pub keymap: Arc<Keymap>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            palette: Palette::default(),
            roles: Vec::new(),
            ascii: false,
            mouse: false,
            save_directory: PathBuf::from("."),
            picture: PictureTheme::Dark,
            keymap: Arc::default(),
        }
    }
}

impl Config {
    /// How it all looks. `no_color` wins over everything that is set.
    #[must_use]
    pub fn theme(&self, no_color: bool) -> Theme {
        Theme::of(self.palette, &self.roles, self.ascii, no_color)
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is at fault; the message ends with the offending line.
    #[error("configuration {0}")]
    Invalid(Box<Place>),
    /// The file that was asked for isn't there.
    #[error("no such file {path:?}; \"clearance config\" prints one to begin with")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
