//! A TOML table read key by key, with the place of every mistake.
//!
//! Mistakes are collected rather than returned, so that the reading goes on in the order of the language
//! and the first mistake in the order of the *file* can still be the one that is reported. What a faulty
//! key yields is `None`, like an absent one. It knows values, not scenarios.

use std::cell::RefCell;
use std::ops::Range;
use std::time::Duration;

use acquirer::job::{ProvisionerType, Tags};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Place, nearest, quoted};
use super::quantity;
use super::shape::{Shape, Value};

/// A value and where it stands in the text, in bytes.
pub type At<T> = (T, Range<usize>);

/// Mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes(RefCell<Vec<(Kind, At<String>)>>);

/// What is there and wrong comes before what is missing: a misspelt key is often the reason why another
/// seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Wrong,
    Missing,
}

impl Mistakes {
    fn add(&self, kind: Kind, span: Range<usize>, message: impl Into<String>) {
        self.0.borrow_mut().push((kind, (message.into(), span)));
    }

    /// The first one in the order of the text.
    pub(super) fn first(self) -> Option<At<String>> {
        let mistakes = self.0.into_inner();
        mistakes.into_iter().min_by_key(|(kind, (_, span))| (*kind, span.start)).map(|(_, mistake)| mistake)
    }
}

/// What `settle` makes of the text of `file`, whose root has this shape; or else the first mistake in it.
pub fn read<T>(
    file: &str,
    text: &str,
    shape: &'static Shape,
    settle: impl FnOnce(&Table<'_>) -> T,
) -> Result<T, Place> {
    let document = DeTable::parse(text).map_err(|error| {
        Place::new(file, text, error.span().unwrap_or_default(), error.message().to_owned())
    })?;
    let mistakes = Mistakes::default();
    let root = Table::open(document.get_ref(), 0..0, shape, &mistakes);
    let settled = settle(&root);
    match mistakes.first() {
        Some((message, span)) => Err(Place::new(file, text, span, message)),
        None => Ok(settled),
    }
}

/// One table of the text.
pub struct Table<'a> {
    entries: &'a DeTable<'a>,
    /// Where it stands: its header, or all of it when it is inline.
    pub span: Range<usize>,
    shape: &'static Shape,
    mistakes: &'a Mistakes,
}

impl<'a> Table<'a> {
    /// Opens a table of this shape. Keys that it hasn't are mistakes, and so is one that is missing.
    pub(super) fn open(
        entries: &'a DeTable<'a>,
        span: Range<usize>,
        shape: &'static Shape,
        mistakes: &'a Mistakes,
    ) -> Self {
        let table = Self { entries, span, shape, mistakes };
        for key in entries.keys() {
            let word = key.get_ref().as_ref();
            if !shape.names().any(|name| name == word) {
                // Of two as near, the first counts: what is there already was hardly meant once more.
                let (there, absent): (Vec<_>, Vec<_>) =
                    shape.names().partition(|name| entries.contains_key(*name));
                let remedy = match nearest(word, absent.into_iter().chain(there)) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("the keys are {}", shape.names().collect::<Vec<_>>().join(", ")),
                };
                table.mistake(key.span(), format!("unknown key {word:?} in {}; {remedy}", shape.name));
            }
        }
        for key in shape.keys.iter().filter(|key| table.get(key.name).is_none()) {
            if let Some(example) = key.required {
                table.missing(match key.value {
                    Value::Tables { .. } => format!("{} needs at least one {example}", shape.name),
                    _ => format!("{} needs {:?}, such as {} = {example}", shape.name, key.name, key.name),
                });
            }
        }
        table
    }

    /// Something in it that is wrong.
    pub fn mistake(&self, span: Range<usize>, message: impl Into<String>) {
        self.mistakes.add(Kind::Wrong, span, message);
    }

    /// Something that the table should have and hasn't.
    pub(super) fn missing(&self, message: impl Into<String>) {
        self.mistakes.add(Kind::Missing, self.span.clone(), message);
    }

    /// The value of a key that may be absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entries.get(key)
    }

    /// Those of its keys that are there.
    pub(super) fn chosen(&self) -> impl Iterator<Item = &'static str> + use<'_, 'a> {
        self.shape.names().filter(|name| self.get(name).is_some())
    }

    /// A text that isn't empty.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<At<String>> {
        let value = self.get(key)?;
        match value.get_ref().as_str() {
            Some(text) if text.trim().is_empty() => {
                self.mistake(value.span(), format!("{key} is empty; give it a word, or remove it"));
                None
            }
            Some(text) => Some((text.to_owned(), value.span())),
            None => self.mistyped(key, value, "a string"),
        }
    }

    /// True or false.
    #[must_use]
    pub fn boolean(&self, key: &str) -> Option<At<bool>> {
        let value = self.get(key)?;
        match value.get_ref().as_bool() {
            Some(yes) => Some((yes, value.span())),
            None => self.mistyped(key, value, "true or false"),
        }
    }

    /// A duration within its bounds.
    pub(super) fn duration(&self, key: &str) -> Option<At<Duration>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => {
                let duration = quantity::parse_duration(text).map_err(|error| format!("{key}: {error}"));
                self.checked(value, duration.and_then(|duration| self.within(key, duration)))
            }
            DeValue::Integer(_) | DeValue::Float(_) => {
                let number = number(value.get_ref()).unwrap_or_default();
                self.checked(
                    value,
                    Err(format!(
                        "{key} = {number} has no unit; write {key} = \"{number}s\" (or us, ms, m, h)"
                    )),
                )
            }
            _ => self.mistyped(key, value, "a duration such as \"30s\""),
        }
    }

    fn within(&self, key: &str, duration: Duration) -> Result<Duration, String> {
        let bounds = self.shape.value(key).find(|value| match value {
            Value::Duration { is_positive, most } => Some((*is_positive, *most)),
            _ => None,
        });
        let (is_positive, most) = bounds.expect("a duration is read where the language has one");
        if is_positive && duration.is_zero() {
            return Err(format!("{key} must be longer than 0s"));
        }
        if duration > most {
            let (duration, most) = (quantity::format_duration(duration), quantity::format_duration(most));
            return Err(format!("{key} = {duration:?} is out of range; it goes up to {most:?}"));
        }
        Ok(duration)
    }

    /// Events per second, within their bounds.
    pub(super) fn rate(&self, key: &str) -> Option<At<f64>> {
        let value = self.get(key)?;
        let rate = match value.get_ref() {
            DeValue::String(text) => quantity::parse_rate(text),
            other => match number(other) {
                Some(number) => quantity::check_rate(number),
                None => return self.mistyped(key, value, "a rate such as 200 or \"200/s\""),
            },
        };
        let bounds = self.shape.value(key).find(|value| match value {
            Value::Rate { is_positive, most } => Some((*is_positive, *most)),
            _ => None,
        });
        let (is_positive, most) = bounds.expect("a rate is read where the language has one");
        let rate = rate.map_err(|error| format!("{key}: {error}")).and_then(|rate| {
            if rate > most || (is_positive && rate <= 0.0) {
                let from = if is_positive { "is above 0, and " } else { "" };
                return Err(format!("{key} = {rate} is out of range; it {from}goes up to \"{most}/s\""));
            }
            Ok(rate)
        });
        self.checked(value, rate)
    }

    /// A percentage within its bounds, as a factor.
    pub(super) fn percent(&self, key: &str) -> Option<At<f64>> {
        let value = self.get(key)?;
        let bounds = self.shape.value(key).find(|value| match value {
            Value::Percent { least, most } => Some((*least, *most)),
            _ => None,
        });
        let (least, most) = bounds.expect("a percentage is read where the language has one");
        let Some(text) = value.get_ref().as_str() else {
            return self.mistyped(key, value, "a percentage such as \"200%\"");
        };
        let factor = quantity::parse_percent(text).map_err(|error| format!("{key}: {error}"));
        let within = factor.and_then(|factor| {
            let percent = |factor: f64| factor * 100.0;
            if (least..=most).contains(&factor) {
                return Ok(factor);
            }
            let bounds = format!("it goes from \"{}%\" to \"{}%\"", percent(least), percent(most));
            Err(format!("{key} = {text:?} is out of range; {bounds}"))
        });
        self.checked(value, within)
    }

    /// A whole number within its bounds.
    pub(super) fn count(&self, key: &str) -> Option<At<u64>> {
        let value = self.get(key)?;
        let bounds = self.shape.value(key).find(|value| match value {
            Value::Whole(bounds) => Some(bounds),
            _ => None,
        });
        let bounds = bounds.expect("a whole number is read where the language has one");
        let DeValue::Integer(integer) = value.get_ref() else {
            return self.mistyped(key, value, "a whole number");
        };
        let number = i128::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(i128::MAX);
        match u64::try_from(number) {
            Ok(number) if bounds.contains(&number) => Some((number, value.span())),
            _ => {
                let (least, most) = (bounds.start(), bounds.end());
                self.mistake(
                    value.span(),
                    format!("{key} = {} is out of range; it goes from {least} to {most}", integer.as_str()),
                );
                None
            }
        }
    }

    /// A share, 0 to 1.
    pub(super) fn share(&self, key: &str) -> Option<At<f64>> {
        self.share_or(key, "a share from 0 to 1")
    }

    /// The same where something else would do as well, which `wanted` names.
    pub(super) fn share_or(&self, key: &str, wanted: &str) -> Option<At<f64>> {
        let value = self.get(key)?;
        match number(value.get_ref()) {
            Some(share) if (0.0..=1.0).contains(&share) => Some((share, value.span())),
            Some(share) => {
                self.mistake(value.span(), format!("{key} = {share} is no share; it goes from 0 to 1"));
                None
            }
            None => self.mistyped(key, value, wanted),
        }
    }

    /// A weight: any finite number that isn't negative.
    pub(super) fn weight(&self, key: &str) -> Option<At<f64>> {
        let value = self.get(key)?;
        match number(value.get_ref()) {
            Some(weight) if weight.is_finite() && weight >= 0.0 => Some((weight, value.span())),
            Some(weight) => {
                self.mistake(value.span(), format!("{key} = {weight} is no weight; write 0 or more"));
                None
            }
            None => self.mistyped(key, value, "a number"),
        }
    }

    /// One of a few words.
    #[must_use]
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let value = self.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => self.choose(key, text, value.span(), words),
            None => self.mistyped(key, value, &format!("one of {}", quoted(words.iter().map(|w| w.0)))),
        }
    }

    fn choose<T: Copy>(&self, key: &str, text: &str, span: Range<usize>, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let names = || words.iter().map(|(word, _)| *word);
            let remedy = match nearest(text, names()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("one of {}", quoted(names())),
            };
            self.mistake(span, format!("unknown {key} {text:?}; {remedy}"));
        }
        found
    }

    pub(super) fn provisioner(&self, value: &Spanned<DeValue<'_>>) -> Option<ProvisionerType> {
        match value.get_ref().as_str() {
            Some(text) => {
                let words = ProvisionerType::ALL.map(|kind| (kind.as_str(), kind));
                self.choose("provisioner", text, value.span(), &words)
            }
            None => {
                self.mistyped("provisioner", value, "the name of a provisioner, \"echo\" or \"terraform\"")
            }
        }
    }

    /// A text, or an array of some that may be empty.
    #[must_use]
    pub fn texts(&self, key: &str, wanted: &str) -> Option<At<Vec<At<String>>>> {
        let value = self.get(key)?;
        let one = std::slice::from_ref(value);
        let elements = value.get_ref().as_array().map_or(one, |array| array);
        let text = |element: &Spanned<DeValue<'_>>| match element.get_ref().as_str() {
            Some(text) => Some((text.to_owned(), element.span())),
            None => self.mistyped(key, element, wanted),
        };
        Some((elements.iter().filter_map(text).collect(), value.span()))
    }

    /// A table of strings without NUL bytes; no tags when it is absent.
    pub(super) fn tags(&self, key: &str) -> Tags {
        let Some(value) = self.get(key) else { return Tags::new() };
        let Some(entries) = value.get_ref().as_table() else {
            self.mistyped::<()>(key, value, "a table such as { environment = \"on-prem\" }");
            return Tags::new();
        };
        let mut pairs = Vec::new();
        for (name, value) in entries {
            match value.get_ref().as_str() {
                Some(text) if text.contains('\0') => {
                    self.mistake(
                        value.span(),
                        format!("tag {:?} holds a NUL byte; remove it", name.get_ref()),
                    );
                }
                Some(_) if name.get_ref().contains('\0') => {
                    self.mistake(
                        name.span(),
                        format!("tag {:?} holds a NUL byte; remove it", name.get_ref()),
                    );
                }
                Some(text) => pairs.push((name.get_ref().to_string(), text.to_owned())),
                None => {
                    self.mistyped::<()>(&format!("tag {:?}", name.get_ref()), value, "a string");
                }
            }
        }
        Tags::from_pairs(pairs).unwrap_or_default()
    }

    /// The elements of an array of values; `None` when there is no such key.
    pub(super) fn array(&self, key: &str, like: &str) -> Option<At<&'a [Spanned<DeValue<'a>>]>> {
        let value = self.get(key)?;
        match value.get_ref().as_array() {
            Some(array) => Some((array, value.span())),
            None => self.mistyped(key, value, like),
        }
    }

    /// The table behind a key.
    ///
    /// # Panics
    ///
    /// When the shape has no table there: the reader asks for what isn't in the language.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<Table<'a>> {
        let value = self.get(key)?;
        let shape = self.shape.value(key).table().expect("a table is read where the language has one");
        match value.get_ref().as_table() {
            Some(entries) => Some(Table::open(entries, value.span(), shape, self.mistakes)),
            None => self.mistyped(key, value, "a table"),
        }
    }

    /// The tables of an array of tables such as `[[fleet]]`; none when there is no such key.
    pub(super) fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let of = self.shape.value(key).find(|value| match value {
            Value::Tables { of, least } => Some((of(), *least)),
            _ => None,
        });
        let (shape, least) = of.expect("tables are read where the language has some");
        let Some(array) = value.get_ref().as_array() else {
            // Stages are written inline, the others under headings of their own.
            let wanted = if shape.name.starts_with('[') {
                format!("written {}, in double brackets", shape.name)
            } else {
                "an array of tables".to_owned()
            };
            self.mistyped::<()>(key, value, &wanted);
            return Vec::new();
        };
        if array.len() < least {
            let name = shape.name;
            self.mistake(value.span(), format!("{key} is empty; write at least one {name}"));
        }
        let table = |value: &'a Spanned<DeValue<'a>>| match value.get_ref().as_table() {
            Some(entries) => Some(Table::open(entries, value.span(), shape, self.mistakes)),
            None => self.mistyped(shape.name, value, "a table"),
        };
        array.iter().filter_map(table).collect()
    }

    pub(super) fn mistyped<T>(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) -> Option<T> {
        let kind = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.mistake(value.span(), format!("{key} must be {wanted}, not {kind}"));
        None
    }

    fn checked<T>(&self, value: &Spanned<DeValue<'_>>, result: Result<T, String>) -> Option<At<T>> {
        match result {
            Ok(checked) => Some((checked, value.span())),
            Err(message) => {
                self.mistake(value.span(), message);
                None
            }
        }
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(integer) => {
            i128::from_str_radix(integer.as_str(), integer.radix()).ok().map(|number| number as f64)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}
