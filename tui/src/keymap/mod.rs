//! Which key does what. A key becomes an [`Action`]; what that does is decided in [`crate::update`].
//!
//! Each view has a file with the keys that are its own, beside those that do the same everywhere; a view's own go
//! first. Every binding has a name, by which a configuration gives it other keys. The help and the footer show the
//! keys that are bound, whatever they are.

pub mod domains;
mod everywhere;
pub mod faults;
pub mod log;
mod overview;
mod stroke;
pub mod wakeups;

use std::collections::HashMap;

use crossterm::event::{KeyCode, KeyEvent};

use crate::model::{Model, View};

pub use stroke::{Stroke, StrokeError};

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Leave, and end the run when it still goes on.
    Quit,
    /// Ctrl-C or a signal: end the run and leave.
    Interrupt,
    /// Ctrl-Z: stop the program until the shell continues it.
    Suspend,
    /// Show a view.
    Show(View),
    /// Go so many tabs further.
    Step(isize),
    /// Open or close the help.
    Help,
    /// Open or close the list of warnings.
    Warnings,
    /// Close what lies on top, or clear the filter.
    Back,
    /// Hold the view still, or let it go on; the load goes on regardless.
    Freeze,
    /// Post faster.
    RateUp,
    /// Post slower.
    RateDown,
    /// More workers.
    WorkersUp,
    /// Fewer workers.
    WorkersDown,
    /// Begin to write a filter.
    Filter,
    /// Open or close the detail of what is selected.
    Open,
    /// Move the selection or scroll.
    Move(Movement),
    /// Copy what is selected.
    Copy,
    /// Save the screen.
    Save,
    /// Something of the Domains view alone.
    Domains(domains::Action),
    /// Something of the Faults view; some of its keys do the same everywhere.
    Faults(faults::Action),
    /// Something of the Wakeups view alone.
    Wakeups(wakeups::Action),
    /// Something of the Log view alone.
    Log(log::Action),
    /// A character of a text.
    Type(char),
    /// Take the last character of a text away.
    Erase,
    /// The text is done.
    Accept,
}

impl Action {
    /// Whether it changes the run rather than the view.
    #[must_use]
    pub fn changes_the_run(self) -> bool {
        matches!(
            self,
            Self::Faults(faults::Action::Toggle(_))
                | Self::RateUp
                | Self::RateDown
                | Self::WorkersUp
                | Self::WorkersDown
        )
    }
}

/// A movement through a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// One up.
    Up,
    /// One down.
    Down,
    /// A screenful up.
    PageUp,
    /// A screenful down.
    PageDown,
    /// To the first.
    First,
    /// To the last.
    Last,
}

/// What keys do, by a name that stays when the keys change.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Its name, such as `freeze` or `domains.sort_next`.
    pub name: &'static str,
    /// The keys that it has unless told otherwise.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// The same in words.
    pub help: &'static str,
}

const fn bind(
    name: &'static str,
    keys: &'static [&'static str],
    action: Action,
    help: &'static str,
) -> Binding {
    Binding { name, keys, action, help }
}

/// Keys that do the same in every view.
pub const EVERYWHERE: &[Binding] = everywhere::BINDINGS;

/// Keys that are a view's own.
#[must_use]
pub fn bindings_of(view: View) -> &'static [Binding] {
    match view {
        View::Overview => overview::BINDINGS,
        View::Latency | View::Database => &[],
        View::Faults => faults::BINDINGS,
        View::Domains => domains::BINDINGS,
        View::Wakeups => wakeups::BINDINGS,
        View::Log => log::BINDINGS,
    }
}

/// Which keys are bound to what.
#[derive(Debug, Clone)]
pub struct Keymap {
    everywhere: HashMap<Stroke, Action>,
    of_view: HashMap<View, HashMap<Stroke, Action>>,
    /// The keys of each binding, by name.
    keys: HashMap<&'static str, Vec<Stroke>>,
}

impl Default for Keymap {
    /// Every binding with the keys that it has unless told otherwise.
    fn default() -> Self {
        let mut keys = HashMap::new();
        let mut table = |bindings: &'static [Binding]| {
            let mut table = HashMap::new();
            for binding in bindings {
                let strokes: Vec<Stroke> = binding
                    .keys
                    .iter()
                    .map(|key| key.parse().expect("a binding's own keys are keys"))
                    .collect();
                for stroke in &strokes {
                    let before = table.insert(*stroke, binding.action);
                    assert!(before.is_none(), "{stroke} is bound twice");
                }
                let before = keys.insert(binding.name, strokes);
                assert!(before.is_none(), "two bindings are called {}", binding.name);
            }
            table
        };
        let everywhere = table(EVERYWHERE);
        let of_view = View::ALL.into_iter().map(|view| (view, table(bindings_of(view)))).collect();
        Self { everywhere, of_view, keys }
    }
}

impl Keymap {
    /// What `key` means now; `None` when it means nothing.
    #[must_use]
    pub fn action(&self, model: &Model, key: KeyEvent) -> Option<Action> {
        let stroke = Stroke::of(key)?;
        if model.help.is_some() {
            return self.while_reading(stroke, key.code, Action::Help);
        }
        if model.warnings.is_some() {
            return self.while_reading(stroke, key.code, Action::Warnings);
        }
        if model.is_writing() {
            return self.while_editing(stroke, key.code);
        }
        let own = self.of_view.get(&model.view).and_then(|own| own.get(&stroke));
        own.or_else(|| self.everywhere.get(&stroke)).copied()
    }

    /// The keys of a binding, as they are written.
    #[must_use]
    pub fn keys(&self, name: &str) -> Vec<String> {
        self.keys.get(name).into_iter().flatten().map(ToString::to_string).collect()
    }

    /// The first key that does `action` in `view`, as it is written.
    #[must_use]
    pub fn key_for(&self, view: View, action: Action) -> Option<String> {
        let bindings = bindings_of(view).iter().chain(EVERYWHERE);
        let mut names = bindings.filter(|binding| binding.action == action).map(|binding| binding.name);
        names.find_map(|name| self.keys.get(name)?.first()).map(ToString::to_string)
    }

    fn while_editing(&self, stroke: Stroke, code: KeyCode) -> Option<Action> {
        match code {
            KeyCode::Enter => Some(Action::Accept),
            KeyCode::Esc => Some(Action::Back),
            KeyCode::Backspace => Some(Action::Erase),
            _ => {
                match stroke.written() {
                    Some(c) => Some(Action::Type(c)),
                    None => self.everywhere.get(&stroke).copied().filter(|action| {
                        matches!(action, Action::Move(_) | Action::Interrupt | Action::Suspend)
                    }),
                }
            }
        }
    }

    /// While a text lies over the view; `close` closes it.
    fn while_reading(&self, stroke: Stroke, code: KeyCode, close: Action) -> Option<Action> {
        if code == KeyCode::Enter {
            return Some(close);
        }
        match *self.everywhere.get(&stroke)? {
            // `q` ends the text as in any pager: whoever reads must not end the run by it.
            Action::Quit | Action::Back => Some(close),
            Action::Freeze => Some(Action::Move(Movement::PageDown)),
            action @ (Action::Move(_)
            | Action::Help
            | Action::Warnings
            | Action::Save
            | Action::Interrupt
            | Action::Suspend) => Some(action),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_binding_has_a_key_and_says_what_it_does() {
        let keymap = Keymap::default();
        for binding in View::ALL.into_iter().flat_map(bindings_of).chain(EVERYWHERE) {
            assert!(!keymap.keys(binding.name).is_empty(), "{}", binding.name);
            assert!(!binding.help.is_empty(), "{}", binding.name);
        }
    }
}
