//! Keys that do the same in every view.

use super::{Action, Binding, Movement, bind, faults};
use crate::model::View;

pub(super) const BINDINGS: &[Binding] = &[
    bind("overview", &["1"], Action::Show(View::Overview), "Overview"),
    bind("domains", &["2"], Action::Show(View::Domains), "Domains"),
    bind("wakeups", &["3"], Action::Show(View::Wakeups), "Wakeups"),
    bind("latency", &["4"], Action::Show(View::Latency), "Latency"),
    bind("database", &["5"], Action::Show(View::Database), "Database"),
    bind("faults", &["6"], Action::Show(View::Faults), "Faults"),
    bind("log", &["7"], Action::Show(View::Log), "Log"),
    bind("next_view", &["Tab"], Action::Step(1), "the next view"),
    bind("previous_view", &["Shift-Tab"], Action::Step(-1), "the view before"),
    bind("freeze", &["space"], Action::Freeze, "freeze the view; the load goes on"),
    bind(
        "drop_notifications",
        &["d"],
        Action::Faults(faults::Action::Toggle("drop_notifications")),
        "drop notifications, or stop dropping them",
    ),
    bind(
        "kill_listeners",
        &["K"],
        Action::Faults(faults::Action::Toggle("kill_listener")),
        "kill the listeners' connections once",
    ),
    bind("rate_up", &["+", "="], Action::RateUp, "post 25 % faster"),
    bind("rate_down", &["-"], Action::RateDown, "post 20 % slower"),
    bind("workers_up", &["w"], Action::WorkersUp, "10 % more workers"),
    bind("workers_down", &["W"], Action::WorkersDown, "10 % fewer workers"),
    bind("filter", &["/"], Action::Filter, "write a filter: of the Log there, of the domains elsewhere"),
    bind("up", &["Up"], Action::Move(Movement::Up), "one up; k too, but in the Overview"),
    bind("down", &["Down", "j"], Action::Move(Movement::Down), "one down"),
    bind("page_up", &["PgUp"], Action::Move(Movement::PageUp), "a screenful up"),
    bind("page_down", &["PgDn"], Action::Move(Movement::PageDown), "a screenful down"),
    bind("first", &["g", "Home"], Action::Move(Movement::First), "the first"),
    bind("last", &["G", "End"], Action::Move(Movement::Last), "the last"),
    bind("open", &["Enter"], Action::Open, "open what is selected"),
    bind("back", &["Esc"], Action::Back, "close what lies on top"),
    bind("warnings", &["!"], Action::Warnings, "what looks wrong, what speaks for it, and what to do"),
    bind("help", &["?", "F1"], Action::Help, "this help"),
    bind("quit", &["q"], Action::Quit, "leave; ends the run if it still goes on"),
    bind("copy", &["y"], Action::Copy, "copy what is selected, or the headline figures"),
    bind("save", &["s"], Action::Save, "save the screen as a picture (SVG) and as text"),
    bind("interrupt", &["Ctrl-C"], Action::Interrupt, "end the run and leave"),
    bind("suspend", &["Ctrl-Z"], Action::Suspend, "suspend everything, the load too"),
];
