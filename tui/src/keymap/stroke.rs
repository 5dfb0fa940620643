//! One key with its modifiers, as configuration files and the help write it: `q`, `space`, `Ctrl-C`, `PgUp`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use loadgen::scenario::nearest;

/// One key with its modifiers. Shift is in the character itself, and in `Shift-Tab`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stroke {
    code: KeyCode,
    ctrl: bool,
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no key is called {0:?}; {remedy}", remedy = remedy(.0))]
pub struct StrokeError(pub String);

/// Keys that are no character.
const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("F1", KeyCode::F(1)),
    ("F2", KeyCode::F(2)),
    ("F3", KeyCode::F(3)),
    ("F4", KeyCode::F(4)),
    ("F5", KeyCode::F(5)),
    ("F6", KeyCode::F(6)),
    ("F7", KeyCode::F(7)),
    ("F8", KeyCode::F(8)),
    ("F9", KeyCode::F(9)),
    ("F10", KeyCode::F(10)),
    ("F11", KeyCode::F(11)),
    ("F12", KeyCode::F(12)),
];

impl Stroke {
    /// The stroke of an event; `None` when a key is let go, and for modifiers that mean nothing here.
    #[must_use]
    pub fn of(key: KeyEvent) -> Option<Self> {
        let is_pressed = key.kind != KeyEventKind::Release;
        let is_plain =
            !key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META);
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        (is_pressed && is_plain).then_some(Self { code: key.code, ctrl })
    }

    /// Its character, when it writes one.
    #[must_use]
    pub fn written(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !c.is_control() => Some(c),
            _ => None,
        }
    }
}

impl FromStr for Stroke {
    type Err = StrokeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || StrokeError(text.to_owned());
        let (ctrl, key) = match text.get(..5) {
            Some(prefix) if prefix.eq_ignore_ascii_case("ctrl-") => (true, &text[5..]),
            _ => (false, text),
        };
        let mut chars = key.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => {
                KeyCode::Char(if ctrl { c.to_ascii_lowercase() } else { c })
            }
            _ => {
                let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
                named.ok_or_else(wrong)?.1
            }
        };
        Ok(Self { code, ctrl })
    }
}

impl fmt::Display for Stroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            other => write!(f, "{other}"),
        }
    }
}

fn remedy(text: &str) -> String {
    let names = || NAMED.iter().map(|(name, _)| *name);
    match nearest(text, names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!(
            "write one character, or one of {}, with Ctrl- before it where wanted",
            names().collect::<Vec<_>>().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_as_it_is_written() {
        let named = NAMED.iter().map(|(name, _)| (*name).to_owned());
        let plain = ('!'..='~').map(String::from);
        for text in named.chain(plain).chain(["Ctrl-C".to_owned(), "Ctrl-Up".to_owned()]) {
            assert_eq!(text.parse::<Stroke>().map(|stroke| stroke.to_string()).as_deref(), Ok(&*text));
        }
        assert_eq!("ctrl-c".parse::<Stroke>(), "Ctrl-C".parse());
        for text in ["", "qq", "Hyper-x", "Ctrl-"] {
            assert_eq!(text.parse::<Stroke>(), Err(StrokeError(text.to_owned())), "{text:?}");
        }
    }
}
