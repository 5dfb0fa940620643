//! The language as data: every table, its keys, and what may stand behind each.
//!
//! One source for the reader, which takes from it which keys there are, which must be there, and the bounds of
//! their values, and for the [schema](super::schema) that editors use. What holds between several keys is the
//! reader's alone.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::limits::{DURATION_MAX, RATE_MAX};

/// One table of the language.
#[derive(Debug)]
pub struct Shape {
    /// What messages call it, such as `[[fleet]]`.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// Its keys, in the order in which they are told.
    pub keys: Vec<Key>,
    /// Sets of keys, exactly one of which is there; empty where there is no such choice.
    pub forms: Vec<Vec<&'static str>>,
    /// Keys of which one at least is there; empty where none need be.
    pub one_at_least: Vec<&'static str>,
}

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    /// The word.
    pub name: &'static str,
    /// What it says, for people.
    pub about: String,
    /// An example of its value, for one that must be there; of an array of tables the heading.
    pub required: Option<&'static str>,
    /// What may stand behind it.
    pub value: Value,
}

/// What may stand behind a key.
#[derive(Debug)]
pub enum Value {
    /// Words that aren't empty.
    Text,
    /// True or false.
    Truth,
    /// True.
    True,
    /// A duration with its unit.
    Duration {
        /// It is longer than zero.
        is_positive: bool,
        /// The longest.
        most: Duration,
    },
    /// Events per second.
    Rate {
        /// It is more than zero.
        is_positive: bool,
        /// The highest.
        most: f64,
    },
    /// A percentage, as a factor within bounds.
    Percent {
        /// The least.
        least: f64,
        /// The most.
        most: f64,
    },
    /// A whole number within bounds.
    Whole(RangeInclusive<u64>),
    /// A share, 0 to 1.
    Share,
    /// A number that isn't negative.
    Weight,
    /// One of these words.
    Word(Vec<&'static str>),
    /// A table of strings, whatever their keys.
    Tags,
    /// Such words, one at least.
    Words(Vec<&'static str>),
    /// A table.
    Table(fn() -> &'static Shape),
    /// An array of tables.
    Tables {
        /// Each of them.
        of: fn() -> &'static Shape,
        /// So many at least, where the key is there.
        least: usize,
    },
    /// Any of these.
    Either(Vec<Self>),
}

/// A duration that may be zero.
pub(super) const DURATION: Value = Value::Duration { is_positive: false, most: DURATION_MAX };
/// A duration above zero.
pub(super) const LENGTH: Value = Value::Duration { is_positive: true, most: DURATION_MAX };
/// Jobs per second.
pub(super) const RATE: Value = Value::Rate { is_positive: false, most: RATE_MAX };

impl Shape {
    /// A table with these keys.
    pub fn new(name: &'static str, about: &'static str, keys: impl IntoIterator<Item = Key>) -> Self {
        Self { name, about, keys: keys.into_iter().collect(), forms: Vec::new(), one_at_least: Vec::new() }
    }

    /// The same, where at least one of these keys is to be there.
    pub(super) fn with_one_at_least(mut self, keys: impl IntoIterator<Item = &'static str>) -> Self {
        self.one_at_least.extend(keys);
        self
    }

    /// The same, where exactly one of these sets of keys is to be there.
    pub(super) fn with_forms<const N: usize>(
        mut self,
        forms: impl IntoIterator<Item = [&'static str; N]>,
    ) -> Self {
        self.forms.extend(forms.into_iter().map(Vec::from));
        self
    }

    /// The words of its keys.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }

    /// What may stand behind a key.
    ///
    /// # Panics
    ///
    /// When it has no such key: the reader asks for what isn't in the language.
    pub(super) fn value(&self, key: &str) -> &Value {
        let found = self.keys.iter().find(|known| known.name == key);
        &found.unwrap_or_else(|| panic!("{} has no key {key:?}", self.name)).value
    }
}

impl Value {
    /// What `find` makes of it, or of one of its alternatives.
    pub(super) fn find<'v, T>(&'v self, find: impl Fn(&'v Self) -> Option<T> + Copy) -> Option<T> {
        match self {
            Self::Either(values) => values.iter().find_map(|value| value.find(find)),
            value => find(value),
        }
    }

    /// The table that may stand there.
    pub(super) fn table(&self) -> Option<&'static Shape> {
        self.find(|value| match value {
            Self::Table(of) | Self::Tables { of, .. } => Some(of()),
            _ => None,
        })
    }
}

/// A key that may be left out.
pub fn key(name: &'static str, value: Value, about: impl Into<String>) -> Key {
    Key { name, about: about.into(), required: None, value }
}

/// A key that must be there.
pub fn required(name: &'static str, value: Value, example: &'static str, about: impl Into<String>) -> Key {
    Key { name, about: about.into(), required: Some(example), value }
}
