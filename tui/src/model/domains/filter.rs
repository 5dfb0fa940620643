//! The filter of the Domains view: a few words that say which domains are shown.
//!
//! ```text
//! on-prem tag:env=prod waiting>10 -cause:posting
//! ```
//!
//! Every term must hold. [`Filter::read`] is pure: what can be read of a text chooses the rows, and the first mistake in
//! it is named with its place and the nearest right word. It knows what a row of a snapshot says and nothing else.

mod complete;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use loadgen::scenario::nearest;
use loadgen::scenario::quantity::parse_duration;
use loadgen::snapshot::{Cause, DomainRow, ProvisionerType, RootCause};

use super::Column;

pub(super) use complete::completed;

/// The language, for whoever writes a filter: an example and what it means.
pub const SYNTAX: &[(&str, &str)] = &[
    ("on-prem", "the domain's name contains it; \"quotes\" keep blanks together"),
    ("type:terraform", "it accepts jobs of this type"),
    ("tag:env=prod", "it has this tag; tag:env, whatever the value"),
    ("waiting>10", "a figure: > >= < <= =, of workers waiting cleared backlog acquired rescued queries"),
    ("oldest>250ms", "how long its oldest job has waited; poll<5s, how soon its backup poll comes"),
    ("empty>50%", "the share of its queries that found nothing"),
    ("cause:chained", "what woke it last; root:backup_poll, what set that off"),
    ("replica:1", "it stands on this replica"),
    ("-word", "the opposite of any of these; !word too"),
];

/// Which domains are shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter(Vec<Term>);

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The characters that are wrong, counted from 0.
    pub place: Range<usize>,
    /// What is wrong with them, and what would be right.
    pub what: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.place.start + 1, self.what)
    }
}

impl std::error::Error for FilterError {}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    is_negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// In lower case.
    Label(String),
    Type(ProvisionerType),
    Tag(String, Option<String>),
    Figure(Column, Comparison, f64),
    Cause(Cause),
    Root(RootCause),
    Replica(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
}

/// What can be compared, by the word that stands before the sign.
const FIGURES: [(&str, Column); 10] = [
    ("workers", Column::Workers),
    ("waiting", Column::Waiting),
    ("cleared", Column::Cleared),
    ("backlog", Column::Backlog),
    ("oldest", Column::Oldest),
    ("queries", Column::Queries),
    ("empty", Column::Empty),
    ("acquired", Column::Acquired),
    ("rescued", Column::Rescued),
    ("poll", Column::NextPoll),
];

/// What stands before a colon.
const FIELDS: [&str; 5] = ["type", "tag", "cause", "root", "replica"];

impl Filter {
    /// Reads what can be read of a filter, and says what the first mistake is. No words at all let every domain
    /// through.
    #[must_use]
    pub fn read(text: &str) -> (Self, Option<FilterError>) {
        let (words, unended) = words(text);
        let mut terms = Vec::new();
        let mut mistake = None;
        for word in &words {
            match Term::read(word) {
                Ok(term) => terms.push(term),
                Err(error) => mistake = mistake.or(Some(error)),
            }
        }
        (Self(terms), mistake.or(unended))
    }

    /// Whether it lets every domain through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `row`'s domain is shown, whose `name` in lower case this is.
    #[must_use]
    pub fn holds(&self, row: &DomainRow, name: &str) -> bool {
        self.0.iter().all(|term| term.test.holds(row, name) != term.is_negated)
    }
}

/// A word of the text without its quotes, and where it stands.
struct Word {
    /// Each character, and whether it stood in quotes.
    chars: Vec<(char, bool)>,
    place: Range<usize>,
}

impl Word {
    fn text(&self, part: Range<usize>) -> String {
        self.chars[part].iter().map(|(c, _)| c).collect()
    }

    /// Where one of `wanted` stands outside of quotes.
    fn find(&self, wanted: &[char]) -> Option<usize> {
        self.chars.iter().position(|(c, is_quoted)| !is_quoted && wanted.contains(c))
    }

    fn wrong<T>(&self, what: impl Into<String>) -> Result<T, FilterError> {
        Err(FilterError { place: self.place.clone(), what: what.into() })
    }
}

/// Splits at blanks outside of quotes. A word whose quote has no end is a mistake.
fn words(text: &str) -> (Vec<Word>, Option<FilterError>) {
    let mut words: Vec<Word> = Vec::new();
    let mut current: Option<Word> = None;
    let mut opened = None;
    let mut end = 0;
    for (at, c) in text.chars().enumerate() {
        end = at + 1;
        if c.is_whitespace() && opened.is_none() {
            words.extend(current.take());
            continue;
        }
        let word = current.get_or_insert_with(|| Word { chars: Vec::new(), place: at..at });
        word.place.end = end;
        if c == '"' {
            opened = if opened.is_some() { None } else { Some(at) };
        } else {
            word.chars.push((c, opened.is_some()));
        }
    }
    let unended = "this quote has no end: write \" once more";
    let mistake = opened.map(|at| FilterError { place: at..end, what: unended.to_owned() });
    words.extend(current.filter(|_| mistake.is_none()));
    (words, mistake)
}

impl Term {
    fn read(word: &Word) -> Result<Self, FilterError> {
        let is_negated = matches!(word.chars.first(), Some(('-' | '!', false)));
        let from = usize::from(is_negated);
        if word.chars.len() == from {
            return word.wrong("nothing to look for: write a word after it");
        }
        Ok(Self { is_negated, test: Test::read(word, from)? })
    }
}

impl Test {
    fn read(word: &Word, from: usize) -> Result<Self, FilterError> {
        let end = word.chars.len();
        // What comes first decides: `tag:a>b` is a tag, and `a>b:c` is a figure.
        let Some(at) = word.find(&[':', '>', '<', '=']) else {
            return Ok(Self::Label(word.text(from..end).to_lowercase()));
        };
        let name = word.text(from..at.max(from)).to_lowercase();
        let value = word.text(at + 1..end);
        match word.chars[at].0 {
            ':' => Self::read_field(word, &name, value),
            // Names of domains have an equals sign in them: `env=prod` is looked for there.
            '=' if figure(&name).is_none() => Ok(Self::Label(word.text(from..end).to_lowercase())),
            sign => {
                let Some(figure) = figure(&name) else {
                    return word.wrong(unknown("figure", &name, &FIGURES.map(|(name, _)| name)));
                };
                let is_wide = sign != '=' && value.starts_with('=');
                let value = if is_wide { &value[1..] } else { &value };
                let comparison = match (sign, is_wide) {
                    ('>', false) => Comparison::More,
                    ('>', true) => Comparison::AtLeast,
                    ('<', false) => Comparison::Less,
                    ('<', true) => Comparison::AtMost,
                    _ => Comparison::Equal,
                };
                match read_figure(figure, &name, value) {
                    Ok(than) => Ok(Self::Figure(figure, comparison, than)),
                    Err(what) => word.wrong(what),
                }
            }
        }
    }

    fn read_field(word: &Word, name: &str, value: String) -> Result<Self, FilterError> {
        match name {
            "type" => match ProvisionerType::ALL.into_iter().find(|kind| kind.as_str() == value) {
                Some(kind) => Ok(Self::Type(kind)),
                None => {
                    word.wrong(unknown("type", &value, &ProvisionerType::ALL.map(ProvisionerType::as_str)))
                }
            },
            "tag" => {
                let (key, of) = match value.split_once('=') {
                    Some((key, of)) => (key.to_owned(), Some(of.to_owned())),
                    None => (value, None),
                };
                if key.is_empty() {
                    word.wrong("which tag? as in tag:env=prod")
                } else {
                    Ok(Self::Tag(key, of))
                }
            }
            "cause" => match Cause::ALL.into_iter().find(|cause| cause.as_str() == value) {
                Some(cause) => Ok(Self::Cause(cause)),
                None => word.wrong(unknown("cause", &value, &Cause::ALL.map(Cause::as_str))),
            },
            "root" => match RootCause::ALL.into_iter().find(|root| root.as_str() == value) {
                Some(root) => Ok(Self::Root(root)),
                None => word.wrong(unknown("root cause", &value, &RootCause::ALL.map(RootCause::as_str))),
            },
            "replica" => match value.parse() {
                Ok(replica) => Ok(Self::Replica(replica)),
                Err(_) => word.wrong("a replica is a number, as in replica:1"),
            },
            _ => word.wrong(unknown("field", name, &FIELDS)),
        }
    }

    fn holds(&self, row: &DomainRow, name: &str) -> bool {
        match self {
            Self::Label(part) => name.contains(part),
            Self::Type(kind) => row.provisioners.contains(kind),
            Self::Tag(key, of) => {
                let mut tags = row.tags.iter();
                tags.any(|(tag, value)| tag == key && of.as_ref().is_none_or(|of| value == of))
            }
            Self::Figure(figure, comparison, than) => {
                figure.figure(row).is_some_and(|value| match comparison {
                    Comparison::More => value > *than,
                    Comparison::AtLeast => value >= *than,
                    Comparison::Less => value < *than,
                    Comparison::AtMost => value <= *than,
                    Comparison::Equal => (value - than).abs() < f64::EPSILON,
                })
            }
            Self::Cause(cause) => row.last_cause == Some(*cause),
            Self::Root(root) => row.last_root == Some(*root),
            Self::Replica(number) => row.replicas.iter().any(|replica| replica.replica == *number),
        }
    }
}

fn figure(name: &str) -> Option<Column> {
    FIGURES.into_iter().find(|(word, _)| *word == name).map(|(_, column)| column)
}

/// Reads what a figure is compared with, in the unit that a row has it in.
fn read_figure(figure: Column, name: &str, text: &str) -> Result<f64, String> {
    let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
    match figure {
        Column::Oldest | Column::NextPoll => parse_duration(text)
            .map(|time| time.as_secs_f64())
            .map_err(|_| format!("a time with its unit is missing, as in {name}>250ms")),
        Column::Empty => number(text.strip_suffix('%').unwrap_or(text))
            .map(|percent| percent / 100.0)
            .ok_or_else(|| format!("a share is missing, as in {name}>50%")),
        _ => number(text).ok_or_else(|| format!("a number is missing, as in {name}>10")),
    }
}

/// What to say of a word that isn't among `known`.
fn unknown(kind: &str, word: &str, known: &[&str]) -> String {
    if word.is_empty() {
        return format!("which {kind}? one of {}", known.join(", "));
    }
    match nearest(word, known.iter().copied()) {
        Some(right) => format!("no {kind} \"{word}\"; did you mean {right}?"),
        None => format!("no {kind} \"{word}\"; there are {}", known.join(", ")),
    }
}
