//! Keys of the Faults view alone.

use super::{Action as Any, Binding, Movement, bind};

/// What a person wants of the Faults view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Begin the fault of this name, or end it when it is at work.
    Toggle(&'static str),
    /// Change what is selected, one step up or down.
    Change {
        /// Up rather than down.
        up: bool,
    },
    /// Let the selected fault last longer, or shorter.
    Length {
        /// Longer rather than shorter.
        longer: bool,
    },
    /// Let the selected fault hit the next replica, and after the last one all of them.
    Replica,
}

const fn toggle(name: &'static str) -> Any {
    Any::Faults(Action::Toggle(name))
}

const fn change(up: bool) -> Any {
    Any::Faults(Action::Change { up })
}

const fn length(longer: bool) -> Any {
    Any::Faults(Action::Length { longer })
}

/// `drop_notifications` and `kill_listener` have keys everywhere.
pub(super) const BINDINGS: &[Binding] = &[
    bind("faults.up", &["k"], Any::Move(Movement::Up), "one up"),
    bind("faults.more", &["Right", "l"], change(true), "more of it: the next parameter"),
    bind("faults.less", &["Left", "h"], change(false), "less of it: the parameter before"),
    bind("faults.longer", &["]"], length(true), "let it last longer, in the end until it is ended"),
    bind("faults.shorter", &["["], length(false), "let it last shorter"),
    bind("faults.replica", &["n"], Any::Faults(Action::Replica), "hit the next replica, or all of them"),
    bind("faults.delay_notifications", &["D"], toggle("delay_notifications"), "delay_notifications"),
    bind(
        "faults.duplicate_notifications",
        &["u"],
        toggle("duplicate_notifications"),
        "duplicate_notifications",
    ),
    bind(
        "faults.malformed_notifications",
        &["m"],
        toggle("malformed_notifications"),
        "malformed_notifications",
    ),
    bind("faults.deaf_listener", &["e"], toggle("deaf_listener"), "deaf_listener"),
    bind("faults.blackhole_listener", &["b"], toggle("blackhole_listener"), "blackhole_listener"),
    bind("faults.database_latency", &["t"], toggle("database_latency"), "database_latency"),
    bind("faults.database_pause", &["p"], toggle("database_pause"), "database_pause"),
    bind("faults.database_restart", &["r"], toggle("database_restart"), "database_restart"),
    bind("faults.database_kill", &["x"], toggle("database_kill"), "database_kill"),
    bind("faults.network_cut", &["X"], toggle("network_cut"), "network_cut"),
    bind("faults.pause_posters", &["o"], toggle("pause_posters"), "pause_posters"),
    bind("faults.cancel_workers", &["c"], toggle("cancel_workers"), "cancel_workers"),
    bind("faults.crash_workers", &["C"], toggle("crash_workers"), "crash_workers"),
    bind("faults.exhaust_pool", &["E"], toggle("exhaust_pool"), "exhaust_pool"),
    bind("faults.long_transaction", &["L"], toggle("long_transaction"), "long_transaction"),
    bind("faults.fill_notify_queue", &["f"], toggle("fill_notify_queue"), "fill_notify_queue"),
];
