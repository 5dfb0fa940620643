//! Keys of the Domains view alone.

use super::{Action as Any, Binding, Movement, bind};

/// What a person wants of the Domains view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Order by another column, so many further.
    Sort(isize),
    /// Turn the order round.
    ReverseSort,
    /// The domain so many rows further, on whose page one is or in the table.
    Neighbour(isize),
}

pub(super) const BINDINGS: &[Binding] = &[
    bind("domains.up", &["k"], Any::Move(Movement::Up), "one up"),
    bind("domains.sort_next", &["o", ">"], Any::Domains(Action::Sort(1)), "order by the next column"),
    bind("domains.sort_previous", &["<"], Any::Domains(Action::Sort(-1)), "order by the column before"),
    bind("domains.next", &["]"], Any::Domains(Action::Neighbour(1)), "the next domain, also from its page"),
    bind("domains.previous", &["["], Any::Domains(Action::Neighbour(-1)), "the domain before"),
    bind("domains.sort_reverse", &["O"], Any::Domains(Action::ReverseSort), "turn the order round"),
];
