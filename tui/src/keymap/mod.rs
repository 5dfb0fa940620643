//! Which key does what. A key becomes an [`Action`]; what that does is decided in [`crate::update`].
//!
//! Each view has a file with the keys that are its own, beside those that do the same everywhere; a view's own go
//! first. Every binding has a name, by which a configuration gives it other keys. The help and the footer show the
//! keys that are bound, whatever they are.

mod database;
pub mod demo;
pub mod domains;
mod everywhere;
pub mod faults;
pub mod log;
mod overview;
mod stroke;
pub mod timeline;
pub mod wakeups;

use std::collections::{BTreeMap, HashMap};

use crossterm::event::{KeyCode, KeyEvent};

use crate::model::{Model, Sheet, View};

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
    /// Something about the moment that is shown.
    Timeline(timeline::Action),
    /// Something of a guided demo.
    Demo(demo::Action),
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
    /// Complete the last word of a text.
    Complete,
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

impl Binding {
    fn strokes(&self) -> Vec<Stroke> {
        self.keys.iter().map(|key| key.parse().expect("a binding's own keys are keys")).collect()
    }
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

/// Keys of a guided demo, which do the same in every view of it.
pub const OF_DEMO: &[Binding] = demo::BINDINGS;

/// Keys that are a view's own.
#[must_use]
pub const fn bindings_of(view: View) -> &'static [Binding] {
    match view {
        View::Overview => overview::BINDINGS,
        View::Latency => &[],
        View::Faults => faults::BINDINGS,
        View::Database => database::BINDINGS,
        View::Domains => domains::BINDINGS,
        View::Wakeups => wakeups::BINDINGS,
        View::Log => log::BINDINGS,
    }
}

/// Bindings that a configuration has in one table.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// The view, or `everywhere`; names of a view's own bindings begin with it and a dot.
    pub name: &'static str,
    /// The table's heading in a file.
    pub heading: &'static str,
    /// The bindings.
    pub bindings: &'static [Binding],
}

impl Section {
    const fn of_view(name: &'static str, heading: &'static str, view: View) -> Self {
        Self { name, heading, bindings: bindings_of(view) }
    }

    /// The name of one of its bindings inside its table, such as `sort_next`.
    #[must_use]
    pub fn short_name(&self, binding: &Binding) -> &'static str {
        let own = binding.name.strip_prefix(self.name).and_then(|rest| rest.strip_prefix('.'));
        own.unwrap_or(binding.name)
    }
}

/// All bindings there are.
pub const SECTIONS: [Section; 1 + View::ALL.len()] = [
    Section { name: "everywhere", heading: "[keys.everywhere]", bindings: EVERYWHERE },
    Section::of_view("overview", "[keys.overview]", View::Overview),
    Section::of_view("domains", "[keys.domains]", View::Domains),
    Section::of_view("wakeups", "[keys.wakeups]", View::Wakeups),
    Section::of_view("latency", "[keys.latency]", View::Latency),
    Section::of_view("database", "[keys.database]", View::Database),
    Section::of_view("faults", "[keys.faults]", View::Faults),
    Section::of_view("log", "[keys.log]", View::Log),
];

/// A key that would mean two things.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{stroke} is the key of {first} and of {second}; give one of them another")]
pub struct Clash {
    /// The key.
    pub stroke: Stroke,
    /// The name of the one binding, that of every view where the other is a view's own.
    pub first: &'static str,
    /// The name of the other.
    pub second: &'static str,
}

/// Which keys are bound to what.
#[derive(Debug, Clone)]
pub struct Keymap {
    everywhere: Table,
    of_demo: Table,
    of_view: HashMap<View, Table>,
    /// The keys of each binding, by name.
    keys: HashMap<&'static str, Vec<Stroke>>,
}

type Table = HashMap<Stroke, &'static Binding>;

impl Default for Keymap {
    /// Every binding with the keys that it has unless told otherwise.
    fn default() -> Self {
        Self::with(&BTreeMap::new()).expect("no two bindings have a key in common from the start")
    }
}

impl Keymap {
    /// The bindings with other keys for those of these names. A view's own key hides one of every view only where
    /// both have had it from the start.
    ///
    /// # Panics
    ///
    /// When two bindings are called the same.
    pub fn with(changed: &BTreeMap<&'static str, Vec<Stroke>>) -> Result<Self, Clash> {
        let mut keys: HashMap<&'static str, Vec<Stroke>> = HashMap::new();
        let mut table = |bindings: &'static [Binding]| {
            let mut table = Table::new();
            for binding in bindings {
                let strokes = changed.get(binding.name).cloned().unwrap_or_else(|| binding.strokes());
                for stroke in &strokes {
                    if let Some(other) = table.insert(*stroke, binding) {
                        return Err(Clash { stroke: *stroke, first: other.name, second: binding.name });
                    }
                }
                let before = keys.insert(binding.name, strokes);
                assert!(before.is_none(), "two bindings are called {}", binding.name);
            }
            Ok(table)
        };
        let everywhere = table(EVERYWHERE)?;
        let of_demo = table(OF_DEMO)?;
        let mut of_view = HashMap::new();
        for view in View::ALL {
            of_view.insert(view, table(bindings_of(view))?);
        }
        let is_changed = |binding: &Binding| changed.contains_key(binding.name);
        for binding in View::ALL.into_iter().flat_map(bindings_of) {
            for stroke in &keys[binding.name] {
                let hidden =
                    everywhere.get(stroke).filter(|hidden| is_changed(hidden) || is_changed(binding));
                if let Some(hidden) = hidden {
                    return Err(Clash { stroke: *stroke, first: hidden.name, second: binding.name });
                }
            }
        }
        Ok(Self { everywhere, of_demo, of_view, keys })
    }

    /// What `key` means now; `None` when it means nothing.
    #[must_use]
    pub fn action(&self, model: &Model, key: KeyEvent) -> Option<Action> {
        let stroke = Stroke::of(key)?;
        match model.sheet {
            Some((Sheet::Help, _)) => return self.while_reading(stroke, key.code, Action::Help),
            Some((Sheet::Warnings, _)) => return self.while_reading(stroke, key.code, Action::Warnings),
            None => {}
        }
        if model.is_writing() {
            return self.while_editing(stroke, key.code);
        }
        let of_demo = model.demo.as_ref().and_then(|_| self.of_demo.get(&stroke));
        let own = of_demo.or_else(|| self.of_view.get(&model.view).and_then(|own| own.get(&stroke)));
        own.or_else(|| self.everywhere.get(&stroke)).map(|binding| binding.action)
    }

    /// The keys of a binding, as they are written.
    #[must_use]
    pub fn keys(&self, name: &str) -> Vec<String> {
        self.keys.get(name).into_iter().flatten().map(ToString::to_string).collect()
    }

    /// The first key that does `action` in `view`, as it is written.
    #[must_use]
    pub fn key_for(&self, view: View, action: Action) -> Option<String> {
        let bindings = bindings_of(view).iter().chain(EVERYWHERE).chain(OF_DEMO);
        let mut names = bindings.filter(|binding| binding.action == action).map(|binding| binding.name);
        names.find_map(|name| self.keys.get(name)?.first()).map(ToString::to_string)
    }

    /// The first key of each of `actions` in `view`, such as `+/-`; `None` where nobody can do any of them.
    #[must_use]
    pub fn keys_for(&self, view: View, actions: &[Action]) -> Option<String> {
        let keys: Vec<String> = actions.iter().filter_map(|action| self.key_for(view, *action)).collect();
        (!keys.is_empty()).then(|| keys.join("/"))
    }

    fn while_editing(&self, stroke: Stroke, code: KeyCode) -> Option<Action> {
        match code {
            KeyCode::Enter => Some(Action::Accept),
            KeyCode::Esc => Some(Action::Back),
            KeyCode::Backspace => Some(Action::Erase),
            KeyCode::Tab => Some(Action::Complete),
            _ => {
                match stroke.written() {
                    Some(c) => Some(Action::Type(c)),
                    None => self.everywhere.get(&stroke).map(|binding| binding.action).filter(|action| {
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
        match self.everywhere.get(&stroke)?.action {
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

    fn with(changed: &[(&'static str, &str)]) -> Result<Keymap, Clash> {
        let keys = |keys: &str| keys.split_whitespace().map(|key| key.parse().expect("a key")).collect();
        Keymap::with(&changed.iter().map(|(name, new)| (*name, keys(new))).collect())
    }

    #[test]
    fn every_binding_has_a_key_and_says_what_it_does() {
        let keymap = Keymap::default();
        for binding in SECTIONS.iter().flat_map(|section| section.bindings) {
            assert!(!keymap.keys(binding.name).is_empty(), "{}", binding.name);
            assert!(!binding.help.is_empty(), "{}", binding.name);
        }
    }

    #[test]
    fn every_view_has_its_section_and_its_bindings_are_called_after_it() {
        for (section, view) in SECTIONS[1..].iter().zip(View::ALL) {
            assert_eq!(section.name, view.name().to_lowercase());
            assert_eq!(section.heading, format!("[keys.{}]", section.name));
            for binding in section.bindings {
                assert_ne!(section.short_name(binding), binding.name);
            }
        }
    }

    #[test]
    fn two_bindings_may_change_places_but_not_share_a_key() {
        let keymap = with(&[("copy", "s"), ("save", "y F12")]).expect("no clash");
        assert_eq!(
            (keymap.keys("copy"), keymap.keys("save")),
            (vec!["s".into()], vec!["y".into(), "F12".into()])
        );
        let clash = with(&[("copy", "x s")]).expect_err("a clash");
        assert_eq!(clash.to_string(), "s is the key of copy and of save; give one of them another");
    }

    #[test]
    fn a_views_key_that_would_hide_one_of_every_view_is_refused_whichever_was_changed() {
        let clash = with(&[("domains.sort_next", "q")]).expect_err("a clash");
        assert_eq!((clash.first, clash.second), ("quit", "domains.sort_next"));
        let clash = with(&[("quit", "O")]).expect_err("a clash");
        assert_eq!((clash.first, clash.second), ("quit", "domains.sort_reverse"));
        with(&[("domains.sort_next", "x"), ("wakeups.step", "x")]).expect("they never meet");
    }

    #[test]
    fn a_binding_without_keys_is_one_that_nobody_presses() {
        let keymap = with(&[("freeze", "")]).expect("no clash");
        assert_eq!(keymap.key_for(View::Overview, Action::Freeze), None);
    }
}
