//! `[[assert]]`.

use std::ops::Range;
use std::sync::LazyLock;

use super::super::reader::Table;
use super::super::shape::{Shape, Value, key, required};
use super::super::{Expectation, Source};
use crate::assert::Expression;

pub(super) fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        Shape::new(
            "[[assert]]",
            "Something that the run is to hold.",
            [
                required(
                    "that",
                    Value::Text,
                    "\"queue_wait.p99 < 250ms\"",
                    "A figure of the report by its path, and its limit, such as \"queue_wait.p99 < 250ms\", \
                     \"rescued_by_backup_poll == 0\" or \"audit.ok\".",
                ),
                key(
                    "abort",
                    Value::Truth,
                    "End the run as soon as it can no longer hold; false when left out.",
                ),
            ],
        )
    });
    &SHAPE
}

pub(super) fn expectations(root: &Table<'_>, source: &Source) -> Vec<Expectation> {
    root.tables("assert")
        .iter()
        .filter_map(|table| {
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
