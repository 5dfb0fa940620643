//! What of the Database view is shown.

/// The state of the Database view.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseState {
    /// By how many lines its lists are scrolled.
    pub scrolled: usize,
}
