//! Styles as people write them: `light-red bold`, `#d55e00`, `white on blue reversed`.

use std::str::FromStr as _;

use loadgen::scenario::nearest;
use ratatui::style::{Color, Modifier, Style};

/// Colours by name, the terminal's own.
const COLOURS: &[(&str, Color)] = &[
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// Between the colour of the letters and that behind them.
const ON: &str = "on";
/// A style that changes nothing.
const PLAIN: &str = "plain";

/// A text that names no style.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StyleError(String);

/// A colour, `on` another, and modifiers, in any order; `plain` for none of them.
pub fn parse_style(text: &str) -> Result<Style, StyleError> {
    let mut style = Style::new();
    let mut words = text.split_whitespace().peekable();
    if words.peek().is_none() {
        return Err(StyleError(format!("no style is said; write for instance \"red bold\", or {PLAIN:?}")));
    }
    while let Some(word) = words.next() {
        if word == PLAIN {
            continue;
        }
        if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
            style = style.add_modifier(*modifier);
        } else if word == ON {
            let behind = words.next().ok_or_else(|| StyleError(format!("{ON:?} needs a colour after it")))?;
            if style.bg.replace(colour(behind)?).is_some() {
                return Err(StyleError(format!("{text:?} has two colours behind the letters")));
            }
        } else if style.fg.replace(colour(word)?).is_some() {
            return Err(StyleError(format!("{text:?} has two colours; write {ON:?} before the one behind")));
        }
    }
    Ok(style)
}

fn colour(word: &str) -> Result<Color, StyleError> {
    if let Some((_, color)) = COLOURS.iter().find(|(name, _)| *name == word) {
        return Ok(*color);
    }
    // Of what the library reads only this: its names for the others have several spellings.
    if word.starts_with('#') || word.starts_with(|c: char| c.is_ascii_digit()) {
        return Color::from_str(word)
            .map_err(|_| StyleError(format!("{word:?} is no colour; write #rrggbb, or a number up to 255")));
    }
    let names = || COLOURS.iter().map(|(name, _)| *name).chain(MODIFIERS.iter().map(|(name, _)| *name));
    Err(StyleError(match nearest(word, names().chain([PLAIN])) {
        Some(near) => format!("no colour is called {word:?}; did you mean {near:?}?"),
        None => format!(
            "no colour is called {word:?}; write #rrggbb, a number up to 255, or of these: {}",
            names().collect::<Vec<_>>().join(", ")
        ),
    }))
}

/// `style` as [`parse_style`] reads it.
#[must_use]
pub fn style_in_words(style: Style) -> String {
    let named = |color: Color| {
        let name = COLOURS.iter().find(|(_, known)| *known == color).map(|(name, _)| (*name).to_owned());
        // Other colours are written as the library does, which is #rrggbb or a number.
        name.unwrap_or_else(|| color.to_string().to_lowercase())
    };
    let mut words: Vec<String> = style.fg.map(named).into_iter().collect();
    words.extend(style.bg.map(|behind| format!("{ON} {}", named(behind))));
    let modifiers = MODIFIERS.iter().filter(|(_, modifier)| style.add_modifier.contains(*modifier));
    words.extend(modifiers.map(|(name, _)| (*name).to_owned()));
    if words.is_empty() { PLAIN.to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::super::{Palette, Role};
    use super::*;

    #[test]
    fn every_style_is_read_as_it_is_written() {
        let own = Palette::ALL.into_iter().flat_map(|palette| Role::ALL.map(|role| palette.style(role)));
        let more = [
            Style::new().fg(Color::Indexed(208)).bg(Color::Rgb(1, 2, 255)),
            Style::new().bg(Color::Black).underlined().italic(),
        ];
        for style in own.chain(more) {
            let words = style_in_words(style);
            assert_eq!(parse_style(&words), Ok(style), "{words}");
        }
    }

    #[test]
    fn what_is_no_style_is_told_with_the_nearest_word() {
        for (text, said) in [
            ("", "no style is said"),
            ("lightred", "did you mean \"light-red\"?"),
            ("boldd", "did you mean \"bold\"?"),
            ("ochre-ish", "of these: default, black"),
            ("red blue", "two colours; write \"on\" before the one behind"),
            ("red on", "\"on\" needs a colour"),
            ("on red on blue", "two colours behind"),
            ("#12345", "\"#12345\" is no colour"),
            ("256", "\"256\" is no colour"),
        ] {
            let error = parse_style(text).expect_err(text).to_string();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
