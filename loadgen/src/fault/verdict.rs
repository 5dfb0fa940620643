//! What becomes of something on its way.

use std::time::Duration;

/// What a fault decides of a notice, or of the bytes of a connection. The later one counts for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It arrives.
    Pass,
    /// It arrives this much later.
    Delay(Duration),
    /// It doesn't arrive, and nobody is told.
    Drop,
}
