//! `[[assert]]`.

use std::ops::Range;

use super::super::reader::Table;
use super::super::{Expectation, Source};
use crate::assert::Expression;

const KEYS: [&str; 2] = ["that", "abort"];

pub(super) fn expectations(root: &Table<'_>, source: &Source) -> Vec<Expectation> {
    root.tables("assert", "[[assert]]", &KEYS, &[])
        .iter()
        .filter_map(|table| {
            table.required("that", "\"queue_wait.p99 < 250ms\"");
            let abort = table.boolean("abort").is_some_and(|(abort, _)| abort);
            expectation(table, source, abort)
        })
        .collect()
}

fn expectation(table: &Table<'_>, source: &Source, abort: bool) -> Option<Expectation> {
    let (text, place) = table.text("that")?;
    match text.parse::<Expression>().and_then(|that| Expectation::new(that, abort)) {
        Ok(expectation) => Some(expectation),
        Err(error) => {
            table.mistake(within(&source.text, place, &text, error.span), error.message);
            None
        }
    }
}

/// Where a part of a string stands in the file: between its quotes, unless escapes moved it.
fn within(file: &str, place: Range<usize>, text: &str, part: Range<usize>) -> Range<usize> {
    match file.get(place.clone()).and_then(|written| written.find(text)) {
        Some(quote) => place.start + quote + part.start..place.start + quote + part.end,
        None => place,
    }
}
