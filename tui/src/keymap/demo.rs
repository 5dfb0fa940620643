//! Keys of a guided demo, in every view.

use super::{Action as Any, Binding, bind};

/// What a person wants of the captions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The next one.
    Next,
    /// The one before.
    Previous,
    /// Don't show them, or show them again.
    Hide,
}

pub(super) const BINDINGS: &[Binding] = &[
    bind("demo.next", &[";"], Any::Demo(Action::Next), "the demo's next caption"),
    bind("demo.previous", &[":"], Any::Demo(Action::Previous), "the demo's caption before"),
    bind("demo.hide", &["`"], Any::Demo(Action::Hide), "hide the demo's captions, or show them again"),
];
