//! What a person takes along: the selection for a clipboard, the screen for a file.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::model::Model;
use crate::picture;
use crate::view::{self, view};

use super::{Command, notice};

/// The longest text for a clipboard: terminals take some 75,000 characters of base64 and drop what is longer.
const COPIED_BYTES_MAX: usize = 56_000;

pub(super) fn copy(model: &mut Model) -> Command {
    let mut text = view::copied(model);
    let whole = text.len();
    text.truncate(text.floor_char_boundary(COPIED_BYTES_MAX));
    let count = text.chars().count();
    let what = if text.len() < whole { "the first " } else { "" };
    notice(model, format!("copied {what}{count} characters; a terminal without OSC 52 ignores it"));
    Command::Copy(text)
}

pub(super) fn save(model: &Model) -> Command {
    let area = Rect::from((Position::ORIGIN, model.size));
    let mut buffer = Buffer::empty(area);
    view(model, area, &mut buffer);
    Command::Save { svg: picture::svg(&buffer, model.picture), text: picture::text(&buffer) }
}

pub(super) fn saved(model: &mut Model, outcome: Result<PathBuf, String>) {
    let word = match outcome {
        Ok(path) => format!("saved {} and .txt", path.display()),
        Err(why) => why,
    };
    notice(model, word);
}
