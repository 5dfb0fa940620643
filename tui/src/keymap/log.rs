//! Keys of the Log view alone.

use super::{Action as Any, Binding, Movement, bind};

/// What a person wants of the Log view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Show levels with more detail, or with a negative number with less.
    Detail(isize),
    /// Read on in lines that are too long, or with a negative number go back.
    Shift(isize),
    /// Hold what is on the screen, or follow the newest line.
    Hold,
}

pub(super) const BINDINGS: &[Binding] = &[
    bind("log.up", &["k"], Any::Move(Movement::Up), "one up: holds; the end of the log follows"),
    bind("log.right", &["l", "Right"], Any::Log(Action::Shift(1)), "read on in lines that are too long"),
    bind("log.left", &["h", "Left"], Any::Log(Action::Shift(-1)), "back to their beginning"),
    bind("log.hold", &["f"], Any::Log(Action::Hold), "hold the lines on the screen, or follow the newest"),
    bind(
        "log.more",
        &[">"],
        Any::Log(Action::Detail(1)),
        "more detail: the next level too, where RUST_LOG collects it",
    ),
    bind("log.less", &["<"], Any::Log(Action::Detail(-1)), "less detail: one level less"),
];
