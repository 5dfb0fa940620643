//! Chance as a value. The machine is given its draws, so that a checker can try each of them.

/// Draws where the rules leave a choice open.
pub trait Chance {
    /// A number below `bound`, which is at least 1.
    fn below(&mut self, bound: usize) -> usize;
}

/// Always draws the first: the choice that is easiest to follow in a test.
#[derive(Debug, Clone, Copy, Default)]
pub struct FirstChoice;

impl Chance for FirstChoice {
    fn below(&mut self, _bound: usize) -> usize {
        0
    }
}
