//! What is wrong with a scenario, where, and what to do about it.

use std::fmt;
use std::ops::Range;

/// A scenario that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The text is at fault; the message ends with the offending line.
    #[error("scenario {0}")]
    Invalid(Box<Place>),
    /// No such built-in, and it doesn't look like a path.
    #[error(
        "no such scenario or file {name:?}{hint} (built in are {known}; anything else is a TOML file's path)"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name, as a clause.
        hint: String,
        /// All names.
        known: String,
    },
    /// There is no such file.
    #[error("no such file {path:?}; \"clearance scenarios\" lists the built-in scenarios")]
    Missing {
        /// The file.
        path: String,
    },
    /// The file cannot be read.
    #[error("cannot read scenario {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// An override from the command line doesn't fit.
    #[error("{option}: {message}")]
    Override {
        /// The option, such as `--workers`.
        option: &'static str,
        /// What is wrong and what to say instead.
        message: String,
    },
}

/// A mistake in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The built-in's name or the file's path.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The offending line, without its end.
    pub text: String,
    /// How many characters of it are at fault, at least one.
    pub width: usize,
}

impl Place {
    /// The mistake at `span` (in bytes) of `text`.
    pub(super) fn new(file: &str, text: &str, span: Range<usize>, message: String) -> Self {
        let start = floor_char_boundary(text, span.start);
        let end = floor_char_boundary(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let column = text[line_start..start].chars().count() + 1;
        Self {
            file: file.to_owned(),
            line: text[..start].matches('\n').count() + 1,
            column,
            message,
            text: text[line_start..line_end].trim_end_matches('\r').to_owned(),
            width: text[start..end.min(line_end)].trim_end().chars().count().max(1),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        // A tab in front keeps its width below as well.
        let indent: String =
            self.text.chars().take(self.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        writeln!(f, " {gutter} |")?;
        writeln!(f, " {number} | {}", self.text)?;
        write!(f, " {gutter} | {indent}{}", "^".repeat(self.width))
    }
}

/// The word among `known` that was probably meant.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), candidate))
        .filter(|&(distance, candidate)| {
            let part = lower.len() >= 4 && candidate.contains(&lower);
            part || distance <= 1 + candidate.len().min(word.len()) / 4
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Why a name is refused that nobody has, with the nearest that there is.
pub(crate) fn nobody<'k>(kind: &str, name: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    let remedy = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean {near:?}?"),
        None if known.clone().into_iter().next().is_none() => format!("there is no [[{kind}]]"),
        None => format!("there are {}", quoted(known)),
    };
    format!("no {kind} has the name {name:?}; {remedy}")
}

/// `"a", "b", "c"`.
pub(super) fn quoted<'k>(words: impl IntoIterator<Item = &'k str>) -> String {
    words.into_iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
