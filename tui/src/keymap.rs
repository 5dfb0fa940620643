//! Which key does what. A key becomes an [`Action`]; what that does is decided in [`crate::update`].

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::model::{Model, View};

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
    /// Close what lies on top, or clear the filter.
    Back,
    /// Hold the view still, or let it go on; the load goes on regardless.
    Freeze,
    /// Start or stop swallowing notifications.
    ToggleDropNotifications,
    /// Terminate the listeners' connections.
    KillListeners,
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
    /// Order by another column, so many further.
    Sort(isize),
    /// Turn the order round.
    ReverseSort,
    /// Open or close the detail of the selected row.
    Open,
    /// Move the selection or scroll.
    Move(Movement),
    /// A character of a text.
    Type(char),
    /// Take the last character of a text away.
    Erase,
    /// The text is done.
    Accept,
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

/// What `key` means now; `None` when it means nothing.
#[must_use]
pub fn action(model: &Model, key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Action::Interrupt),
            KeyCode::Char('z') => Some(Action::Suspend),
            _ => None,
        };
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    if model.help.is_some() {
        return while_reading_help(key.code);
    }
    if model.domains.editing {
        return while_editing(key.code);
    }
    ordinarily(key.code)
}

fn while_editing(code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Enter => Some(Action::Accept),
        KeyCode::Esc => Some(Action::Back),
        KeyCode::Backspace => Some(Action::Erase),
        KeyCode::Char(c) if !c.is_control() => Some(Action::Type(c)),
        _ => movement(code).map(Action::Move),
    }
}

fn while_reading_help(code: KeyCode) -> Option<Action> {
    match code {
        // `q` ends the help as in any pager: whoever reads must not end the run by it.
        KeyCode::Char('?' | 'q') | KeyCode::Esc | KeyCode::Enter => Some(Action::Help),
        KeyCode::Char('g') => Some(Action::Move(Movement::First)),
        KeyCode::Char('G') => Some(Action::Move(Movement::Last)),
        KeyCode::Char(' ') => Some(Action::Move(Movement::PageDown)),
        _ => movement(code).map(Action::Move),
    }
}

fn ordinarily(code: KeyCode) -> Option<Action> {
    let action = match code {
        KeyCode::Char('q') => Action::Quit,
        KeyCode::Char('?') => Action::Help,
        KeyCode::Char(' ') => Action::Freeze,
        KeyCode::Char('d') => Action::ToggleDropNotifications,
        KeyCode::Char('k') => Action::KillListeners,
        KeyCode::Char('+' | '=') => Action::RateUp,
        KeyCode::Char('-') => Action::RateDown,
        KeyCode::Char('w') => Action::WorkersUp,
        KeyCode::Char('W') => Action::WorkersDown,
        KeyCode::Char('/') => Action::Filter,
        KeyCode::Char('o' | '>') => Action::Sort(1),
        KeyCode::Char('<') => Action::Sort(-1),
        KeyCode::Char('O') => Action::ReverseSort,
        KeyCode::Char('g') => Action::Move(Movement::First),
        KeyCode::Char('G') => Action::Move(Movement::Last),
        KeyCode::Char(c) => Action::Show(View::ALL.into_iter().find(|view| view.number() == c)?),
        KeyCode::Tab => Action::Step(1),
        KeyCode::BackTab => Action::Step(-1),
        KeyCode::Enter => Action::Open,
        KeyCode::Esc => Action::Back,
        _ => return movement(code).map(Action::Move),
    };
    Some(action)
}

fn movement(code: KeyCode) -> Option<Movement> {
    match code {
        KeyCode::Up => Some(Movement::Up),
        KeyCode::Down => Some(Movement::Down),
        KeyCode::PageUp => Some(Movement::PageUp),
        KeyCode::PageDown => Some(Movement::PageDown),
        KeyCode::Home => Some(Movement::First),
        KeyCode::End => Some(Movement::Last),
        _ => None,
    }
}

/// Keys of every view, and what they do, for the help.
pub const KEYS: &[(&str, &str)] = &[
    ("1 2 7  Tab", "Overview, Domains, Log; Tab goes round"),
    ("space", "freeze the view; the load goes on"),
    ("d", "drop every notification, or stop dropping them"),
    ("k", "kill the listeners' connections once"),
    ("+  -", "post 25 % faster, or slower by as much"),
    ("w  W", "10 % more workers, or fewer"),
    ("/", "show only domains whose name contains a text"),
    ("?", "this help"),
    ("q  Ctrl-C", "leave; ends the run if it still goes on"),
    ("Ctrl-Z", "suspend everything, the load too"),
];

/// Keys of `view` alone, for the help.
#[must_use]
pub fn keys_of(view: View) -> &'static [(&'static str, &'static str)] {
    match view {
        View::Overview => &[],
        View::Domains => &[
            ("arrows PgUp PgDn", "select a domain; g and G, or Home and End: first and last"),
            ("Enter", "open or close its detail"),
            ("o  < >  O", "order by another column; O turns the order round"),
            ("Esc", "close the detail, then clear the filter"),
        ],
        View::Log => &[("arrows PgUp PgDn", "scroll; g and G: oldest and newest (which is followed)")],
    }
}
