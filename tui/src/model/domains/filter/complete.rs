//! Tab in a filter: the last word goes on as far as there is one way to.

use std::collections::BTreeSet;

use loadgen::snapshot::{Cause, DomainRow, ProvisionerType, RootCause};

use super::super::Column;
use super::{FIELDS, FIGURES};

/// The text with its last word completed by the language's words, and by tags and replicas of these domains; `None` when
/// nothing can be added.
pub(in super::super) fn completed(text: &str, rows: &[DomainRow]) -> Option<String> {
    let is_quoted = text.matches('"').count() % 2 == 1;
    let word = text.rsplit(char::is_whitespace).next().filter(|_| !is_quoted)?;
    let term = word.strip_prefix(['-', '!']).unwrap_or(word);
    let (typed, known) = match term.split_once(':') {
        Some((field, typed)) => (typed, values(&field.to_lowercase(), rows)),
        None => (term, names()),
    };
    let longer = common_start(known.iter().filter(|known| known.starts_with(typed)))?;
    let more = longer.strip_prefix(typed).filter(|more| !more.is_empty())?;
    Some(format!("{text}{more}"))
}

/// What a term may begin with, its sign included.
fn names() -> BTreeSet<String> {
    // How soon it comes is what is asked of a poll, how much there is of everything else.
    let sign = |figure| if figure == Column::NextPoll { '<' } else { '>' };
    let figures = FIGURES.into_iter().map(|(name, figure)| format!("{name}{}", sign(figure)));
    FIELDS.into_iter().map(|field| format!("{field}:")).chain(figures).collect()
}

fn values(field: &str, rows: &[DomainRow]) -> BTreeSet<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match field {
        "type" => words(&ProvisionerType::ALL.map(ProvisionerType::as_str)),
        "cause" => words(&Cause::ALL.map(Cause::as_str)),
        "root" => words(&RootCause::ALL.map(RootCause::as_str)),
        "tag" => {
            let quoted = |value: &str| {
                if value.contains(char::is_whitespace) { format!("\"{value}\"") } else { value.to_owned() }
            };
            let tags = rows.iter().flat_map(|row| row.tags.iter());
            tags.map(|(key, value)| format!("{key}={}", quoted(value))).collect()
        }
        "replica" => {
            let replicas = rows.iter().flat_map(|row| &row.replicas);
            replicas.map(|replica| replica.replica.to_string()).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// What all of them begin with; `None` of none.
fn common_start<'w>(mut words: impl Iterator<Item = &'w String>) -> Option<&'w str> {
    let first = words.next()?.as_str();
    Some(words.fold(first, |start, word| {
        let same = start.char_indices().zip(word.chars()).find(|((_, a), b)| a != b);
        let end = same.map_or(start.len().min(word.len()), |((at, _), _)| at);
        &start[..end]
    }))
}
