//! What is wrong with an expression, where in it, and what to write instead.

use std::fmt;
use std::ops::Range;

/// An expression that cannot be judged. Shows itself with the offending part underlined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertError {
    /// What is wrong and what to write instead.
    pub message: String,
    /// The expression as it was given.
    pub text: String,
    /// The part at fault, in bytes of it.
    pub span: Range<usize>,
}

impl AssertError {
    pub(super) fn new(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), text: text.to_owned(), span }
    }
}

impl fmt::Display for AssertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A line break inside would tear the mark off the text.
        let shown = |text: &str| text.replace(|c: char| c.is_control(), " ");
        let before = self.text[..self.span.start].chars().count();
        let width = self.text[self.span.clone()].trim_end().chars().count().max(1);
        writeln!(f, "{}", self.message)?;
        writeln!(f, "{}", format!("  {}", shown(&self.text)).trim_end())?;
        write!(f, "  {}{}", " ".repeat(before), "^".repeat(width))
    }
}

impl std::error::Error for AssertError {}
